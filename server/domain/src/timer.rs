//! The moments that a facilitator has set for an activity.

use parterre_protocol::{
    Millis, RefusalCode,
    limits::{COUNTDOWN_SECONDS, SCHEDULE_DAYS},
    topics::ActivityState,
};

use super::Refusal;

/// The longest time ahead that can be set.
const SCHEDULE: Millis = SCHEDULE_DAYS as Millis * 24 * 60 * 60 * 1000;

/// The moments that an activity has ahead of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timer {
    /// When it opens by itself. Only of a draft.
    pub opens_at: Option<Millis>,
    /// When it closes by itself; later than it opens. Not of what is closed.
    pub closes_at: Option<Millis>,
}

impl Timer {
    /// The next moment.
    pub fn next(self) -> Option<Millis> {
        self.opens_at.or(self.closes_at)
    }

    /// Whether the time to answer is over.
    pub fn is_up(self, now: Millis) -> bool {
        self.closes_at.is_some_and(|at| at <= now)
    }

    /// The end of a countdown that begins now.
    pub fn countdown(now: Millis, seconds: u32) -> Result<Millis, Refusal> {
        if COUNTDOWN_SECONDS.contains(&seconds) {
            return Ok(now + Millis::from(seconds) * 1000);
        }
        Err(invalid("A countdown lasts 1 second to 24 hours."))
    }

    /// Checks moments that are set now for an activity in this state.
    pub fn check(self, state: ActivityState, now: Millis) -> Result<(), Refusal> {
        let Self { opens_at, closes_at } = self;
        let moments = || [opens_at, closes_at].into_iter().flatten();
        match state {
            ActivityState::Closed if moments().next().is_some() => {
                return Err(Refusal::new(RefusalCode::Closed, "This activity is already closed. Reopen it first."));
            }
            ActivityState::Open if opens_at.is_some() => return Err(invalid("This activity is already open.")),
            _ => {}
        }
        if moments().any(|at| at <= now) {
            return Err(invalid("This time has already passed."));
        }
        if moments().any(|at| at - now > SCHEDULE) {
            return Err(invalid(format!("The time may be at most {SCHEDULE_DAYS} days ahead.")));
        }
        if opens_at >= closes_at && closes_at.is_some() {
            return Err(invalid("The closing time must be after the opening time."));
        }
        Ok(())
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(RefusalCode::Invalid, message)
}
