//! Settings of archives.

use std::{num::NonZeroU64, time::Duration};

use parterre_system::settings::{default_of, some_millis};
use serde::Deserialize;

/// Settings of archives.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// How long it may take to write one, or to import one.
    #[serde(rename = "timeout_ms", deserialize_with = "some_millis")]
    pub timeout: Duration,
    /// The largest archive that is imported, in bytes.
    pub import_bytes: NonZeroU64,
}

impl Default for Archive {
    fn default() -> Self {
        default_of("archive")
    }
}
