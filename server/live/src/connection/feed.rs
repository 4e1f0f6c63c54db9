//! What one client is told, however its bytes move: the newest version of each topic of its room,
//! its own answers, and that it is over.

use std::rc::Rc;

use bytes::Bytes;
use parterre_protocol::{CloseCode, Rev, ServerMessage, VERSION, topics::Topic};

use crate::{
    admission::places::Rank,
    commit::command::CommandContext,
    connection::{
        entry::ConnectionEntry,
        worker::{ConnectionGuard, Worker},
    },
    disconnect::Disconnect,
    room::{publisher::POSTS, topic::encode, view::TOPICS},
};

/// What a client holds from an earlier connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held {
    /// The revs of the audience's topics, in the order of [`TOPICS`]; 0 for none.
    pub topics: [Rev; TOPICS.len()],
    /// The rev of `me`; none if the client holds none.
    pub me: Option<Rev>,
}

impl Held {
    /// The newest rev of all: so far the client has seen the event. That of `presence` is a time.
    pub fn newest(&self) -> Rev {
        let revs = TOPICS.into_iter().zip(self.topics).filter(|(topic, _)| *topic != Topic::Presence);
        revs.map(|(_, rev)| rev).chain(self.me).max().unwrap_or_default()
    }
}

/// A client's place in its room, and how far it is there.
#[derive(Debug)]
pub struct Feed {
    guard: ConnectionGuard,
    /// The revs that the client holds, or will when all is written.
    held: Held,
}

impl Feed {
    /// Of a client that holds this.
    pub const fn new(guard: ConnectionGuard, held: Held) -> Self {
        Self { guard, held }
    }

    /// The worker that it is on.
    pub fn worker(&self) -> &Rc<Worker> {
        &self.guard.worker
    }

    /// What the worker knows of the client.
    pub fn entry(&self) -> &ConnectionEntry {
        &self.guard.entry
    }

    /// Who sends a command on it.
    pub fn context(&self) -> CommandContext<'_> {
        let ConnectionGuard { worker, subscription, entry, delayed, .. } = &self.guard;
        CommandContext { hub: &worker.hub, room: &subscription.room, principal: &entry.principal, delayed }
    }

    /// The first message.
    pub fn hello(&self) -> Bytes {
        let context = &self.worker().hub.context;
        let ping_ms = context.settings.ping.as_millis() as u32;
        encode(&ServerMessage::Hello { v: VERSION, now: context.clock.now(), ping_ms })
    }

    /// Tells the participant's answers as they were found when it came in, unless the client holds
    /// them.
    pub fn first(&mut self, me: Option<(Rev, Bytes)>, push: impl FnOnce(Bytes)) {
        if let Some((rev, frame)) = me.filter(|(rev, _)| self.held.me.is_none_or(|held| held < *rev)) {
            self.tell_me(rev, frame, push);
        }
    }

    /// What the worker was told to tell this client. Returns how it ends, if it does.
    pub fn take_pending(&mut self, push: impl FnOnce(Bytes)) -> Option<Disconnect> {
        let word = self.guard.entry.pending.take()?;
        // Also with the rev that the client holds: what is read anew may say more than it did.
        if let Some((rev, frame)) = word.me.filter(|(rev, _)| self.held.me.is_none_or(|held| held <= *rev)) {
            self.tell_me(rev, frame, push);
        }
        word.ending
    }

    /// How it ends, if the worker was told so; what else there was to tell is for whoever asks
    /// again.
    pub fn ending(&self) -> Option<Disconnect> {
        self.guard.entry.pending.take()?.ending
    }

    /// Whether its participant has another place in the room.
    pub fn sits_elsewhere(&self) -> bool {
        let ConnectionGuard { subscription, entry, .. } = &self.guard;
        entry.principal.participant().is_some_and(|participant| subscription.room.has_other_connection(participant))
    }

    fn tell_me(&mut self, rev: Rev, frame: Bytes, push: impl FnOnce(Bytes)) {
        self.held.me = Some(rev);
        self.worker().hub.context.metrics.frames_sent.at(Topic::Me).inc();
        push(frame);
    }

    /// Tells the newest version of each topic that the client does not hold.
    pub fn newest(&mut self, mut push: impl FnMut(Bytes)) {
        let ConnectionGuard { subscription, worker, .. } = &self.guard;
        let view = subscription.view();
        let labelled = if view.labelled.is_empty() { None } else { view.labelled.get(&self.guard.label()) };
        for (topic, (frame, held)) in view.frames.iter().zip(&mut self.held.topics).enumerate() {
            let Some(frame) = labelled.filter(|_| topic == POSTS).or(frame.as_ref()) else { continue };
            if let Some(bytes) = frame.bytes_from(*held) {
                push(bytes.clone());
                *held = frame.rev;
                worker.count_frame(topic);
            }
        }
    }

    /// Notes that a command of its own was stored.
    pub fn promote(&self) {
        self.guard.promote();
    }

    /// By what it has its place.
    pub fn rank(&self) -> Rank {
        self.guard.rank()
    }

    /// Notes the code that ends it.
    pub fn closed_with(&self, code: CloseCode) {
        self.guard.closed_with(code);
    }
}
