//! The wall clock: the one place that reads it.
//!
//! Whoever needs the time is given it, or holds a [`Clock`], so that a test can move it. Nodes that share a database also
//! share its clock: each reads it now and then, and carries it on by the machine's monotonic clock in between. So the
//! system's clock of a node may be wrong or be set without anybody's countdown noticing.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use arc_swap::ArcSwap;
use parterre_protocol::Millis;

/// What time it is. Clones tell the same time.
#[derive(Clone, Default)]
pub struct Clock(Source);

#[derive(Clone, Default)]
enum Source {
    #[default]
    System,
    Standing(Arc<AtomicI64>),
    Shared(Arc<Shared>),
}

/// What another clock said, and when.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// Microseconds since 1970 UTC.
    pub micros: i64,
    /// When it was asked.
    pub sent: Instant,
    /// When its answer was here.
    pub received: Instant,
}

/// Another clock, carried on by the machine's monotonic one.
struct Shared {
    reckoning: ArcSwap<Reckoning>,
    /// The latest time told, so that nobody is ever told an earlier one.
    latest: AtomicI64,
}

/// How the time follows from the monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reckoning {
    /// The moment of the last reading.
    anchor: Instant,
    /// What the other clock said then, in microseconds.
    there: i64,
    /// What had been told at that moment: more than `there` where the other clock was set back, else at most as much.
    told: i64,
}

impl Reckoning {
    fn new(reading: &Reading) -> Self {
        let there = reading.micros + micros(reading.received - reading.sent) / 2;
        Self { anchor: reading.received, there, told: there }
    }

    /// The time at this moment. What was told too early is made up for at half the pace: nobody sees the time go back
    /// or stand still.
    fn at(&self, moment: Instant) -> i64 {
        let since = micros(moment.saturating_duration_since(self.anchor));
        (self.there + since).max(self.told + since / 2)
    }

    /// How it follows from now on. A reading says no more than that the other clock's time, when its answer came, lay
    /// between what it said and that plus the whole way: what is believed already moves into these bounds, and no
    /// further. So a slow answer disturbs nothing.
    fn after(&self, reading: &Reading) -> Self {
        let anchor = reading.received.max(self.anchor);
        let since = micros(anchor.saturating_duration_since(reading.received));
        let (least, way) = (reading.micros + since, micros(reading.received - reading.sent));
        let believed = self.there + micros(anchor - self.anchor);
        Self { anchor, there: believed.clamp(least, least + way), told: self.at(anchor) }
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX / 4)
}

impl Shared {
    fn at(&self, moment: Instant) -> Millis {
        let now = self.reckoning.load().at(moment) / 1000;
        now.max(self.latest.fetch_max(now, Ordering::AcqRel))
    }
}

impl Clock {
    /// The system's clock.
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still at this moment until it is moved.
    pub fn standing(at: Millis) -> Self {
        Self(Source::Standing(Arc::new(AtomicI64::new(at))))
    }

    /// Another clock, as it was read. It goes on by the machine's monotonic clock, and never back.
    pub fn shared(reading: &Reading) -> Self {
        let reckoning = ArcSwap::from_pointee(Reckoning::new(reading));
        Self(Source::Shared(Arc::new(Shared { reckoning, latest: AtomicI64::new(0) })))
    }

    /// Whether this is the system's clock.
    pub const fn is_system(&self) -> bool {
        matches!(self.0, Source::System)
    }

    /// Takes note of a reading of the clock that this one shares. Has no effect on others. Only one task reads.
    pub fn follow(&self, reading: &Reading) {
        if let Source::Shared(shared) = &self.0 {
            let reckoning = shared.reckoning.load().after(reading);
            shared.reckoning.store(Arc::new(reckoning));
        }
    }

