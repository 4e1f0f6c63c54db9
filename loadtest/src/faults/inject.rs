//! Has faults happen, each at its time, and heals them.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    rc::Rc,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tempfile::TempDir;
use tokio::{
    sync::{Mutex, MutexGuard},
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use super::{
    event_setup::EventSetup,
    history::Time,
    recorder::Witness,
    schedule::{Fault, Kind},
};
use crate::cluster::{Cluster, Side, node::Node, postgres::Stop};

/// How long a link that was slow stays cut, so that all that was under way on it is lost.
const BROKEN: Duration = Duration::from_millis(200);

/// How long after its end a node is started again, and for how long that is tried.
const RESTART: Duration = Duration::from_secs(1);
const RESTARTING: Duration = Duration::from_secs(60);

/// The library that gives a program another clock, where Debian has it.
const FAKETIME: &str = "faketime/libfaketime.so.1";

/// A fault that happened.
#[derive(Clone, Debug, Serialize)]
pub struct Done {
    /// Which.
    pub fault: Fault,
    /// When it began.
    pub began: Time,
    /// When it had healed: what was ended is ready again.
    pub healed: Time,
    /// What went wrong with it: a node that did not start, or did not end in order.
    pub error: Option<String>,
}

/// The clocks of the nodes and, behind them, of Postgres: files that say how far off each is.
pub struct Clocks {
    folder: TempDir,
    library: PathBuf,
    nodes: usize,
}

impl Clocks {
    /// Clocks that are right, for so many nodes and for Postgres.
    pub fn new(nodes: usize) -> Result<Self> {
        let folders = fs::read_dir("/usr/lib")?.flatten().map(|entry| entry.path());
        let library = folders.map(|folder| folder.join(FAKETIME)).find(|file| file.is_file());
        let library =
            library.context("this needs libfaketime: install it, for example with `apt-get install faketime`")?;
        // Postgres, another user, reads its own.
        let permissions = Permissions::from_mode(0o755);
        let folder = tempfile::Builder::new().prefix("parterre-clocks-").permissions(permissions).tempdir()?;
        let clocks = Self { folder, library, nodes };
        (0..=nodes).try_for_each(|node| clocks.set(node, "+0"))?;
        Ok(clocks)
    }

    /// The environment in which a node goes by its clock.
    pub fn environment(&self, node: usize) -> Vec<(String, String)> {
        let file = self.file(node).display().to_string();
        let library = self.library.display().to_string();
        let variables = [
            ("LD_PRELOAD", library.as_str()),
            ("FAKETIME_TIMESTAMP_FILE", file.as_str()),
            ("FAKETIME_CACHE_DURATION", "1"),
            // What is measured, and what is waited for, is right: only the time of day is not.
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("FAKETIME_DISABLE_SHM", "1"),
        ];
        variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    /// The environment in which Postgres goes by its own. All its processes see a jump at once, as all of a machine do.
    pub fn of_postgres(&self) -> Vec<(String, String)> {
        let mut environment = self.environment(self.nodes);
        environment.push(("FAKETIME_NO_CACHE".to_owned(), "1".to_owned()));
        environment
    }

    fn file(&self, node: usize) -> PathBuf {
        self.folder.path().join(format!("clock-{node}"))
    }

    /// Sets a clock, in the words of libfaketime: `+0`, `-3600`, `+5 x1.1`.
    fn set(&self, node: usize, offset: &str) -> Result<()> {
        // In one step: a file that is being written could be read.
        let written = self.folder.path().join(format!("written-{node}"));
        fs::write(&written, format!("{offset}\n"))?;
        Ok(fs::rename(written, self.file(node))?)
    }
}

/// Where faults happen.
pub struct Scene {
    /// What is broken.
    pub cluster: Rc<Cluster>,
    /// The nodes' clocks, where they have some.
    pub clocks: Option<Clocks>,
    /// Whose time it is.
    pub witness: Rc<Witness>,
    /// The events, with everybody in them.
    pub gatherings: Vec<Rc<EventSetup>>,
    turns: Turns,
}

/// Of what is ended or halted, whoever is at it.
struct Turns {
    nodes: Vec<Mutex<()>>,
    redis: Mutex<()>,
    postgres: Mutex<()>,
}

impl Scene {
    /// The place where this cluster is broken; its nodes may have clocks of their own.
    pub fn new(
        cluster: Rc<Cluster>,
        clocks: Option<Clocks>,
        witness: Rc<Witness>,
        gatherings: Vec<Rc<EventSetup>>,
    ) -> Self {
        let nodes = cluster.nodes().iter().map(|_| Mutex::default()).collect();
        let turns = Turns { nodes, redis: Mutex::default(), postgres: Mutex::default() };
        Self { cluster, clocks, witness, gatherings, turns }
    }

    /// Nodes that do not run although nobody ends them just now, by their numbers.
    pub(super) fn fallen(&self) -> Vec<usize> {
        let nodes = self.cluster.nodes().iter().zip(&self.turns.nodes).enumerate();
        nodes.filter(|(_, (node, turn))| turn.try_lock().is_ok() && !node.runs()).map(|(number, _)| number).collect()
    }

    /// Waits until nobody else is at what the fault ends or halts. A deploy does so for each node.
    async fn turn(&self, fault: Fault) -> Option<MutexGuard<'_, ()>> {
        let Turns { nodes, redis, postgres } = &self.turns;
        let of = match fault.kind {
            Kind::KillNode | Kind::PauseNode => nodes.get(fault.node?)?,
            Kind::KillRedis | Kind::FlushRedis | Kind::KillSubscriptions | Kind::PauseRedis => redis,
            Kind::RestartPostgresFast | Kind::RestartPostgresImmediate | Kind::PausePostgres | Kind::FillDisk => {
                postgres
            }
            _ => return None,
        };
        Some(of.lock().await)
    }

    /// Has all of them happen, and waits until all have healed.
    pub async fn play(self: Rc<Self>, faults: Vec<Fault>) -> Result<Vec<Done>> {
        let (begin, mut playing) = (Instant::now(), JoinSet::new());
        for fault in faults {
            let scene = self.clone();
            playing.spawn_local(async move {
                sleep_until(begin + Duration::from_millis(fault.at)).await;
                // On a slow machine what is broken may take longer to come back than was planned.
                let turn = scene.turn(fault).await;
                let began = scene.witness.now();
                let error = scene.happen(fault).await.err().map(|error| format!("{error:#}"));
                drop(turn);
                Done { fault, began, healed: scene.witness.now(), error }
            });
        }
        let mut done = playing.join_all().await;
        done.sort_by_key(|done| done.began);
        Ok(done)
    }

    async fn happen(&self, fault: Fault) -> Result<()> {
        let lasts = Duration::from_millis(fault.lasts);
        let node = fault.node.unwrap_or(0);
        let (cluster, redis, postgres) = (&self.cluster, self.cluster.redis()?, self.cluster.postgres()?);
        let link = |side| cluster.link(node, side);
        let slow = || Duration::from_millis(fault.by.unsigned_abs());
        match fault.kind {
            Kind::KillNode => {
                cluster.node(node).kill().await?;
                sleep(lasts).await;
                start(cluster.node(node)).await
            }
            Kind::PauseNode => {
                cluster.node(node).pause()?;
                sleep(lasts).await;
                cluster.node(node).resume()
            }
            Kind::KillRedis => {
                redis.kill().await?;
                sleep(lasts).await;
                redis.start().await
            }
            Kind::FlushRedis => redis.flush().await,
            Kind::KillSubscriptions => redis.end_subscriptions().await,
            Kind::PauseRedis => {
                redis.pause()?;
                sleep(lasts).await;
                redis.resume()
            }
            Kind::RestartPostgresFast => postgres.restart(Stop::Fast).await,
            Kind::RestartPostgresImmediate => postgres.restart(Stop::Immediate).await,
            Kind::PausePostgres => {
                postgres.pause()?;
                sleep(lasts).await;
                postgres.resume()
            }
            Kind::FillDisk => self.fill_disk(lasts).await,
            Kind::StepDatabaseClock => {
                let clocks = self.clocks.as_ref().context("Postgres has no clock of its own")?;
                clocks.set(clocks.nodes, &format!("{:+}", fault.by))?;
                sleep(lasts).await;
                clocks.set(clocks.nodes, "+0")
            }
            Kind::SignOut => self.sign_out(fault).await,
            Kind::CutRedis | Kind::CutPostgres | Kind::CutClients => {
                let link = link(side(fault.kind))?;
                link.cut();
                sleep(lasts).await;
                link.heal();
                Ok(())
            }
            Kind::FreezeRedis | Kind::FreezePostgres | Kind::FreezeClients => {
                let link = link(side(fault.kind))?;
                link.freeze();
                sleep(lasts).await;
                link.heal();
                Ok(())
            }
            Kind::SlowRedis | Kind::SlowPostgres | Kind::SlowClients => {
                let link = link(side(fault.kind))?;
                link.slow(slow(), slow() / 2);
                sleep(lasts).await;
                link.heal();
                Ok(())
            }
            Kind::BreakClients => {
                let link = link(Side::Clients)?;
                link.slow(slow(), slow() / 2);
                sleep(lasts).await;
                link.cut();
                sleep(BROKEN).await;
                link.heal();
                Ok(())
            }
            Kind::StepClock | Kind::SkewClock => {
                let clocks = self.clocks.as_ref().context("the nodes have no clocks of their own")?;
                let speed = if fault.by % 2 == 0 { "x1.05" } else { "x0.95" };
                let speed = if fault.kind == Kind::SkewClock { speed } else { "" };
                clocks.set(node, &format!("{:+} {speed}", fault.by))?;
                sleep(lasts).await;
                clocks.set(node, "+0")
            }
            Kind::Deploy => {
                let mut ended = Vec::new();
                for node in cluster.nodes() {
                    let last_words = node.last_words();
                    let status = node.terminate().await;
                    start(node).await?;
                    ended.push((status, last_words));
                }
                for (status, last_words) in ended {
                    let status = status?;
                    ensure!(status.success(), "a node that was told to stop ended with {status}. {last_words}");
                }
                Ok(())
            }
        }
    }
}

/// Starts a node, as whatever watches over it would: one that ends while it starts, since the database is away just then,
/// is started again.
async fn start(node: &Node) -> Result<()> {
    let deadline = Instant::now() + RESTARTING;
    loop {
        if !node.runs() {
            // What has ended is put away.
            drop(node.kill().await);
            node.launch()?;
        }
        match node.ready().await {
            Err(_) if Instant::now() < deadline => sleep(RESTART).await,
            done => return done,
        }
    }
}

const fn side(kind: Kind) -> Side {
    match kind {
        Kind::CutRedis | Kind::FreezeRedis | Kind::SlowRedis => Side::Redis,
        Kind::CutPostgres | Kind::FreezePostgres | Kind::SlowPostgres => Side::Postgres,
        _ => Side::Clients,
    }
}
