//! What plain requests tell, and what the device says of itself.

use serde::{Deserialize, Serialize};

use crate::wire::Lookup;

/// The page and its parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Whether it came by HTTPS.
    pub secure: bool,
    /// From which port.
    pub port: u16,
    /// From the request to the last byte of the page.
    pub ms: f64,
    /// The slowest of its parts.
    pub slowest_ms: f64,
    /// Parts that did not arrive.
    pub missing: u32,
}

/// The name as the device looked it up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Name {
    /// How long the answer took that was gone by; 0 where the device knew it already.
    pub ms: f64,
    /// Who was asked and what was said; a page does not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookup: Option<Lookup>,
}

/// The device's clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clock {
    /// How far it is ahead of the server's.
    pub ahead_ms: f64,
    /// The shortest way out and back: the difference is known to half of it.
    pub round_trip_ms: f64,
}

/// What the browser says of its requests, and what the server saw of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ObservedHttp {
    /// The HTTP that the browser spoke: `http/1.1`, `h2`, `h3`; empty where it does not say.
    pub protocol: String,
    /// The HTTP that reached the server: `HTTP/1.1`.
    pub version: String,
    /// The address that it came from; empty where that is not known.
    pub address: String,
    /// Whether the last hop is a proxy that the server trusts: part of the server's own house.
    pub trusted: bool,
    /// Header fields that only proxies write, by name.
    pub proxies: Vec<(String, String)>,
    /// Whether connections were closed after each answer; a page cannot see this.
    pub closes: bool,
}

/// A page that is always the same, as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Whether it was what the server wrote, byte for byte.
    pub same: bool,
    /// Scripts in it that the server did not write.
    pub scripts: u32,
}

/// Whether cookies come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cookies {
    /// Whether one that the server sets arrives here.
    pub set: bool,
    /// Whether one that is sent from here arrives at the server.
    pub sent: bool,
}

/// Bytes that went one way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transfer {
    /// How many.
    pub bytes: u64,
    /// In which time.
    pub ms: f64,
}

/// What the browser keeps for the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Storage {
    /// Whether it keeps anything.
    pub works: bool,
    /// Whether it takes cookies.
    pub cookies: bool,
    /// Whether it forgets all when it is closed, as far as one can tell.
    pub private: bool,
}
