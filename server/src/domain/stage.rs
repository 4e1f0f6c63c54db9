//! What a facilitator's command does to a running event.

use parterre_protocol::{
    ActivityId, Control, PostId, RefusalCode,
    topics::{ActivityState, EventState},
};

use super::Refusal;

/// The part of an event that commands steer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// How far the event is.
    pub state: EventState,
    /// Which activity is on stage; none is the waiting screen.
    pub staged: Option<ActivityId>,
    /// Which post the screen shows full screen, in place of the stage.
    pub highlight: Option<PostId>,
    /// Whether the screen shows the list of posts in place of the stage.
    pub on_screen: bool,
    /// The activities in order.
    pub rundown: Vec<Slot>,
}

/// One activity of the rundown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its id.
    pub id: ActivityId,
    /// Draft, open or closed.
    pub state: ActivityState,
    /// Its round.
    pub round: u32,
    /// Whether its results are visible while it is on stage.
    pub results: bool,
}

impl Running {
    /// The event after the command, or why it cannot be done. Doing again what is already so changes nothing.
    ///
    /// At most one activity is open, and it is the one on stage.
    pub fn steer(&self, control: &Control) -> Result<Self, Refusal> {
        let mut next = self.clone();
        match *control {
            Control::Start => next.state = EventState::Live,
            Control::Open { activity } => next.open(activity)?,
            Control::Close { activity } => next.slot(activity)?.close(),
            Control::Next { after } => next.advance(after)?,
            Control::Lobby => next.put_on_stage(None),
            Control::Results { activity, visible } => next.slot(activity)?.results = visible,
            Control::Reset { activity, round } => next.slot(activity)?.reset(round),
            Control::End => {
                next.clear_screen();
                next.rundown.iter_mut().for_each(Slot::close);
                next.state = EventState::Ended;
            }
        }
        Ok(next)
    }

    fn open(&mut self, activity: ActivityId) -> Result<(), Refusal> {
        if self.state == EventState::Ended {
            return Err(Refusal::new(RefusalCode::Closed, "The event has ended. Start it again first."));
        }
        self.slot(activity)?;
        self.put_on_stage(Some(activity));
        self.slot(activity)?.state = ActivityState::Open;
        self.state = EventState::Live;
        Ok(())
    }

    fn advance(&mut self, after: Option<ActivityId>) -> Result<(), Refusal> {
        if after != self.staged {
            return Err(Refusal::new(RefusalCode::Stale, "Somebody else has moved on already."));
        }
        let place = self.rundown.iter().position(|slot| Some(slot.id) == after).map_or(0, |place| place + 1);
        let Some(slot) = self.rundown.get(place).copied() else {
            return Err(Refusal::new(RefusalCode::Unknown, "This was the last activity."));
        };
        if slot.state == ActivityState::Draft || self.state == EventState::Ended {
            return self.open(slot.id);
        }
        self.put_on_stage(Some(slot.id));
        self.state = EventState::Live;
        Ok(())
    }

    /// Whatever else is open closes, and the stage is what screens show.
    fn put_on_stage(&mut self, activity: Option<ActivityId>) {
        self.clear_screen();
        self.rundown.iter_mut().filter(|slot| Some(slot.id) != activity).for_each(Slot::close);
        self.staged = activity;
    }

    fn clear_screen(&mut self) {
        (self.highlight, self.on_screen) = (None, false);
    }

    fn slot(&mut self, activity: ActivityId) -> Result<&mut Slot, Refusal> {
        let slot = self.rundown.iter_mut().find(|slot| slot.id == activity);
        slot.ok_or_else(|| Refusal::new(RefusalCode::Unknown, "This event has no such activity."))
    }
}

impl Slot {
    fn close(&mut self) {
        if self.state == ActivityState::Open {
            self.state = ActivityState::Closed;
        }
    }

