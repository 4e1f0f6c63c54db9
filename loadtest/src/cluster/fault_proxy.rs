//! A link between two processes that can be cut, frozen and slowed: a TCP proxy within this
//! process, on a separate thread, so that it does not wait for the phones. Its CPU time counts for
//! none of the measured processes.

use std::{collections::VecDeque, net::Ipv4Addr, thread, time::Duration};

use anyhow::Result;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    runtime,
    sync::watch,
    task::{JoinSet, LocalSet},
    time::{Instant, sleep_until},
};

use super::program::free_port;
use crate::cores;

/// How many pieces may be in flight in one direction of a connection. Then the sender waits, as
/// with a full buffer.
const UNDER_WAY: usize = 64;

/// How a link is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum ProxyState {
    Open,
    /// Every connection is reset, none is made.
    Cut,
    /// Everything is silently dropped.
    Frozen,
    /// Everything arrives this much later, and up to the second time later than that.
    Slow(Duration, Duration),
}

/// A link to a port of 127.0.0.1. It ends when it is dropped.
pub struct FaultProxy {
    port: u16,
    state: watch::Sender<ProxyState>,
}

impl FaultProxy {
    /// Opens a proxy to this port. `seed` makes its random choices repeatable.
    pub async fn to(target: u16, seed: u64) -> Result<Self> {
        let port = free_port()?;
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let state = watch::Sender::new(ProxyState::Open);
        let changes = state.subscribe();
        let carry = move || {
            LocalSet::new().block_on(&runtime, async {
                let listener = TcpListener::from_std(listener).expect("the runtime has input and output");
                carry(listener, port, target, changes, seed).await;
            });
        };
        cores::apart(|| thread::Builder::new().name("link".to_owned()).spawn(carry))?;
        Ok(Self { port, state })
    }

    /// Its own port on 127.0.0.1.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Resets every connection and refuses all that come, until it is healed.
    pub fn cut(&self) {
        self.state.send_replace(ProxyState::Cut);
    }

    /// Silently drops everything until it is healed, like a black hole. Only the kernel still
    /// answers TCP handshakes.
    pub fn freeze(&self) {
        self.state.send_replace(ProxyState::Frozen);
    }

    /// Delays all that is sent from now on, in order.
    pub fn slow(&self, latency: Duration, jitter: Duration) {
        self.state.send_replace(ProxyState::Slow(latency, jitter));
    }

    /// As it was at first.
    pub fn heal(&self) {
        self.state.send_replace(ProxyState::Open);
    }
}

/// Accepts and forwards connections until the proxy is dropped. While it is cut, nothing listens.
async fn carry(listener: TcpListener, port: u16, target: u16, mut state: watch::Receiver<ProxyState>, seed: u64) {
    let (mut listener, mut carried, mut rng) = (Some(listener), JoinSet::new(), fastrand::Rng::with_seed(seed));
    loop {
        let now = *state.borrow_and_update();
        if now == ProxyState::Cut {
            listener = None;
            // Each connection sees that for itself, and resets both sides.
            if state.changed().await.is_err() {
                return;
            }
            continue;
        }
        if listener.is_none() {
            listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.ok();
        }
        let Some(open) = &listener else {
            eprintln!("loadtest: port {port} of a link that was cut was taken");
            return;
        };
        tokio::select! {
            accepted = open.accept(), if now != ProxyState::Frozen => if let Ok((stream, _)) = accepted {
                carried.spawn_local(connection(stream, target, state.clone(), rng.fork()));
            },
            changed = state.changed() => if changed.is_err() {
                return;
            },
            Some(_) = carried.join_next() => {}
        }
    }
}

/// Forwards one connection. If it does not end properly, both sides are reset.
async fn connection(mut near: TcpStream, target: u16, mut state: watch::Receiver<ProxyState>, mut rng: fastrand::Rng) {
    let Ok(mut far) = TcpStream::connect((Ipv4Addr::LOCALHOST, target)).await else { return reset(&near) };
    // A socket that is lost already fails below as well.
    drop((near.set_nodelay(true), far.set_nodelay(true)));
    let in_order = {
        let ((near_in, near_out), (far_in, far_out)) = (near.split(), far.split());
        let there = direction(near_in, far_out, state.clone(), rng.fork());
        let back = direction(far_in, near_out, state.clone(), rng.fork());
        tokio::select! {
            // One direction may end properly while the other continues.
            ended = async { tokio::try_join!(there, back) } => ended.is_ok(),
            _ = state.wait_for(|state| *state == ProxyState::Cut) => false,
        }
    };
    if !in_order {
        reset(&near);
        reset(&far);
    }
}

/// Has a connection end with a reset when it is dropped.
fn reset(stream: &TcpStream) {
    // It fails for one that is lost already.
    drop(stream.set_zero_linger());
}

