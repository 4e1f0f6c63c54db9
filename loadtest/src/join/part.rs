//! A part of the crowd, in a separate process: it joins on command, reports how that went, and
//! stays until it is told to leave.

use std::{io::stdin, time::Duration};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::{
    client::transport::Transport,
    http::Address,
    lines,
    measure::Process,
    phones::{Dealt, Joining, Phones},
};

/// The task of a part.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct JoinPlan {
    /// The addresses over which its phones are spread.
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
    /// Seconds from the command to join, for each phone that was admitted, in order.
    pub arrived: Vec<f64>,
    /// For each time that a phone was told to retry later, the delay in seconds.
    pub retry_seconds: Vec<f64>,
    /// CPU time of the part, in seconds.
    pub cpu_seconds: f64,
}

/// How it ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct End {
    /// Phones that were still connected.
    pub connected: usize,
    /// What the server did wrong.
    pub troubles: Vec<String>,
}

/// Prints `ready`, joins at the first line that it reads and prints its [`Arrivals`], then prints
/// its [`End`] at the second line.
pub async fn run(orders: &str) -> Result<()> {
    let JoinPlan { urls, code, phones, at_once, seed } = serde_json::from_str(orders)?;
    let mut addresses = Vec::new();
    for url in urls {
        addresses.push(Address::resolve(&url).await?);
    }
    let transport = Transport::Socket;
    let joining = Joining { phones, at_once, slow_readers: 0, dealt: Dealt::InTurn, transport, seed };
    let mut all = Phones::none(&joining);
    lines::print("ready")?;
    next_order().await?;
    let times = all.join(&addresses, &code, &joining, phones).await?;
    let (arrived, retry_seconds) = (seconds(&times.arrived), seconds(&all.crowd.seen().retry_delays));
    let cpu_seconds = Process::own().cpu_of_family()?.as_secs_f64();
    lines::print(&serde_json::to_string(&Arrivals { arrived, retry_seconds, cpu_seconds })?)?;
    next_order().await?;
    let seen = all.crowd.seen();
    let troubles = seen.troubles.iter().map(|(what, times)| format!("{times} × {what}")).collect();
    Ok(lines::print(&serde_json::to_string(&End { connected: seen.connected, troubles })?)?)
}

fn seconds(times: &[Duration]) -> Vec<f64> {
    times.iter().map(Duration::as_secs_f64).collect()
}

/// Waits for a line of the process that started this one.
async fn next_order() -> Result<()> {
    let mut line = String::new();
    let read = tokio::task::spawn_blocking(move || stdin().read_line(&mut line)).await?;
    ensure!(read.context("reading a command")? > 0, "the process that started this one is gone");
    Ok(())
}
