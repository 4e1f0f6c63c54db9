//! The room test: every phone says what it found out about the network, wherever it was.

use std::{borrow::Cow, collections::BTreeMap};

use parterre_protocol::{
    Readings, RefusalCode, RoomTest, Tally,
    kinds::readings::Board,
    limits::{PLACES_PER_PHONE, READINGS_PER_PHONE, TITLE_CHARS},
};

use super::{Aggregate, Entry, Kind, ResultLimits, Reveal};
use crate::{Problem, Refusal, result_table::ResultTable, room_test_summary::RoomTestSummary, text};

/// The rules of room tests. A room test is made with its event and in no other, and the server
/// judges the readings, which come by a door of their own.
#[derive(Debug)]
pub enum Rules {}

impl Kind for Rules {
    type Answer = Readings;
    type Counts = RoomTestSummary;
    type Prompt = RoomTest;
    type Settings = RoomTest;
    type Tally = Board;

    const INTERNAL: bool = true;
    /// Readings hold addresses, and are the facilitator's to see.
    const RESULTS_ARE_PUBLIC: bool = false;
    /// Readings are told apart by their phones, of which nothing else is known.
    const COUNTS_PEOPLE: bool = true;

    fn check(test: RoomTest) -> Result<RoomTest, Problem> {
        Ok(RoomTest { title: text::filled_line("title", &test.title, TITLE_CHARS)? })
    }

    fn prompt(test: &RoomTest, _: Reveal) -> RoomTest {
        test.clone()
    }

    fn title(test: &RoomTest) -> &str {
        &test.title
    }

    fn check_answer(_: &RoomTest, readings: Readings) -> Result<Readings, Problem> {
        Ok(readings)
    }

    /// Room tests have a board of their own.
    fn result_table(_: &RoomTest, _: &Board, _: u32) -> ResultTable {
        ResultTable::default()
    }

    fn merge<'a>(before: Option<&Readings>, sent: &'a Readings) -> Result<Cow<'a, Readings>, Refusal> {
        before.map_or(Ok(Cow::Borrowed(sent)), |before| merge(before, sent).map(Cow::Owned))
    }

    fn is_blank(readings: &Readings) -> bool {
        readings.readings.is_empty()
    }
}

impl Aggregate<Rules> for RoomTestSummary {
    fn empty(_: &RoomTest) -> Self {
        Self::default()
    }

    fn add(&mut self, entry: Entry<'_, Readings>) {
        if let Some(by) = entry.by {
            Self::add(self, by.participant, entry.answer);
        }
    }

    fn remove(&mut self, entry: Entry<'_, Readings>) {
        if let Some(by) = entry.by {
            Self::remove(self, by.participant, entry.answer);
        }
    }

    fn tally(&self, _: ResultLimits, _: Reveal) -> Tally {
        Tally::Readings(self.board())
    }
}

/// What a phone's readings are with these: of each place the newest, and of the places those where
/// it was last.
fn merge(before: &Readings, sent: &Readings) -> Result<Readings, Refusal> {
    let count = before.sent.saturating_add(sent.sent);
    if count > READINGS_PER_PHONE {
        let message = format!("A phone can send at most {READINGS_PER_PHONE} readings.");
        return Err(Refusal::new(RefusalCode::SlowDown, message));
    }
    // Stored readings may have been grouped by other rules than today's.
    let mut stored: Vec<_> = before.readings.values().collect();
    stored.sort_by_key(|reading| reading.at);
    let all = stored.into_iter().chain(sent.readings.values());
    let mut readings: BTreeMap<_, _> = all.map(|reading| (text::word_key(&reading.place), reading.clone())).collect();
    while readings.len() > PLACES_PER_PHONE {
        let oldest = readings.iter().min_by_key(|(_, reading)| reading.at).map(|(place, _)| place.clone());
        oldest.map(|place| readings.remove(&place));
    }
    Ok(Readings { sent: count, readings })
}

#[cfg(test)]
mod tests {
    use parterre_protocol::{
        Reading,
        kinds::readings::{NetworkKind, Verdict},
    };
    use proptest::prelude::*;

    use super::*;
    use crate::kinds::tests::Sample;

    impl Sample for Rules {
        fn settings() -> RoomTest {
            RoomTest { title: "Room test".to_owned() }
        }

        fn answer() -> BoxedStrategy<Readings> {
            let of = |places: Vec<(String, i64)>| Readings {
                readings: places.into_iter().flat_map(|(place, at)| sent(&place, at).readings).collect(),
                sent: 1,
            };
            prop::collection::vec(("[ab]", 0..9i64), 0..3).prop_map(of).boxed()
        }
    }

    fn sent(place: &str, at: i64) -> Readings {
        let reading = Reading {
            place: place.to_owned(),
            network: String::new(),
            link: NetworkKind::Unknown,
            verdict: Verdict::Success,
            found: None,
            delay_ms: None,
            at,
        };
        Readings { sent: 1, readings: BTreeMap::from([(place.to_owned(), reading)]) }
    }

    fn places(readings: &Readings) -> Vec<(&str, i64)> {
        readings.readings.values().map(|reading| (reading.place.as_str(), reading.at)).collect()
    }

    #[test]
    fn a_phone_has_the_newest_reading_of_each_place() {
        let first = sent("balcony", 1);
        assert_eq!(Rules::merge(None, &first).unwrap().as_ref(), &first);
        let both = merge(&first, &sent("stalls", 2)).unwrap();
        let again = merge(&both, &sent("balcony", 3)).unwrap();
        assert_eq!(places(&again), [("balcony", 3), ("stalls", 2)]);
        assert_eq!(again.sent, 3);
    }

    #[test]
    fn a_place_that_was_stored_under_another_key_is_still_the_same() {
        let mut before = sent("Queen’s bar", 1);
        before.readings = before.readings.into_values().map(|reading| ("queen’s bar".to_owned(), reading)).collect();
        let both = merge(&before, &sent("QUEEN'S BAR", 2)).unwrap();
        assert_eq!(places(&both), [("QUEEN'S BAR", 2)]);
    }

    #[test]
    fn places_and_readings_have_a_bound() {
        let mut all = sent("0", 0);
        for n in 1..READINGS_PER_PHONE {
            all = merge(&all, &sent(&n.to_string(), n.into())).unwrap();
        }
        assert_eq!(places(&all).len(), PLACES_PER_PHONE);
        assert!(places(&all).iter().all(|(_, at)| *at >= i64::from(READINGS_PER_PHONE) - PLACES_PER_PHONE as i64));
        let refused = merge(&all, &sent("one more", 99)).unwrap_err();
        assert_eq!(refused.code, RefusalCode::SlowDown);
    }
}
