//! What an activity does by itself: it opens and it closes at moments that a facilitator has set.
//!
//! A moment happens once and is gone. What is due is done in the order of the moments, however late, so that one node or
//! ten, one run or the next, come to the same.

use parterre_protocol::{
    ActivityId, Millis, RefusalCode,
    limits::{COUNTDOWN_SECONDS, SCHEDULE_DAYS},
    topics::{ActivityState, EventState},
};

use super::{
    Refusal,
    stage::{Running, Slot},
};

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
        Err(invalid("A countdown runs for 1 second to 24 hours."))
    }

    /// Checks moments that are set now for an activity in this state.
    fn check(self, state: ActivityState, now: Millis) -> Result<(), Refusal> {
        let Self { opens_at, closes_at } = self;
        let moments = || [opens_at, closes_at].into_iter().flatten();
        match state {
            ActivityState::Closed if moments().next().is_some() => {
                return Err(Refusal::new(RefusalCode::Closed, "This is closed already. Open it again first."));
            }
            ActivityState::Open if opens_at.is_some() => return Err(invalid("This is open already.")),
            _ => {}
        }
        if moments().any(|at| at <= now) {
            return Err(invalid("This time is over already."));
        }
        if moments().any(|at| at - now > SCHEDULE) {
            return Err(invalid(format!("A time may be at most {SCHEDULE_DAYS} days ahead.")));
        }
        if opens_at >= closes_at && closes_at.is_some() {
            return Err(invalid("It must close after it opens."));
        }
        Ok(())
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(RefusalCode::Invalid, message)
}

impl Slot {
    /// Sets both moments.
    pub(super) fn schedule(&mut self, timer: Timer, now: Millis) -> Result<(), Refusal> {
        timer.check(self.state, now)?;
        self.timer = timer;
        Ok(())
    }
}

impl Running {
    /// The event after all that is due by now.
    pub fn settled(&self, now: Millis) -> Self {
        let mut after = self.clone();
        // Each turn takes one moment away, so there is an end to it.
        while let Some((place, at)) = after.next_moment().filter(|(_, at)| *at <= now) {
            after.pass(place, at);
        }
        after
    }

    /// Which activity is the next to do something by itself, and when. Of several at once, the first in the rundown.
    fn next_moment(&self) -> Option<(usize, Millis)> {
        let moments = self.rundown.iter().enumerate().filter_map(|(place, slot)| Some((place, slot.timer.next()?)));
        moments.min_by_key(|(_, at)| *at)
    }

    /// Does what the next moment of an activity is for, where there still is anything to be done.
    fn pass(&mut self, place: usize, at: Millis) {
        let slot = &mut self.rundown[place];
        if slot.timer.opens_at != Some(at) {
            slot.timer.closes_at = None;
            slot.close();
            return;
        }
        slot.timer.opens_at = None;
        if slot.state == ActivityState::Draft && self.state != EventState::Ended {
            let id = slot.id;
            self.open(id).expect("the activity is in the rundown, and the event has not ended");
        }
    }
}

#[cfg(test)]
mod tests;
