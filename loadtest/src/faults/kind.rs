//! The kinds of faults: the name, duration and target of each.

use std::{fmt, ops::Range};

use anyhow::{Result, bail};
use serde::Serialize;

/// The kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// SIGKILL of a node, which is then started again.
    KillNode,
    /// SIGSTOP of a node, then SIGCONT.
    PauseNode,
    /// SIGKILL of Redis, which is then started again.
    KillRedis,
    /// `FLUSHALL`, including functions and scripts.
    FlushRedis,
    /// `CLIENT KILL TYPE pubsub`.
    KillSubscriptions,
    /// SIGSTOP of Redis, then SIGCONT.
    PauseRedis,
    /// Postgres ends its transactions, stops and starts.
    RestartPostgresFast,
    /// Postgres stops as in a crash and starts.
    RestartPostgresImmediate,
    /// SIGSTOP of all processes of Postgres, then SIGCONT.
    PausePostgres,
    /// The disk of Postgres' tables is full for a while. Only if we may mount one.
    FillDisk,
    /// The clock of Postgres' machine jumps by a day and back.
    StepDatabaseClock,
    /// A node's connections to Redis are reset and refused.
    CutRedis,
    /// Traffic between a node and Redis is silently dropped.
    FreezeRedis,
    /// Traffic between a node and Redis is slow.
    SlowRedis,
    /// A node's connections to Postgres are reset and refused.
    CutPostgres,
    /// Traffic between a node and Postgres is silently dropped.
    FreezePostgres,
    /// Traffic between a node and Postgres is slow.
    SlowPostgres,
    /// The connections of a node's clients are reset and refused.
    CutClients,
    /// Traffic between a node and its clients is silently dropped.
    FreezeClients,
    /// Traffic between a node and its clients is slow.
    SlowClients,
    /// Traffic between a node and its clients is slow, and then lost with the connections.
    BreakClients,
    /// A node's clock jumps by hours and stays there.
    StepClock,
    /// A node's clock runs too fast or too slow, from some seconds off.
    SkewClock,
    /// A session that controls the event on every node is signed out and keeps sending.
    SignOut,
    /// Every node in turn: SIGTERM, exit, start.
    Deploy,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 25] = [
        Self::KillNode,
        Self::PauseNode,
        Self::KillRedis,
        Self::FlushRedis,
        Self::KillSubscriptions,
        Self::PauseRedis,
        Self::RestartPostgresFast,
        Self::RestartPostgresImmediate,
        Self::PausePostgres,
        Self::FillDisk,
        Self::StepDatabaseClock,
        Self::CutRedis,
        Self::FreezeRedis,
        Self::SlowRedis,
        Self::CutPostgres,
        Self::FreezePostgres,
        Self::SlowPostgres,
        Self::CutClients,
        Self::FreezeClients,
        Self::SlowClients,
        Self::BreakClients,
        Self::StepClock,
        Self::SkewClock,
        Self::SignOut,
        Self::Deploy,
    ];

    /// Parses names that are separated by commas.
    pub fn parse_list(text: &str) -> Result<Vec<Self>> {
        let named = |name: &str| Self::ALL.into_iter().find(|kind| kind.to_string() == name);
        let mut kinds = Vec::new();
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match named(name) {
                Some(kind) => kinds.push(kind),
                None => bail!("there is no fault {name:?}, but: {}", Self::ALL.map(|kind| kind.to_string()).join(", ")),
            }
        }
        Ok(kinds)
    }

    /// How long it lasts, in milliseconds. For a deploy, the most that all nodes take together.
    pub(super) const fn lasts(self) -> Range<u64> {
        match self {
            Self::KillNode => 100..3000,
            Self::PauseNode => 500..8000,
            Self::KillRedis => 100..5000,
            Self::FlushRedis | Self::KillSubscriptions => 0..1,
            Self::PauseRedis => 500..5000,
            Self::RestartPostgresFast | Self::RestartPostgresImmediate => 0..1,
            Self::PausePostgres => 500..4000,
            // Shorter than a node keeps trying to store something, and longer.
            Self::FillDisk => 3000..7000,
            Self::StepDatabaseClock => 2000..6000,
            Self::CutRedis | Self::FreezeRedis | Self::SlowRedis => 500..8000,
            Self::CutPostgres | Self::FreezePostgres | Self::SlowPostgres => 500..6000,
            Self::CutClients | Self::FreezeClients => 300..4000,
            Self::SlowClients => 1000..8000,
            Self::BreakClients => 500..3000,
            Self::StepClock | Self::SkewClock => 2000..10_000,
            Self::SignOut => 1000..4000,
            Self::Deploy => 0..1,
        }
    }

    pub(super) const fn hits(self) -> Hits {
        match self {
            Self::KillNode | Self::PauseNode => Hits::Node,
            Self::KillRedis | Self::FlushRedis | Self::KillSubscriptions | Self::PauseRedis => Hits::Redis,
            Self::RestartPostgresFast | Self::RestartPostgresImmediate | Self::PausePostgres | Self::FillDisk => {
                Hits::Postgres
            }
            Self::StepDatabaseClock => Hits::DatabaseClock,
            Self::CutRedis | Self::FreezeRedis | Self::SlowRedis => Hits::LinkToRedis,
            Self::CutPostgres | Self::FreezePostgres | Self::SlowPostgres => Hits::LinkToPostgres,
            Self::CutClients | Self::FreezeClients | Self::SlowClients | Self::BreakClients => Hits::LinkToClients,
            Self::StepClock | Self::SkewClock => Hits::Clock,
            Self::SignOut => Hits::Session,
            Self::Deploy => Hits::AllNodes,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = format!("{self:?}");
        let mut name = name.chars();
        name.next().into_iter().try_for_each(|first| write!(f, "{}", first.to_ascii_lowercase()))?;
        name.try_for_each(|letter| match letter.is_ascii_uppercase() {
            true => write!(f, "-{}", letter.to_ascii_lowercase()),
            false => write!(f, "{letter}"),
        })
    }
}

/// The target of a fault. Each has at most one fault at a time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hits {
    Node,
    Clock,
    LinkToRedis,
    LinkToPostgres,
    LinkToClients,
    Redis,
    Postgres,
    DatabaseClock,
    Session,
    AllNodes,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_as_they_are_printed() {
        let all = Kind::ALL.map(|kind| kind.to_string()).join(",");
        assert_eq!(Kind::parse_list(&all).unwrap(), Kind::ALL);
        assert_eq!(Kind::KillNode.to_string(), "kill-node");
        assert!(Kind::parse_list("kill-all").unwrap_err().to_string().contains("pause-postgres"));
    }
}
