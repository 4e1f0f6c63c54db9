//! A client that is told by the answers to its requests, where no WebSocket gets through.
//!
//! It is one of its room like all others: the newest wins, nothing waits in a queue. Only what it
//! sends comes another way.

use std::{
    future::poll_fn,
    mem,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use parterre_protocol::{CloseCode, Rev, ServerMessage};
use tokio::time::sleep;

use crate::{
    admission::places::Rank,
    connection::{entry::Ping, feed::Feed},
    disconnect::Disconnect,
    frame::message,
    room::topic::encode,
};

/// How long who asks again and again is still here after an answer, in seconds: longer than any way
/// there and back.
const LINGER_SECONDS: u32 = 8;
/// The same for who was invited: they are not counted as being here, but what is made for them
/// alone would be made anew.
const LINGER_SECONDS_INVITED: u32 = 2;

/// A client that hears and does not speak.
#[derive(Debug)]
pub struct HttpSubscriber {
    feed: Feed,
    /// What is to be told before anything else.
    first: Vec<Bytes>,
    over: bool,
}

impl HttpSubscriber {
    /// With the participant's answers.
    pub fn new(mut feed: Feed, me: Option<(Rev, Bytes)>) -> Self {
        let mut first = Vec::new();
        feed.first(me, |frame| first.push(message(&frame)));
        Self { feed, first, over: false }
    }

    /// The first message of every answer.
    pub fn hello(&self) -> Bytes {
        message(&self.feed.hello())
    }

    /// What the client is to be told now, as finished messages; pending while there is nothing.
    pub fn poll_news(&mut self, cx: &mut Context<'_>) -> Poll<Vec<Bytes>> {
        self.feed.entry().register(cx.waker());
        let mut news = mem::take(&mut self.first);
        let ending = self.feed.take_pending(|frame| news.push(message(&frame)));
        self.feed.newest(|frame| news.push(message(&frame)));
        if self.feed.entry().ping.get() == Ping::Due && news.is_empty() {
            // So that the client knows that the server is there, and the server that the client
            // still takes something.
            news.push(message(&encode(&ServerMessage::Pong)));
        }
        if let Some(ending) = ending {
            news.push(bye(&ending));
            self.feed.closed_with(ending.code);
            self.over = true;
        }
        if news.is_empty() {
            return Poll::Pending;
        }
        let (entry, worker) = (self.feed.entry(), self.feed.worker());
        entry.heard.set(worker.now());
        entry.ping.set(Ping::Idle);
        worker.count_bytes(news.iter().map(|message| message.len() as u64).sum());
        Poll::Ready(news)
    }

    /// Whether the client was sent away.
    pub const fn is_over(&self) -> bool {
        self.over
    }

    /// Keeps the client's place until it has asked again, so that nobody seems to come and go with
    /// every question. What is new waits for the next one.
    pub async fn linger(self) {
        let sent_away = poll_fn(|cx| {
            self.feed.entry().register(cx.waker());
            self.feed.ending().map_or(Poll::Pending, Poll::Ready)
        });
        let seconds = match self.feed.rank() {
            // Nobody is told whether they are here: they take no place while they ask for nothing.
            Rank::Onlooker => 0,
            Rank::Joined | Rank::Active => LINGER_SECONDS,
            Rank::Invited => LINGER_SECONDS_INVITED,
        };
        let asked_again = async {
            for _ in 0..seconds {
                sleep(Duration::from_secs(1)).await;
                if self.feed.sits_elsewhere() {
                    break;
                }
            }
        };
        tokio::select! {
            ending = sent_away => self.feed.closed_with(ending.code),
            () = asked_again => self.feed.closed_with(CloseCode::Normal),
        }
    }
}

/// The message that tells of an end.
pub fn bye(ending: &Disconnect) -> Bytes {
    message(&encode(&ending.bye()))
}
