//! The wall clock: the one place that reads it.
//!
//! Time is passed as an argument or read from a [`Clock`], so that tests can move it. A single node
//! reads the system clock once, at start, and carries it on with the clock that counts from boot,
//! which runs during sleep and which nobody can set. Nodes that share a database also share its
//! clock: each reads it now and then, and its own monotonic clock carries it on in between. So a
//! clock can be set anywhere without any effect on countdowns, sessions or links; the jump is
//! detected here and reported.
//!
//! What was agreed with the outside world, such as the end of a certificate, uses [`Clock::wall`].

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

use crate::mutants::{self, Mutant};

/// What time it is. Clones tell the same time.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    Own(Start),
    Standing(Arc<AtomicI64>),
    Shared(Arc<Shared>),
}

/// What the system's clock said when the server was started, and how long the machine had been
/// running by then.
#[derive(Clone, Copy, Debug)]
struct Start {
    wall: i64,
    running: Duration,
}

impl Start {
    fn now() -> Self {
        Self { wall: system_micros(), running: running() }
    }

    /// The time when the machine has been running for so long.
    fn at(self, running: Duration) -> i64 {
        self.wall + micros(running.saturating_sub(self.running))
    }
}

/// How long the machine has been running, including sleep. Setting its clock does not affect this.
fn running() -> Duration {
    #[cfg(target_os = "linux")]
    let id = rustix::time::ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    let id = rustix::time::ClockId::Monotonic;
    let since = rustix::time::clock_gettime(id);
    Duration::new(since.tv_sec.try_into().unwrap_or(0), since.tv_nsec.try_into().unwrap_or(0))
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the wall clock")]
fn system_micros() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, micros)
}

/// What is taken for a jump: more than a clock that is put right little by little is ever off, in
/// microseconds.
const JUMP: i64 = 2_000_000;

/// A clock that was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jump {
    /// The time that the server uses.
    pub ours: Millis,
    /// What the clock says that was set.
    pub theirs: Millis,
}

impl Jump {
    /// By how much that clock is ahead, in milliseconds.
    pub fn ahead(&self) -> Millis {
        self.theirs - self.ours
    }
}

/// Detects jumps of the system's clock.
#[derive(Debug, Default)]
pub struct Lookout {
    /// How far ahead it was in the last report, in microseconds.
    reported: i64,
}

impl Lookout {
    /// A jump since the last check. Undoing a jump also counts as one. A clock that runs too fast
    /// or too slow is reported less and less often.
    fn look(&mut self, ours: i64, theirs: i64) -> Option<Jump> {
        let ahead = theirs - ours;
        if (ahead - self.reported).abs() <= JUMP.max(self.reported.abs() / 2) {
            return None;
        }
        self.reported = ahead;
        Some(Jump { ours: ours / 1000, theirs: theirs / 1000 })
    }

    /// Whether the system's clock differs from the time that the server uses.
    pub fn differs(&self) -> bool {
        self.reported.abs() > JUMP
    }
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
    /// The latest time returned, so that it never goes back.
    latest: AtomicI64,
}

/// How the time follows from the monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reckoning {
    /// The moment of the last reading.
    anchor: Instant,
    /// What the other clock said then, in microseconds.
    there: i64,
    /// The time returned at that moment: more than `there` if the other clock was set back,
    /// otherwise at most as much.
    reported: i64,
}

impl Reckoning {
    fn new(reading: &Reading) -> Self {
        let there = reading.micros + micros(reading.received - reading.sent) / 2;
        Self { anchor: reading.received, there, reported: there }
    }

    /// The current time. If it ran ahead, it runs at half the pace until it is right again, so that
    /// it never goes back or stands still.
    fn at(&self, moment: Instant) -> i64 {
        let since = micros(moment.saturating_duration_since(self.anchor));
        (self.there + since).max(self.reported + since / 2)
    }

    /// Whether a reading cannot be of the clock as it was: that was set, or this machine stood
    /// still.
    fn jump(&self, reading: &Reading) -> Option<Jump> {
        let believed = self.there + micros(reading.received.saturating_duration_since(self.anchor));
        let most = reading.micros + micros(reading.received - reading.sent);
        let jumped = believed < reading.micros - JUMP || believed > most + JUMP;
        jumped.then_some(Jump { ours: believed / 1000, theirs: reading.micros / 1000 })
    }

    /// How it follows from now on. A reading says no more than that the other clock's time, when
    /// its answer came, lay between what it said and that plus the whole way: what is believed
    /// already moves into these bounds, and no further. So a slow answer disturbs nothing.
    fn after(&self, reading: &Reading) -> Self {
        let anchor = reading.received.max(self.anchor);
        let since = micros(anchor.saturating_duration_since(reading.received));
        let (least, way) = (reading.micros + since, micros(reading.received - reading.sent));
        let believed = self.there + micros(anchor - self.anchor);
        Self { anchor, there: believed.clamp(least, least + way), reported: self.at(anchor) }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
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
    /// The system's clock as it is now, carried on even if it is set later.
    pub fn system() -> Self {
        Self(Source::Own(Start::now()))
    }

    /// A clock that stands still at this time until it is moved.
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
        matches!(self.0, Source::Own(_))
    }

