//! What an activity asks and what an answer to it holds, kind by kind.
//!
//! A kind has one name (`choice`, `words`, `readings`) in both enums here, in the database and in the pages.

use std::{
    fmt::{self, Display, Formatter},
    num::ParseIntError,
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use crate::{Readings, RoomTest};

/// What an activity asks: its kind and everything that the kind can be set to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Question {
    /// Pick one or several of the options.
    Choice(ChoicePoll),
    /// Send words; the room's most frequent ones grow.
    Words(WordCloud),
    /// Try the network from where one is. Only of a room test.
    Readings(RoomTest),
}

/// An option's id within its poll: stays the same when the option is reworded or moved, and is not used again.
pub type OptionId = u16;

/// Which version of its question an answer was made for. The first is 1, and every change makes the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct QuestionVersion(u32);

impl QuestionVersion {
    /// What a question is before it has been changed.
    pub const FIRST: Self = Self(1);

    /// The version after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl Default for QuestionVersion {
    fn default() -> Self {
        Self::FIRST
    }
}

impl Display for QuestionVersion {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for QuestionVersion {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

/// A choice poll.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ChoicePoll {
    /// The question as the room reads it.
    pub title: String,
    /// The options in the order in which they are shown; the first is lettered A.
    pub options: Vec<PollOption>,
    /// The fewest options an answer may hold, counting "other"; at least 1.
    pub min: u8,
    /// The most options an answer may hold, counting "other".
    pub max: u8,
    /// Whether an answer may hold an option of the participant's own, as text.
    #[serde(default)]
    pub other: bool,
    /// Whether a participant may answer again while the activity is open; the last answer counts.
    #[serde(default)]
    pub changeable: bool,
}

/// One option of a choice poll.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PollOption {
    /// The option's id.
    pub id: OptionId,
    /// The option as the room reads it.
    pub text: String,
}

/// A word cloud.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct WordCloud {
    /// The question as the room reads it.
    pub title: String,
    /// How many words each participant may have in the cloud.
    pub words_per_person: u8,
}

/// A participant's answer; its kind must be the activity's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Answer {
    /// To a choice poll.
    Choice(Choice),
    /// To a word cloud.
    Words(Words),
    /// To a room test. Only the server itself makes it.
    Readings(Readings),
}

/// The options that a participant picked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Choice {
    /// The picked options, each once, in any order.
    pub options: Vec<OptionId>,
    /// The participant's own option, where the poll allows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub other: Option<String>,
}

/// All the words of a participant: an answer replaces the former one whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Words {
    /// The words as typed; none takes back what was sent before.
    pub words: Vec<String>,
}
