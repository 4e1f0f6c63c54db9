//! The broadcast: the cost of sending a frame to every phone, compared with the minimum cost.

use std::{
    fmt::{self, Display, Formatter},
    slice,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use serde::Serialize;

use crate::{
    baseline::{Floor, FloorFigures},
    bench::{Bench, poll},
    lines,
    measure::{Processes, median},
    progress,
    topic_cache::hash,
};

/// Deliveries to everyone in one run.
const ROUNDS: u32 = 10;

/// Runs, each followed by one of the floor; the median counts. Machines are noisy, and many short
/// turns meet the same noise.
const RUNS: usize = 9;

/// A title of this length makes the frame about 200 bytes.
const TITLE_CHARS: usize = 105;

/// The highest cost per frame of several nodes, as a multiple of the cost of as many independent
/// nodes. A single node is no fair comparison: it has all cores and caches for itself, so
/// independent nodes cost 1.1 times as much as well.
const MAX_RATIO: f64 = 1.05;

/// What is measured in alternation with the server.
#[derive(Clone, Copy, Default)]
pub struct Beside<'a> {
    /// The floor.
    pub floor: bool,
    /// One node with a file, with as many phones and a poll on stage.
    pub one_node: Option<&'a Bench>,
    /// As many nodes as are measured, each for itself with a file and its part of the phones: what
    /// that many processes cost on one machine although they have nothing to do with each other.
    pub apart: &'a [Bench],
}

/// What broadcasting costs.
#[derive(Clone, Debug, Serialize)]
pub struct BroadcastFigures {
    /// Frames delivered in all runs.
    pub frames: u64,
    /// Bytes of a frame on the wire, on average.
    pub bytes_per_frame: f64,
    /// The server's CPU time per delivered frame, in microseconds: the median of the runs.
    pub micros_per_frame: f64,
    /// The figure of each run.
    pub runs: Vec<f64>,
    /// Milliseconds from the facilitator's press until the last phone had the frame, on average.
    pub round_ms: f64,
    /// The floor, measured in turns with the server.
    pub floor: Option<FloorFigures>,
    /// The server's figure divided by the floor's: the median of the turns.
    pub ratio: Option<f64>,
    /// CPU time of Redis per delivered frame, in microseconds, where the nodes have one: the median
    /// of the runs.
    pub redis_micros: Option<f64>,
    /// The same of Postgres.
    pub postgres_micros: Option<f64>,
    /// One node with a file, measured in turns with the server.
    pub one_node: Option<OthersFigures>,
    /// As many nodes apart from each other, measured in turns with the server.
    pub apart: Option<OthersFigures>,
}

/// What broadcasting costs others.
#[derive(Clone, Debug, Serialize)]
pub struct OthersFigures {
    /// Their CPU time per delivered frame, in microseconds: the median of the runs.
    pub micros_per_frame: f64,
    /// The figure of each run.
    pub runs: Vec<f64>,
    /// The figure of the nodes divided by this one: the median of the turns.
    pub ratio: f64,
}

struct Run {
    frames: u64,
    redis_micros: f64,
    postgres_micros: f64,
    bytes: u64,
    micros_per_frame: f64,
    seconds: f64,
}

/// Causes one frame for each phone and waits until every phone has it. Called with a different
/// number every time.
pub trait Press {
    /// Once.
    fn press(&self, bench: &Bench, time: u64) -> impl Future<Output = Result<()>>;
}

/// Has the same done again and again, one frame for each phone, each round when every phone has the
/// one before.
pub async fn run(bench: &Bench, what: &impl Press, beside: Beside<'_>) -> Result<Option<BroadcastFigures>> {
    if bench.processes().is_none() {
        return Ok(None);
    }
    let figures = Turns::measure(bench, what, beside).await?.figures(bench);
    if let Some(OthersFigures { ratio, .. }) = figures.apart {
        let wrong = (ratio > MAX_RATIO).then(|| format!("it is {ratio:.3} times that"));
        let what = format!(
            "a delivered frame costs the nodes at most {MAX_RATIO} times what it costs as many that are each for itself"
        );
        bench.checks.note(what, wrong);
    }
    Ok(Some(figures))
}

/// The alternating measurements.
#[derive(Default)]
struct Turns {
    /// The server.
    runs: Vec<Run>,
    /// The baseline, in microseconds per write, if it is measured.
    floors: Vec<f64>,
    /// Bytes of each of its writes.
    floor_bytes: usize,
    /// One node with a file, in microseconds for each frame.
    one_node: Vec<f64>,
    /// Nodes apart from each other.
    apart: Vec<f64>,
}

impl Turns {
    async fn measure(bench: &Bench, what: &impl Press, beside: Beside<'_>) -> Result<Self> {
        let bar = progress::bar("broadcasting", RUNS);
        let mut floor = if beside.floor { Some(Floor::start(bench.phones.all.len()).await?) } else { None };
        let mut turns = Self::default();
        for _ in 0..RUNS {
            let run = broadcast(slice::from_ref(&bench), what).await?;
            if let Some(floor) = &mut floor {
                turns.floor_bytes = (run.bytes / run.frames) as usize;
                turns.floors.push(floor.run(turns.floor_bytes, ROUNDS).await?);
            }
            turns.runs.push(run);
            if let Some(one_node) = beside.one_node {
                turns.one_node.push(broadcast(&[one_node], what).await?.micros_per_frame);
            }
            if !beside.apart.is_empty() {
                let all: Vec<_> = beside.apart.iter().collect();
                turns.apart.push(broadcast(&all, what).await?.micros_per_frame);
            }
            bar.inc(1);
        }
        Ok(turns)
    }

