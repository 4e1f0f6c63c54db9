//! The command line.

mod room;
mod scenarios;

pub(crate) use self::{
    room::{QuestionsOptions, RoomOptions, VoteOptions},
    scenarios::{DeployOptions, FaultOptions, FloorOptions, HostileOptions, JoinOptions, RoomTestOptions},
};

use std::time::Duration;

use clap::{Parser, Subcommand};

/// The command line.
#[derive(Parser)]
#[command(version, about = "Thousands of simulated phones against a Parterre server")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// A scenario or tool.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// A room joins, votes and sees the results; nothing may be lost
    Vote(VoteOptions),
    /// Nodes are replaced one by one behind a HAProxy while the room votes; nobody may be without a
    /// connection for more than a moment
    Deploy(DeployOptions),
    /// A room asks questions and votes for them while moderators approve them; nothing may be lost,
    /// counted twice or shown before it is published
    Questions(QuestionsOptions),
    /// People use several nodes while everything breaks; nothing confirmed may be lost, duplicated
    /// or stale
    Faults(FaultOptions),
    /// Run a command with its own Postgres and Redis, whose addresses are in DATABASE_URL and
    /// REDIS_URL
    Services {
        /// The command and its arguments
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// A whole crowd joins several nodes at the same moment; everyone must get in
    Join(JoinOptions),
    #[command(hide = true)]
    JoinPart { orders: String },
    /// Unknown clients attack while a room votes; nobody in the room may notice
    Hostile(HostileOptions),
    #[command(hide = true)]
    HostilePart { orders: String },
    /// Phones all over a room test its network and send their readings; the board must show each
    /// reading once
    RoomTest(RoomTestOptions),
    /// Measure the least that delivering a frame costs on this machine
    Floor(FloorOptions),
    #[command(hide = true)]
    FloorWriter { connections: usize },
}

/// Parses a duration such as `3s`, `500ms` or `2`.
fn seconds(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => (text.trim_end_matches('s'), 1.0),
    };
    let number: f64 = number.parse().map_err(|_| format!("{text:?} is not a duration such as 3s or 500ms"))?;
    Duration::try_from_secs_f64(number * unit).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        assert_eq!(seconds("3s"), Ok(Duration::from_secs(3)));
        assert_eq!(seconds("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(seconds("2"), Ok(Duration::from_secs(2)));
        assert!(seconds("-1s").is_err() && seconds("soon").is_err());
    }

    #[test]
    fn the_command_line_is_sound() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }
}
