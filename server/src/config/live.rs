//! Settings of the live connection.

use std::{num::NonZeroUsize, time::Duration};

use serde::Deserialize;

use super::{millis, some_millis};

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
