//! The posts that moderators see.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::is_false;
use crate::{
    ActivityId, LabelId, Millis, PostId, QaSettings, Rev,
    posts::{ActivityRound, PostState, Reason},
};

/// The topic `moderation`. Of each list of questions it holds a window: of `review` the oldest, of
/// `reviewed` and `published` the most supported, of the bin what came last; and every part of a
/// merged post that it holds. Of the posts of activities it holds windows likewise, with the newest
/// of `reviewed` and `published`: first of the one on stage, then of the others for as long as
/// there are not too many.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Moderation {
    /// How questions are taken.
    pub settings: QaSettings,
    /// How many questions each list has, parts of others not counted.
    pub counts: QueueCounts,
    /// The activities whose answers are posts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(test, ts(type = "Record<string, ModeratedActivity>", optional))]
    pub activities: BTreeMap<ActivityId, ModeratedActivity>,
    /// The posts.
    #[cfg_attr(test, ts(type = "Record<string, ModeratedPost>"))]
    pub posts: BTreeMap<PostId, ModeratedPost>,
    /// Which one the screen shows full screen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub highlight: Option<PostId>,
}

/// An activity whose answers are posts, as those see it who moderate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ModeratedActivity {
    /// What it asks.
    pub title: String,
    /// Its place in the rundown, from 1.
    pub place: u32,
    /// Its round, of which the posts are.
    pub round: u32,
    /// Whether it is on stage.
    pub staged: bool,
    /// How many posts each list has, parts of others not counted.
    pub counts: QueueCounts,
}

/// How many posts each list has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct QueueCounts {
    /// Waiting for a moderator.
    pub review: u32,
    /// Found good, not yet shown.
    pub reviewed: u32,
    /// For all to see.
    pub published: u32,
    /// Declined or hidden.
    pub bin: u32,
}

/// A post as moderators see it: its author's name where given, never who they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ModeratedPost {
    /// To which activity it was sent; absent of a question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub to: Option<ActivityRound>,
    /// As it reads now.
    pub text: String,
    /// As its author wrote it, where a moderator has reworded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub original: Option<String>,
    /// Where it is.
    pub state: PostState,
    /// The event's version when anything but its votes last changed; acts name it.
    #[cfg_attr(test, ts(type = "number"))]
    pub version: Rev,
    /// When it was sent.
    #[cfg_attr(test, ts(type = "number"))]
    pub at: Millis,
    /// Who asks, if they say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub name: Option<String>,
    /// How many support it, its author and the supporters of its parts included. Of a part 0: its
    /// votes count where it belongs.
    pub votes: u32,
    /// How many are against it; absent where one cannot be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub down: Option<u32>,
    /// Whether the word filter found something in it.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub flagged: bool,
    /// Whether a moderator has marked it.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub starred: bool,
    /// Whether it stays above all others.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub pinned: bool,
    /// Whether it was answered.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub answered: bool,
    /// Its labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<LabelId>>"))]
    pub labels: Vec<LabelId>,
    /// The reply in text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub reply: Option<String>,
    /// Why it was declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub reason: Option<Reason>,
    /// The post that it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub merged_into: Option<PostId>,
    /// Whether its author's device may not ask any more.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub blocked: bool,
}
