//! By which network somebody comes: as much of their address as those beside them share.

use std::net::{IpAddr, Ipv6Addr};

/// The first half of an IPv6 address, which names a network; the rest is one device's own.
const PREFIX: u128 = !0 << 64;

/// The network of an address. Of IPv4 it is the whole address, which a venue shares; of IPv6 its
/// first half.
pub fn of(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{}/64", Ipv6Addr::from_bits(address.to_bits() & PREFIX)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_of_one_network_have_one_name() {
        let of = |text: &str| of(text.parse().unwrap());
        assert_eq!(of("192.0.2.17"), "192.0.2.17");
        assert_eq!(of("::ffff:192.0.2.17"), "192.0.2.17");
        assert_eq!(of("2001:db8:1:2:aaaa::1"), "2001:db8:1:2::/64");
        assert_eq!(of("2001:db8:1:2:bbbb::2"), "2001:db8:1:2::/64");
    }
}
