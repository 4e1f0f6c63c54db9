//! The fault checker: it starts nodes with Postgres, Redis and HAProxy, simulates people who use
//! them over the public protocol, and breaks everything that can break. It compares what clients
//! did, received and saw with what the database holds: nothing confirmed may be lost or duplicated,
//! nothing may be shown that was never true, and in the end everyone must hold the same.

pub mod check;
pub mod clocks;
pub mod convergence;
pub mod db_snapshot;
pub mod event_setup;
mod full_disk;
pub mod history;
pub mod inject;
pub mod kind;
pub mod leaks;
pub mod mutants;
pub mod observations;
pub mod recorder;
pub mod report;
pub mod schedule;
mod sign_out;
pub mod simulated_users;

use std::{
    ops::Range,
    path::{Path, PathBuf},
    rc::Rc,
    time::Duration,
};

use anyhow::{Context, Result};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use self::{
    check::Verdict,
    clocks::Clocks,
    db_snapshot::DbSnapshot,
    event_setup::{Entrance, EventSetup},
    history::write_lines,
    inject::{Done, Scene},
    kind::Kind,
    leaks::Readings,
    observations::Wrongs,
    recorder::Recorder,
    report::FaultReport,
    schedule::Plan,
    simulated_users::People,
};
use crate::{
    cluster::{Cluster, Options, disk::Disk, postgres::Setup, program::find},
    facilitator::Account,
    http::Address,
};

/// How many events run at the same time.
const EVENTS: [&str; 2] = ["Annual meeting", "Summer school"];

/// The time before the first fault.
const CALM: Duration = Duration::from_secs(2);

/// The default time from one fault to the next, in milliseconds.
pub const GAPS: Range<u64> = 1500..6000;

/// Troubles that clients may note although the server does nothing wrong, because faults look like
/// this from outside.
pub(in crate::faults) const EXPECTED: [&str; 3] =
    ["an attempt to connect got no answer", "answered 408", "closed a connection with Some(1013)"];

/// The options.
#[derive(Clone, Debug)]
pub struct Run {
    /// How many nodes.
    pub nodes: usize,
    /// For how long faults are injected.
    pub time: Duration,
    /// How many phones, each in two events.
    pub phones: usize,
    /// Makes the faults and the people's choices repeatable.
    pub seed: u64,
    /// Which faults.
    pub kinds: Vec<Kind>,
    /// Milliseconds from one fault to the next.
    pub gaps: Range<u64>,
    /// How often each phone acts, as a multiple of the usual rate.
    pub activity_factor: f64,
    /// How long to wait until everything has settled. Taking longer than
    /// [`convergence::CONVERGENCE_LIMIT`] is an error in any case.
    pub time_limit: Duration,
    /// Where to write the histories.
    pub histories: Option<PathBuf>,
    /// The server's program; without one, `parterre` beside this program.
    pub program: Option<PathBuf>,
    /// The deliberate fault of the server, if it was built with the feature `mutants`.
    pub mutant: Option<String>,
    /// Whether the schedule is printed.
    pub aloud: bool,
}

