//! Options of a room of phones and of what it does.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use loadtest::{client::transport::Transport, cluster::haproxy::Venue};

use super::seconds;

/// A room of phones.
#[derive(Args)]
pub(crate) struct RoomOptions {
    /// Number of phones
    #[arg(long, default_value_t = 5000)]
    pub(crate) phones: usize,
    /// Start this many nodes with their own Redis and Postgres [default: one node with SQLite]
    #[arg(long, conflicts_with = "url")]
    pub(crate) nodes: Option<usize>,
    /// Connect all phones through a HAProxy in front of the nodes, instead of to each node in turn
    #[arg(long, requires = "nodes")]
    pub(crate) proxy: bool,
    /// Use a running server, such as http://127.0.0.1:8080, instead of starting one
    #[arg(long)]
    pub(crate) url: Option<String>,
    /// With --url: the key of the server's setup link, to create the owner's account
    #[arg(long, requires = "url", requires = "password")]
    pub(crate) key: Option<String>,
    /// With --url: the facilitator's e-mail address
    #[arg(long, default_value = "loadtest@example.org")]
    pub(crate) email: String,
    /// With --url: the facilitator's password
    #[arg(long, env = "LOADTEST_PASSWORD", hide_env_values = true)]
    pub(crate) password: Option<String>,
    /// With --url: the server's process ID on this machine, to measure it
    #[arg(long, requires = "url")]
    pub(crate) pid: Option<u32>,
    /// Number of phones that join at the same time
    #[arg(long, default_value_t = 256)]
    pub(crate) at_once: usize,
    /// Transport that the phones use
    #[arg(long, value_enum, default_value_t = Transport::Socket)]
    pub(crate) transport: Transport,
    /// Connect all phones through a HAProxy configured like a venue's proxy; they find a transport
    /// that works
    #[arg(long, value_enum, conflicts_with = "url")]
    pub(crate) venue: Option<Venue>,
    /// Kill the server in the middle of the run; with --nodes, kill one node while all connect
    /// through a HAProxy
    #[arg(long, conflicts_with = "url")]
    pub(crate) kill: bool,
    /// Also measure the floor: the cheapest possible broadcast
    #[arg(long)]
    pub(crate) floor: bool,
    /// Makes the phones' choices repeatable
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Write the figures to this file, as JSON
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
}

/// A room that votes.
#[derive(Args)]
pub(crate) struct VoteOptions {
    #[command(flatten)]
    pub(crate) room: RoomOptions,
    /// Time within which all phones answer
    #[arg(long, default_value = "3s", value_parser = seconds)]
    pub(crate) spread: Duration,
    /// Cut off every phone about this often
    #[arg(long, value_parser = seconds)]
    pub(crate) cut_every: Option<Duration>,
    /// How long a phone that was cut off stays offline
    #[arg(long, default_value = "2s", value_parser = seconds)]
    pub(crate) offline: Duration,
    /// How long phones are being cut off, in minutes
    #[arg(long, default_value_t = 2.0)]
    pub(crate) minutes: f64,
    /// Number of phones that stop reading
    #[arg(long, default_value_t = 0)]
    pub(crate) slow_readers: usize,
    /// Compare the nodes, in alternating runs, with one node with SQLite and with as many
    /// independent nodes
    #[arg(long, requires = "nodes")]
    pub(crate) beside: bool,
    /// Kill Redis in the middle of the run and restart it
    #[arg(long, requires = "nodes", conflicts_with_all = ["kill", "proxy"])]
    pub(crate) redis_stop: bool,
    /// With --slow-readers: how long they do not read
    #[arg(long, default_value = "20s", value_parser = seconds)]
    pub(crate) sleep: Duration,
}

/// A room that asks questions.
#[derive(Args)]
pub(crate) struct QuestionsOptions {
    #[command(flatten)]
    pub(crate) room: RoomOptions,
    /// Number of questions asked
    #[arg(long, default_value_t = 2000)]
    pub(crate) questions: usize,
    /// Number of votes cast
    #[arg(long, default_value_t = 50_000)]
    pub(crate) votes: usize,
    /// Time over which questions and votes are spread
    #[arg(long, default_value = "60s", value_parser = seconds)]
    pub(crate) over: Duration,
    /// Number of moderators who share the work
    #[arg(long, default_value_t = 3)]
    pub(crate) moderators: usize,
}
