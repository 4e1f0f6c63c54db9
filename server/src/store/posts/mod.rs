//! Posts: what participants do with questions, grouped with all else that phones send, and what moderators do.

use parterre_protocol::{Act, CommandId, EventId, Millis, Outcome, ParticipantId, PostCommand, Rev};

use super::{EventChange, Store, StoreError};
use crate::domain::ids::{LinkId, MemberId};

/// A participant's command about posts, checked and cleaned by `domain::post::check_command`.
#[derive(Clone, Debug, PartialEq)]
pub struct NewPostCommand {
    /// The command.
    pub cid: CommandId,
    /// In which event.
    pub event: EventId,
    /// By whom.
    pub participant: ParticipantId,
    /// What is to happen.
    pub command: PostCommand,
    /// For a question: whether the word filter finds something in it.
    pub flagged: bool,
}

/// Who moderates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A member.
    Member(MemberId),
    /// Whoever holds a moderator's link.
    Link(LinkId),
}

/// What became of an act.
#[derive(Clone, Debug, PartialEq)]
pub struct Acted {
    /// The receipt.
    pub outcome: Outcome,
    /// What it changed, where it did.
    pub change: Option<EventChange>,
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

impl Store {
    /// Does a moderator's act, once: the same `cid` of the same actor gets the same receipt. A refusal is not remembered.
    pub async fn moderate(
        &self,
        event: EventId,
        actor: Actor,
        cid: CommandId,
        act: &Act,
        now: Millis,
    ) -> Result<Acted, StoreError> {
        let _ = (event, actor, cid, act, now);
        todo!()
    }

    /// The newest acts of an event before this version, newest first.
    pub async fn ledger(&self, event: EventId, before: Rev, most: u32) -> Result<Vec<LedgerEntry>, StoreError> {
        let _ = (event, before, most);
        todo!()
    }
}
