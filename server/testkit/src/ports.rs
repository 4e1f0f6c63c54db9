//! Ports for programs that must be given theirs before they start.

use std::net::TcpListener;

/// The range to choose from: below the ephemeral ports, which other tests obtain meanwhile by
/// binding to port 0.
const PORTS: std::ops::Range<u16> = 10_000..32_000;

/// A port on which nothing listens, outside the ephemeral range.
pub fn free_port() -> u16 {
    let any = || PORTS.start + (parterre_system::random::fraction() * f64::from(PORTS.end - PORTS.start)) as u16;
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    (0..1000).map(|_| any()).find(free).expect("there is a free port")
}
