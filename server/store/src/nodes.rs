//! The nodes that share this database: which of them live, who is connected to them, and what their rooms ask of the
//! database again and again.
//!
//! A node tells and asks all of it in one short transaction, a *heartbeat*, of a handful of statements however many
//! rooms it has. All times are the database's own, so no node's clock matters. A node locks its own row first, and
//! writes seats only while it holds it; so whoever deletes a dead node's row deletes all of its seats.

use std::time::{Duration, Instant};

use parterre_domain::ids::NodeId;
use parterre_protocol::{ActivityId, EventId, Millis, ParticipantId, Rev, topics::RespondentsHere};
use parterre_system::clock::{Clock, Jump, Reading};
use serde::Serialize;
use tokio::time::sleep;
use uuid::Uuid;

use super::{
    Store, StoreError, columns,
    sql::{Tx, batch, query, rows},
};

/// The time that nodes go by in microseconds: the database's clock, less what that was set ahead while nodes went by it.
/// SQLite's has milliseconds.
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

/// So often a node that starts waits for others to tell of themselves, of whom some are always just coming and going.
const WAITS: usize = 5;

/// A participant who is connected to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Seat {
    /// In which event.
    pub event_id: EventId,
    /// Who.
    pub participant_id: ParticipantId,
}

/// What a node tells of its seats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seating {
    /// What is different from what it told before; telling again changes nothing.
    Changes {
        /// Who came.
        sat: Vec<Seat>,
        /// Who left.
        left: Vec<Seat>,
    },
    /// Everyone, whatever was told before.
    All(Vec<Seat>),
}

impl Seating {
    /// How many seats it tells of.
    pub fn len(&self) -> usize {
        match self {
            Self::Changes { sat, left } => sat.len() + left.len(),
            Self::All(sat) => sat.len(),
        }
    }

    /// Whether it tells of none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// How many clients a node told to come to an event a little later, who have not come yet.
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
    /// The time that it goes by.
    pub clock: Clock,
    /// Its seats.
    pub seating: Seating,
    /// What is different from what was told before; with [`Seating::All`] all that is not zero.
    pub arriving: Vec<Arriving>,
    /// The events to ask about.
    pub rooms: Vec<EventId>,
    /// Whether to count who is there and who ever joined, which in a full room takes longer than all the rest.
    pub count: bool,
    /// A node that was silent for longer no longer counts.
    pub silence: Duration,
}

/// What became of a heartbeat.
#[derive(Clone, Debug)]
pub enum HeartbeatOutcome {
    /// It is stored.
    Stored(HeartbeatReply),
    /// The node is not known: it never told of itself, or was silent for so long that others forgot it, or somebody emptied
    /// the tables. It has to tell everything.
    Unknown,
    /// The database tells another time than the node goes by. Nothing is stored: a node is seen to live at a time only if it
    /// goes by that time itself, or two that doubt a clock that was just set would take each other for its witnesses.
    Disputed(Dispute),
}

impl HeartbeatOutcome {
    /// What the node is told, where its heartbeat is stored.
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
    /// By how much the database's own clock was set ahead of that, as the nodes have it, in milliseconds.
    pub ahead: Millis,
    /// How many other nodes live at the time that the database tells, and so go by it.
    pub others: u32,
}

/// What a node is told.
#[derive(Clone, Debug)]
pub struct HeartbeatReply {
    /// What the time was, and when.
    pub clock: Reading,
    /// By how much the database's own clock was set ahead of that, as the nodes have it, in milliseconds.
    pub ahead: Millis,
    /// What there is to know of each event. Those that do not exist are left out.
    pub rooms: Vec<RoomStatus>,
    /// How many other nodes live.
    pub others: u32,
    /// In how long the first of those will have been silent for too long, if it stays so.
    pub next_silent: Option<Duration>,
    /// For how long the most silent node of all has been.
    pub longest_silence: Duration,
}

/// What a node is told of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomStatus {
    /// Which event.
    pub event: EventId,
    /// Its version.
    pub rev: Rev,
    /// Clients that other living nodes told to come a little later.
    pub arriving: u32,
    /// Who is there, where that was asked.
    pub counts: Option<Counts>,
}

