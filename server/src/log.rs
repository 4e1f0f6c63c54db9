//! The log: `tracing` events to standard error, as text or as JSON.
//!
//! An event names what happened and to which id. It never holds what a participant wrote, a name, a
//! token or an address.

use std::io::IsTerminal;

use serde::Deserialize;
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    layer::SubscriberExt,
    util::{SubscriberInitExt, TryInitError},
};

/// Settings of the log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// What is logged, as `tracing` filter directives.
    pub level: String,
    /// How it is written.
    pub format: LogFormat,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// A JSON object per line.
    Json,
}

/// Why the log could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The level is malformed.
    #[error("settings: {1:?} for key `log.level`: {0}")]
    Level(#[source] tracing_subscriber::filter::ParseError, String),
    /// This process already has a log.
    #[error("the log has already been started")]
    Twice(#[from] TryInitError),
}

impl TryFrom<String> for LogFormat {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        match name.as_str() {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(format!("{name:?} is neither \"text\" nor \"json\"")),
        }
    }
}

/// Starts the log of this process; once. Of the part called `noise` nothing is said unless the
/// settings name it.
pub fn start(settings: &Log, noise: &str) -> Result<(), Error> {
    let filter = filter(&settings.level, noise)?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match settings.format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry().with(lines.with_filter(filter)).try_init()?;
    Ok(())
}

fn filter(level: &str, noise: &str) -> Result<EnvFilter, Error> {
    let quiet = if level.contains(noise) { level.to_owned() } else { format!("{noise}=off,{level}") };
    EnvFilter::builder().parse(quiet).map_err(|error| Error::Level(error, level.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_is_none_is_told_with_its_key() {
        let filter = |level| filter(level, "a::noise");
        assert!(filter("info,parterre_live=debug").is_ok());
        assert!(filter("info").unwrap().to_string().contains("a::noise=off"));
        assert!(filter("a::noise=trace").unwrap().to_string().contains("a::noise=trace"));
        let message = filter("parterre=loud").unwrap_err().to_string();
        assert!(message.contains("`log.level`") && message.contains("parterre=loud"), "{message}");
    }
}
