//! Of what settings are made: the values that sections of `config/default.toml` share, and the
//! defaults themselves.
//!
//! Each section is a struct beside what it sets, whose `Default` is [`default_of`] its name.

use std::{fmt, net::SocketAddr, num::NonZeroU32, path::PathBuf, time::Duration};

use config::{Config, File, FileFormat};
use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};

/// The defaults, as the program carries them.
pub const DEFAULTS: &str = include_str!("../../../config/default.toml");

/// A section of the defaults.
pub fn default_of<T: DeserializeOwned>(section: &str) -> T {
    let defaults = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml)).build();
    defaults.and_then(|defaults| defaults.get(section)).expect("a test parses the defaults")
}

/// A text that no log shows: a token, an address with a password in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// A time in milliseconds, which may be zero.
pub fn millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u32::deserialize(deserializer).map(|ms| Duration::from_millis(ms.into()))
}

/// A time in milliseconds, at least one.
pub fn some_millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    NonZeroU32::deserialize(deserializer).map(|ms| Duration::from_millis(ms.get().into()))
}

/// An address with a port; `None` if the text is empty.
pub fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let wrong = |_| D::Error::custom(format!("{text:?} is not an address with a port, such as \"0.0.0.0:80\""));
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(wrong) }
}

/// A text that no log shows; `None` if it is empty.
pub fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok((!text.is_empty()).then(|| Secret::from(text)))
}

/// A text; `None` if it is empty.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok((!text.is_empty()).then_some(text))
}

/// A path; `None` if it is empty.
pub fn path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
    let path = PathBuf::deserialize(deserializer)?;
    Ok((!path.as_os_str().is_empty()).then_some(path))
}
