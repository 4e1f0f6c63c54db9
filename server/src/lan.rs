//! This machine's address in the local network, by which phones reach it: also in a room whose network leads nowhere else.

use std::net::{IpAddr, UdpSocket};

use if_addrs::{Interface, get_if_addrs};

/// The address of the interface that leads out, or else of one that is up; none where there is only this machine.
pub(crate) fn address() -> Option<IpAddr> {
    // A machine that cannot tell its interfaces is one without a network.
    leading_out().or_else(|| choose(&get_if_addrs().unwrap_or_default()))
}

/// The address from which packets to the internet would leave; nothing is sent to find it.
fn leading_out() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    // 192.0.2.1 is reserved for documentation; connecting a UDP socket only chooses a route.
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

/// Of interfaces that are up and lead to more than one other machine, the first with an address that people can type.
fn choose(interfaces: &[Interface]) -> Option<IpAddr> {
    let fit = |it: &&Interface| it.is_oper_up() && !it.is_p2p() && !it.is_loopback() && !it.is_link_local();
    let addresses = || interfaces.iter().filter(fit).map(Interface::ip);
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
        let chosen = |interfaces: &[Interface]| choose(interfaces).map(|address| address.to_string());
        assert_eq!(chosen(&[]), None);
        assert_eq!(chosen(&[up("127.0.0.1"), up("::1"), up("fe80::1"), up("169.254.3.4")]), None);
        let down = interface("172.17.0.1", IfOperStatus::Down, false);
        let tunnel = interface("10.8.0.2", IfOperStatus::Up, true);
        let room = [up("127.0.0.1"), down, tunnel, up("fd00::7"), up("192.168.77.1")];
        assert_eq!(chosen(&room).unwrap(), "192.168.77.1");
        assert_eq!(chosen(&room[..4]).unwrap(), "fd00::7");
    }
}
