//! Which faults happen when: random, repeatable from a seed, and known before the first one.
//!
//! Faults of different targets overlap, those of the same target do not: a node that is down is not
//! killed. Nothing can be stored without Postgres, so it has no faults for some seconds after each
//! of its own.

use std::{fmt, ops::Range, time::Duration};

use serde::Serialize;

use super::kind::{Hits, Kind};

/// One fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// When it begins, in milliseconds from the start.
    pub at: u64,
    /// Its kind.
    pub kind: Kind,
    /// Which node it hits, if it hits one.
    pub node: Option<usize>,
    /// After how many milliseconds it heals. A process that is killed or stopped for this time
    /// takes longer to be ready.
    pub lasts: u64,
    /// Its extent: milliseconds of a slow link, or seconds of a clock. Otherwise unused.
    pub by: i64,
}

impl Fault {
    /// How long it lasts.
    pub(super) const fn time(&self) -> Duration {
        Duration::from_millis(self.lasts)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>8.2} s  {:<26}", self.at as f64 / 1000.0, self.kind.to_string())?;
        match self.node {
            Some(node) => write!(f, " node {node}")?,
            None => write!(f, "       ")?,
        }
        if self.lasts > 1 {
            write!(f, "  for {:.2} s", self.lasts as f64 / 1000.0)?;
        }
        match self.kind {
            Kind::SlowRedis | Kind::SlowPostgres | Kind::SlowClients | Kind::BreakClients => {
                write!(f, ", by {} ms", self.by)
            }
            Kind::StepClock | Kind::SkewClock | Kind::StepDatabaseClock => write!(f, ", by {} s", self.by),
            _ => Ok(()),
        }
    }
}

/// The options of a plan.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The time in which faults begin and heal.
    pub time: Duration,
    /// How many nodes there are.
    pub nodes: usize,
    /// Which kinds may occur. Each occurs at least once if there is time.
    pub kinds: Vec<Kind>,
    /// Milliseconds from the start of one fault to the start of the next.
    pub gaps: Range<u64>,
    /// Makes it repeatable.
    pub seed: u64,
}

/// For how long Postgres has no further fault after one of its own, in milliseconds.
const POSTGRES_RESTS: u64 = 4000;
/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;
/// How long a signed-out session keeps sending, after the time that signing in and out takes, in
/// milliseconds.
const SIGNED_OUT: u64 = 5000;
/// How long a process takes at most to start serving, in milliseconds.
const STARTING: u64 = 4000;
/// How long each node of a deploy takes at most.
const DEPLOYED: u64 = 9000;

impl Plan {
    /// The faults in order. All have healed when the time is over, apart from the time to start.
    pub fn faults(&self) -> Vec<Fault> {
        let mut rng = fastrand::Rng::with_seed(self.seed);
        let end = u64::try_from(self.time.as_millis()).unwrap_or(u64::MAX);
        let (mut faults, mut kinds): (Vec<(Fault, u64)>, Vec<Kind>) = (Vec::new(), Vec::new());
        let mut at = self.gaps.start;
        while at < end && !self.kinds.is_empty() {
            // Every kind once, in random order, before any comes again.
            if kinds.is_empty() {
                kinds.clone_from(&self.kinds);
                rng.shuffle(&mut kinds);
            }
            let free = |fault: &(Fault, u64)| {
                let (fault, busy) = fault;
                at + busy <= end && faults.iter().all(|(other, until)| *until <= at || !clash(other, fault))
            };
            let found = (0..kinds.len()).rev().find_map(|place| {
                let fault = self.fault(&mut rng, kinds[place], at);
                free(&fault).then_some((place, fault))
            });
            if let Some((place, (fault, busy))) = found {
                kinds.remove(place);
                faults.push((fault, at + busy));
            }
            at += rng.u64(self.gaps.clone());
        }
        faults.into_iter().map(|(fault, _)| fault).collect()
    }

