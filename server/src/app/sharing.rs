//! Results are shown to others: by a link, and on phones once the event has ended.

use std::collections::BTreeSet;

use parterre_domain::{
    Problem,
    ids::LinkId,
    shared_results::{ResultsLink, SharedResults},
};
use parterre_protocol::{ActivityId, EventId};
use parterre_store::StoreError;
use parterre_system::random;

use crate::state::AppState;

/// What is to change of what is shown; the rest stays.
#[derive(Clone, Debug)]
pub struct SharingChange {
    /// Of which activities.
    pub activities: Option<BTreeSet<ActivityId>>,
    /// Whether the published questions are shown as well.
    pub questions: Option<bool>,
    /// Whether participants see them on their phones once the event has ended.
    pub on_phones: Option<bool>,
    /// The link.
    pub link: Option<LinkChange>,
}

/// What becomes of the link to the results.
#[derive(Clone, Copy, Debug)]
pub enum LinkChange {
    /// There is one, for so many days from now on: the one that there is, if it is still good.
    Days(usize),
    /// It shows nothing any more.
    Revoked,
}

/// Why nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum ShareError {
    /// The event has no such activity.
    #[error("the event has no activity {0}")]
    UnknownActivity(ActivityId),
    /// It cannot be shared so.
    #[error("the results cannot be shared so: {0}")]
    Invalid(#[from] Problem),
    /// The event is gone.
    #[error("there is no such event")]
    UnknownEvent,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Changes what of an event's results is shown to others.
pub async fn share(state: &AppState, event: EventId, change: SharingChange) -> Result<SharedResults, ShareError> {
    let now = state.clock().now();
    if let Some(wanted) = &change.activities {
        let known = state.store().activities(event).await?;
        let is_known = |id: &ActivityId| known.iter().any(|activity| activity.id == *id);
        if let Some(unknown) = wanted.iter().find(|id| !is_known(id)) {
            return Err(ShareError::UnknownActivity(*unknown));
        }
    }
    let fresh = LinkId::new(random::ordered_id(now));
    let link = match change.link {
        Some(LinkChange::Days(days)) => Some(ResultsLink::new(fresh, days, now)?),
        Some(LinkChange::Revoked) | None => None,
    };
    let changed = |before: SharedResults| SharedResults {
        activities: change.activities.clone().unwrap_or(before.activities),
        questions: change.questions.unwrap_or(before.questions),
        on_phones: change.on_phones.unwrap_or(before.on_phones),
        link: match (change.link, before.link) {
            (None, kept) => kept,
            // Who has the address goes on with it.
            (Some(_), Some(kept)) if kept.is_good(now) => link.map(|link| ResultsLink { id: kept.id, ..link }),
            (Some(_), _) => link,
        },
    };
    let (shared, rev) = state.store().share_results(event, changed).await?.ok_or(ShareError::UnknownEvent)?;
    state.hub.context.changed(event, rev);
    Ok(shared)
}
