//! Settings of the members' sessions.

use std::{num::NonZeroU32, time::Duration};

use serde::Deserialize;

/// Settings of the members' sessions.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// How long a session lasts without use.
    pub hours: NonZeroU32,
    /// How long it lasts at most, however much it is used.
    pub max_days: NonZeroU32,
    /// For how many days the security log is kept.
    pub log_days: NonZeroU32,
}

impl Session {
    /// How long a session lasts without use.
    pub fn lifetime(&self) -> Duration {
        Duration::from_hours(self.hours.get().into())
    }

    /// How long it lasts at most, however much it is used.
    pub fn longest(&self) -> Duration {
        Duration::from_hours(24 * u64::from(self.max_days.get()))
    }
}
