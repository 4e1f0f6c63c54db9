//! Posts: the questions of the room, what their authors may do with them, and how votes are counted.

use parterre_protocol::{
    LabelId, Millis, ParticipantId, PostId, Rev, Vote,
    posts::{PostState, Queue, Reason},
};
use serde::{Deserialize, Serialize};

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub struct Post {
    /// Its number.
    pub id: PostId,
    /// Who sent it. Never leaves the server.
    pub author: ParticipantId,
    /// The name under which it was asked; none: anonymous.
    pub name: Option<String>,
    /// When it was sent.
    pub at: Millis,
    /// Whether the word filter found something in it.
    pub flagged: bool,
    /// The event's version when anything but votes last changed.
    pub version: Rev,
    /// All that may change but votes.
    pub fields: PostFields,
    /// The votes for it and for all that is part of it, each person once; none for a part.
    pub votes: VoteCount,
}

/// What authors and moderators can change of a post. The ledger keeps it from before and after an act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostFields {
    /// As it reads now.
    pub text: String,
    /// As its author wrote it, where a moderator has reworded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
    /// Where it is.
    pub state: PostState,
    /// In the bin: the list to which it returns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binned_from: Option<Queue>,
    /// Why it was declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Whether a moderator has marked it.
    #[serde(default)]
    pub starred: bool,
    /// Whether it stays above all others.
    #[serde(default)]
    pub pinned: bool,
    /// Its labels, in the order of ids.
    #[serde(default)]
    pub labels: Vec<LabelId>,
    /// The reply in text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// The post that it is a part of; that one may be a part of another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<PostId>,
    /// When it was first published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Millis>,
    /// Since when it is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Millis>,
}

/// How many are for and against a post.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VoteCount {
    /// For it.
    pub up: u32,
    /// Against it.
    pub down: u32,
}

impl VoteCount {
    /// Counts one person's change of mind.
    pub fn change(&mut self, before: Vote, after: Vote) {
        match before {
            Vote::Up => self.up = self.up.saturating_sub(1),
            Vote::Down => self.down = self.down.saturating_sub(1),
            Vote::None => {}
        }
        match after {
            Vote::Up => self.up += 1,
            Vote::Down => self.down += 1,
            Vote::None => {}
        }
    }

    /// What posts are ordered by.
    pub const fn score(self) -> i64 {
        self.up as i64 - self.down as i64
    }
}
