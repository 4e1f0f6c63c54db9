//! What a node is told of its rooms with a heartbeat: their versions, and who is there on all nodes
//! that live.

use parterre_protocol::{ActivityId, EventId, Rev, topics::RespondentsHere};
use serde::Serialize;
use uuid::Uuid;

use super::{Heartbeat, LiveNode};
use crate::{
    StoreError, columns,
    sql::{Tx, batch, rows},
};

/// The part of the reply about one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomStatus {
    /// Which event.
    pub event: EventId,
    /// Its version.
    pub rev: Rev,
    /// Clients that other live nodes told to retry later.
    pub arriving: u32,
    /// Who is connected, if that was requested.
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
    /// How many participants connected to this node have answered what is on stage; `None` if
    /// nothing is.
    pub answered_here: Option<RespondentsHere>,
    /// How many of those elsewhere have.
    pub answered_elsewhere: Option<RespondentsHere>,
}

row! {
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
}

/// What is known about the rooms, according to the live nodes.
pub(super) async fn ask(tx: &mut Tx, heartbeat: &Heartbeat, living: LiveNode) -> Result<Vec<RoomStatus>, StoreError> {
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
             SELECT event_id, SUM(here) AS here, COUNT(*) AS everywhere FROM (
                 SELECT people.event_id, people.here FROM people
                     JOIN events ON events.id = people.event_id JOIN activities ON activities.id = events.staged
                     JOIN responses ON responses.activity_id = activities.id AND responses.round = activities.round
                         AND responses.participant_id = people.participant_id
                         AND responses.replaced_at IS NULL AND responses.given
                 UNION ALL SELECT people.event_id, people.here FROM people
                     JOIN events ON events.id = people.event_id JOIN activities ON activities.id = events.staged
                     WHERE EXISTS (SELECT 1 FROM posts WHERE posts.activity_id = activities.id
                         AND posts.round = activities.round AND posts.participant_id = people.participant_id
                         AND posts.state <> 'withdrawn')
             ) AS answerers GROUP BY event_id
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
