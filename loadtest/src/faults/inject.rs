//! Injects faults, each at its time, and heals them.

use std::{rc::Rc, time::Duration};

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tokio::{
    sync::{Mutex, MutexGuard},
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use super::{
    clocks::Clocks,
    event_setup::EventSetup,
    history::Time,
    kind::{Hits, Kind},
    recorder::Recorder,
    schedule::Fault,
};
use crate::cluster::{Cluster, Side, node::Node, postgres::Stop};

/// How long a slow link stays cut at the end, so that everything in flight on it is lost.
const BROKEN: Duration = Duration::from_millis(200);

/// How soon an ended node is started again, and for how long this is tried.
const RESTART: Duration = Duration::from_secs(1);
const RESTARTING: Duration = Duration::from_secs(60);

/// A fault that happened.
#[derive(Clone, Debug, Serialize)]
pub struct Done {
    /// Which.
    pub fault: Fault,
    /// When it began.
    pub began: Time,
    /// When it had healed: whatever was ended is ready again.
    pub healed: Time,
    /// What went wrong with it: a node that did not start, or did not exit properly.
    pub error: Option<String>,
}

/// What faults are injected into.
pub struct Scene {
    /// The cluster.
    pub cluster: Rc<Cluster>,
    /// The nodes' clocks, if they have clocks of their own.
    pub clocks: Option<Clocks>,
    /// Records what clients do, and defines the time.
    pub recorder: Rc<Recorder>,
    /// The events with all their clients.
    pub gatherings: Vec<Rc<EventSetup>>,
    turns: Turns,
}

/// Held by the fault that ends or pauses a target, one at a time.
struct Turns {
    nodes: Vec<Mutex<()>>,
    redis: Mutex<()>,
    postgres: Mutex<()>,
}

impl Scene {
    /// A scene with this cluster, whose nodes may have clocks of their own.
    pub fn new(
        cluster: Rc<Cluster>,
        clocks: Option<Clocks>,
        recorder: Rc<Recorder>,
        gatherings: Vec<Rc<EventSetup>>,
    ) -> Self {
        let nodes = cluster.nodes().iter().map(|_| Mutex::default()).collect();
        let turns = Turns { nodes, redis: Mutex::default(), postgres: Mutex::default() };
        Self { cluster, clocks, recorder, gatherings, turns }
    }

    /// The numbers of nodes that are not running although no fault has ended them at present.
    pub(super) fn fallen(&self) -> Vec<usize> {
        let nodes = self.cluster.nodes().iter().zip(&self.turns.nodes).enumerate();
        nodes.filter(|(_, (node, turn))| turn.try_lock().is_ok() && !node.runs()).map(|(number, _)| number).collect()
    }

    /// Waits until no other fault holds the target of this one. A deploy does so for each node.
    async fn turn(&self, fault: Fault) -> Option<MutexGuard<'_, ()>> {
        let Turns { nodes, redis, postgres } = &self.turns;
        let of = match fault.kind.hits() {
            Hits::Node => nodes.get(fault.node?)?,
            Hits::Redis => redis,
            Hits::Postgres => postgres,
            _ => return None,
        };
        Some(of.lock().await)
    }

    /// Injects all faults, and waits until all have healed.
    pub async fn play(self: Rc<Self>, faults: Vec<Fault>) -> Result<Vec<Done>> {
        let (begin, mut playing) = (Instant::now(), JoinSet::new());
        for fault in faults {
            let scene = self.clone();
            playing.spawn_local(async move {
                sleep_until(begin + Duration::from_millis(fault.at)).await;
                // On a slow machine, the target of the previous fault may take longer to recover
                // than planned.
                let turn = scene.turn(fault).await;
                let began = scene.recorder.now();
                let error = scene.happen(fault).await.err().map(|error| format!("{error:#}"));
                drop(turn);
                Done { fault, began, healed: scene.recorder.now(), error }
            });
        }
        let mut done = playing.join_all().await;
        done.sort_by_key(|done| done.began);
        Ok(done)
    }

    async fn happen(&self, fault: Fault) -> Result<()> {
        match fault.kind.hits() {
            Hits::Node => self.hit_node(fault).await,
            Hits::Clock => self.set_clock(fault).await,
            Hits::LinkToRedis => self.hit_link(fault, Side::Redis).await,
            Hits::LinkToPostgres => self.hit_link(fault, Side::Postgres).await,
            Hits::LinkToClients => self.hit_link(fault, Side::Clients).await,
            Hits::Redis => self.hit_redis(fault).await,
            Hits::Postgres => self.hit_postgres(fault).await,
            Hits::DatabaseClock => self.step_database_clock(fault).await,
            Hits::Session => self.sign_out(fault).await,
            Hits::AllNodes => self.deploy().await,
        }
    }

    async fn hit_node(&self, fault: Fault) -> Result<()> {
        let node = self.cluster.node(fault.node.unwrap_or(0));
        if fault.kind == Kind::PauseNode {
            node.pause()?;
            sleep(fault.time()).await;
            return node.resume();
        }
        node.kill().await?;
        sleep(fault.time()).await;
        start(node).await
    }

    async fn hit_redis(&self, fault: Fault) -> Result<()> {
        let redis = self.cluster.redis()?;
        match fault.kind {
            Kind::FlushRedis => redis.flush().await,
            Kind::KillSubscriptions => redis.end_subscriptions().await,
            Kind::PauseRedis => {
                redis.pause()?;
                sleep(fault.time()).await;
                redis.resume()
            }
            _ => {
                redis.kill().await?;
                sleep(fault.time()).await;
                redis.start().await
            }
        }
    }

    async fn hit_postgres(&self, fault: Fault) -> Result<()> {
        let postgres = self.cluster.postgres()?;
        match fault.kind {
            Kind::RestartPostgresFast => postgres.restart(Stop::Fast).await,
            Kind::RestartPostgresImmediate => postgres.restart(Stop::Immediate).await,
            Kind::FillDisk => self.fill_disk(fault.time()).await,
            _ => {
                postgres.pause()?;
                sleep(fault.time()).await;
                postgres.resume()
            }
        }
    }

    async fn hit_link(&self, fault: Fault, side: Side) -> Result<()> {
        let link = self.cluster.link(fault.node.unwrap_or(0), side)?;
        match fault.kind {
            Kind::CutRedis | Kind::CutPostgres | Kind::CutClients => link.cut(),
            Kind::FreezeRedis | Kind::FreezePostgres | Kind::FreezeClients => link.freeze(),
            _ => {
                let slow = Duration::from_millis(fault.by.unsigned_abs());
                link.slow(slow, slow / 2);
            }
        }
        sleep(fault.time()).await;
        if fault.kind == Kind::BreakClients {
            link.cut();
            sleep(BROKEN).await;
        }
        link.heal();
        Ok(())
    }

    async fn set_clock(&self, fault: Fault) -> Result<()> {
        let (clocks, node) = (self.clocks.as_ref().context("the nodes have no clocks of their own")?, fault.node);
        let speed = match (fault.kind, fault.by % 2) {
            (Kind::SkewClock, 0) => "x1.05",
            (Kind::SkewClock, _) => "x0.95",
            _ => "",
        };
        clocks.set(node.unwrap_or(0), &format!("{:+} {speed}", fault.by))?;
        sleep(fault.time()).await;
        clocks.set(node.unwrap_or(0), "+0")
    }

    async fn step_database_clock(&self, fault: Fault) -> Result<()> {
        let clocks = self.clocks.as_ref().context("Postgres has no clock of its own")?;
        clocks.set_postgres(&format!("{:+}", fault.by))?;
        sleep(fault.time()).await;
        clocks.set_postgres("+0")
    }

    async fn deploy(&self) -> Result<()> {
        let mut ended = Vec::new();
        for node in self.cluster.nodes() {
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

/// Starts a node as a supervisor would: if it exits during the start because the database is
/// unavailable, it is started again.
async fn start(node: &Node) -> Result<()> {
    let deadline = Instant::now() + RESTARTING;
    loop {
        if !node.runs() {
            // Drops the process that has ended.
            drop(node.kill().await);
            node.launch()?;
        }
        match node.ready().await {
            Err(_) if Instant::now() < deadline => sleep(RESTART).await,
            done => return done,
        }
    }
}