/// Runs it and checks the outcome.
pub async fn run(run: &Run) -> Result<FaultReport> {
    event_setup::fits(run.phones, run.nodes)?;
    let (kinds, disk) = possible(&run.kinds);
    let plan = Plan { time: run.time, nodes: run.nodes, kinds, gaps: run.gaps.clone(), seed: run.seed };
    let faults = plan.faults();
    if run.aloud {
        println!("Seed {}: {} faults within {} s", run.seed, faults.len(), run.time.as_secs());
        faults.iter().for_each(|fault| println!("{fault}"));
    }
    let has = |kind: &Kind| plan.kinds.contains(kind);
    let clocked = [Kind::StepClock, Kind::SkewClock, Kind::StepDatabaseClock].iter().any(has);
    let clocks = if clocked { Some(Clocks::new(run.nodes)?) } else { None };
    let stepped = clocks.as_ref().filter(|_| has(&Kind::StepDatabaseClock));
    let postgres = Setup { disk, env: stepped.map(Clocks::of_postgres).unwrap_or_default() };
    let cluster = Rc::new(start(run, clocks.as_ref(), postgres).await?);
    let recorder = Recorder::new(run.seed);
    let gatherings = gather(run, &cluster, &recorder).await?;
    let readings = Readings::start(cluster.clone(), recorder.clone());

    let until = Instant::now() + CALM + run.time;
    let mut people = everybody(run, &gatherings, &recorder, until);
    sleep(CALM).await;
    let scene = Rc::new(Scene::new(cluster.clone(), clocks, recorder.clone(), gatherings.clone()));
    let done = scene.play(faults).await?;
    // Print at once what could not be healed, because the rest of the run may not end.
    for (fault, error) in done.iter().filter_map(|done| Some((done.fault, done.error.as_ref()?))) {
        eprintln!("{fault}: {error}");
    }
    while people.join_next().await.transpose()?.is_some() {}

    cluster.heal_links();
    let (settled, mut verdicts) = convergence::settle(&gatherings, run.time_limit).await;
    let psql = find("psql", &[]).context("this needs Postgres' client `psql`")?;
    let mut snapshot = DbSnapshot::read(&psql.display().to_string(), &cluster.postgres()?.url()).await?;
    snapshot.recall(&recorder.history.borrow());
    verdicts.push(convergence::last(&gatherings, &recorder.history.borrow(), &snapshot));
    let everyone: Vec<_> = gatherings.iter().flat_map(|gathering| gathering.clients()).collect();
    let (readings, leaks) = readings.end(|| everyone.iter().for_each(|client| client.leave())).await;
    verdicts.extend(check::judge(&recorder.history.borrow(), &recorder.observations.borrow(), &snapshot));
    verdicts.extend([leaks, in_order(&done, &cluster).await, untroubled(&gatherings)]);
    if let Some(folder) = &run.histories {
        write(folder, run, &recorder, &done, &readings, &verdicts)?;
    }
    let (history, observations) = (recorder.history.borrow(), recorder.observations.borrow());
    Ok(FaultReport::of(run, &history, &observations, &snapshot, done, settled, verdicts))
}

/// Those of these faults that can be injected on this machine, and the disk that can be filled.
fn possible(kinds: &[Kind]) -> (Vec<Kind>, Option<Rc<Disk>>) {
    let mut kinds = kinds.to_vec();
    if !kinds.contains(&Kind::FillDisk) {
        return (kinds, None);
    }
    match Disk::mount() {
        Ok(disk) => (kinds, Some(Rc::new(disk))),
        Err(why) => {
            eprintln!("SKIPPED {}: no disk that can be full may be mounted here: {why:#}", Kind::FillDisk);
            kinds.retain(|kind| *kind != Kind::FillDisk);
            (kinds, None)
        }
    }
}

async fn start(run: &Run, clocks: Option<&Clocks>, postgres: Setup) -> Result<Cluster> {
    let environments: Vec<_> = (0..run.nodes)
        .map(|node| {
            let clock = clocks.map(|clocks| clocks.environment(node)).unwrap_or_default();
            let mutant = run.mutant.iter().map(|mutant| ("PARTERRE_MUTANT".to_owned(), mutant.clone()));
            clock.into_iter().chain(mutant).collect::<Vec<_>>()
        })
        .collect();
    Cluster::start(Options {
        nodes: Some(run.nodes),
        proxies: 1,
        venue: None,
        links: true,
        seed: run.seed,
        program: run.program.clone(),
        env: Some(Rc::new(move |node| environments[node].clone())),
        postgres,
    })
    .await
}

