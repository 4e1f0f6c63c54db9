//! A connection that is silent for this many seconds and then gets a message.

use std::time::{Duration, Instant};

use netcheck_rules::{Hold, HoldOutcome, Trouble};
use tokio_tungstenite::tungstenite::Message;

use super::{CUT, Channel, ECHO_TIMEOUT, End, since};
use crate::route::Route;

/// A connection that is silent for this many seconds and then gets a message.
pub(crate) async fn hold(route: &Route, seconds: u32) -> Result<Hold, Trouble> {
    let mut channel = Channel::open(route, "").await?;
    let began = Instant::now();
    let end = channel.until([], Duration::from_secs(seconds.into()), |_| false).await?;
    let ms = since(began);
    if end == End::Closed {
        return Ok(Hold { end: HoldOutcome::Closed, ms, code: channel.code.unwrap_or(CUT) });
    }
    let end = channel.until([Message::text("still there?")], ECHO_TIMEOUT, |_| true).await?;
    // Closed at the word, it was dead before.
    let end = if end == End::Met { HoldOutcome::Survived } else { HoldOutcome::Silent };
    channel.close().await;
    Ok(Hold { end, ms, code: 0 })
}
