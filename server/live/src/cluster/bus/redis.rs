//! The bus between nodes: Redis publish and subscribe, a channel per event.
//!
//! A node hears its own notifications at once, in process, and skips them when they come back.
//! Redis forgets what it sends, and a connection may be lost without a word: so the bus says when
//! it is lost, and when it is back, what may have been missed. Publishing never waits: what cannot
//! be sent is owed, and once Redis takes it, the others are told to read.

mod connection;
mod session;
mod slots;

use std::{
    collections::{BTreeMap, HashSet},
    fs, io,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use parterre_protocol::{EventId, Rev};
use parterre_system::settings::Secret;
use parterre_system::{
    metrics::{BusMessageResult, Metrics},
    random,
};
use redis::IntoConnectionInfo;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use tokio::{
    sync::{Notify, mpsc},
    task::AbortHandle,
    time::{Instant, timeout_at},
};

use self::{connection::RedisTarget, session::Session};
use super::{
    Bus, Notification, Signal,
    seal::Seal,
    wire::{self, NodeId},
};
use crate::settings;

/// Notifications that may wait to be published, and signals that may wait to be taken.
const QUEUE: usize = 4096;
/// The first and the longest wait before connecting again. Redis that has been restarted is back
/// within a second.
const BACKOFF: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(2)];

/// Why the settings of Redis cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RedisError {
    /// The address is none.
    #[error("settings: redis.url is not the address of a Redis server, such as redis://name:password@host:6379")]
    Address,
    /// The address names a database.
    #[error(
        "settings: redis.url names database {0}; notifications are the same in all of them, so leave the number out"
    )]
    Database(i64),
    /// The certificates cannot be read.
    #[error("settings: redis.ca: {0} cannot be read: {1}")]
    Ca(PathBuf, io::Error),
    /// The certificates are none, or are not needed.
    #[error("settings: redis.ca: {0} holds no certificate in PEM, or redis.url does not begin with rediss://")]
    NoCa(PathBuf),
}

/// What went wrong with a connection, in words for the log. A password is in none of them.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("{0}")]
    Redis(#[from] redis::RedisError),
    #[error("it does not answer")]
    Silent,
    #[error("the connection ended")]
    Ended,
    #[error("a part of the cluster is served by nobody")]
    Uncovered,
}

/// The bus between nodes.
pub struct RedisBus {
    shared: Arc<Shared>,
    outbox: mpsc::Sender<Notification>,
    signals: tokio::sync::Mutex<mpsc::Receiver<Signal>>,
    task: AbortHandle,
}

/// What the bus and its connection share.
struct Shared {
    node: NodeId,
    /// By which nodes of this database are known.
    seal: Seal,
    metrics: Metrics,
    signals: mpsc::Sender<Signal>,
    /// Whether a signal was lost.
    missed: AtomicBool,
    /// Whether a notification was not believed, which is said once.
    has_refused: AtomicBool,
    /// Whether the connection is up.
    up: AtomicBool,
    wanted: Mutex<SubscribedEvents>,
    /// That `wanted` has changed.
    changed: Notify,
    /// What could not be published: up to which version others are to read the event.
    owed: Mutex<BTreeMap<EventId, Rev>>,
}

/// The events that this node cares about.
#[derive(Default)]
struct SubscribedEvents {
    events: HashSet<EventId>,
    /// Which of them the connection has not begun to listen to yet (true), and to which others it
    /// has not ceased to listen (false). What is entered and left again meanwhile is in here no
    /// more, so that nothing piles up while Redis is away.
    changes: BTreeMap<EventId, bool>,
}

impl SubscribedEvents {
    /// Notes whether an event is cared about. Returns whether the connection has to be told.
    fn want(&mut self, event: EventId, wanted: bool) -> bool {
        let changed = if wanted { self.events.insert(event) } else { self.events.remove(&event) };
        // Where the change before is not told yet, this one takes it back.
        changed && self.changes.remove(&event).is_none() && self.changes.insert(event, wanted).is_none()
    }
}

impl RedisBus {
    /// Begins to connect, and goes on for as long as the bus is there. Until it is connected it
    /// counts as lost. Notifications are sealed, and believed only if they are.
    pub fn start(settings: &settings::Redis, url: &Secret, seal: Seal, metrics: Metrics) -> Result<Self, RedisError> {
        let target = target(settings, url)?;
        let (sender, receiver) = mpsc::channel(QUEUE);
        let (outbox, notifications) = mpsc::channel(QUEUE);
        let shared = Arc::new(Shared {
            node: NodeId(random::number()),
            seal,
            metrics,
            signals: sender,
            missed: AtomicBool::new(false),
            has_refused: AtomicBool::new(false),
            up: AtomicBool::new(false),
            wanted: Mutex::default(),
            changed: Notify::new(),
            owed: Mutex::default(),
        });
        let task = tokio::spawn(run(Arc::clone(&shared), target, notifications)).abort_handle();
        Ok(Self { shared, outbox, signals: tokio::sync::Mutex::new(receiver), task })
    }
}

impl Drop for RedisBus {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn target(settings: &settings::Redis, url: &Secret) -> Result<RedisTarget, RedisError> {
    // The same for all TLS of the process; whoever comes second finds it done.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let info = url.reveal().into_connection_info().map_err(|_| RedisError::Address)?;
    match info.redis_settings().db() {
        0 => {}
        database => return Err(RedisError::Database(database)),
    }
    let Some(path) = &settings.ca else { return Ok(RedisTarget { info, ca: None }) };
    let ca = fs::read(path).map_err(|error| RedisError::Ca(path.clone(), error))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&ca).collect();
    let target = RedisTarget { info, ca: Some(ca) };
    match certificates {
        Ok(certificates) if !certificates.is_empty() && target.check().is_ok() => Ok(target),
        _ => Err(RedisError::NoCa(path.clone())),
    }
}

