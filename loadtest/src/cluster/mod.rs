//! A Parterre for one run: a single node with a file, or several with a Postgres, a Redis and
//! HAProxies in front, all as processes on this machine with their own folders and ports.
//! Everything ends with the run, however it ends.
//!
//! With `links`, there is a [`FaultProxy`] between each node and Redis, each node and Postgres, and
//! the HAProxies and each node. It can cut, freeze or slow the link.

pub mod disk;
pub mod fault_proxy;
pub mod haproxy;
pub mod node;
pub mod postgres;
pub mod program;
pub mod redis;

use std::{fs::Permissions, os::unix::fs::PermissionsExt, path::PathBuf, rc::Rc, time::Duration};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use self::{
    fault_proxy::FaultProxy,
    haproxy::{HaProxy, Venue},
    node::Node,
    postgres::{Postgres, Setup},
    program::folder,
    redis::Redis,
};
use crate::measure::{Process, Processes};

/// Environment variables of a node, by its number.
pub type Environment = Rc<dyn Fn(usize) -> Vec<(String, String)>>;

/// What to start.
#[derive(Clone, Default)]
pub struct Options {
    /// How many nodes with Postgres and Redis; none for one node with a file.
    pub nodes: Option<usize>,
    /// How many HAProxies before them; one takes as many phones as [`haproxy::CONNECTIONS`].
    pub proxies: usize,
    /// What they let through, if they simulate a venue's proxy.
    pub venue: Option<Venue>,
    /// Whether there are links.
    pub links: bool,
    /// Makes random choices repeatable.
    pub seed: u64,
    /// The server's program; without one, `parterre` beside this program.
    pub program: Option<PathBuf>,
    /// Further environment variables of each node.
    pub env: Option<Environment>,
    /// Special options of Postgres.
    pub postgres: Setup,
}

impl Options {
    fn program(&self) -> Result<PathBuf> {
        let program = match &self.program {
            Some(program) => program.clone(),
            None => std::env::current_exe()?.with_file_name("parterre"),
        };
        let path = program.display();
        ensure!(program.exists(), "there is no server at {path}: run `cargo build --release --workspace` first");
        Ok(program)
    }

    /// The settings of a node that reaches Redis and Postgres at these ports, if there are such.
    fn settings(&self, number: usize, ports: Option<(u16, u16)>) -> Vec<(String, String)> {
        let mut settings = Vec::new();
        if let Some((redis, postgres)) = ports {
            settings.push(("DATABASE_URL".to_owned(), postgres::url(postgres)));
            settings.push(("REDIS_URL".to_owned(), format!("redis://127.0.0.1:{redis}")));
        }
        settings.extend(self.env.as_ref().map(|env| env(number)).unwrap_or_default());
        settings
    }
}

/// The two ends of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The node and Redis.
    Redis,
    /// The node and Postgres.
    Postgres,
    /// The proxies, which are its clients, and the node.
    Clients,
}

/// Everything that runs.
pub struct Cluster {
    proxies: Vec<HaProxy>,
    nodes: Vec<Rc<Node>>,
    shared: Option<Shared>,
    links: Vec<Links>,
    owner_key: String,
    /// Goes last.
    _folder: TempDir,
}

/// What nodes share.
struct Shared {
    redis: Redis,
    postgres: Postgres,
}

impl Shared {
    /// The ports of Redis and of Postgres.
    fn ports(&self) -> (u16, u16) {
        (self.redis.port(), self.postgres.port())
    }
}

/// The links of one node.
struct Links {
    redis: FaultProxy,
    postgres: FaultProxy,
    clients: FaultProxy,
}

impl Cluster {
    /// Starts it all, and waits until every node is ready.
    pub async fn start(options: Options) -> Result<Self> {
        ensure!(options.nodes != Some(0), "there must be a node");
        let program = options.program()?;
        let own = own_folder()?;
        let shared = match options.nodes {
            Some(_) => Some(Shared {
                redis: Redis::run(folder(own.path(), "redis")?).await?,
                postgres: Postgres::run(folder(own.path(), "postgres")?, options.postgres.clone()).await?,
            }),
            None => None,
        };
        let (mut nodes, mut links) = (Vec::new(), Vec::new());
        for number in 0..options.nodes.unwrap_or(1) {
            let seed = options.seed.wrapping_add(3 * number as u64);
            let mut ports = shared.as_ref().map(Shared::ports);
            let towards = match ports.filter(|_| options.links) {
                Some((redis, postgres)) => {
                    Some((FaultProxy::to(redis, seed).await?, FaultProxy::to(postgres, seed + 1).await?))
                }
                None => None,
            };
            if let Some((redis, postgres)) = &towards {
                ports = Some((redis.port(), postgres.port()));
            }
            let node = Node::new(number, &program, own.path(), options.settings(number, ports))?;
            if let Some((redis, postgres)) = towards {
                links.push(Links { redis, postgres, clients: FaultProxy::to(node.port(), seed + 2).await? });
            }
            nodes.push(Rc::new(node));
        }
        let owner_key = start_all(&nodes).await?;
        let mut cluster = Self { proxies: Vec::new(), nodes, shared, links, owner_key, _folder: own };
        cluster.put_proxies(options.proxies, options.venue).await?;
        Ok(cluster)
    }

