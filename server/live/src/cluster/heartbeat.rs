//! The heartbeat of a node that shares its database with others.
//!
//! About once a second it tells the database that the node lives and who came or left, and asks
//! what its rooms need to know: their versions, who is there on other nodes, how many ever joined.
//! So who is here is right on all nodes soon after any crash, a notification that the bus has lost
//! is noticed, and all nodes have one clock. Where there is no bus, this is how nodes hear of each
//! other at all.
//!
//! It holds nothing that must last. What a heartbeat could not tell is told by the next one, and
//! what is told twice is the same as told once.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use parterre_domain::ids::NodeId;
use parterre_protocol::{EventId, ParticipantId};
use parterre_store::{Arriving, Dispute, Heartbeat, HeartbeatOutcome, HeartbeatReply, Seat, Seating};
use parterre_system::mutants::{self, Mutant};
use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, sleep_until, timeout},
};

use super::clock_watch::set_ahead;
use crate::{
    context::Context,
    room::{Inbound, Room, RoomHeartbeat},
    rooms::Rooms,
    settings::Cluster,
};

/// How long one heartbeat may take before it is given up. What it told may have been stored or not.
const DEADLINE: Duration = Duration::from_secs(2);
/// The time more for each who came or left: ten times what a slow database needs.
const DEADLINE_PER_SEAT: Duration = Duration::from_micros(200);
/// The shortest time between two heartbeats, however many rooms are opened.
const LEAST: Duration = Duration::from_millis(250);
/// How long after another node ought to have told of itself it is looked for: time that a timer may
/// be early.
const GRACE: Duration = Duration::from_millis(20);
/// So many heartbeats in a row may be told another time than this node's, by which others live,
/// before it takes that for the time.
const ASTRAY: u32 = 8;
/// For how long a mutant remembers.
const FOREVER: Duration = Duration::from_secs(24 * 60 * 60);

