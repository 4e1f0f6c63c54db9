//! One client's link: the only task that reads and writes its socket.
//!
//! When the socket can take bytes, the connection writes what is newest: receipts in order, then of each topic the
//! version that is newest at that moment. A slow client skips what is no longer true and costs no memory.

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
    ClientMessage, CloseCode, CommandId, Millis, Outcome, Rev, ServerMessage, VERSION,
    limits::{CLIENT_MESSAGE_BYTES, COMMANDS_IN_FLIGHT, MESSAGES_BURST, MESSAGES_PER_SECOND},
    topics::Topic,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    command::{self, Sender},
    frame::{Incoming, Reader, close_echo, ping_frame, pong_frame},
    hub::Ending,
    outgoing::Outgoing,
    publisher::POSTS,
    topic::encode,
    view::TOPICS,
    worker::{Membership, Ping},
};

/// How much is read from a socket at once, into memory that all connections of a worker share.
const READ_BYTES: usize = 16 * 1024;
/// How long a connection that is closing waits for the client to close too, in seconds.
pub const LINGER_SECONDS: u32 = 2;
/// How long a connection of a server that stops waits for its receipts, in seconds; a commit takes milliseconds, and a
/// command without a receipt is sent again elsewhere.
const RECEIPTS_SECONDS: u32 = 2;
/// When to send a command again that came while too many were waiting.
const IN_FLIGHT_RETRY_MS: u32 = 500;

thread_local! {
    static SCRATCH: RefCell<Box<[u8; READ_BYTES]>> = RefCell::new(Box::new([0; READ_BYTES]));
}

/// What a client holds from an earlier connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held {
    /// The revs of the audience's topics, in the order of [`TOPICS`]; 0 for none.
    pub topics: [Rev; TOPICS.len()],
    /// The rev of `me`; none if the client holds none.
    pub me: Option<Rev>,
}

impl Held {
    /// The newest rev of all: so far the client has seen the event.
    pub fn newest(&self) -> Rev {
        self.topics.into_iter().chain(self.me).max().unwrap_or_default()
    }
}

/// A client's link.
pub struct Connection<Io> {
    io: Io,
    membership: Membership,
    sender: Sender,
    reader: Reader,
    outgoing: Outgoing,
    /// The revs that the client holds, or will when all is written.
    held: Held,
    /// Commands that wait for their receipts, in order.
    pending: VecDeque<LocalBoxFuture<'static, ServerMessage>>,
    /// The answer to the client's newest ping.
    pong: Option<Bytes>,
    /// Messages that the client may still send now, and when that was reckoned.
    allowance: (u32, u32),
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
    pub fn new(
        io: Io,
        membership: Membership,
        sender: Sender,
        held: Held,
        me: Option<(Rev, Bytes)>,
        now: Millis,
    ) -> Self {
        let ping_ms = membership.worker.hub.settings.ping.as_millis() as u32;
        let mut outgoing = Outgoing::default();
        outgoing.push(encode(&ServerMessage::Hello { v: VERSION, now, ping_ms }));
        let allowance = (MESSAGES_BURST, membership.worker.now());
        let reader = Reader::new(CLIENT_MESSAGE_BYTES);
        let mut connection = Self {
            io,
            membership,
            sender,
            reader,
            outgoing,
            held,
            pending: VecDeque::new(),
            pong: None,
            allowance,
            phase: Phase::Open,
        };
        if let Some((rev, frame)) = me.filter(|(rev, _)| connection.held.me.is_none_or(|held| held < *rev)) {
            connection.push_me(rev, frame);
        }
        connection
    }

    /// Takes bytes that came behind the request to upgrade.
    pub fn receive_early(&mut self, bytes: &mut [u8]) {
        self.receive(bytes);
    }

