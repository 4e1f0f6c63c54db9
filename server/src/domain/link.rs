//! Private links: what someone without an account may see and do in one event.

use parterre_protocol::{EventId, LabelId, Millis};

use super::ids::LinkId;

/// A private link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its id, which is no secret.
    pub id: LinkId,
    /// The only event for which it is good.
    pub event: EventId,
    /// For what.
    pub kind: LinkKind,
    /// For whom, as its maker wrote it; the ledger names its holder so.
    pub name: String,
    /// When it was made.
    pub created_at: Millis,
    /// Until when it is good.
    pub expires_at: Millis,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Millis>,
}

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// To moderate.
    Moderator,
    /// To read the published questions of one label; none: all of them.
    Speaker {
        /// Which label.
        label: Option<LabelId>,
    },
}

impl Link {
    /// Whether it is good at this moment.
    pub const fn is_good(&self, now: Millis) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}
