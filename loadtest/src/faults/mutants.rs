//! The test of the checker itself: servers with one deliberate fault each. The check that is meant
//! for a fault must find it, and the server without faults must pass the same runs.

use std::{
    fmt::{self, Display, Formatter},
    ops::Range,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Result, ensure};
use serde::Serialize;

use super::{
    Run,
    kind::Kind::{self, *},
};
use crate::cluster::disk::Disk;

/// A short run that exposes certain faults.
#[derive(Clone, Copy, Debug)]
struct Trial {
    /// Which faults are injected.
    kinds: &'static [Kind],
    /// Range of the time from one to the next, in milliseconds.
    gaps: (u64, u64),
    /// Its duration in seconds.
    seconds: u64,
    /// How often people act, as a multiple of the usual rate.
    activity_factor: f64,
    /// The mutants that it must find, each with the checks of which at least one must fail.
    mutants: &'static [(&'static str, &'static [&'static str])],
}

/// The trials. Each mutant in `server/system/src/mutants.rs` is in one of them.
const TRIALS: [Trial; 5] = [
    Trial {
        kinds: &[FillDisk, StepClock, StepDatabaseClock, SignOut],
        gaps: (200, 900),
        seconds: 12,
        activity_factor: 6.0,
        mutants: &[
            ("broken-connection-returns", &["all-return", "same-for-all", "presence"]),
            ("wall-clock", &["in-time"]),
            ("database-clock-followed", &["in-time"]),
            ("rights-of-the-handshake", &["signed-out"]),
        ],
    },
    Trial {
        kinds: &[RestartPostgresImmediate, KillNode, PausePostgres],
        gaps: (500, 1500),
        seconds: 12,
        activity_factor: 6.0,
        mutants: &[("ack-before-commit", &["confirmed-once"]), ("presence-remembers-the-dead", &["presence"])],
    },
    Trial {
        kinds: &[BreakClients],
        gaps: (300, 800),
        seconds: 8,
        activity_factor: 10.0,
        mutants: &[("no-unique-key", &["confirmed-once", "unknown-at-most-once"])],
    },
    Trial {
        kinds: &[KillRedis, FlushRedis, KillSubscriptions, CutRedis, SlowRedis],
        gaps: (300, 1200),
        seconds: 10,
        activity_factor: 6.0,
        mutants: &[
            ("close-by-room", &["closed-is-closed"]),
            ("bus-is-truth", &["held-results", "one-content"]),
            ("gaps-ignored", &["held-results", "one-content"]),
        ],
    },
    Trial {
        kinds: &[KillNode],
        gaps: (1000, 3000),
        seconds: 6,
        activity_factor: 3.0,
        mutants: &[("rev-by-memory", &["rev-forwards", "one-content", "held-results"])],
    },
];

/// Mutants that only a full disk exposes, which not every user may mount.
const OF_A_FULL_DISK: [&str; 1] = ["broken-connection-returns"];

/// The number of phones in a trial, each in two events.
const PHONES: usize = 40;

/// Some mutants never settle; this is long enough to see it. The server without faults gets more
/// time.
const CONVERGENCE_TIMEOUT: Duration = Duration::from_secs(8);
const LONGER: Duration = Duration::from_secs(15);

/// Trials always use the same seed.
const SEED: u64 = 4;

/// The result of one run.
#[derive(Clone, Debug, Serialize)]
pub struct MutantRun {
    /// The mutant; `None` for the server without faults.
    pub mutant: Option<&'static str>,
    /// The checks of which one must fail.
    pub by: &'static [&'static str],
    /// The checks that failed.
    pub failed: Vec<&'static str>,
    /// The reason for each; for a mutant, only for those that must fail.
    pub why: Vec<String>,
    /// Why it was skipped, if it was.
    pub skipped: Option<String>,
    /// Whether the result is as expected.
    pub ok: bool,
}

/// The results of all runs.
#[derive(Clone, Debug, Serialize)]
pub struct AllFound {
    /// Each run.
    pub runs: Vec<MutantRun>,
    /// Whether every run was as expected.
    pub ok: bool,
}

