//! Private links.

use parterre_domain::{
    ids::LinkId,
    private_link::{LinkKind, PrivateLink, Scope},
};
use parterre_protocol::{EventId, LabelId, Millis, Rev};
use uuid::Uuid;

use super::{
    Store, StoreError,
    retry::Idempotency,
    sql::{Tx, query},
    version::{bump, lock},
};

row! {
    /// A row of `links`, without the hash.
    struct LinkRow {
        id: Uuid,
        event_id: Uuid,
        kind: String,
        name: String,
        label: Option<i64>,
        scope: String,
        created_at: Millis,
        expires_at: Millis,
        revoked_at: Option<Millis>,
    }
}

impl TryFrom<LinkRow> for PrivateLink {
    type Error = StoreError;

    fn try_from(row: LinkRow) -> Result<Self, StoreError> {
        let label = row.label.map(LabelId::try_from).transpose();
        Ok(Self {
            id: LinkId::new(row.id),
            event: EventId::new(row.event_id),
            kind: match row.kind.as_str() {
                "moderator" => LinkKind::Moderator {
                    scope: Scope::parse(&row.scope).ok_or(StoreError::Unreadable("a link's scope"))?,
                },
                "speaker" => LinkKind::Speaker { label: label.map_err(|_| StoreError::Unreadable("a label"))? },
                _ => return Err(StoreError::Unreadable("a kind of link")),
            },
            name: row.name,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
        })
    }
}

impl Store {
    /// Keeps a new link under the hash of its secret.
    pub async fn add_link(&self, link: &PrivateLink, token_hash: &str) -> Result<(), StoreError> {
        self.with_retry(Idempotency::Unsure, || async {
            let (kind, label, scope) = match link.kind {
                LinkKind::Moderator { scope } => ("moderator", None, scope),
                LinkKind::Speaker { label } => ("speaker", label.map(i64::from), Scope::Full),
            };
            let mut tx = self.begin().await?;
            query!(tx.execute(
                "INSERT INTO links (id, event_id, kind, name, label, token_hash, created_at, expires_at, revoked_at, scope)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                link.id.uuid(),
                link.event.uuid(),
                kind,
                &link.name,
                label,
                token_hash,
                link.created_at,
                link.expires_at,
                link.revoked_at,
                scope.name(),
            ))?;
            tx.commit().await
        })
        .await
    }

    /// The link with this hash, good or not; `None` if its event is deleted.
    pub async fn link(&self, token_hash: &str) -> Result<Option<PrivateLink>, StoreError> {
        let mut db = self.reader().await?;
        let found = query!(db.fetch_optional::<LinkRow>(
            "SELECT id, event_id, kind, name, label, scope, created_at, expires_at, revoked_at FROM links
             WHERE token_hash = $1 AND event_id IN (SELECT id FROM events WHERE deleted_at IS NULL)",
            token_hash,
        ))?;
        found.map(PrivateLink::try_from).transpose()
    }

    /// All links of an event, newest first.
    pub async fn links(&self, event: EventId) -> Result<Vec<PrivateLink>, StoreError> {
        let mut db = self.reader().await?;
        let found = query!(db.fetch_all::<LinkRow>(
            "SELECT id, event_id, kind, name, label, scope, created_at, expires_at, revoked_at FROM links
             WHERE event_id = $1 ORDER BY created_at DESC, id DESC",
            event.uuid(),
        ))?;
        found.into_iter().map(PrivateLink::try_from).collect()
    }

    /// Revokes a link, and gives the event the version that is returned with it, so that no node
    /// can miss it; `None` if the event has no such link. Once this returns, nothing more is done
    /// by it. A link that is revoked already stays so since then.
    pub async fn revoke_link(
        &self,
        event: EventId,
        link: LinkId,
        now: Millis,
    ) -> Result<Option<(PrivateLink, Rev)>, StoreError> {
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            // An act by this link that is under way is done before, or finds it revoked.
            let Some(locked) = lock(&mut tx, event).await? else { return Ok(None) };
            let ended = query!(tx.execute(
                "UPDATE links SET revoked_at = $3 WHERE id = $1 AND event_id = $2 AND revoked_at IS NULL",
                link.uuid(),
                event.uuid(),
                now,
            ))?;
            let rev = if ended > 0 { bump(&mut tx, event).await? } else { locked.rev };
            let revoked = by_id(&mut tx, event, link).await?;
            tx.commit().await?;
            Ok(revoked.map(|link| (link, rev)))
        })
        .await
    }
}

/// The event's link with this id, good or not.
pub(super) async fn by_id(tx: &mut Tx, event: EventId, link: LinkId) -> Result<Option<PrivateLink>, StoreError> {
    let found = query!(tx.fetch_optional::<LinkRow>(
        "SELECT id, event_id, kind, name, label, scope, created_at, expires_at, revoked_at FROM links
         WHERE id = $1 AND event_id = $2",
        link.uuid(),
        event.uuid(),
    ))?;
    found.map(PrivateLink::try_from).transpose()
}
