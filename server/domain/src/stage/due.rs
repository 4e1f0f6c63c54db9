//! What an activity does by itself: it opens and it closes at moments that a facilitator has set.
//!
//! Each scheduled time is applied once. Due times are applied in order, however late, so that any
//! number of nodes and runs arrive at the same result.

use parterre_protocol::{
    Millis,
    topics::{ActivityState, EventState},
};

use super::{RundownEntry, StageState};
use crate::{Refusal, timer::Timer};

impl RundownEntry {
    /// Sets both moments.
    pub(super) fn schedule(&mut self, timer: Timer, now: Millis) -> Result<(), Refusal> {
        timer.check(self.state, now)?;
        self.timer = timer;
        Ok(())
    }
}

impl StageState {
    /// The event after all that is due by now.
    pub fn settled(&self, now: Millis) -> Self {
        let mut after = self.clone();
        // Each turn takes one moment away, so there is an end to it.
        while let Some((place, at)) = after.next_moment().filter(|(_, at)| *at <= now) {
            after.pass(place, at);
        }
        after
    }

    /// Which activity is the next to do something by itself, and when. Of several at once, the
    /// first in the rundown.
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
            self.open(id, at).expect("the activity is in the rundown, and the event has not ended");
        }
    }
}

#[cfg(test)]
mod tests {
    use parterre_protocol::{Control, RefusalCode};
    use proptest::prelude::*;

    use super::*;
    use crate::stage::tests::{NOW, any_control, id, three};

    const SECOND: Millis = 1000;

    fn schedule(n: u8, opens_at: impl Into<Option<Millis>>, closes_at: impl Into<Option<Millis>>) -> Control {
        Control::Schedule { activity: id(n), opens_at: opens_at.into(), closes_at: closes_at.into() }
    }

    fn code(refused: Result<StageState, Refusal>) -> RefusalCode {
        refused.unwrap_err().code
    }

    /// What people do, each a while after the one before.
    fn any_course() -> impl Strategy<Value = Vec<(Control, Millis)>> {
        prop::collection::vec((any_control(), 0..8 * SECOND), 0..30)
    }

    proptest! {
        #[test]
        fn only_what_is_on_stage_is_ever_open_and_only_what_can_happen_is_ahead(course in any_course()) {
            let (mut running, mut now) = (three(), NOW);
            for (control, wait) in course {
                now += wait;
                running = running.control(&control, now).unwrap_or_else(|_| running.settled(now));
                for slot in &running.rundown {
                    let Timer { opens_at, closes_at } = slot.timer;
                    if slot.state == ActivityState::Open {
                        prop_assert_eq!(running.staged, Some(slot.id));
                        prop_assert_eq!(running.state, EventState::Live);
                    }
                    prop_assert!(opens_at.is_none() || slot.state == ActivityState::Draft);
                    prop_assert!(closes_at.is_none() || slot.state != ActivityState::Closed);
                    prop_assert!(opens_at.zip(closes_at).is_none_or(|(opens, closes)| opens < closes));
                    prop_assert!(slot.timer.next().is_none_or(|at| at > now), "what is due is done first");
                    prop_assert!(slot.timer == Timer::default() || running.state != EventState::Ended);
                }
            }
        }

        #[test]
        fn it_makes_no_difference_who_looks_how_often(course in any_course(), looks in prop::collection::vec(0..90i64, 0..6)) {
            let (mut seldom, mut now) = (three(), NOW);
            for (control, wait) in course {
                now += wait;
                seldom = seldom.control(&control, now).unwrap_or(seldom);
            }
            let mut often = seldom.clone();
            let mut looks: Vec<_> = looks.into_iter().map(|seconds| now + seconds * SECOND).collect();
            looks.sort_unstable();
            for look in looks {
                often = often.settled(look);
                prop_assert_eq!(often.settled(look), often.clone());
            }
            let late = now + 90 * SECOND;
            prop_assert_eq!(often.settled(late), seldom.settled(late));
        }
    }

    #[test]
    fn a_countdown_opens_begins_anew_and_closes() {
        let countdown = |seconds| Control::Countdown { activity: id(1), seconds };
        let open = three().control(&countdown(30), NOW).unwrap();
        assert_eq!((open.staged, open.rundown[0].state), (Some(id(1)), ActivityState::Open));
        let anew = open.control(&countdown(60), NOW + 10 * SECOND).unwrap();
        assert_eq!(anew.settled(NOW + 69 * SECOND), anew);
        let closed = anew.settled(NOW + 70 * SECOND);
        assert_eq!((closed.staged, closed.rundown[0].state), (Some(id(1)), ActivityState::Closed));
        assert_eq!(code(three().control(&countdown(0), NOW)), RefusalCode::Invalid);
        assert_eq!(code(three().control(&countdown(86_401), NOW)), RefusalCode::Invalid);
    }

