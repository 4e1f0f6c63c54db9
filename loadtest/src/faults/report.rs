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
    db_snapshot::Truth,
    history::{CommandFate, History},
    inject::Done,
    observations::Sights,
};

/// How many times of each wrong are printed; the histories have more.
const PRINTED: usize = 4;

/// Everything that a run found.
#[derive(Clone, Debug, Serialize)]
pub struct FaultReport {
    /// The seed, to run it again.
    pub seed: u64,
    /// Whether nothing was wrong.
    pub ok: bool,
    /// How many faults of each kind happened.
    pub faults: BTreeMap<String, usize>,
    /// Commands by what clients were told of them.
    pub commands: BTreeMap<&'static str, usize>,
    /// Commands that were told to come later, at least once.
    pub later: usize,
    /// Commands that took longer than this many milliseconds until their receipt: half, one in a
    /// hundred, all but the last.
    pub receipts: [u64; 3],
    /// Frames that were looked at, and versions of topics.
    pub frames: (u64, usize),
    /// Answers, questions and acts that the database holds.
    pub stored: [usize; 3],
    /// Of sessions that were signed out: acts confirmed, and acts that they tried after.
    pub signed_out: [usize; 2],
    /// How long it took until all was settled, in seconds.
    pub settled: Settled,
    /// What had to be so.
    pub verdicts: Vec<Verdict>,
}

impl FaultReport {
    /// The report of what was found.
    pub fn of(
        run: &Run,
        history: &History,
        sights: &Sights,
        truth: &Truth,
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
            frames: (sights.frames, sights.contents.len()),
            stored: [truth.answers.len(), truth.posts.len(), truth.acts.len()],
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

/// The milliseconds to the receipt: of half the commands, of 99 in a hundred, and of all.
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

/// Writes how long it took after the last fault.
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
