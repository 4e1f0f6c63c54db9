//! The board of a room test: readings, gathered by network and place.
//!
//! Maintained like a tally: readings are added and removed, and the result does not depend on their
//! order. The times at which phones joined are in their ids, which begin with them.

use std::{collections::BTreeMap, sync::Arc};

use parterre_protocol::{
    Millis, ParticipantId, Reading, Readings,
    kinds::readings::{Board, Busiest, Delays, NetworkGroup, PlaceGroup, Slow, Verdicts},
    limits::{WINDOW_GROUPS, WINDOW_READINGS, WINDOW_SLOWEST},
};

use super::text;

/// One reading of each phone and place.
type ReadingsByPlace = BTreeMap<(ParticipantId, String), Reading>;

/// The current readings of a room. Clones share them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoomTestSummary {
    readings: Arc<ReadingsByPlace>,
}

/// Readings that belong together.
#[derive(Debug, Default)]
struct Group<'a> {
    readings: Vec<&'a Reading>,
}

impl RoomTestSummary {
    /// Adds what a phone has read.
    pub fn add(&mut self, phone: ParticipantId, readings: &Readings) {
        let kept = Arc::make_mut(&mut self.readings);
        kept.extend(readings.readings.values().map(|reading| (key(phone, reading), reading.clone())));
    }

    /// Takes away what a phone had read.
    pub fn remove(&mut self, phone: ParticipantId, readings: &Readings) {
        let kept = Arc::make_mut(&mut self.readings);
        readings.readings.values().for_each(|reading| drop(kept.remove(&key(phone, reading))));
    }

    /// How the readings are.
    pub fn verdicts(&self) -> Verdicts {
        verdicts(self.readings.values())
    }

    /// All of it, as the studio shows it.
    pub fn board(&self) -> Board {
        let all: Vec<_> = self.readings.values().collect();
        let mut phones: Vec<_> = self.readings.keys().map(|(phone, _)| *phone).collect();
        phones.dedup();
        let slowest = slowest(&all);
        let delay = middle(&all).zip(slowest.last()).map(|(middle_ms, last)| Delays {
            middle_ms,
            slowest_tenth_ms: last.delay_ms.expect("only what has a delay is slow"),
        });
        Board {
            phones: phones.len() as u32,
            verdicts: verdicts(all.iter().copied()),
            networks: largest(by(&all, |reading| &reading.network), |group| NetworkGroup {
                verdicts: verdicts(group.iter().copied()),
                links: group.iter().fold(BTreeMap::new(), |mut links, reading| {
                    *links.entry(reading.link).or_default() += 1;
                    links
                }),
                delay_ms: middle(group),
            }),
            places: largest(self.by_place(), |group| PlaceGroup {
                name: group.iter().map(|reading| &reading.place).min().cloned().unwrap_or_default(),
                verdicts: verdicts(group.iter().copied()),
                delay_ms: middle(group),
            }),
            delay,
            slowest: slowest.into_iter().take(WINDOW_SLOWEST).map(slow).collect(),
            busiest: Busiest { second: most_within(&phones, 1_000), minute: most_within(&phones, 60_000) },
            readings: self.worst(),
        }
    }

    fn by_place(&self) -> BTreeMap<&str, Group<'_>> {
        let mut groups: BTreeMap<&str, Group<'_>> = BTreeMap::new();
        for ((_, place), reading) in &*self.readings {
            groups.entry(place).or_default().readings.push(reading);
        }
        groups
    }

    /// The worst readings; of those that are equally bad the slowest, then the newest.
    fn worst(&self) -> BTreeMap<String, Reading> {
        let mut all: Vec<_> = self.readings.iter().collect();
        all.sort_by_key(|(key, reading)| {
            std::cmp::Reverse((reading.verdict, reading.delay_ms.unwrap_or(u32::MAX), reading.at, *key))
        });
        let named = |((phone, place), reading): (&(ParticipantId, String), &Reading)| {
            (format!("{phone} {place}"), reading.clone())
        };
        all.into_iter().take(WINDOW_READINGS).map(named).collect()
    }
}