    #[test]
    fn half_a_minute_more_comes_in_time_or_not_at_all() {
        let open = three().control(&Control::Countdown { activity: id(1), seconds: 30 }, NOW).unwrap();
        let more = schedule(1, None, NOW + 60 * SECOND);
        let longer = open.control(&more, NOW + 29 * SECOND).unwrap();
        assert_eq!(longer.control(&more, NOW + 30 * SECOND).unwrap(), longer, "who adds the same adds nothing");
        assert_eq!(
            code(open.control(&more, NOW + 30 * SECOND)),
            RefusalCode::Closed,
            "though nobody has closed it yet"
        );
        let untimed = longer.control(&schedule(1, None, None), NOW + 31 * SECOND).unwrap();
        assert_eq!(untimed.settled(NOW + 99 * SECOND).rundown[0].state, ActivityState::Open);
    }

    #[test]
    fn a_schedule_opens_and_closes_and_makes_the_event_live() {
        let ahead = three().control(&schedule(2, NOW + 10 * SECOND, NOW + 20 * SECOND), NOW).unwrap();
        assert_eq!(ahead.settled(NOW + 9 * SECOND), ahead);
        let open = ahead.settled(NOW + 10 * SECOND);
        assert_eq!(
            (open.state, open.staged, open.rundown[1].state),
            (EventState::Live, Some(id(2)), ActivityState::Open)
        );
        let closed = open.settled(NOW + 20 * SECOND);
        assert_eq!((closed.staged, closed.rundown[1].state), (Some(id(2)), ActivityState::Closed));
    }

    #[test]
    fn what_is_opened_closes_what_was_open() {
        let first = three().control(&Control::Countdown { activity: id(1), seconds: 60 }, NOW).unwrap();
        let ahead = first.control(&schedule(3, NOW + 10 * SECOND, None), NOW).unwrap();
        let after = ahead.settled(NOW + 10 * SECOND);
        assert_eq!((after.staged, after.rundown[0].state), (Some(id(3)), ActivityState::Closed));
        assert_eq!(after.settled(NOW + 99 * SECOND), after, "its countdown went with it");
    }

    #[test]
    fn whatever_people_do_takes_away_what_the_time_would_have_done() {
        let ahead = three().control(&schedule(1, NOW + 10 * SECOND, NOW + 20 * SECOND), NOW).unwrap();
        let opened = ahead.control(&Control::Open { activity: id(1) }, NOW).unwrap();
        assert_eq!(opened.rundown[0].timer, Timer { opens_at: None, closes_at: Some(NOW + 20 * SECOND) });
        for control in [Control::Close { activity: id(1) }, Control::Reset { activity: id(1), round: 1 }, Control::End]
        {
            let after = opened.control(&control, NOW).unwrap();
            assert_eq!(after.rundown[0].timer, Timer::default(), "{control:?}");
        }
        let ended = ahead.control(&Control::End, NOW).unwrap();
        assert_eq!(
            (ended.settled(NOW + 99 * SECOND), code(ended.control(&schedule(1, NOW + SECOND, None), NOW))),
            (ended, RefusalCode::Closed)
        );
    }

    #[test]
    fn a_moment_left_behind_by_a_node_that_knows_of_none_does_nothing() {
        let mut left = three();
        left.rundown[0].state = ActivityState::Closed;
        left.rundown[0].timer = Timer { opens_at: Some(NOW), closes_at: Some(NOW + 1) };
        left.rundown[1].timer.opens_at = Some(NOW);
        left.state = EventState::Ended;
        let after = left.settled(NOW + 1);
        assert_eq!((after.state, after.staged), (EventState::Ended, None));
        assert!(after.rundown.iter().all(|slot| slot.state != ActivityState::Open && slot.timer == Timer::default()));
    }

    #[test]
    fn times_that_cannot_be_are_refused() {
        let day = 24 * 60 * 60 * SECOND;
        for wrong in [
            schedule(1, NOW, None),
            schedule(1, None, NOW - 1),
            schedule(1, NOW + 2, NOW + 2),
            schedule(1, NOW + 60 * day + 1, None),
            schedule(1, None, Millis::MAX),
            schedule(1, Millis::MIN, None),
        ] {
            assert_eq!(code(three().control(&wrong, NOW)), RefusalCode::Invalid, "{wrong:?}");
        }
        assert!(three().control(&schedule(1, NOW + 1, NOW + 60 * day), NOW).is_ok());
        let open = three().control(&Control::Open { activity: id(1) }, NOW).unwrap();
        assert_eq!(code(open.control(&schedule(1, NOW + 1, None), NOW)), RefusalCode::Invalid);
        let closed = open.control(&Control::Close { activity: id(1) }, NOW).unwrap();
        assert_eq!(code(closed.control(&schedule(1, None, NOW + 1), NOW)), RefusalCode::Closed);
        assert_eq!(closed.control(&schedule(1, None, None), NOW), Ok(closed));
        assert_eq!(code(three().control(&schedule(4, NOW + 1, None), NOW)), RefusalCode::Unknown);
    }
}
