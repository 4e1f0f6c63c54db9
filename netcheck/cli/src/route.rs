//! How connections are made: straight or through a proxy, with TLS or without.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use netcheck_rules::{Connected, ReachedAddresses, Trouble, Tunnel};
use rustls::ClientConfig;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use crate::{
    plan,
    proxy::Proxy,
    stream::{BoxStream, OPEN_TIMEOUT, trouble_of},
    target::Target,
    tls,
};

/// How long an address may take to accept.
const ACCEPT: Duration = Duration::from_secs(5);
/// The longest answer of a proxy that is read.
const HEAD_BYTES: usize = 16 * 1024;

/// The route to a server: directly or through a proxy, with or without TLS.
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) target: Target,
    pub(crate) proxy: Option<Proxy>,
    /// The server's address, or the proxy's.
    pub(crate) address: SocketAddr,
    pub(crate) tls: Option<Arc<ClientConfig>>,
    /// How many connections had an answer.
    pub(crate) answered: Arc<AtomicU32>,
}

/// What a connection is for: plain requests go to a proxy as they are, all else goes through it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Requests,
    Socket,
}

impl Route {
    /// A route to this address, without TLS so far.
    pub(crate) fn new(target: Target, proxy: Option<Proxy>, address: SocketAddr) -> Self {
        Self { target, proxy, address, tls: None, answered: Arc::default() }
    }

    /// Takes note that a connection had an answer.
    pub(crate) fn note_answer(&self) {
        self.answered.fetch_add(1, Ordering::Relaxed);
    }

    /// How many connections had one.
    pub(crate) fn answers(&self) -> u32 {
        self.answered.load(Ordering::Relaxed)
    }

    /// A connection over which requests can be made.
    pub(crate) async fn connect(&self, what: Purpose) -> Result<BoxStream, Trouble> {
        let stream = self.below_tls(what).await?;
        let Some(config) = &self.tls else { return Ok(stream) };
        let name = tls::server_name(&self.target.host).ok_or(Trouble::NoAnswer)?;
        let handshake = TlsConnector::from(Arc::clone(config)).connect(name, stream);
        let stream =
            timeout(OPEN_TIMEOUT, handshake).await.map_err(|_| Trouble::Silent)?.map_err(|error| trouble_of(&error))?;
        Ok(Box::new(stream))
    }

    /// The same without TLS, for a look at it.
    pub(crate) async fn below_tls(&self, what: Purpose) -> Result<BoxStream, Trouble> {
        let stream = timeout(OPEN_TIMEOUT, TcpStream::connect(self.address)).await;
        let mut stream = stream.map_err(|_| Trouble::Silent)?.map_err(|error| trouble_of(&error))?;
        // What is small is not kept back to be joined with more.
        stream.set_nodelay(true).map_err(|error| trouble_of(&error))?;
        if let Some(proxy) = &self.proxy
            && (self.target.secure || what == Purpose::Socket)
        {
            let status = timeout(OPEN_TIMEOUT, ask_through(&mut stream, proxy, &self.target)).await;
            match status.map_err(|_| Trouble::Silent)?.map_err(|error| trouble_of(&error))? {
                200..300 => {}
                status => return Err(Trouble::Foreign { status }),
            }
        }
        Ok(Box::new(stream))
    }

    /// Whether requests are handed to a proxy that reads them.
    pub(crate) fn is_read_by_proxy(&self) -> bool {
        self.proxy.is_some() && !self.target.secure
    }

    /// What a proxy does with a connection to the server.
    pub(crate) async fn through(&self) -> Tunnel {
        let Some(proxy) = &self.proxy else { return Tunnel::Direct };
        let Ok(Ok(mut stream)) = timeout(OPEN_TIMEOUT, TcpStream::connect(self.address)).await else {
            return Tunnel::Away;
        };
        let ask = async {
            if self.target.secure {
                ask_through(&mut stream, proxy, &self.target).await
            } else {
                ask_by(&mut stream, proxy, &self.target).await
            }
        };
        match timeout(OPEN_TIMEOUT, ask).await {
            Ok(Ok(407)) => Tunnel::SignIn,
            // What else is said of a plain request is the server's, or judged with all that is.
            Ok(Ok(status)) if !(200..300).contains(&status) && self.target.secure => Tunnel::Refused { status },
            Ok(Ok(_)) if proxy.authorization.is_some() => Tunnel::SignedIn,
            Ok(Ok(_)) => Tunnel::Passed,
            _ => Tunnel::Away,
        }
    }
}

/// Has a proxy connect to the server; gives the status of its answer.
async fn ask_through(stream: &mut TcpStream, proxy: &Proxy, target: &Target) -> io::Result<u16> {
    let authority = target.authority();
    ask(stream, &format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{}\r\n", authorization(proxy))).await
}

/// Has a proxy ask the server in its place.
async fn ask_by(stream: &mut TcpStream, proxy: &Proxy, target: &Target) -> io::Result<u16> {
    let (url, host) = (target.url(), target.host_field());
    ask(stream, &format!("GET {url}{} HTTP/1.1\r\nHost: {host}\r\n{}\r\n", plan::PATH, authorization(proxy))).await
}

fn authorization(proxy: &Proxy) -> String {
    proxy.authorization.as_ref().map(|value| format!("Proxy-Authorization: {value}\r\n")).unwrap_or_default()
}

async fn ask(stream: &mut TcpStream, request: &str) -> io::Result<u16> {
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    // Byte by byte: what follows is the server's.
    while !head.ends_with(b"\r\n\r\n") && head.len() < HEAD_BYTES {
        head.push(stream.read_u8().await?);
    }
    let text = String::from_utf8_lossy(&head);
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.filter(|_| text.starts_with("HTTP/1.")).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Tries each of these addresses at the same time.
pub(crate) async fn try_each(addresses: &[SocketAddr]) -> Vec<ReachedAddresses> {
    let tries = addresses.iter().map(|address| async move {
        let began = Instant::now();
        let outcome = match timeout(ACCEPT, TcpStream::connect(address)).await {
            Ok(Ok(_)) => Connected::Yes { ms: began.elapsed().as_secs_f64() * 1000.0 },
            Ok(Err(error)) => match error.kind() {
                io::ErrorKind::NetworkUnreachable | io::ErrorKind::AddrNotAvailable => Connected::NoWay,
                io::ErrorKind::TimedOut => Connected::Silent,
                _ => Connected::Refused,
            },
            Err(_) => Connected::Silent,
        };
        ReachedAddresses { address: address.ip().to_string(), outcome }
    });
    futures_util::future::join_all(tries).await
}
