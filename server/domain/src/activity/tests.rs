//! When what is not to be known yet is revealed, and whose an answer is that is counted.

use parterre_protocol::{ParticipantId, Readings, RoomTest, WordCloud, Words};
use uuid::Uuid;

use super::*;

fn activity(settings: Settings) -> Activity {
    Activity {
        id: ActivityId::new(Uuid::nil()),
        event: EventId::new(Uuid::nil()),
        settings,
        versions: Versions::default(),
        state: ActivityState::Open,
        round: 1,
        round_opened_at: Some(1_000),
        results: true,
        timer: Timer::default(),
        words: Arc::default(),
    }
}

fn cloud() -> Activity {
    activity(Settings::Words(WordCloud { title: "?".to_owned(), words_per_person: 1 }))
}

#[test]
fn only_a_closed_activity_whose_results_are_visible_reveals() {
    for state in [ActivityState::Draft, ActivityState::Open, ActivityState::Closed] {
        for results in [false, true] {
            let revealed = Activity { state, results, ..cloud() }.reveal() == Reveal::Shown;
            assert_eq!(revealed, state == ActivityState::Closed && results, "{state:?}, results: {results}");
        }
    }
    let due = Activity { timer: Timer { opens_at: None, closes_at: Some(1) }, ..cloud() };
    assert_eq!(due.reveal(), Reveal::Hidden, "the time is up, but nobody has closed it yet");
    let internal = activity(Settings::Readings(RoomTest { title: "?".to_owned() }));
    assert_eq!(Activity { state: ActivityState::Closed, ..internal }.reveal(), Reveal::Hidden);
}

#[test]
fn an_answer_is_counted_with_its_time_since_the_round_was_opened_where_people_count() {
    let who = ParticipantId::new(Uuid::from_bytes([7; 16]));
    let word = Answer::Words(Words { words: vec!["mer".to_owned()] });
    assert_eq!(cloud().entry(&word, Some((who, 1_250))).by, None);
    let test = activity(Settings::Readings(RoomTest { title: "?".to_owned() }));
    let readings = Answer::Readings(Readings { sent: 0, readings: [].into() });
    let by = test.entry(&readings, Some((who, 1_250))).by;
    assert_eq!(by, Some(Respondent { participant: who, at: 1_250, elapsed: 250 }));
    assert_eq!(test.entry(&readings, Some((who, 900))).by.map(|by| by.elapsed), Some(0), "the clock was set back");
    let unknown = Activity { round_opened_at: None, ..test };
    assert_eq!(unknown.entry(&readings, Some((who, 1_250))).by.map(|by| by.elapsed), Some(0));
}
