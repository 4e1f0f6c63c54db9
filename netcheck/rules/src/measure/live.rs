//! Measurements of live connections and of the fallback transports.

use serde::{Deserialize, Serialize};

/// How a trial on a live connection ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChannelEnd {
    /// As it was to.
    #[default]
    Done,
    /// Not in time, though the connection stood.
    Late,
    /// The connection was closed in the middle of it.
    Closed {
        /// The close code; 1006 where there was none.
        code: u16,
    },
}

/// The upgrade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// How long it took.
    pub ms: f64,
}

/// Messages out and back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Messages {
    /// How many were sent.
    pub sent: u32,
    /// How many came back.
    pub back: u32,
    /// How many of these were not what was sent.
    pub changed: u32,
    /// Whether they came back in the order in which they were sent.
    pub in_order: bool,
    /// The longest that came back whole, in bytes.
    pub largest: u32,
    /// Whether binary ones came back.
    pub binary: bool,
    /// The size of the first that did not come back, in bytes; 0 where all did.
    #[serde(default)]
    pub stopped_at: u32,
    /// How long the slowest took.
    #[serde(default)]
    pub slowest_ms: f64,
    /// How it ended.
    #[serde(default)]
    pub end: ChannelEnd,
}

/// How long messages took out and back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delay {
    /// How many were sent.
    pub sent: u32,
    /// Of each that came back, in the order in which they were sent.
    pub ms: Vec<f64>,
    /// How it ended.
    #[serde(default)]
    pub end: ChannelEnd,
}

/// Many messages at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Burst {
    /// How many were asked for.
    pub asked: u32,
    /// How many came, each once.
    pub came: u32,
    /// From the first to the last.
    pub ms: f64,
    /// How it ended.
    #[serde(default)]
    pub end: ChannelEnd,
}

/// A connection that was dropped half-way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resume {
    /// How many messages were to come, before and after.
    pub asked: u32,
    /// How many came.
    pub came: u32,
    /// How many came more than once.
    pub twice: u32,
    /// From the drop to the next message.
    pub ms: f64,
    /// How it ended.
    #[serde(default)]
    pub end: ChannelEnd,
}

/// A stream of Server-Sent Events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sse {
    /// How many were to come.
    pub asked: u32,
    /// Of each that came: when the server sent it, and when it was here, each by a clock of its
    /// own.
    pub at: Vec<(f64, f64)>,
}

/// An answer that was waited for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Poll {
    /// How long the server was to wait.
    pub asked_ms: f64,
    /// How long it took.
    pub ms: f64,
}

/// The result of a silent connection.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hold {
    /// How it ended.
    pub end: HoldOutcome,
    /// After how many milliseconds.
    pub ms: f64,
    /// The close code where it was closed; 1006 where there was none.
    #[serde(default)]
    pub code: u16,
}

/// How a silent connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldOutcome {
    /// A message still went out and came back.
    Survived,
    /// It was closed by somebody between.
    Closed,
    /// It looked open, and no message came back.
    Silent,
}
