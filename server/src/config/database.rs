//! Settings of what nodes share: the database, the bus, and how they live beside each other.

use std::{num::NonZeroU32, path::PathBuf, time::Duration};

use serde::Deserialize;

use super::{Secret, millis, path, secret, some_millis};

/// Settings of the database.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Where it is; none for a file in the data folder.
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
    /// How long a transaction may stand still there.
    #[serde(rename = "idle_in_transaction_timeout_ms", deserialize_with = "some_millis")]
    pub idle_in_transaction_timeout: Duration,
}

/// Settings of the bus between nodes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    /// Where Redis is; none for a bus within the process.
    #[serde(deserialize_with = "secret")]
    pub url: Option<Secret>,
    /// A file with the certificates that Redis's own must come from; none for those that the system trusts.
    #[serde(deserialize_with = "path")]
    pub ca: Option<PathBuf>,
}

/// Settings of nodes that share a database.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// From one heartbeat to the next.
    #[serde(rename = "heartbeat_ms", deserialize_with = "some_millis")]
    pub heartbeat: Duration,
    /// The same while the nodes hear of each other by heartbeats alone.
    #[serde(rename = "heartbeat_without_bus_ms", deserialize_with = "some_millis")]
    pub heartbeat_without_bus: Duration,
    /// Silence after which who sits at a node no longer counts.
    #[serde(rename = "node_timeout_ms", deserialize_with = "some_millis")]
    pub node_timeout: Duration,
    /// Silence after which a node is forgotten.
    #[serde(rename = "node_forget_ms", deserialize_with = "some_millis")]
    pub node_forget: Duration,
}
