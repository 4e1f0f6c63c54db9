//! The path of a connection: TLS and the PROXY protocol, HTTP, and the live connection for those
//! that are upgraded.

use std::{
    convert::Infallible,
    io,
    net::TcpListener,
    rc::Rc,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use actix_codec::Framed;
use actix_http::{HttpService, KeepAlive, Request, error::DispatchError, h1};
use actix_service::{IntoServiceFactory, ServiceFactory, ServiceFactoryExt, boxed, fn_service, map_config};
use actix_web::{App, Error, dev::AppConfig, middleware::from_fn, web::Data};
use parterre_live::worker::Worker;
use parterre_system::metrics::Metrics;
use socket2::Socket;
use tokio::net::TcpStream;

use crate::{
    acceptor::{Acceptor, Paced, idle::Connections},
    http::{self, turns::Turns},
    state::AppState,
};

/// Connections that may wait to be accepted: a whole room that comes back at once.
const BACKLOG: i32 = 4096;
/// How long an HTTP connection is kept for the next request. Short, because each holds two buffers.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// How long a closed HTTP connection waits for the client to close too.
const DISCONNECT: Duration = Duration::from_millis(500);
/// How long requests that are under way may take when the server stops, in seconds.
const FINISH: u64 = 2;
/// actix logs every malformed request as an error. Garbage must not fill the log nor alarm
/// operators, so the server counts such requests and logs the rest itself ([`ended`]).
pub const NOISE: &str = "actix_http::h1::dispatcher";

/// Serves these sockets: pages and live connections on one, redirects to HTTPS on the other.
pub(super) fn serve(
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
        let metrics = state.hub.context.metrics.clone();
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
        // On the heap once: the task of each connection would hold three copies of its 8 KB, one
        // for each step to it.
        boxed::factory(handled)
    })?;
    Ok(listening.run())
}

/// An HTTP connection ended otherwise than it should have.
fn ended(metrics: &Metrics, error: &DispatchError) {
    match error {
        DispatchError::Parse(error) => {
            metrics.malformed.inc();
            tracing::debug!(%error, "malformed request");
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
