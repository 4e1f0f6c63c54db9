//! Builds all parts, listens, and stops in two steps: announce, then drain.

mod data;
mod serve;
mod socket;
mod start_error;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use actix_server::ServerHandle;
use actix_web::web::Data;
use parterre_live::{
    bus::{Bus, LocalBus, RedisBus, seal::Seal},
    connection::LINGER_SECONDS,
    heartbeat,
    hub::Hub,
};
use parterre_store::Store;
use parterre_system::{clock::Clock, metrics::Metrics};
use tokio::{
    task::AbortHandle,
    time::{sleep, timeout},
};

use self::{
    data::{lock, open_store},
    serve::serve,
    socket::{bind_socket, families, share_out},
};
pub use self::{serve::NOISE, start_error::StartError};
use crate::{
    acceptor::Acceptor,
    allocator,
    config::{Config, TlsMode},
    jobs::{self, runner::Runner},
    lan,
    lock::Lock,
    origin::{Origin, Scheme},
    security_log,
    state::{AppState, Unreachable},
    tls::{Acme, Certificate},
};

/// How long the last connections may take to close when the server stops.
const LAST_WORDS: Duration = Duration::from_secs(LINGER_SECONDS as u64);
/// How long the last commit may take when the server stops.
const LAST_COMMIT: Duration = Duration::from_secs(5);

/// A server that listens.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    state: Data<AppState>,
    /// `None` if the database is this node's alone.
    heartbeat: Option<heartbeat::Handle>,
    /// What has the certificate renewed.
    renewal: Option<AbortHandle>,
    /// What keeps other servers off the data, for as long as this one runs.
    _locks: Vec<Lock>,
    handle: ServerHandle,
    running: tokio::task::JoinHandle<io::Result<()>>,
}

