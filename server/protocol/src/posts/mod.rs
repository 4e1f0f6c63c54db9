//! Posts: the questions that the room sends, and the texts that it sends to activities whose
//! answers are posts; how questions are supported, and what moderators do with all of them.

mod act;
mod change;
mod settings;

pub use self::{
    act::Act,
    change::{FilterChange, QaChange},
    settings::{Label, LabelId, NamePolicy, QaSettings, QaState, WordFilter},
};

use serde::{Deserialize, Serialize};

use crate::{ActivityId, PostId, Rev};

/// One round of an activity, to which posts are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ActivityRound {
    /// The activity.
    pub activity: ActivityId,
    /// Its round.
    pub round: u32,
}

/// What a participant does with posts. Only from a phone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum PostCommand {
    /// Sends a question. Whoever asks also supports it.
    Ask {
        /// The question, in one line.
        text: String,
        /// The name under which it is asked; absent: anonymous. Where participants have names,
        /// theirs is taken.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        name: Option<String>,
    },
    /// Sends a text to an open activity whose answers are posts.
    Send {
        /// To which, and in which round.
        to: ActivityRound,
        /// The text, in one line.
        text: String,
        /// The name under which it is sent, as for a question.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        name: Option<String>,
    },
    /// Rewords one's own post while it waits for review.
    Edit {
        /// Which.
        post: PostId,
        /// The new text.
        text: String,
    },
    /// Takes one's own post back while it waits for review.
    Withdraw {
        /// Which.
        post: PostId,
    },
    /// Supports a question, or takes that back. The last vote counts, one each.
    Vote {
        /// Which.
        post: PostId,
        /// For, against (where the event allows it), or neither.
        vote: Vote,
    },
}

/// What a participant thinks of a question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Vote {
    /// Against it.
    Down,
    /// Nothing, or nothing any more.
    #[default]
    None,
    /// For it.
    Up,
}

/// A post as the sender of an act saw it: an act on one that has changed since is refused as
/// `stale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PostRef {
    /// Which.
    pub post: PostId,
    /// Its version, as the topic `moderation` said.
    #[cfg_attr(test, ts(type = "number"))]
    pub version: Rev,
}

/// The lists through which a post passes before the bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Queue {
    /// Waits for a moderator.
    Review,
    /// Found good, not yet shown.
    Reviewed,
    /// For all to see.
    Published,
}

/// Where a post is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PostState {
    /// Waits for a moderator.
    Review,
    /// Found good, not yet shown.
    Reviewed,
    /// For all to see.
    Published,
    /// In the bin: will not be shown.
    Declined,
    /// In the bin: was shown and is no longer.
    Hidden,
    /// Taken back by its author: nobody else sees it.
    Withdrawn,
}

impl From<Queue> for PostState {
    fn from(queue: Queue) -> Self {
        match queue {
            Queue::Review => Self::Review,
            Queue::Reviewed => Self::Reviewed,
            Queue::Published => Self::Published,
        }
    }
}

/// What became of a post, as its author is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PostStatus {
    /// Waits for review; may be edited and withdrawn.
    Waiting,
    /// For all to see.
    Shown,
    /// Answered, and for all to see.
    Answered,
    /// Will not be shown.
    Declined,
    /// Was shown and is no longer.
    Hidden,
    /// Taken back.
    Withdrawn,
}

/// Why a post was declined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Reason {
    /// The kind of reason, by which declined posts are counted.
    pub code: ReasonCode,
    /// In the moderator's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub text: Option<String>,
}

/// Kinds of reasons to decline a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// Not about this event.
    OffTopic,
    /// Asked by another already.
    Duplicate,
    /// Answered already.
    Answered,
    /// Cannot be understood.
    Unclear,
    /// Hurts somebody.
    Offensive,
    /// About a person, or private.
    Private,
    /// Another.
    Other,
}
