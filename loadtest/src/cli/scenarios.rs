//! Options of scenarios that start their own servers.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use loadtest::hostile::attack::Attack;

use super::seconds;

/// A room whose nodes are replaced.
#[derive(Args)]
pub(crate) struct DeployOptions {
    /// Number of nodes, with their own Redis and Postgres, behind a HAProxy
    #[arg(long, default_value_t = 3)]
    pub(crate) nodes: usize,
    /// Number of phones
    #[arg(long, default_value_t = 5000)]
    pub(crate) phones: usize,
    /// How often each phone votes, on average
    #[arg(long, default_value = "5s", value_parser = seconds)]
    pub(crate) pace: Duration,
    /// Longest time that a phone may be without a connection
    #[arg(long, default_value = "3s", value_parser = seconds)]
    pub(crate) offline: Duration,
    /// Makes the phones' choices repeatable
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Write the figures to this file, as JSON
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
}

/// A crowd that joins.
#[derive(Args)]
pub(crate) struct JoinOptions {
    /// Number of nodes, with their own Redis and Postgres
    #[arg(long, default_value_t = 3)]
    pub(crate) nodes: usize,
    /// Number of phones
    #[arg(long, default_value_t = 15_000)]
    pub(crate) phones: usize,
    /// Number of processes that simulate the phones
    #[arg(long, default_value_t = 3)]
    pub(crate) processes: usize,
    /// Connect through as many HAProxies as needed, instead of to each node in turn
    #[arg(long)]
    pub(crate) proxy: bool,
    /// Joins per second that must be reached
    #[arg(long, default_value_t = 3000.0)]
    pub(crate) rate: f64,
    /// Makes the phones' choices repeatable
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Write the figures to this file, as JSON
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
}

/// A room test.
#[derive(Args)]
pub(crate) struct RoomTestOptions {
    /// Number of phones
    #[arg(long, default_value_t = 300)]
    pub(crate) phones: usize,
    /// Start this many nodes with their own Redis and Postgres [default: one node with SQLite]
    #[arg(long)]
    pub(crate) nodes: Option<usize>,
    /// Time within which all phones join
    #[arg(long, default_value = "5s", value_parser = seconds)]
    pub(crate) spread: Duration,
    /// Kill a node when half of the readings are stored, and restart it
    #[arg(long)]
    pub(crate) kill: bool,
    /// Print the address of the board, and keep it running for this long at the end with all phones
    /// connected
    #[arg(long, default_value = "0s", value_parser = seconds)]
    pub(crate) hold: Duration,
    /// Makes the phones' choices repeatable
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Write the figures to this file, as JSON
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
}

/// Unknown clients that attack.
#[derive(Args)]
pub(crate) struct HostileOptions {
    /// Number of phones that vote
    #[arg(long, default_value_t = 500)]
    pub(crate) phones: usize,
    /// Run only these attacks, such as bombs,screens
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(crate) only: Vec<Attack>,
    /// Number of rounds per attack, each between quiet rounds
    #[arg(long, default_value_t = 3)]
    pub(crate) turns: usize,
    /// Duration of a round
    #[arg(long, default_value = "5s", value_parser = seconds)]
    pub(crate) turn: Duration,
    /// Live connections that the server allows (limits.connections)
    #[arg(long, default_value_t = 1500)]
    pub(crate) connections: usize,
    /// Makes the phones' choices repeatable
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Write the figures to this file, as JSON
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
}

/// Nodes on which everything breaks.
#[derive(Args)]
pub(crate) struct FaultOptions {
    /// Number of nodes, with their own Redis, Postgres and HAProxy
    #[arg(long, default_value_t = 3)]
    pub(crate) nodes: usize,
    /// How long faults are injected, in minutes
    #[arg(long, default_value_t = 10.0)]
    pub(crate) minutes: f64,
    /// Number of phones, each in two events
    #[arg(long, default_value_t = 1500)]
    pub(crate) phones: usize,
    /// Makes the faults and the people's choices repeatable [default: random]
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// How often people act, as a multiple of the usual rate
    #[arg(long, default_value_t = 1.0)]
    pub(crate) activity_factor: f64,
    /// Inject only these faults, such as kill-node,slow-redis
    #[arg(long, default_value = "")]
    pub(crate) only: String,
    /// Write everything that was observed to files in this folder
    #[arg(long)]
    pub(crate) histories: Option<PathBuf>,
    /// The server's program [default: `parterre` in this program's folder]
    #[arg(long)]
    pub(crate) program: Option<PathBuf>,
    /// Run the server with this deliberate fault; it must be built with the feature `mutants`
    #[arg(long)]
    pub(crate) mutant: Option<String>,
    /// Run each mutant in a short run of its own, and the same runs without: the checks must find
    /// every mutant and nothing else
    #[arg(long, conflicts_with_all = ["mutant", "only", "histories"])]
    pub(crate) mutants: bool,
    /// Write the figures to this file, as JSON
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
}

/// The floor.
#[derive(Args)]
pub(crate) struct FloorOptions {
    /// Number of sockets
    #[arg(long, default_value_t = 5000)]
    pub(crate) phones: usize,
    /// Bytes per write
    #[arg(long, default_value_t = 204)]
    pub(crate) bytes: usize,
    /// Rounds per run
    #[arg(long, default_value_t = 30)]
    pub(crate) rounds: u32,
    /// Write the figures to this file, as JSON
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
}
