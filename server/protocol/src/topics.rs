//! The content of each topic.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    ActivityId, Answer, EventId, LabelId, Millis, ParticipantId, PostId, Prompt, PromptVersion, QaSettings, Rev,
    Settings, Tally,
    posts::{Label, NamePolicy, PostState, PostStatus, QaState, Reason, ReasonCode, Vote},
};

/// A separately versioned part of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// What the event shows now.
    Stage,
    /// The counts of the activity on stage.
    Results,
    /// The questions that the room sees: a window of them.
    Posts,
    /// All that moderators see.
    Moderation,
    /// Who is here. Ephemeral: its rev is the server's clock, and a new connection always gets it whole.
    Presence,
    /// The participant's own name and answers.
    Me,
}

/// As which page a client takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// A participant: `stage`, `results` once they are shown, `posts`, `me`.
    Phone,
    /// The big screen: `stage`, `results`, `posts`, `presence`.
    Screen,
    /// A facilitator: `stage` with the rundown, `results` always, `moderation`, `presence`.
    Studio,
    /// A moderator, by a private link or signed in: `stage`, `results` with the words that were sent, `moderation`, `presence`.
    Moderator,
    /// A speaker, by a private link: `stage` without an activity, `posts` of the link's label.
    Speaker,
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Phone => "phone",
            Self::Screen => "screen",
            Self::Studio => "studio",
            Self::Moderator => "moderator",
            Self::Speaker => "speaker",
        })
    }
}

/// The topic `stage`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Stage {
    /// The event.
    pub event: Event,
    /// The activity on stage; absent on the waiting screen and after the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub activity: Option<StagedActivity>,
    /// How questions are taken.
    pub qa: Qa,
    /// Every activity in order. Only for the studio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub rundown: Option<Vec<RundownItem>>,
}

/// How an event takes questions, as everybody may know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Qa {
    /// Whether questions are taken. The end of the event leaves `closed` of `open`.
    pub state: QaState,
    /// Whether a moderator approves each question before it is shown.
    pub review: bool,
    /// Under what name people ask.
    pub names: NamePolicy,
    /// Whether one can also vote against a question.
    pub downvotes: bool,
    /// The labels in order; the private ones only for studios, moderators and speakers.
    pub labels: Vec<Label>,
    /// Whether the screen shows the list of questions in place of the stage.
    pub on_screen: bool,
}

/// An event as everybody may see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Event {
    /// Its id, which never changes.
    pub id: EventId,
    /// Its name.
    pub name: String,
    /// Its join code, in capitals.
    pub code: String,
    /// How far it is.
    pub state: EventState,
    /// Whether a participant gives a name to join.
    pub names: bool,
    /// In which language it is held, as a tag of BCP 47; absent where nobody has said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub language: Option<String>,
}

/// How far an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum EventState {
    /// Being prepared. One can join and wait.
    Draft,
    /// Running.
    Live,
    /// Over: nothing is accepted any more.
    Ended,
}

/// The activity on stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct StagedActivity {
    /// Its id.
    pub id: ActivityId,
    /// Draft, open or closed.
    pub state: ActivityState,
    /// Its round, from 1; a reset begins the next.
    pub round: u32,
    /// The version of its question, from 1; a change makes the next.
    pub version: PromptVersion,
    /// Whether screens and phones see the results.
    pub results: bool,
    /// Its place in the rundown, from 1.
    pub place: u32,
    /// How many activities the rundown has.
    pub of: u32,
    /// When it closes by itself, by the server's clock: an answer that is committed then or later is not counted.
    /// Only of an open activity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub closes_at: Option<Millis>,
    /// What it asks.
    pub prompt: Prompt,
}

/// How far an activity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ActivityState {
    /// Not yet opened.
    Draft,
    /// Takes answers.
    Open,
    /// Takes no more answers.
    Closed,
}

