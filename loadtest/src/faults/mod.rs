//! The fault checker: it starts nodes with Postgres, Redis and HAProxy, simulates people who use
//! them over the public protocol, and breaks everything that can break. What clients did, received
//! and saw is compared with what the database holds: nothing confirmed may be lost or duplicated,
//! nothing may be shown that never was so, and in the end everyone must hold the same.

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
    db_snapshot::Truth,
    event_setup::{Entrance, EventSetup},
    history::write_lines,
    inject::{Done, Scene},
    kind::Kind,
    leaks::Readings,
    observations::Wrongs,
    recorder::Witness,
    report::FaultReport,
    schedule::Plan,
    simulated_users::People,
};
use crate::{
    cluster::{Cluster, Options, disk::Disk, postgres::Setup, program::find},
    facilitator::Account,
    http::Address,
};

/// Events at the same time.
const EVENTS: [&str; 2] = ["Annual meeting", "Summer school"];

/// How long all goes well before the first fault.
const CALM: Duration = Duration::from_secs(2);

/// Milliseconds from one fault to the next, where nothing else is asked for.
pub const GAPS: Range<u64> = 1500..6000;

/// What clients may note without anything being wrong: what a fault looks like from outside.
pub(in crate::faults) const EXPECTED: [&str; 3] =
    ["an attempt to connect got no answer", "answered 408", "closed a connection with Some(1013)"];

/// The options.
#[derive(Clone, Debug)]
pub struct Run {
    /// How many nodes.
    pub nodes: usize,
    /// For how long there are faults.
    pub time: Duration,
    /// How many phones, each in two events.
    pub phones: usize,
    /// Makes the faults and the people's choices repeatable.
    pub seed: u64,
    /// Which faults.
    pub kinds: Vec<Kind>,
    /// Milliseconds from one fault to the next.
    pub gaps: Range<u64>,
    /// How often each phone does something, against the usual.
    pub haste: f64,
    /// How long to wait until all is settled. What takes longer than
    /// [`convergence::CONVERGENCE_LIMIT`] is wrong in any case.
    pub time_limit: Duration,
    /// Where to write the histories.
    pub histories: Option<PathBuf>,
    /// The server's program; without one, `parterre` beside this program.
    pub program: Option<PathBuf>,
    /// Which fault the server itself is to have, where it was built to have some.
    pub mutant: Option<String>,
    /// Whether the schedule is printed.
    pub aloud: bool,
}

/// Runs it, and judges.
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
    let witness = Witness::new(run.seed);
    let gatherings = gather(run, &cluster, &witness).await?;
    let readings = Readings::start(cluster.clone(), witness.clone());

    let until = Instant::now() + CALM + run.time;
    let mut people = everybody(run, &gatherings, &witness, until);
    sleep(CALM).await;
    let scene = Rc::new(Scene::new(cluster.clone(), clocks, witness.clone(), gatherings.clone()));
    let done = scene.play(faults).await?;
    // What could not be healed is told at once: what follows may not come to its end.
    for (fault, error) in done.iter().filter_map(|done| Some((done.fault, done.error.as_ref()?))) {
        eprintln!("{fault}: {error}");
    }
    while people.join_next().await.transpose()?.is_some() {}

    cluster.heal_links();
    let (settled, mut verdicts) = convergence::settle(&gatherings, run.time_limit).await;
    let psql = find("psql", &[]).context("this needs Postgres' client `psql`")?;
    let mut truth = Truth::read(&psql.display().to_string(), &cluster.postgres()?.url()).await?;
    truth.recall(&witness.history.borrow());
    verdicts.push(convergence::last(&gatherings, &witness.history.borrow(), &truth));
    let everyone: Vec<_> = gatherings.iter().flat_map(|gathering| gathering.clients()).collect();
    let (readings, leaks) = readings.end(|| everyone.iter().for_each(|client| client.leave())).await;
    verdicts.extend(check::judge(&witness.history.borrow(), &witness.sights.borrow(), &truth));
    verdicts.extend([leaks, in_order(&done, &cluster).await, untroubled(&gatherings)]);
    if let Some(folder) = &run.histories {
        write(folder, run, &witness, &done, &readings, &verdicts)?;
    }
    let (history, sights) = (witness.history.borrow(), witness.sights.borrow());
    Ok(FaultReport::of(run, &history, &sights, &truth, done, settled, verdicts))
}

/// Those of these faults that can happen on this machine, and the disk that can be full.
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

/// Makes the events, and has everybody come: the same phones to each.
async fn gather(run: &Run, cluster: &Cluster, witness: &Rc<Witness>) -> Result<Vec<Rc<EventSetup>>> {
    let through = |name: String, url: String| async move {
        anyhow::Ok(Entrance { name, address: Address::resolve(&url).await? })
    };
    // The first node made the key, so the owner is made there.
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
        let gathering = EventSetup::open(witness, &entrances, &account, name, run.seed).await?;
        tokens = gathering.join(witness, &door, run.phones, &tokens).await?;
        gatherings.push(Rc::new(gathering));
    }
    Ok(gatherings)
}

/// Everybody begins.
fn everybody(run: &Run, gatherings: &[Rc<EventSetup>], witness: &Rc<Witness>, until: Instant) -> JoinSet<()> {
    let (mut people, mut rng) = (JoinSet::new(), fastrand::Rng::with_seed(run.seed));
    for gathering in gatherings {
        let mut of_them = || People {
            gathering: gathering.clone(),
            witness: witness.clone(),
            rng: rng.fork(),
            until,
            haste: run.haste,
        };
        people.spawn_local(of_them().answer());
        people.spawn_local(of_them().steer());
        for desk in &gathering.moderators {
            people.spawn_local(of_them().moderate(desk.clone()));
        }
    }
    people
}

/// What was told to stop must have ended in order, what was started must have come up, and all must
/// say that they are ready in the end, and not while they are not.
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

/// Whatever clients found wrong by themselves, but for what faults look like.
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
    witness: &Witness,
    done: &[Done],
    readings: &[leaks::Reading],
    verdicts: &[Verdict],
) -> Result<()> {
    witness.history.borrow().write(folder)?;
    write_lines(folder, "faults.jsonl", done)?;
    write_lines(folder, "nodes.jsonl", readings)?;
    write_lines(folder, "verdicts.jsonl", verdicts)?;
    write_lines(folder, "frames.jsonl", witness.sights.borrow().lines())?;
    write_lines(folder, "run.jsonl", [format!("{run:?}")])
}
