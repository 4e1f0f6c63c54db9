//! What a run found, for people and, with the same figures, as JSON.

use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
};

use serde::Serialize;

use crate::{
    baseline::FloorFigures,
    bench::{KillFigures, MemoryFigures},
    broadcast::{BroadcastFigures, OthersFigures},
    client::line::Transport,
    cross_node::CrossingFigures,
    ledger::Check,
    measure::Percentiles,
    phones::JoinFigures,
    reconnects::CutFigures,
    slow_readers::SleeperFigures,
    vote::VoteFigures,
};

/// Everything that a run found.
#[derive(Clone, Debug, Serialize)]
pub struct Report<S> {
    /// Whether every check held.
    pub ok: bool,
    /// Joining.
    pub join: JoinFigures,
    /// The server's memory, where it can be measured.
    pub memory: Option<MemoryFigures>,
    /// What the room was there for.
    #[serde(flatten)]
    pub scenario: S,
    /// CPU time that this program used, in seconds: where it is near the time that the run took, the delays are its own.
    pub own_cpu_seconds: f64,
    /// The time that the run took, in seconds.
    pub run_seconds: f64,
    /// All that was checked.
    pub checks: Vec<Check>,
}

/// What a room that votes found.
#[derive(Clone, Debug, Serialize)]
pub struct VoteReport {
    /// How many phones there were at its end by how their bytes moved.
    pub transports: BTreeMap<Transport, usize>,
    /// The vote.
    pub vote: VoteFigures,
    /// The cost of a broadcast, where it can be measured.
    pub broadcast: Option<BroadcastFigures>,
    /// The same vote with one node and a file, if asked for.
    pub one_node: Option<VoteFigures>,
    /// The way from node to node, where phones are connected to more than one.
    pub crossing: Option<CrossingFigures>,
    /// The bad network, if asked for.
    pub cuts: Option<CutFigures>,
    /// The sleeping phones, if asked for.
    pub sleepers: Option<SleeperFigures>,
    /// Seconds from the order to restart until the last phone was back, where the server is our own.
    pub restart_seconds: Option<f64>,
}

impl<S: Display> Display for Report<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let JoinFigures { phones, seconds, per_second, each, asked_to_wait } = &self.join;
        writeln!(f, "Join\n  {phones} phones in {seconds:.2} s: {per_second:.0} a second")?;
        line(f, "each phone", each.as_ref())?;
        if *asked_to_wait > 0 {
            writeln!(f, "  {asked_to_wait} requests were told to come again later")?;
        }
        if let Some(MemoryFigures { before, joined, per_phone, per_further_phone }) = &self.memory {
            let (before, joined) = (megabytes(*before), megabytes(*joined));
            writeln!(f, "Memory\n  {before} before, {joined} with all phones: {per_phone:.0} bytes each")?;
            writeln!(f, "  {per_further_phone:.0} bytes for each after the first ones")?;
        }
        self.scenario.fmt(f)?;
        let share = self.own_cpu_seconds / self.run_seconds * 100.0;
        writeln!(f, "This program used {share:.0} % of a core over {:.0} s", self.run_seconds)?;
        checks(f, &self.checks)
    }
}

impl Display for VoteReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        vote(f, &self.vote)?;
        for (transport, phones) in &self.transports {
            writeln!(f, "  {phones} phones by {}", transport.words())?;
        }
        if let Some(figures) = &self.one_node {
            writeln!(f, "With one node and a file")?;
            vote(f, figures)?;
        }
        if let Some(figures) = &self.broadcast {
            figures.fmt(f)?;
        }
        if let Some(figures) = &self.crossing {
            figures.fmt(f)?;
        }
        if let Some(figures) = &self.cuts {
            cuts(f, figures)?;
        }
        if let Some(figures) = &self.sleepers {
            sleepers(f, figures)?;
        }
        if let Some(seconds) = self.restart_seconds {
            writeln!(f, "Restart\n  everyone was back after {seconds:.2} s")?;
        }
        Ok(())
    }
}

fn vote(f: &mut Formatter<'_>, vote: &VoteFigures) -> fmt::Result {
    let VoteFigures { answers, stored, spread, opened_ms, bytes_per_phone, .. } = vote;
    writeln!(f, "Vote\n  {stored} of {answers} answers stored, made over {spread:.1} s")?;
    writeln!(f, "  the poll was on every phone after {opened_ms:.0} ms")?;
    line(f, "receipt", vote.receipts.as_ref())?;
    line(f, "counted on the studio", vote.seen_by_studio.as_ref())?;
    line(f, "counted on the screen", vote.seen_by_screen.as_ref())?;
    line(f, "counted on phones", vote.seen_by_phones.as_ref())?;
    writeln!(f, "  {bytes_per_phone:.0} bytes received by each phone")?;
    if let Some(seconds) = vote.server_cpu_seconds {
        writeln!(f, "  {seconds:.2} s of the server's CPU time")?;
    }
    vote.kill.as_ref().map_or(Ok(()), |kill| kill.fmt(f))
}

