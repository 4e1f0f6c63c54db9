//! Addresses as browsers compare them: scheme, host and port. Whatever this server is called, in a
//! setting, in a header or on a page, is read here, so that two spellings of one address are one.

use std::{fmt, net::IpAddr, str::FromStr};

use url::Host;

/// The longest address that is read; a name has 253 characters at most.
const LONGEST: usize = 300;

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Anybody on the way can read along.
    Http,
    /// Within TLS.
    Https,
}

impl Scheme {
    /// The scheme of this name, in capitals or not.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Http, Self::Https].into_iter().find(|scheme| scheme.name().eq_ignore_ascii_case(name.trim()))
    }

    /// As addresses begin.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that addresses need not name.
    pub const fn own_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Where a page is from. Hosts are compared as hosts: in capitals or not, with the root's dot or
/// without, in letters of any script or as those letters travel, addresses by their value; the
/// scheme's own port is the same as none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: Scheme,
    host: Host<String>,
    port: u16,
}

impl Origin {
    /// What somebody reaches by this scheme who names this host, with or without a port: what
    /// stands in a `Host` header.
    pub fn at(scheme: Scheme, authority: &str) -> Option<Self> {
        if authority.len() > LONGEST {
            return None;
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !host.ends_with(':') => {
                (host, if port.is_empty() { None } else { Some(port.parse().ok()?) })
            }
            _ => (authority, None),
        };
        Some(Self { scheme, host: canonical(host)?, port: port.unwrap_or(scheme.own_port()) })
    }

    /// The address of this host by number.
    pub fn at_ip(scheme: Scheme, ip: IpAddr, port: u16) -> Self {
        let host = match ip.to_canonical() {
            IpAddr::V4(ip) => Host::Ipv4(ip),
            IpAddr::V6(ip) => Host::Ipv6(ip),
        };
        Self { scheme, host, port }
    }

    /// The same place under another address by number.
    #[must_use]
    pub fn moved_to(&self, ip: IpAddr) -> Self {
        Self::at_ip(self.scheme, ip, self.port)
    }

    /// The same host within TLS, at this port.
    #[must_use]
    pub fn secured(&self, port: u16) -> Self {
        Self { scheme: Scheme::Https, host: self.host.clone(), port }
    }

    /// The scheme.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whether it is spoken to within TLS.
    pub const fn is_secure(&self) -> bool {
        matches!(self.scheme, Scheme::Https)
    }

    /// The port, also where addresses need not name it.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The host as programs take it: a name, or an address without brackets.
    pub fn host(&self) -> String {
        match &self.host {
            Host::Domain(name) => name.clone(),
            Host::Ipv4(ip) => ip.to_string(),
            Host::Ipv6(ip) => ip.to_string(),
        }
    }

    /// The host as addresses have it: a name, or an address, in brackets where it is one of IPv6.
    pub fn host_in_address(&self) -> String {
        self.host.to_string()
    }

    /// What people type: the host, and the port where it has to be named. A name is in its own
    /// letters.
    pub fn typed(&self) -> String {
        let host = match &self.host {
            Host::Domain(name) => match idna::domain_to_unicode(name) {
                (readable, Ok(())) => readable,
                _ => name.clone(),
            },
            host => host.to_string(),
        };
        self.with_port(host)
    }

    /// Whether it leads everybody to their own machine.
    pub fn is_this_machine(&self) -> bool {
        match &self.host {
            Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
            Host::Ipv4(ip) => ip.is_loopback() || ip.is_unspecified(),
            Host::Ipv6(ip) => ip.is_loopback() || ip.is_unspecified(),
        }
    }

    fn with_port(&self, host: String) -> String {
        if self.port == self.scheme.own_port() { host } else { format!("{host}:{}", self.port) }
    }
}

