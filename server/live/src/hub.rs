//! The connections and rooms of this node: what workers, rooms and pages share.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use parterre_domain::{
    event::JoinCode,
    ids::{LinkId, NodeId},
};
use parterre_protocol::{Act, CloseCode, CommandId, Control, EventId, Millis, Outcome, ParticipantId, Rev};
use parterre_store::{Actor, ModerationOutcome, NewJob, Store, StoreError};
use parterre_system::{clock::Clock, metrics::Metrics, random, tasks::Tasks};
use tokio::{
    sync::{Notify, OnceCell, Semaphore, SemaphorePermit, mpsc},
    time::timeout,
};
use uuid::Uuid;

use crate::{
    admission::{
        self, AdmissionLimiters,
        places::{Bounds, Newcomer, Places, Rank, Ticket},
        rights::{self, Rights},
    },
    cluster::bus::{Bus, EVERYWHERE, Hint, Notification, Signal},
    commit::{
        Committer,
        lookup::{self, Lookups},
    },
    connection::worker::WorkerCommand,
    disconnect::Disconnect,
    room::{Inbound, Room, connections::ConnectionId, lock, me::me_frame},
    settings::{Live, NodeSettings},
    traffic::Traffic,
};

/// Participants who are read again at the same time: as many as read a database file side by side.
const REFRESHED_TOGETHER: usize = 4;
/// So many who come to a full node and say that they were invited are looked up at the same time, and for so long the
/// others wait for their turn: strangers say so too.
const LOOKED_UP_TOGETHER: usize = 32;
const LOOKED_UP_WITHIN: Duration = Duration::from_secs(2);

/// From how many milliseconds on a clock that was set is worth a word.
const CLOCK_DIFFERS: Millis = 2000;

/// All that is live on this node.
pub struct Hub {
    /// The truth.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// The figures.
    pub metrics: Metrics,
    /// The settings.
    pub settings: Live,
    /// This run of this node, as other nodes know it.
    pub node: NodeId,
    /// Who has a place on this node.
    places: Mutex<Places>,
    /// How many who say that they were invited are looked up at the same time once the node is full.
    looked_up: Semaphore,
    /// The ways in.
    pub admission: AdmissionLimiters,
    /// Grouped commits.
    pub committer: Committer,
    /// How much connections get in busy moments.
    pub traffic: Traffic,
    /// Grouped lookups.
    pub(super) lookups: Lookups,
    /// The rights by which connections are there.
    pub rights: Rights,
    /// What runs for as long as the server.
    pub tasks: Tasks,
    /// When it was started.
    started: Instant,
    bus: Arc<dyn Bus>,
    rooms: Mutex<HashMap<EventId, Arc<OnceCell<Arc<Room>>>>>,
    workers: Mutex<Vec<mpsc::UnboundedSender<WorkerCommand>>>,
    /// Whether the node is on its way out, and is to be sent nobody any more.
    leaving: AtomicBool,
    /// Whether it takes nobody in any more.
    draining: AtomicBool,
    /// Whether there can be no other node.
    alone: bool,
    /// Whether there is a way to hear of other nodes' changes but heartbeats, while it is not lost.
    has_bus: bool,
    /// Whether the bus is lost just now.
    degraded: AtomicBool,
    /// Whether the clock that the server went by was set, and says another time since.
    clock_differs: AtomicBool,
    /// Something is to be told to or asked of the database sooner than usual.
    pub(super) heartbeat_soon: Notify,
    /// Told when there is a moment to come that may be earlier than those known.
    pub(super) timers: Notify,
    /// Told when a job was added in the transaction of what it is about; otherwise [`Hub::add_job`] does.
    pub job_added: Arc<Notify>,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("connections", &self.connections()).finish_non_exhaustive()
    }
}

