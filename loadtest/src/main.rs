//! `loadtest`: thousands of simulated phones over real sockets, the project's own judge of the
//! server.
//!
//! This program ends with 1 when anything was wrong.

mod cli;
mod commands;

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Parser;
use loadtest::{baseline, cores};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    signal::unix::{SignalKind, signal},
    task::LocalSet,
};

use self::cli::{Cli, Command};

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("loadtest: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a command. True if all checks passed.
fn run(command: Command) -> Result<bool> {
    if let Command::FloorWriter { connections } = command {
        return baseline::write_rounds(connections).map(|()| true);
    }
    raise_file_limit()?;
    // A command with `services` uses all cores, and so do scenarios that measure the rate of the
    // whole machine.
    if !matches!(command, Command::Services { .. } | Command::Join(_) | Command::JoinPart { .. }) {
        cores::split();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        // Child processes end when their owner is dropped here.
        tokio::select! {
            done = commands::obey(command) => done,
            _ = interrupt.recv() => bail!("interrupted"),
            _ = terminate.recv() => bail!("terminated"),
        }
    })
}

/// Each phone is an open file; programs are often given few of them at first.
fn raise_file_limit() -> Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?)
}
