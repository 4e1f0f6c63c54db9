//! The sizes that packets may have.

use std::time::Duration;

use netcheck_rules::{Packets, Trouble};
use tokio_tungstenite::tungstenite::Message;

use super::{Channel, End};
use crate::{plain::noise, route::Route};

/// Sizes around what packets hold: of tunnels, of Ethernet, more than one.
const SIZES: [u32; 6] = [200, 1_000, 1_300, 1_400, 1_500, 4_000];
/// How long one message may take, before all are tried again.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(4);

/// Messages of growing size, one after another: where packets are too large for some link and
/// nobody says so, the first that fills one is also the first that never comes back. It is tried
/// twice, since any packet may be lost once.
pub(crate) async fn packets(route: &Route) -> Result<Packets, Trouble> {
    let first = grow(route).await?;
    if first.stalled == 0 {
        return Ok(first);
    }
    let second = grow(route).await?;
    Ok(if second.stalled == 0 || second.passed == 0 { second } else { first })
}

async fn grow(route: &Route) -> Result<Packets, Trouble> {
    let mut channel = Channel::open(route, "").await?;
    let mut passed = 0;
    for bytes in SIZES {
        let message = Message::Binary(noise(bytes as usize));
        match channel.until([message.clone()], MESSAGE_TIMEOUT, |it| it == message).await? {
            End::Met => passed = bytes,
            End::Late if passed > 0 => return Ok(Packets { passed, stalled: bytes }),
            End::Late => return Err(Trouble::Silent),
            End::Closed => return Err(Trouble::NoAnswer),
        }
    }
    channel.close().await;
    Ok(Packets { passed, stalled: 0 })
}