    /// Whether this reading of the clock that this one shares is of another time than before. Never
    /// for other clocks.
    pub fn jump(&self, reading: &Reading) -> Option<Jump> {
        let Source::Shared(shared) = &self.0 else { return None };
        shared.reckoning.load().jump(reading).filter(|_| !mutants::is(Mutant::DatabaseClockFollowed))
    }

    /// Takes note of a reading of the clock that this one shares, if it is of the same time as
    /// before: else of nothing, and returns the jump. Has no effect on other clocks. Only one task
    /// reads.
    pub fn follow(&self, reading: &Reading) -> Option<Jump> {
        let jump = self.jump(reading);
        if let Source::Shared(shared) = &self.0
            && jump.is_none()
        {
            let before = shared.reckoning.load();
            shared.reckoning.store(Arc::new(before.after(reading)));
        }
        jump
    }

    /// From now on, uses this reading of the shared clock, however far it is from the time used so
    /// far. That was so wrong that times that others know must be sent again.
    pub fn accept(&self, reading: &Reading) {
        if let Source::Shared(shared) = &self.0 {
            shared.reckoning.store(Arc::new(Reckoning::new(reading)));
            shared.latest.store(0, Ordering::Release);
        }
    }

    /// Checks whether the system's clock was set since the last check, if the server uses that
    /// clock.
    pub fn look(&self, lookout: &mut Lookout) -> Option<Jump> {
        let Source::Own(start) = &self.0 else { return None };
        lookout.look(start.at(running()), system_micros())
    }

    /// What the world outside takes the time to be, for what was agreed with it: certificates. It
    /// may jump.
    pub fn wall(&self) -> Millis {
        match &self.0 {
            Source::Own(_) | Source::Shared(_) => system_micros() / 1000,
            Source::Standing(_) => self.now(),
        }
    }

    /// Now.
    pub fn now(&self) -> Millis {
        match &self.0 {
            Source::Own(_) | Source::Shared(_) if mutants::is(Mutant::WallClock) => system_micros() / 1000,
            Source::Own(start) => start.at(running()) / 1000,
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
            Source::Own(_) => "Clock(system)",
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

    /// The other clock's reading, with a round trip of this many milliseconds, half of them back.
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
    fn a_jump_of_the_systems_clock_is_told_once_and_again_when_it_is_undone() {
        let mut lookout = Lookout::default();
        let day = 86_400_000_000;
        for second in 0..5 {
            // Put right little by little.
            assert_eq!(lookout.look(T + second * 1_000_000, T + second * 1_050_000), None);
        }
        for (ahead, differs) in [(day, true), (0, false), (-60 * day, true)] {
            let told = lookout.look(T, T + ahead).expect("it is told");
            assert_eq!((told.ahead(), lookout.differs()), (ahead / 1000, differs));
            assert_eq!(lookout.look(T + day, T + day + ahead + 900_000), None);
        }
        // A clock that runs twice as fast for a day.
        let mut lookout = Lookout::default();
        let told = (0..86_400).filter(|second| lookout.look(T, T + second * 1_000_000).is_some()).count();
        assert!((10..40).contains(&told), "{told}");
    }

    #[test]
    fn a_node_that_is_alone_goes_on_with_the_machine_s_time_also_while_it_slept() {
        let start = Start { wall: T, running: SECOND };
        assert_eq!(start.at(SECOND * 3601), T + 3_600_000_000);
        let clock = Clock::system();
        assert!((clock.now() - clock.wall()).abs() < 1000);
        let (before, after) = (clock.now(), clock.now());
        assert!(before <= after && clock.look(&mut Lookout::default()).is_none());
    }

    #[test]
    fn a_reading_that_is_far_off_moves_nothing_until_it_is_accepted() {
        let start = Instant::now();
        let clock = Clock::shared(&reading(start, 0, T / 2));
        let Source::Shared(shared) = &clock.clone().0 else { panic!("it is shared") };
        let day = 86_400_000_000;
        for jump in [day, -day] {
            let told = clock.follow(&reading(start + SECOND, 0, T / 2 + 1_000_000 + jump)).expect("it is told");
            assert_eq!(told.ahead(), jump / 1000);
            assert_eq!(shared.at(start + SECOND), (T / 2 + 1_000_000) / 1000);
        }
        // An answer that took long says nothing.
        assert_eq!(clock.follow(&reading(start + SECOND, 5000, T / 2 - 1_000_000)), None);
        clock.accept(&reading(start + 8 * SECOND, 0, T / 2 + day));
        assert_eq!(shared.at(start + 8 * SECOND), (T / 2 + day) / 1000);
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
        // Returned meanwhile to a caller that asked after the reading.
        clock.follow(&reading(start + 5 * SECOND, 0, T));
        assert!(shared.at(start + 10 * SECOND) >= told);
    }
}
