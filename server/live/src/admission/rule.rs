//! Who is let in now, and when the others are to come: the rule alone. Time is an argument, counted
//! from any beginning.
//!
//! There is no hidden queue. Up to a bound people are let in at once; whoever comes beyond is told
//! a moment, each their own one, at the rate at which people really get through. Who comes back was
//! told so, by whatever node, which the caller has made sure of: a moment that has come is a leave
//! to go in for whoever was told one. Who was not stands behind all of them.

use std::{collections::VecDeque, time::Duration};

/// What is taken for the rate, in people a second, until it was measured: what a small machine does
/// with ease.
const FIRST_RATE: f64 = 1_000.0;
/// The least rate: after a stop of the database it must not stay at nothing.
const LEAST_RATE: f64 = 50.0;
/// Promised is a little less than what was measured, so that small errors of the measurement do not
/// add up along the line.
const PRUDENCE: f64 = 0.95;
/// Nobody is told to come sooner: it would be back before anything changed.
const SOONEST: Duration = Duration::from_millis(100);
/// The line is no longer. Who comes then is told to ask again after this time.
pub const LONGEST: Duration = Duration::from_secs(60);
/// How late one may be.
const GRACE: Duration = Duration::from_secs(1);
/// How much a higher measurement changes the rate, and how much a lower one of the shortest time.
/// While a whole room is being turned away nearly nobody gets in, which says little of what comes
/// after: whoever was told too soon is told again, which costs next to nothing; but who was told
/// too late leaves the server idle.
const RISE: f64 = 0.5;
const FALL: f64 = 0.1;
/// The rate is measured over at least this time and these many people, or over the longer time
/// however few.
const MEASURED: (Duration, u32, Duration) = (Duration::from_millis(200), 50, Duration::from_secs(2));

/// The rule of one limiter. `K` stands for who was promised a moment, and is dropped when it comes.
#[derive(Debug)]
pub struct AdmissionRule<K> {
    /// So many are let in without having been promised it.
    most: u32,
    inside: u32,
    meter: Meter,
    /// The moments promised that are to come, in order.
    ahead: VecDeque<(Duration, K)>,
    /// The moments that have come, and are not too long ago.
    due: VecDeque<Duration>,
    /// The last moment that was promised.
    last: Duration,
}

impl<K> AdmissionRule<K> {
    /// A rule that lets in so many at the same time.
    pub fn new(most: u32) -> Self {
        let (ahead, due) = (VecDeque::new(), VecDeque::new());
        Self { most, inside: 0, meter: Meter::default(), ahead, due, last: Duration::ZERO }
    }

    /// Somebody wants in, who was told to come now or was not: is let in, and has to leave in the
    /// end; or is told after how long to come.
    pub fn admit(&mut self, now: Duration, retried: bool, who: impl FnOnce() -> K) -> Result<(), Duration> {
        self.advance(now);
        let others_wait = !(self.ahead.is_empty() && self.due.is_empty());
        let bound = match retried {
            // The promises keep to the rate, so this many are never inside because of them.
            true if self.due.pop_front().is_some() => 2 * self.most,
            false if others_wait => self.few(),
            _ => self.most,
        };
        if self.inside >= bound {
            return Err(self.reserve(now, who));
        }
        self.inside += 1;
        Ok(())
    }

    /// Somebody is through; `done`: with what they came for done, be it granted or refused. Else
    /// nobody could be let in.
    pub fn leave(&mut self, now: Duration, done: bool) {
        self.meter.advance(now, self.is_busy());
        self.meter.done += u32::from(done && self.is_busy());
        self.inside -= 1;
    }

    /// Lets the time pass. Returns how many moments are promised and have not come.
    pub fn advance(&mut self, now: Duration) -> usize {
        self.meter.advance(now, self.is_busy());
        while let Some((moment, _)) = self.ahead.pop_front_if(|(moment, _)| *moment <= now) {
            self.due.push_back(moment);
        }
        while self.due.pop_front_if(|moment| *moment + GRACE < now).is_some() {}
        self.ahead.len()
    }

    /// At how many a second people get in, as last measured.
    pub fn rate(&self) -> f64 {
        self.meter.rate
    }

