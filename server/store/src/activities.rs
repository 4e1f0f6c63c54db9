//! The rundown: the activities of an event and their order.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use parterre_domain::{activity::Activity, timer::Timer};
use parterre_protocol::{
    ActivityId, EventId, Millis, Rev, Settings, limits::ACTIVITIES_PER_EVENT, topics::ActivityState,
};
use serde::Serialize;
use uuid::Uuid;

use super::{
    Store, StoreError, columns,
    retry::Idempotency,
    sql::{Tx, batch, query, rows},
    version::{bump, lock},
};

/// The result of adding an activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is there; this is the event's version with it.
    Done(Rev),
    /// The event has as many activities as it may have.
    Full,
    /// There is no such event, or no such activity to put it after.
    Unknown,
}

row! {
    /// A row of `activities`.
    pub(super) struct ActivityRow {
        id: Uuid,
        event_id: Uuid,
        settings: String = "question",
        versions: String,
        state: String,
        round: i64,
        round_opened_at: Option<Millis>,
        results: bool,
        opens_at: Option<Millis>,
        closes_at: Option<Millis>,
        words: String,
    }
}

impl TryFrom<ActivityRow> for Activity {
    type Error = StoreError;

    fn try_from(row: ActivityRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: ActivityId::new(row.id),
            event: EventId::new(row.event_id),
            settings: columns::settings(&row.settings)?,
            versions: columns::versions(&row.versions)?,
            state: columns::activity_state(&row.state)?,
            round: columns::count(row.round),
            round_opened_at: row.round_opened_at,
            results: row.results,
            timer: Timer { opens_at: row.opens_at, closes_at: row.closes_at },
            words: Arc::new(columns::decisions(&row.words)?),
        })
    }
}

row! {
    /// The same beside its event's row; nothing where the event has no activity.
    pub(super) struct JoinedActivityRow {
        activity_id: Option<Uuid>,
        settings: Option<String> = "question",
        versions: Option<String>,
        activity_state: Option<String>,
        round: Option<i64>,
        round_opened_at: Option<Millis>,
        results: Option<bool>,
        opens_at: Option<Millis>,
        closes_at: Option<Millis>,
        words: Option<String>,
    }
}

impl JoinedActivityRow {
    /// The activity of this event.
    pub(super) fn activity(self, event: EventId) -> Option<Result<Activity, StoreError>> {
        let Self { round_opened_at, opens_at, closes_at, .. } = self;
        let row = ActivityRow {
            id: self.activity_id?,
            event_id: event.uuid(),
            settings: self.settings?,
            versions: self.versions?,
            state: self.activity_state?,
            round: self.round?,
            round_opened_at,
            results: self.results?,
            opens_at,
            closes_at,
            words: self.words?,
        };
        Some(row.try_into())
    }
}

impl Store {
    /// The activities of an event in their order.
    pub async fn activities(&self, event: EventId) -> Result<Vec<Activity>, StoreError> {
        let mut db = self.reader().await?;
        let found = query!(db.fetch_all::<ActivityRow>(
            "SELECT id, event_id, question, versions, state, round, round_opened_at, results, opens_at, closes_at, words
             FROM activities WHERE event_id = $1 AND deleted_at IS NULL ORDER BY place",
            event.uuid(),
        ))?;
        found.into_iter().map(Activity::try_from).collect()
    }

    /// Adds a draft activity just after another, or at the end.
    pub async fn add_activity(
        &self,
        event: EventId,
        id: ActivityId,
        settings: &Settings,
        after: Option<ActivityId>,
    ) -> Result<Added, StoreError> {
        self.with_retry(Idempotency::Unsure, || async {
            let mut tx = self.begin().await?;
            if lock(&mut tx, event).await?.is_none() {
                return Ok(Added::Unknown);
            }
            let mut order = places(&mut tx, event).await?;
            if order.iter().filter(|placed| !placed.deleted).count() >= ACTIVITIES_PER_EVENT {
                return Ok(Added::Full);
            }
            let place = match after {
                None => order.len(),
                Some(after) => match order.iter().position(|placed| placed.id == after && !placed.deleted) {
                    Some(place) => place + 1,
                    None => return Ok(Added::Unknown),
                },
            };
            order.insert(place, Placed { id, deleted: false });
            insert(&mut tx, event, id, settings).await?;
            renumber(&mut tx, &order).await?;
            let rev = bump(&mut tx, event).await?;
            tx.commit().await?;
            Ok(Added::Done(rev))
        })
        .await
    }

