//! The choice poll: pick one or several of the options.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::{Choice as Answer, ChoicePoll as Settings, ChoicePoll as Prompt, ChoiceTally as Tally};

/// An option's id within its poll: stays the same when the option is reworded or moved, and is not
/// used again.
pub type OptionId = u16;

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

/// The options that a participant picked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Choice {
    /// The picked options, each once, in any order.
    pub options: Vec<OptionId>,
    /// The participant's write-in, if the poll allows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub other: Option<String>,
}

/// The counts of a choice poll.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ChoiceTally {
    /// How many answers hold the option. Every option is there, with 0 where nobody picked it.
    #[serde(deserialize_with = "super::ids::by_id")]
    #[cfg_attr(test, ts(type = "Record<string, number>"))]
    pub counts: BTreeMap<OptionId, u32>,
    /// How many answers hold an option of their own; absent where the poll allows none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub other: Option<u32>,
    /// The most frequent write-ins and their counts. Only for the studio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "Record<string, number>"))]
    pub texts: Option<BTreeMap<String, u32>>,
}
