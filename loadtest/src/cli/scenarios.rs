//! What can be said of scenarios that have servers of their own.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use loadtest::hostile::attack::Attack;

use super::seconds;

/// A room whose nodes are replaced.
#[derive(Args)]
pub(crate) struct DeployOptions {
    /// How many nodes, with a Redis and a Postgres of their own, behind a HAProxy
    #[arg(long, default_value_t = 3)]
    pub(crate) nodes: usize,
    /// How many phones
    #[arg(long, default_value_t = 5000)]
    pub(crate) phones: usize,
    /// How often each phone votes, on average
    #[arg(long, default_value = "5s", value_parser = seconds)]
    pub(crate) pace: Duration,
    /// How long a phone may be without a connection
    #[arg(long, default_value = "3s", value_parser = seconds)]
    pub(crate) offline: Duration,
    /// Makes the phones' choices repeatable
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Write the figures as JSON to this file
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
}

/// A crowd that joins.
#[derive(Args)]
pub(crate) struct JoinOptions {
    /// How many nodes, with a Redis and a Postgres of their own
    #[arg(long, default_value_t = 3)]
    pub(crate) nodes: usize,
    /// How many phones
    #[arg(long, default_value_t = 15_000)]
    pub(crate) phones: usize,
    /// How many processes the phones are
    #[arg(long, default_value_t = 3)]
    pub(crate) processes: usize,
    /// All come through HAProxies, as many as are needed; without it, in turn to each node
    #[arg(long)]
    pub(crate) proxy: bool,
    /// How many must be able to join in a second
    #[arg(long, default_value_t = 3000.0)]
    pub(crate) rate: f64,
    /// Makes the phones' choices repeatable
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Write the figures as JSON to this file
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
}

/// A room test.
#[derive(Args)]
pub(crate) struct RoomTestOptions {
    /// How many phones
    #[arg(long, default_value_t = 300)]
    pub(crate) phones: usize,
    /// So many nodes with a Redis and a Postgres of their own; without it, one node with a file
    #[arg(long)]
    pub(crate) nodes: Option<usize>,
    /// The time over which all come
    #[arg(long, default_value = "5s", value_parser = seconds)]
    pub(crate) spread: Duration,
    /// Kill a node once half of the readings are stored, and start it again
    #[arg(long)]
    pub(crate) kill: bool,
    /// Say where the board is, and keep it there for so long at the end, with all phones connected
    #[arg(long, default_value = "0s", value_parser = seconds)]
    pub(crate) hold: Duration,
    /// Makes the phones' choices repeatable
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Write the figures as JSON to this file
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
}

/// Strangers who attack.
#[derive(Args)]
pub(crate) struct HostileOptions {
    /// How many phones vote
    #[arg(long, default_value_t = 500)]
    pub(crate) phones: usize,
    /// Only these attacks, such as bombs,screens
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(crate) only: Vec<Attack>,
    /// How often each attack has a turn, between quiet ones
    #[arg(long, default_value_t = 3)]
    pub(crate) turns: usize,
    /// How long a turn is
    #[arg(long, default_value = "5s", value_parser = seconds)]
    pub(crate) turn: Duration,
    /// Places that the server has for live connections
    #[arg(long, default_value_t = 1500)]
    pub(crate) connections: usize,
    /// Makes the phones' choices repeatable
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Write the figures as JSON to this file
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
}

/// Nodes on which everything breaks.
#[derive(Args)]
pub(crate) struct FaultOptions {
    /// How many nodes, with a Redis, a Postgres and a HAProxy of their own
    #[arg(long, default_value_t = 3)]
    pub(crate) nodes: usize,
    /// For how long there are faults
    #[arg(long, default_value_t = 10.0)]
    pub(crate) minutes: f64,
    /// How many phones, each in two events
    #[arg(long, default_value_t = 1500)]
    pub(crate) phones: usize,
    /// Makes the faults and the people's choices repeatable; without it, another one each time
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// How often people do something, against the usual
    #[arg(long, default_value_t = 1.0)]
    pub(crate) haste: f64,
    /// Only these faults, such as kill-node,slow-redis
    #[arg(long, default_value = "")]
    pub(crate) only: String,
    /// Write the histories as files into this folder
    #[arg(long)]
    pub(crate) histories: Option<PathBuf>,
    /// The server's program; without it, `parterre` beside this program
    #[arg(long)]
    pub(crate) program: Option<PathBuf>,
    /// Give the server this fault of its own; it must have been built with the feature `mutants`
    #[arg(long)]
    pub(crate) mutant: Option<String>,
    /// Run every mutant in its own short run, and the same runs without: each must be found, and
    /// nothing else
    #[arg(long, conflicts_with_all = ["mutant", "only", "histories"])]
    pub(crate) mutants: bool,
    /// Write the figures as JSON to this file
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
}

/// The floor.
#[derive(Args)]
pub(crate) struct FloorOptions {
    /// How many sockets
    #[arg(long, default_value_t = 5000)]
    pub(crate) phones: usize,
    /// Bytes of each write
    #[arg(long, default_value_t = 204)]
    pub(crate) bytes: usize,
    /// Rounds of each run
    #[arg(long, default_value_t = 30)]
    pub(crate) rounds: u32,
    /// Write the figures as JSON to this file
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
}