/// Participants of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Those whose seats at this node the database holds.
    pub here: u32,
    /// Those who sit at other living nodes, and not at this one.
    pub elsewhere: u32,
    /// Those who ever joined.
    pub joined: u32,
    /// How many of those who sit at this node have answered what is on stage; none where nothing is.
    pub answered_here: Option<RespondentsHere>,
    /// How many of those elsewhere have.
    pub answered_elsewhere: Option<RespondentsHere>,
}

#[derive(sqlx::FromRow)]
struct RoomRow {
    id: Uuid,
    rev: Rev,
    here: i64,
    elsewhere: i64,
    arriving: i64,
    joined: Option<i64>,
    staged: Option<Uuid>,
    round: Option<i64>,
    answered_here: i64,
    answered_elsewhere: i64,
}

impl Store {
    /// Whether several nodes may work with this database at the same time.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// What the database's clock says.
    pub async fn clock(&self) -> Result<Reading, StoreError> {
        let mut db = self.reader().await?;
        let sent = Instant::now();
        let (micros,) = query!(db.fetch_one::<(i64,)>({
            sqlite concat!("SELECT ", clock!(sqlite)),
            postgres concat!("SELECT ", clock!(postgres))
        }))?;
        Ok(Reading { micros, sent, received: Instant::now() })
    }

