//! Settings of what clients are held to.

use std::{
    num::{NonZeroU32, NonZeroUsize},
    time::Duration,
};

use parterre_system::settings::some_millis;
use serde::Deserialize;

/// What clients are held to. Limits that are part of the protocol are in
/// [`parterre_protocol::limits`] instead.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Live connections of this node, without the places that are kept for members and private
    /// links.
    pub connections: NonZeroUsize,
    /// People whom this node admits at the same time.
    pub concurrent_admissions: NonZeroU32,
    /// `SO_SNDBUF` of every connection.
    pub send_buffer_bytes: NonZeroUsize,
    /// How long a request's head may take.
    #[serde(rename = "header_timeout_ms", deserialize_with = "some_millis")]
    pub header_timeout: Duration,
    /// How long a request's body may take.
    #[serde(rename = "body_timeout_ms", deserialize_with = "some_millis")]
    pub body_timeout: Duration,
    /// The longest request body.
    pub body_bytes: NonZeroUsize,
}