    fn reserve(&mut self, now: Duration, who: impl FnOnce() -> K) -> Duration {
        let pace = Duration::from_secs_f64(1.0 / (self.meter.rate * PRUDENCE));
        let moment = (self.last + pace).max(now + SOONEST);
        let wait = moment - now;
        if wait > LONGEST {
            return LONGEST;
        }
        self.last = moment;
        self.ahead.push_back((moment, who()));
        wait
    }

    /// Whether so much is done at the same time that the rate says what can be done.
    fn is_busy(&self) -> bool {
        self.inside >= self.few()
    }

    /// With fewer inside, something that could be done is not.
    fn few(&self) -> u32 {
        (self.most / 4).max(1)
    }
}

/// Measures at which rate people get in while many want to.
#[derive(Debug)]
struct Meter {
    rate: f64,
    now: Duration,
    busy: Duration,
    done: u32,
}

impl Default for Meter {
    fn default() -> Self {
        Self { rate: FIRST_RATE, now: Duration::ZERO, busy: Duration::ZERO, done: 0 }
    }
}

impl Meter {
    fn advance(&mut self, now: Duration, busy: bool) {
        if !busy {
            // What came to its end before it could be measured says too little: its edges weigh too
            // much.
            (self.busy, self.done) = (Duration::ZERO, 0);
        } else {
            self.busy += now.saturating_sub(self.now);
        }
        self.now = self.now.max(now);
        let (short, people, long) = MEASURED;
        if (self.busy >= short && self.done >= people) || self.busy >= long {
            let measured = (f64::from(self.done) / self.busy.as_secs_f64()).max(LEAST_RATE);
            let times = self.busy.as_secs_f64() / short.as_secs_f64();
            let weight = if measured > self.rate { RISE } else { 1.0 - (1.0 - FALL).powf(times) };
            self.rate += weight * (measured - self.rate);
            (self.busy, self.done) = (Duration::ZERO, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cmp::Reverse, collections::BinaryHeap};

    use proptest::prelude::*;

    use super::*;

    /// A room that arrives at a server which lets in one after another at a steady rate.
    #[derive(Debug)]
    struct Crowd {
        rule: AdmissionRule<()>,
        /// How long each takes, one after another.
        work: Duration,
        free_at: Duration,
        /// Who comes when: the moment, whether it was told that moment, and how late everybody is.
        comers: BinaryHeap<Reverse<(Duration, bool)>>,
        /// When those inside are through.
        leavers: BinaryHeap<Reverse<Duration>>,
        /// When each promise was made, its moment, and the rate at that time.
        promises: Vec<(Duration, Duration, f64)>,
        /// When somebody came as told and was told again.
        broken: Vec<Duration>,
        most_inside: u32,
        last: Duration,
    }

    impl Crowd {
        fn new(most: u32, per_second: u32, arrivals: &[u64]) -> Self {
            let comers = arrivals.iter().map(|ms| Reverse((Duration::from_millis(*ms), false))).collect();
            Self {
                rule: AdmissionRule::new(most),
                work: Duration::from_secs(1) / per_second,
                free_at: Duration::ZERO,
                comers,
                leavers: BinaryHeap::new(),
                promises: Vec::new(),
                broken: Vec::new(),
                most_inside: 0,
                last: Duration::ZERO,
            }
        }

        /// Runs until everybody is in; everybody is so late.
        fn run(mut self, late: Duration) -> Self {
            while let Some(Reverse((now, retried))) = self.comers.pop() {
                while let Some(Reverse(through)) = self.leavers.peek().copied().filter(|through| through.0 <= now) {
                    self.leavers.pop();
                    self.rule.leave(through, true);
                }
                self.last = now;
                match self.rule.admit(now, retried, || ()) {
                    Ok(()) => {
                        self.free_at = self.free_at.max(now) + self.work;
                        self.leavers.push(Reverse(self.free_at));
                        self.most_inside = self.most_inside.max(self.rule.inside);
                    }
                    Err(wait) => {
                        self.broken.extend(retried.then_some(now));
                        self.promises.push((now, now + wait, self.rule.rate()));
                        self.comers.push(Reverse((now + wait + late, true)));
                    }
                }
            }
            self
        }
    }

    fn arrivals() -> impl Strategy<Value = Vec<u64>> {
        prop::collection::vec(0u64..4_000, 1..3_000)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn promises_are_in_order_and_never_more_than_the_measured_rate(
            most in 1u32..200, per_second in 60u32..5_000, arrivals in arrivals(), late in 0u64..3_000,
        ) {
            let crowd = Crowd::new(most, per_second, &arrivals).run(Duration::from_millis(late));
            for pair in crowd.promises.windows(2) {
                let ((_, before, _), (_, after, rate)) = (pair[0], pair[1]);
                prop_assert!(after >= before + Duration::from_secs_f64(1.0 / rate));
            }
            prop_assert!(crowd.promises.iter().all(|(made, moment, _)| *moment > *made && *moment - *made <= LONGEST));
            prop_assert!(crowd.most_inside <= 2 * most);
        }

        #[test]
        fn who_comes_when_told_is_let_in_once_the_rate_is_known_and_holds(
            most in 20u32..200, per_second in 100u32..5_000, arrivals in arrivals(), late in 0u64..500,
        ) {
            let mut crowd = Crowd::new(most, per_second, &arrivals);
            crowd.rule.meter = Meter { rate: f64::from(per_second), ..Meter::default() };
            let crowd = crowd.run(Duration::from_millis(late));
            prop_assert!(crowd.broken.is_empty(), "{:?}", crowd.broken);
        }

        #[test]
        fn everybody_is_in_nearly_as_soon_as_the_server_can(
            most in 50u32..200, per_second in 100u32..5_000, count in 500usize..3_000,
        ) {
            let crowd = Crowd::new(most, per_second, &vec![0; count]).run(Duration::from_millis(20));
            let least = count as f64 / f64::from(per_second);
            // What was told before the rate was known may be at a third of it, or far above: then
            // it is told again.
            let most = 1.5 * least.max(count as f64 / FIRST_RATE) + 3.0;
            prop_assert!(crowd.last.as_secs_f64() <= most, "{:?}, {least} s would do", crowd.last);
        }

        #[test]
        fn nobody_is_awaited_once_the_last_moment_has_come(most in 1u32..50, arrivals in arrivals()) {
            let mut rule = AdmissionRule::new(most);
            let mut last = Duration::ZERO;
            for now in arrivals.iter().map(|ms| Duration::from_millis(*ms)) {
                last = last.max(now);
                if let Err(wait) = rule.admit(last, false, || ()) {
                    prop_assert!(rule.advance(last) > 0);
                    prop_assert!(wait >= SOONEST);
                }
            }
            prop_assert_eq!(rule.advance(rule.last.max(last)), 0);
            prop_assert!(rule.due.len() as f64 <= FIRST_RATE * GRACE.as_secs_f64() + 1.0);
            rule.advance(rule.last.max(last) + GRACE * 2);
            prop_assert!(rule.due.is_empty());
        }
    }

    #[test]
    fn the_rate_is_what_gets_in_while_many_want_to() {
        let crowd = Crowd::new(100, 400, &vec![0; 5_000]).run(Duration::from_millis(5));
        assert!((crowd.rule.rate() - 400.0).abs() < 40.0, "{}", crowd.rule.rate());
        // One now and then says nothing of what could be done.
        let mut rule = AdmissionRule::<()>::new(100);
        for second in 1..100 {
            rule.admit(Duration::from_secs(second), false, || ()).unwrap();
            rule.leave(Duration::from_millis(1_000 * second + 4), true);
        }
        assert_eq!(rule.rate(), FIRST_RATE);
    }

    #[test]
    fn a_gate_through_which_nobody_gets_promises_little_and_not_nothing() {
        let mut rule = AdmissionRule::<()>::new(1);
        rule.admit(Duration::ZERO, false, || ()).unwrap();
        rule.leave(Duration::from_secs(60), false);
        assert!((rule.rate() - LEAST_RATE).abs() < 1.0, "{}", rule.rate());
    }
}
