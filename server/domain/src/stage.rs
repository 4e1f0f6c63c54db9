//! What a facilitator's command does to a running event.

mod cleared;
mod due;

use parterre_protocol::{
    ActivityId, Control, Millis, PostId, RefusalCode,
    topics::{ActivityState, EventState},
};

use super::{Refusal, timer::Timer};

/// The part of an event that commands control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageState {
    /// How far the event is.
    pub state: EventState,
    /// Which activity is on stage; none is the waiting screen.
    pub staged: Option<ActivityId>,
    /// Which post the screen shows full screen, in place of the stage.
    pub highlight: Option<PostId>,
    /// Whether the screen shows the list of posts in place of the stage.
    pub on_screen: bool,
    /// The activities in order.
    pub rundown: Vec<RundownEntry>,
}

/// One activity of the rundown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RundownEntry {
    /// Its id.
    pub id: ActivityId,
    /// Draft, open or closed.
    pub state: ActivityState,
    /// Its round.
    pub round: u32,
    /// When the round was first opened; none before that. Opening it again changes nothing, so that
    /// how long somebody took to answer stays the same.
    pub round_opened_at: Option<Millis>,
    /// Whether its results are visible while it is on stage.
    pub results: bool,
    /// What it does by itself.
    pub timer: Timer,
}

impl StageState {
    /// The event after the command, or why it cannot be done. Idempotent: repeating a command
    /// changes nothing. What is due by now is applied first, even if no node has done it yet.
    ///
    /// At most one activity is open, and it is the one on stage.
    pub fn control(&self, control: &Control, now: Millis) -> Result<Self, Refusal> {
        let mut next = self.settled(now);
        match *control {
            Control::Start => next.state = EventState::Live,
            Control::Open { activity } => next.open(activity, now)?,
            Control::Show { activity } => next.show(activity)?,
            Control::Close { activity } => next.slot(activity)?.close(),
            Control::Countdown { activity, seconds } => {
                let end = Timer::countdown(now, seconds)?;
                next.open(activity, now)?;
                next.slot(activity)?.timer.closes_at = Some(end);
            }
            Control::Schedule { activity, opens_at, closes_at } => {
                if next.state == EventState::Ended && (opens_at.is_some() || closes_at.is_some()) {
                    return Err(over());
                }
                next.slot(activity)?.schedule(Timer { opens_at, closes_at }, now)?;
            }
            Control::Next { after } => next.advance(after, now)?,
            Control::Previous { before } => next.go_back(before)?,
            Control::Lobby => next.put_on_stage(None),
            Control::Results { activity, visible } => next.slot(activity)?.results = visible,
            Control::Reset { activity, round } => next.slot(activity)?.reset(round, now)?,
            Control::End => {
                next.clear_screen();
                for slot in &mut next.rundown {
                    slot.close();
                    slot.timer = Timer::default();
                }
                next.state = EventState::Ended;
            }
        }
        Ok(next)
    }

    /// Puts the activity on stage and opens it.
    pub(super) fn open(&mut self, activity: ActivityId, now: Millis) -> Result<(), Refusal> {
        self.show(activity)?;
        let slot = self.slot(activity)?;
        slot.state = ActivityState::Open;
        slot.timer.opens_at = None;
        slot.round_opened_at.get_or_insert(now);
        Ok(())
    }

    /// Puts the activity on stage as it is.
    fn show(&mut self, activity: ActivityId) -> Result<(), Refusal> {
        if self.state == EventState::Ended {
            return Err(over());
        }
        self.slot(activity)?;
        self.put_on_stage(Some(activity));
        self.state = EventState::Live;
        Ok(())
    }

    fn advance(&mut self, after: Option<ActivityId>, now: Millis) -> Result<(), Refusal> {
        if after != self.staged {
            return Err(Refusal::new(RefusalCode::Stale, "Someone else has already moved on."));
        }
        let place = self.rundown.iter().position(|slot| Some(slot.id) == after).map_or(0, |place| place + 1);
        let Some(slot) = self.rundown.get(place).copied() else {
            return Err(Refusal::new(RefusalCode::Unknown, "This was the last activity."));
        };
        if slot.state == ActivityState::Draft { self.open(slot.id, now) } else { self.show(slot.id) }
    }

    fn go_back(&mut self, before: Option<ActivityId>) -> Result<(), Refusal> {
        if before != self.staged {
            return Err(Refusal::new(RefusalCode::Stale, "Someone else has already moved on."));
        }
        if self.state == EventState::Ended {
            return Err(over());
        }
        let place = self.rundown.iter().position(|slot| Some(slot.id) == before).unwrap_or(self.rundown.len());
        let shown = self.rundown[..place].iter().rfind(|slot| slot.state != ActivityState::Draft).map(|slot| slot.id);
        if before.is_none() && shown.is_none() {
            return Err(Refusal::new(RefusalCode::Unknown, "There is no previous activity."));
        }
        self.put_on_stage(shown);
        Ok(())
    }

