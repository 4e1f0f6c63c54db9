//! What a worker knows of a connection, and what it leaves there for the connection's task.

use std::{
    cell::{Cell, RefCell},
    task::Waker,
};

use bytes::Bytes;
use parterre_protocol::{CloseCode, EventId, Rev};

use crate::{
    admission::{places::Ticket, principal::Principal},
    disconnect::Disconnect,
};

/// What a worker knows of a connection, whose own task owns all the rest.
#[derive(Debug)]
pub struct ConnectionEntry {
    waker: RefCell<Option<Waker>>,
    /// What is pending from elsewhere, to be taken by the connection's task.
    pub pending: RefCell<Option<Box<Pending>>>,
    /// When the client was last heard, on the worker's clock.
    pub heard: Cell<u32>,
    /// Since when bytes wait to be written; none if none do.
    pub unsent_since: Cell<Option<u32>>,
    /// When a connection that is closing is given up.
    pub linger_until: Cell<Option<u32>>,
    /// Whether a ping is due, or sent and not yet answered.
    pub ping: Cell<Ping>,
    /// Who the client is.
    pub principal: Principal,
    pub(super) event: EventId,
    pub(super) generation: u32,
    pub(super) ticket: RefCell<Ticket>,
}

/// What the connection's task is to do.
#[derive(Debug, Default)]
pub struct Pending {
    /// Send this version of `me`.
    pub me: Option<(Rev, Bytes)>,
    /// End.
    pub ending: Option<Disconnect>,
}

/// Where a connection stands with pings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ping {
    /// The client was heard lately.
    Idle,
    /// The connection's task is to send one.
    Due,
    /// One was sent since the client was heard.
    Sent,
}

impl ConnectionEntry {
    /// Of a connection that was just taken in.
    pub(super) fn new(now: u32, principal: Principal, event: EventId, generation: u32, ticket: Ticket) -> Self {
        Self {
            waker: RefCell::default(),
            pending: RefCell::default(),
            heard: Cell::new(now),
            unsent_since: Cell::new(None),
            linger_until: Cell::new(None),
            ping: Cell::new(Ping::Idle),
            principal,
            event,
            generation,
            ticket: RefCell::new(ticket),
        }
    }

    /// Once a second: pings a client that is silent, and ends one that stays so or does not read.
    pub(super) fn sweep(&self, now: u32, ping: u32, pong: u32, unread: u32) {
        let silent = now - self.heard.get();
        if let Some(until) = self.linger_until.get() {
            if now >= until {
                self.wake();
            }
        } else if self.unsent_since.get().is_some_and(|since| now - since >= unread) {
            self.end(Disconnect::new(CloseCode::Silent, "The client did not read."));
        } else if silent >= ping + pong {
            self.end(Disconnect::new(CloseCode::Silent, "The client was silent for too long."));
        } else if silent >= ping && self.ping.get() == Ping::Idle {
            self.ping.set(Ping::Due);
            self.wake();
        }
    }

    /// Keeps the waker of the connection's task.
    pub fn register(&self, waker: &Waker) {
        let mut kept = self.waker.borrow_mut();
        if !kept.as_ref().is_some_and(|kept| kept.will_wake(waker)) {
            *kept = Some(waker.clone());
        }
    }

    pub(super) fn wake(&self) {
        if let Some(waker) = &*self.waker.borrow() {
            waker.wake_by_ref();
        }
    }

    pub(super) fn with_pending(&self, change: impl FnOnce(&mut Pending)) {
        change(self.pending.borrow_mut().get_or_insert_default());
        self.wake();
    }

    pub(super) fn end(&self, ending: Disconnect) {
        self.with_pending(|pending| pending.ending = Some(ending));
    }
}
