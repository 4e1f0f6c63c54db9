//! How an event takes questions.

use serde::{Deserialize, Serialize};

use crate::Rev;

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
    /// Whether everybody sees, after the event's end, how many questions were asked, shown,
    /// answered and declined.
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
