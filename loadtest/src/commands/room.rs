//! A room for a scenario: a server, a facilitator and phones; and the report of the run.

use std::{fmt::Display, path::PathBuf};

use anyhow::{Context, Result, ensure};
use loadtest::{
    bench::{Bench, Target},
    cluster::Options,
    facilitator::Account,
    measure::Process,
    phones::{Dealt, Joining},
    report::Report,
};
use serde::Serialize;
use tokio::time::Instant;

use super::write_json;
use crate::cli::RoomOptions;

/// Sets up a room, runs a scenario in it, and prints the report. True if all checks passed.
pub(super) async fn in_a_room<S: Serialize + Display>(
    mut options: RoomOptions,
    slow_readers: usize,
    scenario: impl AsyncFnOnce(&mut Bench) -> Result<S>,
) -> Result<bool> {
    let (json, joining) = (options.json.take(), joining(&options, slow_readers));
    room(target(&mut options)?, &joining, json, scenario).await
}

/// The phones that join.
pub(super) const fn joining(room: &RoomOptions, slow_readers: usize) -> Joining {
    let RoomOptions { phones, at_once, transport, seed, .. } = *room;
    Joining { phones, at_once, slow_readers, dealt: Dealt::InBlocks, transport, seed }
}

/// Runs a scenario in a room at this server.
pub(super) async fn room<S: Serialize + Display>(
    target: Target,
    joining: &Joining,
    json: Option<PathBuf>,
    scenario: impl AsyncFnOnce(&mut Bench) -> Result<S>,
) -> Result<bool> {
    ensure!(joining.phones >= 2 && joining.at_once >= 1, "a room has at least two phones");
    let (start, cpu) = (Instant::now(), Process::own().cpu()?);
    let (mut bench, join, memory) = Bench::set_up(target, joining).await?;
    let scenario = scenario(&mut bench).await?;
    bench.check_troubles();
    bench.phones.leave();
    let own_cpu_seconds = Process::own().cpu_since(&cpu)?.as_secs_f64();
    let checks = bench.checks.into_all();
    let ok = checks.iter().all(|check| check.wrong.is_none());
    let run_seconds = start.elapsed().as_secs_f64();
    let report = Report { ok, join, memory, scenario, own_cpu_seconds, run_seconds, checks };
    print!("{report}");
    write_json(json, &report)?;
    Ok(ok)
}

fn target(options: &mut RoomOptions) -> Result<Target> {
    let Some(url) = options.url.take() else {
        let RoomOptions { nodes, proxy, venue, kill, seed, .. } = *options;
        let proxies = usize::from(proxy || venue.is_some() || (kill && nodes.is_some()));
        return Ok(Target::Own(Options { nodes, proxies, venue, seed, ..Options::default() }));
    };
    let password =
        options.password.take().context("--url needs --password (and --key where the owner is to be made)")?;
    let account = Account { key: options.key.take(), email: std::mem::take(&mut options.email), password };
    Ok(Target::Running { url, account, pid: options.pid })
}
