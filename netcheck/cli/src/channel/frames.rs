//! Numbered frames that the server sends: many at once, and those that a dropped connection takes
//! up again.

use std::{collections::BTreeSet, time::Instant};

use netcheck_rules::{Burst, ChannelEnd, Plan, Resume, Trouble};
use tokio_tungstenite::tungstenite::Message;

use super::{Channel, ECHOES_TIMEOUT, since};
use crate::route::Route;

/// A drop: this many messages of this size at this interval.
const DROP: (u32, u32, u32) = (40, 200, 20);

/// Many messages at once.
pub(crate) async fn burst(route: &Route, plan: &Plan) -> Result<Burst, Trouble> {
    let asked = plan.sizes.burst_frames;
    let mut channel = Channel::open(route, &format!("?frames={asked}&bytes={}", plan.sizes.burst_bytes)).await?;
    let mut came = BTreeSet::new();
    let (mut first, mut ms) = (None, 0.0);
    let hear = |message: Message| {
        ms = since(*first.get_or_insert_with(Instant::now));
        came.extend(number(&message));
        came.len() == asked as usize
    };
    channel.until([], 2 * ECHOES_TIMEOUT, hear).await?;
    let end = if came.len() == asked as usize { ChannelEnd::Done } else { channel.end() };
    channel.close().await;
    Ok(Burst { asked, came: came.len() as u32, ms, end })
}

/// A connection that is dropped half-way and taken up again.
pub(crate) async fn resume(route: &Route) -> Result<Resume, Trouble> {
    let (asked, bytes, every) = DROP;
    let query = format!("?frames={asked}&bytes={bytes}&every_ms={every}");
    let mut first = Channel::open(route, &query).await?;
    let mut came: Vec<u32> = Vec::new();
    let half = |message: Message| {
        came.extend(number(&message));
        came.len() >= asked as usize / 2
    };
    first.until([], ECHOES_TIMEOUT, half).await?;
    // Dropped as a phone that leaves the room: without a word.
    drop(first);
    let (began, mut ms) = (Instant::now(), 0.0);
    let from = came.last().map_or(0, |last| last + 1);
    let mut second = Channel::open(route, &format!("{query}&from={from}")).await?;
    let rest = |message: Message| {
        if ms == 0.0 {
            ms = since(began);
        }
        came.extend(number(&message));
        came.len() >= asked as usize
    };
    second.until([], ECHOES_TIMEOUT, rest).await?;
    let each: BTreeSet<&u32> = came.iter().collect();
    let end = if each.len() >= asked as usize { ChannelEnd::Done } else { second.end() };
    let (came, twice) = (each.len() as u32, (came.len() - each.len()) as u32);
    second.close().await;
    Ok(Resume { asked, came, twice, ms, end })
}

/// The number of a message that was asked for.
fn number(message: &Message) -> Option<u32> {
    message.to_text().ok()?.trim().parse().ok()
}
