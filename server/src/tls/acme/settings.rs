//! The settings of a certificate by ACME.

use std::path::PathBuf;

use parterre_system::settings::{path, text};
use rustls::pki_types::ServerName;
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::origin::Origin;

/// Settings of a certificate that an authority gives by ACME (RFC 8555).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acme {
    /// The address of the authority's directory.
    #[serde(deserialize_with = "directory")]
    pub directory: String,
    /// What the certificate is for; empty for the host of the public address.
    #[serde(deserialize_with = "names")]
    pub names: Vec<ServerName<'static>>,
    /// Whether the authority's terms are accepted.
    pub accept_terms: bool,
    /// Where the authority reaches people: an e-mail address.
    #[serde(deserialize_with = "contact")]
    pub contact: Option<String>,
    /// The kind of certificate; none for what the authority takes to be usual.
    #[serde(deserialize_with = "text")]
    pub profile: Option<String>,
    /// Certificates that vouch for the authority's server, beside those that the system trusts.
    #[serde(deserialize_with = "path")]
    pub ca: Option<PathBuf>,
}

impl Acme {
    /// What the certificate is for, where people come by this address; none if neither says it.
    pub fn names_or_host_of(&self, public_url: Option<&Origin>) -> Vec<ServerName<'static>> {
        if !self.names.is_empty() {
            return self.names.clone();
        }
        public_url.filter(|url| url.is_secure()).and_then(|url| name(&url.host())).into_iter().collect()
    }
}

/// A name as it is in certificates: small, and without the root's dot.
fn name(text: &str) -> Option<ServerName<'static>> {
    ServerName::try_from(text.to_ascii_lowercase().trim_end_matches('.').to_owned()).ok()
}

fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ServerName<'static>>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let wrong = |text: &str| {
        D::Error::custom(format!(
            "{text:?} is not a host name or IP address, such as \"vote.example.org\" or \"203.0.113.7\"; wildcards are not possible"
        ))
    };
    let mut names = Vec::new();
    for text in text.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        let name = name(text).ok_or_else(|| wrong(text))?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

fn directory<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let fit = text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.contains([' ', '@', '#']));
    if fit { Ok(text) } else { Err(D::Error::custom(format!("{text:?} does not begin with https://"))) }
}

fn contact<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let Some(contact) = text(deserializer)? else { return Ok(None) };
    // The authority judges the rest; a comma or a question mark would say more than one address.
    let fit = contact.split_once('@').is_some_and(|(who, at)| !who.is_empty() && at.contains('.'));
    if fit && !contact.contains([' ', ',', '?', ':']) {
        return Ok(Some(contact));
    }
    Err(D::Error::custom(format!("{contact:?} is not an email address, such as \"desk@example.org\"")))
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn the_names_are_those_that_are_said_or_else_that_of_the_public_address() {
        let of = |names: &str, public_url: &str| {
            let variables = [("PARTERRE_ACME__NAMES", names), ("PARTERRE_PUBLIC_URL", public_url)];
            let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let config = Config::merge(&crate::config::Cli::default(), variables.into()).unwrap();
            let names = config.acme.names_or_host_of(config.public_url.as_ref());
            names.iter().map(|name| name.to_str().into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(of("Vote.example.org., 203.0.113.7,vote.example.org", ""), ["vote.example.org", "203.0.113.7"]);
        assert_eq!(of("", "https://vote.example.org"), ["vote.example.org"]);
        assert_eq!(of("", "https://203.0.113.7:8443"), ["203.0.113.7"]);
        assert_eq!(of("", "https://[2001:db8::7]:443"), ["2001:db8::7"]);
        assert_eq!(of("", "https://[2001:db8::7]"), ["2001:db8::7"]);
        assert_eq!(of("a.example", "https://b.example"), ["a.example"]);
        assert!(of("", "http://vote.example.org").is_empty());
        assert!(of("", "").is_empty());
    }
}
