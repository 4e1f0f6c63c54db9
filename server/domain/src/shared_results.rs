//! Results that are shown to others than the facilitators: by a link, and on phones once the event
//! has ended.

use std::collections::BTreeSet;

use parterre_protocol::{ActivityId, Millis};

use super::{Problem, ids::LinkId};

/// For how many days a link may show results.
pub const LINK_DAYS: std::ops::RangeInclusive<usize> = 1..=366;

const DAY: Millis = 24 * 60 * 60 * 1000;

/// What of an event's results is shown to others, and to whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharedResults {
    /// Of which activities.
    pub activities: BTreeSet<ActivityId>,
    /// Whether the published questions are shown as well.
    pub questions: bool,
    /// Whether participants see them on their phones once the event has ended.
    pub on_phones: bool,
    /// By which link anybody sees them.
    pub link: Option<ResultsLink>,
}

/// A link to shared results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultsLink {
    /// Its id.
    pub id: LinkId,
    /// Until when it shows anything.
    pub expires_at: Millis,
}

impl ResultsLink {
    /// A link that shows results for so many days from now on.
    pub fn new(id: LinkId, days: usize, now: Millis) -> Result<Self, Problem> {
        let (min, max) = (*LINK_DAYS.start(), *LINK_DAYS.end());
        if !LINK_DAYS.contains(&days) {
            return Err(Problem::OutOfRange { field: "days", min, max, value: days });
        }
        Ok(Self { id, expires_at: now + DAY * Millis::try_from(days).unwrap_or(0) })
    }

    /// Whether it shows anything at this time.
    pub const fn is_good(&self, now: Millis) -> bool {
        now < self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_link_is_good_for_as_many_days_as_were_said() {
        let id = LinkId::new(Uuid::nil());
        let link = ResultsLink::new(id, 2, 1000).expect("two days");
        assert!(link.is_good(1000 + 2 * DAY - 1) && !link.is_good(1000 + 2 * DAY));
        assert!(ResultsLink::new(id, 0, 0).is_err() && ResultsLink::new(id, 367, 0).is_err());
    }
}
