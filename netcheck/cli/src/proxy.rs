//! The proxy that this device is configured to use, by an option or by the usual environment
//! variables.

use std::net::IpAddr;

use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::target::Target;

/// A proxy.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Proxy {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The header field for its name and password, which is never shown.
    pub(crate) authorization: Option<String>,
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Proxy({})", self.name())
    }
}

impl Proxy {
    /// A proxy as `http://name:password@host:port`, or less of it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        // The text may hold a password, so it is not repeated.
        let hint = || "the proxy's address is malformed; write it as http://proxy.example:3128".to_owned();
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = Url::parse(&with_scheme).map_err(|_| hint())?;
        if url.scheme() != "http" {
            return Err("only HTTP proxies are supported; write the proxy as http://proxy.example:3128".to_owned());
        }
        let host = url.host_str().ok_or_else(hint)?.trim_matches(['[', ']']).to_owned();
        let plain = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let authorization = (!url.username().is_empty()).then(|| {
            let pair = format!("{}:{}", plain(url.username()), plain(url.password().unwrap_or_default()));
            format!("Basic {}", STANDARD.encode(pair))
        });
        Ok(Self { host, port: url.port_or_known_default().unwrap_or(80), authorization })
    }

    /// What the environment says of this server, of which `variable` gives the variables.
    pub(crate) fn of_environment(
        target: &Target,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, String> {
        let either = |name: &str| variable(&name.to_lowercase()).or_else(|| variable(name)).filter(|it| !it.is_empty());
        if either("NO_PROXY").is_some_and(|list| is_excepted(target, &list)) {
            return Ok(None);
        }
        let own = if target.secure { "HTTPS_PROXY" } else { "HTTP_PROXY" };
        let found = either(own).or_else(|| either("ALL_PROXY"));
        found.map(|text| Self::parse(&text).map_err(|error| format!("environment variable {own}: {error}"))).transpose()
    }

    /// Its name and port, without password.
    pub(crate) fn name(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// Whether `NO_PROXY` names this server: a name with all below it, an address, `*`, each perhaps
/// with a port.
fn is_excepted(target: &Target, list: &str) -> bool {
    list.split(',').map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        if entry == "*" || entry.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| target.ip() == Some(ip)) {
            return true;
        }
        let (name, port) = match entry.rsplit_once(':') {
            Some((name, port)) if port.parse::<u16>().is_ok() => (name, port.parse().ok()),
            _ => (entry, None),
        };
        let name = name.trim_start_matches("*.").trim_start_matches('.').to_lowercase();
        let named = target.host == name || target.host.ends_with(&format!(".{name}"));
        named && port.is_none_or(|port: u16| port == target.port)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(url: &str, variables: &[(&str, &str)]) -> Option<String> {
        let find = |name: &str| variables.iter().find(|it| it.0 == name).map(|it| it.1.to_owned());
        Proxy::of_environment(&Target::parse(url).unwrap(), find).unwrap().map(|proxy| proxy.name())
    }

    #[test]
    fn the_environment_says_by_which_proxy_and_for_whom_by_none() {
        let all =
            [("HTTPS_PROXY", "http://box:3128"), ("http_proxy", "plain:8080"), ("NO_PROXY", "a.org, .b.org,10.0.0.1")];
        for (url, proxy) in [
            ("https://vote.org", Some("box:3128")),
            ("http://vote.org", Some("plain:8080")),
            ("https://a.org", None),
            ("https://vote.a.org", None),
            ("https://vote.b.org", None),
            ("https://aa.org", Some("box:3128")),
            ("https://10.0.0.1", None),
        ] {
            assert_eq!(chosen(url, &all).as_deref(), proxy, "{url}");
        }
        assert_eq!(chosen("https://vote.org", &[("ALL_PROXY", "any:1")]).as_deref(), Some("any:1"));
        assert_eq!(chosen("https://vote.org", &[("ALL_PROXY", "any:1"), ("no_proxy", "*")]), None);
        assert_eq!(
            chosen("https://vote.org:8443", &[("ALL_PROXY", "any:1"), ("no_proxy", "vote.org:443")]),
            Some("any:1".into())
        );
        assert_eq!(chosen("https://vote.org", &[("HTTPS_PROXY", "")]), None);
    }

    #[test]
    fn a_password_is_read_and_not_shown() {
        let proxy = Proxy::parse("http://desk:p%40ss+w&rd@box:3128").unwrap();
        assert_eq!(proxy.authorization, Some(format!("Basic {}", STANDARD.encode("desk:p@ss+w&rd"))));
        assert_eq!(format!("{proxy:?}"), "Proxy(box:3128)");
        assert!(!Proxy::parse("https://desk:secret@box").unwrap_err().contains("secret"));
        assert!(!Proxy::parse("http://desk:secret@ box").unwrap_err().contains("secret"));
    }
}
