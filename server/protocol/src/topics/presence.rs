//! Presence: who is here.

use serde::{Deserialize, Serialize};

use super::is_false;
use crate::ActivityId;

/// The topic `presence`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Presence {
    /// Participants who are connected now.
    pub here: u32,
    /// Participants who have ever joined the event.
    pub joined: u32,
    /// Clients that were told to come a little later because too many came at once, and have not
    /// come yet.
    pub arriving: u32,
    /// Whether the server works without its bus: all is stored and counted, changes made elsewhere
    /// show later.
    pub degraded: bool,
    /// Whether the clock that the server went by was set meanwhile: it goes on with its own time,
    /// and nothing ends early.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub clock_differs: bool,
    /// How many of those who are here have answered what is on stage. Absent where nothing is, and
    /// until it is known of those who are connected to other nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub respondents: Option<RespondentsHere>,
}

/// How many of those who are here have answered an activity in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RespondentsHere {
    /// The activity.
    pub activity: ActivityId,
    /// The round.
    pub round: u32,
    /// Participants who are connected now and have an answer in it.
    pub count: u32,
}
