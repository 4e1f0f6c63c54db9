//! The sockets that a server listens on, and how many connections they may have.

use std::net::SocketAddr;

use parterre_live::places::Bounds;
use socket2::{Domain, Protocol, Socket, Type};

use super::StartError;
use crate::{
    config::Config,
    descriptors::{self, Shares},
    lan::Families,
};

/// A socket at this address, which takes no connection yet, and the address that it has. Its
/// connections have bounded send buffers: else megabytes wait in the kernel for every phone that
/// sleeps.
pub(super) fn bind_socket(wanted: SocketAddr, config: &Config) -> Result<(Socket, SocketAddr), StartError> {
    let take = || {
        let socket = Socket::new(Domain::for_address(wanted), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.set_send_buffer_size(config.limits.send_buffer_bytes.get())?;
        // The kernel drops a client that stops reading, but later than the server itself, which can
        // tell the client why. For an unread stream over plain HTTP, this is the only limit.
        #[cfg(target_os = "linux")]
        socket.set_tcp_user_timeout(Some(config.live.write_timeout + config.live.ping))?;
        socket.set_tcp_nodelay(true)?;
        socket.bind(&wanted.into())?;
        let address = socket.local_addr()?.as_socket().unwrap_or(wanted);
        Ok((socket, address))
    };
    take().map_err(|error| StartError::Listen { address: wanted, error })
}

/// On which families of addresses it listens. One of IPv6 takes IPv4 too, unless the machine is set
/// up otherwise.
pub(super) fn families(socket: &Socket, address: SocketAddr) -> Families {
    match address {
        SocketAddr::V4(_) => Families::V4,
        SocketAddr::V6(_) if socket.only_v6().unwrap_or(true) => Families::V6,
        SocketAddr::V6(_) => Families::Both,
    }
}

/// Shares out the files that this program may open; how many HTTP connections each worker may have.
pub(super) fn share_out(config: &mut Config) -> usize {
    let wanted = config.limits.connections;
    let limit = descriptors::raise();
    let kept = Bounds::of(wanted).kept;
    let shares = Shares::of(limit, wanted.saturating_add(kept), config.worker_threads());
    let live = Bounds::within(shares.live);
    if live < wanted {
        tracing::warn!(
            limit,
            connections = live,
            "limits.connections is {wanted}, but the limit of open files is too low for that: raise `ulimit -n` or LimitNOFILE"
        );
        config.limits.connections = live;
    }
    shares.http
}
