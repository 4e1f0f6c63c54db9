//! Private links: what someone without an account may see and do in one event.

use parterre_protocol::{Act, EventId, LabelId, Millis, RefusalCode};
use serde::{Deserialize, Serialize};

use super::{Problem, Refusal, ids::LinkId, text};

/// A link's name.
const NAME_CHARS: usize = 80;
/// For how many hours a link may be good: up to a season.
const HOURS: std::ops::RangeInclusive<u32> = 1..=24 * 90;
/// An hour in milliseconds.
const HOUR: Millis = 3_600_000;
/// Links of one event that are good at the same time.
pub const GOOD_LINKS: usize = 50;

/// A private link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateLink {
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
    Moderator {
        /// How far.
        scope: Scope,
    },
    /// To read the published questions of one label; none: all of them.
    Speaker {
        /// Which label.
        label: Option<LabelId>,
    },
}

/// The extent of a moderator's rights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Managing the questions: which are shown, in what order, with which marks.
    #[default]
    Review,
    /// Also how questions are taken, and words of one's own that the room reads.
    Full,
}

impl Scope {
    /// The name used in storage and on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Review => "review",
            Self::Full => "full",
        }
    }

    /// The scope of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Review, Self::Full].into_iter().find(|scope| scope.name() == name)
    }

    /// Whether an act is within it, or why not. Every act is named, so that a new one has to be
    /// thought of.
    pub fn allows(self, act: &Act) -> Result<(), Refusal> {
        let what = match act {
            Act::Move { .. }
            | Act::Decline { .. }
            | Act::Hide { .. }
            | Act::Restore { .. }
            | Act::Merge { .. }
            | Act::Unmerge { .. }
            | Act::Label { .. }
            | Act::Star { .. }
            | Act::Pin { .. }
            | Act::Answered { .. }
            | Act::Block { .. }
            | Act::Highlight { .. }
            | Act::Show { .. }
            | Act::HideWord { .. }
            | Act::MergeWord { .. }
            | Act::RestoreWord { .. }
            // Nobody undoes by a link what they could not do by it.
            | Act::Undo { .. } => return Ok(()),
            Act::Edit { .. } => "cannot edit questions",
            Act::Reply { .. } => "writes no replies",
            Act::Configure { .. } => "cannot change settings",
        };
        if self == Self::Full {
            return Ok(());
        }
        let message =
            format!("This link is for reviewing questions only: it {what}. Ask for a link with the scope full.");
        Err(Refusal::new(RefusalCode::Forbidden, message))
    }
}

impl PrivateLink {
    /// A new link, checked: its name in up to 80 characters, good for 1 hour to 90 days.
    pub fn new(
        id: LinkId,
        event: EventId,
        kind: LinkKind,
        name: &str,
        hours: u32,
        now: Millis,
    ) -> Result<Self, Problem> {
        if !HOURS.contains(&hours) {
            let (min, max) = (*HOURS.start() as usize, *HOURS.end() as usize);
            return Err(Problem::OutOfRange { field: "hours", min, max, value: hours as usize });
        }
        let name = text::filled_line("name", name, NAME_CHARS)?;
        let expires_at = now + Millis::from(hours) * HOUR;
        Ok(Self { id, event, kind, name, created_at: now, expires_at, revoked_at: None })
    }

    /// Whether it is good at this moment.
    pub const fn is_good(&self, now: Millis) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn link(name: &str, hours: u32) -> Result<PrivateLink, Problem> {
        let (id, event) = (LinkId::new(Uuid::nil()), EventId::new(Uuid::nil()));
        PrivateLink::new(id, event, LinkKind::Moderator { scope: Scope::Review }, name, hours, 1_000)
    }

    #[test]
    fn a_link_is_good_until_it_expires_or_is_revoked() {
        let link = link("  Olu ", 2).unwrap();
        assert_eq!((&*link.name, link.expires_at), ("Olu", 7_201_000));
        assert!(link.is_good(7_200_999) && !link.is_good(7_201_000));
        assert!(!PrivateLink { revoked_at: Some(1_500), ..link }.is_good(2_000));
    }

    #[test]
    fn a_link_has_a_name_and_a_time() {
        assert!(matches!(link(" ", 2), Err(Problem::Empty { field: "name" })));
        assert!(matches!(link(&"x".repeat(81), 2), Err(Problem::TooLong { field: "name", .. })));
        for hours in [0, 24 * 90 + 1, u32::MAX] {
            assert!(matches!(link("Olu", hours), Err(Problem::OutOfRange { field: "hours", .. })), "{hours}");
        }
        assert!(link("Olu", 24 * 90).is_ok());
    }
}
