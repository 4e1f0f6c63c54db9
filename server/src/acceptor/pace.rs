//! How slowly a client may read its responses and finish its requests. actix-http limits only the
//! time of a connection's first request head. Without this, a client that reads a few bytes a
//! minute, or sends half of a second request, keeps its connection as long as it likes.

use std::{
    cell::Cell,
    future::Future,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

use super::{
    Stream,
    idle::{Connection, ConnectionSlot, closed},
};
use crate::config::Config;

/// The minimum rate at which a response must be read, in bytes a second; the slowest mobile
/// networks carry ten times that.
const BYTES_A_SECOND: usize = 1024;

/// Leave to take answers as slowly as one likes, for what has a rule of its own.
#[derive(Clone, Debug, Default)]
pub struct Leave(Rc<Cell<bool>>);

impl Leave {
    /// Gives it.
    pub fn give(&self) {
        self.0.set(true);
    }

    /// Gives it until what this returns is dropped: for a request that a facilitator may make and
    /// that takes long to arrive or to be answered.
    pub fn for_a_while(&self) -> LeaveForAWhile {
        LeaveForAWhile(Self(Rc::clone(&self.0)), self.0.replace(true))
    }
}

/// Leave that ends when this is dropped.
#[derive(Debug)]
pub struct LeaveForAWhile(Leave, bool);

impl Drop for LeaveForAWhile {
    fn drop(&mut self) {
        let Self(leave, was_given) = self;
        leave.0.set(*was_given);
    }
}

/// A connection on which HTTP is spoken.
#[derive(Debug)]
pub struct Paced {
    io: Stream,
    place: ConnectionSlot,
    leave: Leave,
    writing: Writing,
    reading: Reading,
}

impl Paced {
    /// With the limits of these settings, for one that has this place among the others and is
    /// closed when it was idle for so long.
    pub fn new(io: Stream, place: ConnectionSlot, config: &Config, idle: Duration) -> Self {
        let time_limit = config.live.write_timeout;
        let enough =
            BYTES_A_SECOND * usize::try_from(time_limit.as_secs().max(1)).unwrap_or(usize::MAX / BYTES_A_SECOND);
        let writing =
            Writing { time_limit, enough, taken: 0, waited: Duration::ZERO, since: None, alarm: Alarm::default() };
        let time_limit = idle + config.limits.header_timeout + config.limits.body_timeout;
        let reading = Reading { time_limit, since: None, alarm: Alarm::default() };
        Self { io, place, leave: Leave::default(), writing, reading }
    }

    /// The connection itself, for what is spoken after HTTP.
    pub fn into_inner(self) -> Stream {
        self.io
    }

    /// The connection as those who handle its requests see it.
    pub fn connection(&self) -> Rc<Connection> {
        self.place.connection()
    }

    /// What gives this connection leave.
    pub fn leave(&self) -> Leave {
        self.leave.clone()
    }
}

/// Wakes a task at a moment; made when it is first needed, and set again only when it rings too
/// early.
#[derive(Debug, Default)]
struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    /// Whether this moment is over. The task is woken when it is.
    fn rings(&mut self, at: Instant, cx: &mut Context<'_>) -> bool {
        if at <= Instant::now() {
            return true;
        }
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(at)));
        // It may be set to an earlier moment, of a request before; then it rings for nothing, once.
        if sleep.deadline() > at || sleep.is_elapsed() {
            sleep.as_mut().reset(at);
        }
        if sleep.as_mut().poll(cx).is_ready() {
            sleep.as_mut().reset(at);
            return sleep.as_mut().poll(cx).is_ready();
        }
        false
    }
}

/// How answers are taken. What counts is the time in which the client took nothing: an idle
/// connection costs it nothing.
#[derive(Debug)]
struct Writing {
    /// How long may be waited for `enough`.
    time_limit: Duration,
    enough: usize,
    taken: usize,
    waited: Duration,
    /// Since when nothing has been taken that is there to be.
    since: Option<Instant>,
    alarm: Alarm,
}

impl Writing {
    fn taken(&mut self, bytes: usize) {
        if let Some(since) = self.since.take() {
            self.waited += since.elapsed();
        }
        self.taken += bytes;
        if self.taken >= self.enough {
            (self.taken, self.waited) = (0, Duration::ZERO);
        }
    }

    /// Whether it was waited for long enough.
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        let since = *self.since.get_or_insert_with(Instant::now);
        self.alarm.rings(since + self.time_limit.saturating_sub(self.waited), cx)
    }
}

/// How requests arrive. A complete request is answered within its time limit, and a connection
/// without one is closed before that. If nothing was written for as long as both limits, what
/// arrived is an incomplete request.
#[derive(Debug)]
struct Reading {
    time_limit: Duration,
    /// Since when nothing was written.
    since: Option<Instant>,
    alarm: Alarm,
}

impl Reading {
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        self.since.is_some_and(|since| self.alarm.rings(since + self.time_limit, cx))
    }
}

fn too_slow() -> io::Error {
    io::ErrorKind::TimedOut.into()
}

impl AsyncRead for Paced {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { io, place, reading, writing, leave } = self.get_mut();
        if place.is_closed(cx) {
            return Poll::Ready(Err(closed()));
        }
        let read = Pin::new(io).poll_read(cx, buffer);
        // The timer does not restart with each byte: sending byte by byte must not gain time.
        reading.since.get_or_insert_with(Instant::now);
        if leave.0.get() {
            // It begins once leave has ended.
            reading.since = Some(Instant::now());
        }
        // A client that has not read the response yet is judged by how fast it reads.
        let counts = writing.since.is_none() && !leave.0.get();
        if counts && reading.is_over(cx) { Poll::Ready(Err(too_slow())) } else { read }
    }
}

impl AsyncWrite for Paced {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Self { io, place, leave, writing, reading } = self.get_mut();
        if place.is_closed(cx) {
            return Poll::Ready(Err(closed()));
        }
        reading.since = Some(Instant::now());
        match Pin::new(io).poll_write(cx, bytes) {
            Poll::Ready(Ok(taken)) => {
                writing.taken(taken);
                place.moved();
                Poll::Ready(Ok(taken))
            }
            Poll::Pending if !leave.0.get() && writing.is_over(cx) => Poll::Ready(Err(too_slow())),
            other => other,
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}
