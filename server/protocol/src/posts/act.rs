//! What moderators do with posts.

use serde::{Deserialize, Serialize};

use super::{LabelId, PostRef, QaChange, Queue, Reason};
use crate::{ActivityId, CommandId, PostId, Rev};

/// What a moderator does. An act on several posts is done to all of them or to none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Act {
    /// Moves posts that are not in the bin to another list.
    Move {
        /// Which.
        posts: Vec<PostRef>,
        /// Where to.
        to: Queue,
    },
    /// Puts posts into the bin and tells their authors that they will not be shown.
    Decline {
        /// Which.
        posts: Vec<PostRef>,
        /// Why; the author reads it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        reason: Option<Reason>,
    },
    /// Puts published posts into the bin; their authors see that they are hidden.
    Hide {
        /// Which.
        posts: Vec<PostRef>,
    },
    /// Brings posts back from the bin to the list in which they were.
    Restore {
        /// Which.
        posts: Vec<PostRef>,
    },
    /// Rewords a post; its author sees that it was edited.
    Edit {
        /// Which.
        post: PostRef,
        /// The new text.
        text: String,
    },
    /// Makes posts part of another that says the same: it has the support of all who support any of
    /// them, each once.
    Merge {
        /// Which one stays.
        into: PostRef,
        /// Which become part of it.
        posts: Vec<PostRef>,
    },
    /// Makes posts stand alone again.
    Unmerge {
        /// Which.
        posts: Vec<PostRef>,
    },
    /// Gives posts a label, or takes it away.
    Label {
        /// Which posts.
        posts: Vec<PostRef>,
        /// Which label.
        label: LabelId,
        /// Whether they are to have it.
        on: bool,
    },
    /// Marks posts for the moderators' own use.
    Star {
        /// Which.
        posts: Vec<PostRef>,
        /// Whether they are to be starred.
        on: bool,
    },
    /// Keeps posts above all others.
    Pin {
        /// Which.
        posts: Vec<PostRef>,
        /// Whether they are to be pinned.
        on: bool,
    },
    /// Says that posts were answered. A highlighted one leaves the screen.
    Answered {
        /// Which.
        posts: Vec<PostRef>,
        /// Whether they are answered.
        on: bool,
    },
    /// Answers a post in text, for all to read once it is published.
    Reply {
        /// Which.
        post: PostRef,
        /// The answer; an empty one takes it away.
        text: String,
    },
    /// Keeps the device that sent a post from asking any more; what it has asked stays.
    Block {
        /// A post of that device.
        post: PostId,
        /// Whether it is blocked.
        on: bool,
    },
    /// Shows one published post full screen.
    Highlight {
        /// Which; none takes it from the screen.
        post: Option<PostId>,
    },
    /// Shows the list of questions on the screen in place of the stage, until an activity or the
    /// waiting screen is put there.
    Show {
        /// Whether it is shown.
        on: bool,
    },
    /// Changes how questions are asked.
    Configure {
        /// The settings' version as the sender saw it.
        #[cfg_attr(test, ts(type = "number"))]
        version: Rev,
        /// The settings that are to be others; an absent one stays as it is.
        settings: QaChange,
    },
    /// Shows a word of a cloud, or a text under "other", to nobody but those who moderate; later
    /// answers with it too.
    HideWord {
        /// To which activity it was sent.
        activity: ActivityId,
        /// The word, in any of its spellings.
        word: String,
    },
    /// Counts a word as another one that says the same, under whose spelling it is shown from now
    /// on.
    MergeWord {
        /// To which activity it was sent.
        activity: ActivityId,
        /// The word, in any of its spellings.
        word: String,
        /// The word that it is counted as.
        into: String,
    },
    /// Shows a word as itself: one that was hidden, by a moderator or by the word filter, or merged
    /// into another.
    RestoreWord {
        /// To which activity it was sent.
        activity: ActivityId,
        /// The word, in any of its spellings.
        word: String,
    },
    /// Undoes an act of this event, unless something of what it changed has changed since.
    Undo {
        /// The act's command.
        cid: CommandId,
    },
}

impl Act {
    /// The list of posts that the act carries, if it carries one; of a merge those that become
    /// parts.
    pub fn listed(&self) -> Option<&[PostRef]> {
        match self {
            Self::Move { posts, .. }
            | Self::Decline { posts, .. }
            | Self::Hide { posts }
            | Self::Restore { posts }
            | Self::Merge { posts, .. }
            | Self::Unmerge { posts }
            | Self::Label { posts, .. }
            | Self::Star { posts, .. }
            | Self::Pin { posts, .. }
            | Self::Answered { posts, .. } => Some(posts),
            Self::Edit { .. }
            | Self::Reply { .. }
            | Self::Block { .. }
            | Self::Highlight { .. }
            | Self::Show { .. }
            | Self::Configure { .. }
            | Self::HideWord { .. }
            | Self::MergeWord { .. }
            | Self::RestoreWord { .. }
            | Self::Undo { .. } => None,
        }
    }

    /// The posts that the act is about; of a merge those that become parts.
    pub fn posts(&self) -> Vec<PostId> {
        match self {
            Self::Edit { post, .. } | Self::Reply { post, .. } => vec![post.post],
            Self::Block { post, .. } => vec![*post],
            Self::Highlight { post } => post.iter().copied().collect(),
            act => act.listed().unwrap_or_default().iter().map(|seen| seen.post).collect(),
        }
    }
}
