//! Events: made, found, changed, deleted and brought back.

use parterre_domain::{
    event::{Event, EventKind, EventSettings, JoinCode},
    ids::WorkspaceId,
    language::LanguageTag,
};
use parterre_protocol::{EventId, Millis, Rev, topics::EventState};
use uuid::Uuid;

use super::{
    Store, StoreError, columns,
    event_rows::{CodeTaken, EventRow, code_taken, insert_event},
    retry::Idempotency,
    room_tests::forget_readings,
    sql::query,
};

/// Deleted events that are listed, the last ones.
const DELETED_LISTED: i64 = 100;

/// An event as the list of a workspace shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct EventListing {
    /// The event.
    pub event: Event,
    /// How many activities its rundown has.
    pub activities: u32,
    /// How many participants have ever joined.
    pub participants: u32,
}

row! {
    struct ListingRow {
        ..event: EventRow,
        activities: i64,
        participants: i64,
    }
}

impl Store {
    /// Makes a draft event without activities.
    pub async fn create_event(
        &self,
        id: EventId,
        workspace: WorkspaceId,
        settings: &EventSettings,
        now: Millis,
    ) -> Result<Result<Event, CodeTaken>, StoreError> {
        self.with_retry(Idempotency::Unsure, || async {
            let EventSettings { name, code, names, language } = settings.clone();
            let (kind, state) = (EventKind::Gathering, EventState::Draft);
            let (results_shared, rev, created_at) = (false, 1, now);
            let event =
                Event { id, workspace, name, code, kind, state, names, language, results_shared, rev, created_at };
            let mut tx = self.begin().await?;
            if insert_event(&mut tx, &event, None).await?.is_err() {
                return Ok(Err(CodeTaken));
            }
            tx.commit().await?;
            Ok(Ok(event))
        })
        .await
    }

    /// The events of a workspace that were deleted and can be brought back, the last one first: id,
    /// name, and when it was deleted.
    pub async fn deleted_events(&self, workspace: WorkspaceId) -> Result<Vec<(EventId, String, Millis)>, StoreError> {
        let mut db = self.reader().await?;
        let found = query!(db.fetch_all::<(Uuid, String, Millis)>(
            "SELECT id, name, deleted_at FROM events
             WHERE workspace_id = $1 AND kind = 'gathering' AND deleted_at > 0 ORDER BY deleted_at DESC, id DESC LIMIT $2",
            workspace.uuid(),
            DELETED_LISTED,
        ))?;
        Ok(found.into_iter().map(|(id, name, at)| (EventId::new(id), name, at)).collect())
    }

    /// The events of a workspace without its room tests, the newest first.
    pub async fn events(&self, workspace: WorkspaceId) -> Result<Vec<EventListing>, StoreError> {
        let mut db = self.reader().await?;
        let listed = query!(db.fetch_all::<ListingRow>(
            "SELECT id, workspace_id, name, code, kind, state, names, language, results_shared, rev, created_at,
                 (SELECT COUNT(*) FROM activities WHERE event_id = events.id AND deleted_at IS NULL) AS activities,
                 (SELECT COUNT(*) FROM attendance WHERE event_id = events.id) AS participants
             FROM events WHERE workspace_id = $1 AND kind = 'gathering' AND deleted_at IS NULL
             ORDER BY created_at DESC, id DESC",
            workspace.uuid(),
        ))?;
        let read = |row: ListingRow| {
            let (activities, participants) = (columns::count(row.activities), columns::count(row.participants));
            Ok(EventListing { event: row.event.try_into()?, activities, participants })
        };
        listed.into_iter().map(read).collect()
    }

    /// The event with this id.
    pub async fn event(&self, id: EventId) -> Result<Option<Event>, StoreError> {
        let mut db = self.reader().await?;
        let found = query!(db.fetch_optional::<EventRow>(
            "SELECT id, workspace_id, name, code, kind, state, names, language, results_shared, rev, created_at
             FROM events WHERE id = $1 AND deleted_at IS NULL",
            id.uuid(),
        ))?;
        found.map(Event::try_from).transpose()
    }

    /// Whether there is an event with this id.
    pub async fn has_event(&self, id: EventId) -> Result<bool, StoreError> {
        let mut db = self.reader().await?;
        let found = query!(db.fetch_optional::<(i64,)>(
            "SELECT CAST(1 AS BIGINT) FROM events WHERE id = $1 AND deleted_at IS NULL",
            id.uuid(),
        ))?;
        Ok(found.is_some())
    }

