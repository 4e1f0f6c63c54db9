//! The security log: what happened to accounts and links.

use parterre_domain::ids::LinkId;
use parterre_protocol::Millis;
use serde::Serialize;
use uuid::Uuid;

use super::{
    Store, StoreError,
    retry::Idempotency,
    sql::{batch, query, rows},
};

row! {
    /// Something that happened.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
    pub struct SecurityEvent {
        /// Its id.
        pub id: Uuid,
        /// When it happened.
        pub at: Millis,
        /// What happened.
        pub kind: String,
        /// Whose account it was about, if that is known.
        pub member_id: Option<Uuid>,
        /// A digest of the network from which it came, which cannot be undone.
        pub network: Option<String>,
    }
}

impl Store {
    /// Keeps events.
    pub async fn add_security_events(&self, events: &[SecurityEvent]) -> Result<(), StoreError> {
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            batch!(tx.execute(
                [id uuid, at bigint, kind text, member_id uuid, network text]
                "INSERT INTO security_events (id, at, kind, member_id, network)
                 SELECT id, at, kind, member_id, network FROM batch WHERE TRUE ON CONFLICT (id) DO NOTHING",
                rows(events),
            ))?;
            tx.commit().await
        })
        .await
    }

    /// The newest events, at most this many, newest first.
    pub async fn security_events(&self, most: u32) -> Result<Vec<SecurityEvent>, StoreError> {
        let mut db = self.reader().await?;
        Ok(query!(db.fetch_all::<SecurityEvent>(
            "SELECT id, at, kind, member_id, network FROM security_events ORDER BY at DESC, id DESC LIMIT $1",
            i64::from(most),
        ))?)
    }

    /// Notes that a private link was opened; whether it was for the first time.
    pub async fn note_link_opened(&self, link: LinkId, now: Millis) -> Result<bool, StoreError> {
        let mut db = self.reader().await?;
        let (unused,) = query!(
            db.fetch_one::<(i64,)>("SELECT COUNT(*) FROM links WHERE id = $1 AND used_at IS NULL", link.uuid())
        )?;
        drop(db);
        if unused == 0 {
            return Ok(false);
        }
        self.with_retry(Idempotency::Unsure, || async {
            let mut tx = self.begin().await?;
            let first = query!(tx.execute(
                "UPDATE links SET used_at = $2 WHERE id = $1 AND used_at IS NULL",
                link.uuid(),
                now
            ))?;
            tx.commit().await?;
            Ok(first > 0)
        })
        .await
    }
}
