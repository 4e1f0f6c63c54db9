//! Posts: the questions that the room sends, how they are supported, and what moderators do with them.

use serde::{Deserialize, Serialize};

use crate::{ActivityId, CommandId, QaChange, Rev, ids::PostId};

/// What a participant does with questions. Only from a phone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum PostCommand {
    /// Sends a question. Whoever asks also supports it.
    Ask {
        /// The question, in one line.
        text: String,
        /// The name under which it is asked; absent: anonymous. Where participants have names, theirs is taken.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        name: Option<String>,
    },
    /// Rewords one's own question while it waits for review.
    Edit {
        /// Which.
        post: PostId,
        /// The new text.
        text: String,
    },
    /// Takes one's own question back while it waits for review.
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

/// A post as the sender of an act saw it: an act on one that has changed since is refused as `stale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PostRef {
    /// Which.
    pub post: PostId,
    /// Its version, as the topic `moderation` said.
    #[cfg_attr(test, ts(type = "number"))]
    pub version: Rev,
}

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
    /// Makes posts part of another that says the same: it has the support of all who support any of them, each once.
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
    /// Shows the list of questions on the screen in place of the stage, until an activity or the waiting screen is put
    /// there.
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
    /// Shows a word of a cloud, or a text under "other", to nobody but those who moderate; later answers with it too.
    HideWord {
        /// To which activity it was sent.
        activity: ActivityId,
        /// The word, in any of its spellings.
        word: String,
    },
    /// Counts a word as another one that says the same, under whose spelling it is shown from now on.
    MergeWord {
        /// To which activity it was sent.
        activity: ActivityId,
        /// The word, in any of its spellings.
        word: String,
        /// The word that it is counted as.
        into: String,
    },
    /// Shows a word as itself: one that was hidden, by a moderator or by the word filter, or merged into another.
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
    /// The list of posts that the act carries, if it carries one; of a merge those that become parts.
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

/// A label's id within its event; not used again after the label is gone.
pub type LabelId = u16;

/// A label of questions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Label {
    /// Its id.
    pub id: LabelId,
    /// What it says.
    pub name: String,
    /// Which of the pages' eight label colours, from 1.
    pub colour: u8,
    /// Whether phones and screens see it; a private one is for moderators and speakers.
    pub public: bool,
}

/// How an event takes questions: all settings. What a text lacks is as at first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct QaSettings {
    /// The event's version when they were last changed.
    #[cfg_attr(test, ts(type = "number"))]
    pub version: Rev,
    /// Whether questions are taken.
    pub state: QaState,
    /// Whether a moderator approves each question before it is shown.
    pub review: bool,
    /// Under what name people ask.
    pub names: NamePolicy,
    /// Whether one can also vote against a question.
    pub downvotes: bool,
    /// The labels, in order.
    pub labels: Vec<Label>,
    /// The word filter: what it finds goes to review.
    pub filter: WordFilter,
    /// Whether everybody sees, after the event's end, how many questions were asked, shown, answered and declined.
    pub share: bool,
}

impl Default for QaSettings {
    fn default() -> Self {
        Self {
            version: 0,
            state: QaState::Off,
            review: true,
            names: NamePolicy::Either,
            downvotes: false,
            labels: Vec::new(),
            filter: WordFilter::default(),
            share: false,
        }
    }
}

/// Whether an event takes questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum QaState {
    /// There are none, and phones do not speak of them.
    Off,
    /// One can ask and vote.
    Open,
    /// One can read.
    Closed,
}

/// Under what name people ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum NamePolicy {
    /// Nobody gives a name.
    Anonymous,
    /// As each likes, question by question.
    Either,
    /// Everybody gives a name.
    Named,
}

/// The word filter of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct WordFilter {
    /// Whether it is on.
    pub on: bool,
    /// The languages whose word lists are used, as `en`, `fr`.
    pub languages: Vec<String>,
    /// The event's own words.
    pub words: Vec<String>,
}

impl Default for WordFilter {
    fn default() -> Self {
        Self { on: true, languages: vec!["en".to_owned(), "fr".to_owned()], words: Vec::new() }
    }
}
