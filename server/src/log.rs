//! The log: `tracing` events to standard error, as text or as JSON.
//!
//! An event names what happened and to which id. It never holds what a participant wrote, a name, a token or an address.

use std::io::IsTerminal;

use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    layer::SubscriberExt,
    util::{SubscriberInitExt, TryInitError},
};

use crate::config::{Log, LogFormat};

/// Why the log could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The level is not understood.
    #[error("settings: {1:?} for key `log.level`: {0}")]
    Level(#[source] tracing_subscriber::filter::ParseError, String),
    /// This process has a log already.
    #[error("the log was started twice")]
    Twice(#[from] TryInitError),
}

/// Starts the log of this process; once.
pub fn start(settings: &Log) -> Result<(), Error> {
    let filter = filter(&settings.level)?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match settings.format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry().with(lines.with_filter(filter)).try_init()?;
    Ok(())
}

/// Says of every request that is none that it was an error. Whoever sends rubbish must not fill the log, nor make whoever
/// watches it for errors come: the server counts these, and tells of the rest itself (`server::ended`).
const NOISE: &str = "actix_http::h1::dispatcher";

fn filter(level: &str) -> Result<EnvFilter, Error> {
    let quiet = if level.contains(NOISE) { level.to_owned() } else { format!("{NOISE}=off,{level}") };
    EnvFilter::builder().parse(quiet).map_err(|error| Error::Level(error, level.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_is_none_is_told_with_its_key() {
        assert!(filter("info,parterre::live=debug").is_ok());
        assert!(filter("info").unwrap().to_string().contains("actix_http::h1::dispatcher=off"));
        assert!(filter("actix_http::h1::dispatcher=trace").unwrap().to_string().contains("dispatcher=trace"));
        let message = filter("parterre=loud").unwrap_err().to_string();
        assert!(message.contains("`log.level`") && message.contains("parterre=loud"), "{message}");
    }
}