/// The key of a reading. Places are distinguished by today's rules, whatever rules a reading was
/// stored under.
fn key(phone: ParticipantId, reading: &Reading) -> (ParticipantId, String) {
    (phone, text::word_key(&reading.place))
}

fn verdicts<'a>(readings: impl Iterator<Item = &'a Reading>) -> Verdicts {
    readings.fold(Verdicts::default(), |mut verdicts, reading| {
        verdicts.count(reading.verdict);
        verdicts
    })
}

fn by<'a>(readings: &[&'a Reading], key: impl Fn(&'a Reading) -> &'a str) -> BTreeMap<&'a str, Group<'a>> {
    let mut groups: BTreeMap<&str, Group<'a>> = BTreeMap::new();
    for reading in readings {
        groups.entry(key(reading)).or_default().readings.push(reading);
    }
    groups
}

/// The groups with the most readings.
fn largest<'a, T>(groups: BTreeMap<&str, Group<'a>>, make: impl Fn(&[&'a Reading]) -> T) -> BTreeMap<String, T> {
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(key, group)| (std::cmp::Reverse(group.readings.len()), *key));
    groups.into_iter().take(WINDOW_GROUPS).map(|(key, group)| (key.to_owned(), make(&group.readings))).collect()
}

/// The delay in the middle, where any was measured.
fn middle(readings: &[&Reading]) -> Option<u32> {
    let mut delays: Vec<_> = readings.iter().filter_map(|reading| reading.delay_ms).collect();
    delays.sort_unstable();
    delays.get(delays.len() / 2).copied()
}

/// The slowest tenth of those that have a delay, one at least, the slowest first.
fn slowest<'a>(readings: &[&'a Reading]) -> Vec<&'a Reading> {
    let mut measured: Vec<_> = readings.iter().copied().filter(|reading| reading.delay_ms.is_some()).collect();
    measured.sort_by_key(|reading| (std::cmp::Reverse(reading.delay_ms), &reading.place, reading.at));
    measured.truncate(measured.len().div_ceil(10));
    measured
}

fn slow(reading: &Reading) -> Slow {
    let Reading { place, network, link, delay_ms, .. } = reading.clone();
    Slow { place, network, link, delay_ms: delay_ms.unwrap_or_default() }
}

/// The most that came within such a time. They are in the order in which they came, as their ids
/// are.
fn most_within(phones: &[ParticipantId], time: Millis) -> u32 {
    let mut came: Vec<_> = phones.iter().filter_map(|phone| came_at(*phone)).collect();
    came.sort_unstable();
    let mut begin = 0;
    let within = came.iter().enumerate().map(|(end, at)| {
        while at - came[begin] >= time {
            begin += 1;
        }
        end + 1 - begin
    });
    within.max().unwrap_or(0) as u32
}

/// When a participant came for the first time.
fn came_at(phone: ParticipantId) -> Option<Millis> {
    let (seconds, nanos) = phone.uuid().get_timestamp()?.to_unix();
    Some(Millis::try_from(seconds).ok()? * 1000 + Millis::from(nanos / 1_000_000))
}

#[cfg(test)]
mod tests {
    use parterre_protocol::kinds::readings::{NetworkKind, Verdict};
    use proptest::prelude::*;
    use uuid::Builder;

    use super::*;

    fn phone(number: u8, came: u64) -> ParticipantId {
        ParticipantId::new(Builder::from_unix_timestamp_millis(came, &[number; 10]).into_uuid())
    }

    fn reading(place: &str, network: &str, verdict: Verdict, delay_ms: Option<u32>) -> Reading {
        let (place, network) = (place.to_owned(), network.to_owned());
        Reading { place, network, link: NetworkKind::Wifi, verdict, found: None, delay_ms, at: 7 }
    }

    fn readings(readings: impl IntoIterator<Item = Reading>) -> Readings {
        let readings = readings.into_iter().map(|reading| (reading.place.to_lowercase(), reading)).collect();
        Readings { sent: 1, readings }
    }

