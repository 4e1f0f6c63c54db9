//! The wall clock: the one place that reads it.
//!
//! Whoever needs the time is given it, or holds a [`Clock`], so that a test can move it.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use parterre_protocol::Millis;

/// What time it is. Clones tell the same time.
#[derive(Clone, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The system's clock.
    pub const fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still at this moment until it is moved.
    pub fn standing(at: Millis) -> Self {
        Self(Some(Arc::new(AtomicI64::new(at))))
    }

    /// Now.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the wall clock")]
    pub fn now(&self) -> Millis {
        match &self.0 {
            Some(moment) => moment.load(Ordering::Relaxed),
            None => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as Millis),
        }
    }

    /// Moves a clock that stands still; has no effect on the system's.
    pub fn advance(&self, by: Duration) {
        if let Some(moment) = &self.0 {
            moment.fetch_add(by.as_millis() as Millis, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Clock(standing)" } else { "Clock(system)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_clock_moves_for_all_who_hold_it() {
        let clock = Clock::standing(1_000);
        let other = clock.clone();
        clock.advance(Duration::from_secs(2));
        assert_eq!(other.now(), 3_000);
    }

    #[test]
    fn the_systems_clock_is_in_this_century() {
        assert!(Clock::system().now() > 1_700_000_000_000);
    }
}
