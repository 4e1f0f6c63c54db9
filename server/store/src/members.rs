//! Members, the key that makes the first of them, and their passwords.

use parterre_domain::{
    ids::{MemberId, WorkspaceId},
    member::{Email, Member, Role},
};
use parterre_protocol::Millis;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    Store, StoreError,
    member_rows::MemberRow,
    retry::Idempotency,
    sessions::{self, NewSession},
    sql::{Tx, query},
};

/// How long the setup key of a server without an owner is valid. Restarting the server prints a new
/// one.
pub(super) const SETUP_KEY: Millis = 24 * 60 * 60 * 1000;

/// The stored hash of a key. A key is random, so one round of hashing is enough.
fn key_hash(key: &str) -> String {
    Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect()
}

row! {
    struct LoginRow {
        ..member: MemberRow,
        password_hash: String,
    }
}

impl Store {
    /// Whether the server has been set up.
    pub async fn has_owner(&self) -> Result<bool, StoreError> {
        let mut db = self.reader().await?;
        let (owners,) = query!(db.fetch_one::<(i64,)>("SELECT COUNT(*) FROM members WHERE role = 'owner'"))?;
        Ok(owners > 0)
    }

    /// Has a key open the set-up page of every node, as long as there is no owner. Forgets those
    /// that are older than a day.
    pub async fn add_setup_key(&self, key: &str, now: Millis) -> Result<(), StoreError> {
        self.with_retry(Idempotency::Unsure, || async {
            let mut tx = self.begin().await?;
            query!(tx.execute("DELETE FROM setup_keys WHERE made_at <= $1", now - SETUP_KEY))?;
            query!(tx.execute("INSERT INTO setup_keys (key_hash, made_at) VALUES ($1, $2)", key_hash(key), now))?;
            tx.commit().await
        })
        .await
    }

    /// Whether this key opens the set-up page now.
    pub async fn is_setup_key(&self, key: &str, now: Millis) -> Result<bool, StoreError> {
        let mut db = self.reader().await?;
        // Found by its hash: how long that takes tells nothing of any key.
        let (keys,) = query!(db.fetch_one::<(i64,)>(
            "SELECT COUNT(*) FROM setup_keys WHERE key_hash = $1 AND made_at > $2",
            key_hash(key),
            now - SETUP_KEY,
        ))?;
        Ok(keys > 0)
    }

