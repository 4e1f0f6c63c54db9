//! Posts: the questions of the room and the texts that it sends to activities, what their authors
//! may do with them, and how votes are counted.

mod judge;

use parterre_protocol::{
    LabelId, Millis, ParticipantId, PostCommand, PostId, QaSettings, RefusalCode, Rev, Vote,
    limits::{NAME_CHARS, POST_CHARS},
    posts::{ActivityRound, NamePolicy, PostState, Queue, Reason},
};
use serde::{Deserialize, Serialize};

pub use self::judge::{AuthorHistory, Now, PostWrite, SentPosts, judge};
use super::{Refusal, activity::Activity, post_rules::PostRules, text};

/// A question, or a text that was sent to an activity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Post {
    /// Its number.
    pub id: PostId,
    /// To which activity it was sent; none: it is a question. It never changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<ActivityRound>,
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

impl Post {
    /// Whether all may see it among the questions.
    pub const fn is_shown_question(&self) -> bool {
        self.to.is_none() && self.fields.is_shown()
    }
}

/// What authors and moderators can change of a post. The ledger keeps it from before and after an
/// act.
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

impl PostFields {
    /// Those of a post that has just come into this list.
    pub fn new(text: String, state: Queue, now: Millis) -> Self {
        Self {
            text,
            original: None,
            state: state.into(),
            binned_from: None,
            reason: None,
            starred: false,
            pinned: false,
            labels: Vec::new(),
            reply: None,
            merged_into: None,
            published_at: (state == Queue::Published).then_some(now),
            answered_at: None,
        }
    }

    /// The list in which it is, if it is in one and not in the bin.
    pub const fn queue(&self) -> Option<Queue> {
        match self.state {
            PostState::Review => Some(Queue::Review),
            PostState::Reviewed => Some(Queue::Reviewed),
            PostState::Published => Some(Queue::Published),
            PostState::Declined | PostState::Hidden | PostState::Withdrawn => None,
        }
    }

    /// Whether moderators find it in the bin.
    pub const fn in_bin(&self) -> bool {
        matches!(self.state, PostState::Declined | PostState::Hidden)
    }

    /// Whether all may see it: published, and no part of another.
    pub const fn is_shown(&self) -> bool {
        matches!(self.state, PostState::Published) && self.merged_into.is_none()
    }

    /// Whether it may be shown full screen.
    pub const fn can_be_highlighted(&self) -> bool {
        self.is_shown() && self.answered_at.is_none()
    }
}

/// How many are for and against a post.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// One person's vote on a post, from their votes on it and on all its parts: for it where any is,
/// else against it where any is.
pub fn together(votes: impl IntoIterator<Item = Vote>) -> Vote {
    votes.into_iter().fold(Vote::None, |all, vote| match (all, vote) {
        (Vote::Up, _) | (_, Vote::Up) => Vote::Up,
        (Vote::Down, _) | (_, Vote::Down) => Vote::Down,
        (Vote::None, Vote::None) => Vote::None,
    })
}

/// Cleans what a participant sends and checks it against the settings, as far as that goes without
/// the posts themselves. Where the participant has a name in the event, that is the one under which
/// it sends. `activity` is the one to which the command sends a text, where there is such.
pub fn check_command(
    settings: &QaSettings,
    activity: Option<&Activity>,
    participant_name: Option<&str>,
    command: PostCommand,
) -> Result<PostCommand, Refusal> {
    Ok(match command {
        PostCommand::Ask { text, name } => {
            let (text, name) = check_post(&settings.into(), participant_name, &text, name)?;
            PostCommand::Ask { text, name }
        }
        PostCommand::Send { to, text, name } => {
            let (text, name) = check_post(&rules_of(activity)?, participant_name, &text, name)?;
            PostCommand::Send { to, text, name }
        }
        PostCommand::Edit { post, text } => {
            PostCommand::Edit { post, text: text::filled_line("text", &text, POST_CHARS)? }
        }
        PostCommand::Vote { vote: Vote::Down, .. } if !settings.downvotes => return Err(no_downvotes()),
        PostCommand::Withdraw { .. } | PostCommand::Vote { .. } => command,
    })
}

/// How the activity takes posts; refused where it takes answers.
fn rules_of(activity: Option<&Activity>) -> Result<PostRules, Refusal> {
    let unknown = || Refusal::new(RefusalCode::Unknown, "This event has no such activity.");
    let rules = activity.ok_or_else(unknown)?.post_rules();
    rules.ok_or_else(|| Refusal::new(RefusalCode::Invalid, "This activity takes answers, not texts."))
}

/// The text and the name of a post, cleaned.
fn check_post(
    rules: &PostRules,
    participant_name: Option<&str>,
    text: &str,
    name: Option<String>,
) -> Result<(String, Option<String>), Refusal> {
    let text = text::filled_line("text", text, POST_CHARS)?;
    let sent = name.map(|name| text::line("name", &name, NAME_CHARS)).transpose()?;
    let sent = sent.filter(|name| !name.is_empty());
    let given = sent.is_some() || rules.names == NamePolicy::Named;
    let name = participant_name.filter(|_| given).map(str::to_owned).or(sent);
    Ok((text, rules.name(name)?))
}

fn no_downvotes() -> Refusal {
    Refusal::new(RefusalCode::Invalid, "Voting against questions is off in this event.")
}
