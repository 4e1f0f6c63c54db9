//! What an archive of an event holds: a file of one event, by which it can be kept and brought
//! back, into this server or another. `docs/archive.md` describes the format.
//!
//! No id of the database is in it: activities and participants are numbered, so that an archive of
//! what was imported from an archive is the same again.

mod check;

use std::collections::BTreeMap;

use parterre_protocol::{
    Answer, Millis, PostId, QaSettings, Settings,
    posts::{PostState, Queue},
    topics::{ActivityState, EventState},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::check::{ArchiveLine, Checker, ManifestFault, Wrong, manifest};
use super::{
    activity::Activity,
    kinds::versions::Versions,
    post::{Post, PostFields},
    wording::Decisions,
};

/// What the manifest says that it is.
pub const FORMAT: &str = "parterre-archive";
/// The version of the format. It grows when an older program would lose something by reading a
/// newer archive.
pub const VERSION: u32 = 1;
/// The name of the manifest.
pub const MANIFEST: &str = "archive.json";
/// The folder that is kept free for pictures.
pub const MEDIA: &str = "media/";

/// The files beside the manifest, each with one JSON object a line, in the order in which they are
/// written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// [`ActivityLine`]s, in the order of the rundown.
    Activities,
    /// [`ParticipantLine`]s, by number.
    Participants,
    /// [`ResponseLine`]s, by activity and round.
    Responses,
    /// [`PostLine`]s, by number.
    Posts,
    /// [`VotesLine`]s.
    Votes,
    /// [`ActLine`]s, the oldest first.
    Acts,
}

impl Part {
    /// All of them, in their order.
    pub const ALL: [Self; 6] =
        [Self::Activities, Self::Participants, Self::Responses, Self::Posts, Self::Votes, Self::Acts];

    /// The name of the file.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Activities => "activities.jsonl",
            Self::Participants => "participants.jsonl",
            Self::Responses => "responses.jsonl",
            Self::Posts => "posts.jsonl",
            Self::Votes => "votes.jsonl",
            Self::Acts => "acts.jsonl",
        }
    }
}

/// Whether what one participant sent can be told to be of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum People {
    /// A participant has one number in the whole archive, as in the database.
    #[default]
    Linked,
    /// A participant has another number for each activity and for each question, and no name.
    Unlinked,
}

/// The manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// Which release of the program wrote it.
    pub program: String,
    /// When it was written.
    pub created_at: Millis,
    /// How participants are numbered.
    pub people: People,
    /// How many lines each file has.
    pub lines: BTreeMap<Part, u64>,
    /// The event itself.
    pub event: EventRecord,
}

/// An event, without what is in the other files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventRecord {
    /// Its name.
    pub name: String,
    /// Its join code.
    pub code: String,
    /// How far it is.
    pub state: EventState,
    /// Whether a participant gives a name to join.
    pub names: bool,
    /// In which language it is held, if somebody has said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// When it was made.
    pub created_at: Millis,
    /// How many participants there are: they are numbered from 1 to this.
    pub participants: u32,
    /// How many people have been there, whether or not they sent anything.
    pub joined: u32,
    /// The activity on stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staged: Option<u32>,
    /// How questions are taken.
    pub questions: QaSettings,
    /// Whether the screen shows the list of questions in place of the stage.
    pub questions_on_screen: bool,
    /// The post that the screen shows full screen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub highlight: Option<PostId>,
}

/// An activity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActivityLine {
    /// Its number, from 1, by which other files name it.
    pub activity: u32,
    /// What it asks.
    pub settings: Settings,
    /// Which versions that has had.
    #[serde(default)]
    pub versions: Versions,
    /// Draft, open or closed.
    pub state: ActivityState,
    /// Its round, from 1.
    pub round: u32,
    /// When the round was first opened; none before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_opened_at: Option<Millis>,
    /// Whether screens and phones see its results while it is on stage.
    pub results: bool,
    /// What moderators have decided of the words that were sent to it.
    #[serde(default)]
    pub words: Decisions,
}

impl ActivityLine {
    /// An activity under this number. When it opens or closes by itself is not kept: that time is
    /// over wherever the archive is read.
    pub fn new(number: u32, activity: &Activity) -> Self {
        Self {
            activity: number,
            settings: activity.settings.clone(),
            versions: activity.versions.clone(),
            state: activity.state,
            round: activity.round,
            round_opened_at: activity.round_opened_at,
            results: activity.results,
            words: Decisions::clone(&activity.words),
        }
    }
}

/// A participant, where they are linked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParticipantLine {
    /// The number.
    pub participant: u32,
    /// The name, where the event asks for names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When something of the participant was first stored.
    pub joined_at: Millis,
    /// Since when the device may not ask; none: it may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked_at: Option<Millis>,
}

/// A participant's answer to an activity in one round: the current one, since no other is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResponseLine {
    /// To which activity.
    pub activity: u32,
    /// In which round.
    pub round: u32,
    /// By whom.
    pub participant: u32,
    /// When it was stored.
    pub at: Millis,
    /// The answer.
    pub answer: Answer,
}

/// A question, or a text that was sent to an activity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PostLine {
    /// Its number.
    pub post: PostId,
    /// To which activity it was sent; none: it is a question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<u32>,
    /// In which round of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<u32>,
    /// By whom.
    pub participant: u32,
    /// The name under which it was asked; none: anonymous.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it was sent.
    pub at: Millis,
    /// Whether the word filter found something in it.
    #[serde(default)]
    pub flagged: bool,
    /// Its text and its fate. A post that its author took back is only a number: it has no text.
    #[serde(flatten)]
    pub fields: PostFields,
}

impl PostLine {
    /// A post by this participant; to which activity and round it was sent, if to one.
    pub fn new(post: Post, to: Option<(u32, u32)>, participant: u32) -> Self {
        let withdrawn = post.fields.state == PostState::Withdrawn;
        let fields = if withdrawn { withdrawn_fields(post.fields) } else { post.fields };
        Self {
            post: post.id,
            activity: to.map(|(activity, _)| activity),
            round: to.map(|(_, round)| round),
            participant,
            name: post.name.filter(|_| !withdrawn),
            at: post.at,
            flagged: post.flagged && !withdrawn,
            fields,
        }
    }
}

/// What is told of a post that was taken back: that it was, and of what it is a part.
fn withdrawn_fields(fields: PostFields) -> PostFields {
    PostFields {
        state: PostState::Withdrawn,
        merged_into: fields.merged_into,
        ..PostFields::new(String::new(), Queue::Review, 0)
    }
}

/// Who is for and against a post, among them its author.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VotesLine {
    /// The post.
    pub post: PostId,
    /// Who is for it, by number.
    #[serde(default)]
    pub up: Vec<u32>,
    /// Who is against it, by number.
    #[serde(default)]
    pub down: Vec<u32>,
}

/// An act of a moderator that changed something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActLine {
    /// When.
    pub at: Millis,
    /// Who did it: the name of a member or of a link.
    pub by: String,
    /// What was done, as on the wire, but for activities, which have their numbers, and acts, which
    /// have no ids.
    pub act: Value,
}
