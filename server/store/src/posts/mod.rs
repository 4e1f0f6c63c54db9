//! Posts: what participants do with questions, grouped with all else that phones send, and what
//! moderators do.

mod commit;
mod forum;
mod moderate;
mod rows;
mod words;

use parterre_protocol::{Act, CommandId, EventId, Millis, Outcome, ParticipantId, PostCommand, Rev};
use uuid::Uuid;

pub use self::forum::QaOutline;
pub(super) use self::{
    commit::judge_all,
    forum::{QaRow, forum, texts},
    rows::posts_after,
};

use super::{CommittedChange, Store, StoreError, columns, sql::query};

/// A participant's command about posts, checked and cleaned by `domain::post::check_command`.
#[derive(Clone, Debug, PartialEq)]
pub struct NewPostCommand {
    /// The command.
    pub cid: CommandId,
    /// In which event.
    pub event: EventId,
    /// By whom.
    pub participant: ParticipantId,
    /// The command.
    pub command: PostCommand,
    /// For a question: whether the word filter finds something in it.
    pub flagged: bool,
}

/// The outcome of an action.
#[derive(Clone, Debug, PartialEq)]
pub struct ModerationOutcome {
    /// The receipt.
    pub outcome: Outcome,
    /// What it changed of the questions, where it did.
    pub change: Option<CommittedChange>,
    /// The event's version, where it changed what stands beside them: of which words are shown.
    pub outline: Option<Rev>,
    /// The event's current version, if the action was done before: the node that did it may have
    /// died before it notified anyone.
    pub repeated: Option<Rev>,
}

/// One line of the moderation ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct LedgerEntry {
    /// The act's command, by which it can be undone.
    pub cid: CommandId,
    /// Who did it: a member's or a link's name.
    pub actor: String,
    /// What was done.
    pub act: Act,
    /// When.
    pub at: Millis,
    /// The event's version with it.
    pub rev: Rev,
}

row! {
    pub(super) struct LedgerRow {
        cid: Uuid,
        actor: String,
        act: String,
        at: Millis,
        rev: Rev,
    }
}

impl TryFrom<LedgerRow> for LedgerEntry {
    type Error = StoreError;

    fn try_from(row: LedgerRow) -> Result<Self, StoreError> {
        let act = columns::from_json("an act", &row.act)?;
        Ok(Self { cid: CommandId::new(row.cid), actor: row.actor, act, at: row.at, rev: row.rev })
    }
}

impl Store {
    /// The newest acts of an event before this version that changed something, newest first. Each
    /// has another version.
    pub async fn ledger(&self, event: EventId, before: Rev, most: u32) -> Result<Vec<LedgerEntry>, StoreError> {
        let mut db = self.reader().await?;
        let found = query!(db.fetch_all::<LedgerRow>(
            "SELECT cid, actor, act, at, rev FROM acts
             WHERE event_id = $1 AND rev < $2 AND changes IS NOT NULL ORDER BY rev DESC LIMIT $3",
            event.uuid(),
            before,
            i64::from(most),
        ))?;
        found.into_iter().map(LedgerEntry::try_from).collect()
    }
}