    /// Changes what an activity asks; its kind must be the same. The activity as it is then, with
    /// the event's version. `None` if there is no such activity of this kind.
    pub async fn change_activity(
        &self,
        event: EventId,
        id: ActivityId,
        settings: &Settings,
    ) -> Result<Option<(Rev, Activity)>, StoreError> {
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            let Some(locked) = lock(&mut tx, event).await? else { return Ok(None) };
            let found = query!(tx.fetch_optional::<ActivityRow>(
                "SELECT id, event_id, question, versions, state, round, round_opened_at, results, opens_at, closes_at, words FROM activities
                 WHERE id = $1 AND event_id = $2 AND kind = $3 AND deleted_at IS NULL",
                id.uuid(),
                event.uuid(),
                settings.kind().as_str(),
            ))?;
            let Some(row) = found else { return Ok(None) };
            let mut activity = Activity::try_from(row)?;
            let Some(changed) = activity.versions.with(&activity.settings, settings.clone()) else {
                return Ok(Some((locked.rev, activity)));
            };
            (activity.versions, activity.settings) = changed;
            query!(tx.execute(
                "UPDATE activities SET question = $2, versions = $3 WHERE id = $1",
                id.uuid(),
                columns::json(&activity.settings),
                columns::json(&activity.versions),
            ))?;
            let rev = finish(tx, event, true).await?;
            Ok(rev.map(|rev| (rev, activity)))
        })
        .await
    }

    /// Deletes an activity so that it can be brought back with its answers. It closes, and leaves
    /// the stage.
    pub async fn delete_activity(
        &self,
        event: EventId,
        id: ActivityId,
        now: Millis,
    ) -> Result<Option<Rev>, StoreError> {
        self.with_retry(Idempotency::Unsure, || async {
            let mut tx = self.begin().await?;
            if lock(&mut tx, event).await?.is_none() {
                return Ok(None);
            }
            let deleted = query!(tx.execute(
                "UPDATE activities SET deleted_at = $3, state = CASE WHEN state = 'open' THEN 'closed' ELSE state END,
                     closes_at = CASE WHEN state = 'open' THEN NULL ELSE closes_at END
                 WHERE id = $1 AND event_id = $2 AND deleted_at IS NULL",
                id.uuid(),
                event.uuid(),
                now,
            ))?;
            query!(tx.execute(
                "UPDATE events SET staged = NULL WHERE id = $1 AND staged = $2",
                event.uuid(),
                id.uuid()
            ))?;
            finish(tx, event, deleted > 0).await
        })
        .await
    }

    /// Restores a deleted activity to its old place; what was due meanwhile is due now. `None` if
    /// there is no such deleted activity, or if the event is full by now.
    pub async fn restore_activity(&self, event: EventId, id: ActivityId) -> Result<Option<Rev>, StoreError> {
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            let Some(locked) = lock(&mut tx, event).await? else { return Ok(None) };
            let order = places(&mut tx, event).await?;
            match order.iter().find(|placed| placed.id == id) {
                None => return Ok(None),
                Some(placed) if !placed.deleted => return Ok(Some(locked.rev)),
                Some(_) => {}
            }
            if order.iter().filter(|placed| !placed.deleted).count() >= ACTIVITIES_PER_EVENT {
                return Ok(None);
            }
            query!(tx.execute("UPDATE activities SET deleted_at = NULL WHERE id = $1", id.uuid()))?;
            finish(tx, event, true).await
        })
        .await
    }

    /// Puts the activities in this order; `None` if it is not every activity of the event exactly
    /// once.
    pub async fn order_activities(&self, event: EventId, order: &[ActivityId]) -> Result<Option<Rev>, StoreError> {
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            if lock(&mut tx, event).await?.is_none() {
                return Ok(None);
            }
            let Some(reordered) = reorder(&places(&mut tx, event).await?, order) else { return Ok(None) };
            renumber(&mut tx, &reordered).await?;
            finish(tx, event, true).await
        })
        .await
    }
}

