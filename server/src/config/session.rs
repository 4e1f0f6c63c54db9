//! Settings of the members' sessions.

use std::{num::NonZeroU32, time::Duration};

use serde::Deserialize;

/// Settings of the members' sessions.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// How long a session lasts without use.
    pub hours: NonZeroU32,
}

impl Session {
    /// How long a session lasts without use.
    pub fn lifetime(&self) -> Duration {
        Duration::from_hours(self.hours.get().into())
    }
}
