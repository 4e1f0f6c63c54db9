//! Members' sessions: what begins, prolongs and ends them.

use parterre_domain::{device::Device, ids::MemberId, member::Member};
use parterre_protocol::Millis;

use super::{
    Store, StoreError,
    member_rows::MemberRow,
    retry::Idempotency,
    sql::{Tx, query},
};

/// How long a session goes without its use being written down: a page asks many times a minute.
const NOTED_EVERY: Millis = 5 * 60 * 1000;

/// A session that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession<'a> {
    /// The stored hash of its token.
    pub token_hash: &'a str,
    /// Whose it is.
    pub member: MemberId,
    /// When it begins.
    pub now: Millis,
    /// When it ends if it is not used; not after `ends_at`.
    pub expires_at: Millis,
    /// When it ends even if it is in use; with `None`, it ends at `expires_at`.
    pub ends_at: Option<Millis>,
    /// On which browser.
    pub device: Option<Device>,
    /// The session that the same browser had, which ends.
    pub instead_of: Option<&'a str>,
}

/// A session, as its member sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The stored hash of its token.
    pub token_hash: String,
    /// When it began.
    pub created_at: Millis,
    /// When it was last used, to within some minutes.
    pub used_at: Millis,
    /// On which browser.
    pub device: Option<Device>,
}

row! {
    /// A session's member, and what is needed to prolong the session.
    struct InUse {
        ..member: MemberRow,
        used_at: Millis,
        expires_at: Millis,
        ends_at: Option<Millis>,
    }
}

impl Store {
    /// Remembers a session that ends at its time, used or not; forgets those that have ended.
    pub async fn create_session(
        &self,
        token_hash: &str,
        member: MemberId,
        now: Millis,
        expires_at: Millis,
    ) -> Result<(), StoreError> {
        let session = NewSession { token_hash, member, now, expires_at, ends_at: None, device: None, instead_of: None };
        self.begin_session(&session).await
    }

    /// Remembers a session; forgets those that have ended.
    pub async fn begin_session(&self, session: &NewSession<'_>) -> Result<(), StoreError> {
        self.with_retry(Idempotency::Unsure, || async {
            let mut tx = self.begin().await?;
            insert(&mut tx, session).await?;
            tx.commit().await
        })
        .await
    }

    /// The member whose session this is, if it has not ended. Asking is using it: from time to time
    /// that is written down, and its end is moved on by as much as it lasts without use.
    pub async fn session(&self, token_hash: &str, now: Millis) -> Result<Option<Member>, StoreError> {
        let mut db = self.reader().await?;
        let found = query!(db.fetch_optional::<InUse>(
            "SELECT members.id, workspace_id, name, email, role, expires_at, ends_at,
                    COALESCE(used_at, sessions.created_at) AS used_at
             FROM sessions JOIN members ON members.id = member_id
             WHERE token_hash = $1 AND expires_at > $2",
            token_hash,
            now,
        ))?;
        drop(db);
        let Some(found) = found else { return Ok(None) };
        if let Some(ends_at) = found.ends_at.filter(|_| now - found.used_at >= NOTED_EVERY) {
            let expires_at = (now + (found.expires_at - found.used_at)).min(ends_at);
            // The request is allowed anyway; the next one records it.
            if let Err(error) = self.prolong(token_hash, found.used_at, now, expires_at).await {
                tracing::warn!(%error, "the time of a session's last use could not be stored");
            }
        }
        found.member.try_into().map(Some)
    }

    /// Notes that a session is used; once where many ask at the same time.
    async fn prolong(
        &self,
        token_hash: &str,
        used_at: Millis,
        now: Millis,
        expires_at: Millis,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query!(tx.execute(
            "UPDATE sessions SET used_at = $3, expires_at = $4
             WHERE token_hash = $1 AND COALESCE(used_at, created_at) = $2",
            token_hash,
            used_at,
            now,
            expires_at,
        ))?;
        tx.commit().await
    }

    /// A member's sessions that have not ended, the one that was used last first.
    pub async fn sessions(&self, member: MemberId, now: Millis) -> Result<Vec<Session>, StoreError> {
        let mut db = self.reader().await?;
        let found = query!(db.fetch_all::<(String, Millis, Millis, Option<String>)>(
            "SELECT token_hash, created_at, COALESCE(used_at, created_at), device FROM sessions
             WHERE member_id = $1 AND expires_at > $2
             ORDER BY COALESCE(used_at, created_at) DESC, token_hash",
            member.uuid(),
            now,
        ))?;
        let session = |(token_hash, created_at, used_at, device): (String, Millis, Millis, Option<String>)| {
            let device = device.as_deref().map(Device::parse);
            Session { token_hash, created_at, used_at, device }
        };
        Ok(found.into_iter().map(session).collect())
    }

    /// Ends a session, if there is one.
    pub async fn end_session(&self, token_hash: &str) -> Result<(), StoreError> {
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            query!(tx.execute("DELETE FROM sessions WHERE token_hash = $1", token_hash))?;
            tx.commit().await
        })
        .await
    }

    /// Ends a session of this member; false if the member has no such session.
    pub async fn end_session_of(&self, member: MemberId, token_hash: &str) -> Result<bool, StoreError> {
        self.with_retry(Idempotency::Unsure, || async {
            let mut tx = self.begin().await?;
            let ended = query!(tx.execute(
                "DELETE FROM sessions WHERE token_hash = $1 AND member_id = $2",
                token_hash,
                member.uuid(),
            ))?;
            tx.commit().await?;
            Ok(ended > 0)
        })
        .await
    }

    /// Ends all sessions of a member but one; those that ended.
    pub async fn end_other_sessions(&self, member: MemberId, kept: &str) -> Result<Vec<String>, StoreError> {
        self.with_retry(Idempotency::Unsure, || async {
            let mut tx = self.begin().await?;
            let ended = end_all(&mut tx, member, kept).await?;
            tx.commit().await?;
            Ok(ended)
        })
        .await
    }
}

/// Writes a session down, ends the one that the browser had, and forgets those that have ended.
pub(super) async fn insert(tx: &mut Tx, session: &NewSession<'_>) -> Result<(), StoreError> {
    query!(tx.execute("DELETE FROM sessions WHERE expires_at <= $1", session.now))?;
    if let Some(former) = session.instead_of {
        query!(tx.execute("DELETE FROM sessions WHERE token_hash = $1", former))?;
    }
    query!(tx.execute(
        "INSERT INTO sessions (token_hash, member_id, created_at, expires_at, ends_at, device)
         VALUES ($1, $2, $3, $4, $5, $6)",
        session.token_hash,
        session.member.uuid(),
        session.now,
        session.expires_at,
        session.ends_at,
        session.device.map(Device::kept),
    ))?;
    Ok(())
}

/// Ends all sessions of a member but this one; those that ended.
pub(super) async fn end_all(tx: &mut Tx, member: MemberId, kept: &str) -> Result<Vec<String>, StoreError> {
    let ended = query!(tx.fetch_all::<(String,)>(
        "DELETE FROM sessions WHERE member_id = $1 AND token_hash <> $2 RETURNING token_hash",
        member.uuid(),
        kept,
    ))?;
    Ok(ended.into_iter().map(|(token_hash,)| token_hash).collect())
}
