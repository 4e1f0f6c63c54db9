//! Members, their sessions, and the passwords that were wrong.

use parterre_protocol::Millis;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Store, StoreError, columns, retry::Repeat, sql::on};
use crate::domain::{
    ids::{MemberId, WorkspaceId},
    member::{Email, Member, Role},
};

/// How long the key of a node that was never set up is good: until some node starts a day later.
const SETUP_KEY: Millis = 24 * 60 * 60 * 1000;

/// What is kept of a key, which is random, so that one round of hashing is enough.
fn key_hash(key: &str) -> String {
    Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A row of `members`, without the password.
#[derive(sqlx::FromRow)]
struct MemberRow {
    id: Uuid,
    workspace_id: Uuid,
    name: String,
    email: String,
    role: String,
}

#[derive(sqlx::FromRow)]
struct LoginRow {
    #[sqlx(flatten)]
    member: MemberRow,
    password_hash: String,
}

impl TryFrom<MemberRow> for Member {
    type Error = StoreError;

    fn try_from(row: MemberRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: MemberId::new(row.id),
            workspace: WorkspaceId::new(row.workspace_id),
            name: row.name,
            email: Email::parse(&row.email).map_err(|_| StoreError::Unreadable("an email address"))?,
            role: Role::parse(&row.role).ok_or(StoreError::Unreadable("a role"))?,
        })
    }
}

impl Store {
    /// Whether the server has been set up.
    pub async fn has_owner(&self) -> Result<bool, StoreError> {
        let mut db = self.reader().await?;
        let (owners,) = on!(db.fetch_one::<(i64,)>("SELECT COUNT(*) FROM members WHERE role = 'owner'"))?;
        Ok(owners > 0)
    }

    /// Has a key open the set-up page of every node, as long as there is no owner. Forgets those that are older than a day.
    pub async fn add_setup_key(&self, key: &str, now: Millis) -> Result<(), StoreError> {
        self.insist(Repeat::Unsure, || async {
            let mut tx = self.begin().await?;
            on!(tx.execute("DELETE FROM setup_keys WHERE made_at < $1", now - SETUP_KEY))?;
            on!(tx.execute("INSERT INTO setup_keys (key_hash, made_at) VALUES ($1, $2)", key_hash(key), now))?;
            tx.commit().await
        })
        .await
    }

    /// Whether this key opens the set-up page.
    pub async fn is_setup_key(&self, key: &str) -> Result<bool, StoreError> {
        let mut db = self.reader().await?;
        // Found by its hash: how long that takes tells nothing of any key.
        let (keys,) =
            on!(db.fetch_one::<(i64,)>("SELECT COUNT(*) FROM setup_keys WHERE key_hash = $1", key_hash(key)))?;
        Ok(keys > 0)
    }

    /// Makes the first workspace and its owner; false, and nothing made, if there is an owner already.
    pub async fn create_owner(
        &self,
        workspace: WorkspaceId,
        workspace_name: &str,
        member: &Member,
        password_hash: &str,
        now: Millis,
    ) -> Result<bool, StoreError> {
        self.insist(Repeat::Unsure, || async {
            let mut tx = self.begin().await?;
            on!(tx.execute(
                "INSERT INTO workspaces (id, name, created_at) VALUES ($1, $2, $3)",
                workspace.uuid(),
                workspace_name,
                now,
            ))?;
            let made = on!(tx.execute(
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
            on!(tx.execute("DELETE FROM setup_keys"))?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// The member who signs in with this address, and the hash of their password.
    pub async fn member_by_email(&self, email: &Email) -> Result<Option<(Member, String)>, StoreError> {
        let mut db = self.reader().await?;
        let found = on!(db.fetch_optional::<LoginRow>(
            "SELECT id, workspace_id, name, email, role, password_hash FROM members WHERE email = $1",
            email.as_str(),
        ))?;
        found.map(|row| Ok((row.member.try_into()?, row.password_hash))).transpose()
    }

    /// Remembers a session until it expires; forgets those that have.
    pub async fn create_session(
        &self,
        token_hash: &str,
        member: MemberId,
        now: Millis,
        expires_at: Millis,
    ) -> Result<(), StoreError> {
        self.insist(Repeat::Unsure, || async {
            let mut tx = self.begin().await?;
            on!(tx.execute("DELETE FROM sessions WHERE expires_at <= $1", now))?;
            on!(tx.execute(
                "INSERT INTO sessions (token_hash, member_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
                token_hash,
                member.uuid(),
                now,
                expires_at,
            ))?;
            tx.commit().await
        })
        .await
    }

    /// The member whose session this is, if it has not expired.
    pub async fn session(&self, token_hash: &str, now: Millis) -> Result<Option<Member>, StoreError> {
        let mut db = self.reader().await?;
        let found = on!(db.fetch_optional::<MemberRow>(
            "SELECT id, workspace_id, name, email, role FROM members
             WHERE id = (SELECT member_id FROM sessions WHERE token_hash = $1 AND expires_at > $2)",
            token_hash,
            now,
        ))?;
        found.map(Member::try_from).transpose()
    }

    /// Ends a session, if there is one.
    pub async fn end_session(&self, token_hash: &str) -> Result<(), StoreError> {
        self.insist(Repeat::Safe, || async {
            let mut tx = self.begin().await?;
            on!(tx.execute("DELETE FROM sessions WHERE token_hash = $1", token_hash))?;
            tx.commit().await
        })
        .await
    }

    /// How many times in a row signing in has failed under this key, and when last.
    pub async fn login_failures(&self, key: &str) -> Result<Option<(u32, Millis)>, StoreError> {
        let mut db = self.reader().await?;
        let found = on!(
            db.fetch_optional::<(i64, Millis)>("SELECT failures, last_at FROM login_failures WHERE key = $1", key,)
        )?;
        Ok(found.map(|(failures, last_at)| (columns::count(failures), last_at)))
    }

    /// Remembers a failure and tells how many there are now.
    pub async fn record_login_failure(&self, key: &str, now: Millis) -> Result<u32, StoreError> {
        self.insist(Repeat::Unsure, || async {
            let mut tx = self.begin().await?;
            let (failures,) = on!(tx.fetch_one::<(i64,)>(
                "INSERT INTO login_failures (key, failures, last_at) VALUES ($1, 1, $2)
             ON CONFLICT (key) DO UPDATE SET failures = login_failures.failures + 1, last_at = excluded.last_at
             RETURNING failures",
                key,
                now,
            ))?;
            tx.commit().await?;
            Ok(columns::count(failures))
        })
        .await
    }

    /// Forgets the failures under this key: signing in has succeeded.
    pub async fn clear_login_failures(&self, key: &str) -> Result<(), StoreError> {
        self.insist(Repeat::Safe, || async {
            let mut tx = self.begin().await?;
            on!(tx.execute("DELETE FROM login_failures WHERE key = $1", key))?;
            tx.commit().await
        })
        .await
    }

    /// Forgets all failures that were last repeated before this moment.
    pub async fn forget_login_failures(&self, before: Millis) -> Result<(), StoreError> {
        self.insist(Repeat::Safe, || async {
            let mut tx = self.begin().await?;
            on!(tx.execute("DELETE FROM login_failures WHERE last_at < $1", before))?;
            tx.commit().await
        })
        .await
    }
}
