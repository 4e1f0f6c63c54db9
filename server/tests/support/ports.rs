//! Ports for programs that must be told theirs before they run.

use std::net::TcpListener;

/// Where ports are looked for: below those that systems give to whoever asks for any, as other
/// tests do meanwhile.
const PORTS: std::ops::Range<u16> = 10_000..32_000;

/// A port on which nothing listens, and which nobody gets who asks for any.
pub(crate) fn free_port() -> u16 {
    let any = || PORTS.start + (parterre_system::random::fraction() * f64::from(PORTS.end - PORTS.start)) as u16;
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    (0..1000).map(|_| any()).find(free).expect("there is a free port")
}
