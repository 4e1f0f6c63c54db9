//! One client's link: the only task that reads and writes its socket.
//!
//! When the socket can take bytes, the connection writes what is newest: receipts in order, then of
//! each topic the version that is newest at that moment. A slow client skips what is no longer true
//! and costs no memory.

pub mod entry;
pub mod feed;
pub mod http_subscriber;
pub mod incoming;
pub mod outgoing;
pub mod worker;

use std::{
    cell::RefCell,
    collections::VecDeque,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use parterre_protocol::{
    ClientMessage, CloseCode, CommandId, Outcome, Rev, ServerMessage,
    limits::{CLIENT_MESSAGE_BYTES, COMMANDS_IN_FLIGHT},
};
use parterre_system::allowance::Bucket;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use self::{entry::Ping, feed::Feed, incoming::Unreadable, outgoing::Outgoing};
use crate::{
    commit::command,
    disconnect::Disconnect,
    frame::{Incoming, Reader, close_echo, ping_frame, pong_frame},
    room::{FLOOD, MESSAGES, topic::encode},
};

/// How much is read from a socket at once, into memory that all connections of a worker share.
const READ_BYTES: usize = 16 * 1024;
/// How long a connection that is closing waits for the client to close too, in seconds.
pub const LINGER_SECONDS: u32 = 2;
/// How long a connection of a server that stops waits for its receipts, in seconds; a commit takes
/// milliseconds, and a command without a receipt is sent again elsewhere.
const RECEIPTS_SECONDS: u32 = 2;
/// Answers that may wait to be written; with more, nothing is read from the client.
const ANSWERS: usize = 64;
/// When to send a command again that came while too many were waiting.
const IN_FLIGHT_RETRY_MS: u32 = 500;

thread_local! {
    static SCRATCH: RefCell<Box<[u8; READ_BYTES]>> = RefCell::new(Box::new([0; READ_BYTES]));
}

/// A client's link.
pub struct Connection<Io> {
    io: Io,
    feed: Feed,
    reader: Reader,
    outgoing: Outgoing,
    /// Commands that wait for their receipts, in order.
    pending: VecDeque<LocalBoxFuture<'static, ServerMessage>>,
    /// The answer to the client's newest ping.
    pong: Option<Bytes>,
    /// What the client may still send that is no command.
    others: Bucket,
    /// What it may still send of anything before it is a flood.
    flood: Bucket,
    phase: Phase,
}

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// The server stops: nothing more is taken, and the word to come back follows the receipts.
    Leaving,
    /// The close frame is on its way out.
    Closing,
    /// Our side is shut; what still comes is thrown away until the client closes.
    Lingering,
}

/// The socket is closed or broken, or was given up.
struct Over;

impl<Io: AsyncRead + AsyncWrite + Unpin> Connection<Io> {
    /// A connection on this socket. `me` is the participant's answers.
    pub fn new(io: Io, mut feed: Feed, me: Option<(Rev, Bytes)>) -> Self {
        let mut outgoing = Outgoing::default();
        outgoing.push(feed.hello());
        feed.first(me, |frame| outgoing.push(frame));
        let reader = Reader::new(CLIENT_MESSAGE_BYTES);
        let pending = VecDeque::new();
        let (others, flood) = (Bucket::default(), Bucket::default());
        Self { io, feed, reader, outgoing, pending, pong: None, others, flood, phase: Phase::Open }
    }

    /// Takes bytes that came behind the request to upgrade.
    pub fn receive_early(&mut self, bytes: &mut [u8]) {
        self.receive(bytes);
    }

    /// Does all that can be done now.
    fn poll_io(&mut self, cx: &mut Context<'_>) -> Result<(), Over> {
        self.feed.entry().register(cx.waker());
        self.take_pending();
        loop {
            // A client that does not read what it is answered is not read either: the socket wakes
            // this task again once it does.
            let heeded = self.phase != Phase::Open || self.outgoing.len() < ANSWERS;
            let received = heeded && self.poll_read(cx)?;
            let answered = self.poll_pending(cx);
            self.poll_write(cx)?;
            let freed = !heeded && self.outgoing.len() < ANSWERS;
            if !(received || answered || freed) {
                break;
            }
        }
        let now = self.feed.worker().now();
        if self.feed.entry().linger_until.get().is_some_and(|until| now >= until) {
            if self.phase != Phase::Leaving {
                return Err(Over);
            }
            self.pending.clear();
            self.say_goodbye();
            self.poll_write(cx)?;
        }
        Ok(())
    }