    /// The same for a node that starts. Where no other has lived for so long, nobody goes by what the clock was set ahead, and
    /// it is right as it is. But whoever seems to be gone may live, and the clock have been set a moment ago: so they are given
    /// the time in which all tell of themselves.
    pub async fn start_clock(&self, forget: Duration, silent: Duration) -> Result<Reading, StoreError> {
        let mut gone = self.seemingly_gone(forget).await?;
        for _ in 0..WAITS {
            if gone.is_empty() {
                break;
            }
            sleep(silent).await;
            let still = self.seemingly_gone(forget).await?;
            if std::mem::replace(&mut gone, still.clone()) == still {
                break;
            }
        }
        let mut tx = self.begin().await?;
        query!(tx.execute(
            {
                sqlite concat!("UPDATE clock SET ahead_ms = 0 WHERE ahead_ms <> 0 AND NOT EXISTS
                                (SELECT 1 FROM nodes WHERE ABS(seen_at - ", clock!(sqlite), " / 1000) <= $1)"),
                postgres concat!("UPDATE clock SET ahead_ms = 0 WHERE ahead_ms <> 0 AND NOT EXISTS
                                  (SELECT 1 FROM nodes WHERE ABS(seen_at - ", clock!(postgres), " / 1000) <= $1)")
            },
            forget.as_millis() as Millis,
        ))?;
        tx.commit().await?;
        self.clock().await
    }

    /// The nodes that were last seen longer ago than this, by the clock, or later than now; and when.
    async fn seemingly_gone(&self, forget: Duration) -> Result<Vec<(Uuid, Millis)>, StoreError> {
        let mut db = self.reader().await?;
        Ok(query!(db.fetch_all::<(Uuid, Millis)>(
            {
                sqlite concat!("SELECT id, seen_at FROM nodes WHERE ABS(seen_at - ", clock!(sqlite), " / 1000) > $1
                                ORDER BY id"),
                postgres concat!("SELECT id, seen_at FROM nodes WHERE ABS(seen_at - ", clock!(postgres), " / 1000) > $1
                                  ORDER BY id")
            },
            forget.as_millis() as Millis,
        ))?)
    }

    /// Takes it that the database's clock was set ahead by so much, in milliseconds, unless another node has done so since this
    /// one last knew. All nodes go on with the time that they had.
    pub async fn take_clock_ahead(&self, known: Millis, by: Millis) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query!(tx.execute("UPDATE clock SET ahead_ms = $1 WHERE ahead_ms = $2", known + by, known))?;
        tx.commit().await
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

    /// Forgets the nodes that have been silent for so long, with all who sat there. Returns how many.
    pub async fn forget_silent(&self, silence: Duration) -> Result<u64, StoreError> {
        let mut tx = self.begin_ephemeral().await?;
        // Somebody else may be at it, and may wait for our own row: whoever is first does it, the others wait for nothing.
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

/// When a node that lives was seen last. Later than now, only just: else the database's clock was set back since.
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

/// Says that the node lives. None if it is not known and does not tell everything.
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

/// Takes away all that the node told of its rooms.
async fn clear(tx: &mut Tx, node: NodeId) -> Result<(), StoreError> {
    query!(tx.execute("DELETE FROM seats WHERE node_id = $1", node.uuid()))?;
    query!(tx.execute("DELETE FROM arrivals WHERE node_id = $1", node.uuid()))?;
    Ok(())
}

/// What there is to know of the rooms, as the living nodes have it.
async fn ask(tx: &mut Tx, heartbeat: &Heartbeat, living: LiveNode) -> Result<Vec<RoomStatus>, StoreError> {
    #[derive(Serialize)]
    struct Row {
        event_id: EventId,
    }
    if heartbeat.rooms.is_empty() {
        return Ok(Vec::new());
    }
    let batch: Vec<_> = heartbeat.rooms.iter().map(|event_id| Row { event_id: *event_id }).collect();
    let rooms = batch!(tx.fetch_all::<RoomRow>([event_id uuid]
        ", living AS (SELECT id FROM nodes WHERE id = $2 OR seen_at BETWEEN $3 AND $5),
         people AS (
             SELECT event_id, participant_id, MAX(CASE WHEN node_id = $2 THEN 1 ELSE 0 END) AS here FROM seats
             WHERE $4 AND event_id IN (SELECT event_id FROM batch) AND node_id IN (SELECT id FROM living)
             GROUP BY event_id, participant_id
         ),
         present AS (
             SELECT event_id, SUM(here) AS here, COUNT(*) AS everywhere FROM people GROUP BY event_id
         ),
         answering AS (
             SELECT people.event_id, SUM(people.here) AS here, COUNT(*) AS everywhere FROM people
                 JOIN events ON events.id = people.event_id JOIN activities ON activities.id = events.staged
                 JOIN responses ON responses.activity_id = activities.id AND responses.round = activities.round
                     AND responses.participant_id = people.participant_id
                     AND responses.replaced_at IS NULL AND responses.given
             GROUP BY people.event_id
         ),
         coming AS (
             SELECT event_id, CAST(SUM(arriving) AS BIGINT) AS arriving FROM arrivals
             WHERE node_id <> $2 AND node_id IN (SELECT id FROM living) GROUP BY event_id
         )
         SELECT events.id, events.rev, COALESCE(present.here, 0) AS here,
             COALESCE(present.everywhere - present.here, 0) AS elsewhere, COALESCE(coming.arriving, 0) AS arriving,
             CASE WHEN $4 THEN (SELECT COUNT(*) FROM attendance WHERE attendance.event_id = events.id) END AS joined,
             activities.id AS staged, activities.round AS round,
                 COALESCE(answering.here, 0) AS answered_here,
                 COALESCE(answering.everywhere - answering.here, 0) AS answered_elsewhere
         FROM batch JOIN events ON events.id = batch.event_id
             LEFT JOIN present ON present.event_id = events.id LEFT JOIN coming ON coming.event_id = events.id
             LEFT JOIN activities ON activities.id = events.staged
             LEFT JOIN answering ON answering.event_id = events.id",
        rows(&batch),
        heartbeat.node.uuid(),
        living.since,
        heartbeat.count,
        living.until,
    ))?;
    let respondents = |row: &RoomRow, count| {
        row.staged.zip(row.round).map(|(activity, round)| RespondentsHere {
            activity: ActivityId::new(activity),
            round: columns::count(round),
            count: columns::count(count),
        })
    };
    let read = |row: RoomRow| RoomStatus {
        event: EventId::new(row.id),
        rev: row.rev,
        arriving: columns::count(row.arriving),
        counts: row.joined.map(|joined| Counts {
            here: columns::count(row.here),
            elsewhere: columns::count(row.elsewhere),
            joined: columns::count(joined),
            answered_here: respondents(&row, row.answered_here),
            answered_elsewhere: respondents(&row, row.answered_elsewhere),
        }),
    };
    Ok(rooms.into_iter().map(read).collect())
}