    async fn put_proxies(&mut self, proxies: usize, venue: Option<Venue>) -> Result<()> {
        let direct = self.nodes.iter().map(|node| node.port());
        let linked = self.links.iter().map(|links| links.clients.port());
        let ports: Vec<_> = if self.links.is_empty() { direct.collect() } else { linked.collect() };
        for number in 0..proxies {
            let folder = folder(self._folder.path(), &format!("haproxy-{number}"))?;
            self.proxies.push(HaProxy::run(&folder, &ports, venue).await?);
        }
        Ok(())
    }

    /// The address for clients: that of the first proxy, or of the first node if there is none.
    pub fn url(&self) -> String {
        self.urls().swap_remove(0)
    }

    /// The addresses over which clients are to be spread: all proxies', or all nodes' where there
    /// is none.
    pub fn urls(&self) -> Vec<String> {
        match &self.proxies[..] {
            [] => self.nodes.iter().map(|node| node.url()).collect(),
            proxies => proxies.iter().map(HaProxy::url).collect(),
        }
    }

    /// A node. It can be held beside the cluster.
    pub fn node(&self, number: usize) -> &Rc<Node> {
        &self.nodes[number]
    }

    /// All nodes.
    pub fn nodes(&self) -> &[Rc<Node>] {
        &self.nodes
    }

    /// Their Redis.
    pub fn redis(&self) -> Result<&Redis> {
        self.shared.as_ref().map(|shared| &shared.redis).context("there is no Redis")
    }

    /// Their Postgres.
    pub fn postgres(&self) -> Result<&Postgres> {
        self.shared.as_ref().map(|shared| &shared.postgres).context("there is no Postgres")
    }

    /// A link of a node.
    pub fn link(&self, node: usize, side: Side) -> Result<&FaultProxy> {
        let links = self.links.get(node).context("there are no links")?;
        Ok(match side {
            Side::Redis => &links.redis,
            Side::Postgres => &links.postgres,
            Side::Clients => &links.clients,
        })
    }

    /// Heals every link.
    pub fn heal_links(&self) {
        self.links.iter().flat_map(|it| [&it.redis, &it.postgres, &it.clients]).for_each(FaultProxy::heal);
    }

    /// The key of the setup link, to create the owner at the first node.
    pub fn owner_key(&self) -> &str {
        &self.owner_key
    }

    /// The nodes that run, to be measured together.
    pub fn processes(&self) -> Processes {
        self.nodes.iter().filter_map(|node| node.process().ok()).collect()
    }

    /// CPU time of Redis until now. Zero if it is down or missing.
    pub fn redis_cpu(&self) -> Duration {
        family(self.shared.as_ref().and_then(|shared| shared.redis.process().ok()))
    }

    /// CPU time of Postgres until now, with all its processes; nothing while it is down or where
    /// there is none.
    pub fn postgres_cpu(&self) -> Duration {
        family(self.shared.as_ref().and_then(|shared| shared.postgres.process().ok()))
    }

    /// CPU time of the proxies until now.
    pub fn proxies_cpu(&self) -> Duration {
        family(self.proxies.iter().filter_map(|proxy| proxy.process().ok()))
    }
}

fn family(processes: impl IntoIterator<Item = Process>) -> Duration {
    processes.into_iter().filter_map(|process| process.cpu_of_family().ok()).sum()
}

fn own_folder() -> Result<TempDir> {
    // Another user, Postgres, must get into its own part of it.
    let mode = Permissions::from_mode(0o711);
    Ok(tempfile::Builder::new().prefix("parterre-loadtest-").permissions(mode).tempdir()?)
}

/// Starts all nodes and waits until they are ready. Returns the key of the setup link.
async fn start_all(nodes: &[Rc<Node>]) -> Result<String> {
    // The first node creates the tables, and the key of its setup link is the one to use.
    nodes[0].start().await?;
    let owner_key = nodes[0].owner_key().await?;
    nodes[1..].iter().try_for_each(|node| node.launch())?;
    for node in nodes {
        node.ready().await?;
    }
    Ok(owner_key)
}

#[cfg(test)]
mod tests {
    use tokio::task::LocalSet;

    use super::{postgres::Stop, *};

    fn runs(process: Process) -> bool {
        process.memory().is_ok()
    }

    #[tokio::test]
    async fn redis_and_postgres_come_back_and_end_with_their_owner() {
        LocalSet::new()
            .run_until(async {
                let own = tempfile::Builder::new().permissions(Permissions::from_mode(0o711)).tempdir().unwrap();
                let redis = Redis::run(folder(own.path(), "redis").unwrap()).await.unwrap();
                redis.flush().await.unwrap();
                redis.kill().await.unwrap();
                assert!(redis.process().is_err() && redis.flush().await.is_err());
                redis.start().await.unwrap();
                redis.flush().await.unwrap();

                let postgres = Postgres::run(folder(own.path(), "postgres").unwrap(), Setup::default()).await.unwrap();
                for how in [Stop::Fast, Stop::Immediate] {
                    let before = postgres.process().unwrap();
                    postgres.restart(how).await.unwrap();
                    assert!(!runs(before));
                }
                let last = postgres.process().unwrap();
                assert!(runs(last));
                drop(postgres);
                assert!(!runs(last));
            })
            .await;
    }
}
