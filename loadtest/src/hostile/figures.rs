//! What attacks did to the room and the server, and what of it is too much.

use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
    time::Duration,
};

use serde::Serialize;

use super::{
    Plan,
    admission::ADMISSION_LIMIT,
    attack::{Attack, Done},
};
use crate::{
    ledger::Checks,
    lines,
    measure::{MemoryOverTime, Percentiles, median},
};

/// Receipts may take this many times as long as without an attack.
const MOST_TIMES: f64 = 2.0;
/// Nobody notices a delay up to this one; the kernel's own time slices are about as long.
const UNNOTICED_MS: f64 = 20.0;
/// How much more memory the server may use during an attack than before.
const MORE_MEMORY: u64 = 48 << 20;
/// What passwords are hashed in: 19 MiB each, two at a time, those of strangers and those of
/// browsers that are known.
const HASHING: u64 = 2 * (19 << 20);

/// The report.
#[derive(Clone, Debug, Serialize)]
pub struct HostileFigures {
    /// From making an answer until its receipt in all quiet turns.
    pub quiet: Option<Percentiles>,
    /// Each attack.
    pub attacks: Vec<AttackFigures>,
    /// Answers confirmed as stored.
    pub stored: u64,
}

/// How an attack went.
#[derive(Clone, Debug, Serialize)]
pub struct AttackFigures {
    /// Which.
    pub attack: Attack,
    /// What the attackers did, in all its turns.
    pub done: Done,
    /// From making an answer until its receipt meanwhile.
    pub receipts: Option<Percentiles>,
    /// 99 of 100 receipts against those of the quiet turn before, in each turn.
    pub ratios: Vec<f64>,
    /// The server's memory before, in bytes.
    pub memory_before: u64,
    /// The most during it.
    pub memory_peak: u64,
    /// CPU time of the server for each request that was answered, in microseconds, with that of the
    /// room.
    pub micros_per_request: Option<f64>,
    /// How long it took the studio, a screen of the facilitator, a phone and a sign-in to get in
    /// meanwhile, in milliseconds.
    pub entries_ms: Vec<(&'static str, f64)>,
}

/// The measurements of one round of an attack.
pub(super) struct Turn {
    /// What the attackers did.
    pub(super) done: Done,
    /// The receipts of the quiet turn before.
    pub(super) before: Option<Percentiles>,
    /// The receipts meanwhile.
    pub(super) during: Option<Percentiles>,
    /// The server's memory.
    pub(super) memory: MemoryOverTime,
    /// CPU time of the server.
    pub(super) cpu: Duration,
    /// Who came in meanwhile.
    pub(super) entries: Vec<(&'static str, f64)>,
}

impl AttackFigures {
    pub(super) const fn new(attack: Attack) -> Self {
        let done = Done { statuses: BTreeMap::new(), unanswered: 0, held: 0 };
        Self {
            attack,
            done,
            receipts: None,
            ratios: Vec::new(),
            memory_before: 0,
            memory_peak: 0,
            micros_per_request: None,
            entries_ms: Vec::new(),
        }
    }

    /// Adds one turn of the attack.
    pub(super) fn add(&mut self, turn: Turn) {
        let Turn { done, before, during, memory, cpu, entries } = turn;
        let answered: u64 = done.statuses.values().sum();
        self.done.add(done);
        self.memory_before = if self.memory_before == 0 { memory.before } else { self.memory_before };
        self.memory_peak = self.memory_peak.max(memory.peak);
        self.micros_per_request = (answered > 0).then(|| cpu.as_secs_f64() * 1e6 / answered as f64);
        for (who, ms) in entries {
            match self.entries_ms.iter_mut().find(|(known, _)| *known == who) {
                Some((_, most)) => *most = most.max(ms),
                None => self.entries_ms.push((who, ms)),
            }
        }
        if let (Some(before), Some(during)) = (before, during) {
            self.ratios.push(during.p99 / before.p99.max(UNNOTICED_MS / MOST_TIMES));
        }
        self.receipts = match (self.receipts, during) {
            (Some(one), Some(other)) => typical(&[one, other, other]),
            (one, other) => one.or(other),
        };
    }