/// Runs all trials, each with its mutants and without. `program` was built with the feature
/// `mutants`.
pub async fn run_all(program: Option<&Path>) -> Result<AllFound> {
    let mut runs = Vec::new();
    let no_disk = Disk::mount().err().map(|why| format!("no disk that can be full may be mounted here: {why:#}"));
    for trial in TRIALS {
        let mutants = trial.mutants.iter().map(|(mutant, by)| (Some(*mutant), *by));
        for (mutant, by) in [(None, &[][..])].into_iter().chain(mutants) {
            let needs_disk = mutant.is_some_and(|mutant| OF_A_FULL_DISK.contains(&mutant));
            let found = match no_disk.clone().filter(|_| needs_disk) {
                Some(why) => MutantRun { mutant, by, failed: vec![], why: vec![], skipped: Some(why), ok: true },
                None => try_one(&trial, mutant, by, program).await?,
            };
            eprintln!("{found}");
            runs.push(found);
        }
    }
    let ok = runs.iter().all(|found| found.ok);
    Ok(AllFound { runs, ok })
}

async fn try_one(
    trial: &Trial,
    mutant: Option<&'static str>,
    by: &'static [&'static str],
    program: Option<&Path>,
) -> Result<MutantRun> {
    let run = Run {
        nodes: 3,
        time: Duration::from_secs(trial.seconds),
        phones: PHONES,
        seed: SEED,
        kinds: trial.kinds.to_vec(),
        gaps: trial.gaps(),
        activity_factor: trial.activity_factor,
        time_limit: if mutant.is_some() { CONVERGENCE_TIMEOUT } else { LONGER },
        histories: None,
        program: program.map(PathBuf::from),
        mutant: mutant.map(str::to_owned),
        aloud: false,
    };
    let report = super::run(&run).await?;
    let failed = report.failed();
    let ok = match mutant {
        None => failed.is_empty(),
        Some(_) => by.iter().any(|check| failed.contains(check)),
    };
    let wanted = |name: &str| mutant.is_none() || by.contains(&name);
    let wrong = report.verdicts.iter().filter(|verdict| verdict.wrong > 0 && wanted(verdict.name));
    let why = wrong.filter_map(|verdict| Some(verdict.told.first()?.chars().take(300).collect())).collect();
    ensure!(report.commands.contains_key("confirmed"), "nothing was confirmed: {report}");
    Ok(MutantRun { mutant, by, failed, why, skipped: None, ok })
}

impl Trial {
    fn gaps(&self) -> Range<u64> {
        self.gaps.0..self.gaps.1
    }
}

impl Display for MutantRun {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { mutant, failed, why, skipped, ok, .. } = self;
        let name = mutant.unwrap_or("the server as it is");
        if let Some(why) = skipped {
            return write!(f, "  SKIPPED {name}: {why}");
        }
        let right = if *ok { "ok   " } else { "WRONG" };
        match (failed.is_empty(), mutant) {
            (true, None) => write!(f, "  {right} {name}: passes")?,
            (true, Some(_)) => write!(f, "  {right} {name}: is not found")?,
            (false, _) => write!(f, "  {right} {name}: found by {}", failed.join(", "))?,
        }
        why.iter().try_for_each(|why| write!(f, "\n          {why}"))
    }
}

impl Display for AllFound {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "Mutants")?;
        self.runs.iter().try_for_each(|found| writeln!(f, "{found}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::schedule::Plan;

    #[test]
    fn a_trial_that_has_one_mutant_for_each_fault_has_all_of_them() {
        let trial = TRIALS.iter().find(|trial| trial.kinds.contains(&FillDisk)).unwrap();
        let (time, kinds) = (Duration::from_secs(trial.seconds), trial.kinds.to_vec());
        let faults = Plan { time, nodes: 3, kinds, gaps: trial.gaps(), seed: SEED }.faults();
        for kind in trial.kinds {
            assert!(faults.iter().any(|fault| fault.kind == *kind), "{kind}: {faults:?}");
        }
        // Only a clock that is set forward ends things early; one that is set back merely delays
        // them.
        assert!(faults.iter().any(|fault| fault.kind == StepDatabaseClock && fault.by > 0), "{faults:?}");
    }
}
