//! The rows of `events`: how an event is read from one, and how it gets one.

use parterre_domain::{
    event::{Event, JoinCode},
    ids::WorkspaceId,
    language::LanguageTag,
};
use parterre_protocol::{ActivityId, EventId, Millis, Rev};
use uuid::Uuid;

use super::{
    StoreError, columns,
    sql::{Tx, query},
};

/// Another event has this join code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("another event has this join code")]
pub struct CodeTaken;

row! {
    /// A row of `events`.
    pub(super) struct EventRow {
        id: Uuid,
        workspace_id: Uuid,
        name: String,
        code: String,
        kind: String,
        state: String,
        names: bool,
        language: Option<String>,
        results_shared: bool,
        rev: Rev,
        created_at: Millis,
    }
}

impl TryFrom<EventRow> for Event {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: EventId::new(row.id),
            workspace: WorkspaceId::new(row.workspace_id),
            name: row.name,
            code: JoinCode::parse(&row.code).map_err(|_| StoreError::Unreadable("a join code"))?,
            kind: columns::event_kind(&row.kind)?,
            state: columns::event_state(&row.state)?,
            names: row.names,
            language: row.language.as_deref().map(columns::language).transpose()?,
            results_shared: row.results_shared,
            rev: row.rev,
            created_at: row.created_at,
        })
    }
}

/// Makes the row of an event, unless its code is taken.
pub(super) async fn insert_event(
    tx: &mut Tx,
    event: &Event,
    staged: Option<ActivityId>,
) -> Result<Result<(), CodeTaken>, StoreError> {
    let inserted = query!(tx.execute(
        "INSERT INTO events (id, workspace_id, name, code, kind, state, names, language, staged, rev, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        event.id.uuid(),
        event.workspace.uuid(),
        &event.name,
        event.code.as_str(),
        columns::event_kind_name(event.kind),
        columns::event_state_name(event.state),
        event.names,
        event.language.as_ref().map(LanguageTag::as_str),
        staged.map(ActivityId::uuid),
        event.rev,
        event.created_at,
    ));
    Ok(code_taken(inserted)?.map(drop))
}

/// Tells a join code that is taken, the one thing in `events` that must be unique beside fresh ids,
/// from a failure.
pub(super) fn code_taken<T>(result: sqlx::Result<T>) -> Result<Result<T, CodeTaken>, StoreError> {
    match result {
        Ok(done) => Ok(Ok(done)),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(Err(CodeTaken)),
        Err(error) => Err(error.into()),
    }
}