/// Ends a transaction: the event's next version if something was found to change, else nothing at
/// all.
async fn finish(mut tx: Tx, event: EventId, found: bool) -> Result<Option<Rev>, StoreError> {
    if !found {
        return Ok(None);
    }
    let rev = bump(&mut tx, event).await?;
    tx.commit().await?;
    Ok(Some(rev))
}

async fn insert(tx: &mut Tx, event: EventId, id: ActivityId, settings: &Settings) -> Result<(), StoreError> {
    query!(tx.execute(
        "INSERT INTO activities (id, event_id, place, kind, question, state, round, results)
         VALUES ($1, $2, 0, $3, $4, $5, 1, FALSE)",
        id.uuid(),
        event.uuid(),
        settings.kind().as_str(),
        columns::json(settings),
        columns::activity_state_name(ActivityState::Draft),
    ))?;
    Ok(())
}

/// An activity in the order of all that the event ever had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Placed {
    id: ActivityId,
    deleted: bool,
}

async fn places(tx: &mut Tx, event: EventId) -> Result<Vec<Placed>, StoreError> {
    let found = query!(tx.fetch_all::<(Uuid, Option<Millis>)>(
        "SELECT id, deleted_at FROM activities WHERE event_id = $1 ORDER BY place",
        event.uuid(),
    ))?;
    Ok(found.into_iter().map(|(id, at)| Placed { id: ActivityId::new(id), deleted: at.is_some() }).collect())
}

async fn renumber(tx: &mut Tx, order: &[Placed]) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct Row {
        id: ActivityId,
        place: usize,
    }
    let batch: Vec<_> = order.iter().enumerate().map(|(place, placed)| Row { id: placed.id, place }).collect();
    batch!(tx.execute(
        [id uuid, place bigint]
        "UPDATE activities SET place = batch.place FROM batch WHERE activities.id = batch.id",
        rows(&batch),
    ))?;
    Ok(())
}

/// The activities in the new order, each followed by the deleted ones that followed it before.
/// `None` if `order` is not every activity that is not deleted, once.
fn reorder(places: &[Placed], order: &[ActivityId]) -> Option<Vec<Placed>> {
    let start = places.iter().position(|placed| !placed.deleted).unwrap_or(places.len());
    let (first_deleted, rest) = places.split_at(start);
    let mut runs: Vec<&[Placed]> = rest.chunk_by(|_, next| next.deleted).collect();
    let mut reordered = first_deleted.to_vec();
    for id in order {
        let run = runs.iter().position(|run| run[0].id == *id)?;
        reordered.extend_from_slice(runs.swap_remove(run));
    }
    runs.is_empty().then_some(reordered)
}

/// These activities, without the deleted ones.
pub(super) async fn activities_by_id(
    tx: &mut Tx,
    ids: BTreeSet<ActivityId>,
) -> Result<HashMap<ActivityId, Activity>, StoreError> {
    #[derive(Serialize)]
    struct Row {
        id: ActivityId,
    }
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let batch: Vec<_> = ids.into_iter().map(|id| Row { id }).collect();
    let found = batch!(tx.fetch_all::<ActivityRow>(
        [id uuid]
        "SELECT id, event_id, question, versions, state, round, round_opened_at, results, opens_at, closes_at, words FROM activities
         WHERE id IN (SELECT id FROM batch) AND deleted_at IS NULL",
        rows(&batch),
    ))?;
    let read = |row: ActivityRow| Activity::try_from(row).map(|activity| (activity.id, activity));
    found.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deleted_stay_behind_what_they_followed() {
        let id = |n: u8| ActivityId::new(Uuid::from_bytes([n; 16]));
        let placed = |n: u8, deleted| Placed { id: id(n), deleted };
        let places = [placed(1, true), placed(2, false), placed(3, true), placed(4, false)];
        assert_eq!(
            reorder(&places, &[id(4), id(2)]),
            Some(vec![placed(1, true), placed(4, false), placed(2, false), placed(3, true)])
        );
        for wrong in [&[id(4)][..], &[id(4), id(4)], &[id(4), id(2), id(3)], &[]] {
            assert_eq!(reorder(&places, wrong), None);
        }
    }
}
