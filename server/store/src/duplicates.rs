//! Events and activities that are made from others: what was authored is copied, and nothing of
//! what people sent.

use parterre_domain::event::{Event, EventKind, JoinCode};
use parterre_protocol::{
    ActivityId, EventId, Millis, QaSettings, Rev,
    limits::ACTIVITIES_PER_EVENT,
    posts::QaState,
    topics::{ActivityState, EventState},
};
use serde::Serialize;

use super::{
    Store, StoreError, columns,
    event_rows::{EventRow, code_taken, insert_event},
    retry::Idempotency,
    sql::{Tx, batch, query, rows},
    version::{bump, lock},
};

/// Which event is made from another, and how.
#[derive(Clone, Debug)]
pub struct NewDuplicate {
    /// Its id.
    pub id: EventId,
    /// Its name, checked.
    pub name: String,
    /// A code that no event has: for it, or for the original, whose code it takes.
    pub fresh_code: JoinCode,
    /// Whether it takes the original's code.
    pub takes_code: bool,
    /// Whether it takes questions as the original does, or as events do at first.
    pub with_questions: bool,
}

/// The result of duplicating an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Duplicated {
    /// It is there.
    Done {
        /// The event made.
        event: Event,
        /// The original's version, if it has another code now.
        original: Option<Rev>,
    },
    /// Another event has the fresh code.
    CodeTaken,
    /// The original is live, and the code that people are using stays with it.
    Live,
    /// There is no such original.
    Unknown,
}

/// The result of copying activities to another event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Copied {
    /// They are there, in this order, as of this version.
    Done(Vec<ActivityId>, Rev),
    /// The event would have more activities than it may have.
    Full,
    /// There is no such event, or not all of these activities in the other one.
    Unknown,
}

impl Store {
    /// Copies these activities of one event to the end of another, in the order of the rundown in
    /// which they are. All of them, or none.
    pub async fn copy_activities(
        &self,
        (from, chosen): (EventId, &[ActivityId]),
        to: EventId,
        new_id: impl Fn() -> ActivityId,
    ) -> Result<Copied, StoreError> {
        self.with_retry(Idempotency::Unsure, || async {
            let mut tx = self.begin().await?;
            if lock(&mut tx, to).await?.is_none() {
                return Ok(Copied::Unknown);
            }
            let authored = authored(&mut tx, from, Some(chosen)).await?;
            if authored.len() != chosen.len() {
                return Ok(Copied::Unknown);
            }
            let (there, next) = query!(tx.fetch_one::<(i64, i64)>(
                "SELECT COUNT(*) FILTER (WHERE deleted_at IS NULL), COALESCE(MAX(place) + 1, 0)
                 FROM activities WHERE event_id = $1",
                to.uuid(),
            ))?;
            if columns::count(there) as usize + authored.len() > ACTIVITIES_PER_EVENT {
                return Ok(Copied::Full);
            }
            let ids = insert_drafts(&mut tx, to, authored, next, &new_id).await?;
            let rev = bump(&mut tx, to).await?;
            tx.commit().await?;
            Ok(Copied::Done(ids, rev))
        })
        .await
    }

    /// Makes a draft with the activities, settings and language of another event of the same
    /// workspace. Answers, participants, posts, links and schedules stay with the original, and so
    /// does what moderators decided about words: it repeats what people wrote.
    pub async fn duplicate_event(
        &self,
        original: EventId,
        new: &NewDuplicate,
        new_id: impl Fn() -> ActivityId,
        now: Millis,
    ) -> Result<Duplicated, StoreError> {
        self.with_retry(Idempotency::Unsure, || async {
            let mut tx = self.begin().await?;
            let Some(locked) = lock(&mut tx, original).await? else { return Ok(Duplicated::Unknown) };
            if new.takes_code && locked.state == EventState::Live {
                return Ok(Duplicated::Live);
            }
            let row = query!(tx.fetch_one::<EventRow>(
                "SELECT id, workspace_id, name, code, kind, state, names, language, results_shared, rev, created_at
                 FROM events WHERE id = $1",
                original.uuid(),
            ))?;
            let from = Event::try_from(row)?;
            if from.kind != EventKind::Gathering {
                return Ok(Duplicated::Unknown);
            }
            let mut code = new.fresh_code.clone();
            let mut moved = None;
            if new.takes_code {
                if !give_code(&mut tx, &from, &new.fresh_code).await? {
                    return Ok(Duplicated::CodeTaken);
                }
                moved = Some(bump(&mut tx, original).await?);
                code = from.code.clone();
            }
            let name = new.name.clone();
            let event = Event {
                id: new.id,
                name,
                code,
                state: EventState::Draft,
                results_shared: false,
                rev: 1,
                created_at: now,
                ..from
            };
            if insert_event(&mut tx, &event, None).await?.is_err() {
                return Ok(Duplicated::CodeTaken);
            }
            if new.with_questions {
                copy_questions(&mut tx, original, new.id).await?;
            }
            let authored = authored(&mut tx, original, None).await?;
            insert_drafts(&mut tx, new.id, authored, 0, &new_id).await?;
            tx.commit().await?;
            Ok(Duplicated::Done { event, original: moved })
        })
        .await
    }
}