/// A host in the one spelling that it is compared in.
fn canonical(host: &str) -> Option<Host<String>> {
    match Host::parse(host.strip_suffix('.').unwrap_or(host)).ok()? {
        Host::Ipv6(ip) => Some(ip.to_ipv4_mapped().map_or(Host::Ipv6(ip), Host::Ipv4)),
        Host::Domain(name) if name.is_empty() || name.ends_with('.') => None,
        host => Some(host),
    }
}

/// The address, without a slash at its end: `https://vote.example.org:8443`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.name(), self.with_port(self.host.to_string()))
    }
}

impl FromStr for Origin {
    type Err = NoOrigin;

    /// Reads what stands in an `Origin` header: a scheme, a host, perhaps a port, and nothing after
    /// it.
    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        let (scheme, authority) = text.split_once("://").ok_or(NoOrigin)?;
        Self::at(Scheme::parse(scheme).ok_or(NoOrigin)?, authority).ok_or(NoOrigin)
    }
}

/// It is no address of a server: `http://` or `https://` with a host, perhaps a port, and nothing
/// after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address of the form https://vote.example.org, without a path")]
pub struct NoOrigin;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn origin(text: &str) -> Origin {
        text.parse().unwrap_or_else(|_| panic!("{text} is an address"))
    }

    #[test]
    fn one_address_has_many_spellings() {
        for (one, spellings) in [
            (
                "https://vote.example.org",
                &[
                    "https://vote.example.org:443",
                    "HTTPS://VOTE.Example.ORG",
                    "https://vote.example.org.",
                    "https://vote.example.org.:443",
                    "https://vote.example.org:",
                    "https://vote.example.org:0443",
                    "https://ｖｏｔｅ.example。org",
                ][..],
            ),
            ("http://vote.example.org", &["http://vote.example.org:80", "http://Vote.Example.Org.:80"]),
            ("https://vote.example.org:8443", &["https://VOTE.example.org.:8443"]),
            ("https://xn--mnchen-3ya.example", &["https://münchen.example", "https://MÜNCHEN.example:443"]),
            ("https://xn--strae-oqa.example", &["https://straße.example"]),
            ("http://[fd00::7]", &["http://[fd00::7]:80", "http://[FD00:0:0::0007]", "http://[fd00:0:0:0:0:0:0:7]:80"]),
            ("http://192.0.2.7:8080", &["http://[::ffff:192.0.2.7]:8080", "http://[::ffff:c000:207]:8080"]),
        ] {
            assert_eq!(origin(one).to_string(), one);
            for spelling in spellings {
                assert_eq!(origin(spelling), origin(one), "{spelling}");
                assert_eq!(origin(spelling).to_string(), one, "{spelling}");
            }
        }
    }

    #[test]
    fn another_scheme_host_or_port_is_another_address() {
        let one = origin("https://vote.example.org");
        for other in [
            "http://vote.example.org",
            "http://vote.example.org:443",
            "https://vote.example.org:80",
            "https://vote.example.org:8443",
            "https://vote.example.org.evil.example",
            "https://evilvote.example.org",
            "https://example.org",
        ] {
            assert_ne!(origin(other), one, "{other}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_server_is_none() {
        for wrong in [
            "",
            "null",
            "vote.example.org",
            "https://",
            "https://:443",
            "https://.",
            "https://vote.example.org..",
            "https://vote.example.org/",
            "https://vote.example.org?a",
            "https://user@vote.example.org",
            "https://vote.example.org https://evil.example",
            "https://vote.example.org,https://evil.example",
            "https://vote.example.org:99999",
            "https://vote.example.org:+443",
            "https://vote.example.org:443:443",
            "https://fd00::7",
            "https://[fd00::7",
            "https://[fe80::1%25eth0]",
            "ftp://vote.example.org",
            "ws://vote.example.org",
            "https:vote.example.org",
            "https:///vote.example.org",
            "https://vote\\example.org",
        ] {
            assert_eq!(wrong.parse::<Origin>(), Err(NoOrigin), "{wrong}");
        }
        assert_eq!(format!("https://{}", "a.".repeat(LONGEST)).parse::<Origin>(), Err(NoOrigin));
    }

    #[test]
    fn people_type_it_without_what_need_not_be_typed() {
        for (address, typed) in [
            ("https://vote.example.org:443", "vote.example.org"),
            ("http://vote.example.org:443", "vote.example.org:443"),
            ("http://[fd00::7]:8080", "[fd00::7]:8080"),
            ("http://[fd00::7]", "[fd00::7]"),
            ("https://xn--mnchen-3ya.example:8443", "münchen.example:8443"),
        ] {
            assert_eq!(origin(address).typed(), typed);
        }
        assert_eq!(origin("http://[fd00::7]:8080").host(), "fd00::7");
    }

    #[test]
    fn this_machine_is_known_by_all_its_names() {
        for name in [
            "localhost",
            "LOCALHOST.",
            "a.localhost:80",
            "127.0.0.1",
            "127.9.9.9",
            "127.1",
            "[::1]:80",
            "[::ffff:127.0.0.1]",
            "0.0.0.0:8080",
            "[::]",
        ] {
            assert!(Origin::at(Scheme::Http, name).unwrap().is_this_machine(), "{name}");
        }
        for name in ["192.168.1.7", "localhost.example.org", "notlocalhost", "[fd00::7]"] {
            assert!(!Origin::at(Scheme::Http, name).unwrap().is_this_machine(), "{name}");
        }
    }

    #[test]
    fn an_address_by_number_goes_on_with_scheme_and_port() {
        let asked = origin("https://localhost:8443");
        assert_eq!(asked.moved_to("fd00::7".parse().unwrap()).to_string(), "https://[fd00::7]:8443");
        assert_eq!(origin("http://localhost").moved_to("192.0.2.7".parse().unwrap()).to_string(), "http://192.0.2.7");
    }

    fn labels() -> impl Strategy<Value = String> {
        proptest::collection::vec("[a-z]([a-z0-9]{0,8}[a-z])?", 1..4).prop_map(|labels| labels.join("."))
    }

    fn hosts() -> impl Strategy<Value = String> {
        prop_oneof![
            labels(),
            any::<u32>().prop_map(|ip| std::net::Ipv4Addr::from(ip).to_string()),
            any::<u128>().prop_map(|ip| format!("[{}]", std::net::Ipv6Addr::from(ip))),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same(host in hosts(), secure: bool, port in 1_u16..) {
            let scheme = if secure { Scheme::Https } else { Scheme::Http };
            let one = Origin::at(scheme, &format!("{host}:{port}")).unwrap();
            prop_assert_eq!(&one.to_string().parse::<Origin>().unwrap(), &one);
            prop_assert_eq!(Origin::at(scheme, &one.typed()).unwrap(), one);
        }

        #[test]
        fn spelling_is_of_no_matter(host in hosts(), secure: bool, port in 1_u16.., shout: bool, dot: bool) {
            let scheme = if secure { Scheme::Https } else { Scheme::Http };
            let mut spelt = if shout { host.to_uppercase() } else { host.clone() };
            if dot && !host.ends_with(']') {
                spelt.push('.');
            }
            let one = Origin::at(scheme, &host).unwrap();
            prop_assert_eq!(&Origin::at(scheme, &spelt).unwrap(), &one);
            prop_assert_eq!(&Origin::at(scheme, &format!("{spelt}:{}", scheme.own_port())).unwrap(), &one);
            prop_assert_eq!(Origin::at(scheme, &format!("{spelt}:{port}")).unwrap() == one, port == scheme.own_port());
        }

        #[test]
        fn whatever_is_sent_breaks_nothing(text in "\\PC{0,40}") {
            let _ = text.parse::<Origin>();
            let _ = Origin::at(Scheme::Http, &text);
        }
    }
}
