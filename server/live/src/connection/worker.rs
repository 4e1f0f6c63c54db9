//! The connections of one worker thread. Nothing in here is shared with another thread but through the mailbox and the
//! rooms' views, so nothing is locked on the way out.

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, hash_map::Entry},
    rc::Rc,
    sync::Arc,
    task::Waker,
    time::Duration,
};

use bytes::Bytes;
use parterre_protocol::{CloseCode, EventId, LabelId, Rev, topics::Audience};
use slab::Slab;
use tokio::{
    sync::{mpsc, watch},
    task::{spawn_local, yield_now},
};

use crate::{
    admission::{
        places::{Newcomer, Rank, Ticket},
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

/// So many connections are woken before they get their turn: few enough that what waking touched of each is still in the
/// processor's cache then.
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
    links: RefCell<Slab<Rc<ConnectionEntry>>>,
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
    event: EventId,
    generation: u32,
    ticket: RefCell<Ticket>,
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

/// A connection's place in its worker and its room; leaves both when dropped.
#[derive(Debug)]
pub struct ConnectionGuard {
    /// The worker.
    pub worker: Rc<Worker>,
    /// Its subscription to the room.
    pub subscription: Rc<Subscription>,
    /// What the worker knows of this connection.
    pub link: Rc<ConnectionEntry>,
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
            links: RefCell::default(),
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
        let place = ConnectionId { worker: self.index, key: self.links.borrow().vacant_key() as u32, generation };
        let ticket = RefCell::new(self.hub.capacity.admit(&room, newcomer, place)?);
        self.hub.context.metrics.connections.at(audience).inc();
        self.generations.set(generation);
        let link = Rc::new(ConnectionEntry {
            waker: RefCell::default(),
            pending: RefCell::default(),
            heard: Cell::new(self.now()),
            unsent_since: Cell::new(None),
            linger_until: Cell::new(None),
            ping: Cell::new(Ping::Idle),
            principal,
            event: room.event,
            generation,
            ticket,
        });
        let subscription = self.subscription(room, audience);
        let key = self.links.borrow_mut().insert(Rc::clone(&link)) as u32;
        let member_key = subscription.members.borrow_mut().insert(Rc::clone(&link)) as u32;
        let (delayed, code) = (Rc::default(), Cell::new(None));
        let guard = ConnectionGuard { worker: Rc::clone(self), subscription, link, delayed, key, member_key, code };
        if let Some(participant) = guard.link.principal.participant() {
            let oldest = guard.subscription.room.connections_by_participant().add(participant, guard.place());
            if let Some(oldest) = oldest {
                let ending = Disconnect::new(
                    CloseCode::Replaced,
                    "This device is connected too many times; its oldest connection was closed.",
                );
                self.hub.context.workers.tell(oldest, |place| WorkerCommand::End(place, ending));
            }
            guard.subscription.room.send(Inbound::Presence);
        } else {
            guard.subscription.room.add_viewer(audience, guard.label());
        }
        if let Some(right) = guard.link.principal.right() {
            self.hub.rights.hold(guard.place(), guard.subscription.room.event, right);
        }
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

    /// Wakes every connection of a subscription when there is something new; which is the newest, each finds out when it can
    /// write. Ends with the room.
    async fn fan_out(self: Rc<Self>, subscription: Rc<Subscription>, mut views: watch::Receiver<Arc<View>>) {
        while views.changed().await.is_ok() {
            *subscription.view.borrow_mut() = Arc::clone(&views.borrow_and_update());
            let mut from = 0;
            while let Some(next) = subscription.wake_some(from) {
                from = next;
                yield_now().await;
                // What came meanwhile is for those who come in or have not had their turn; the next pass is for the rest.
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
                WorkerCommand::End(place, ending) => self.with_link(place, |link| link.end(ending)),
                WorkerCommand::Me(place, rev, frame) => {
                    self.with_link(place, |link| link.with_pending(|pending| pending.me = Some((rev, frame))))
                }
                WorkerCommand::Promote(place) => {
                    self.with_link(place, |link| self.hub.capacity.promote(&mut link.ticket.borrow_mut()))
                }
                WorkerCommand::EndEvent(event, ending) => {
                    for (_, link) in self.links.borrow().iter().filter(|(_, link)| link.event == event) {
                        link.end(ending.clone());
                    }
                }
                WorkerCommand::EndAll(over) => drop(spawn_local(Rc::clone(&self).end_all(over))),
            }
        }
    }

    /// Ends all connections, a few at a time, evenly over this time.
    async fn end_all(self: Rc<Self>, over: Duration) {
        // Nobody comes in any more: the hub admits nobody since before this was asked for.
        let links: Vec<_> = self.links.borrow().iter().map(|(_, link)| Rc::clone(link)).collect();
        let steps = (over.as_millis() / END_STEP.as_millis()).max(1) as usize;
        let mut step = tokio::time::interval(END_STEP);
        for group in links.chunks(links.len().div_ceil(steps).max(1)) {
            if !over.is_zero() {
                step.tick().await;
            }
            group.iter().for_each(|link| link.end(self.hub.context.lifecycle.restart_ending()));
        }
    }

    fn with_link(&self, place: ConnectionId, act: impl FnOnce(&ConnectionEntry)) {
        let links = self.links.borrow();
        if let Some(link) = links.get(place.key as usize).filter(|link| link.generation == place.generation) {
            act(link);
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
            for (_, link) in self.links.borrow().iter() {
                link.look(now, ping, pong, unread);
            }
            for (topic, frames) in TOPICS.into_iter().zip(self.frames.take()) {
                self.hub.context.metrics.frames_sent.at(topic).inc_by(frames);
            }
            self.hub.context.metrics.bytes_sent.inc_by(self.bytes.take());
        }
    }
}

impl ConnectionEntry {
    fn look(&self, now: u32, ping: u32, pong: u32, unread: u32) {
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

    fn wake(&self) {
        if let Some(waker) = &*self.waker.borrow() {
            waker.wake_by_ref();
        }
    }

    fn with_pending(&self, change: impl FnOnce(&mut Pending)) {
        change(self.pending.borrow_mut().get_or_insert_default());
        self.wake();
    }

    fn end(&self, ending: Disconnect) {
        self.with_pending(|pending| pending.ending = Some(ending));
    }
}

impl Subscription {
    /// Wakes some connections, from this key on. The key to go on from; none after the last.
    fn wake_some(&self, from: usize) -> Option<usize> {
        let members = self.members.borrow();
        let next = from + WOKEN_TOGETHER;
        (from..next).filter_map(|key| members.get(key)).for_each(|link| link.wake());
        (next < members.capacity()).then_some(next)
    }

    /// What the audience sees.
    pub fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.borrow())
    }
}

impl ConnectionGuard {
    /// Notes the code that ends the connection.
    pub fn closed_with(&self, code: CloseCode) {
        self.code.set(Some(code));
    }

    /// By what it has its place.
    pub fn rank(&self) -> Rank {
        self.link.ticket.borrow().rank()
    }

    /// Notes that its phone has sent something.
    pub fn promote(&self) {
        self.worker.hub.capacity.promote(&mut self.link.ticket.borrow_mut());
    }

    /// Which label a speaker sees; none: all.
    pub fn label(&self) -> Option<LabelId> {
        if let Principal::Holder(holder) = &self.link.principal { holder.label } else { None }
    }

    fn place(&self) -> ConnectionId {
        ConnectionId { worker: self.worker.index, key: self.key, generation: self.link.generation }
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        self.worker.links.borrow_mut().remove(self.key as usize);
        self.subscription.members.borrow_mut().remove(self.member_key as usize);
        let room = &self.subscription.room;
        if self.link.principal.right().is_some() {
            self.worker.hub.rights.release(self.place());
        }
        if let Some(participant) = self.link.principal.participant() {
            room.connections_by_participant().leave(participant, self.place());
            room.send(Inbound::Presence);
        } else {
            room.remove_viewer(self.subscription.audience, self.label());
        }
        self.worker.hub.capacity.dismiss(room, &self.link.ticket.borrow());
        self.worker.hub.context.metrics.connections.at(self.subscription.audience).dec();
        self.worker.hub.context.metrics.closes.at(self.code.get()).inc();
    }
}