impl Hub {
    /// Starts the hub's tasks on the current runtime.
    pub fn start(
        store: Store,
        clock: Clock,
        metrics: Metrics,
        settings: &NodeSettings,
        bus: Arc<dyn Bus>,
    ) -> Arc<Self> {
        let (committer, requests) = Committer::new();
        let (lookups, wanted) = lookup::queue();
        let hub = Arc::new(Self {
            store,
            clock,
            metrics,
            settings: settings.live.clone(),
            node: NodeId::new(random::opaque_id()),
            places: Mutex::new(Places::new(Bounds::of(settings.connections))),
            looked_up: Semaphore::new(LOOKED_UP_TOGETHER),
            admission: AdmissionLimiters::new(settings.concurrent_admissions.get()),
            committer,
            traffic: Traffic::default(),
            lookups,
            rights: Rights::default(),
            tasks: Tasks::default(),
            started: Instant::now(),
            bus,
            rooms: Mutex::default(),
            workers: Mutex::default(),
            leaving: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            alone: settings.is_single_node,
            has_bus: settings.has_bus,
            degraded: AtomicBool::new(false),
            clock_differs: AtomicBool::new(false),
            heartbeat_soon: Notify::new(),
            timers: Notify::new(),
            job_added: Arc::default(),
        });
        let tasks = &hub.tasks;
        tasks.run("commit", crate::commit::run(Arc::clone(&hub), requests));
        tasks.run("lookup", lookup::run(Arc::clone(&hub), wanted));
        hub.bus.subscribe(EVERYWHERE);
        tasks.run("timers", crate::timers::run(Arc::clone(&hub)));
        tasks.run("rights", rights::watch(Arc::clone(&hub)));
        tasks.run("clock", crate::cluster::clock_watch::run(Arc::clone(&hub)));
        tasks.run("notifications", Arc::clone(&hub).listen());
        tasks.run("admission", admission::count(Arc::clone(&hub)));
        hub
    }

