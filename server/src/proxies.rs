//! Whom a request is from, and by which scheme, where proxies stand before the server: what they
//! say of it counts, what anybody else says does not.

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use crate::origin::Scheme;

/// The proxies that are believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(Vec<Network>);

/// All addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    bits: u8,
}

/// What proxies pass on about a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its address: the nearest that is no proxy of ours.
    pub address: IpAddr,
    /// By which scheme it spoke to the farthest proxy of ours; `None` if none of them says.
    pub scheme: Option<Scheme>,
}

impl Proxies {
    /// The client's address. `forwarded` is the value of the header, to which every proxy appends
    /// the address it received the request from; `schemes` is that of `X-Forwarded-Proto`, which is
    /// used if `forwarded` does not give the scheme.
    pub fn client(&self, peer: IpAddr, forwarded: &str, schemes: &str) -> Client {
        let mut client = Client { address: peer.to_canonical(), scheme: None };
        let mut schemes = schemes.rsplit(',').map(Scheme::parse);
        let mut hops = forwarded.rsplit(',');
        while self.has(client.address) {
            let hop = hops.next();
            // Most proxies overwrite the scheme instead of appending theirs, so a single word holds
            // for all of them.
            client.scheme = hop.and_then(scheme).or_else(|| schemes.next().flatten()).or(client.scheme);
            match hop.and_then(address) {
                Some(address) => client.address = address.to_canonical(),
                None => break,
            }
        }
        client
    }

    /// Whether the address is that of one of them.
    pub fn has(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.holds(address))
    }
}

/// The header in which proxies say whom a request is from. Only one is read: what a proxy does not
/// write, it may pass on as anybody sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub enum ProxyHeader {
    /// `X-Forwarded-For`: addresses with commas between them.
    XForwardedFor,
    /// `Forwarded` of RFC 7239: pairs such as `for="[2001:db8::7]:4711";proto=https`, with commas
    /// between proxies.
    Forwarded,
}

impl ProxyHeader {
    /// The header's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }
}

impl TryFrom<String> for ProxyHeader {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        [Self::XForwardedFor, Self::Forwarded]
            .into_iter()
            .find(|header| header.name().eq_ignore_ascii_case(&name))
            .ok_or_else(|| format!("{name:?} is neither \"X-Forwarded-For\" nor \"Forwarded\""))
    }
}

/// What one hop says under this name, as `Forwarded` writes it.
fn said<'a>(hop: &'a str, what: &str) -> Option<&'a str> {
    hop.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case(what).then_some(value.trim().trim_matches('"'))
    })
}

/// The scheme by which one hop was spoken to.
fn scheme(hop: &str) -> Option<Scheme> {
    said(hop, "proto").and_then(Scheme::parse)
}

/// The address of one hop, as either header writes it; `None` if it is hidden or nonsense.
fn address(hop: &str) -> Option<IpAddr> {
    let node = said(hop, "for").unwrap_or(hop.trim());
    let with_port = || node.parse::<SocketAddr>().ok().map(|address| address.ip());
    node.trim_matches(['[', ']']).parse().ok().or_else(with_port)
}

impl FromStr for Proxies {
    type Err = String;

    /// Reads addresses and networks with commas between them, such as `10.0.0.2, fd00::/8`.
    fn from_str(text: &str) -> Result<Self, String> {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        words.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is neither an address nor a network such as 10.0.0.0/8");
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), str::parse).ok().filter(|bits| *bits <= most).ok_or_else(wrong)?;
        Ok(Self { address, bits })
    }
}

impl Network {
    fn holds(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differing = u32::from(network) ^ u32::from(address);
                differing.leading_zeros() >= self.bits.into()
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differing = u128::from(network) ^ u128::from(address);
                differing.leading_zeros() >= self.bits.into()
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &str, peer: &str, forwarded: &str) -> String {
        let proxies: Proxies = proxies.parse().unwrap();
        proxies.client(peer.parse().unwrap(), forwarded, "").address.to_string()
    }

