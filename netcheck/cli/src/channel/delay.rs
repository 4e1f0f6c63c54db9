//! How long messages take out and back, one after another.

use std::time::{Duration, Instant};

use futures_util::{Sink, SinkExt, Stream, StreamExt};
use netcheck_rules::{ChannelEnd, Delay, Plan, Trouble};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::{self, Message};

use super::{CUT, Channel, ECHOES_TIMEOUT, NO_REASON, ending, since};
use crate::route::Route;

/// What came back of the messages that were sent.
struct Echoes {
    began: Instant,
    /// Of each message the milliseconds that it took.
    ms: Vec<Option<f64>>,
}

/// How long messages take out and back.
pub(crate) async fn delay(route: &Route, plan: &Plan) -> Result<Delay, Trouble> {
    let (count, every) = (plan.sizes.messages, Duration::from_millis(plan.sizes.message_every_ms.into()));
    let (mut out, mut back) = Channel::open(route, "").await?.socket.split();
    let began = Instant::now();
    let mut echoes = Echoes { began, ms: vec![None; count as usize] };
    let sending = send(&mut out, began, count, every);
    let closed = {
        let hearing = echoes.hear(&mut back);
        tokio::pin!(hearing);
        tokio::select! {
            // Who has closed hears no more.
            closed = &mut hearing => closed,
            // However long sending took, the last have their time.
            () = sending => timeout(ECHOES_TIMEOUT, hearing).await.unwrap_or(None),
        }
    };
    let ms: Vec<f64> = echoes.ms.into_iter().flatten().collect();
    let end = if ms.len() == count as usize { ChannelEnd::Done } else { ending(closed) };
    Ok(Delay { sent: count, ms, end })
}

/// Sends this many messages at this interval; each carries its number and the time it was sent.
async fn send(out: &mut (impl Sink<Message> + Unpin), began: Instant, count: u32, every: Duration) {
    for at in 0..count {
        let message = format!("{at} {} {}", since(began), ".".repeat(100));
        if out.send(Message::text(message)).await.is_err() {
            break;
        }
        sleep(every).await;
    }
}

impl Echoes {
    /// Hears until all are back, or the connection is closed: then with the code.
    async fn hear(&mut self, back: &mut (impl Stream<Item = tungstenite::Result<Message>> + Unpin)) -> Option<u16> {
        loop {
            match back.next().await {
                Some(Ok(Message::Text(text))) => self.take(&text),
                Some(Ok(Message::Close(frame))) => return Some(frame.map_or(NO_REASON, |frame| frame.code.into())),
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => return Some(CUT),
            }
            if self.ms.iter().all(Option::is_some) {
                return None;
            }
        }
    }

    fn take(&mut self, text: &str) {
        let mut words = text.split(' ');
        let at = words.next().and_then(|word| word.parse::<usize>().ok());
        let sent = words.next().and_then(|word| word.parse::<f64>().ok());
        if let (Some(ms), Some(sent)) = (at.and_then(|at| self.ms.get_mut(at)), sent) {
            ms.get_or_insert(since(self.began) - sent);
        }
    }
}
