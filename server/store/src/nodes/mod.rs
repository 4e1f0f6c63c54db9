//! The nodes that share this database: which of them live, who is connected to them, and what their
//! rooms ask of the database again and again.
//!
//! All of this happens in one short transaction, a *heartbeat*, with a handful of statements
//! however many rooms the node has. All times are the database's, so no node's clock matters. A
//! node locks its own row first and writes seats only while it holds that lock, so deleting a dead
//! node's row deletes all of its seats.

use std::time::{Duration, Instant};

use parterre_domain::ids::NodeId;
use parterre_protocol::{EventId, Millis, ParticipantId};
use parterre_system::clock::{Clock, Jump, Reading};
use serde::Serialize;

use self::rooms::ask;
pub use self::rooms::{Counts, RoomStatus};
use super::{
    Store, StoreError,
    sql::{Tx, batch, query, rows},
};

/// The time that nodes use, in microseconds: the database's clock, less the amount by which it was
/// set ahead while nodes used it. SQLite's clock has milliseconds.
macro_rules! clock {
    (sqlite) => {
        "(CAST(unixepoch('subsec') * 1000000 AS BIGINT) - COALESCE((SELECT ahead_ms FROM clock), 0) * 1000)"
    };
    (postgres) => {
        "(CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)
          - COALESCE((SELECT ahead_ms FROM clock), 0) * 1000)"
    };
}

/// By how much the database's clock was set ahead, in milliseconds.
macro_rules! ahead {
    () => {
        "COALESCE((SELECT ahead_ms FROM clock), 0)"
    };
}

mod clock;
mod rooms;

/// A participant who is connected to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Seat {
    /// In which event.
    pub event_id: EventId,
    /// Who.
    pub participant_id: ParticipantId,
}

/// What a node reports about its seats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seating {
    /// The changes since the last report. Repeating them changes nothing.
    Changes {
        /// Who came.
        sat: Vec<Seat>,
        /// Who left.
        left: Vec<Seat>,
    },
    /// Everyone, regardless of earlier reports.
    All(Vec<Seat>),
}

impl Seating {
    /// The number of seats in this report.
    pub fn len(&self) -> usize {
        match self {
            Self::Changes { sat, left } => sat.len() + left.len(),
            Self::All(sat) => sat.len(),
        }
    }

    /// Whether the report is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// How many clients a node told to retry later in an event and that have not returned yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Arriving {
    /// Which event.
    pub event_id: EventId,
    /// How many.
    pub arriving: u32,
}

/// What a node tells and asks.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    /// Who tells.
    pub node: NodeId,
    /// The time that it uses.
    pub clock: Clock,
    /// Its seats.
    pub seating: Seating,
    /// The changes since the last report; with [`Seating::All`], everything that is not zero.
    pub arriving: Vec<Arriving>,
    /// The events to ask about.
    pub rooms: Vec<EventId>,
    /// Whether to count everyone connected and everyone who ever joined. In a full room, that takes
    /// longer than all the rest.
    pub count: bool,
    /// A node that was silent for longer no longer counts.
    pub silence: Duration,
}

/// The result of a heartbeat.
#[derive(Clone, Debug)]
pub enum HeartbeatOutcome {
    /// It is stored.
    Stored(HeartbeatReply),
    /// The node is unknown: it never reported, or was silent for so long that it was deleted, or
    /// somebody emptied the tables. It must report everything.
    Unknown,
    /// The database's time differs from the node's. Nothing is stored: a node counts as alive at a
    /// time only if it uses that time itself. Otherwise, two nodes that both doubt a clock that was
    /// just set would take each other for witnesses.
    Disputed(Dispute),
}

impl HeartbeatOutcome {
    /// The reply to the node, if its heartbeat was stored.
    pub fn stored(self) -> Option<HeartbeatReply> {
        match self {
            Self::Stored(reply) => Some(reply),
            Self::Unknown | Self::Disputed(_) => None,
        }
    }
}

