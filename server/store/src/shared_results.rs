//! Results that are shown to others than the facilitators.

use parterre_domain::{
    ids::LinkId,
    shared_results::{ResultsLink, SharedResults},
};
use parterre_protocol::{EventId, Millis, Rev};
use uuid::Uuid;

use super::{
    Store, StoreError, columns,
    retry::Idempotency,
    sql::{Reader, query},
    version::{bump, lock},
};

row! {
    struct SharedRow {
        activities: String,
        questions: bool,
        on_phones: bool,
        link_id: Option<Uuid>,
        link_expires_at: Option<Millis>,
    }
}

impl TryFrom<SharedRow> for SharedResults {
    type Error = StoreError;

    fn try_from(row: SharedRow) -> Result<Self, StoreError> {
        let link = row.link_id.zip(row.link_expires_at);
        Ok(Self {
            activities: columns::from_json("shared activities", &row.activities)?,
            questions: row.questions,
            on_phones: row.on_phones,
            link: link.map(|(id, expires_at)| ResultsLink { id: LinkId::new(id), expires_at }),
        })
    }
}

impl Store {
    /// What of an event's results is shown to others; nothing where nobody has said so.
    pub async fn shared_results(&self, event: EventId) -> Result<SharedResults, StoreError> {
        shared(&mut self.reader().await?, event).await
    }

    /// Whose results this link shows, whether or not it is still good; `None` if there is no such
    /// link or its event is deleted.
    pub async fn event_of_results_link(&self, link: LinkId) -> Result<Option<EventId>, StoreError> {
        let mut db = self.reader().await?;
        let found = query!(db.fetch_optional::<(Uuid,)>(
            "SELECT e.id FROM shared_results s JOIN events e ON e.id = s.event_id
             WHERE s.link_id = $1 AND e.deleted_at IS NULL",
            link.uuid(),
        ))?;
        Ok(found.map(|(event,)| EventId::new(event)))
    }

    /// Changes what is shown to others; gives what it is now and the event's version, a new one
    /// where phones are to know. `None` if there is no such event. What the change is given is read
    /// where nobody else changes it: a link that was revoked meanwhile stays so.
    pub async fn share_results(
        &self,
        event: EventId,
        change: impl Fn(SharedResults) -> SharedResults,
    ) -> Result<Option<(SharedResults, Rev)>, StoreError> {
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            let Some(locked) = lock(&mut tx, event).await? else { return Ok(None) };
            let shared = change(shared(&mut tx, event).await?);
            query!(tx.execute(
                "INSERT INTO shared_results (event_id, activities, questions, link_id, link_expires_at)
                 VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (event_id) DO UPDATE SET activities = excluded.activities, questions = excluded.questions,
                     link_id = excluded.link_id, link_expires_at = excluded.link_expires_at",
                event.uuid(),
                columns::json(&shared.activities),
                shared.questions,
                shared.link.map(|link| link.id.uuid()),
                shared.link.map(|link| link.expires_at),
            ))?;
            let changed = query!(tx.execute(
                "UPDATE events SET results_shared = $2 WHERE id = $1 AND results_shared <> $2",
                event.uuid(),
                shared.on_phones,
            ))?;
            let rev = if changed > 0 { bump(&mut tx, event).await? } else { locked.rev };
            tx.commit().await?;
            Ok(Some((shared, rev)))
        })
        .await
    }
}

async fn shared(db: &mut Reader, event: EventId) -> Result<SharedResults, StoreError> {
    let found = query!(db.fetch_optional::<SharedRow>(
        "SELECT s.activities, s.questions, e.results_shared AS on_phones, s.link_id, s.link_expires_at
         FROM shared_results s JOIN events e ON e.id = s.event_id WHERE e.id = $1 AND e.deleted_at IS NULL",
        event.uuid(),
    ))?;
    Ok(found.map(SharedResults::try_from).transpose()?.unwrap_or_default())
}
