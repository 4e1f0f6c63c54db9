//! What a facilitator's act leaves as it was: the counts. Carried over, they need not be counted
//! again, which with many answers takes longer than everything else about the act.

use std::{collections::BTreeMap, sync::Arc};

use parterre_domain::{activity::Activity, forum::Forum, tally::RunningTally, wording::Screening};
use parterre_store::{EventMetadata, RoomState};

/// The room after one change of something else than answers, from the room before and what the
/// database holds now. None where counting cannot be avoided, or where more has changed than that.
pub fn reuse_counts(before: &RoomState, now: EventMetadata) -> Option<RoomState> {
    let EventMetadata { event, staged, activities, qa } = now;
    if event.rev != before.event.rev + 1 {
        return None;
    }
    let respondents: BTreeMap<_, _> =
        activities.iter().map(|activity| Some((activity.id, respondents(before, activity)?))).collect::<Option<_>>()?;
    let tally = match activities.iter().find(|activity| Some(activity.id) == staged) {
        Some(activity) if respondents[&activity.id] == 0 => {
            let screening = Screening::new(&qa.settings.filter, &activity.words);
            Some(Arc::new(RunningTally::empty(&activity.settings).screened(&screening)))
        }
        // What moderators have decided of its words since is for the state's new owner to take
        // over, where nobody else holds the tally any more ([`RoomState::screen`]). With another
        // filter every word is looked at again, which takes as long as counting.
        Some(activity) if before.staged == staged => Some(before.tally.clone().filter(|tally| {
            tally.fits(&activity.settings)
                && tally.screening().is_none_or(|screening| screening.has_filter(&qa.settings.filter))
        })?),
        Some(_) => return None,
        None => None,
    };
    let forum = match qa.is_of(&before.forum) {
        true => before.forum.clone(),
        false => Arc::new(qa.with(Forum::clone(&before.forum))),
    };
    // Whoever has answered what stays on stage still has; of what comes on stage nobody has, or it
    // would have to be counted.
    Some(RoomState { event, staged, activities, respondents, tally, forum, joined: before.joined, answerers: None })
}

/// How many have answered; none where that is not known: an activity that came back has the answers
/// that it had.
fn respondents(before: &RoomState, activity: &Activity) -> Option<u32> {
    let known = before.activities.iter().find(|known| known.id == activity.id)?;
    if known.round == activity.round { before.respondents.get(&activity.id).copied() } else { Some(0) }
}

#[cfg(test)]
pub(super) mod tests {
    use parterre_domain::kinds::versions::Versions;
    use parterre_domain::{
        event::{Event, EventKind, JoinCode},
        forum::ForumChange,
        ids::WorkspaceId,
        timer::Timer,
        wording::{Decision, Decisions},
    };
    use parterre_protocol::{
        ActivityId, Answer, EventId, PostId, QaSettings, Settings, WordCloud, Words,
        topics::{ActivityState, EventState},
    };
    use parterre_store::QaOutline;
    use uuid::Uuid;

    use super::*;

    fn id(n: u8) -> ActivityId {
        ActivityId::new(Uuid::from_bytes([n; 16]))
    }

    fn activity(n: u8, round: u32) -> Activity {
        let settings = Settings::Words(WordCloud { title: n.to_string(), words_per_person: 1 });
        let event = EventId::new(Uuid::nil());
        Activity {
            id: id(n),
            event,
            settings,
            versions: Versions::default(),
            state: ActivityState::Open,
            round,
            round_opened_at: None,
            results: true,
            timer: Timer::default(),
            words: Arc::default(),
        }
    }

    fn outline(rev: i64, staged: u8, activities: &[Activity]) -> EventMetadata {
        let event = Event {
            id: EventId::new(Uuid::nil()),
            workspace: WorkspaceId::new(Uuid::nil()),
            name: "Event".to_owned(),
            code: JoinCode::parse("TULIP").unwrap(),
            kind: EventKind::Gathering,
            state: EventState::Live,
            names: false,
            language: None,
            results_shared: false,
            rev,
            created_at: 0,
        };
        let qa = QaOutline { settings: Arc::default(), on_screen: false, highlight: None };
        EventMetadata { event, staged: Some(id(staged)), activities: activities.to_vec(), qa }
    }

    /// The tally of these answers, with the words that are shown by now.
    fn counted(activity: &Activity, answers: &[Answer]) -> RunningTally {
        let screening = Screening::new(&QaSettings::default().filter, &activity.words);
        RunningTally::count(&activity.settings, answers).screened(&screening)
    }

    /// The first of two activities is on stage with two answers, the second has one.
    pub(crate) fn before() -> RoomState {
        let EventMetadata { event, staged, activities, .. } = outline(7, 1, &[activity(1, 1), activity(2, 1)]);
        let answers = ["a", "b"].map(|word| Answer::Words(Words { words: vec![word.to_owned()] }));
        let tally = Some(Arc::new(counted(&activities[0], &answers)));
        let respondents = BTreeMap::from([(id(1), 2), (id(2), 1)]);
        let mut forum = Forum::default();
        forum.apply(&ForumChange::Highlight(Some(PostId::new(3))));
        RoomState { event, staged, activities, respondents, tally, forum: Arc::new(forum), joined: 5, answerers: None }
    }

    #[test]
    fn what_was_decided_of_words_is_taken_over_without_counting_and_another_filter_is_counted_with() {
        let mut first = activity(1, 1);
        let mut decisions = Decisions::default();
        decisions.decide("a", Some(Decision::Hidden));
        first.words = Arc::new(decisions);
        let answers = ["a", "b"].map(|word| Answer::Words(Words { words: vec![word.to_owned()] }));
        let mut after = reuse_counts(&before(), outline(8, 1, &[first.clone(), activity(2, 1)])).unwrap();
        after.screen();
        assert_eq!(*after.tally.unwrap(), counted(&first, &answers));
        let mut other = outline(8, 1, &[first, activity(2, 1)]);
        Arc::make_mut(&mut other.qa.settings).filter.words = vec!["b".to_owned()];
        assert!(reuse_counts(&before(), other).is_none());
    }

    #[test]
    fn an_act_that_leaves_the_answers_alone_leaves_the_counts() {
        let after = reuse_counts(&before(), outline(8, 1, &[activity(2, 1), activity(1, 1)])).unwrap();
        assert_eq!((after.tally, after.respondents, after.joined), (before().tally, before().respondents, 5));
    }

    #[test]
    fn questions_stay_and_what_the_screen_shows_of_them_does_not() {
        let mut now = outline(8, 1, &[activity(1, 1), activity(2, 1)]);
        now.qa.on_screen = true;
        let after = reuse_counts(&before(), now).unwrap();
        assert_eq!((after.forum.on_screen, after.forum.highlight), (true, None));
    }

    #[test]
    fn a_round_begins_with_nothing() {
        let after = reuse_counts(&before(), outline(8, 1, &[activity(1, 2), activity(2, 1)])).unwrap();
        assert_eq!((after.tally.unwrap().respondents, after.respondents[&id(1)]), (0, 0));
    }

    #[test]
    fn what_is_not_known_is_counted_again() {
        assert!(
            reuse_counts(&before(), outline(9, 1, &[activity(1, 1), activity(2, 1)])).is_none(),
            "something was missed"
        );
        assert!(reuse_counts(&before(), outline(8, 2, &[activity(1, 1), activity(2, 1)])).is_none(), "another tally");
        assert!(
            reuse_counts(&before(), outline(8, 1, &[activity(1, 1), activity(3, 1)])).is_none(),
            "an activity came back"
        );
    }
}
