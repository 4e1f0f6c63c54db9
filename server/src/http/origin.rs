//! By what address people reach this server, what they type and the QR code holds; and from which one they come.

use std::net::IpAddr;

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderValue},
};

use crate::state::State;

/// The server's address for people, without a slash at the end: `https://parterre.example`.
///
/// Where no public address is set, it is the one that the request came to. A facilitator on the server's own machine
/// comes to `localhost`, which is of no use to a phone: then it is the machine's address in the local network.
pub fn base_url(state: &State, request: &HttpRequest) -> String {
    if let Some(url) = &state.config.public_url {
        return url.clone();
    }
    // Nobody but the client says what it asked for: a proxy passes this header on as it is.
    let host = text(request.headers().get(header::HOST)).unwrap_or_else(|| request.app_config().host());
    let (name, port) = split_port(host);
    let host = match state.lan {
        Some(lan) if is_this_machine(name) && reaches_lan(state) => match (lan, port) {
            (IpAddr::V4(lan), Some(port)) => format!("{lan}:{port}"),
            (IpAddr::V6(lan), Some(port)) => format!("[{lan}]:{port}"),
            (lan, None) => lan.to_string(),
        },
        _ => host.to_owned(),
    };
    format!("{}://{host}", state.scheme())
}

/// The address that a request is from, as far as that can be known.
pub fn client(state: &State, request: &HttpRequest) -> Option<IpAddr> {
    let header = state.config.proxy_header.name();
    let hops: Vec<&str> = request.headers().get_all(header).filter_map(|hops| text(Some(hops))).collect();
    Some(state.config.proxies.client(request.peer_addr()?.ip(), &hops.join(",")))
}

fn text(value: Option<&HeaderValue>) -> Option<&str> {
    value.and_then(|value| value.to_str().ok())
}

/// What people type: the address without the scheme.
pub fn host(base_url: &str) -> &str {
    base_url.split_once("://").map_or(base_url, |(_, host)| host)
}

fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|c| c.is_ascii_digit()) => (name, Some(port)),
        _ => (host, None),
    }
}

fn is_this_machine(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost")
        || name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether phones in the local network can reach the socket that the server listens on.
fn reaches_lan(state: &State) -> bool {
    !state.config.listen.ip().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_split_from_its_port() {
        assert_eq!(split_port("localhost:8080"), ("localhost", Some("8080")));
        assert_eq!(split_port("[::1]:80"), ("[::1]", Some("80")));
        assert_eq!(split_port("[::1]"), ("[::1]", None));
        assert_eq!(split_port("room.example"), ("room.example", None));
    }

    #[test]
    fn this_machine_is_known_by_all_its_names() {
        for name in ["localhost", "LOCALHOST", "127.0.0.1", "[::1]"] {
            assert!(is_this_machine(name), "{name}");
        }
        assert!(!is_this_machine("192.168.1.7"));
    }
}
