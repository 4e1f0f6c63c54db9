//! What is left of a running event when answers are deleted, such as after a rehearsal.

use parterre_protocol::{
    ActivityId, Millis,
    topics::{ActivityState, EventState},
};

use super::{RundownEntry, StageState};
use crate::Refusal;

impl StageState {
    /// The event without the answers of an activity, or of all. What was ever opened goes on to its
    /// next round: an answer that is still on its way, or that comes once more because its receipt
    /// was lost, is of a round that is over, and is refused. Without any answers the event is a
    /// draft again, on the waiting screen.
    pub fn cleared(&self, activity: Option<ActivityId>, now: Millis) -> Result<Self, Refusal> {
        let mut next = self.settled(now);
        if let Some(activity) = activity {
            let entry = next.slot(activity)?;
            entry.reset(entry.round, now)?;
            return Ok(next);
        }
        next.put_on_stage(None);
        for entry in next.rundown.iter_mut().filter(|entry| entry.was_opened()) {
            entry.reset(entry.round, now)?;
        }
        next.state = EventState::Draft;
        Ok(next)
    }
}

impl RundownEntry {
    /// Whether people could answer in its current round. When it was opened may not be known of
    /// one that was closed long ago.
    fn was_opened(&self) -> bool {
        self.state != ActivityState::Draft || self.round_opened_at.is_some()
    }
}

#[cfg(test)]
mod tests {
    use parterre_protocol::Control;
    use proptest::prelude::*;

    use super::*;
    use crate::stage::tests::{NOW, any_control, id, three};

    #[test]
    fn an_event_without_answers_is_a_draft_whose_opened_activities_are_in_another_round() {
        let opened = three().control(&Control::Open { activity: id(1) }, NOW).unwrap();
        let next = opened.control(&Control::Open { activity: id(2) }, NOW).unwrap();
        let cleared = next.cleared(None, NOW).unwrap();
        assert_eq!((cleared.state, cleared.staged), (EventState::Draft, None));
        assert_eq!(cleared.rundown.iter().map(|entry| entry.round).collect::<Vec<_>>(), [2, 2, 1]);
        assert!(cleared.rundown.iter().all(|entry| entry.state == ActivityState::Draft && !entry.was_opened()));
        assert_eq!(cleared.cleared(None, NOW).unwrap(), cleared);
    }

    #[test]
    fn one_activity_is_cleared_alone_and_stays_open() {
        let opened = three().control(&Control::Open { activity: id(1) }, NOW).unwrap();
        let cleared = opened.cleared(Some(id(1)), NOW).unwrap();
        assert_eq!((cleared.state, cleared.staged), (EventState::Live, Some(id(1))));
        assert_eq!((cleared.rundown[0].state, cleared.rundown[0].round), (ActivityState::Open, 2));
        assert_eq!(cleared.rundown[1..], opened.rundown[1..]);
        assert!(opened.cleared(Some(id(9)), NOW).is_err());
    }

    proptest! {
        #[test]
        fn no_round_in_which_anybody_could_answer_is_left(controls in prop::collection::vec(any_control(), 0..12)) {
            let mut running = three();
            for control in controls {
                running = running.control(&control, NOW).unwrap_or(running);
            }
            let cleared = running.cleared(None, NOW).unwrap();
            for (before, after) in running.rundown.iter().zip(&cleared.rundown) {
                prop_assert!(after.round > before.round || !before.was_opened());
                prop_assert!(!after.was_opened());
            }
        }
    }
}