    /// A fault of this kind, and for how long its target is reserved.
    fn fault(&self, rng: &mut fastrand::Rng, kind: Kind, at: u64) -> (Fault, u64) {
        let lasts = rng.u64(kind.lasts());
        let node = rng.usize(..self.nodes);
        let hits = kind.hits();
        let of_a_node = match hits {
            Hits::Redis | Hits::Postgres | Hits::DatabaseClock | Hits::Session | Hits::AllNodes => false,
            Hits::Node | Hits::Clock | Hits::LinkToRedis | Hits::LinkToPostgres | Hits::LinkToClients => true,
        };
        let by = match kind {
            Kind::SlowRedis | Kind::SlowPostgres | Kind::SlowClients | Kind::BreakClients => rng.i64(20..400),
            Kind::StepClock => rng.i64(600..90_000) * if rng.bool() { 1 } else { -1 },
            Kind::StepDatabaseClock => DAY * if rng.bool() { 1 } else { -1 },
            Kind::SkewClock => rng.i64(1..30) * if rng.bool() { 1 } else { -1 },
            _ => 0,
        };
        let busy = match hits {
            Hits::AllNodes => DEPLOYED * self.nodes as u64,
            Hits::Postgres => lasts + POSTGRES_RESTS,
            Hits::Session => lasts + SIGNED_OUT,
            _ if matches!(kind, Kind::KillNode | Kind::KillRedis) => lasts + STARTING,
            _ => lasts,
        };
        (Fault { at, kind, node: of_a_node.then_some(node), lasts, by }, busy)
    }
}

/// Whether these must not occur at the same time.
fn clash(one: &Fault, other: &Fault) -> bool {
    let (a, b) = (one.kind.hits(), other.kind.hits());
    let whole_node = |hits| matches!(hits, Hits::Node | Hits::AllNodes);
    // A deploy runs alone, because what its nodes need to stop properly must be available.
    let lasting = |hits| matches!(hits, Hits::Postgres | Hits::LinkToPostgres | Hits::LinkToClients);
    match (a, b) {
        (Hits::AllNodes, hits) | (hits, Hits::AllNodes) => whole_node(hits) || lasting(hits),
        _ => a == b && one.node == other.node,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(seed: u64, minutes: u64) -> Plan {
        Plan { time: Duration::from_secs(60 * minutes), nodes: 3, kinds: Kind::ALL.to_vec(), gaps: 1500..6000, seed }
    }

    #[test]
    fn a_seed_always_gives_the_same_faults() {
        assert_eq!(plan(7, 10).faults(), plan(7, 10).faults());
        assert_ne!(plan(7, 10).faults(), plan(8, 10).faults());
    }

    #[test]
    fn ten_minutes_have_more_than_a_hundred_faults_of_all_kinds_and_some_overlap() {
        for seed in 0..50 {
            let faults = plan(seed, 10).faults();
            assert!(faults.len() >= 100, "{seed}: {}", faults.len());
            for kind in Kind::ALL {
                assert!(faults.iter().any(|fault| fault.kind == kind), "{seed}: {kind}");
            }
            let overlap = |pair: &[Fault]| pair[0].at + pair[0].lasts > pair[1].at;
            assert!(faults.windows(2).filter(|pair| overlap(pair)).count() > 10, "{seed}");
        }
    }

    #[test]
    fn what_is_down_is_left_alone_and_all_has_healed_in_the_end() {
        for seed in 0..50 {
            let faults = plan(seed, 10).faults();
            assert!(faults.iter().all(|fault| fault.at + fault.lasts <= 600_000), "{seed}");
            for (place, fault) in faults.iter().enumerate() {
                let during = faults[..place].iter().filter(|other| other.at + other.lasts > fault.at);
                for other in during {
                    assert!(!clash(other, fault), "{seed}: {other} and {fault}");
                }
            }
            let postgres = |fault: &&Fault| fault.kind.hits() == Hits::Postgres;
            let away: u64 = faults.iter().filter(postgres).map(|fault| fault.lasts).sum();
            assert!(away < 150_000, "{seed}: {away} ms without a database");
        }
    }
}