    /// Hands notifications to the rooms that they concern.
    async fn listen(self: Arc<Self>) {
        loop {
            match self.bus.next().await {
                Signal::Notification(notification) => {
                    if matches!(notification.hint, Hint::LinkEnded(_) | Hint::Member(_)) {
                        self.rights.ask_soon();
                    }
                    if let Some(room) = self.open_room(notification.event) {
                        room.send(Inbound::Notification(notification));
                    }
                }
                Signal::Subscribed(event) => self.compare(self.open_room(event).into_iter().collect()),
                Signal::Disconnected => {
                    self.rights.ask_soon();
                    self.degraded.store(true, Ordering::Release);
                    self.heartbeat_soon.notify_one();
                    self.each_room(|room| room.send(Inbound::Presence));
                }
                Signal::Lagged => {
                    self.rights.ask_soon();
                    self.degraded.store(false, Ordering::Release);
                    let rooms = self.open_rooms();
                    rooms.iter().for_each(|room| room.send(Inbound::Presence));
                    self.compare(rooms);
                }
            }
        }
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<EventId, Arc<OnceCell<Arc<Room>>>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rooms that are open.
    pub fn open_rooms(&self) -> Vec<Arc<Room>> {
        self.rooms().values().filter_map(|cell| cell.get().cloned()).collect()
    }

    /// The event's room, if it is open.
    pub fn open_room(&self, event: EventId) -> Option<Arc<Room>> {
        self.rooms().get(&event).and_then(|cell| cell.get().cloned())
    }

    /// The room of the event with this code, if it is open.
    pub fn open_room_of(&self, code: &JoinCode) -> Option<Arc<Room>> {
        let rooms = self.rooms();
        let mut open = rooms.values().filter_map(|cell| cell.get());
        open.find(|room| room.has_code(code)).cloned()
    }

    /// Does something with each open room.
    pub(super) fn each_room(&self, act: impl FnMut(&Arc<Room>)) {
        self.rooms().values().filter_map(|cell| cell.get()).for_each(act);
    }

    /// The event's room, opened if it is not; none if there is no such event.
    pub async fn room(self: &Arc<Self>, event: EventId) -> Result<Option<Arc<Room>>, StoreError> {
        // Anybody may name any event: one that there is not is entered nowhere, and the other nodes do not hear of it.
        if self.open_room(event).is_none() && !self.store.has_event(event).await? {
            return Ok(None);
        }
        loop {
            let cell = Arc::clone(self.rooms().entry(event).or_default());
            let opens = cell.get().is_none();
            // Subscribed before it is read, so that no change falls between the two.
            self.bus.subscribe(event);
            let opened = cell.get_or_try_init(|| async { Room::open(self, event).await.map_err(Some)?.ok_or(None) });
            match opened.await {
                Ok(room) if self.is_open(room) => {
                    if opens {
                        // Notifications that came between the reading and now found no room.
                        self.compare(vec![Arc::clone(room)]);
                        // Who is there on other nodes is not known yet.
                        self.heartbeat_soon.notify_one();
                    }
                    return Ok(Some(Arc::clone(room)));
                }
                // It was closed while this waited.
                Ok(_) => {}
                Err(error) => {
                    self.forget(event, |_| true);
                    return error.map_or(Ok(None), Err);
                }
            }
        }
    }

    /// Whether notifications reach this room.
    fn is_open(&self, room: &Arc<Room>) -> bool {
        self.open_room(room.event).is_some_and(|open| Arc::ptr_eq(&open, room))
    }

    /// Closes a room that nobody is in. False when somebody is.
    pub fn close_if_empty(&self, room: &Room) -> bool {
        self.forget(room.event, |_| room.connections.load(Ordering::Acquire) == 0)
    }

    /// Closes the room of an event that is no more.
    pub fn close_gone(&self, room: &Room) {
        self.forget(room.event, |_| true);
        self.tell_workers(|| {
            WorkerCommand::EndEvent(room.event, Disconnect::new(CloseCode::Gone, "This event is no more."))
        });
    }

    fn forget(&self, event: EventId, when: impl FnOnce(&Room) -> bool) -> bool {
        let mut rooms = self.rooms();
        let leave = rooms.get(&event).is_some_and(|cell| cell.get().is_none_or(|room| when(room)));
        if leave {
            rooms.remove(&event);
            self.bus.unsubscribe(event);
        }
        leave
    }

    /// Gives a connection at this place a ticket, unless there is none for it or the node is stopping. Who has to leave for
    /// it is told.
    pub fn admit(&self, room: &Arc<Room>, newcomer: Newcomer, place: ConnectionId) -> Result<Ticket, Disconnect> {
        self.check_serving()?;
        let entered = self.places().enter(room.event, newcomer, place);
        let (ticket, leaves) = entered.map_err(|_| self.full_ending())?;
        if let Some(leaves) = leaves {
            let ending = self.full_ending();
            self.metrics.displaced.inc();
            self.tell_connection(leaves, |place| WorkerCommand::End(place, ending));
        }
        room.connections.fetch_add(1, Ordering::AcqRel);
        // Asked after it is counted: an empty room closes only while nobody is counted in.
        if !self.is_open(room) {
            self.dismiss(room, &ticket);
            let ending = Disconnect::new(CloseCode::TryLater, "The event's room was closed just now. Connect again.");
            return Err(ending.retry(Duration::from_secs(1)));
        }
        Ok(ticket)
    }

    /// Whether somebody can be let in who turns out to be of this rank at best: as can be said before anything is asked.
    pub fn check_open(&self, event: EventId, rank: Rank) -> Result<(), Disconnect> {
        self.check_serving()?;
        if self.places().has_place(event, rank) { Ok(()) } else { Err(self.full_ending()) }
    }

    fn check_serving(&self) -> Result<(), Disconnect> {
        if self.draining.load(Ordering::Acquire) { Err(self.restart_ending()) } else { Ok(()) }
    }

    /// Waits for the turn of somebody who says that they were invited, to be looked up. Where there are places for all, there
    /// is nothing to wait for.
    pub async fn turn(&self, event: EventId) -> Result<Option<SemaphorePermit<'_>>, Disconnect> {
        if self.places().has_place(event, Rank::Joined) {
            return Ok(None);
        }
        let turn = timeout(LOOKED_UP_WITHIN, self.looked_up.acquire()).await;
        turn.ok().and_then(Result::ok).map(Some).ok_or_else(|| self.full_ending())
    }

    /// Notes that a phone which has just joined has sent something: it keeps its place from now on.
    pub fn promote(&self, ticket: &mut Ticket) {
        if ticket.rank() == Rank::Joined {
            self.places().promote(ticket);
        }
    }

    /// The same for all of a participant's connections.
    pub fn promote_all(&self, room: &Room, participant: ParticipantId) {
        let places = room.connections_by_participant().connections(participant).to_vec();
        places.into_iter().for_each(|place| self.tell_connection(place, WorkerCommand::Promote));
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        lock(&self.places)
    }

    /// How a connection ends that is one too many. The next attempt may reach another node, if there is one.
    fn full_ending(&self) -> Disconnect {
        let least = Duration::from_millis(if self.alone { 2_000 } else { 500 });
        let retry = self.spread(least, least * 2);
        Disconnect::new(CloseCode::TryLater, "The server is full just now.").retry(retry)
    }

