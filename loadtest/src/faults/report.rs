//! What a run with faults found, for people and as JSON.

use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
};

use serde::Serialize;

use super::{
    Run,
    check::Verdict,
    convergence::Settled,
    db_snapshot::DbSnapshot,
    history::{CommandFate, History},
    inject::Done,
    observations::Observations,
};

/// How many violations of each rule are printed. The histories have more.
const PRINTED: usize = 4;

/// Everything that a run found.
#[derive(Clone, Debug, Serialize)]
pub struct FaultReport {
    /// The seed, to run it again.
    pub seed: u64,
    /// Whether all checks passed.
    pub ok: bool,
    /// How many faults of each kind were injected.
    pub faults: BTreeMap<String, usize>,
    /// Commands by outcome.
    pub commands: BTreeMap<&'static str, usize>,
    /// Commands that were told to retry later at least once.
    pub later: usize,
    /// Milliseconds from command to receipt: median, 99th percentile, maximum.
    pub receipts: [u64; 3],
    /// Frames that were checked, and versions of topics.
    pub frames: (u64, usize),
    /// Answers, questions and acts that the database holds.
    pub stored: [usize; 3],
    /// For sessions that were signed out: acts that were confirmed, and acts that were tried
    /// afterwards.
    pub signed_out: [usize; 2],
    /// How long it took until everything had settled, in seconds.
    pub settled: Settled,
    /// The checks.
    pub verdicts: Vec<Verdict>,
}

impl FaultReport {
    /// Creates the report.
    pub fn of(
        run: &Run,
        history: &History,
        observations: &Observations,
        snapshot: &DbSnapshot,
        done: Vec<Done>,
        settled: Settled,
        verdicts: Vec<Verdict>,
    ) -> Self {
        let mut faults = BTreeMap::new();
        done.iter().for_each(|done| *faults.entry(done.fault.kind.to_string()).or_default() += 1);
        Self {
            seed: run.seed,
            ok: verdicts.iter().all(|verdict| verdict.wrong == 0),
            faults,
            commands: history.counts(),
            later: history.commands.iter().filter(|command| command.later > 0).count(),
            receipts: receipt_delays(history),
            frames: (observations.frames, observations.contents.len()),
            stored: [snapshot.answers.len(), snapshot.posts.len(), snapshot.acts.len()],
            signed_out: of_signed_out(history),
            settled,
            verdicts,
        }
    }

    /// The checks that failed.
    pub fn failed(&self) -> Vec<&'static str> {
        self.verdicts.iter().filter(|verdict| verdict.wrong > 0).map(|verdict| verdict.name).collect()
    }
}

/// Milliseconds to the receipt: median, 99th percentile, maximum.
fn receipt_delays(history: &History) -> [u64; 3] {
    let confirmed = history.commands.iter().filter_map(|command| match command.fate {
        CommandFate::Confirmed { told, .. } => Some(told - command.made),
        _ => None,
    });
    let mut delays: Vec<_> = confirmed.collect();
    delays.sort_unstable();
    let last = delays.len().saturating_sub(1) as f64;
    [0.5, 0.99, 1.0].map(|share| delays.get((last * share) as usize).copied().unwrap_or(0))
}

fn of_signed_out(history: &History) -> [usize; 2] {
    let theirs = || history.commands.iter().filter_map(|command| Some((command, history.signed_out(command)?)));
    [
        theirs().filter(|(command, _)| command.is_confirmed()).count(),
        theirs().filter(|(command, ended)| command.made > ended.told).count(),
    ]
}

/// Writes the times of settling after the last fault.
fn write_settled(settled: Settled, f: &mut Formatter<'_>) -> fmt::Result {
    let told = |after: Option<f64>| after.map_or("never".to_owned(), |after| format!("{after:.1} s"));
    let Settled { connected, confirmed, identical, present } = settled;
    writeln!(
        f,
        "  after the last fault: all connected {}, all confirmed {}; then identical {}, presence exact {}",
        told(connected),
        told(confirmed),
        told(identical),
        told(present)
    )
}

impl Display for FaultReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let faults: Vec<_> = self.faults.iter().map(|(kind, times)| format!("{times} × {kind}")).collect();
        let count: usize = self.faults.values().sum();
        writeln!(f, "Faults\n  {count} happened: {}", faults.join(", "))?;
        let commands: Vec<_> = self.commands.iter().map(|(fate, times)| format!("{times} {fate}")).collect();
        writeln!(f, "  commands: {}, {} of them told to come later", commands.join(", "), self.later)?;
        let [half, most, all] = self.receipts;
        writeln!(f, "  receipts: p50 {half} ms, p99 {most} ms, max {all} ms")?;
        let ((frames, versions), [answers, posts, acts]) = (self.frames, self.stored);
        writeln!(
            f,
            "  {frames} frames of {versions} versions; stored: {answers} answers, {posts} questions, {acts} acts"
        )?;
        let [confirmed, after] = self.signed_out;
        if confirmed + after > 0 {
            writeln!(f, "  sessions that were signed out: {confirmed} acts confirmed, {after} tried after")?;
        }
        write_settled(self.settled, f)?;
        for Verdict { name, what, wrong, told } in &self.verdicts {
            writeln!(f, "  {} {name}: {what}", if *wrong == 0 { "ok   " } else { "WRONG" })?;
            told.iter().take(PRINTED).try_for_each(|told| writeln!(f, "          {told:.1200}"))?;
            if *wrong > PRINTED {
                writeln!(f, "          … {wrong} in all")?;
            }
        }
        match self.ok {
            true => writeln!(f, "Nothing lost, doubled or stale."),
            false => writeln!(f, "Run it again with --seed {}.", self.seed),
        }
    }
}
