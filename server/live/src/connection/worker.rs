//! The connections of one worker thread. Nothing in here is shared with another thread but through
//! the mailbox and the rooms' views, so nothing is locked on the way out.

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, hash_map::Entry},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use parterre_protocol::{CloseCode, EventId, LabelId, topics::Audience};
use slab::Slab;
use tokio::{
    sync::{mpsc, watch},
    task::{spawn_local, yield_now},
};

use super::entry::ConnectionEntry;
use crate::{
    admission::{
        places::{Newcomer, Rank},
        principal::Principal,
    },
    disconnect::Disconnect,
    hub::Hub,
    room::{
        Inbound, Room,
        view::{TOPICS, View},
    },
    workers::{ConnectionId, WorkerCommand},
};

/// So many connections are woken before they get their turn: few enough that what waking touched of
/// each is still in the processor's cache then.
const WOKEN_TOGETHER: usize = 60;
/// How often a worker looks for silent connections; the unit of its clock.
const SWEEP: Duration = Duration::from_secs(1);
/// How often some of the connections are ended while the server stops.
const END_STEP: Duration = Duration::from_millis(20);

/// One worker thread's connections.
#[derive(Debug)]
pub struct Worker {
    /// What all workers share.
    pub hub: Arc<Hub>,
    index: u16,
    generations: Cell<u32>,
    /// Seconds since the worker started: enough to tell silence.
    now: Cell<u32>,
    entries: RefCell<Slab<Rc<ConnectionEntry>>>,
    subscriptions: RefCell<HashMap<(EventId, Audience), Rc<Subscription>>>,
    /// Frames sent since the last sweep, in the order of [`TOPICS`].
    frames: Cell<[u64; TOPICS.len()]>,
    /// Bytes sent since the last sweep.
    bytes: Cell<u64>,
}

/// The connections of one audience of one room on this worker.
#[derive(Debug)]
pub struct Subscription {
    /// The room.
    pub room: Arc<Room>,
    /// The audience.
    pub audience: Audience,
    view: RefCell<Arc<View>>,
    members: RefCell<Slab<Rc<ConnectionEntry>>>,
}

/// A connection's place in its worker and its room; leaves both when dropped.
#[derive(Debug)]
pub struct ConnectionGuard {
    /// The worker.
    pub worker: Rc<Worker>,
    /// Its subscription to the room.
    pub subscription: Rc<Subscription>,
    /// What the worker knows of this connection.
    pub entry: Rc<ConnectionEntry>,
    /// Commands that wait for the room to catch up.
    pub delayed: Rc<Cell<usize>>,
    key: u32,
    member_key: u32,
    /// The code that ended it; none while it is open, or if it was lost.
    code: Cell<Option<CloseCode>>,
}

impl Worker {
    /// A worker of the hub, on the current thread; starts its tasks there.
    pub fn start(hub: Arc<Hub>) -> Rc<Self> {
        let (index, mailbox) = hub.context.workers.add();
        let worker = Rc::new(Self {
            hub,
            index,
            generations: Cell::new(0),
            now: Cell::new(0),
            entries: RefCell::default(),
            subscriptions: RefCell::default(),
            frames: Cell::default(),
            bytes: Cell::default(),
        });
        spawn_local(Rc::clone(&worker).handle_commands(mailbox));
        spawn_local(Rc::clone(&worker).sweep());
        worker
    }

    /// The worker's clock, in seconds.
    pub fn now(&self) -> u32 {
        self.now.get()
    }

    /// Counts a frame of a topic of an audience.
    pub fn count_frame(&self, topic: usize) {
        let mut frames = self.frames.get();
        frames[topic] += 1;
        self.frames.set(frames);
    }

    /// Counts bytes that the kernel took.
    pub fn count_bytes(&self, bytes: u64) {
        self.bytes.set(self.bytes.get() + bytes);
    }

