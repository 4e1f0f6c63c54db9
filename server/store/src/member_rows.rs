//! How a member is read from a row of `members`.

use parterre_domain::{
    ids::{MemberId, WorkspaceId},
    member::{Email, Member, Role},
};
use uuid::Uuid;

use super::StoreError;

row! {
    /// A row of `members`, without the password.
    pub(super) struct MemberRow {
        id: Uuid,
        workspace_id: Uuid,
        name: String,
        email: String,
        role: String,
    }
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