    fn scheme(proxies: &str, peer: &str, forwarded: &str, schemes: &str) -> Option<&'static str> {
        let proxies: Proxies = proxies.parse().unwrap();
        proxies.client(peer.parse().unwrap(), forwarded, schemes).scheme.map(Scheme::name)
    }

    #[test]
    fn the_scheme_is_the_one_by_which_the_client_spoke_to_our_farthest_proxy() {
        let of = |forwarded, schemes| scheme("10.0.0.0/8", "10.0.0.2", forwarded, schemes);
        assert_eq!(of("", "https"), Some("https"));
        assert_eq!(of("203.0.113.7", " HTTPS "), Some("https"));
        assert_eq!(of("203.0.113.7", "http"), Some("http"));
        assert_eq!(of("203.0.113.7", ""), None);
        assert_eq!(of("203.0.113.7", "gopher"), None);
        assert_eq!(of("for=203.0.113.7;proto=https", ""), Some("https"));
        assert_eq!(of("Proto=\"https\";for=203.0.113.7", "http"), Some("https"), "what stands beside the address");
        // With two proxies that append, and with two of which the nearer overwrites.
        assert_eq!(of("203.0.113.7, 10.0.0.9", "https, http"), Some("https"));
        assert_eq!(of("203.0.113.7, 10.0.0.9", "https"), Some("https"));
        assert_eq!(of("for=203.0.113.7;proto=https, for=10.0.0.9;proto=http", ""), Some("https"));
        // What the client wrote itself stands before what the proxy added.
        assert_eq!(of("198.51.100.1, 203.0.113.7", "https, http"), Some("http"));
        assert_eq!(of("for=198.51.100.1;proto=https, for=203.0.113.7;proto=http", ""), Some("http"));
        assert_eq!(of("for=198.51.100.1;proto=https, for=203.0.113.7", ""), None);
    }

    #[test]
    fn a_scheme_is_believed_of_a_proxy_of_ours_alone() {
        assert_eq!(scheme("", "10.0.0.2", "for=203.0.113.7;proto=https", "https"), None);
        assert_eq!(scheme("10.0.0.2", "10.0.0.3", "for=203.0.113.7;proto=https", "https"), None);
    }

    #[test]
    fn only_a_proxy_of_ours_is_believed() {
        assert_eq!(client("", "10.0.0.2", "203.0.113.7"), "10.0.0.2");
        assert_eq!(client("10.0.0.2", "10.0.0.2", "203.0.113.7"), "203.0.113.7");
        assert_eq!(client("10.0.0.2", "10.0.0.3", "203.0.113.7"), "10.0.0.3");
        assert_eq!(client("10.0.0.2", "::ffff:10.0.0.2", "203.0.113.7"), "203.0.113.7");
        assert_eq!(client("fd00::/8", "fd12::1", "2001:db8::7"), "2001:db8::7");
        assert_eq!(client("10.0.0.2", "10.0.0.2", ""), "10.0.0.2", "a proxy that says nothing");
    }

    #[test]
    fn both_headers_name_the_nearest_hop_last() {
        for forwarded in [
            "203.0.113.9, 203.0.113.7",
            "203.0.113.7:4711",
            "for=203.0.113.9, for=203.0.113.7;proto=https;by=10.0.0.2",
            "proto=https; For=\"203.0.113.7:4711\"",
            "for=\"a, for=203.0.113.9\", for=203.0.113.7",
        ] {
            assert_eq!(client("10.0.0.2", "10.0.0.2", forwarded), "203.0.113.7", "{forwarded}");
        }
        assert_eq!(client("10.0.0.2", "10.0.0.2", "for=\"[2001:db8::7]:4711\""), "2001:db8::7");
        assert_eq!(client("10.0.0.2", "10.0.0.2", "for=203.0.113.9, for=_hidden"), "10.0.0.2");
    }

    #[test]
    fn what_a_client_claims_before_our_proxies_speak_is_nothing() {
        assert_eq!(client("10.0.0.0/8", "10.0.0.2", "198.51.100.1, 203.0.113.7"), "203.0.113.7");
        assert_eq!(client("10.0.0.0/8", "10.0.0.2", "198.51.100.1, 203.0.113.7, 10.9.9.9"), "203.0.113.7");
        assert_eq!(client("10.0.0.0/8", "10.0.0.2", "198.51.100.1, unknown"), "10.0.0.2");
    }

    #[test]
    fn networks_are_held_to_the_bit() {
        let holds = |network: &str, address: &str| network.parse::<Network>().unwrap().holds(address.parse().unwrap());
        assert!(holds("10.1.0.0/15", "10.0.255.255") && !holds("10.1.0.0/15", "10.2.0.0"));
        assert!(holds("0.0.0.0/0", "203.0.113.7") && !holds("0.0.0.0/0", "::1"));
        for wrong in ["10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "proxy.example", "::/129"] {
            assert!(wrong.parse::<Proxies>().unwrap_err().contains(wrong), "{wrong}");
        }
    }
}