    /// Takes a connection in.
    pub fn enter(
        self: &Rc<Self>,
        room: Arc<Room>,
        audience: Audience,
        principal: Principal,
        newcomer: Newcomer,
    ) -> Result<ConnectionGuard, Disconnect> {
        let generation = self.generations.get().wrapping_add(1);
        let id = ConnectionId { worker: self.index, key: self.entries.borrow().vacant_key() as u32, generation };
        let ticket = self.hub.capacity.admit(&room, newcomer, id)?;
        self.hub.context.metrics.connections.at(audience).inc();
        self.generations.set(generation);
        let entry = Rc::new(ConnectionEntry::new(self.now(), principal, room.event, generation, ticket));
        let subscription = self.subscription(room, audience);
        let key = self.entries.borrow_mut().insert(Rc::clone(&entry)) as u32;
        let member_key = subscription.members.borrow_mut().insert(Rc::clone(&entry)) as u32;
        let (delayed, code) = (Rc::default(), Cell::new(None));
        let guard = ConnectionGuard { worker: Rc::clone(self), subscription, entry, delayed, key, member_key, code };
        guard.announce();
        Ok(guard)
    }

    fn subscription(self: &Rc<Self>, room: Arc<Room>, audience: Audience) -> Rc<Subscription> {
        let key = (room.event, audience);
        if let Some(subscription) =
            self.subscriptions.borrow().get(&key).filter(|subscription| Arc::ptr_eq(&subscription.room, &room))
        {
            return Rc::clone(subscription);
        }
        let views = room.view(audience);
        let view = RefCell::new(Arc::clone(&views.borrow()));
        let subscription = Rc::new(Subscription { room, audience, view, members: RefCell::default() });
        self.subscriptions.borrow_mut().insert(key, Rc::clone(&subscription));
        spawn_local(Rc::clone(self).fan_out(Rc::clone(&subscription), views));
        subscription
    }

    /// Wakes every connection of a subscription when there is something new; which is the newest,
    /// each finds out when it can write. Ends with the room.
    async fn fan_out(self: Rc<Self>, subscription: Rc<Subscription>, mut views: watch::Receiver<Arc<View>>) {
        while views.changed().await.is_ok() {
            *subscription.view.borrow_mut() = Arc::clone(&views.borrow_and_update());
            let mut from = 0;
            while let Some(next) = subscription.wake_some(from) {
                from = next;
                yield_now().await;
                // What came meanwhile is for those who come in or have not had their turn; the next
                // pass is for the rest.
                *subscription.view.borrow_mut() = Arc::clone(&views.borrow());
            }
        }
        let key = (subscription.room.event, subscription.audience);
        if let Entry::Occupied(kept) = self.subscriptions.borrow_mut().entry(key)
            && Rc::ptr_eq(kept.get(), &subscription)
        {
            kept.remove();
        }
    }

    async fn handle_commands(self: Rc<Self>, mut mailbox: mpsc::UnboundedReceiver<WorkerCommand>) {
        while let Some(command) = mailbox.recv().await {
            match command {
                WorkerCommand::End(id, ending) => self.with_entry(id, |entry| entry.end(ending)),
                WorkerCommand::Me(id, rev, frame) => {
                    self.with_entry(id, |entry| entry.with_pending(|pending| pending.me = Some((rev, frame))))
                }
                WorkerCommand::Promote(id) => {
                    self.with_entry(id, |entry| self.hub.capacity.promote(&mut entry.ticket.borrow_mut()))
                }
                WorkerCommand::EndEvent(event, ending) => {
                    for (_, entry) in self.entries.borrow().iter().filter(|(_, entry)| entry.event == event) {
                        entry.end(ending.clone());
                    }
                }
                WorkerCommand::EndAll(over) => drop(spawn_local(Rc::clone(&self).end_all(over))),
            }
        }
    }

    /// Ends all connections, a few at a time, evenly over this time.
    async fn end_all(self: Rc<Self>, over: Duration) {
        // Nobody comes in any more: nobody was admitted since before this was asked for.
        let entries: Vec<_> = self.entries.borrow().iter().map(|(_, entry)| Rc::clone(entry)).collect();
        let steps = (over.as_millis() / END_STEP.as_millis()).max(1) as usize;
        let mut step = tokio::time::interval(END_STEP);
        for group in entries.chunks(entries.len().div_ceil(steps).max(1)) {
            if !over.is_zero() {
                step.tick().await;
            }
            group.iter().for_each(|entry| entry.end(self.hub.context.lifecycle.restart_ending()));
        }
    }

