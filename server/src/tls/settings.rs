//! Settings of TLS that the server itself speaks.

use std::{net::SocketAddr, path::PathBuf, str::FromStr};

use parterre_system::settings::{address, path};
use serde::Deserialize;

/// Settings of TLS.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Where the certificate is from.
    pub mode: TlsMode,
    /// The certificate, with those between it and its authority.
    #[serde(deserialize_with = "path")]
    pub certificate: Option<PathBuf>,
    /// Its key.
    #[serde(deserialize_with = "path")]
    pub key: Option<PathBuf>,
    /// Where plain HTTP is sent on to TLS.
    #[serde(deserialize_with = "address")]
    pub redirect: Option<SocketAddr>,
    /// For how many days browsers come by TLS only.
    pub hsts_days: u32,
    /// Whether that is promised for everything below the site's name too.
    pub hsts_subdomains: bool,
}

/// Where the server's certificate is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum TlsMode {
    /// No TLS: a proxy does it, or nobody.
    Off,
    /// Two files.
    Files,
    /// An authority, by ACME.
    Acme,
    /// The server makes one, which no browser knows.
    SelfSigned,
}

impl FromStr for TlsMode {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "off" => Ok(Self::Off),
            "files" => Ok(Self::Files),
            "acme" => Ok(Self::Acme),
            "self-signed" => Ok(Self::SelfSigned),
            _ => Err(format!("{name:?} is not one of \"off\", \"files\", \"acme\" and \"self-signed\"")),
        }
    }
}

impl TryFrom<String> for TlsMode {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse()
    }
}