    /// Whose a deleted event is; none if it is not deleted, never was, or cannot come back: what
    /// was deleted long ago (`deleted_at` is 0) is going for good.
    pub async fn deleted_event_workspace(&self, id: EventId) -> Result<Option<WorkspaceId>, StoreError> {
        let mut db = self.reader().await?;
        let found = query!(db.fetch_optional::<(Uuid,)>(
            "SELECT workspace_id FROM events WHERE id = $1 AND kind = 'gathering' AND deleted_at > 0",
            id.uuid(),
        ))?;
        Ok(found.map(|(workspace,)| WorkspaceId::new(workspace)))
    }

    /// The event with this join code, or else the one that had it last, since a code may be printed
    /// on slides and posters.
    pub async fn event_by_code(&self, code: &JoinCode) -> Result<Option<Event>, StoreError> {
        let mut db = self.reader().await?;
        let found = query!(db.fetch_optional::<EventRow>(
            "SELECT id, workspace_id, name, code, kind, state, names, language, results_shared, rev, created_at FROM events
             WHERE (code = $1 OR id = (SELECT event_id FROM former_codes WHERE former_codes.code = $1)) AND deleted_at IS NULL
             ORDER BY CASE WHEN code = $1 THEN 0 ELSE 1 END LIMIT 1",
            code.as_str(),
        ))?;
        found.map(Event::try_from).transpose()
    }

    /// Changes an event's settings, all of them.
    pub async fn change_event(
        &self,
        id: EventId,
        settings: &EventSettings,
    ) -> Result<Result<Option<Rev>, CodeTaken>, StoreError> {
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            query!(tx.execute(
                "INSERT INTO former_codes (code, event_id)
                 SELECT code, id FROM events WHERE id = $1 AND code <> $2 AND deleted_at IS NULL
                 ON CONFLICT (code) DO UPDATE SET event_id = excluded.event_id",
                id.uuid(),
                settings.code.as_str(),
            ))?;
            let changed = query!(tx.fetch_optional::<(Rev,)>(
                "UPDATE events SET name = $2, code = $3, names = $4, language = $5, rev = rev + 1
             WHERE id = $1 AND deleted_at IS NULL RETURNING rev",
                id.uuid(),
                &settings.name,
                settings.code.as_str(),
                settings.names,
                settings.language.as_ref().map(LanguageTag::as_str),
            ));
            let Ok(rev) = code_taken(changed)? else { return Ok(Err(CodeTaken)) };
            tx.commit().await?;
            Ok(Ok(rev.map(|(rev,)| rev)))
        })
        .await
    }

    /// Deletes an event so that it can be brought back; `None` if there is none. Its join code is
    /// free at once. Of a room test the readings go for good: they hold addresses.
    pub async fn delete_event(&self, id: EventId, now: Millis) -> Result<Option<Rev>, StoreError> {
        self.with_retry(Idempotency::Unsure, || async {
            let mut tx = self.begin().await?;
            let deleted = query!(tx.fetch_optional::<(Rev, String)>(
                "UPDATE events SET deleted_at = $2, rev = rev + 1 WHERE id = $1 AND deleted_at IS NULL
                 RETURNING rev, kind",
                id.uuid(),
                now,
            ))?;
            let Some((rev, kind)) = deleted else { return Ok(None) };
            if columns::event_kind(&kind)? == EventKind::RoomTest {
                forget_readings(&mut tx, id).await?;
            }
            tx.commit().await?;
            Ok(Some(rev))
        })
        .await
    }

    /// Brings a deleted event back as it was, unless another has its join code by now. One that is
    /// not deleted stays as it is; `None` if there never was one.
    pub async fn restore_event(&self, id: EventId) -> Result<Result<Option<Rev>, CodeTaken>, StoreError> {
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            let restored = query!(tx.fetch_optional::<(Rev,)>(
                "UPDATE events SET rev = CASE WHEN deleted_at IS NULL THEN rev ELSE rev + 1 END, deleted_at = NULL
             WHERE id = $1 AND COALESCE(deleted_at, 1) > 0 RETURNING rev",
                id.uuid(),
            ));
            let Ok(rev) = code_taken(restored)? else { return Ok(Err(CodeTaken)) };
            tx.commit().await?;
            Ok(Ok(rev.map(|(rev,)| rev)))
        })
        .await
    }
}