impl Server {
    /// Opens the database, listens and serves. Port 0 uses a free one. Connections are accepted
    /// only once the database is open.
    pub async fn bind(mut config: Config, mut clock: Clock) -> Result<Self, StartError> {
        let locks = lock(&config, clock.now())?;
        let (socket, address) = bind_socket(config.listen, &config)?;
        config.listen = address;
        let http_connections = share_out(&mut config);
        let redirect = match config.tls.redirect {
            Some(from) => Some(bind_socket(from, &config)?.0),
            None => None,
        };
        let lan = lan::address(address.ip(), families(&socket, address));
        let metrics = Metrics::new();
        let certificate = Certificate::open(&config, lan.as_slice(), clock.wall(), &metrics)?;
        let acme = match &certificate {
            Some(certificate) if config.tls.mode == TlsMode::Acme => {
                Some(Acme::open(&config, Arc::clone(certificate), clock.clone(), &metrics).await?)
            }
            _ => None,
        };
        let store = open_store(&config).await?;
        if store.is_shared() && clock.is_system() {
            // The time of all nodes.
            let cluster = &config.cluster;
            clock = Clock::shared(&store.start_clock(cluster.node_forget, cluster.node_timeout).await?);
        }
        let bus = bus(&config, &store, &clock, &metrics).await?;
        let hub = Hub::start(store, clock, metrics, &config.node(), bus);
        let tasks = hub.tasks.clone();
        tasks.run("jobs", Runner::new(&hub.context, jobs::Worker::new(Arc::clone(&hub.context), config.clone())).run());
        let heartbeat = heartbeat::start(&hub.context, &hub.rooms, &config.cluster);
        let tls = certificate.as_ref().map(Certificate::config).transpose()?;
        let entry = Acceptor::new(&config, tls);
        if config.public_url.is_none() && !address.ip().is_loopback() {
            tracing::info!(
                "public_url is empty: links, QR codes and the screen show the address that each browser uses, and \
                 network test reports are signed without the server's name"
            );
        }
        let state = Data::new(AppState::new(hub, config, lan, certificate).await?);
        let (log, store) = (Arc::clone(&state.security), state.store().clone());
        tasks.run("security log", security_log::keep(log, store));
        let turnover = Arc::default();
        tasks.run("allocator", allocator::trim_after_bursts(Arc::clone(&turnover)));
        let server = serve(&state, entry, (http_connections, turnover), socket, redirect)
            .map_err(|error| StartError::Listen { address, error })?;
        let renewal = match (acme, &state.certificate) {
            (Some(acme), _) => Some(tasks.run("acme", acme.keep())),
            (None, Some(certificate)) => Some(tasks.run("certificate", Arc::clone(certificate).follow())),
            (None, None) => None,
        };
        Ok(Self {
            address,
            handle: server.handle(),
            running: tokio::spawn(server),
            heartbeat,
            renewal,
            _locks: locks,
            state,
        })
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The SHA-256 of the certificate that it shows, if it is one of its own making, which no
    /// browser knows.
    pub fn fingerprint(&self) -> Option<String> {
        let own = self.state.config.tls.mode == TlsMode::SelfSigned;
        self.state.certificate.as_ref().filter(|_| own).map(|certificate| certificate.fingerprint())
    }

    /// The server's parts.
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// The address to open in a browser on this machine.
    pub fn url(&self) -> Origin {
        self.state.config.public_url.clone().unwrap_or_else(|| self.at(self.address.ip()))
    }

    /// The address for other devices in the local network, if the server listens there and none is
    /// set.
    pub fn lan_url(&self) -> Option<Origin> {
        let lan = self.state.lan.filter(|_| self.state.config.public_url.is_none());
        lan.filter(|_| self.address.ip().is_unspecified()).map(|lan| self.at(lan))
    }

    /// Why phones cannot reach the address that they will be shown, if they cannot.
    pub fn unreachable(&self) -> Option<Unreachable> {
        self.state.unreachable(&self.lan_url().unwrap_or_else(|| self.url()))
    }

    fn at(&self, ip: IpAddr) -> Origin {
        let scheme = if self.state.config.tls.mode == TlsMode::Off { Scheme::Http } else { Scheme::Https };
        let port = self.address.port();
        let of_this_machine = || Origin::at(scheme, &format!("localhost:{port}"));
        let unspecified = ip.is_unspecified().then(of_this_machine).flatten();
        unspecified.unwrap_or_else(|| Origin::at_ip(scheme, ip, port))
    }

    /// Stops. First, the server is not ready but still serves, until load balancers have noticed.
    /// Then it disconnects every client, each with its receipts and a time to reconnect, until they
    /// have gone or the drain time is over. Finally, it finishes open requests, commits what is
    /// queued, and ends.
    pub async fn stop(self) {
        let (hub, settings) = (&self.state.hub, &self.state.config.live);
        let lifecycle = &hub.context.lifecycle;
        lifecycle.leave();
        if !lifecycle.is_single_node() {
            sleep(settings.unready_before_drain).await;
        }
        lifecycle.drain(&hub.context.workers);
        if let Some(renewal) = &self.renewal {
            renewal.abort();
        }
        let patience = if settings.drain.is_zero() { Duration::ZERO } else { settings.drain + LAST_WORDS };
        // Clients that have not gone by then are cut off.
        let _ = timeout(patience, gone(hub)).await;
        self.handle.stop(true).await;
        // The server's own task has nothing to tell but that it ended.
        let _ = self.running.await;
        let last = async {
            hub.committer.flush().await;
            if let Some(heartbeat) = self.heartbeat {
                heartbeat.stop().await;
            }
            self.state.security.write(self.state.store()).await;
            hub.tasks.end().await;
            if let Err(error) = hub.context.store.release_jobs(hub.context.node).await {
                tracing::warn!(%error, "jobs could not be released; other nodes take them over when the leases end");
            }
            hub.context.store.close().await;
        };
        if timeout(LAST_COMMIT, last).await.is_err() {
            tracing::warn!("the database does not respond; nothing uncommitted was confirmed");
            hub.tasks.end().await;
        }
    }
}

/// Waits until nobody is connected.
async fn gone(hub: &Hub) {
    while hub.capacity.connections() > 0 {
        sleep(Duration::from_millis(20)).await;
    }
}

/// By what nodes hear of each other's changes.
async fn bus(config: &Config, store: &Store, clock: &Clock, metrics: &Metrics) -> Result<Arc<dyn Bus>, StartError> {
    match &config.redis.url {
        Some(url) => {
            let seal = Seal::of(store, clock.now()).await?;
            Ok(Arc::new(RedisBus::start(&config.redis, url, seal, metrics.clone())?))
        }
        None => Ok(Arc::new(LocalBus::default())),
    }
}