    /// Counts a connection out.
    pub fn dismiss(&self, room: &Room, ticket: &Ticket) {
        self.places().leave(ticket);
        room.connections.fetch_sub(1, Ordering::AcqRel);
    }

    /// Connections of this node.
    pub fn connections(&self) -> usize {
        self.places().taken()
    }

    /// For how long the node has been up: a time that never goes back, whatever becomes of the clock.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// Takes a command from a sender for an event, or says what it is answered: nothing is stored then, and it may come again.
    pub fn allow(&self, room: &Room, sender: Uuid) -> Result<(), Duration> {
        room.allow(sender, self.uptime()).inspect_err(|wait| {
            self.metrics.commands.at(&Outcome::Later { retry_ms: wait.as_millis() as u32 }).inc();
        })
    }

    /// Whether the node is on its way out, and is to be sent nobody any more.
    pub fn leaving(&self) -> bool {
        self.leaving.load(Ordering::Acquire)
    }

    /// Whether there can be no other node: then who is sent away has to wait until this one is back.
    pub fn is_single_node(&self) -> bool {
        self.alone
    }

    /// Whether the node works without its bus: changes made elsewhere are found by asking the database.
    pub fn degraded(&self) -> bool {
        self.degraded.load(Ordering::Acquire)
    }

    /// Whether the clock that the server went by was set, and says another time since.
    pub fn clock_differs(&self) -> bool {
        self.clock_differs.load(Ordering::Acquire)
    }

    /// Takes note of by how much that clock is ahead, in milliseconds; tells all who facilitate when it was set, and when it is
    /// right again.
    pub fn set_clock_ahead(&self, ahead: Millis) {
        self.metrics.clock_ahead.set(ahead / 1000);
        let differs = ahead.abs() >= CLOCK_DIFFERS;
        if self.clock_differs.swap(differs, Ordering::AcqRel) != differs {
            self.each_room(|room| room.send(Inbound::Presence));
        }
    }

    /// Whether only heartbeats tell of changes on other nodes: there is no bus, or it is lost.
    pub fn lacks_bus(&self) -> bool {
        !self.has_bus || self.degraded()
    }

    /// Adds a worker. Returns its index and its mailbox.
    pub fn add_worker(&self) -> (u16, mpsc::UnboundedReceiver<WorkerCommand>) {
        // Unbounded, but only ever used for rare words: a second tab's answer, a deleted event, the end.
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        workers.push(sender);
        (u16::try_from(workers.len() - 1).expect("a machine has fewer than 65,536 cores"), receiver)
    }

