//! This machine's address in the local network, by which phones reach it: also in a room whose
//! network leads nowhere else.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use if_addrs::{Interface, get_if_addrs};

/// The families of addresses that a socket listens on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Families {
    /// IPv4 alone.
    V4,
    /// IPv6 alone.
    V6,
    /// Both.
    Both,
}

impl Families {
    const fn have(self, address: IpAddr) -> bool {
        match self {
            Self::V4 => address.is_ipv4(),
            Self::V6 => address.is_ipv6(),
            Self::Both => true,
        }
    }
}

/// The address by which others reach a socket that listens here: of the interface that leads out,
/// or else of one that is up; `None` if only this machine does.
pub(crate) fn address(listen: IpAddr, families: Families) -> Option<IpAddr> {
    if !listen.is_unspecified() {
        // It listens on this one and no other.
        return (!listen.is_loopback()).then_some(listen);
    }
    // A machine that cannot tell its interfaces is one without a network.
    leading_out(families).or_else(|| choose(&get_if_addrs().unwrap_or_default(), families))
}

/// The address from which packets to the internet would leave; nothing is sent to find it.
fn leading_out(families: Families) -> Option<IpAddr> {
    // These are reserved for documentation; connecting a UDP socket only chooses a route.
    let ways = [("0.0.0.0:0", "192.0.2.1:9"), ("[::]:0", "[2001:db8::1]:9")];
    ways.into_iter().find_map(|(from, to)| {
        let (from, to): (SocketAddr, SocketAddr) = (from.parse().ok()?, to.parse().ok()?);
        let socket = UdpSocket::bind(from).ok().filter(|_| families.have(from.ip()))?;
        socket.connect(to).ok()?;
        let address = socket.local_addr().ok()?.ip();
        (!address.is_loopback() && !address.is_unspecified()).then_some(address)
    })
}

/// Of interfaces that are up and lead to more than one other machine, the first with an address
/// that people can type.
fn choose(interfaces: &[Interface], families: Families) -> Option<IpAddr> {
    let fit = |it: &&Interface| it.is_oper_up() && !it.is_p2p() && !it.is_loopback() && !it.is_link_local();
    let addresses = || interfaces.iter().filter(fit).map(Interface::ip).filter(|address| families.have(*address));
    addresses().find(IpAddr::is_ipv4).or_else(|| addresses().next())
}

#[cfg(test)]
mod tests {
    use if_addrs::{IfAddr, IfOperStatus, Ifv4Addr, Ifv6Addr};

    use super::*;

    fn interface(address: &str, oper_status: IfOperStatus, is_p2p: bool) -> Interface {
        let addr = match address.parse().unwrap() {
            IpAddr::V4(ip) => {
                let netmask = [255, 255, 255, 0].into();
                IfAddr::V4(Ifv4Addr { ip, netmask, prefixlen: 24, broadcast: None })
            }
            IpAddr::V6(ip) => {
                let netmask = std::net::Ipv6Addr::from(!0 << 64);
                IfAddr::V6(Ifv6Addr { ip, netmask, prefixlen: 64, broadcast: None })
            }
        };
        Interface { name: "it".to_owned(), addr, index: None, oper_status, is_p2p }
    }

    #[test]
    fn phones_are_told_an_address_that_is_up_and_not_this_machine_s_own() {
        let up = |address| interface(address, IfOperStatus::Up, false);
        let chosen = |interfaces: &[Interface]| choose(interfaces, Families::Both).map(|address| address.to_string());
        assert_eq!(chosen(&[]), None);
        assert_eq!(chosen(&[up("127.0.0.1"), up("::1"), up("fe80::1"), up("169.254.3.4")]), None);
        let down = interface("172.17.0.1", IfOperStatus::Down, false);
        let tunnel = interface("10.8.0.2", IfOperStatus::Up, true);
        let room = [up("127.0.0.1"), down, tunnel, up("fd00::7"), up("192.168.77.1")];
        assert_eq!(chosen(&room).unwrap(), "192.168.77.1");
        assert_eq!(chosen(&room[..4]).unwrap(), "fd00::7");
        let of = |families| choose(&room, families).map(|address| address.to_string());
        assert_eq!(of(Families::V4).unwrap(), "192.168.77.1");
        assert_eq!(of(Families::V6).unwrap(), "fd00::7");
        assert_eq!(choose(&room[..4], Families::V4), None, "nobody listens there");
    }

    #[test]
    fn a_socket_of_one_address_has_no_other() {
        let of = |listen: &str| address(listen.parse().unwrap(), Families::Both).map(|address| address.to_string());
        assert_eq!(of("192.0.2.7").unwrap(), "192.0.2.7");
        assert_eq!(of("fd00::7").unwrap(), "fd00::7");
        assert_eq!((of("127.0.0.1"), of("::1")), (None, None));
    }
}