impl Bus for RedisBus {
    fn publish(&self, notification: Notification) {
        let (event, rev) = (notification.event, notification.rev);
        self.shared.deliver(Signal::Notification(notification.clone()));
        if self.outbox.try_send(notification).is_err() {
            self.shared.metrics.bus_messages.at(BusMessageResult::Dropped).inc();
            self.shared.owe(event, rev);
        }
    }

    fn subscribe(&self, event: EventId) {
        if self.shared.wanted().want(event, true) {
            self.shared.changed.notify_one();
        }
    }

    fn unsubscribe(&self, event: EventId) {
        if self.shared.wanted().want(event, false) {
            self.shared.changed.notify_one();
        }
    }

    fn next(&self) -> BoxFuture<'_, Signal> {
        Box::pin(async {
            if self.shared.missed.swap(false, Ordering::AcqRel) {
                if !self.shared.up.load(Ordering::Acquire) {
                    // It is still so after what was missed is made good.
                    self.shared.deliver(Signal::Disconnected);
                }
                return Signal::Lagged;
            }
            match self.signals.lock().await.recv().await {
                Some(signal) => signal,
                None => std::future::pending().await,
            }
        })
    }
}

impl Shared {
    fn wanted(&self) -> MutexGuard<'_, SubscribedEvents> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn owed(&self) -> MutexGuard<'_, BTreeMap<EventId, Rev>> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the others are to be told to read the event. A notification without a version has
    /// nothing to read.
    fn owe(&self, event: EventId, rev: Rev) {
        if rev > 0 {
            let mut owed = self.owed();
            let known = owed.entry(event).or_insert(rev);
            *known = rev.max(*known);
        }
    }

    /// Hands on a signal, or notes that it was lost.
    fn deliver(&self, signal: Signal) {
        if self.signals.try_send(signal).is_err() {
            self.missed.store(true, Ordering::Release);
        }
    }

    /// Hands on a signal that must not be lost.
    async fn signal(&self, signal: Signal) {
        // Without a listener nobody is to be told.
        let _ = self.signals.send(signal).await;
    }

    fn tell_up(&self, up: bool) {
        self.up.store(up, Ordering::Release);
        self.metrics.bus_up.set(up.into());
    }

    /// Takes a message of a channel. Whoever claims to be this node is not heard either.
    fn take(&self, channel: &[u8], message: &[u8]) {
        if wire::sender(message) == Some(self.node) {
            return;
        }
        match wire::decode(&self.seal, channel, message) {
            Some(notification) => {
                self.metrics.bus_messages.at(BusMessageResult::Received).inc();
                self.deliver(Signal::Notification(notification));
            }
            None => {
                self.metrics.bus_messages.at(BusMessageResult::Refused).inc();
                if !self.has_refused.swap(true, Ordering::Relaxed) {
                    tracing::warn!(
                        "Redis brought a notification that no node of this database has sealed; it is not believed, nor are others: \
                         nodes of a former version, of another database, or somebody else"
                    );
                }
            }
        }
    }
}

/// Connects, works, and connects again, without end.
async fn run(shared: Arc<Shared>, target: RedisTarget, mut outbox: mpsc::Receiver<Notification>) {
    let (mut wait, mut said) = (BACKOFF[0], String::new());
    shared.signal(Signal::Disconnected).await;
    loop {
        let trouble = match Session::begin(&shared, &target).await {
            Ok(session) => {
                tracing::info!(redis = %target.info.addr(), "the bus between nodes works");
                (wait, said) = (BACKOFF[0], String::new());
                shared.metrics.bus_connects.inc();
                shared.tell_up(true);
                shared.signal(Signal::Lagged).await;
                let trouble = session.serve(&mut outbox).await;
                shared.tell_up(false);
                shared.signal(Signal::Disconnected).await;
                trouble
            }
            Err(trouble) => trouble,
        };
        shared.metrics.bus_errors.inc();
        let words = trouble.to_string();
        if words != said {
            tracing::warn!(
                redis = %target.info.addr(), reason = %words,
                "the bus between nodes is lost: until Redis is back, changes made on other nodes are read from the database"
            );
            said = words;
        }
        let until = Instant::now() + wait.mul_f64(0.5 + random::fraction() / 2.0);
        wait = (wait * 2).min(BACKOFF[1]);
        while let Ok(Some(notification)) = timeout_at(until, outbox.recv()).await {
            shared.metrics.bus_messages.at(BusMessageResult::Dropped).inc();
            shared.owe(notification.event, notification.rev);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_is_entered_and_left_while_redis_is_away_leaves_nothing_behind() {
        let mut wanted = SubscribedEvents::default();
        let event = |n: u128| EventId::new(Uuid::from_u128(n));
        assert!(wanted.want(event(0), true));
        assert!(!wanted.want(event(0), true), "once");
        // As a connection does that begins.
        wanted.changes.clear();
        for n in 1..1000 {
            assert!(wanted.want(event(n), true));
            assert!(!wanted.want(event(n), false));
        }
        assert!(wanted.changes.is_empty());
        assert!(wanted.want(event(0), false));
        assert!(wanted.want(event(1), true));
        assert_eq!(wanted.changes, BTreeMap::from([(event(0), false), (event(1), true)]));
    }
}