    #[test]
    fn readings_are_gathered_by_network_and_place() {
        let mut all = RoomTestSummary::default();
        all.add(phone(1, 0), &readings([reading("Stalls", "a", Verdict::Success, Some(10))]));
        let more = [reading("stalls", "a", Verdict::Failed, None), reading("Bar", "b", Verdict::Warning, Some(400))];
        all.add(phone(2, 500), &readings(more));
        let board = all.board();
        assert_eq!((board.phones, board.verdicts.total()), (2, 3));
        assert_eq!(board.verdicts, all.verdicts());
        assert_eq!(board.networks["a"].verdicts, Verdicts { success: 1, failed: 1, ..Verdicts::default() });
        assert_eq!(board.networks["a"].links, BTreeMap::from([(NetworkKind::Wifi, 2)]));
        assert_eq!((board.networks["b"].delay_ms, board.networks["a"].delay_ms), (Some(400), Some(10)));
        assert_eq!(board.places.keys().collect::<Vec<_>>(), ["bar", "stalls"]);
        assert_eq!((board.places["stalls"].name.as_str(), board.places["stalls"].verdicts.total()), ("Stalls", 2));
        assert_eq!((board.slowest.len(), board.slowest[0].place.as_str()), (1, "Bar"));
        assert_eq!(board.delay, Some(Delays { middle_ms: 400, slowest_tenth_ms: 400 }));
    }

    #[test]
    fn the_slowest_tenth_is_named_with_where_it_begins() {
        let mut all = RoomTestSummary::default();
        for n in 1..=100 {
            all.add(phone(n, 0), &readings([reading("x", "a", Verdict::Success, Some(n.into()))]));
        }
        let board = all.board();
        assert_eq!(
            board.slowest.iter().map(|slow| slow.delay_ms).collect::<Vec<_>>(),
            (91..=100).rev().collect::<Vec<_>>()
        );
        assert_eq!(board.delay, Some(Delays { middle_ms: 51, slowest_tenth_ms: 91 }));
    }

    #[test]
    fn the_busiest_second_and_minute_are_those_in_which_most_came() {
        let mut all = RoomTestSummary::default();
        for (number, came) in (1..).zip([0, 900, 1_000, 1_800, 1_899, 50_000, 61_900]) {
            all.add(phone(number, came), &readings([reading("x", "a", Verdict::Success, None)]));
        }
        assert_eq!(all.board().busiest, Busiest { second: 4, minute: 6 });
        assert_eq!(RoomTestSummary::default().board().busiest, Busiest::default());
    }

    #[test]
    fn the_board_is_a_window_on_the_worst() {
        let mut all = RoomTestSummary::default();
        let places = |verdict| (0..=WINDOW_READINGS / 2).map(move |n| reading(&n.to_string(), "a", verdict, Some(1)));
        all.add(phone(1, 0), &readings(places(Verdict::Success)));
        all.add(phone(2, 0), &readings(places(Verdict::Failed)));
        let board = all.board();
        assert_eq!(board.readings.len(), WINDOW_READINGS);
        let shown = verdicts(board.readings.values());
        assert_eq!((shown.failed, board.verdicts.failed), (201, 201));
        assert_eq!(board.places.len(), WINDOW_GROUPS);
    }

    proptest! {
        #[test]
        fn what_is_added_and_taken_away_was_never_there(numbers in prop::collection::vec((0..5u8, 0..3u8), 0..30)) {
            let of = |place: u8| readings([reading(&place.to_string(), "a", Verdict::Success, Some(place.into()))]);
            let (mut kept, mut current) = (RoomTestSummary::default(), BTreeMap::new());
            for (number, place) in numbers {
                if let Some(before) = current.insert(number, place) {
                    kept.remove(phone(number, 0), &of(before));
                }
                kept.add(phone(number, 0), &of(place));
            }
            let mut again = RoomTestSummary::default();
            current.into_iter().for_each(|(number, place)| again.add(phone(number, 0), &of(place)));
            prop_assert_eq!(kept.board(), again.board());
        }
    }
}
