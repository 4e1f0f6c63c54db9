//! What can be said of a room of phones, and of what it does.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use loadtest::{client::line::Transport, cluster::haproxy::Venue};

use super::seconds;

/// A room of phones.
#[derive(Args)]
pub(crate) struct RoomOptions {
    /// How many phones
    #[arg(long, default_value_t = 5000)]
    pub(crate) phones: usize,
    /// So many nodes with a Redis and a Postgres of their own; without it, one node with a file
    #[arg(long, conflicts_with = "url")]
    pub(crate) nodes: Option<usize>,
    /// All connect through a HAProxy before the nodes; without it, in turn to each node
    #[arg(long, requires = "nodes")]
    pub(crate) proxy: bool,
    /// A running server, such as http://127.0.0.1:8080; without it, one is started for the run
    #[arg(long)]
    pub(crate) url: Option<String>,
    /// With --url: the key of the server's setup link, to make its owner
    #[arg(long, requires = "url", requires = "password")]
    pub(crate) key: Option<String>,
    /// With --url: the facilitator's e-mail address
    #[arg(long, default_value = "loadtest@example.org")]
    pub(crate) email: String,
    /// With --url: the facilitator's password
    #[arg(long, env = "LOADTEST_PASSWORD", hide_env_values = true)]
    pub(crate) password: Option<String>,
    /// With --url: the server's process on this machine, to be measured
    #[arg(long, requires = "url")]
    pub(crate) pid: Option<u32>,
    /// Phones that join at the same time
    #[arg(long, default_value_t = 256)]
    pub(crate) at_once: usize,
    /// How the phones' bytes move
    #[arg(long, value_enum, default_value_t = Transport::Socket)]
    pub(crate) transport: Transport,
    /// All connect through a HAProxy that is set as a venue's, and find out what gets through
    #[arg(long, value_enum, conflicts_with = "url")]
    pub(crate) venue: Option<Venue>,
    /// Kill the server in the middle of it; of many nodes one, while all connect through a HAProxy
    #[arg(long, conflicts_with = "url")]
    pub(crate) kill: bool,
    /// Measure the floor beside the broadcast
    #[arg(long)]
    pub(crate) floor: bool,
    /// Makes the phones' choices repeatable
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Write the figures as JSON to this file
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
}

/// A room that votes.
#[derive(Args)]
pub(crate) struct VoteOptions {
    #[command(flatten)]
    pub(crate) room: RoomOptions,
    /// The time over which all answer
    #[arg(long, default_value = "3s", value_parser = seconds)]
    pub(crate) spread: Duration,
    /// Cut every phone off about this often
    #[arg(long, value_parser = seconds)]
    pub(crate) cut_every: Option<Duration>,
    /// How long a phone that was cut stays offline
    #[arg(long, default_value = "2s", value_parser = seconds)]
    pub(crate) offline: Duration,
    /// How long phones are cut
    #[arg(long, default_value_t = 2.0)]
    pub(crate) minutes: f64,
    /// How many phones stop reading
    #[arg(long, default_value_t = 0)]
    pub(crate) sleepers: usize,
    /// Measure beside the nodes, in turns, one node with a file and as many phones, and as many
    /// nodes apart from each other
    #[arg(long, requires = "nodes")]
    pub(crate) beside: bool,
    /// Kill Redis in the middle, and start it again
    #[arg(long, requires = "nodes", conflicts_with_all = ["kill", "proxy"])]
    pub(crate) redis_stop: bool,
    /// For how long they do not read
    #[arg(long, default_value = "20s", value_parser = seconds)]
    pub(crate) sleep: Duration,
}

/// A room that asks.
#[derive(Args)]
pub(crate) struct QuestionsOptions {
    #[command(flatten)]
    pub(crate) room: RoomOptions,
    /// How many questions are asked
    #[arg(long, default_value_t = 2000)]
    pub(crate) questions: usize,
    /// How many votes are cast
    #[arg(long, default_value_t = 50_000)]
    pub(crate) votes: usize,
    /// The time over which all that happens
    #[arg(long, default_value = "60s", value_parser = seconds)]
    pub(crate) over: Duration,
    /// How many moderators share the work
    #[arg(long, default_value_t = 3)]
    pub(crate) moderators: usize,
}
