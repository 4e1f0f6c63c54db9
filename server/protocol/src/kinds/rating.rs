//! The rating: one or several statements, each on the same scale.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::{Rating as Settings, Rating as Prompt, RatingTally as Tally, Ratings as Answer};
use super::choice::{OptionId, PollOption};

/// A rating.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Rating {
    /// What is rated, as the room reads it.
    pub title: String,
    /// The statements in the order in which they are shown. Where there is only one, its text may
    /// be empty: the title is what is rated.
    pub statements: Vec<PollOption>,
    /// On which scale.
    pub scale: Scale,
    /// Whether a participant may answer again while the activity is open; the last answer counts.
    #[serde(default)]
    pub changeable: bool,
}

/// The values that a statement may be given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "style", rename_all = "snake_case")]
pub enum Scale {
    /// One star up to so many.
    Stars {
        /// The most stars.
        points: u8,
    },
    /// 1 up to so many, with words at both ends.
    Labels {
        /// The highest value.
        points: u8,
        /// What 1 means; may be empty.
        low: String,
        /// What the highest value means; may be empty.
        high: String,
    },
    /// How likely one is to recommend it, from 0 to 10, summed up as the Net Promoter Score: the
    /// percentage of 9 and 10 less that of 0 to 6.
    Nps,
}

/// The values that a participant gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Ratings {
    /// By the statement's id. Statements may be left out, but not all.
    #[serde(deserialize_with = "super::ids::by_id")]
    #[cfg_attr(test, ts(type = "Record<string, number>"))]
    pub ratings: BTreeMap<OptionId, u8>,
}

/// The counts of a rating.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RatingTally {
    /// By the statement's id: how many gave it each value, from the lowest of the scale to the
    /// highest. Every statement is there, with zeros where nobody rated it.
    #[serde(deserialize_with = "super::ids::by_id")]
    #[cfg_attr(test, ts(type = "Record<string, number[]>"))]
    pub counts: BTreeMap<OptionId, Vec<u32>>,
}

impl Scale {
    /// Its lowest value.
    pub const fn lowest(&self) -> u8 {
        match self {
            Self::Stars { .. } | Self::Labels { .. } => 1,
            Self::Nps => 0,
        }
    }

    /// Its highest value.
    pub const fn highest(&self) -> u8 {
        match self {
            Self::Stars { points } | Self::Labels { points, .. } => *points,
            Self::Nps => 10,
        }
    }
}
