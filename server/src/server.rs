//! Builds all parts, listens, and stops in two steps: first everyone is told, then the door is shut.

use std::{
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr, TcpListener},
    path::Path,
    rc::Rc,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use actix_codec::Framed;
use actix_http::{HttpService, KeepAlive, Request, error::DispatchError, h1};
use actix_server::ServerHandle;
use actix_service::{IntoServiceFactory, ServiceFactory, ServiceFactoryExt, boxed, fn_service, map_config};
use actix_web::{App, Error, dev::AppConfig, middleware::from_fn, web::Data};
use parterre_live::{
    bus::{Bus, LocalBus, RedisBus, RedisError, seal::Seal},
    connection::LINGER_SECONDS,
    heartbeat,
    hub::Hub,
    places::Bounds,
    traffic,
    worker::Worker,
};
use parterre_protocol::Millis;
use parterre_store::settings::Database;
use parterre_store::{Store, StoreError};
use parterre_system::{clock::Clock, metrics::Metrics};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::{
    net::TcpStream,
    task::AbortHandle,
    time::{Instant, sleep, timeout},
};

use crate::{
    acceptor::{Acceptor, Paced, idle::Connections},
    allocator,
    config::{Config, TlsMode},
    descriptors::{self, Shares},
    http::{self, turns::Turns},
    jobs::{self, runner::Runner},
    lan::{self, Families},
    lock::{Lock, LockError},
    origin::{Origin, Scheme},
    process, security_log,
    state::{AppState, Unreachable},
    tls::{Acme, AcmeError, Certificate, TlsError},
};

/// Connections that may wait to be accepted: a whole room that comes back at once.
const BACKLOG: i32 = 4096;
/// How long an HTTP connection is kept for the next request. Short, because each holds two buffers.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// How long a closed HTTP connection waits for the client to close too.
const DISCONNECT: Duration = Duration::from_millis(500);
/// How long requests that are under way may take when the server stops, in seconds.
const FINISH: u64 = 2;
/// How long the last connections may take to close when the server stops.
const LAST_WORDS: Duration = Duration::from_secs(LINGER_SECONDS as u64);
/// How long the last commit may take when the server stops.
const LAST_COMMIT: Duration = Duration::from_secs(5);

/// The file of the database in the data folder.
const DATABASE: &str = "parterre.db";

/// Says of every request that is none that it was an error. Whoever sends rubbish must not fill the log, nor make whoever watches
/// it for errors come: the server counts these, and tells of the rest itself ([`ended`]).
pub const NOISE: &str = "actix_http::h1::dispatcher";