/// Gives a locked event another code. False if another event has that one.
async fn give_code(tx: &mut Tx, event: &Event, code: &JoinCode) -> Result<bool, StoreError> {
    // While another event has the former code, that one is found by it; once it is deleted, printed
    // codes lead here again.
    query!(tx.execute(
        "INSERT INTO former_codes (code, event_id) VALUES ($1, $2)
         ON CONFLICT (code) DO UPDATE SET event_id = excluded.event_id",
        event.code.as_str(),
        event.id.uuid(),
    ))?;
    let given = query!(tx.execute("UPDATE events SET code = $2 WHERE id = $1", event.id.uuid(), code.as_str()));
    Ok(code_taken(given)?.is_ok())
}

/// How an event takes questions, without what has become of it: questions that were closed are
/// taken again.
async fn copy_questions(tx: &mut Tx, from: EventId, to: EventId) -> Result<(), StoreError> {
    let (stored,) = query!(tx.fetch_one::<(String,)>("SELECT qa FROM events WHERE id = $1", from.uuid()))?;
    let settings = columns::qa_settings(&stored)?;
    let state = match settings.state {
        QaState::Closed => QaState::Open,
        as_it_is => as_it_is,
    };
    let settings = QaSettings { version: 1, state, ..settings };
    query!(tx.execute("UPDATE events SET qa = $2 WHERE id = $1", to.uuid(), columns::json(&settings)))?;
    Ok(())
}

row! {
    struct AuthoredRow {
        kind: String,
        settings: String = "question",
    }
}

/// What was authored of an event's activities, of these or of all, in their order.
async fn authored(tx: &mut Tx, event: EventId, chosen: Option<&[ActivityId]>) -> Result<Vec<AuthoredRow>, StoreError> {
    #[derive(Serialize)]
    struct Row {
        id: ActivityId,
    }
    let batch: Vec<_> = chosen.unwrap_or_default().iter().map(|id| Row { id: *id }).collect();
    Ok(batch!(tx.fetch_all::<AuthoredRow>(
        [id uuid]
        "SELECT kind, question FROM activities
         WHERE event_id = $2 AND deleted_at IS NULL AND ($3 OR id IN (SELECT id FROM batch)) ORDER BY place",
        rows(&batch),
        event.uuid(),
        chosen.is_none(),
    ))?)
}

/// Makes drafts of them, of which nothing has been opened, from this place on.
async fn insert_drafts(
    tx: &mut Tx,
    event: EventId,
    authored: Vec<AuthoredRow>,
    first: i64,
    new_id: &impl Fn() -> ActivityId,
) -> Result<Vec<ActivityId>, StoreError> {
    #[derive(Serialize)]
    struct Row {
        id: ActivityId,
        place: i64,
        kind: String,
        settings: String,
    }
    let placed = authored.into_iter().zip(first..);
    let drafts: Vec<_> =
        placed.map(|(AuthoredRow { kind, settings }, place)| Row { id: new_id(), place, kind, settings }).collect();
    batch!(tx.execute(
        [id uuid, place bigint, kind text, settings text]
        "INSERT INTO activities (id, event_id, place, kind, question, state, round, results)
         SELECT id, $2, place, kind, settings, $3, 1, FALSE FROM batch",
        rows(&drafts),
        event.uuid(),
        columns::activity_state_name(ActivityState::Draft),
    ))?;
    Ok(drafts.into_iter().map(|draft| draft.id).collect())
}