    /// Makes the first workspace and its owner; false, and nothing made, if there is an owner
    /// already.
    pub async fn create_owner(
        &self,
        workspace: WorkspaceId,
        workspace_name: &str,
        member: &Member,
        password_hash: &str,
        now: Millis,
    ) -> Result<bool, StoreError> {
        self.with_retry(Idempotency::Unsure, || async {
            let mut tx = self.begin().await?;
            query!(tx.execute(
                "INSERT INTO workspaces (id, name, created_at) VALUES ($1, $2, $3)",
                workspace.uuid(),
                workspace_name,
                now,
            ))?;
            let made = query!(tx.execute(
                "INSERT INTO members (id, workspace_id, name, email, role, password_hash, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
                member.id.uuid(),
                workspace.uuid(),
                &member.name,
                member.email.as_str(),
                Role::Owner.as_str(),
                password_hash,
                now,
            ))?;
            if made == 0 {
                return Ok(false);
            }
            query!(tx.execute("DELETE FROM setup_keys"))?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Has the members' addresses stored as they are compared, which a former release may have done
    /// by other rules. One by which another member is found stays as it is.
    pub(super) async fn renew_addresses(&self) -> Result<(), StoreError> {
        let mut db = self.reader().await?;
        let stored = query!(db.fetch_all::<(Uuid, String)>("SELECT id, email FROM members"))?;
        drop(db);
        for (id, email) in stored {
            let Some(renewed) = Email::parse(&email).ok().filter(|renewed| renewed.as_str() != email) else { continue };
            self.with_retry(Idempotency::Safe, || async {
                let mut tx = self.begin().await?;
                query!(tx.execute(
                    "UPDATE members SET email = $2
                     WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM members WHERE email = $2)",
                    id,
                    renewed.as_str(),
                ))?;
                tx.commit().await
            })
            .await?;
        }
        Ok(())
    }

    /// The member who signs in with this address, and the hash of their password.
    pub async fn member_by_email(&self, email: &Email) -> Result<Option<(Member, String)>, StoreError> {
        let mut db = self.reader().await?;
        let found = query!(db.fetch_optional::<LoginRow>(
            "SELECT id, workspace_id, name, email, role, password_hash FROM members WHERE email = $1",
            email.as_str(),
        ))?;
        found.map(|row| Ok((row.member.try_into()?, row.password_hash))).transpose()
    }

    /// Has a member sign in with another password from now on; ends all sessions but this one, and
    /// takes back a link for a forgotten password. The sessions that ended.
    pub async fn change_password(
        &self,
        member: MemberId,
        password_hash: &str,
        kept_session: &str,
        now: Millis,
    ) -> Result<Vec<String>, StoreError> {
        self.with_retry(Idempotency::Unsure, || async {
            let mut tx = self.begin().await?;
            let ended = set_password(&mut tx, member, password_hash, kept_session, now).await?;
            tx.commit().await?;
            Ok(ended)
        })
        .await
    }

    /// When a member last changed the password; `None` if never.
    pub async fn password_changed_at(&self, member: MemberId) -> Result<Option<Millis>, StoreError> {
        let mut db = self.reader().await?;
        let found = query!(db.fetch_optional::<(Option<Millis>,)>(
            "SELECT password_changed_at FROM members WHERE id = $1",
            member.uuid(),
        ))?;
        Ok(found.and_then(|(at,)| at))
    }

    /// Keeps a link with which this member can set another password, in place of a former one.
    pub async fn add_sign_in_link(
        &self,
        member: MemberId,
        token_hash: &str,
        now: Millis,
        expires_at: Millis,
    ) -> Result<(), StoreError> {
        self.with_retry(Idempotency::Unsure, || async {
            let mut tx = self.begin().await?;
            query!(tx.execute(
                "DELETE FROM sign_in_links WHERE member_id = $1 OR expires_at <= $2",
                member.uuid(),
                now
            ))?;
            query!(tx.execute(
                "INSERT INTO sign_in_links (token_hash, member_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
                token_hash,
                member.uuid(),
                now,
                expires_at,
            ))?;
            tx.commit().await
        })
        .await
    }

    /// The member for whom this link is, and the hash of their password, if it is still good.
    pub async fn sign_in_link(&self, token_hash: &str, now: Millis) -> Result<Option<(Member, String)>, StoreError> {
        let mut db = self.reader().await?;
        let found = query!(db.fetch_optional::<LoginRow>(
            "SELECT id, workspace_id, name, email, role, password_hash FROM members
             WHERE id = (SELECT member_id FROM sign_in_links WHERE token_hash = $1 AND expires_at > $2)",
            token_hash,
            now,
        ))?;
        found.map(|row| Ok((row.member.try_into()?, row.password_hash))).transpose()
    }

    /// Uses a link up: sets the password, ends all sessions and begins one. The sessions that
    /// ended; `None`, and nothing done, if the link is no longer good.
    pub async fn use_sign_in_link(
        &self,
        token_hash: &str,
        password_hash: &str,
        session: &NewSession<'_>,
    ) -> Result<Option<Vec<String>>, StoreError> {
        self.with_retry(Idempotency::Unsure, || async {
            let mut tx = self.begin().await?;
            let used = query!(tx.execute(
                "DELETE FROM sign_in_links WHERE token_hash = $1 AND member_id = $2 AND expires_at > $3",
                token_hash,
                session.member.uuid(),
                session.now,
            ))?;
            if used == 0 {
                return Ok(None);
            }
            let ended = set_password(&mut tx, session.member, password_hash, "", session.now).await?;
            sessions::insert(&mut tx, session).await?;
            tx.commit().await?;
            Ok(Some(ended))
        })
        .await
    }
}

async fn set_password(
    tx: &mut Tx,
    member: MemberId,
    password_hash: &str,
    kept_session: &str,
    now: Millis,
) -> Result<Vec<String>, StoreError> {
    query!(tx.execute("DELETE FROM sign_in_links WHERE member_id = $1", member.uuid()))?;
    query!(tx.execute(
        "UPDATE members SET password_hash = $2, password_changed_at = $3 WHERE id = $1",
        member.uuid(),
        password_hash,
        now,
    ))?;
    sessions::end_all(tx, member, kept_session).await
}