    /// A round that is over already stays over, and the one begun since is left alone. An open activity stays open;
    /// its results are hidden again.
    fn reset(&mut self, round: u32) {
        if self.round == round {
            self.round += 1;
            self.results = false;
            if self.state == ActivityState::Closed {
                self.state = ActivityState::Draft;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn id(n: u8) -> ActivityId {
        ActivityId::new(Uuid::from_bytes([n; 16]))
    }

    fn three() -> Running {
        let rundown = (1..=3).map(|n| Slot { id: id(n), state: ActivityState::Draft, round: 1, results: false });
        let (highlight, on_screen) = (None, false);
        Running { state: EventState::Draft, staged: None, highlight, on_screen, rundown: rundown.collect() }
    }

    fn any_control() -> impl Strategy<Value = Control> {
        let activity = || (1..=4u8).prop_map(id);
        prop_oneof![
            Just(Control::Start),
            Just(Control::Lobby),
            Just(Control::End),
            activity().prop_map(|activity| Control::Open { activity }),
            activity().prop_map(|activity| Control::Close { activity }),
            prop::option::of(activity()).prop_map(|after| Control::Next { after }),
            (activity(), any::<bool>()).prop_map(|(activity, visible)| Control::Results { activity, visible }),
            (activity(), 1..4u32).prop_map(|(activity, round)| Control::Reset { activity, round }),
        ]
    }

    proptest! {
        #[test]
        fn only_what_is_on_stage_is_ever_open(controls in prop::collection::vec(any_control(), 0..40)) {
            let mut running = three();
            for control in controls {
                if let Ok(next) = running.steer(&control) {
                    running = next;
                }
                for slot in running.rundown.iter().filter(|slot| slot.state == ActivityState::Open) {
                    prop_assert_eq!(running.staged, Some(slot.id));
                    prop_assert_eq!(running.state, EventState::Live);
                }
            }
        }
    }

    #[test]
    fn next_walks_the_rundown_and_two_presses_at_once_skip_nothing() {
        let first = three().steer(&Control::Next { after: None }).unwrap();
        assert_eq!(
            (first.staged, first.state, first.rundown[0].state),
            (Some(id(1)), EventState::Live, ActivityState::Open)
        );
        assert_eq!(first.steer(&Control::Next { after: None }).unwrap_err().code, RefusalCode::Stale);
        let second = first.steer(&Control::Next { after: Some(id(1)) }).unwrap();
        assert_eq!((second.staged, second.rundown[0].state), (Some(id(2)), ActivityState::Closed));
        let third = second.steer(&Control::Next { after: Some(id(2)) }).unwrap();
        assert_eq!(third.steer(&Control::Next { after: Some(id(3)) }).unwrap_err().code, RefusalCode::Unknown);
    }

    #[test]
    fn what_was_closed_is_shown_again_but_not_opened_by_next() {
        let mut running = three();
        running.rundown[1].state = ActivityState::Closed;
        let first = running.steer(&Control::Open { activity: id(1) }).unwrap();
        let second = first.steer(&Control::Next { after: Some(id(1)) }).unwrap();
        assert_eq!((second.staged, second.rundown[1].state), (Some(id(2)), ActivityState::Closed));
    }

    #[test]
    fn questions_leave_the_screen_when_something_else_is_put_there_and_at_the_end() {
        let showing = Running { highlight: Some(PostId::new(7)), on_screen: true, ..three() };
        let next = Control::Next { after: None };
        for control in [Control::Open { activity: id(2) }, next, Control::Lobby, Control::End] {
            let after = showing.steer(&control).unwrap();
            assert_eq!((after.highlight, after.on_screen), (None, false), "{control:?}");
        }
        let (activity, visible) = (id(1), true);
        for control in [Control::Start, Control::Close { activity }, Control::Results { activity, visible }] {
            let after = showing.steer(&control).unwrap();
            assert_eq!((after.highlight, after.on_screen), (Some(PostId::new(7)), true), "{control:?}");
        }
    }

    #[test]
    fn pressing_reset_twice_resets_once() {
        let reset = Control::Reset { activity: id(1), round: 1 };
        let once = three().steer(&reset).unwrap();
        assert_eq!(once.rundown[0].round, 2);
        assert_eq!(once.steer(&reset).unwrap(), once);
    }
}
