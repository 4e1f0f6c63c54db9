//! How password guesses are slowed without locking out the person who knows the password.
//!
//! A guess is counted before it is checked, under a counter of its own (of the device, or of the
//! account as tried from one network) and under shared ones. A rejected guess is not counted, so it
//! neither restarts nor prolongs a wait. The shared counters never block the first guesses of a
//! counter of its own, so someone from another network, or for another account, gets through
//! however much strangers try.

use parterre_protocol::Millis;

/// The state of the guesses under one key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counter {
    /// Consecutive failures that are not forgotten yet, including guesses that are being checked.
    pub failures: u32,
    /// When the last one came.
    pub last_at: Millis,
    /// With a wait, its end; with a pace, when the whole burst is there again.
    pub until_at: Millis,
}

/// How a counter holds back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brake {
    /// This many free failures, then a wait after each, which doubles up to a maximum.
    Wait {
        /// Failures before the first wait.
        free: u32,
        /// The first wait.
        first_ms: Millis,
        /// The longest wait.
        longest_ms: Millis,
    },
    /// A burst of this many, then one after each interval.
    Pace {
        /// The size of the burst.
        burst: u32,
        /// One more after this time.
        interval_ms: Millis,
    },
}

/// When failures are forgotten.
pub const FORGET_MS: Millis = 3_600_000;
/// Guesses under an own counter that no shared one holds back: the right password, once mistyped.
pub const FIRST_GUESSES: u32 = 2;
/// One device, or one account as tried from one network: four for free, then 2 s, doubling to 8 s.
/// Short, since it also holds back the account's owner with another device in the same network; ten
/// characters cannot be guessed at this pace.
pub const OWN: Brake = Brake::Wait { free: 4, first_ms: 2000, longest_ms: 8000 };
/// One account from all networks: 1,800 guesses an hour.
pub const ACCOUNT: Brake = Brake::Pace { burst: 300, interval_ms: 2000 };
/// One network at all accounts. Whole venues are one.
pub const NETWORK: Brake = Brake::Pace { burst: 40, interval_ms: 1000 };

impl Brake {
    /// The counter after one more guess, or for how long there can be none.
    pub fn count(self, counter: Counter, now: Millis) -> Result<Counter, Millis> {
        let failures = counter.remembered(now).failures.saturating_add(1);
        match self {
            Self::Wait { free, first_ms, longest_ms } => {
                let left = counter.until_at - now;
                // A clock that was set back makes no wait longer than the longest.
                if left > 0 && left <= longest_ms {
                    return Err(left);
                }
                let wait = match failures.saturating_sub(free) {
                    0 => 0,
                    over => (first_ms << (over - 1).min(16)).min(longest_ms),
                };
                Ok(Counter { failures, last_at: now, until_at: now + wait })
            }
            Self::Pace { burst, interval_ms } => {
                let most = now + interval_ms * Millis::from(burst);
                let until_at = counter.until_at.clamp(now, most) + interval_ms;
                if until_at > most {
                    return Err(until_at - most);
                }
                Ok(Counter { failures, last_at: now, until_at })
            }
        }
    }

    /// The counter after one more guess that is not held back, whatever the pace.
    fn count_anyway(self, counter: Counter, now: Millis) -> Counter {
        let failures = counter.remembered(now).failures.saturating_add(1);
        self.count(counter, now).unwrap_or(Counter { failures, last_at: now, ..counter })
    }

    /// The counter after one guess turned out right.
    pub fn take_back(self, counter: Counter) -> Counter {
        let until_at = match self {
            Self::Wait { .. } => counter.until_at,
            Self::Pace { interval_ms, .. } => counter.until_at - interval_ms,
        };
        Counter { failures: counter.failures.saturating_sub(1), until_at, ..counter }
    }
}

impl Counter {
    /// What of it is not forgotten yet.
    fn remembered(self, now: Millis) -> Self {
        if self.last_at + FORGET_MS <= now { Self::default() } else { self }
    }
}

/// Counts a guess under its own counter and under shared ones: all of them after it, the own one
/// last; or for how long it is held back, and then nothing is counted.
pub fn count(shared: &[(Brake, Counter)], own: (Brake, Counter), now: Millis) -> Result<Vec<Counter>, Millis> {
    let (brake, counter) = own;
    let first = counter.remembered(now).failures < FIRST_GUESSES;
    let own = brake.count(counter, now)?;
    let counted = shared.iter().map(|&(brake, counter)| match brake.count(counter, now) {
        Err(_) if first => Ok(brake.count_anyway(counter, now)),
        counted => counted,
    });
    counted.chain([Ok(own)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_790_000_000_000;

    /// The waits that this many consecutive guesses meet if each is made as soon as possible.
    fn waits(brake: Brake, guesses: usize) -> Vec<Millis> {
        let (mut counter, mut now, mut waits) = (Counter::default(), NOW, Vec::new());
        for _ in 0..guesses {
            let wait = brake.count(counter, now).err().unwrap_or(0);
            now += wait;
            counter = brake.count(counter, now).unwrap();
            waits.push(wait);
        }
        waits
    }

    #[test]
    fn waiting_begins_late_grows_fast_and_ends_soon() {
        assert_eq!(waits(OWN, 9), [0, 0, 0, 0, 0, 2000, 4000, 8000, 8000]);
        assert_eq!(waits(Brake::Pace { burst: 3, interval_ms: 500 }, 6), [0, 0, 0, 500, 500, 500]);
    }

    #[test]
    fn what_is_turned_away_prolongs_nothing() {
        let counter = Counter { failures: 5, last_at: NOW, until_at: NOW + 2000 };
        for early in [0, 1, 1999] {
            assert_eq!(OWN.count(counter, NOW + early), Err(2000 - early));
        }
        assert!(OWN.count(counter, NOW + 2000).is_ok());
    }

    #[test]
    fn failures_are_forgotten_after_an_hour_and_no_clock_that_was_set_back_keeps_anybody_out() {
        let counter = Counter { failures: 9, last_at: NOW, until_at: NOW + 8000 };
        assert_eq!(OWN.count(counter, NOW + FORGET_MS).unwrap().failures, 1);
        assert_eq!(OWN.count(counter, NOW - 60_000).unwrap().failures, 10);
    }

    #[test]
    fn shared_counters_hold_back_who_guesses_on_and_not_who_begins() {
        let spent = Counter { failures: 900, last_at: NOW, until_at: NOW + 600_000 };
        let shared = [(ACCOUNT, spent)];
        let mut own = Counter::default();
        for guess in 1..=FIRST_GUESSES {
            let counted = count(&shared, (OWN, own), NOW).unwrap();
            assert_eq!(counted[0].failures, 901);
            own = counted[1];
            assert_eq!(own.failures, guess);
        }
        assert_eq!(count(&shared, (OWN, own), NOW), Err(2000));
        assert!(count(&shared, (OWN, own), NOW + 2000).is_ok());
    }

    #[test]
    fn a_right_guess_is_taken_back() {
        let before = Counter { failures: 2, last_at: NOW - 5, until_at: NOW + 4000 };
        let after = ACCOUNT.count(before, NOW).unwrap();
        let back = ACCOUNT.take_back(after);
        assert_eq!((back.failures, back.until_at), (before.failures, before.until_at));
    }
}
