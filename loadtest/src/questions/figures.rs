//! The figures of a run with questions, as text and as JSON.

use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
};

use serde::Serialize;

use super::{
    Plan,
    notes::{Bytes, KINDS},
    record::{Record, RecordedAct},
};
use crate::{
    bench::KillFigures,
    broadcast::BroadcastFigures,
    lines,
    measure::{MemoryOverTime, Percentiles},
};

/// The figures.
#[derive(Clone, Debug, Default, Serialize)]
pub struct QuestionFigures {
    /// Its duration in seconds.
    pub over: f64,
    /// Stored commands, by kind.
    pub stored: BTreeMap<String, u64>,
    /// Refused commands, by kind and reason.
    pub refused: BTreeMap<String, u64>,
    /// Questions that were in the moderators' acts, on average.
    pub posts_per_act: f64,
    /// From sending a command on a phone until its receipt.
    pub receipts: Option<Percentiles>,
    /// From sending a moderator's act until its receipt.
    pub act_receipts: Option<Percentiles>,
    /// From sending an act that publishes 20 questions or more until its receipt.
    pub bulk_receipts: Option<Percentiles>,
    /// From the receipt of a vote until the screen showed it counted, while it showed the question.
    pub seen_by_screen: Option<Percentiles>,
    /// From the receipt of a vote until the observed phones showed it counted.
    pub seen_by_phones: Option<Percentiles>,
    /// What each phone received.
    pub bytes: PhoneBytes,
    /// Messages that phones received.
    pub frames: u64,
    /// CPU time of the server during the run, in seconds.
    pub server_cpu_seconds: Option<f64>,
    /// The server's memory.
    pub memory: Option<MemoryOverTime>,
    /// The kill of the server.
    pub kill: Option<KillFigures>,
    /// Questions with several possible counts, because the order of an act and a vote is unknown.
    pub uncertain: usize,
}

/// Bytes that phones received.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PhoneBytes {
    /// The total of each phone.
    pub all: Spread,
    /// By kind.
    pub by_kind: BTreeMap<String, Spread>,
}

/// Bytes of one kind over all phones.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Spread {
    /// The median.
    pub median: u64,
    /// The 99th percentile.
    pub p99: u64,
    /// The maximum.
    pub most: u64,
}

impl PhoneBytes {
    /// The figures of what each phone received.
    pub fn of(phones: &[Bytes]) -> Self {
        let kinds = KINDS.iter().enumerate();
        let kinds = kinds.map(|(nth, kind)| ((*kind).to_owned(), Spread::of(phones.iter().map(|bytes| bytes[nth]))));
        Self { all: Spread::of(phones.iter().map(|bytes| bytes.iter().sum())), by_kind: kinds.collect() }
    }
}

impl Spread {
    fn of(bytes: impl Iterator<Item = u64>) -> Self {
        let mut bytes: Vec<_> = bytes.collect();
        bytes.sort_unstable();
        let at = |share: f64| bytes[((bytes.len() - 1) as f64 * share).ceil() as usize];
        Self { median: at(0.5), p99: at(0.99), most: at(1.0) }
    }
}

impl QuestionFigures {
    /// The figures that the record contains.
    pub fn of(record: &Record, plan: &Plan) -> Self {
        let mut stored = BTreeMap::new();
        for (_, entry) in record.stored() {
            *stored.entry(entry.deed.name().to_owned()).or_default() += 1;
        }
        let published = record.stored().into_iter().filter_map(|(_, entry)| match &entry.deed {
            RecordedAct::Act { publishes, .. } if !publishes.is_empty() => Some(publishes.len()),
            _ => None,
        });
        let published: Vec<_> = published.collect();
        Self {
            over: plan.over.as_secs_f64(),
            stored,
            refused: record.refusals(),
            posts_per_act: published.iter().sum::<usize>() as f64 / published.len().max(1) as f64,
            ..Self::default()
        }
    }
}

/// Everything that a run with questions found.
#[derive(Clone, Debug, Serialize)]
pub struct QuestionReport {
    /// The questions.
    pub questions: QuestionFigures,
    /// The cost of a broadcast, if it can be measured.
    pub broadcast: Option<BroadcastFigures>,
    /// Seconds from the restart command until the last phone was back, if the server is ours.
    pub restart_seconds: Option<f64>,
}

impl Display for QuestionReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.questions.fmt(f)?;
        if let Some(broadcast) = &self.broadcast {
            broadcast.fmt(f)?;
        }
        if let Some(seconds) = self.restart_seconds {
            writeln!(f, "Restart\n  everyone was back after {seconds:.2} s")?;
        }
        Ok(())
    }
}

impl Display for QuestionFigures {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let told = |counts: &BTreeMap<String, u64>| {
            counts.iter().map(|(what, times)| format!("{times} × {what}")).collect::<Vec<_>>().join(", ")
        };
        writeln!(f, "Questions\n  stored within {:.0} s: {}", self.over, told(&self.stored))?;
        writeln!(f, "  refused: {}", told(&self.refused))?;
        writeln!(f, "  {:.0} questions published by an act, on average", self.posts_per_act)?;
        lines::percentiles(f, "receipt", self.receipts.as_ref())?;
        lines::percentiles(f, "receipt of an act", self.act_receipts.as_ref())?;
        lines::percentiles(f, "receipt of a bulk act", self.bulk_receipts.as_ref())?;
        lines::percentiles(f, "counted on the screen", self.seen_by_screen.as_ref())?;
        lines::percentiles(f, "counted on phones", self.seen_by_phones.as_ref())?;
        self.bytes.fmt(f)?;
        if let Some(seconds) = self.server_cpu_seconds {
            let each = seconds * 1e6 / self.frames as f64;
            writeln!(
                f,
                "  {seconds:.2} s of the server’s CPU time in all, {each:.1} µs for each of {} messages",
                self.frames
            )?;
        }
        if let Some(MemoryOverTime { before, peak, after }) = self.memory {
            let (before, peak, after) = (lines::megabytes(before), lines::megabytes(peak), lines::megabytes(after));
            writeln!(f, "  memory {before} before, at most {peak} meanwhile, {after} after")?;
        }
        if self.uncertain > 0 {
            writeln!(f, "  {} counts known but for the order of two things", self.uncertain)?;
        }
        self.kill.as_ref().map_or(Ok(()), |kill| kill.fmt(f))
    }
}

impl Display for PhoneBytes {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let kinds = self.by_kind.iter().filter(|(_, spread)| spread.most > 0);
        for (kind, spread) in kinds.map(|(kind, spread)| (kind.as_str(), spread)).chain([("all", &self.all)]) {
            let Spread { median, p99, most } = spread;
            writeln!(f, "  bytes to a phone, {kind:<22} median {median:>7}   p99 {p99:>7}   most {most:>7}")?;
        }
        Ok(())
    }
}
