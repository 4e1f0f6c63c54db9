//! Messages out and back, of all kinds and sizes.

use std::time::{Duration, Instant};

use netcheck_rules::{ChannelEnd, Messages, Plan, Trouble};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::{Channel, since};
use crate::{plain::noise, route::Route};

/// How long one message may take to come back: on a slow line it is late, and not lost.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(20);

/// Text and binary, small and large, one size after the other: so it shows at which one somebody
/// closes.
pub(crate) async fn messages(route: &Route, plan: &Plan) -> Result<Messages, Trouble> {
    let sizes = [16, 1_024, 16_384, plan.sizes.large_bytes as usize];
    let mut all = Messages {
        sent: 0,
        back: 0,
        changed: 0,
        in_order: true,
        largest: 0,
        binary: false,
        stopped_at: 0,
        slowest_ms: 0.0,
        end: ChannelEnd::Done,
    };
    for make in [text, binary] {
        let mut channel = Channel::open(route, "").await?;
        // The small ones go together, to see that they keep their order.
        for group in std::iter::once(&sizes[..2]).chain(sizes[2..].chunks(1)) {
            if !exchange(&mut channel, group, make, &mut all).await? {
                break;
            }
        }
        channel.close().await;
        if all.stopped_at > 0 {
            break;
        }
    }
    Ok(all)
}

/// Sends messages of these sizes together, and adds to `all` what comes back; false where not all
/// do.
async fn exchange(
    channel: &mut Channel,
    sizes: &[usize],
    make: fn(usize) -> Message,
    all: &mut Messages,
) -> Result<bool, Trouble> {
    let sent: Vec<Message> = sizes.iter().map(|bytes| make(*bytes)).collect();
    let mut back: Vec<Message> = Vec::new();
    let hear = |message| {
        back.push(message);
        back.len() == sent.len()
    };
    let began = Instant::now();
    channel.until(sent.clone(), MESSAGE_TIMEOUT, hear).await?;
    let came = back.iter().map(|it| sent.iter().position(|one| one == it));
    let whole: Vec<usize> = came.flatten().collect();
    all.sent += sent.len() as u32;
    all.back += back.len() as u32;
    all.changed += (back.len() - whole.len()) as u32;
    all.in_order &= whole.is_sorted_by(|a, b| a < b);
    all.largest = whole.iter().map(|at| sizes[*at] as u32).fold(all.largest, u32::max);
    all.binary |= whole.iter().any(|at| sent[*at].is_binary());
    all.slowest_ms = all.slowest_ms.max(since(began));
    if back.len() == sent.len() {
        return Ok(true);
    }
    // Where binary is refused from its beginning, it is that and no limit.
    let refused = sent[0].is_binary() && whole.is_empty() && sizes.len() > 1;
    if !refused {
        (all.stopped_at, all.end) = (sizes[back.len()] as u32, channel.end());
    }
    Ok(false)
}

fn binary(bytes: usize) -> Message {
    Message::Binary(noise(bytes))
}

/// A text of this many bytes, not all of them ASCII.
fn text(bytes: usize) -> Message {
    let mut text = "é".to_owned() + &"live ".repeat(bytes / 5 + 1);
    text.truncate(bytes);
    Message::Text(Utf8Bytes::from(text))
}
