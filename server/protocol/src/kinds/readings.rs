//! Readings: what phones around a room found out about the network, each where it was.
//!
//! They come by a door of their own (`POST /api/v1/readings`), where the server judges what was
//! measured; as an answer that a client sends by itself they are refused. To the studio they are
//! shown gathered, as a [`Board`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Millis;

pub use self::{Board as Tally, Readings as Answer, RoomTest as Prompt, RoomTest as Settings};

/// A room test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RoomTest {
    /// What the room is asked to do.
    pub title: String,
}

/// The readings of one phone: the newest of each place where it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Readings {
    /// How many it has ever sent.
    pub sent: u32,
    /// By the place's key: its name in lower case; empty where none was given.
    #[cfg_attr(test, ts(type = "Record<string, Reading>"))]
    pub readings: BTreeMap<String, Reading>,
}

/// What one phone found out in one place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Reading {
    /// Where it was, in the words of who held it; empty where nothing was said.
    pub place: String,
    /// By which network it came, as the server saw it: an IPv4 address, or the first half of an
    /// IPv6 one, since all of that is the phone's own. Empty where it is not known.
    pub network: String,
    /// How that network is reached, as far as the browser says.
    pub link: NetworkKind,
    /// Whether the phone can take part from here.
    pub verdict: Verdict,
    /// What weighs the most, where not all is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub found: Option<ReadingFinding>,
    /// The time that 95 of 100 messages took out and back at most, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub delay_ms: Option<u32>,
    /// When it was taken, by the server's clock.
    #[cfg_attr(test, ts(type = "number"))]
    pub at: Millis,
}

/// How a phone reaches its network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum NetworkKind {
    /// By Wi-Fi.
    Wifi,
    /// By a mobile operator.
    Mobile,
    /// By a cable.
    Cable,
    /// The browser does not say.
    #[default]
    Unknown,
}

/// Whether one can take part from somewhere; the later the worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Yes.
    Success,
    /// It could not be found out.
    Skipped,
    /// Yes, and it would be better with a change.
    Warning,
    /// No.
    Failed,
}

/// One thing that was found: its step and code are keys of the message catalogues.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReadingFinding {
    /// What was tried.
    pub step: String,
    /// What came of it.
    pub code: String,
    /// The figures of the sentence.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(test, ts(type = "Record<string, Figure>", optional))]
    pub figures: BTreeMap<String, Figure>,
}

/// A figure of a sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(untagged)]
pub enum Figure {
    /// A number, with one decimal at most.
    Number(f64),
    /// A text that is the same in every language.
    Text(String),
}

/// All readings of a room, gathered. What has no bound of its own is a window: of the networks and
/// places the largest, of the readings the worst.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Board {
    /// Phones that have sent a reading.
    pub phones: u32,
    /// How the readings are; a phone has one of each place where it was.
    pub verdicts: Verdicts,
    /// By network.
    #[cfg_attr(test, ts(type = "Record<string, NetworkGroup>"))]
    pub networks: BTreeMap<String, NetworkGroup>,
    /// By place; the key is its name in lower case.
    #[cfg_attr(test, ts(type = "Record<string, PlaceGroup>"))]
    pub places: BTreeMap<String, PlaceGroup>,
    /// The delay in the middle of all and where the slowest tenth begins; absent before anything
    /// was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub delay: Option<Delays>,
    /// The slowest tenth, the slowest first.
    pub slowest: Vec<Slow>,
    /// The most phones that came within one second, and within one minute, of those that have sent
    /// a reading.
    pub busiest: Busiest,
    /// The readings by phone and place, both in one text.
    #[cfg_attr(test, ts(type = "Record<string, Reading>"))]
    pub readings: BTreeMap<String, Reading>,
}

/// How many are how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Verdicts {
    /// Can take part.
    pub success: u32,
    /// Can take part, and something is to be changed.
    pub warning: u32,
    /// Cannot take part.
    pub failed: u32,
    /// Not known.
    pub skipped: u32,
}

/// What came by one network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct NetworkGroup {
    /// How the readings are.
    pub verdicts: Verdicts,
    /// How many say that they came by what.
    #[cfg_attr(test, ts(type = "Partial<Record<NetworkKind, number>>"))]
    pub links: BTreeMap<NetworkKind, u32>,
    /// The delay in the middle of them, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub delay_ms: Option<u32>,
}

/// What came from one place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PlaceGroup {
    /// The place as it was written first in the order of the alphabet.
    pub name: String,
    /// How the readings are.
    pub verdicts: Verdicts,
    /// The delay in the middle of them, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub delay_ms: Option<u32>,
}

/// Delays of all readings, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Delays {
    /// In the middle.
    pub middle_ms: u32,
    /// The least of the slowest tenth.
    pub slowest_tenth_ms: u32,
}

/// One of the slowest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Slow {
    /// Where it was.
    pub place: String,
    /// By which network.
    pub network: String,
    /// By what.
    pub link: NetworkKind,
    /// Its delay.
    pub delay_ms: u32,
}

/// The most that came at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Busiest {
    /// Within one second.
    pub second: u32,
    /// Within one minute.
    pub minute: u32,
}

impl Verdicts {
    /// One more.
    pub const fn count(&mut self, verdict: Verdict) {
        let of = match verdict {
            Verdict::Success => &mut self.success,
            Verdict::Warning => &mut self.warning,
            Verdict::Failed => &mut self.failed,
            Verdict::Skipped => &mut self.skipped,
        };
        *of += 1;
    }

    /// All of them.
    pub const fn total(&self) -> u32 {
        self.success + self.warning + self.failed + self.skipped
    }
}