/// A node and the database that tell different times.
#[derive(Clone, Copy, Debug)]
pub struct Dispute {
    /// By how much.
    pub jump: Jump,
    /// What the database says.
    pub clock: Reading,
    /// By how much the database's own clock was set ahead of that, as the nodes have it, in
    /// milliseconds.
    pub ahead: Millis,
    /// How many other nodes are alive by the database's time, and so use it.
    pub others: u32,
}

/// The reply to a heartbeat.
#[derive(Clone, Debug)]
pub struct HeartbeatReply {
    /// What the time was, and when.
    pub clock: Reading,
    /// By how much the database's own clock was set ahead of that, as the nodes have it, in
    /// milliseconds.
    pub ahead: Millis,
    /// What is known about each event. Events that do not exist are left out.
    pub rooms: Vec<RoomStatus>,
    /// How many other nodes live.
    pub others: u32,
    /// In how long the first of those will have been silent for too long, if it stays so.
    pub next_silent: Option<Duration>,
    /// For how long the most silent node of all has been.
    pub longest_silence: Duration,
}

impl Store {
    /// Whether several nodes may work with this database at the same time.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Tells and asks what a node's rooms need.
    pub async fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<HeartbeatOutcome, StoreError> {
        let mut tx = self.begin_ephemeral().await?;
        let Some((clock, ahead)) = renew(&mut tx, heartbeat).await? else { return Ok(HeartbeatOutcome::Unknown) };
        let now = clock.micros / 1000;
        let living = LiveNode::at(now, heartbeat.silence);
        let seen =
            query!(tx.fetch_all::<(Millis,)>("SELECT seen_at FROM nodes WHERE id <> $1", heartbeat.node.uuid()))?;
        let seen_living = seen.iter().filter(|(seen_at,)| (living.since..=living.until).contains(seen_at));
        let others = seen_living.clone().count() as u32;
        if let Some(jump) = heartbeat.clock.jump(&clock) {
            return Ok(HeartbeatOutcome::Disputed(Dispute { jump, clock, ahead, others }));
        }
        seat(&mut tx, heartbeat).await?;
        arrive(&mut tx, heartbeat).await?;
        let rooms = ask(&mut tx, heartbeat, living).await?;
        tx.commit().await?;
        let millis = |millis: Millis| Duration::from_millis(millis.try_into().unwrap_or(0));
        Ok(HeartbeatOutcome::Stored(HeartbeatReply {
            clock,
            ahead,
            rooms,
            others,
            next_silent: seen_living.map(|(seen_at,)| millis(seen_at - living.since)).min(),
            longest_silence: seen.iter().map(|(seen_at,)| millis((now - seen_at).abs())).max().unwrap_or_default(),
        }))
    }