impl Display for KillFigures {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { confirmed_before, ready_after, confirmed_after } = self;
        writeln!(
            f,
            "  killed after {confirmed_before} receipts; ready again after {ready_after:.2} s, what was sent before \
             confirmed after {confirmed_after:.2} s"
        )
    }
}

impl Display for BroadcastFigures {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { frames, bytes_per_frame, micros_per_frame, runs, round_ms, floor, ratio, .. } = self;
        writeln!(
            f,
            "Broadcast\n  {frames} frames of {bytes_per_frame:.0} bytes, each round on every phone after {round_ms:.1} ms"
        )?;
        writeln!(f, "  {micros_per_frame:.2} µs of the server's CPU time per frame (runs: {})", list(runs))?;
        if let Some(floor) = floor {
            floor_line(f, floor)?;
        }
        if let Some(ratio) = ratio {
            writeln!(f, "  ratio to the floor {ratio:.2}")?;
        }
        if let Some((redis, postgres)) = self.redis_micros.zip(self.postgres_micros) {
            writeln!(f, "  {redis:.2} µs of Redis’ and {postgres:.2} µs of Postgres’ CPU time per frame beside that")?;
        }
        for (what, others) in
            [("one node with a file", &self.one_node), ("as many nodes, each for itself", &self.apart)]
        {
            if let Some(OthersFigures { micros_per_frame, runs, ratio }) = others {
                writeln!(f, "  {what}: {micros_per_frame:.2} µs per frame (runs: {}), ratio {ratio:.3}", list(runs))?;
            }
        }
        Ok(())
    }
}

fn floor_line(f: &mut Formatter<'_>, floor: &FloorFigures) -> fmt::Result {
    let FloorFigures { connections, bytes, micros_per_write, runs } = floor;
    writeln!(
        f,
        "  floor {micros_per_write:.2} µs per write of {bytes} bytes to {connections} sockets (runs: {})",
        list(runs)
    )
}

fn cuts(f: &mut Formatter<'_>, cuts: &CutFigures) -> fmt::Result {
    let CutFigures { cuts, phases, answers, stored, too_late, current_again, receipts } = cuts;
    writeln!(f, "Bad network\n  {cuts} cuts while the facilitator moved on {phases} times")?;
    writeln!(f, "  {stored} of {answers} answers stored, {too_late} too late")?;
    line(f, "current again", current_again.as_ref())?;
    line(f, "receipt", receipts.as_ref())
}

fn sleepers(f: &mut Formatter<'_>, figures: &SleeperFigures) -> fmt::Result {
    let SleeperFigures { sleepers, slept, current_after_ms, .. } = figures;
    writeln!(f, "Sleepers\n  {sleepers} phones did not read for {slept:.0} s")?;
    line(f, "others before", figures.phones_before.as_ref())?;
    line(f, "others meanwhile", figures.phones_during.as_ref())?;
    line(f, "screen before", figures.screen_before.as_ref())?;
    line(f, "screen meanwhile", figures.screen_during.as_ref())?;
    if let Some(ratio) = figures.ratio {
        writeln!(f, "  the others' p95 was {ratio:.2} times that of before")?;
    }
    let memory = [figures.memory_before, figures.memory_during, figures.memory_after];
    if let [Some(before), Some(during), Some(after)] = memory.map(|bytes| bytes.map(megabytes)) {
        writeln!(f, "  memory {before} before, at most {during} meanwhile, {after} after")?;
    }
    writeln!(f, "  the sleepers were current {current_after_ms:.0} ms after they woke")
}

/// All checks, one a line.
pub fn checks(f: &mut Formatter<'_>, checks: &[Check]) -> fmt::Result {
    writeln!(f, "Checks")?;
    for Check { what, wrong } in checks {
        match wrong {
            None => writeln!(f, "  ok     {what}")?,
            Some(wrong) => writeln!(f, "  WRONG  {what}: {wrong}")?,
        }
    }
    Ok(())
}

/// A line of percentiles, where anything was measured.
pub fn line(f: &mut Formatter<'_>, what: &str, percentiles: Option<&Percentiles>) -> fmt::Result {
    match percentiles {
        Some(percentiles) => writeln!(f, "  {what:<22} {percentiles}"),
        None => Ok(()),
    }
}

impl Display for FloorFigures {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        floor_line(f, self)
    }
}

fn list(figures: &[f64]) -> String {
    figures.iter().map(|figure| format!("{figure:.2}")).collect::<Vec<_>>().join(", ")
}

/// Bytes for people.
pub fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
