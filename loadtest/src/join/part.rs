//! A part of the crowd, in a process of its own: it joins when it is told to, says how that went,
//! and stays until it is told to leave.

use std::{
    io::{Write, stdin, stdout},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::{
    client::line::Transport,
    http::Address,
    measure::Process,
    phones::{Dealt, Joining, Phones},
};

/// What a part is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct JoinPlan {
    /// Over which addresses its phones are spread.
    pub urls: Vec<String>,
    /// The event's code.
    pub code: String,
    /// How many phones.
    pub phones: usize,
    /// How many of them join at the same time.
    pub at_once: usize,
    /// Makes the run repeatable.
    pub seed: u64,
}

/// How it went.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Arrivals {
    /// Seconds since the word to go, for each phone that was in, in order.
    pub arrived: Vec<f64>,
    /// For each time that one was told to come later, after how many seconds.
    pub told: Vec<f64>,
    /// CPU time of the part, in seconds.
    pub cpu_seconds: f64,
}

/// How it ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct End {
    /// Phones that were still connected.
    pub connected: usize,
    /// Whatever the server should not have done.
    pub troubles: Vec<String>,
}

/// Says `ready`, joins at the first line that it is told, says its [`Arrivals`], and at the second
/// line its [`End`].
pub async fn run(orders: &str) -> Result<()> {
    let JoinPlan { urls, code, phones, at_once, seed } = serde_json::from_str(orders)?;
    let mut addresses = Vec::new();
    for url in urls {
        addresses.push(Address::resolve(&url).await?);
    }
    let transport = Transport::Socket;
    let joining = Joining { phones, at_once, slow_readers: 0, dealt: Dealt::InTurn, transport, seed };
    let mut all = Phones::none(&joining);
    say("ready")?;
    told().await?;
    let times = all.join(&addresses, &code, &joining, phones).await?;
    let (arrived, told_to_wait) = (seconds(&times.arrived), seconds(&all.crowd.seen().told));
    let cpu_seconds = Process::own().cpu_of_family()?.as_secs_f64();
    say(&serde_json::to_string(&Arrivals { arrived, told: told_to_wait, cpu_seconds })?)?;
    told().await?;
    let seen = all.crowd.seen();
    let troubles = seen.troubles.iter().map(|(what, times)| format!("{times} × {what}")).collect();
    say(&serde_json::to_string(&End { connected: seen.connected, troubles })?)
}

fn seconds(times: &[Duration]) -> Vec<f64> {
    times.iter().map(Duration::as_secs_f64).collect()
}

fn say(line: &str) -> Result<()> {
    let mut stdout = stdout().lock();
    writeln!(stdout, "{line}")?;
    Ok(stdout.flush()?)
}

/// Waits for a line.
async fn told() -> Result<()> {
    let mut line = String::new();
    let read = tokio::task::spawn_blocking(move || stdin().read_line(&mut line)).await?;
    ensure!(read.context("reading what to do")? > 0, "who started this is gone");
    Ok(())
}
