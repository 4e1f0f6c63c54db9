//! What is a participant's own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::is_false;
use crate::{
    ActivityId, Answer, Millis, ParticipantId, PostId,
    posts::{ActivityRound, PostStatus, Reason, Vote},
};

/// The topic `me`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Me {
    /// Who I am in this event.
    pub participant: ParticipantId,
    /// My name, if I gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub name: Option<String>,
    /// My current answer to each activity that I have answered.
    #[cfg_attr(test, ts(type = "Record<string, Response>"))]
    pub responses: BTreeMap<ActivityId, Response>,
    /// My posts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(test, ts(type = "Record<string, OwnPost>", optional))]
    pub posts: BTreeMap<PostId, OwnPost>,
    /// My votes on questions, those of my own left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(test, ts(type = "Record<string, Vote>", optional))]
    pub votes: BTreeMap<PostId, Vote>,
    /// Whether this device may not ask any more.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub blocked: bool,
}

/// A participant's current answer to one activity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Response {
    /// The round in which it was given; it no longer counts if the activity's round is another.
    pub round: u32,
    /// The answer.
    pub answer: Answer,
    /// When it was committed.
    #[cfg_attr(test, ts(type = "number"))]
    pub at: Millis,
}

/// A post of one's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct OwnPost {
    /// To which activity it was sent; absent of a question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub to: Option<ActivityRound>,
    /// As it reads now.
    pub text: String,
    /// What became of it.
    pub fate: PostStatus,
    /// When it was sent.
    #[cfg_attr(test, ts(type = "number"))]
    pub at: Millis,
    /// The name under which it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub name: Option<String>,
    /// Whether a moderator has reworded it.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub edited: bool,
    /// Why it was declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub reason: Option<Reason>,
    /// The reply to it, once it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub reply: Option<String>,
    /// The published question that it was made a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub merged_into: Option<PostId>,
}
