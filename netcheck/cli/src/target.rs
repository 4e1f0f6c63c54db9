//! Which server is tested, as its address says.

use std::net::IpAddr;

use url::{Host, Url};

/// A server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) secure: bool,
    /// Its name, or its address without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Target {
    /// The server of an address; one without `https://` is asked by TLS, as browsers do.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let hint = || format!("`{text}` is not a server's address; write it as https://vote.example.org");
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let url = Url::parse(&with_scheme).map_err(|_| hint())?;
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(hint()),
        };
        let host = match url.host().ok_or_else(hint)? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        let port = url.port_or_known_default().ok_or_else(hint)?;
        Ok(Self { secure, host, port })
    }

    /// The address itself, where it is no name.
    pub(crate) fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// Host and port, as `CONNECT` has them.
    pub(crate) fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Host, and the port where it is not the usual one: the header field `Host`.
    pub(crate) fn host_field(&self) -> String {
        let usual = if self.secure { 443 } else { 80 };
        let authority = self.authority();
        if self.port == usual { authority.trim_end_matches(&format!(":{usual}")).to_owned() } else { authority }
    }

    /// The whole address.
    pub(crate) fn url(&self) -> String {
        format!("{}://{}", if self.secure { "https" } else { "http" }, self.host_field())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_browsers_read_it() {
        for (text, url, authority) in [
            ("vote.example.org", "https://vote.example.org", "vote.example.org:443"),
            ("https://vote.example.org/netcheck", "https://vote.example.org", "vote.example.org:443"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://[2001:db8::1]", "http://[2001:db8::1]", "[2001:db8::1]:80"),
            ("https://VOTE.example:8443/", "https://vote.example:8443", "vote.example:8443"),
        ] {
            let target = Target::parse(text).unwrap();
            assert_eq!((target.url().as_str(), target.authority().as_str()), (url, authority), "{text}");
        }
        for text in ["", "ftp://vote.example.org", "https://", "https://a b"] {
            assert!(Target::parse(text).unwrap_err().contains("https://vote.example.org"), "{text}");
        }
    }
}