    fn figures(self, bench: &Bench) -> BroadcastFigures {
        let runs: Vec<_> = self.runs.iter().map(|run| run.micros_per_frame).collect();
        let ratio_to = |others: &[f64]| median(runs.iter().zip(others).map(|(server, other)| server / other).collect());
        let others = |runs: Vec<f64>| {
            let any = !runs.is_empty();
            any.then(|| OthersFigures { micros_per_frame: median(runs.clone()), ratio: ratio_to(&runs), runs })
        };
        let shared = bench.cluster.as_ref().is_some_and(|cluster| cluster.redis().is_ok());
        let per_frame = |of: fn(&Run) -> f64| shared.then(|| median(self.runs.iter().map(of).collect()));
        let sum = |of: fn(&Run) -> u64| self.runs.iter().map(of).sum::<u64>();
        let seconds: f64 = self.runs.iter().map(|run| run.seconds).sum();
        let has_floor = !self.floors.is_empty();
        BroadcastFigures {
            frames: sum(|run| run.frames),
            bytes_per_frame: sum(|run| run.bytes) as f64 / sum(|run| run.frames) as f64,
            micros_per_frame: median(runs.clone()),
            round_ms: seconds * 1000.0 / (RUNS as f64 * f64::from(ROUNDS)),
            ratio: has_floor.then(|| ratio_to(&self.floors)),
            floor: has_floor.then(|| FloorFigures {
                connections: bench.phones.all.len(),
                bytes: self.floor_bytes,
                micros_per_write: median(self.floors.clone()),
                runs: self.floors.clone(),
            }),
            redis_micros: per_frame(|run| run.redis_micros),
            postgres_micros: per_frame(|run| run.postgres_micros),
            one_node: others(self.one_node.clone()),
            apart: others(self.apart.clone()),
            runs: runs.clone(),
        }
    }
}

/// One run in these rooms, each round in all of them at once.
async fn broadcast(benches: &[&Bench], what: &impl Press) -> Result<Run> {
    let processes: Vec<_> = benches.iter().map(|bench| bench.processes()).collect::<Option<_>>().unwrap_or_default();
    let processes: Processes = processes.into_iter().flatten().collect();
    ensure!(!processes.is_empty(), "there is no process to measure");
    let count = || {
        let seen = benches.iter().map(|bench| bench.phones.crowd.seen());
        seen.fold((0, 0), |(frames, bytes), seen| (frames + seen.frames, bytes + seen.bytes))
    };
    let cluster = || benches.iter().find_map(|bench| bench.cluster.as_ref());
    let shared = || cluster().map_or_else(Default::default, |it| (it.redis_cpu(), it.postgres_cpu()));
    let ((frames, bytes), start, before) = (count(), std::time::Instant::now(), shared());
    let cpu = processes.cpu()?;
    for round in 0..ROUNDS {
        try_join_all(benches.iter().map(|bench| what.press(bench, frames + u64::from(round)))).await?;
    }
    let cpu = processes.cpu_since(&cpu)?;
    let frames = count().0 - frames;
    let (seconds, after) = (start.elapsed().as_secs_f64(), shared());
    let each = |cpu: Duration| cpu.as_secs_f64() * 1e6 / frames as f64;
    Ok(Run {
        frames,
        bytes: count().1 - bytes,
        micros_per_frame: each(cpu),
        redis_micros: each(after.0.saturating_sub(before.0)),
        postgres_micros: each(after.1.saturating_sub(before.1)),
        seconds,
    })
}

/// Rewords the poll of the vote, which is on stage: a frame of about 200 bytes.
pub struct Reword;

impl Press for Reword {
    async fn press(&self, bench: &Bench, time: u64) -> Result<()> {
        let activity = bench.facilitator.stage()?.activity.context("nothing is on stage")?.id;
        let title = title(time);
        bench.facilitator.reword(activity, &poll(&title, 4)).await?;
        let hash = hash(&title);
        bench.all_hold("every phone to get the new title", |scene| scene.title == hash).await
    }
}

/// A title that no phone has seen; its last character is no space, which the server would take
/// away.
fn title(time: u64) -> String {
    let title = format!("Round {time}: ");
    let missing = TITLE_CHARS.saturating_sub(title.len() + 1);
    let filler: String =
        "where should next year’s gathering be held, and why there? ".repeat(3).chars().take(missing).collect();
    format!("{title}{filler}?")
}

impl Display for BroadcastFigures {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { frames, bytes_per_frame, micros_per_frame, runs, round_ms, floor, ratio, .. } = self;
        writeln!(
            f,
            "Broadcast\n  {frames} frames of {bytes_per_frame:.0} bytes, each round on every phone after {round_ms:.1} ms"
        )?;
        writeln!(f, "  {micros_per_frame:.2} µs of the server's CPU time per frame (runs: {})", lines::list(runs))?;
        if let Some(floor) = floor {
            floor.fmt(f)?;
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
                writeln!(
                    f,
                    "  {what}: {micros_per_frame:.2} µs per frame (runs: {}), ratio {ratio:.3}",
                    lines::list(runs)
                )?;
            }
        }
        Ok(())
    }
}
