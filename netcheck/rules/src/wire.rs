//! What only a program can measure: what happens before the first request, and many connections at
//! once.

use serde::{Deserialize, Serialize};

/// The name, asked of a resolver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lookup {
    /// Who was asked.
    pub resolver: String,
    /// What came of it.
    pub outcome: LookupResult,
    /// The addresses in the answer.
    #[serde(default)]
    pub addresses: Vec<String>,
}

/// What came of asking for a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookupResult {
    /// It has these addresses.
    Found,
    /// It is said not to be, or to have no address.
    Unknown,
    /// Nobody answered.
    Silent,
    /// The proxy asks for it, not the device.
    ByProxy,
}

/// The proxy that the device is configured to use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proxy {
    /// Its name and port; empty where there is none.
    pub name: String,
    /// What it does.
    pub outcome: Tunnel,
}

/// What a proxy does with a connection to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Tunnel {
    /// There is none.
    Direct,
    /// It passes it on.
    Passed,
    /// It passes connections on, with the configured name and password.
    SignedIn,
    /// It asks for a name and a password, or for others.
    SignIn,
    /// It will not pass it on.
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// It does not answer.
    Away,
}

/// One address, tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReachedAddresses {
    /// The address.
    pub address: String,
    /// Whether it accepts a connection.
    pub outcome: Connected,
}

/// What came of trying to connect.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Connected {
    /// A connection.
    Yes {
        /// After how long.
        ms: f64,
    },
    /// Somebody refused it.
    Refused,
    /// There was no answer.
    Silent,
    /// This device has no way there, such as to IPv6 where there is none.
    NoWay,
}

/// What TLS agreed on, and what was shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tls {
    /// How long the handshake took.
    pub ms: f64,
    /// The versions that are spoken: `1.2`, `1.3`.
    pub versions: Vec<String>,
    /// The SHA-256 of the certificate, as browsers show it.
    pub sha256: String,
    /// Who signed it.
    pub issuer: String,
    /// The certificates that came with it, whom each is for, the server's first.
    pub chain: Vec<String>,
    /// Who trusts it.
    pub trust: Trust,
    /// From when until when it is good, in milliseconds from now by this device's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub good: Option<(f64, f64)>,
    /// Who would trust it at a time at which it is good, where it is not good now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_in_time: Option<Trust>,
}

/// Who trusts a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Every browser.
    Public,
    /// This device, for an authority that was added to it.
    Device,
    /// Nobody: its authority is not known.
    Nobody,
    /// Nobody: its time is over, or has not begun.
    Expired,
    /// Nobody: it is for another name.
    Name,
}

/// Packets of growing size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packets {
    /// The largest message that came back, in bytes.
    pub passed: u32,
    /// The smallest that did not, while the connection stood; 0 where all came back.
    pub stalled: u32,
}

/// Many connections from one address, as of a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phones {
    /// How many were tried.
    pub asked: u32,
    /// How many came about.
    pub opened: u32,
    /// How many our server had no place for.
    pub busy: u32,
    /// How many had no answer in time, though nobody refused them.
    #[serde(default)]
    pub late: u32,
    /// How many of those that came about stood to the end.
    pub kept: u32,
    /// How long messages took out and back.
    pub ms: Vec<f64>,
}