    /// Does all that can be done now.
    fn poll_io(&mut self, cx: &mut Context<'_>) -> Result<(), Over> {
        self.membership.link.register(cx.waker());
        self.take_word();
        loop {
            let received = self.poll_read(cx)?;
            let answered = self.poll_pending(cx);
            self.poll_write(cx)?;
            if !(received || answered) {
                break;
            }
        }
        let now = self.membership.worker.now();
        if self.membership.link.linger_until.get().is_some_and(|until| now >= until) {
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
    fn take_word(&mut self) {
        let Some(word) = self.membership.link.word.take() else { return };
        if let Some((rev, frame)) = word.me {
            self.push_me(rev, frame);
        }
        if let Some(ending) = word.ending {
            self.end(&ending);
        }
    }

    /// Sends `me`, also with the rev that the client holds: what is read anew may say more than it did.
    fn push_me(&mut self, rev: Rev, frame: Bytes) {
        if self.phase == Phase::Open && self.held.me.is_none_or(|held| held <= rev) {
            self.held.me = Some(rev);
            self.outgoing.push(frame);
            self.membership.worker.hub.metrics.frames_sent.at(Topic::Me).inc();
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
                    self.membership.link.heard.set(self.membership.worker.now());
                    self.membership.link.ping.set(Ping::Idle);
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
                Ok(Some(_)) if !self.allow() => {
                    self.end(&Ending::new(
                        CloseCode::Policy,
                        "Too many messages: at most 10 a second for long, 60 at once.",
                    ));
                }
                Ok(Some(Incoming::Ping(payload))) => self.pong = Some(pong_frame(&payload)),
                // Binary never comes: this reader refuses it.
                Ok(Some(Incoming::Pong | Incoming::Binary(_))) => {}
                Ok(Some(Incoming::Text(text))) => self.take_message(&text),
                Err(code) => self.end(&Ending::new(code, framing_error(code))),
            }
        }
    }

    /// Whether the client may send one more message now.
    fn allow(&mut self) -> bool {
        let (left, since) = self.allowance;
        let now = self.membership.worker.now();
        let left = (now - since).saturating_mul(MESSAGES_PER_SECOND).saturating_add(left).min(MESSAGES_BURST);
        self.allowance = (left.saturating_sub(1), now);
        left > 0
    }

    fn take_message(&mut self, text: &str) {
        match serde_json::from_str(text) {
            Ok(ClientMessage::Ping) => self.outgoing.push(encode(&ServerMessage::Pong)),
            Ok(ClientMessage::Respond { cid, activity, round, answer }) => {
                if self.may_wait(cid) {
                    let receipt = command::respond(&self.membership, self.sender, cid, activity, round, answer);
                    self.pending.push_back(receipt);
                }
            }
            Ok(ClientMessage::Control { cid, control }) => {
                if self.may_wait(cid) {
                    let receipt = command::steer(&self.membership, self.sender, cid, control);
                    self.pending.push_back(receipt);
                }
            }
            Ok(ClientMessage::Post { cid, post }) => {
                if self.may_wait(cid) {
                    let receipt = command::post(&self.membership, self.sender, cid, post);
                    self.pending.push_back(receipt);
                }
            }
            Ok(ClientMessage::Moderate { cid, act }) => {
                if self.may_wait(cid) {
                    let receipt = command::moderate(&self.membership, self.sender, cid, act);
                    self.pending.push_back(receipt);
                }
            }
            Err(error) => {
                tracing::debug!(%error, "a client sent something else than a message");
                self.end(&Ending::new(CloseCode::Policy, "This is not a message of the protocol."));
            }
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
            let was_blocked = self.membership.link.unsent_since.get().is_some();
            if self.phase == Phase::Open && !was_blocked {
                self.refill();
            }
            if self.outgoing.is_empty() {
                return self.shut(cx);
            }
            let mut written = 0;
            let poll = self.outgoing.poll_write(Pin::new(&mut self.io), cx, &mut written);
            let (link, worker) = (&self.membership.link, &self.membership.worker);
            worker.count_bytes(written as u64);
            match poll {
                Poll::Ready(Ok(())) => link.unsent_since.set(None),
                Poll::Ready(Err(_)) => return Err(Over),
                Poll::Pending => {
                    if written > 0 || !was_blocked {
                        link.unsent_since.set(Some(worker.now()));
                    }
                    return Ok(());
                }
            }
            // While something older was on its way, something newer may have come; else nothing can have.
            if self.phase == Phase::Open && !was_blocked {
                return Ok(());
            }
        }
    }

    /// Takes what is to be sent now: answers to pings, and the newest version of each topic.
    fn refill(&mut self) {
        let Membership { link, share, worker, .. } = &self.membership;
        if let Some(pong) = self.pong.take() {
            self.outgoing.push(pong);
        }
        if link.ping.get() == Ping::Due {
            link.ping.set(Ping::Sent);
            self.outgoing.push(ping_frame());
        }
        let view = share.view();
        let labelled = if view.labelled.is_empty() { None } else { view.labelled.get(&self.membership.label()) };
        for (topic, (frame, held)) in view.frames.iter().zip(&mut self.held.topics).enumerate() {
            let Some(frame) = labelled.filter(|_| topic == POSTS).or(frame.as_ref()) else { continue };
            if let Some(bytes) = frame.bytes_from(*held) {
                self.outgoing.push(bytes.clone());
                *held = frame.rev;
                worker.count_frame(topic);
            }
        }
    }

    /// Ends the connection with a word to the client.
    fn end(&mut self, ending: &Ending) {
        if self.phase != Phase::Open {
            return;
        }
        if ending.code == CloseCode::Restart && !self.pending.is_empty() {
            self.phase = Phase::Leaving;
            self.membership.link.linger_until.set(Some(self.membership.worker.now() + RECEIPTS_SECONDS));
            return;
        }
        self.send_away(ending);
    }

    /// The receipts are out, or do not come: tells the client of a server that stops when to come back.
    fn say_goodbye(&mut self) {
        let ending = self.membership.worker.hub.restart_ending();
        self.send_away(&ending);
    }

    fn send_away(&mut self, ending: &Ending) {
        let [bye, close] = ending.frames();
        self.outgoing.push(bye);
        self.close(close, ending.code);
    }

    fn close(&mut self, frame: Bytes, code: CloseCode) {
        self.outgoing.push(frame);
        self.phase = Phase::Closing;
        let link = &self.membership.link;
        link.linger_until.set(Some(self.membership.worker.now() + LINGER_SECONDS));
        self.membership.closed_with(code);
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