/// The heartbeat's task. To be stopped, so that others need not find out that the node is gone.
#[derive(Debug)]
pub struct Handle {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Handle {
    /// Ends the heartbeat, and has the database forget this node and all who sat here.
    pub async fn stop(self) {
        // A task that is gone has nothing left to end.
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

/// Starts the heartbeat of a node; none where the database is this node's alone.
pub fn start(context: &Arc<Context>, rooms: &Arc<Rooms>, settings: &Cluster) -> Option<Handle> {
    if !context.store.is_shared() {
        return None;
    }
    let (stop, stopped) = oneshot::channel();
    let node = Node {
        context: Arc::clone(context),
        rooms: Arc::clone(rooms),
        settings: settings.clone(),
        id: context.node,
        last_rooms: Vec::new(),
        arriving: HashMap::new(),
        is_known: false,
        count_at: Instant::now(),
        fails: false,
        astray: 0,
    };
    Some(Handle { stop, task: tokio::spawn(node.run(stopped)) })
}

/// This node as the others see it.
struct Node {
    context: Arc<Context>,
    rooms: Arc<Rooms>,
    settings: Cluster,
    id: NodeId,
    /// The rooms of the last heartbeat: of one that was closed since, the last to leave are still
    /// to be told.
    last_rooms: Vec<Arc<Room>>,
    /// How many are arriving, as the database has it; none where it is zero.
    arriving: HashMap<EventId, u32>,
    /// Whether the database knows who sits here, but for what the rooms have gathered since.
    is_known: bool,
    /// When it is to be counted again who is there.
    count_at: Instant,
    /// Whether the last heartbeat failed.
    fails: bool,
    /// How many heartbeats in a row said another time, while other nodes lived.
    astray: u32,
}

/// What is told with one heartbeat.
struct NodeReport {
    heartbeat: Heartbeat,
    /// What was taken from the rooms, to be given back if it is not stored.
    taken: Vec<(Arc<Room>, HashSet<ParticipantId>)>,
    /// How many sit here, by event, once it is stored.
    seated: HashMap<EventId, u32>,
    /// How many are arriving, by event, once it is stored; none where it is zero.
    arriving: HashMap<EventId, u32>,
}

impl Node {
    async fn run(mut self, mut stopped: oneshot::Receiver<()>) {
        loop {
            let started = Instant::now();
            let next = started + self.send(started).await;
            tokio::select! {
                () = sleep_until(next) => {}
                () = self.context.heartbeat_soon.notified() => sleep_until(next.min(started + LEAST)).await,
                _ = &mut stopped => break,
            }
        }
        let forgotten = timeout(DEADLINE, self.context.store.forget_node(self.id)).await;
        if !matches!(forgotten, Ok(Ok(()))) {
            tracing::warn!("the database could not be told that this node stops; the others find out by themselves");
        }
    }

    /// One heartbeat. Returns when the next is due, from the start of this one.
    async fn send(&mut self, started: Instant) -> Duration {
        let lacks_bus = self.context.lacks_bus();
        let report = self.gather(started);
        let deadline = DEADLINE + DEADLINE_PER_SEAT * report.heartbeat.seating.len() as u32;
        let failed = match timeout(deadline, self.context.store.heartbeat(&report.heartbeat)).await {
            Ok(Ok(HeartbeatOutcome::Stored(reply))) => return self.stored(report, &reply, started, lacks_bus).await,
            Ok(Ok(HeartbeatOutcome::Disputed(dispute))) => {
                restore_changes(report);
                self.settle_clock(&dispute).await;
                return LEAST;
            }
            Ok(Ok(HeartbeatOutcome::Unknown)) => {
                // The database does not know the node, or no longer.
                restore_changes(report);
                self.is_known = false;
                return Duration::ZERO;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it took too long".to_owned(),
        };
        restore_changes(report);
        self.context.metrics.heartbeat_failures.inc();
        if !std::mem::replace(&mut self.fails, true) {
            tracing::error!(
                error = failed,
                "this node can neither tell nor ask the database who is here; trying again"
            );
        }
        // Whatever the others believe meanwhile, it is told as soon as the database answers.
        self.settings.heartbeat_without_bus
    }

    /// A heartbeat is stored. Returns when the next is due.
    async fn stored(
        &mut self,
        report: NodeReport,
        reply: &HeartbeatReply,
        started: Instant,
        lacks_bus: bool,
    ) -> Duration {
        let counts = report.heartbeat.count;
        self.context.metrics.heartbeat_seconds.observe(started.elapsed().as_secs_f64());
        self.context.clock.follow(&reply.clock);
        self.take(report, reply, lacks_bus);
        self.forget_silent(reply).await;
        // Counting a full room is dear, so it is done no more often than usual; but who dies is
        // missed as soon as may be: when a sign of life ought to have come, it is looked for.
        let silent = reply.next_silent.map_or(self.settings.heartbeat, |silent| started.elapsed() + silent + GRACE);
        if counts {
            self.count_at = started + self.settings.heartbeat;
        }
        self.count_at = self.count_at.min(started + silent);
        let usual = if lacks_bus { self.settings.heartbeat_without_bus } else { self.settings.heartbeat };
        usual.min(silent).max(LEAST)
    }

    /// The database tells another time than this node goes by. Where other nodes go by that, it was
    /// this machine that stood still, and the node takes their time after a while. Where nobody
    /// does, the database's clock was set, which is taken back for all nodes. Either way the next
    /// heartbeat is as before.
    async fn settle_clock(&mut self, dispute: &Dispute) {
        let (ours, theirs) = (dispute.jump.ours, dispute.jump.theirs);
        if dispute.others > 0 {
            self.astray += 1;
            if self.astray > ASTRAY {
                tracing::warn!(
                    ours,
                    theirs,
                    "this node was behind the time of the others, and goes by it now: its machine stood still"
                );
                self.context.clock.accept(&dispute.clock);
            }
            return;
        }
        self.astray = 0;
        tracing::error!(
            ours,
            theirs,
            "the database's clock was set; the nodes go on with the time that they had, so nothing ends early, until all of \
             them have been stopped. Keep the clock of the database's machine on NTP"
        );
        let taken = timeout(DEADLINE, self.context.store.take_clock_ahead(dispute.ahead, dispute.jump.ahead())).await;
        match taken {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "that could not be told to the other nodes; trying again"),
            Err(_) => tracing::warn!("that could not be told to the other nodes in time; trying again"),
        }
    }

    /// Takes from the rooms what there is to tell.
    fn gather(&mut self, now: Instant) -> NodeReport {
        let open = self.rooms.all();
        let is_open = |room: &Arc<Room>| open.iter().any(|open| Arc::ptr_eq(open, room));
        let mut rooms = std::mem::take(&mut self.last_rooms);
        let has_opened = open.iter().any(|room| !rooms.iter().any(|known| Arc::ptr_eq(known, room)));
        rooms.retain(|room| !is_open(room));
        // Those that are open come last: of an event with two, what that says holds.
        rooms.extend(open.iter().cloned());
        let (mut connections, mut seated, mut arriving) = (BTreeMap::new(), HashMap::new(), HashMap::new());
        let mut taken = Vec::new();
        for room in &rooms {
            let mut guard = room.connections_by_participant();
            let changed = guard.take_changed();
            let row = |participant| Seat { event_id: room.event, participant_id: participant };
            if self.is_known {
                connections.extend(changed.iter().map(|who| (row(*who), !guard.connections(*who).is_empty())));
            } else {
                connections.extend(guard.everyone().map(|who| (row(who), true)));
            }
            seated.insert(room.event, guard.people() as u32);
            taken.push((Arc::clone(room), changed));
            arriving.insert(room.event, room.arriving.load(Ordering::Relaxed));
        }
        arriving.retain(|_, arriving| *arriving > 0);
        // Those who are still in a room that was closed are to be told of when they leave.
        rooms.retain(|room| is_open(room) || room.connections.load(Ordering::Acquire) > 0);
        self.last_rooms = rooms;
        let (sat, left): (Vec<_>, Vec<_>) = connections.into_iter().partition(|(_, connected)| *connected);
        let [sat, left] = [sat, left].map(|connections| connections.into_iter().map(|(row, _)| row).collect());
        let heartbeat = Heartbeat {
            node: self.id,
            clock: self.context.clock.clone(),
            seating: if self.is_known { Seating::Changes { sat, left } } else { Seating::All(sat) },
            arriving: self.differing(&arriving),
            rooms: open.iter().map(|room| room.event).collect(),
            count: now >= self.count_at || !self.is_known || has_opened,
            silence: if mutants::is(Mutant::PresenceRemembersTheDead) { FOREVER } else { self.settings.node_timeout },
        };
        NodeReport { heartbeat, taken, seated, arriving }
    }

    /// Where other numbers are arriving than the database has.
    fn differing(&self, arriving: &HashMap<EventId, u32>) -> Vec<Arriving> {
        let nothing = HashMap::new();
        let before = if self.is_known { &self.arriving } else { &nothing };
        let of = |numbers: &HashMap<EventId, u32>, event| numbers.get(event).copied().unwrap_or(0);
        let events: BTreeSet<_> = before.keys().chain(arriving.keys()).collect();
        let differing = events.into_iter().filter(|event| of(before, event) != of(arriving, event));
        differing.map(|event| Arriving { event_id: *event, arriving: of(arriving, event) }).collect()
    }

    /// Hands on what the database said.
    fn take(&mut self, report: NodeReport, reply: &HeartbeatReply, lacks_bus: bool) {
        if std::mem::take(&mut self.fails) {
            tracing::info!("the database is told again who is here");
        }
        self.astray = 0;
        set_ahead(&self.context, &self.rooms, reply.ahead);
        self.context.metrics.nodes.set(i64::from(reply.others) + 1);
        (self.is_known, self.arriving) = (true, report.arriving);
        let found: HashMap<_, _> = reply.rooms.iter().map(|found| (found.event, found)).collect();
        for room in self.rooms.all() {
            let Some(found) = found.get(&room.event) else { continue };
            if let Some(counts) = found.counts {
                // Else somebody else has been at the tables.
                self.is_known &= report.seated.get(&room.event) == Some(&counts.here);
            }
            room.send(Inbound::Heartbeat(RoomHeartbeat {
                rev: found.rev,
                arriving: found.arriving,
                counted: found.counts.map(|counts| (counts.elsewhere, counts.joined)),
                respondents: found.counts.and_then(|counts| counts.answered_elsewhere),
                answered_here: found.counts.and_then(|counts| counts.answered_here),
                // Without others, what is not known yet is this node's own, and on its way.
                lacks_bus: lacks_bus && reply.others > 0,
            }));
        }
    }

    /// Forgets nodes that have been silent for too long.
    async fn forget_silent(&self, reply: &HeartbeatReply) {
        if reply.longest_silence < self.settings.node_forget || mutants::is(Mutant::PresenceRemembersTheDead) {
            return;
        }
        match timeout(DEADLINE, self.context.store.forget_silent(self.settings.node_forget)).await {
            Ok(Ok(0)) => {}
            Ok(Ok(nodes)) => tracing::warn!(nodes, "forgot nodes that had been silent for long"),
            Ok(Err(error)) => tracing::warn!(%error, "silent nodes could not be forgotten"),
            Err(_) => tracing::warn!("silent nodes could not be forgotten in time"),
        }
    }
}

/// Gives back to the rooms what was taken from them.
fn restore_changes(report: NodeReport) {
    for (room, changed) in report.taken {
        room.connections_by_participant().restore_changed(changed);
    }
}
