//! Who comes in and why, and as whom they send commands.

use parterre_protocol::{LabelId, ParticipantId};
use parterre_store::{Actor, Right};
use uuid::Uuid;

/// Somebody who is there by a right that can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkGrant {
    /// By which.
    pub right: Right,
    /// What it lets them do.
    pub sender: Sender,
    /// Which label a speaker sees; none: all.
    pub label: Option<LabelId>,
}

/// Who comes in, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// A participant, with the name that it has in the event.
    Participant(ParticipantId, Option<Box<str>>),
    /// Somebody who is there by a right that can end. Behind a pointer, because nearly everybody is
    /// a participant.
    Holder(Box<LinkGrant>),
    /// Anybody else: somebody who looks on.
    Other,
}

impl Principal {
    /// Which participant it is.
    pub const fn participant(&self) -> Option<ParticipantId> {
        if let Self::Participant(id, _) = self { Some(*id) } else { None }
    }

    /// The right by which it is there, where that can end.
    pub const fn right(&self) -> Option<Right> {
        if let Self::Holder(holder) = self { Some(holder.right) } else { None }
    }

    /// As whom it sends commands.
    pub const fn sender(&self) -> Sender {
        match self {
            Self::Participant(id, _) => Sender::Participant(*id),
            Self::Holder(holder) => holder.sender,
            Self::Other => Sender::Guest,
        }
    }
}

/// Who sends commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A participant, who may answer.
    Participant(ParticipantId),
    /// A member who runs the event.
    Facilitator(Actor),
    /// Whoever holds a moderator's link, or a signed-in moderator who runs no events.
    Moderator(Actor),
    /// Someone who looks on.
    Guest,
}

impl Sender {
    /// Whose pace the commands count to; none of somebody whose commands are all refused.
    pub const fn paced(self) -> Option<Uuid> {
        match self {
            Self::Participant(id) => Some(id.uuid()),
            Self::Facilitator(actor) | Self::Moderator(actor) => Some(actor.id()),
            Self::Guest => None,
        }
    }
}