    /// Checks that nobody in the room noticed the attack, and that the server did not suffer.
    pub(super) fn check(&self, checks: &Checks, plan: &Plan) {
        let Self { attack, ratios, memory_before, memory_peak, entries_ms, done, receipts, .. } = self;
        let name = attack.name();
        let ratio = if ratios.is_empty() { f64::INFINITY } else { median(odd(ratios)) };
        let p99 = receipts.map_or(f64::INFINITY, |it| it.p99);
        checks.note(
            format!("{name}: receipts take at most {MOST_TIMES} times as long"),
            (ratio > MOST_TIMES).then(|| format!("{ratio:.2} times ({p99:.0} ms)")),
        );
        let grown = memory_peak.saturating_sub(*memory_before);
        let may = MORE_MEMORY
            + match attack {
                // They are connections of the number that the server is set to hold.
                Attack::Screens => plan.connections as u64 * 16 * 1024,
                Attack::Passwords => HASHING,
                _ => 0,
            };
        checks.note(
            format!("{name}: the memory stays within {} of before", lines::megabytes(may)),
            (grown > may).then(|| format!("it grew by {}", lines::megabytes(grown))),
        );
        let late = entries_ms.iter().find(|(_, ms)| *ms > ADMISSION_LIMIT.as_secs_f64() * 1000.0);
        checks.note(
            format!("{name}: who steers gets in within {} s", ADMISSION_LIMIT.as_secs_f64()),
            late.map(|(who, ms)| format!("{who} took {ms:.0} ms")),
        );
        let failed: Vec<_> = done.statuses.iter().filter(|(status, _)| matches!(status, 500 | 502 | 504)).collect();
        checks.note(
            format!("{name}: no request failed inside the server"),
            (!failed.is_empty()).then(|| format!("{failed:?}")),
        );
    }
}

/// The middle of several measurements.
pub(super) fn typical(measured: &[Percentiles]) -> Option<Percentiles> {
    let middle = |of: fn(&Percentiles) -> f64| median(measured.iter().map(of).collect());
    (!measured.is_empty()).then(|| Percentiles {
        count: measured.iter().map(|it| it.count).sum(),
        p50: middle(|it| it.p50),
        p95: middle(|it| it.p95),
        p99: middle(|it| it.p99),
        max: measured.iter().map(|it| it.max).fold(0.0, f64::max),
    })
}

/// An odd number of figures, for which there is a middle one.
fn odd(figures: &[f64]) -> Vec<f64> {
    let mut figures = figures.to_vec();
    if figures.len().is_multiple_of(2) {
        figures.sort_by(f64::total_cmp);
        // The more favourable one of the two in the middle is left out.
        figures.remove(figures.len() / 2 - 1);
    }
    figures
}

impl Display for HostileFigures {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "Strangers\n  {} answers of the room and questions were stored", self.stored)?;
        lines::percentiles(f, "receipt, quiet", self.quiet.as_ref())?;
        self.attacks.iter().try_for_each(|attack| attack.fmt(f))
    }
}

impl Display for AttackFigures {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { attack, done, receipts, ratios, memory_before, memory_peak, micros_per_request, entries_ms } = self;
        lines::percentiles(f, &attack.name(), receipts.as_ref())?;
        let ratios: Vec<_> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
        let statuses: Vec<_> = done.statuses.iter().map(|(status, count)| format!("{count} × {status}")).collect();
        let entries: Vec<_> = entries_ms.iter().map(|(who, ms)| format!("{who} {ms:.0} ms")).collect();
        let micros = micros_per_request.map(|micros| format!(", {micros:.0} µs of CPU a request with the room's"));
        writeln!(
            f,
            "    times {}; memory {} → {}; {}, {} held, {} without an answer{}",
            ratios.join(", "),
            lines::megabytes(*memory_before),
            lines::megabytes(*memory_peak),
            if statuses.is_empty() { "no answers".to_owned() } else { statuses.join(", ") },
            done.held,
            done.unanswered,
            micros.unwrap_or_default(),
        )?;
        writeln!(f, "    in meanwhile: {}", entries.join(", "))
    }
}
