//! The results: how many have answered, and what.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::is_false;
use crate::{ActivityId, Tally};

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
    /// What people have written, where the activity takes words. Only for studios and moderators,
    /// whether or not results are hidden.
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
