//! The program: arguments, settings, server, signal, stop.

use std::process::ExitCode;

use clap::Parser;
use parterre::{
    allocator,
    config::{self, Cli, Config},
    log,
    operator::{self, OperatorCommand},
    process,
    server::{NOISE, Server},
    state::Unreachable,
};
use parterre_system::{clock::Clock, mutants};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The whole command line.
#[derive(Parser)]
#[command(name = "parterre", version, about = "Live audience interaction: every phone in the room, nothing lost")]
struct Arguments {
    #[command(flatten)]
    cli: Cli,
    #[command(subcommand)]
    order: Option<OperatorCommand>,
}

fn main() -> ExitCode {
    process::keep_files_private();
    allocator::give_back_large_pieces();
    let Arguments { cli, order } = Arguments::parse();
    let config = match Config::load(&cli) {
        Ok(config) => config,
        Err(error) => return failed(&error),
    };
    if let Err(error) = log::start(&config.log, NOISE) {
        return failed(&error);
    }
    for variable in config::unknown_variables() {
        tracing::warn!(variable, "unknown setting in the environment; is it misspelt?");
    }
    if let Some(order) = order {
        return obey(&order, &config);
    }
    mutants::warn_if_faulty();
    actix_rt::System::new().block_on(run(config))
}

/// Runs an operator command instead of the server.
fn obey(order: &OperatorCommand, config: &Config) -> ExitCode {
    let done = actix_rt::System::new().block_on(operator::carry_out(order, config, &mut std::io::stdout().lock()));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

async fn run(config: Config) -> ExitCode {
    let server = match Server::bind(config, Clock::system()).await {
        Ok(server) => server,
        Err(error) => return failed(&error),
    };
    // Before the address is printed, because a script that reads it may send a signal at once.
    let mut orders = match ShutdownSignals::new() {
        Ok(orders) => orders,
        Err(error) => return failed(&error),
    };
    print_addresses(&server);
    orders.next().await;
    tracing::info!("shutting down; press Ctrl-C or send SIGTERM again to exit now");
    tokio::select! {
        () = server.stop() => {}
        () = orders.next() => tracing::warn!("exiting now"),
    }
    ExitCode::SUCCESS
}

/// Prints where the server is and, while it has no owner, how to become the owner. On standard
/// output, for people and scripts.
fn print_addresses(server: &Server) {
    println!("Parterre is at {}", server.url());
    if let Some(lan) = server.lan_url() {
        println!("  for phones in this network: {lan}");
    }
    if let Some(fingerprint) = server.fingerprint() {
        println!("  browsers will warn about its self-signed certificate; its SHA-256 fingerprint is {fingerprint}");
    }
    if let Some(key) = &server.state().setup_key {
        println!("  create the owner's account (this link works once): {}/setup?key={key}", server.url());
    }
    let port = server.address().port();
    match server.unreachable() {
        None => {}
        Some(Unreachable::PublicUrl) => {
            println!("  phones cannot reach {}: set public_url to an address that leads to this machine", server.url());
        }
        Some(Unreachable::Listen) => {
            println!("  phones cannot reach it: only this machine can; start it with --listen 0.0.0.0:{port}");
        }
        Some(Unreachable::NoNetwork) => {
            println!("  phones cannot reach it: this machine is not connected to a network");
        }
    }
}

/// The signals by which people and service managers stop the program.
struct ShutdownSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl ShutdownSignals {
    fn new() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for Ctrl-C or a request to terminate.
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

fn failed(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("parterre: {error}");
    ExitCode::FAILURE
}