/// Forwards one direction until it ends properly.
async fn direction(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    mut state: watch::Receiver<ProxyState>,
    mut rng: fastrand::Rng,
) -> std::io::Result<()> {
    let (mut under_way, mut ended, mut buffer) = (VecDeque::<(Instant, Vec<u8>)>::new(), false, vec![0; 16 * 1024]);
    loop {
        let now = *state.borrow_and_update();
        let due = under_way.front().map(|(due, _)| *due);
        tokio::select! {
            biased;
            changed = state.changed() => if changed.is_err() {
                return Ok(());
            },
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() && now != ProxyState::Frozen => {
                let (_, bytes) = under_way.pop_front().expect("it has a first");
                to.write_all(&bytes).await?;
            },
            read = from.read(&mut buffer), if !ended && under_way.len() < UNDER_WAY => {
                let bytes = &buffer[..read?];
                ended = bytes.is_empty();
                // Nothing overtakes an earlier piece.
                let due = (Instant::now() + delay(now, &mut rng)).max(under_way.back().map_or_else(Instant::now, |it| it.0));
                if !ended {
                    under_way.push_back((due, bytes.to_owned()));
                }
            },
            () = std::future::ready(()), if ended && under_way.is_empty() => return to.shutdown().await,
        }
    }
}

fn delay(state: ProxyState, rng: &mut fastrand::Rng) -> Duration {
    match state {
        ProxyState::Slow(latency, jitter) => latency + jitter.mul_f64(rng.f64()),
        ProxyState::Open | ProxyState::Cut | ProxyState::Frozen => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::spawn_local;

    use super::*;

    /// An echo behind a link, and a connection through it.
    async fn echo() -> (FaultProxy, TcpStream) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        spawn_local(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                spawn_local(async move {
                    let (mut from, mut to) = stream.split();
                    drop(tokio::io::copy(&mut from, &mut to).await);
                });
            }
        });
        let link = FaultProxy::to(port, 1).await.unwrap();
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, link.port())).await.unwrap();
        (link, stream)
    }

    async fn said_back(stream: &mut TcpStream) -> std::io::Result<[u8; 2]> {
        let mut back = [0; 2];
        stream.write_all(b"hi").await?;
        stream.read_exact(&mut back).await?;
        Ok(back)
    }

    #[tokio::test]
    async fn a_cut_link_resets_and_refuses_until_it_is_healed() {
        LocalSet::new()
            .run_until(async {
                let (link, mut stream) = echo().await;
                assert_eq!(&said_back(&mut stream).await.unwrap(), b"hi");
                link.cut();
                let lost = stream.read(&mut [0; 2]).await.unwrap_err();
                assert_eq!(lost.kind(), std::io::ErrorKind::ConnectionReset);
                // A connection may see that it is cut before the listener does; what that still
                // accepts is reset as well.
                let refused = loop {
                    match TcpStream::connect((Ipv4Addr::LOCALHOST, link.port())).await {
                        Ok(mut late) => assert!(said_back(&mut late).await.is_err(), "a cut link carried something"),
                        Err(refused) => break refused,
                    }
                };
                assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
                link.heal();
                // It listens again when its task has run.
                let mut again = loop {
                    match TcpStream::connect((Ipv4Addr::LOCALHOST, link.port())).await {
                        Ok(stream) => break stream,
                        Err(_) => tokio::task::yield_now().await,
                    }
                };
                assert_eq!(&said_back(&mut again).await.unwrap(), b"hi");
            })
            .await;
    }

    #[tokio::test]
    async fn a_frozen_link_keeps_what_was_sent_until_it_is_healed() {
        LocalSet::new()
            .run_until(async {
                let (link, mut stream) = echo().await;
                assert_eq!(&said_back(&mut stream).await.unwrap(), b"hi");
                link.freeze();
                stream.write_all(b"yo").await.unwrap();
                let mut back = [0; 2];
                let waited = tokio::time::timeout(Duration::from_millis(100), stream.read_exact(&mut back)).await;
                assert!(waited.is_err(), "it came through: {back:?}");
                link.heal();
                stream.read_exact(&mut back).await.unwrap();
                assert_eq!(&back, b"yo");
            })
            .await;
    }

    #[tokio::test]
    async fn a_slow_link_delays_both_ways() {
        LocalSet::new()
            .run_until(async {
                let (link, mut stream) = echo().await;
                link.slow(Duration::from_millis(50), Duration::from_millis(10));
                let start = Instant::now();
                assert_eq!(&said_back(&mut stream).await.unwrap(), b"hi");
                assert!(start.elapsed() >= Duration::from_millis(100), "{:?}", start.elapsed());
            })
            .await;
    }
}
