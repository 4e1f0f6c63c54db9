//! Settings of how long is kept what nobody needs any more.

use std::num::NonZeroU32;

use serde::Deserialize;

/// How long is kept what nobody needs any more.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// For how many days a deleted event can be brought back.
    pub deleted_days: NonZeroU32,
}
