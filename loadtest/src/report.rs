//! The report of a run, as text and, with the same figures, as JSON.

use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
};

use serde::Serialize;

use crate::{
    bench::MemoryFigures, broadcast::BroadcastFigures, client::transport::Transport, cross_node::CrossingFigures,
    ledger::Check, lines, phones::JoinFigures, reconnects::CutFigures, slow_readers::SlowReaderFigures,
    vote::VoteFigures,
};

/// Everything that a run found.
#[derive(Clone, Debug, Serialize)]
pub struct Report<S> {
    /// Whether every check held.
    pub ok: bool,
    /// Joining.
    pub join: JoinFigures,
    /// The server's memory, if it can be measured.
    pub memory: Option<MemoryFigures>,
    /// The figures of the scenario.
    #[serde(flatten)]
    pub scenario: S,
    /// CPU time that this program used, in seconds. If it is close to the duration of the run, the
    /// delays are its own.
    pub own_cpu_seconds: f64,
    /// The time that the run took, in seconds.
    pub run_seconds: f64,
    /// All that was checked.
    pub checks: Vec<Check>,
}

/// The report of a room that votes.
#[derive(Clone, Debug, Serialize)]
pub struct VoteReport {
    /// How many phones there were at its end by how their bytes moved.
    pub transports: BTreeMap<Transport, usize>,
    /// The vote.
    pub vote: VoteFigures,
    /// The cost of a broadcast, if it can be measured.
    pub broadcast: Option<BroadcastFigures>,
    /// The same vote with one node and a file, if asked for.
    pub one_node: Option<VoteFigures>,
    /// The way from node to node, where phones are connected to more than one.
    pub crossing: Option<CrossingFigures>,
    /// The bad network, if asked for.
    pub cuts: Option<CutFigures>,
    /// The sleeping phones, if asked for.
    pub slow_readers: Option<SlowReaderFigures>,
    /// Seconds from the order to restart until the last phone was back, where the server is our
    /// own.
    pub restart_seconds: Option<f64>,
}

impl<S: Display> Display for Report<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let JoinFigures { phones, seconds, per_second, each, asked_to_wait } = &self.join;
        writeln!(f, "Join\n  {phones} phones in {seconds:.2} s: {per_second:.0} a second")?;
        lines::percentiles(f, "each phone", each.as_ref())?;
        if *asked_to_wait > 0 {
            writeln!(f, "  {asked_to_wait} requests were told to come again later")?;
        }
        if let Some(MemoryFigures { before, joined, per_phone, per_further_phone }) = &self.memory {
            let (before, joined) = (lines::megabytes(*before), lines::megabytes(*joined));
            writeln!(f, "Memory\n  {before} before, {joined} with all phones: {per_phone:.0} bytes each")?;
            writeln!(f, "  {per_further_phone:.0} bytes for each after the first ones")?;
        }
        self.scenario.fmt(f)?;
        let share = self.own_cpu_seconds / self.run_seconds * 100.0;
        writeln!(f, "This program used {share:.0} % of a core over {:.0} s", self.run_seconds)?;
        lines::checks(f, &self.checks)
    }
}

impl Display for VoteReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.vote.fmt(f)?;
        for (transport, phones) in &self.transports {
            writeln!(f, "  {phones} phones by {}", transport.words())?;
        }
        if let Some(figures) = &self.one_node {
            writeln!(f, "With one node and a file")?;
            figures.fmt(f)?;
        }
        if let Some(figures) = &self.broadcast {
            figures.fmt(f)?;
        }
        if let Some(figures) = &self.crossing {
            figures.fmt(f)?;
        }
        if let Some(figures) = &self.cuts {
            figures.fmt(f)?;
        }
        if let Some(figures) = &self.slow_readers {
            figures.fmt(f)?;
        }
        if let Some(seconds) = self.restart_seconds {
            writeln!(f, "Restart\n  everyone was back after {seconds:.2} s")?;
        }
        Ok(())
    }
}
