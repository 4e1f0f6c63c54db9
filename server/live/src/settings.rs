//! Settings of the live path: the connection, the bus, and how nodes live beside each other.

use std::{
    num::{NonZeroU32, NonZeroUsize},
    path::PathBuf,
    time::Duration,
};

use parterre_system::settings::{Secret, default_of, millis, path, secret, some_millis};
use serde::Deserialize;

/// Settings of the live connection.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Live {
    /// Silence after which a client is pinged.
    #[serde(rename = "ping_ms", deserialize_with = "some_millis")]
    pub ping: Duration,
    /// Silence after the ping that ends the connection.
    #[serde(rename = "pong_timeout_ms", deserialize_with = "some_millis")]
    pub pong_timeout: Duration,
    /// The age of unsent bytes that ends the connection.
    #[serde(rename = "write_timeout_ms", deserialize_with = "some_millis")]
    pub write_timeout: Duration,
    /// How long commands are collected for one commit; zero commits what has gathered meanwhile.
    #[serde(rename = "commit_window_ms", deserialize_with = "millis")]
    pub commit_window: Duration,
    /// The most rows of one commit.
    pub commit_rows: NonZeroUsize,
    /// The shortest time between two results for screens and studios.
    #[serde(rename = "screen_tick_ms", deserialize_with = "some_millis")]
    pub screen_tick: Duration,
    /// The shortest time between two results for phones.
    #[serde(rename = "phone_tick_ms", deserialize_with = "some_millis")]
    pub phone_tick: Duration,
    /// The shortest time between two lists of questions for phones and speakers.
    #[serde(rename = "posts_tick_ms", deserialize_with = "some_millis")]
    pub posts_tick: Duration,
    /// The shortest time between two lists of questions for moderators.
    #[serde(rename = "moderation_tick_ms", deserialize_with = "some_millis")]
    pub moderation_tick: Duration,
    /// How long a stopping node that is not alone goes on as before.
    #[serde(rename = "unready_before_drain_ms", deserialize_with = "millis")]
    pub unready_before_drain: Duration,
    /// How long a stopping server takes to send everyone away; zero cuts at once.
    #[serde(rename = "drain_ms", deserialize_with = "millis")]
    pub drain: Duration,
}

/// What a node is set to, by several sections of the settings.
#[derive(Clone, Debug)]
pub struct NodeSettings {
    /// The live connection.
    pub live: Live,
    /// Live connections of this node, without the places that are kept for members and private
    /// links.
    pub connections: NonZeroUsize,
    /// People whom this node lets in at the same time.
    pub concurrent_admissions: NonZeroU32,
    /// Whether there can be no other node.
    pub is_single_node: bool,
    /// Whether there is a bus by which nodes hear of each other.
    pub has_bus: bool,
}

/// Settings of the bus between nodes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    /// Where Redis is; none for a bus within the process.
    #[serde(deserialize_with = "secret")]
    pub url: Option<Secret>,
    /// A file with the certificates that Redis's own must come from; none for those that the system
    /// trusts.
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

impl Default for Live {
    fn default() -> Self {
        default_of("live")
    }
}

impl Default for Redis {
    fn default() -> Self {
        default_of("redis")
    }
}

impl Default for Cluster {
    fn default() -> Self {
        default_of("cluster")
    }
}

impl Default for NodeSettings {
    /// A node by itself, with the defaults.
    fn default() -> Self {
        Self {
            live: Live::default(),
            connections: default_of("limits.connections"),
            concurrent_admissions: default_of("limits.concurrent_admissions"),
            is_single_node: true,
            has_bus: false,
        }
    }
}