    fn tell_workers(&self, word: impl Fn() -> WorkerCommand) {
        for worker in self.workers.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            // A worker that is gone has no connections left to tell.
            let _ = worker.send(word());
        }
    }

    /// Tells the worker that owns a connection.
    pub fn tell_connection(&self, place: ConnectionId, word: impl FnOnce(ConnectionId) -> WorkerCommand) {
        if let Some(worker) = self.workers.lock().unwrap_or_else(PoisonError::into_inner).get(usize::from(place.worker))
        {
            let _ = worker.send(word(place));
        }
    }

    /// Carries out a facilitator's command.
    pub async fn control(&self, event: EventId, actor: impl Into<Actor>, cid: CommandId, control: &Control) -> Outcome {
        match self.store.control(event, actor, cid, control, self.clock.now()).await {
            Ok(controlled) => {
                if let Some(rev) = controlled.rev {
                    self.changed(event, rev);
                }
                if let Some(rev) = controlled.repeated {
                    self.reread(event, rev);
                }
                controlled.outcome
            }
            Err(error) => {
                tracing::error!(%event, %error, "a command could not be stored");
                self.committer.later()
            }
        }
    }

    /// Tells every node that something else of an event has changed than answers and questions.
    pub fn changed(&self, event: EventId, rev: Rev) {
        self.bus.publish(Notification { event, rev, hint: Hint::MetadataChanged });
    }

    /// Tells every node that an event is so far, and that nobody knows any more what led it there.
    pub fn reread(&self, event: EventId, rev: Rev) {
        self.bus.publish(Notification { event, rev, hint: Hint::Resync });
    }

    /// Tells every node of something.
    pub fn publish(&self, notification: Notification) {
        self.bus.publish(notification);
    }

    /// Carries out a moderator's act.
    pub async fn moderate(&self, event: EventId, actor: Actor, cid: CommandId, act: &Act) -> Outcome {
        let outcome = match self.store.moderate(event, actor, cid, act, self.clock.now()).await {
            Ok(ModerationOutcome { outcome, change, outline, repeated }) => {
                if let Some(change) = change {
                    self.publish(change.into());
                }
                if let Some(rev) = outline {
                    self.publish(Notification { event, rev, hint: Hint::MetadataChanged });
                }
                if let Some(rev) = repeated {
                    self.reread(event, rev);
                }
                outcome
            }
            Err(error) => {
                tracing::error!(%event, %error, "an act could not be stored");
                self.committer.later()
            }
        };
        self.metrics.acts.at(&outcome).inc();
        outcome
    }

    /// Adds a job, unless one with the same key is pending, and has it done as soon as it is due. Whether it was added.
    pub async fn add_job(&self, job: &NewJob) -> Result<bool, StoreError> {
        let added = self.store.add_job(job, self.clock.now()).await?;
        self.job_added.notify_one();
        Ok(added)
    }

    /// Ends all connections that came by a private link, on every node. To be told when it was revoked, which led the
    /// event to this version.
    pub fn end_link(&self, event: EventId, link: LinkId, rev: Rev) {
        // Here at once, whatever becomes of the notification.
        self.rights.ask_soon();
        self.publish(Notification { event, rev, hint: Hint::LinkEnded(link) });
    }

    /// Brings all of a participant's connections on this node up to date with what is their own.
    pub fn refresh_me(self: &Arc<Self>, room: &Arc<Room>, participant: ParticipantId) {
        self.refresh_all(room, BTreeSet::from([participant]));
    }

    /// The same for several participants. Returns at once; a task of the room's reads them, one time after another, so
    /// that of two readings of one participant the later is also told later.
    pub fn refresh_all(self: &Arc<Self>, room: &Arc<Room>, mut participants: BTreeSet<ParticipantId>) {
        {
            let connections = room.connections_by_participant();
            participants.retain(|participant| !connections.connections(*participant).is_empty());
        }
        let mut stale = lock(&room.stale);
        stale.who.append(&mut participants);
        if !stale.who.is_empty() && !stale.attended {
            stale.attended = true;
            tokio::spawn(Arc::clone(self).refresh(Arc::clone(room)));
        }
    }

    async fn refresh(self: Arc<Self>, room: Arc<Room>) {
        loop {
            let who = {
                let mut stale = lock(&room.stale);
                stale.attended = !stale.who.is_empty();
                std::mem::take(&mut stale.who)
            };
            if who.is_empty() {
                break;
            }
            let reading = who.into_iter().map(|participant| self.refresh_one(&room, participant));
            futures_util::stream::iter(reading).for_each_concurrent(REFRESHED_TOGETHER, |reading| reading).await;
        }
    }

    async fn refresh_one(&self, room: &Room, participant: ParticipantId) {
        match self.store.participant(room.event, participant).await {
            Ok(Some(known)) => {
                let (rev, frame) = me_frame(&known, room);
                let places = room.connections_by_participant().connections(participant).to_vec();
                for place in places {
                    self.tell_connection(place, |place| WorkerCommand::Me(place, rev, frame.clone()));
                }
            }
            Ok(None) => {}
            // The other page learns it when it connects again.
            Err(error) => tracing::warn!(event = %room.event, %error, "a participant could not be read"),
        }
    }

    /// Says that the node is on its way out; it serves all who come none the less.
    pub fn leave(&self) {
        self.leaving.store(true, Ordering::Release);
    }

    /// Takes nobody in any more, and tells every connection to come back: over the drain time, one after another, where
    /// other nodes take them; all at once where this node has to be back first.
    pub fn drain(&self) {
        self.leave();
        self.draining.store(true, Ordering::Release);
        let over = if self.alone { Duration::ZERO } else { self.settings.drain };
        self.tell_workers(|| WorkerCommand::EndAll(over));
    }

    /// How a connection ends when the server stops. Other nodes are there at once; a node that is alone is back in a while.
    pub fn restart_ending(&self) -> Disconnect {
        let retry = if self.alone {
            self.spread(Duration::from_millis(500), self.settings.drain)
        } else {
            self.spread(Duration::from_millis(20), Duration::from_millis(480))
        };
        Disconnect::new(CloseCode::Restart, "The server is restarting.").retry(retry)
    }

    fn spread(&self, least: Duration, span: Duration) -> Duration {
        least + span.mul_f64(random::fraction())
    }
}
