//! Settings of archives.

use std::time::Duration;

use parterre_system::settings::{default_of, some_millis};
use serde::Deserialize;

/// Settings of archives.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// How long it may take to write one.
    #[serde(rename = "timeout_ms", deserialize_with = "some_millis")]
    pub timeout: Duration,
}

impl Default for Archive {
    fn default() -> Self {
        default_of("archive")
    }
}
