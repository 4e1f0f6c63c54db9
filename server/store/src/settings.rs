//! Settings of the database.

use std::{num::NonZeroU32, path::PathBuf, time::Duration};

use parterre_system::settings::{Secret, default_of, millis, path, secret, some_millis};
use serde::Deserialize;

/// Settings of the database.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// The address; `None` for a file in the data folder.
    #[serde(deserialize_with = "secret")]
    pub url: Option<Secret>,
    /// The certificates by which a Postgres server is known, beside those that the system trusts.
    #[serde(deserialize_with = "path")]
    pub ca: Option<PathBuf>,
    /// Whether a Postgres server on another machine may be spoken to without TLS.
    pub plaintext: bool,
    /// How long a node that starts waits for a Postgres server.
    #[serde(rename = "connect_timeout_ms", deserialize_with = "millis")]
    pub connect_timeout: Duration,
    /// Connections to a Postgres server at most.
    pub connections: NonZeroU32,
    /// How long one statement may take there.
    #[serde(rename = "statement_timeout_ms", deserialize_with = "some_millis")]
    pub statement_timeout: Duration,
    /// How long a statement may wait there for another's lock.
    #[serde(rename = "lock_timeout_ms", deserialize_with = "some_millis")]
    pub lock_timeout: Duration,
    /// How long a transaction may be idle there.
    #[serde(rename = "idle_in_transaction_timeout_ms", deserialize_with = "some_millis")]
    pub idle_in_transaction_timeout: Duration,
}

impl Default for Database {
    fn default() -> Self {
        default_of("database")
    }
}
