//! The questions that the room sees.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::is_false;
use crate::{LabelId, Millis, PostId, posts::ReasonCode};

/// The topic `posts`: the window that all of an audience share. It holds the most supported of the
/// published questions that are not answered, and the highlighted one; what is merged into another
/// is not there. The order is: pinned first, then by votes for less votes against, then the older
/// first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Posts {
    /// The questions of the window.
    #[cfg_attr(test, ts(type = "Record<string, ShownPost>"))]
    pub posts: BTreeMap<PostId, ShownPost>,
    /// Which one the screen shows full screen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub highlight: Option<PostId>,
    /// How many questions are published, in the window or not, answered or not.
    pub published: u32,
    /// How many of them are answered.
    pub answered_posts: u32,
    /// What became of all questions, where the event shares it and is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub summary: Option<QaSummary>,
}

/// A published question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ShownPost {
    /// The question.
    pub text: String,
    /// How many support it, its author included.
    pub votes: u32,
    /// How many are against it; absent where one cannot be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub down: Option<u32>,
    /// When it was sent.
    #[cfg_attr(test, ts(type = "number"))]
    pub at: Millis,
    /// Who asks, if they say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub name: Option<String>,
    /// Its labels; the private ones only for speakers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<LabelId>>"))]
    pub labels: Vec<LabelId>,
    /// Whether it stays above all others.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub pinned: bool,
    /// Whether it was answered.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub answered: bool,
    /// Whether a moderator has reworded it.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub edited: bool,
    /// The reply in text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub reply: Option<String>,
}

/// What became of all questions of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct QaSummary {
    /// Sent and not withdrawn.
    pub asked: u32,
    /// Published, alone or as a part of another.
    pub shown: u32,
    /// Answered, of those shown.
    pub answered_posts: u32,
    /// Declined, by kind of reason; without a reason: `other`.
    #[cfg_attr(test, ts(type = "Record<string, number>"))]
    pub declined: BTreeMap<ReasonCode, u32>,
}