    /// Whatever else is open closes, and the stage is what screens show.
    fn put_on_stage(&mut self, activity: Option<ActivityId>) {
        self.clear_screen();
        self.rundown.iter_mut().filter(|slot| Some(slot.id) != activity).for_each(RundownEntry::close);
        self.staged = activity;
    }

    fn clear_screen(&mut self) {
        (self.highlight, self.on_screen) = (None, false);
    }

    fn slot(&mut self, activity: ActivityId) -> Result<&mut RundownEntry, Refusal> {
        let slot = self.rundown.iter_mut().find(|slot| slot.id == activity);
        slot.ok_or_else(|| Refusal::new(RefusalCode::Unknown, "This event has no such activity."))
    }
}

fn over() -> Refusal {
    Refusal::new(RefusalCode::Closed, "The event has ended. Restart it first.")
}

impl RundownEntry {
    /// Closes it if it is open. Nothing is left for the time to do.
    pub(super) fn close(&mut self) {
        if self.state == ActivityState::Open {
            self.state = ActivityState::Closed;
            self.timer = Timer::default();
        }
    }

    /// A round that has ended stays ended, and a round begun since is left alone. An open activity
    /// stays open, but its results are hidden again and it loses its schedule. An activity that has
    /// not begun cannot be reset.
    fn reset(&mut self, round: u32, now: Millis) -> Result<(), Refusal> {
        if round > self.round {
            return Err(Refusal::new(RefusalCode::Stale, "This activity has no such round yet."));
        }
        if self.round == round {
            self.round += 1;
            self.round_opened_at = (self.state == ActivityState::Open).then_some(now);
            self.results = false;
            self.timer = Timer::default();
            if self.state == ActivityState::Closed {
                self.state = ActivityState::Draft;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    pub(crate) const NOW: Millis = 1_000_000;

    pub(crate) fn id(n: u8) -> ActivityId {
        ActivityId::new(Uuid::from_bytes([n; 16]))
    }

    pub(crate) fn three() -> StageState {
        let rundown = (1..=3).map(|n| RundownEntry {
            id: id(n),
            state: ActivityState::Draft,
            round: 1,
            round_opened_at: None,
            results: false,
            timer: Timer::default(),
        });
        let (highlight, on_screen) = (None, false);
        StageState { state: EventState::Draft, staged: None, highlight, on_screen, rundown: rundown.collect() }
    }

    pub(crate) fn any_control() -> impl Strategy<Value = Control> {
        let activity = || (1..=4u8).prop_map(id);
        // Moments of the first minute, some of which are over by then and some wrong.
        let moment = || prop::option::of((0..60_i64).prop_map(|seconds| NOW + seconds * 1000));
        prop_oneof![
            Just(Control::Start),
            Just(Control::Lobby),
            Just(Control::End),
            activity().prop_map(|activity| Control::Open { activity }),
            activity().prop_map(|activity| Control::Show { activity }),
            activity().prop_map(|activity| Control::Close { activity }),
            (activity(), 0..30u32).prop_map(|(activity, seconds)| Control::Countdown { activity, seconds }),
            (activity(), moment(), moment()).prop_map(|(activity, opens_at, closes_at)| Control::Schedule {
                activity,
                opens_at,
                closes_at
            }),
            prop::option::of(activity()).prop_map(|after| Control::Next { after }),
            prop::option::of(activity()).prop_map(|before| Control::Previous { before }),
            (activity(), any::<bool>()).prop_map(|(activity, visible)| Control::Results { activity, visible }),
            (activity(), 1..4u32).prop_map(|(activity, round)| Control::Reset { activity, round }),
        ]
    }

    #[test]
    fn next_walks_the_rundown_and_two_presses_at_once_skip_nothing() {
        let first = three().control(&Control::Next { after: None }, NOW).unwrap();
        assert_eq!(
            (first.staged, first.state, first.rundown[0].state),
            (Some(id(1)), EventState::Live, ActivityState::Open)
        );
        assert_eq!(first.control(&Control::Next { after: None }, NOW).unwrap_err().code, RefusalCode::Stale);
        let second = first.control(&Control::Next { after: Some(id(1)) }, NOW).unwrap();
        assert_eq!((second.staged, second.rundown[0].state), (Some(id(2)), ActivityState::Closed));
        let third = second.control(&Control::Next { after: Some(id(2)) }, NOW).unwrap();
        assert_eq!(third.control(&Control::Next { after: Some(id(3)) }, NOW).unwrap_err().code, RefusalCode::Unknown);
    }

    #[test]
    fn what_was_closed_is_shown_again_but_not_opened_by_next() {
        let mut running = three();
        running.rundown[1].state = ActivityState::Closed;
        let first = running.control(&Control::Open { activity: id(1) }, NOW).unwrap();
        let second = first.control(&Control::Next { after: Some(id(1)) }, NOW).unwrap();
        assert_eq!((second.staged, second.rundown[1].state), (Some(id(2)), ActivityState::Closed));
    }

    #[test]
    fn questions_leave_the_screen_when_something_else_is_put_there_and_at_the_end() {
        let showing = StageState { highlight: Some(PostId::new(7)), on_screen: true, ..three() };
        let next = Control::Next { after: None };
        for control in
            [Control::Open { activity: id(2) }, Control::Show { activity: id(2) }, next, Control::Lobby, Control::End]
        {
            let after = showing.control(&control, NOW).unwrap();
            assert_eq!((after.highlight, after.on_screen), (None, false), "{control:?}");
        }
        let (activity, visible) = (id(1), true);
        for control in [Control::Start, Control::Close { activity }, Control::Results { activity, visible }] {
            let after = showing.control(&control, NOW).unwrap();
            assert_eq!((after.highlight, after.on_screen), (Some(PostId::new(7)), true), "{control:?}");
        }
    }

    #[test]
    fn previous_walks_back_over_what_was_shown_and_opens_nothing() {
        let back = |running: &StageState, from: u8| running.control(&Control::Previous { before: Some(id(from)) }, NOW);
        let first = three().control(&Control::Open { activity: id(1) }, NOW).unwrap();
        let third = first.control(&Control::Open { activity: id(3) }, NOW).unwrap();
        let again = back(&third, 3).unwrap();
        assert_eq!((again.staged, again.rundown[0].state), (Some(id(1)), ActivityState::Closed));
        assert_eq!((again.rundown[1].state, again.rundown[2].state), (ActivityState::Draft, ActivityState::Closed));
        assert_eq!(back(&third, 1).unwrap_err().code, RefusalCode::Stale);
        let waiting = back(&again, 1).unwrap();
        assert_eq!(waiting.staged, None);
        assert_eq!(waiting.control(&Control::Previous { before: None }, NOW).unwrap().staged, Some(id(3)));
        assert_eq!(three().control(&Control::Previous { before: None }, NOW).unwrap_err().code, RefusalCode::Unknown);
        let over = third.control(&Control::End, NOW).unwrap();
        assert_eq!(back(&over, 3).unwrap_err().code, RefusalCode::Closed);
    }

    #[test]
    fn what_is_shown_is_on_stage_as_it_is_and_nothing_opens() {
        let show = |n: u8| Control::Show { activity: id(n) };
        let shown = three().control(&show(2), NOW).unwrap();
        assert_eq!((shown.staged, shown.state), (Some(id(2)), EventState::Live));
        assert_eq!((shown.rundown[1].state, shown.rundown[1].round_opened_at), (ActivityState::Draft, None));
        assert_eq!(shown.control(&show(2), NOW + 1).unwrap(), shown);
        let open = shown.control(&Control::Open { activity: id(2) }, NOW).unwrap();
        assert_eq!(open.control(&show(2), NOW).unwrap(), open, "what is open stays open");
        let away = open.control(&show(1), NOW).unwrap();
        assert_eq!((away.staged, away.rundown[1].state), (Some(id(1)), ActivityState::Closed));
        assert_eq!(away.control(&show(4), NOW).unwrap_err().code, RefusalCode::Unknown);
        let over = away.control(&Control::End, NOW).unwrap();
        assert_eq!(over.control(&show(2), NOW).unwrap_err().code, RefusalCode::Closed);
    }

    #[test]
    fn a_round_is_opened_first_once_however_often_it_is_opened() {
        let (activity, second) = (id(1), id(2));
        let opened_at = |running: &StageState| running.rundown[0].round_opened_at;
        let open = Control::Open { activity };
        let opened = three().control(&open, NOW).unwrap();
        assert_eq!(opened_at(&opened), Some(NOW));
        let away = opened.control(&Control::Open { activity: second }, NOW + 10).unwrap();
        let again = away.control(&open, NOW + 20).unwrap();
        assert_eq!(opened_at(&again), Some(NOW));
        let restarted = again.control(&Control::Reset { activity, round: 1 }, NOW + 30).unwrap();
        assert_eq!(opened_at(&restarted), Some(NOW + 30), "an open activity stays open");
        let closed = again.control(&Control::Close { activity }, NOW + 40).unwrap();
        let waiting = closed.control(&Control::Reset { activity, round: 1 }, NOW + 50).unwrap();
        assert_eq!((opened_at(&closed), opened_at(&waiting)), (Some(NOW), None));
        let (opens_at, closes_at) = (Some(NOW + 60), None);
        let scheduled = waiting.control(&Control::Schedule { activity, opens_at, closes_at }, NOW + 51).unwrap();
        assert_eq!(opened_at(&scheduled.settled(NOW + 99)), opens_at, "by the time that was set, whoever looks when");
    }

    #[test]
    fn pressing_reset_twice_resets_once() {
        let reset = Control::Reset { activity: id(1), round: 1 };
        let once = three().control(&reset, NOW).unwrap();
        assert_eq!(once.rundown[0].round, 2);
        assert_eq!(once.control(&reset, NOW).unwrap(), once);
    }
}
