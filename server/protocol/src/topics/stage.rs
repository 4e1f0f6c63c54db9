//! The stage: what the event shows right now.

use serde::{Deserialize, Serialize};

use super::is_false;
use crate::{
    ActivityId, EventId, Millis, Prompt, PromptVersion, Settings,
    posts::{Label, NamePolicy, QaState},
};

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
    /// Whether participants see the shared results on their phones once it has ended.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub results_shared: bool,
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
    /// When it closes by itself, by the server's clock: an answer that is committed then or later
    /// is not counted. Only of an open activity.
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
    /// How many participants have answered in this round. Absent of the one whose results `results`
    /// has: they change without the stage.
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
