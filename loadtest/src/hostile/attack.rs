//! What attackers do to a server, whom they attack, and the outcome.

use std::collections::BTreeMap;

use parterre_protocol::{ActivityId, EventId};
use serde::{Deserialize, Serialize};

/// A kind of attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Attack {
    /// Bodies of a few hundred bytes that would decompress to a gigabyte.
    Bombs,
    /// Anonymous screen connections, more than the server has places.
    Screens,
    /// Endless new participants.
    Joins,
    /// Guessed join codes.
    Codes,
    /// Commands posted by a few participants, as fast as they can.
    Commands,
    /// Searches of the room's questions, and of questions similar to one.
    Searches,
    /// Network test reports of the maximum size.
    Reports,
    /// Guessed passwords for the facilitator's account and others, from one address and from many.
    Passwords,
    /// Pages requested and read byte by byte.
    SlowReaders,
    /// Requests whose head never ends.
    SlowHeads,
    /// Public pages and pictures.
    Pages,
}

impl Attack {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Bombs,
        Self::Screens,
        Self::Joins,
        Self::Codes,
        Self::Commands,
        Self::Searches,
        Self::Reports,
        Self::Passwords,
        Self::SlowReaders,
        Self::SlowHeads,
        Self::Pages,
    ];

    /// Whether it holds connections, rather than asking again and again.
    pub const fn holds(self) -> bool {
        matches!(self, Self::Screens | Self::SlowReaders | Self::SlowHeads)
    }

    /// Its name on the command line.
    pub fn name(self) -> String {
        use clap::ValueEnum as _;
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// What an attacker has to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Victim {
    /// The server.
    pub url: String,
    /// The code that is on the screen.
    pub code: String,
    /// The event.
    pub event: EventId,
    /// What is on stage.
    pub activity: ActivityId,
    /// The address with which the facilitator signs in.
    pub email: String,
}

/// What the attackers did.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Done {
    /// Requests that were answered, by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests and connections that ended without an answer.
    pub unanswered: u64,
    /// Connections with a place at the end.
    pub held: u64,
}

impl Done {
    /// Together with those of another attacker.
    pub fn add(&mut self, other: Self) {
        other.statuses.into_iter().for_each(|(status, count)| *self.statuses.entry(status).or_default() += count);
        self.unanswered += other.unanswered;
        self.held += other.held;
    }
}