/// Creates the events and connects their clients: the same phones to each.
async fn gather(run: &Run, cluster: &Cluster, recorder: &Rc<Recorder>) -> Result<Vec<Rc<EventSetup>>> {
    let through = |name: String, url: String| async move {
        anyhow::Ok(Entrance { name, address: Address::resolve(&url).await? })
    };
    // The first node created the key, so the owner is created there.
    let mut entrances = Vec::new();
    for (number, node) in cluster.nodes().iter().enumerate() {
        entrances.push(through(format!("at node {number}"), node.url()).await?);
    }
    entrances.push(through("through the proxy".to_owned(), cluster.url()).await?);
    let door = entrances.last().context("there is a proxy")?.clone();
    let password = uuid::Uuid::new_v4().to_string();
    let (mut gatherings, mut tokens, mut key) = (Vec::new(), Vec::new(), Some(cluster.owner_key().to_owned()));
    for name in EVENTS {
        let account = Account { key: key.take(), email: "loadtest@example.org".to_owned(), password: password.clone() };
        let gathering = EventSetup::open(recorder, &entrances, &account, name, run.seed).await?;
        tokens = gathering.join(recorder, &door, run.phones, &tokens).await?;
        gatherings.push(Rc::new(gathering));
    }
    Ok(gatherings)
}

/// Starts all simulated users.
fn everybody(run: &Run, gatherings: &[Rc<EventSetup>], recorder: &Rc<Recorder>, until: Instant) -> JoinSet<()> {
    let (mut people, mut rng) = (JoinSet::new(), fastrand::Rng::with_seed(run.seed));
    for gathering in gatherings {
        let mut of_them = || People {
            gathering: gathering.clone(),
            recorder: recorder.clone(),
            rng: rng.fork(),
            until,
            activity_factor: run.activity_factor,
        };
        people.spawn_local(of_them().answer());
        people.spawn_local(of_them().steer());
        for desk in &gathering.moderators {
            people.spawn_local(of_them().moderate(desk.clone()));
        }
    }
    people
}

/// Nodes that were stopped must have exited properly, nodes that were started must have come up,
/// and all must report readiness at the end, but not earlier than they are ready.
async fn in_order(done: &[Done], cluster: &Cluster) -> Verdict {
    let mut wrongs = Wrongs::default();
    for (done, error) in done.iter().filter_map(|done| Some((done, done.error.as_ref()?))) {
        wrongs.note(|| format!("{}: {error}", done.fault));
    }
    for (number, node) in cluster.nodes().iter().enumerate() {
        match node.health().await {
            Ok(health) if health.starts_with("ready") => {}
            other => wrongs.note(|| format!("node {number} in the end: {other:?}")),
        }
    }
    Verdict::of("in-order", "every node comes up, says truly whether it is ready, and ends with 0 when told to", wrongs)
}

/// Troubles that clients noted, apart from those that faults explain.
fn untroubled(gatherings: &[Rc<EventSetup>]) -> Verdict {
    let mut wrongs = Wrongs::default();
    for crowd in gatherings.iter().flat_map(|it| [&it.crowd, &it.others]) {
        let seen = crowd.seen();
        for (what, times) in &seen.troubles {
            if !EXPECTED.iter().any(|expected| what.contains(expected)) {
                wrongs.note(|| format!("{times} × {what}"));
            }
        }
    }
    Verdict::of("by-protocol", "the server did nothing that is not of the protocol", wrongs)
}

fn write(
    folder: &Path,
    run: &Run,
    recorder: &Recorder,
    done: &[Done],
    readings: &[leaks::Reading],
    verdicts: &[Verdict],
) -> Result<()> {
    recorder.history.borrow().write(folder)?;
    write_lines(folder, "faults.jsonl", done)?;
    write_lines(folder, "nodes.jsonl", readings)?;
    write_lines(folder, "verdicts.jsonl", verdicts)?;
    write_lines(folder, "frames.jsonl", recorder.observations.borrow().lines())?;
    write_lines(folder, "run.jsonl", [format!("{run:?}")])
}
