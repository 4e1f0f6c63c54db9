//! The program: arguments, settings, server, signal, stop.

use std::process::ExitCode;

use clap::Parser;
use parterre::{
    clock::Clock,
    config::{self, Cli, Config},
    log,
    server::Server,
};
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let config = match Config::load(&cli) {
        Ok(config) => config,
        Err(error) => return failed(&error),
    };
    if let Err(error) = log::start(&config.log) {
        return failed(&error);
    }
    for variable in config::unknown_variables() {
        tracing::warn!(variable, "this environment variable is no setting of Parterre; is it misspelt?");
    }
    actix_rt::System::new().block_on(run(config))
}

async fn run(config: Config) -> ExitCode {
    let server = match Server::bind(config, Clock::system()).await {
        Ok(server) => server,
        Err(error) => return failed(&error),
    };
    greet(&server);
    match until_told().await {
        Ok(()) => tracing::info!("stopping"),
        Err(error) => return failed(&error),
    }
    server.stop().await;
    ExitCode::SUCCESS
}

/// Says where the server is and, while there is no owner, how to become it. On standard output, for people and scripts.
fn greet(server: &Server) {
    println!("Parterre is at {}", server.url());
    if let Some(lan) = server.lan_url() {
        println!("  for phones in this network: {lan}");
    }
    if let Some(key) = &server.state().setup_key {
        println!("  create the owner's account (this link works once): {}/setup?key={key}", server.url());
    }
}

/// Waits for Ctrl-C or a request to terminate.
async fn until_told() -> std::io::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

fn failed(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("parterre: {error}");
    ExitCode::FAILURE
}