/// How long to wait before a database that was not there is tried again.
const OPEN_AGAIN: Duration = Duration::from_millis(500);

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory cannot be made.
    #[error("the data directory {path} cannot be used: {error}")]
    Data {
        /// The directory.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}. Is another program using it? Choose another with --listen.")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// The data directory is another server's.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The file of the database cannot be used.
    #[error("the database {path} cannot be opened: {error}{}", if error.is_full() { ". Free some space on its disk, or choose another folder with --data" } else { "" })]
    File {
        /// Its path.
        path: String,
        /// Why.
        error: StoreError,
    },
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There can be no TLS as configured.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// There can be no certificate by ACME as configured.
    #[error(transparent)]
    Acme(#[from] AcmeError),
    /// What is said of the bus cannot be used.
    #[error(transparent)]
    Bus(#[from] RedisError),
}

/// A server that listens.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    state: Data<AppState>,
    /// None where the database is this node's alone.
    heartbeat: Option<heartbeat::Handle>,
    /// What has the certificate renewed.
    renewal: Option<AbortHandle>,
    /// What keeps other servers off the data, for as long as this one runs.
    _locks: Vec<Lock>,
    handle: ServerHandle,
    running: tokio::task::JoinHandle<io::Result<()>>,
}

impl Server {
    /// Opens the database, listens and serves. Port 0 takes a free one. Nobody is let in before the database is open.
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
        let certificate = open_certificate(&config, lan, clock.wall(), &metrics)?;
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
        tasks.run("traffic", traffic::watch(Arc::clone(&hub)));
        tasks.run("jobs", Runner::new(&hub, jobs::Worker::new(Arc::clone(&hub), config.clone())).run());
        let heartbeat = heartbeat::start(&hub, &config.cluster);
        let tls = certificate.as_ref().map(Certificate::config).transpose()?;
        let entry = Acceptor::new(&config, tls);
        if config.public_url.is_none() && !address.ip().is_loopback() {
            tracing::info!(
                "public_url is empty: links, QR codes and the address on the screen are what each browser asks for, and \
                 reports of the network test are signed without the server's name"
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

    /// The SHA-256 of the certificate that it shows, if it is one of its own making, which no browser knows.
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

    /// The address for other devices in the local network, if the server listens there and none is set.
    pub fn lan_url(&self) -> Option<Origin> {
        let lan = self.state.lan.filter(|_| self.state.config.public_url.is_none());
        lan.filter(|_| self.address.ip().is_unspecified()).map(|lan| self.at(lan))
    }

    /// Why phones cannot come to the address that they will be shown, if they cannot.
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

    /// Stops: is not ready from now on, and serves all the same until load balancers know; sends every client away, each
    /// with its receipts and a time to come back, until they have gone or the drain time is over; finishes the requests
    /// that are under way, commits what is queued, and ends.
    pub async fn stop(self) {
        let (hub, settings) = (&self.state.hub, &self.state.config.live);
        hub.leave();
        if !hub.is_single_node() {
            sleep(settings.unready_before_drain).await;
        }
        hub.drain();
        if let Some(renewal) = &self.renewal {
            renewal.abort();
        }
        let patience = if settings.drain.is_zero() { Duration::ZERO } else { settings.drain + LAST_WORDS };
        // Who has not gone by then is cut off.
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
            if let Err(error) = hub.store.release_jobs(hub.node).await {
                tracing::warn!(%error, "jobs could not be let go of; other nodes take them over later");
            }
            hub.store.close().await;
        };
        if timeout(LAST_COMMIT, last).await.is_err() {
            tracing::warn!("the database does not answer; what was not committed was not confirmed either");
            hub.tasks.end().await;
        }
    }
}

/// On which families of addresses it listens. One of IPv6 takes IPv4 too, unless the machine is set up otherwise.
fn families(socket: &Socket, address: SocketAddr) -> Families {
    match address {
        SocketAddr::V4(_) => Families::V4,
        SocketAddr::V6(_) if socket.only_v6().unwrap_or(true) => Families::V6,
        SocketAddr::V6(_) => Families::Both,
    }
}

/// Shares out the files that this program may open; how many HTTP connections each worker may have.
fn share_out(config: &mut Config) -> usize {
    let wanted = config.limits.connections;
    let limit = descriptors::raise();
    let kept = Bounds::of(wanted).kept;
    let shares = Shares::of(limit, wanted.saturating_add(kept), config.worker_threads());
    let live = Bounds::within(shares.live);
    if live < wanted {
        tracing::warn!(
            limit,
            connections = live,
            "limits.connections is {wanted}, but this program may open too few files for so many: raise `ulimit -n` or LimitNOFILE"
        );
        config.limits.connections = live;
    }
    shares.http
}

/// Waits until nobody is connected.
async fn gone(hub: &Hub) {
    while hub.connections() > 0 {
        sleep(Duration::from_millis(20)).await;
    }
}

async fn bus(config: &Config, store: &Store, clock: &Clock, metrics: &Metrics) -> Result<Arc<dyn Bus>, StartError> {
    match &config.redis.url {
        Some(url) => {
            let seal = Seal::of(store, clock.now()).await?;
            Ok(Arc::new(RedisBus::start(&config.redis, url, seal, metrics.clone())?))
        }
        None => Ok(Arc::new(LocalBus::default())),
    }
}

/// Takes for this server alone what no other may use meanwhile: the data folder where something is kept there, and a database
/// in a file.
fn lock(config: &Config, now: Millis) -> Result<Vec<Lock>, StartError> {
    let own_tls = matches!(config.tls.mode, TlsMode::SelfSigned | TlsMode::Acme);
    let file = match &config.database.url {
        Some(url) => Store::file(url.reveal())?,
        None => Some(config.data.join(DATABASE)),
    };
    if own_tls || config.database.url.is_none() {
        let fail = |error| StartError::Data { path: config.data.display().to_string(), error };
        process::make_private_folder(&config.data).map_err(fail)?;
        process::warn_of_open_folder(&config.data);
    }
    let folder = own_tls.then(|| config.data.clone());
    let guarded = file.into_iter().filter(|file| !is_in_memory(file)).chain(folder);
    guarded.map(|path| Ok(Lock::take(&path, now)?)).collect()
}

/// Whether this file of a database is none.
fn is_in_memory(file: &Path) -> bool {
    let name = file.to_string_lossy();
    name.is_empty() || name.contains(":memory:") || name.starts_with("file:sqlx-in-memory")
}

async fn open_store(config: &Config) -> Result<Store, StartError> {
    let (url, settings) = (config.database.url.as_ref().map(|url| url.reveal()), &config.database);
    let file = match url {
        Some(url) => Store::file(url)?,
        None => {
            let fail = |error| StartError::Data { path: config.data.display().to_string(), error };
            Some(config.data.canonicalize().map_err(fail)?.join(DATABASE))
        }
    };
    let Some(file) = file else { return Ok(open_when_there(url.unwrap_or_default(), settings).await?) };
    let path = file.display().to_string();
    let from_folder = format!("sqlite://{path}");
    let store = Store::open_with(url.unwrap_or(&from_folder), settings).await;
    let store = store.map_err(|error| StartError::File { path: path.clone(), error })?;
    if let Err(error) = store.check().await {
        tracing::error!(database = path, %error, "nothing can be stored: is the disk full? All is stored again once it is not");
    }
    Ok(store)
}

/// Opens a database that may come up after this node: a machine that starts has its services in any order.
async fn open_when_there(url: &str, settings: &Database) -> Result<Store, StoreError> {
    let end = Instant::now() + settings.connect_timeout;
    let mut told = false;
    loop {
        match Store::open_with(url, settings).await {
            Err(error) if error.is_retryable() && Instant::now() < end => {
                if !std::mem::replace(&mut told, true) {
                    tracing::warn!(%error, "the database is not there yet; waiting for it");
                }
                sleep(OPEN_AGAIN).await;
            }
            done => return done,
        }
    }
}

/// The certificate that the server shows; none without TLS.
fn open_certificate(
    config: &Config,
    lan: Option<IpAddr>,
    now: Millis,
    metrics: &Metrics,
) -> Result<Option<Arc<Certificate>>, StartError> {
    Ok(Certificate::open(config, lan.as_slice(), now, metrics)?)
}

/// A socket at this address, which takes no connection yet, and the address that it has. Its connections have bounded send
/// buffers: else megabytes wait in the kernel for every phone that sleeps.
fn bind_socket(wanted: SocketAddr, config: &Config) -> Result<(Socket, SocketAddr), StartError> {
    let take = || {
        let socket = Socket::new(Domain::for_address(wanted), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.set_send_buffer_size(config.limits.send_buffer_bytes.get())?;
        // The kernel gives up what nobody takes, after those who could have been told were: a stream over plain HTTP that is
        // not read has no other end.
        #[cfg(target_os = "linux")]
        socket.set_tcp_user_timeout(Some(config.live.write_timeout + config.live.ping))?;
        socket.set_tcp_nodelay(true)?;
        socket.bind(&wanted.into())?;
        let address = socket.local_addr()?.as_socket().unwrap_or(wanted);
        Ok((socket, address))
    };
    take().map_err(|error| StartError::Listen { address: wanted, error })
}

fn serve(
    state: &Data<AppState>,
    entry: Acceptor,
    (http_connections, turnover): (usize, Arc<AtomicU64>),
    socket: Socket,
    redirect: Option<Socket>,
) -> io::Result<actix_server::Server> {
    let state = state.clone();
    let workers = state.config.worker_threads();
    let mut builder = actix_server::Server::build()
        .workers(workers)
        .backlog(BACKLOG as u32)
        .max_concurrent_connections(http_connections)
        .shutdown_timeout(FINISH)
        .disable_signals();
    if let Some(socket) = redirect {
        socket.listen(BACKLOG)?;
        let entry = entry.clone();
        builder = builder.listen("redirect", TcpListener::from(socket), move || {
            let entry = entry.clone();
            fn_service(move |tcp: TcpStream| {
                let entry = entry.clone();
                async move {
                    // Who hangs up need not be sent anywhere.
                    let _ = entry.redirect(tcp).await;
                    Ok::<_, Infallible>(())
                }
            })
        })?;
    }
    socket.listen(BACKLOG)?;
    let listening = builder.listen("parterre", TcpListener::from(socket), move || {
        // Made on the worker's own thread, where it stays.
        let worker = Worker::start(Arc::clone(&state.hub));
        let turns = Rc::new(Turns::default());
        let (for_arrivals, for_upgrades) = (Rc::clone(&turns), Rc::clone(&turns));
        let app = App::new()
            .configure(http::limits(&state.config))
            .app_data(state.clone())
            .app_data(Rc::clone(&worker))
            .wrap(from_fn(http::same_origin))
            .wrap(from_fn(http::time_limit))
            .wrap(from_fn(http::readable))
            .wrap(from_fn(http::finish))
            .wrap(from_fn(move |request, next| Rc::clone(&turns).handle(request, next)))
            .wrap(from_fn(http::under_way))
            .configure(http::routes)
            .into_factory()
            .map_err(|error: Error| error.error_response());
        let http = HttpService::build()
            .keep_alive(KeepAlive::Timeout(KEEP_ALIVE))
            .client_request_timeout(state.config.limits.header_timeout)
            .client_disconnect_timeout(DISCONNECT)
            .local_addr(state.config.listen)
            // Who closes a live stream leaves its room at once.
            .h1_allow_half_closed(false)
            .on_connect_ext(|io: &Paced, extensions| {
                extensions.insert(io.leave());
                extensions.insert(io.connection());
            })
            .upgrade(live(state.clone(), worker, for_upgrades))
            .finish(map_config(app, |()| AppConfig::default()));
        let metrics = state.hub.metrics.clone();
        let connections = Connections::new(http_connections, metrics.idle_closed.clone(), Arc::clone(&turnover));
        let (entry, entered) = (entry.clone(), state.clone());
        let enter = fn_service(move |tcp: TcpStream| {
            let (entry, state, place) = (entry.clone(), entered.clone(), connections.enter());
            let turns = Rc::clone(&for_arrivals);
            async move {
                turns.arrive().await;
                let (io, from) = place.unless_closed(entry.accept(tcp)).await.map_err(DispatchError::Io)?;
                Ok((Paced::new(io, place, &state.config, KEEP_ALIVE), actix_http::Protocol::Http1, from))
            }
        });
        let handled = enter.and_then(http).map_err(move |error| {
            ended(&metrics, &error);
            error
        });
        // On the heap once: the task of each connection would hold three copies of its 8 KB, one for each step to it.
        boxed::factory(handled)
    })?;
    Ok(listening.run())
}

/// An HTTP connection ended otherwise than it should have.
fn ended(metrics: &Metrics, error: &DispatchError) {
    match error {
        DispatchError::Parse(error) => {
            metrics.malformed.inc();
            tracing::debug!(%error, "what came is no request");
        }
        DispatchError::Body(_) | DispatchError::Service(_) | DispatchError::Upgrade | DispatchError::InternalError => {
            tracing::error!(%error, "an HTTP connection ended");
        }
        // Clients come and go as they like.
        error => tracing::debug!(%error, "an HTTP connection ended"),
    }
}

/// Takes over the connections that are upgraded on one worker.
fn live(
    state: Data<AppState>,
    worker: Rc<Worker>,
    turns: Rc<Turns>,
) -> impl ServiceFactory<
    (Request, Framed<Paced, h1::Codec>),
    Config = (),
    Response = (),
    Error = Infallible,
    InitError = (),
    Service: 'static,
> {
    fn_service(move |(request, framed): (Request, Framed<Paced, h1::Codec>)| {
        let (state, worker, turns) = (state.clone(), Rc::clone(&worker), Rc::clone(&turns));
        // Every HTTP connection has room for it, and few are upgraded.
        Box::pin(async move {
            let accept = http::live::socket::accept(&state, &worker, request, framed.into_map_io(Paced::into_inner));
            turns.run(accept).await;
            Ok::<_, Infallible>(())
        })
    })
}
