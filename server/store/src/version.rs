//! The version of an event, and the lock that comes with it.

use std::collections::BTreeMap;

use parterre_protocol::{ActivityId, EventId, PostId, Rev, topics::EventState};
use serde::Serialize;
use uuid::Uuid;

use super::{
    Store, StoreError, columns,
    sql::{Tx, batch, query, rows},
};

/// An event that this transaction alone may change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Locked {
    /// How far it is.
    pub(super) state: EventState,
    /// The activity on stage.
    pub(super) staged: Option<ActivityId>,
    /// Whether the screen shows the list of questions.
    pub(super) on_screen: bool,
    /// The post that the screen shows.
    pub(super) highlight: Option<PostId>,
    /// Its version before the transaction.
    pub(super) rev: Rev,
}

/// How far an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventVersion {
    /// The event.
    pub event: EventId,
    /// Its version.
    pub rev: Rev,
    /// How many participants have joined; `None` on Postgres, where heartbeats count them.
    pub joined: Option<u32>,
}

impl Store {
    /// How far these events are. Those that do not exist or are deleted are left out.
    pub async fn versions_of(&self, events: &[EventId]) -> Result<Vec<EventVersion>, StoreError> {
        let mut db = self.reader().await?;
        let found = query!(db.fetch_all::<(Uuid, Rev, Option<i64>)>({
            sqlite "SELECT id, rev, (SELECT COUNT(*) FROM attendance WHERE event_id = events.id) FROM events
                    WHERE id IN (SELECT unhex(value, '-') FROM json_each($1)) AND deleted_at IS NULL",
            postgres "SELECT id, rev, NULL::bigint FROM events
                      WHERE id IN (SELECT value::uuid FROM json_array_elements_text($1::json)) AND deleted_at IS NULL"
        }, &rows(events)))?;
        let standing = |(event, rev, joined): (Uuid, Rev, Option<i64>)| EventVersion {
            event: EventId::new(event),
            rev,
            joined: joined.map(columns::count),
        };
        Ok(found.into_iter().map(standing).collect())
    }
}

row! {
    struct LockedRow {
        id: Uuid,
        state: String,
        staged: Option<Uuid>,
        qa_on_screen: bool,
        highlight: Option<i64>,
        rev: Rev,
    }
}

/// Locks these events until the end of the transaction. Those that do not exist or are deleted are
/// left out.
pub(super) async fn lock_all(tx: &mut Tx, events: &[EventId]) -> Result<BTreeMap<EventId, Locked>, StoreError> {
    let ids = rows(events);
    // SQLite has one writer, which `BEGIN IMMEDIATE` made us, and knows no lock on a row. On
    // Postgres everybody locks in the order of ids, so that two who need the same events never wait
    // for each other. `NO KEY` lets others join an event meanwhile.
    let locked = query!(tx.fetch_all::<LockedRow>({
        sqlite "SELECT id, state, staged, qa_on_screen, highlight, rev FROM events
                WHERE id IN (SELECT unhex(value, '-') FROM json_each($1)) AND deleted_at IS NULL",
        postgres "SELECT id, state, staged, qa_on_screen, highlight, rev FROM events
                  WHERE id IN (SELECT value::uuid FROM json_array_elements_text($1::json)) AND deleted_at IS NULL
                  ORDER BY id FOR NO KEY UPDATE"
    }, &ids))?;
    let read = |row: LockedRow| {
        let locked = Locked {
            state: columns::event_state(&row.state)?,
            staged: row.staged.map(ActivityId::new),
            on_screen: row.qa_on_screen,
            highlight: row.highlight.map(columns::post),
            rev: row.rev,
        };
        Ok((EventId::new(row.id), locked))
    };
    locked.into_iter().map(read).collect()
}

/// Locks one event; `None` if it does not exist or is deleted.
pub(super) async fn lock(tx: &mut Tx, event: EventId) -> Result<Option<Locked>, StoreError> {
    Ok(lock_all(tx, &[event]).await?.remove(&event))
}

/// Gives a locked event its next version.
pub(super) async fn bump(tx: &mut Tx, event: EventId) -> Result<Rev, StoreError> {
    let (rev,) =
        query!(tx.fetch_one::<(Rev,)>("UPDATE events SET rev = rev + 1 WHERE id = $1 RETURNING rev", event.uuid()))?;
    Ok(rev)
}

/// Gives each of these locked events its next version.
pub(super) async fn bump_all(tx: &mut Tx, events: impl Iterator<Item = EventId>) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct Row {
        id: EventId,
    }
    let batch: Vec<_> = events.map(|id| Row { id }).collect();
    batch!(tx.execute([id uuid] "UPDATE events SET rev = rev + 1 WHERE id IN (SELECT id FROM batch)", rows(&batch)))?;
    Ok(())
}