/// An activity as the studio's rundown lists it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RundownItem {
    /// Its id.
    pub id: ActivityId,
    /// Draft, open or closed.
    pub state: ActivityState,
    /// Its round.
    pub round: u32,
    /// The version of its question.
    pub version: PromptVersion,
    /// Whether its results are visible when it is on stage.
    pub results: bool,
    /// How many participants have answered in this round. Absent of the one whose results `results` has: they change
    /// without the stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub respondents: Option<u32>,
    /// When it opens by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub opens_at: Option<Millis>,
    /// When it closes by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub closes_at: Option<Millis>,
    /// What it asks, as it was authored.
    pub settings: Settings,
}

/// The topic `results`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Results {
    /// The activity on stage; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub activity: Option<ActivityId>,
    /// Its round; 0 when there is none.
    #[serde(default)]
    pub round: u32,
    /// How many participants have answered. Absent for phones while results are hidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub respondents: Option<u32>,
    /// The counts; absent while results are hidden, except for the studio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub tally: Option<Tally>,
    /// What people have written, where the activity takes words. Only for studios and moderators, whether or not results are
    /// hidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub written: Option<Written>,
}

/// The words of a cloud, or the texts under "other", as those see them who moderate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Written {
    /// The most frequent ones that are shown, and how often each was sent.
    #[cfg_attr(test, ts(type = "Record<string, number>"))]
    pub shown: BTreeMap<String, u32>,
    /// The most frequent ones that are hidden.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(test, ts(type = "Record<string, HiddenWord>", optional))]
    pub hidden: BTreeMap<String, HiddenWord>,
    /// How many are hidden, in the list above or not.
    pub hidden_words: u32,
    /// Those that are counted as another one, and as which.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(test, ts(type = "Record<string, string>", optional))]
    pub merged: BTreeMap<String, String>,
}

/// A word that only those see who moderate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HiddenWord {
    /// How often it was sent.
    pub count: u32,
    /// Whether it was the word filter that hid it.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub flagged: bool,
}

/// The topic `presence`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Presence {
    /// Participants who are connected now.
    pub here: u32,
    /// Participants who have ever joined the event.
    pub joined: u32,
    /// Clients that were told to come a little later because too many came at once, and have not come yet.
    pub arriving: u32,
    /// Whether the server works without its bus: all is stored and counted, changes made elsewhere show later.
    pub degraded: bool,
    /// Whether the clock that the server went by was set meanwhile: it goes on with its own time, and nothing ends early.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub clock_differs: bool,
    /// How many of those who are here have answered what is on stage. Absent where nothing is, and until it is known of
    /// those who are connected to other nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub respondents: Option<RespondentsHere>,
}

/// How many of those who are here have answered an activity in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RespondentsHere {
    /// The activity.
    pub activity: ActivityId,
    /// The round.
    pub round: u32,
    /// Participants who are connected now and have an answer in it.
    pub count: u32,
}

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
    /// My questions.
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

/// A question of one's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct OwnPost {
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

/// The topic `posts`: the window that all of an audience share. It holds the most supported of the published questions
/// that are not answered, and the highlighted one; what is merged into another is not there. The order is: pinned first,
/// then by votes for less votes against, then the older first.
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

/// The topic `moderation`. Of each list it holds a window: of `review` the oldest, of `reviewed` and `published` the most
/// supported, of the bin what came last; and every part of a merged post that it holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Moderation {
    /// How questions are taken.
    pub settings: QaSettings,
    /// How many posts each list has, parts of others not counted.
    pub counts: QueueCounts,
    /// The posts.
    #[cfg_attr(test, ts(type = "Record<string, ModeratedPost>"))]
    pub posts: BTreeMap<PostId, ModeratedPost>,
    /// Which one the screen shows full screen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub highlight: Option<PostId>,
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
    /// How many support it, its author and the supporters of its parts included. Of a part 0: its votes count where it
    /// belongs.
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_false(yes: &bool) -> bool {
    !*yes
}