    /// What the worker was told to tell this connection.
    fn take_pending(&mut self) {
        let open = self.phase == Phase::Open;
        let ending = self.feed.take_pending(|frame| {
            if open {
                self.outgoing.push(frame)
            }
        });
        if let Some(ending) = ending {
            self.end(&ending);
        }
    }

    /// Reads what is there. True if anything was.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Result<bool, Over> {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(&mut scratch[..]);
            match Pin::new(&mut self.io).poll_read(cx, &mut buffer) {
                Poll::Pending => Ok(false),
                Poll::Ready(Err(_)) => Err(Over),
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => Err(Over),
                Poll::Ready(Ok(())) => {
                    self.feed.entry().heard.set(self.feed.worker().now());
                    self.feed.entry().ping.set(Ping::Idle);
                    self.receive(buffer.filled_mut());
                    Ok(true)
                }
            }
        })
    }

    fn receive(&mut self, mut bytes: &mut [u8]) {
        while self.phase == Phase::Open {
            match self.reader.next(&mut bytes) {
                Ok(None) => break,
                Ok(Some(Incoming::Close(code))) => self.close(close_echo(code), CloseCode::Normal),
                Ok(Some(_)) if self.flood.take(FLOOD, self.feed.worker().hub.context.lifecycle.uptime()).is_err() => {
                    self.end_flood()
                }
                Ok(Some(Incoming::Text(text))) => self.take_message(&text),
                Ok(Some(_)) if !self.allow_other() => {}
                Ok(Some(Incoming::Ping(payload))) => self.pong = Some(pong_frame(&payload)),
                // Binary never comes: this reader refuses it.
                Ok(Some(Incoming::Pong | Incoming::Binary(_))) => {}
                Err(code) => self.end(&Disconnect::new(code, framing_error(code))),
            }
        }
    }

    /// Whether the client may send one more message now that is no command; else it is sent away.
    /// Commands are counted where they are carried out, since they may come another way.
    fn allow_other(&mut self) -> bool {
        let allowed = self.others.take(MESSAGES, self.feed.worker().hub.context.lifecycle.uptime()).is_ok();
        if !allowed {
            self.end_flood();
        }
        allowed
    }

    fn end_flood(&mut self) {
        self.end(&Disconnect::new(CloseCode::Policy, "Too many messages: at most 10 a second for long, 60 at once."));
    }

    fn take_message(&mut self, text: &str) {
        match incoming::read(text.as_bytes()) {
            Ok(message) => self.take(message),
            Err(Unreadable::Command(refusal)) => {
                // Also where it is one too many, so that the client knows which to drop.
                self.outgoing.push(encode(&refusal));
                self.allow_other();
            }
            Err(Unreadable::Nameless(why)) => {
                let ending = Disconnect::new(CloseCode::Policy, "This is not a message of the protocol.");
                self.end(&ending.detail(format!("This is not a message of the protocol: it {why}.")));
            }
        }
    }

    fn take(&mut self, message: ClientMessage) {
        let Some(cid) = message.cid() else {
            if self.allow_other() {
                self.outgoing.push(encode(&ServerMessage::Pong));
            }
            return;
        };
        if self.may_wait(cid) {
            self.pending.push_back(command::carry_out(self.feed.context(), message));
        }
    }

    /// Whether one more command may wait for its receipt; else it is told to come later.
    fn may_wait(&mut self, cid: CommandId) -> bool {
        let room = self.pending.len() < COMMANDS_IN_FLIGHT;
        if !room {
            let outcome = Outcome::Later { retry_ms: IN_FLIGHT_RETRY_MS };
            self.outgoing.push(encode(&ServerMessage::Receipt { cid, outcome }));
        }
        room
    }

    /// Takes receipts that are there. True if any was.
    fn poll_pending(&mut self, cx: &mut Context<'_>) -> bool {
        let mut any = false;
        while let Some(first) = self.pending.front_mut() {
            let Poll::Ready(receipt) = first.as_mut().poll(cx) else { break };
            self.pending.pop_front();
            if matches!(receipt, ServerMessage::Receipt { outcome: Outcome::Stored { .. }, .. }) {
                self.feed.promote();
            }
            if matches!(self.phase, Phase::Open | Phase::Leaving) {
                self.outgoing.push(encode(&receipt));
            }
            any = true;
        }
        if self.pending.is_empty() {
            self.pending = VecDeque::new();
            if self.phase == Phase::Leaving {
                self.say_goodbye();
            }
        }
        any
    }

    /// Writes what waits, then what is newest, until there is nothing or the socket takes no more.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Result<(), Over> {
        loop {
            let was_blocked = self.feed.entry().unsent_since.get().is_some();
            if self.phase == Phase::Open && !was_blocked {
                self.refill();
            }
            if self.outgoing.is_empty() {
                return self.shut(cx);
            }
            let mut written = 0;
            let poll = self.outgoing.poll_write(Pin::new(&mut self.io), cx, &mut written);
            let (entry, worker) = (self.feed.entry(), self.feed.worker());
            worker.count_bytes(written as u64);
            match poll {
                Poll::Ready(Ok(())) => entry.unsent_since.set(None),
                Poll::Ready(Err(_)) => return Err(Over),
                Poll::Pending => {
                    if written > 0 || !was_blocked {
                        entry.unsent_since.set(Some(worker.now()));
                    }
                    return Ok(());
                }
            }
            // While something older was on its way, something newer may have come; else nothing can
            // have.
            if self.phase == Phase::Open && !was_blocked {
                return Ok(());
            }
        }
    }

    /// Takes what is to be sent now: answers to pings, and the newest version of each topic.
    fn refill(&mut self) {
        if let Some(pong) = self.pong.take() {
            self.outgoing.push(pong);
        }
        let entry = self.feed.entry();
        if entry.ping.get() == Ping::Due {
            entry.ping.set(Ping::Sent);
            self.outgoing.push(ping_frame());
        }
        self.feed.newest(|frame| self.outgoing.push(frame));
    }

    /// Ends the connection with a word to the client.
    fn end(&mut self, ending: &Disconnect) {
        if self.phase != Phase::Open {
            return;
        }
        if ending.code == CloseCode::Restart && !self.pending.is_empty() {
            self.phase = Phase::Leaving;
            self.feed.entry().linger_until.set(Some(self.feed.worker().now() + RECEIPTS_SECONDS));
            return;
        }
        self.send_away(ending);
    }

    /// The receipts are out, or do not come: tells the client of a server that stops when to come
    /// back.
    fn say_goodbye(&mut self) {
        let ending = self.feed.worker().hub.context.lifecycle.restart_ending();
        self.send_away(&ending);
    }

    fn send_away(&mut self, ending: &Disconnect) {
        let [bye, close] = ending.frames();
        self.outgoing.push(bye);
        self.close(close, ending.code);
    }

    fn close(&mut self, frame: Bytes, code: CloseCode) {
        self.outgoing.push(frame);
        self.phase = Phase::Closing;
        let entry = self.feed.entry();
        entry.linger_until.set(Some(self.feed.worker().now() + LINGER_SECONDS));
        self.feed.closed_with(code);
    }

    /// Once the close frame is out, shuts our side.
    fn shut(&mut self, cx: &mut Context<'_>) -> Result<(), Over> {
        if self.phase == Phase::Closing {
            match Pin::new(&mut self.io).poll_shutdown(cx) {
                Poll::Ready(Ok(())) => self.phase = Phase::Lingering,
                Poll::Ready(Err(_)) => return Err(Over),
                Poll::Pending => {}
            }
        }
        Ok(())
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Future for Connection<Io> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.poll_io(cx) {
            Ok(()) => Poll::Pending,
            Err(Over) => Poll::Ready(()),
        }
    }
}

/// What was wrong with a frame, in words.
fn framing_error(code: CloseCode) -> &'static str {
    match code {
        CloseCode::Unsupported => "This protocol is text; binary messages are not read.",
        CloseCode::NotUtf8 => "A text message was not UTF-8.",
        CloseCode::TooBig => "A message may have at most 16 KiB.",
        _ => "The bytes are not WebSocket frames as RFC 6455 has them.",
    }
}
