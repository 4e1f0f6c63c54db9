//! The room test: every phone says what it found out about the network, wherever it was.

use std::{borrow::Cow, collections::BTreeMap};

use parterre_protocol::{
    Answer, Readings, RefusalCode, RoomTest,
    limits::{PLACES_PER_PHONE, READINGS_PER_PHONE, TITLE_CHARS},
};

use crate::domain::{Problem, Refusal, text};

/// Checks a room test and cleans its title.
pub fn check(test: RoomTest) -> Result<RoomTest, Problem> {
    Ok(RoomTest { title: text::filled_line("title", &test.title, TITLE_CHARS)? })
}

/// What a phone's readings are with these: of each place the newest, and of the places those where it was last.
pub fn merge<'a>(before: Option<&Answer>, sent: &'a Answer) -> Result<Cow<'a, Answer>, Refusal> {
    let (Some(Answer::Readings(before)), Answer::Readings(sent)) = (before, sent) else {
        return Ok(Cow::Borrowed(sent));
    };
    let count = before.sent.saturating_add(sent.sent);
    if count > READINGS_PER_PHONE {
        let message = format!("A phone sends {READINGS_PER_PHONE} readings at most.");
        return Err(Refusal::new(RefusalCode::SlowDown, message));
    }
    // What was stored may have been told apart by other rules than today's.
    let mut stored: Vec<_> = before.readings.values().collect();
    stored.sort_by_key(|reading| reading.at);
    let all = stored.into_iter().chain(sent.readings.values());
    let mut readings: BTreeMap<_, _> = all.map(|reading| (text::word_key(&reading.place), reading.clone())).collect();
    while readings.len() > PLACES_PER_PHONE {
        let oldest = readings.iter().min_by_key(|(_, reading)| reading.at).map(|(place, _)| place.clone());
        oldest.map(|place| readings.remove(&place));
    }
    Ok(Cow::Owned(Answer::Readings(Readings { phone: before.phone, sent: count, readings })))
}

#[cfg(test)]
mod tests {
    use parterre_protocol::{
        ParticipantId, Reading,
        readings::{NetworkKind, Verdict},
    };
    use uuid::Uuid;

    use super::*;

    fn sent(place: &str, at: i64) -> Answer {
        let reading = Reading {
            place: place.to_owned(),
            network: String::new(),
            link: NetworkKind::Unknown,
            verdict: Verdict::Success,
            found: None,
            delay_ms: None,
            at,
        };
        let (phone, readings) = (ParticipantId::new(Uuid::nil()), BTreeMap::from([(place.to_owned(), reading)]));
        Answer::Readings(Readings { phone, sent: 1, readings })
    }

    fn places(answer: &Answer) -> Vec<(&str, i64)> {
        let Answer::Readings(readings) = answer else { panic!("readings") };
        readings.readings.values().map(|reading| (reading.place.as_str(), reading.at)).collect()
    }

    #[test]
    fn a_phone_has_the_newest_reading_of_each_place() {
        let first = sent("balcony", 1);
        assert_eq!(merge(None, &first).unwrap().as_ref(), &first);
        let both = merge(Some(&first), &sent("stalls", 2)).unwrap().into_owned();
        let again = merge(Some(&both), &sent("balcony", 3)).unwrap().into_owned();
        assert_eq!(places(&again), [("balcony", 3), ("stalls", 2)]);
        let Answer::Readings(readings) = again else { panic!("readings") };
        assert_eq!(readings.sent, 3);
    }

    #[test]
    fn a_place_that_was_stored_under_another_key_is_still_the_same() {
        let Answer::Readings(mut before) = sent("Queen’s bar", 1) else { panic!("readings") };
        before.readings = before.readings.into_values().map(|reading| ("queen’s bar".to_owned(), reading)).collect();
        let both = merge(Some(&Answer::Readings(before)), &sent("QUEEN'S BAR", 2)).unwrap().into_owned();
        assert_eq!(places(&both), [("QUEEN'S BAR", 2)]);
    }

    #[test]
    fn places_and_readings_have_a_bound() {
        let mut all = sent("0", 0);
        for n in 1..READINGS_PER_PHONE {
            all = merge(Some(&all), &sent(&n.to_string(), n.into())).unwrap().into_owned();
        }
        assert_eq!(places(&all).len(), PLACES_PER_PHONE);
        assert!(places(&all).iter().all(|(_, at)| *at >= i64::from(READINGS_PER_PHONE) - PLACES_PER_PHONE as i64));
        let refused = merge(Some(&all), &sent("one more", 99)).unwrap_err();
        assert_eq!(refused.code, RefusalCode::SlowDown);
    }
}
