//! The word cloud: everyone sends a few words, the most frequent grow.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::{WordCloud as Settings, WordCloud as Prompt, Words as Answer, WordsTally as Tally};

/// A word cloud.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct WordCloud {
    /// The question as the room reads it.
    pub title: String,
    /// How many words each participant may have in the cloud.
    pub words_per_person: u8,
}

/// All the words of a participant: an answer replaces the former one whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Words {
    /// The words as typed; none takes back what was sent before.
    pub words: Vec<String>,
}

/// The counts of a word cloud.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct WordsTally {
    /// The most frequent words and how many participants sent each.
    #[cfg_attr(test, ts(type = "Record<string, number>"))]
    pub words: BTreeMap<String, u32>,
    /// How many different words there are, shown or not.
    pub distinct: u32,
}