    /// Now.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the wall clock")]
    pub fn now(&self) -> Millis {
        match &self.0 {
            Source::System => {
                SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as Millis)
            }
            Source::Standing(moment) => moment.load(Ordering::Relaxed),
            Source::Shared(shared) => shared.at(Instant::now()),
        }
    }

    /// Moves a clock that stands still; has no effect on others.
    pub fn advance(&self, by: Duration) {
        if let Source::Standing(moment) = &self.0 {
            moment.fetch_add(by.as_millis() as Millis, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::System => "Clock(system)",
            Source::Standing(_) => "Clock(standing)",
            Source::Shared(_) => "Clock(shared)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: i64 = 1_790_000_000_000_000;
    const SECOND: Duration = Duration::from_secs(1);

    /// What the other clock said on a way of so many milliseconds, half of them back.
    fn reading(sent: Instant, way_ms: u64, micros: i64) -> Reading {
        Reading { micros, sent, received: sent + Duration::from_millis(way_ms) }
    }

    #[test]
    fn a_standing_clock_moves_for_all_who_hold_it() {
        let clock = Clock::standing(1_000);
        let other = clock.clone();
        clock.advance(Duration::from_secs(2));
        assert_eq!(other.now(), 3_000);
    }

    #[test]
    fn the_systems_clock_is_in_this_century() {
        assert!(Clock::system().now() > 1_700_000_000_000);
    }

    #[test]
    fn a_shared_clock_goes_on_between_readings_whatever_the_systems_clock_says() {
        let start = Instant::now();
        // The day of the test's making is long past on the system's clock.
        let clock = Clock::shared(&reading(start, 0, T / 2));
        let Source::Shared(shared) = &clock.clone().0 else { panic!("it is shared") };
        assert_eq!(shared.at(start + 3 * SECOND), (T / 2 + 3_000_000) / 1000);
        assert!(clock.now() < T / 1000);
    }

    #[test]
    fn the_first_reading_is_taken_at_the_middle_of_its_way() {
        let start = Instant::now();
        assert_eq!(Reckoning::new(&reading(start, 10, T)).at(start + Duration::from_millis(10)), T + 5_000);
    }

    #[test]
    fn a_slow_answer_moves_nothing_that_it_does_not_disprove() {
        let start = Instant::now();
        let exact = Reckoning::new(&reading(start, 0, T));
        // Read right away, and the answer took long.
        let later = exact.after(&reading(start + SECOND, 800, T + 1_000_000));
        assert_eq!(later.at(start + 2 * SECOND), T + 2_000_000);
        // Read late, and the answer came at once.
        let later = exact.after(&reading(start + SECOND, 800, T + 1_800_000));
        assert_eq!(later.at(start + 2 * SECOND), T + 2_000_000);
        // A machine whose monotonic clock is slow.
        let later = exact.after(&reading(start + SECOND, 2, T + 1_010_000));
        assert_eq!(later.at(start + SECOND + Duration::from_millis(2)), T + 1_010_000);
    }

    #[test]
    fn a_clock_that_is_set_back_is_waited_for_at_half_the_pace() {
        let start = Instant::now();
        let clock = Reckoning::new(&reading(start, 0, T)).after(&reading(start + SECOND, 0, T));
        let mut last = clock.at(start + SECOND);
        assert_eq!(last, T + 1_000_000);
        for tenth in 11..=40 {
            let now = clock.at(start + tenth * SECOND / 10);
            assert!(now > last);
            last = now;
        }
        assert_eq!(clock.at(start + 3 * SECOND), T + 2_000_000);
        assert_eq!(clock.at(start + 4 * SECOND), T + 3_000_000);
        // Read again on the way there, it is still on the same way.
        let again = clock.after(&reading(start + 2 * SECOND, 0, T + 1_000_000));
        assert_eq!(again.at(start + 3 * SECOND), T + 2_000_000);
    }

    #[test]
    fn a_clock_that_is_set_forward_is_followed_at_once() {
        let start = Instant::now();
        let clock = Reckoning::new(&reading(start, 0, T)).after(&reading(start + SECOND, 0, T + 60_000_000));
        assert_eq!(clock.at(start + SECOND), T + 60_000_000);
    }

    #[test]
    fn nobody_is_told_an_earlier_time_than_anybody_before() {
        let start = Instant::now();
        let clock = Clock::shared(&reading(start, 0, T));
        let Source::Shared(shared) = &clock.0 else { panic!("it is shared") };
        let told = shared.at(start + 10 * SECOND);
        // Told meanwhile to somebody who looked later than the reading.
        clock.follow(&reading(start + 5 * SECOND, 0, T));
        assert!(shared.at(start + 10 * SECOND) >= told);
    }
}