    /// Forgets a node that stops, with all who sat there.
    pub async fn forget_node(&self, node: NodeId) -> Result<(), StoreError> {
        let mut tx = self.begin_ephemeral().await?;
        query!(tx.execute("DELETE FROM nodes WHERE id = $1", node.uuid()))?;
        clear(&mut tx, node).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Forgets the nodes that have been silent for so long, with all who sat there. Returns how
    /// many.
    pub async fn forget_silent(&self, silence: Duration) -> Result<u64, StoreError> {
        let mut tx = self.begin_ephemeral().await?;
        // Another node may be doing this, and may wait for our own row. The first one does it; the
        // others skip without waiting.
        let forgotten = query!(tx.execute(
            {
                sqlite concat!("DELETE FROM nodes WHERE ABS(seen_at - ", clock!(sqlite), " / 1000) > $1"),
                postgres concat!(
                    "DELETE FROM nodes WHERE id IN
                         (SELECT id FROM nodes WHERE ABS(seen_at - ", clock!(postgres), " / 1000) > $1
                          FOR UPDATE SKIP LOCKED)"
                )
            },
            silence.as_millis() as Millis,
        ))?;
        if forgotten > 0 {
            query!(tx.execute("DELETE FROM seats WHERE node_id NOT IN (SELECT id FROM nodes)"))?;
            query!(tx.execute("DELETE FROM arrivals WHERE node_id NOT IN (SELECT id FROM nodes)"))?;
        }
        tx.commit().await?;
        Ok(forgotten)
    }
}

/// When a node that lives was seen last. Later than now, only just: else the database's clock was
/// set back since.
#[derive(Clone, Copy)]
struct LiveNode {
    since: Millis,
    until: Millis,
}

impl LiveNode {
    fn at(now: Millis, silence: Duration) -> Self {
        let silence = silence.as_millis() as Millis;
        Self { since: now - silence, until: now + silence }
    }
}

/// Stores that the node is alive. `None` if it is unknown and does not report everything.
async fn renew(tx: &mut Tx, heartbeat: &Heartbeat) -> Result<Option<(Reading, Millis)>, StoreError> {
    let (node, sent) = (heartbeat.node.uuid(), Instant::now());
    let seen = match heartbeat.seating {
        Seating::Changes { .. } => query!(tx.fetch_optional::<(i64, Millis)>(
            {
                sqlite concat!("UPDATE nodes SET seen_at = ", clock!(sqlite), " / 1000 WHERE id = $1
                                RETURNING ", clock!(sqlite), ", ", ahead!()),
                postgres concat!("UPDATE nodes SET seen_at = ", clock!(postgres), " / 1000 WHERE id = $1
                                  RETURNING ", clock!(postgres), ", ", ahead!())
            },
            node,
        ))?,
        Seating::All(_) => query!(tx.fetch_optional::<(i64, Millis)>(
            {
                sqlite concat!("INSERT INTO nodes (id, seen_at) VALUES ($1, ", clock!(sqlite), " / 1000)
                                ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
                                RETURNING ", clock!(sqlite), ", ", ahead!()),
                postgres concat!("INSERT INTO nodes (id, seen_at) VALUES ($1, ", clock!(postgres), " / 1000)
                                  ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
                                  RETURNING ", clock!(postgres), ", ", ahead!())
            },
            node,
        ))?,
    };
    Ok(seen.map(|(micros, ahead)| (Reading { micros, sent, received: Instant::now() }, ahead)))
}

async fn seat(tx: &mut Tx, heartbeat: &Heartbeat) -> Result<(), StoreError> {
    let node = heartbeat.node.uuid();
    let sat = match &heartbeat.seating {
        Seating::All(sat) => {
            clear(tx, heartbeat.node).await?;
            sat
        }
        Seating::Changes { sat, left } => {
            if !left.is_empty() {
                batch!(tx.execute([event_id uuid, participant_id uuid]
                    "DELETE FROM seats WHERE node_id = $2
                     AND (event_id, participant_id) IN (SELECT event_id, participant_id FROM batch)",
                    rows(left),
                    node,
                ))?;
            }
            sat
        }
    };
    if !sat.is_empty() {
        // SQLite takes ON CONFLICT behind a SELECT for a join, without a WHERE.
        batch!(tx.execute([event_id uuid, participant_id uuid]
            "INSERT INTO seats (event_id, participant_id, node_id)
             SELECT event_id, participant_id, $2 FROM batch WHERE TRUE ON CONFLICT DO NOTHING",
            rows(sat),
            node,
        ))?;
    }
    Ok(())
}

async fn arrive(tx: &mut Tx, heartbeat: &Heartbeat) -> Result<(), StoreError> {
    if heartbeat.arriving.is_empty() {
        return Ok(());
    }
    let (batch, node) = (rows(&heartbeat.arriving), heartbeat.node.uuid());
    batch!(tx.execute([event_id uuid, arriving bigint]
        "DELETE FROM arrivals WHERE node_id = $2 AND event_id IN (SELECT event_id FROM batch)",
        &batch,
        node,
    ))?;
    batch!(tx.execute([event_id uuid, arriving bigint]
        "INSERT INTO arrivals (event_id, node_id, arriving)
         SELECT event_id, $2, arriving FROM batch WHERE arriving > 0",
        &batch,
        node,
    ))?;
    Ok(())
}

/// Removes everything that the node reported about its rooms.
async fn clear(tx: &mut Tx, node: NodeId) -> Result<(), StoreError> {
    query!(tx.execute("DELETE FROM seats WHERE node_id = $1", node.uuid()))?;
    query!(tx.execute("DELETE FROM arrivals WHERE node_id = $1", node.uuid()))?;
    Ok(())
}
