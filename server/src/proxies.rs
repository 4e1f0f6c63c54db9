//! Whom a request is from where proxies stand before the server: what they say of it counts, what anybody else says does not.

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

/// The proxies that are believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(Vec<Network>);

/// All addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    bits: u8,
}

impl Proxies {
    /// The address that a request is from: the nearest one that is no proxy of ours. `forwarded` is the value of the
    /// header, to which every proxy adds at the end from whom it has the request.
    pub fn client(&self, peer: IpAddr, forwarded: &str) -> IpAddr {
        let mut nearest = peer.to_canonical();
        for hop in forwarded.rsplit(',') {
            if !self.has(nearest) {
                break;
            }
            match address(hop) {
                Some(address) => nearest = address.to_canonical(),
                None => break,
            }
        }
        nearest
    }

    /// Whether the address is that of one of them.
    pub fn has(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.holds(address))
    }
}

/// The header in which proxies say whom a request is from. Only one is read: what a proxy does not write, it may pass on as
/// anybody sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub enum ProxyHeader {
    /// `X-Forwarded-For`: addresses with commas between them.
    XForwardedFor,
    /// `Forwarded` of RFC 7239: pairs such as `for="[2001:db8::7]:4711";proto=https`, with commas between proxies.
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

/// The address of one hop, as either header writes it; none where it is hidden or nonsense.
fn address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let node = hop.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value)
    });
    let node = node.map_or(hop, |node| node.trim().trim_matches('"'));
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
        proxies.client(peer.parse().unwrap(), forwarded).to_string()
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