    fn with_entry(&self, id: ConnectionId, act: impl FnOnce(&ConnectionEntry)) {
        let entries = self.entries.borrow();
        if let Some(entry) = entries.get(id.key as usize).filter(|entry| entry.generation == id.generation) {
            act(entry);
        }
    }

    /// Once a second: moves the clock, pings who is silent, ends who stays so or does not read.
    async fn sweep(self: Rc<Self>) {
        let mut tick = tokio::time::interval(SWEEP);
        let settings = &self.hub.context.settings;
        let [ping, pong, unread] =
            [settings.ping, settings.pong_timeout, settings.write_timeout].map(|limit| limit.as_secs().max(1) as u32);
        loop {
            tick.tick().await;
            let now = self.now() + 1;
            self.now.set(now);
            for (_, entry) in self.entries.borrow().iter() {
                entry.sweep(now, ping, pong, unread);
            }
            for (topic, frames) in TOPICS.into_iter().zip(self.frames.take()) {
                self.hub.context.metrics.frames_sent.at(topic).inc_by(frames);
            }
            self.hub.context.metrics.bytes_sent.inc_by(self.bytes.take());
        }
    }
}

impl Subscription {
    /// Wakes some connections, from this key on. The key to go on from; none after the last.
    fn wake_some(&self, from: usize) -> Option<usize> {
        let members = self.members.borrow();
        let next = from + WOKEN_TOGETHER;
        (from..next).filter_map(|key| members.get(key)).for_each(|entry| entry.wake());
        (next < members.capacity()).then_some(next)
    }

    /// What the audience sees.
    pub fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.borrow())
    }
}

impl ConnectionGuard {
    /// Makes known who has come: to the room, and to those who look after rights. A device's oldest
    /// connection ends where this is one too many.
    fn announce(&self) {
        let (context, room) = (&self.worker.hub.context, &self.subscription.room);
        if let Some(participant) = self.entry.principal.participant() {
            let oldest = room.connections_by_participant().add(participant, self.id());
            if let Some(oldest) = oldest {
                let ending = Disconnect::new(
                    CloseCode::Replaced,
                    "This device is connected too many times; its oldest connection was closed.",
                );
                context.workers.tell(oldest, |id| WorkerCommand::End(id, ending));
            }
            room.send(Inbound::Presence);
        } else {
            room.add_viewer(self.subscription.audience, self.label());
        }
        if let Some(right) = self.entry.principal.right() {
            self.worker.hub.rights.hold(self.id(), room.event, right);
        }
    }

    /// Notes the code that ends the connection.
    pub fn closed_with(&self, code: CloseCode) {
        self.code.set(Some(code));
    }

    /// By what it has its place.
    pub fn rank(&self) -> Rank {
        self.entry.ticket.borrow().rank()
    }

    /// Notes that its phone has sent something.
    pub fn promote(&self) {
        self.worker.hub.capacity.promote(&mut self.entry.ticket.borrow_mut());
    }

    /// Which label a speaker sees; none: all.
    pub fn label(&self) -> Option<LabelId> {
        if let Principal::Holder(holder) = &self.entry.principal { holder.label } else { None }
    }

    fn id(&self) -> ConnectionId {
        ConnectionId { worker: self.worker.index, key: self.key, generation: self.entry.generation }
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        self.worker.entries.borrow_mut().remove(self.key as usize);
        self.subscription.members.borrow_mut().remove(self.member_key as usize);
        let room = &self.subscription.room;
        if self.entry.principal.right().is_some() {
            self.worker.hub.rights.release(self.id());
        }
        if let Some(participant) = self.entry.principal.participant() {
            room.connections_by_participant().leave(participant, self.id());
            room.send(Inbound::Presence);
        } else {
            room.remove_viewer(self.subscription.audience, self.label());
        }
        self.worker.hub.capacity.dismiss(room, &self.entry.ticket.borrow());
        self.worker.hub.context.metrics.connections.at(self.subscription.audience).dec();
        self.worker.hub.context.metrics.closes.at(self.code.get()).inc();
    }
}
