//! Room tests: events of their own kind, with one open activity whose answers are readings. A
//! limited number is kept, for a limited time, since readings hold addresses.

use parterre_domain::{
    event::{Event, EventKind, EventSettings},
    ids::WorkspaceId,
    room_test_summary::RoomTestSummary,
};
use parterre_protocol::{
    ActivityId, Answer, EventId, Millis, ParticipantId, Rev, Settings, kinds::readings::Verdicts, topics::EventState,
};
use uuid::Uuid;

use super::{
    Store, StoreError, columns,
    event_rows::{CodeTaken, EventRow, insert_event},
    retry::Idempotency,
    sql::{Tx, query},
};

/// A room test to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRoomTest {
    /// Its event.
    pub event: EventId,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// Its name and join code.
    pub settings: EventSettings,
    /// Its activity.
    pub activity: ActivityId,
    /// What that asks.
    pub activity_settings: Settings,
}

/// How many room tests of a workspace are kept, and since when they were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// The maximum number of room tests.
    pub most: u32,
    /// Of those made since then.
    pub since: Millis,
}

/// A room test as the list of a workspace shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct RoomTestListing {
    /// Its event.
    pub event: Event,
    /// How many phones have joined.
    pub joined: u32,
    /// How the readings are.
    pub verdicts: Verdicts,
}

impl Store {
    /// Makes a room test, running at once, and deletes those of the workspace that are not kept any
    /// longer: these, with their versions, come back beside the event.
    pub async fn add_room_test(
        &self,
        new: &NewRoomTest,
        keep: Keep,
        now: Millis,
    ) -> Result<Result<(Event, Vec<(EventId, Rev)>), CodeTaken>, StoreError> {
        self.with_retry(Idempotency::Unsure, || async {
            let mut tx = self.begin().await?;
            let EventSettings { name, code, names, language } = new.settings.clone();
            let event = Event {
                id: new.event,
                workspace: new.workspace,
                name,
                code,
                kind: EventKind::RoomTest,
                state: EventState::Live,
                names,
                language,
                results_shared: false,
                rev: 1,
                created_at: now,
            };
            if insert_event(&mut tx, &event, Some(new.activity)).await?.is_err() {
                return Ok(Err(CodeTaken));
            }
            query!(tx.execute(
                "INSERT INTO activities (id, event_id, place, kind, question, state, round, round_opened_at, results)
                 VALUES ($1, $2, 0, $3, $4, 'open', 1, $5, FALSE)",
                new.activity.uuid(),
                event.id.uuid(),
                new.activity_settings.kind().as_str(),
                columns::json(&new.activity_settings),
                now,
            ))?;
            let gone = forget_old(&mut tx, new.workspace, keep, now).await?;
            tx.commit().await?;
            Ok(Ok((event, gone)))
        })
        .await
    }

    /// The room tests of a workspace that are kept, the newest first.
    pub async fn room_tests(&self, workspace: WorkspaceId, keep: Keep) -> Result<Vec<RoomTestListing>, StoreError> {
        row! {
            struct Row {
                ..event: EventRow,
                joined: i64,
            }
        }
        let mut tx = self.snapshot().await?;
        let rows = query!(tx.fetch_all::<Row>(
            "SELECT id, workspace_id, name, code, kind, state, names, language, results_shared, rev, created_at,
                 (SELECT COUNT(*) FROM attendance WHERE event_id = events.id) AS joined
             FROM events WHERE workspace_id = $1 AND kind = 'room_test' AND deleted_at IS NULL AND created_at >= $2
             ORDER BY created_at DESC, id DESC LIMIT $3",
            workspace.uuid(),
            keep.since,
            i64::from(keep.most),
        ))?;
        let mut listed = Vec::with_capacity(rows.len());
        for row in rows {
            let event = Event::try_from(row.event)?;
            let verdicts = verdicts(&mut tx, event.id).await?;
            listed.push(RoomTestListing { event, joined: columns::count(row.joined), verdicts });
        }
        tx.commit().await?;
        Ok(listed)
    }
}

/// How the current readings of a room test are.
async fn verdicts(tx: &mut Tx, event: EventId) -> Result<Verdicts, StoreError> {
    let answers = query!(tx.fetch_all::<(Uuid, String)>(
        "SELECT responses.participant_id, responses.answer FROM activities JOIN responses
             ON responses.activity_id = activities.id AND responses.round = activities.round
                 AND responses.replaced_at IS NULL
         WHERE activities.event_id = $1 AND activities.deleted_at IS NULL",
        event.uuid(),
    ))?;
    let mut summary = RoomTestSummary::default();
    for (participant, answer) in answers {
        if let Answer::Readings(readings) = columns::answer(&answer)? {
            summary.add(ParticipantId::new(participant), &readings);
        }
    }
    Ok(summary.verdicts())
}

/// Deletes the room tests of a workspace that are too old or too many.
async fn forget_old(
    tx: &mut Tx,
    workspace: WorkspaceId,
    Keep { most, since }: Keep,
    now: Millis,
) -> Result<Vec<(EventId, Rev)>, StoreError> {
    let gone = query!(tx.fetch_all::<(Uuid, Rev)>(
        "UPDATE events SET deleted_at = $4, rev = rev + 1
         WHERE workspace_id = $1 AND kind = 'room_test' AND deleted_at IS NULL AND (created_at < $2 OR id NOT IN
             (SELECT id FROM events WHERE workspace_id = $1 AND kind = 'room_test' AND deleted_at IS NULL
              ORDER BY created_at DESC, id DESC LIMIT $3))
         RETURNING id, rev",
        workspace.uuid(),
        since,
        i64::from(most),
        now,
    ))?;
    let gone: Vec<_> = gone.into_iter().map(|(id, rev)| (EventId::new(id), rev)).collect();
    for (event, _) in &gone {
        forget_readings(tx, *event).await?;
    }
    Ok(gone)
}

/// Deletes what phones have read, for good. The participants stay, of whom nothing is known but a
/// hash: somebody may be joining.
pub(super) async fn forget_readings(tx: &mut Tx, event: EventId) -> Result<(), StoreError> {
    query!(tx.execute(
        "DELETE FROM responses WHERE participant_id IN (SELECT id FROM participants WHERE event_id = $1)",
        event.uuid(),
    ))?;
    Ok(())
}
