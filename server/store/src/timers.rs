//! What the time does to events. Any node may do it, and however many try, each moment happens
//! once: under the event's lock it is there or it is gone.

use parterre_protocol::{EventId, Millis, Rev};
use uuid::Uuid;

use super::{
    Store, StoreError,
    retry::Idempotency,
    sql::query,
    stage::{running, write},
    version::{bump, lock},
};

/// When an activity of an event opens or closes automatically.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueTime {
    /// The event.
    pub event: EventId,
    /// When.
    pub at: Millis,
}

/// The result of carrying out what was due in an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The event's version now.
    pub rev: Rev,
    /// Whether anything was due that nobody had done before.
    pub changed: bool,
}

impl Store {
    /// The next moments of all events, the earliest first, at most this many. Of each activity
    /// there is only its next.
    pub async fn moments(&self, most: u32) -> Result<Vec<DueTime>, StoreError> {
        let mut db = self.reader().await?;
        // Read in the order of the index `activities_due`, whose condition and expression are
        // repeated here.
        let found = query!(db.fetch_all::<(Uuid, Millis)>(
            "SELECT event_id, COALESCE(opens_at, closes_at) FROM activities
             WHERE deleted_at IS NULL AND COALESCE(opens_at, closes_at) IS NOT NULL
                 AND EXISTS (SELECT 1 FROM events WHERE events.id = event_id AND events.deleted_at IS NULL)
             ORDER BY COALESCE(opens_at, closes_at) LIMIT $1",
            i64::from(most),
        ))?;
        Ok(found.into_iter().map(|(event, at)| DueTime { event: EventId::new(event), at }).collect())
    }

    /// Does all that is due in an event by now, in order and once; it is one new version. `None` if
    /// there is no such event.
    pub async fn settle(&self, event: EventId, now: Millis) -> Result<Option<Settled>, StoreError> {
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            let Some(locked) = lock(&mut tx, event).await? else { return Ok(None) };
            let before = running(&mut tx, event, locked).await?;
            let after = before.settled(now);
            if after == before {
                return Ok(Some(Settled { rev: locked.rev, changed: false }));
            }
            write(&mut tx, event, &before, &after).await?;
            let rev = bump(&mut tx, event).await?;
            tx.commit().await?;
            Ok(Some(Settled { rev, changed: true }))
        })
        .await
    }
}
