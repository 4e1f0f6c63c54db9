//! The time between a connection to Redis and its loss: publishes, subscribes, and probes whether
//! Redis still answers.
//!
//! Whatever goes wrong ends the session: the next one begins from nothing, with the cluster as it
//! is by then.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use parterre_protocol::{EventId, Rev};
use parterre_system::metrics::BusMessageResult;
use redis::{ConnectionAddr, Value};
use tokio::{
    sync::{Notify, mpsc},
    time::{MissedTickBehavior, interval},
};

use super::{
    Shared, Trouble,
    connection::{Heard, Listener, RedisConnection, RedisTarget, Verb},
    slots::{self, Range},
};
use crate::cluster::bus::{Hint, Notification, Signal, wire};

/// How often it is asked whether Redis is still there.
const PROBE: Duration = Duration::from_secs(1);
/// The most notifications and channels that go out together.
const TOGETHER: usize = 512;

/// A working connection, to every process of a cluster.
pub(super) struct Session<'a> {
    shared: &'a Arc<Shared>,
    links: Vec<RedisConnection>,
    /// Which link serves which slots, in order; one range outside a cluster.
    routes: Vec<(u16, usize)>,
    sharded: bool,
    over: Arc<Notify>,
}

impl<'a> Session<'a> {
    /// Connects and subscribes to all that this node cares about.
    pub(super) async fn begin(shared: &'a Arc<Shared>, target: &RedisTarget) -> Result<Self, Trouble> {
        let over = Arc::new(Notify::new());
        let listener = listener(shared, &over);
        let first = RedisConnection::connect(target, listener.clone()).await?;
        let sharded = first.can_shard() && is_cluster(&first).await?;
        let mut session = Self { shared, links: vec![first], routes: vec![(0, 0)], sharded, over };
        if sharded {
            session.follow(target, listener).await?;
        }
        let events: Vec<_> = {
            let mut wanted = shared.wanted();
            wanted.changes.clear();
            wanted.events.iter().copied().collect()
        };
        session.listen(&events, Verb::Subscribe).await?;
        Ok(session)
    }

    /// Connects to every process that serves a part of the cluster.
    async fn follow(&mut self, target: &RedisTarget, listener: Listener) -> Result<(), Trouble> {
        let answer = self.links[0].ask(redis::cmd("CLUSTER").arg("SLOTS")).await?;
        let ranges = slots::ranges(&answer).ok_or(Trouble::Uncovered)?;
        let mut known = HashMap::new();
        (self.links, self.routes) = (Vec::new(), Vec::new());
        for range in ranges {
            let link = match known.get(&(range.host.clone(), range.port)) {
                Some(link) => *link,
                None => {
                    self.links.push(RedisConnection::connect(&at(target, &range), listener.clone()).await?);
                    known.insert((range.host, range.port), self.links.len() - 1);
                    self.links.len() - 1
                }
            };
            self.routes.push((range.first, link));
        }
        Ok(())
    }

    /// Works until something goes wrong, and says what.
    pub(super) async fn serve(&self, outbox: &mut mpsc::Receiver<Notification>) -> Trouble {
        tokio::select! {
            () = self.over.notified() => Trouble::Ended,
            trouble = self.probe() => trouble,
            trouble = self.keep_listening() => trouble,
            trouble = self.publish(outbox) => trouble,
        }
    }

    async fn probe(&self) -> Trouble {
        let mut beat = interval(PROBE);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            beat.tick().await;
            let probes = self.links.iter().map(RedisConnection::probe);
            if let Err(trouble) = futures_util::future::try_join_all(probes).await {
                return trouble;
            }
        }
    }

    /// Begins and ceases to listen as rooms open and close.
    async fn keep_listening(&self) -> Trouble {
        loop {
            let changed = std::mem::take(&mut self.shared.wanted().changes);
            if changed.is_empty() {
                self.shared.changed.notified().await;
                continue;
            }
            for (verb, wanted) in [(Verb::Unsubscribe, false), (Verb::Subscribe, true)] {
                let events: Vec<_> = changed.iter().filter(|(_, on)| **on == wanted).map(|(event, _)| *event).collect();
                if let Err(trouble) = self.listen(&events, verb).await {
                    return trouble;
                }
                if wanted {
                    for event in events {
                        self.shared.signal(Signal::Subscribed(event)).await;
                    }
                }
            }
        }
    }

    async fn listen(&self, events: &[EventId], verb: Verb) -> Result<(), Trouble> {
        for (link, events) in self.by_link(events.iter().copied().map(|event| (event, ()))) {
            let channels: Vec<_> = events.into_iter().map(|(event, ())| channel(event)).collect();
            for some in channels.chunks(TOGETHER) {
                self.links[link].listen(some, verb, self.sharded).await?;
            }
        }
        Ok(())
    }

    /// Publishes what comes, first what could not be published before.
    async fn publish(&self, outbox: &mut mpsc::Receiver<Notification>) -> Trouble {
        let mut batch = Vec::new();
        loop {
            let owed = std::mem::take(&mut *self.shared.owed());
            batch.extend(owed.into_iter().map(|(event, rev)| Notification { event, rev, hint: Hint::Resync }));
            if batch.is_empty() {
                outbox.recv_many(&mut batch, TOGETHER).await;
            }
            let guard = Unpublished::new(self.shared, &batch);
            let commands = batch.drain(..).map(|notification| (notification.event, self.sealed(&notification)));
            for (link, messages) in self.by_link(commands) {
                let mut pipeline = redis::pipe();
                for (event, message) in messages {
                    pipeline.cmd(if self.sharded { "SPUBLISH" } else { "PUBLISH" }).arg(channel(event)).arg(message);
                }
                if let Err(trouble) = self.links[link].run(&pipeline).await {
                    return trouble;
                }
            }
            guard.published();
        }
    }

    fn sealed(&self, notification: &Notification) -> Vec<u8> {
        wire::encode(&self.shared.seal, channel(notification.event).as_bytes(), self.shared.node, notification)
    }

    fn by_link<T>(&self, items: impl Iterator<Item = (EventId, T)>) -> BTreeMap<usize, Vec<(EventId, T)>> {
        let mut sorted: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (event, item) in items {
            sorted.entry(self.route(event)).or_default().push((event, item));
        }
        sorted
    }

    /// The link that serves the event's channel.
    fn route(&self, event: EventId) -> usize {
        if self.routes.len() == 1 {
            return self.routes[0].1;
        }
        let slot = slots::slot(event.to_string().as_bytes());
        let after = self.routes.partition_point(|(first, _)| *first <= slot);
        self.routes[after - 1].1
    }
}

/// Notifications on their way: owed again if that ends before they are out.
struct Unpublished<'a> {
    shared: &'a Shared,
    events: BTreeMap<EventId, Rev>,
    count: usize,
}

impl<'a> Unpublished<'a> {
    fn new(shared: &'a Shared, batch: &[Notification]) -> Self {
        let mut events = BTreeMap::new();
        for notification in batch {
            let rev = events.entry(notification.event).or_insert(notification.rev);
            *rev = notification.rev.max(*rev);
        }
        Self { shared, events, count: batch.len() }
    }

    fn published(mut self) {
        self.events.clear();
        self.shared.metrics.bus_messages.at(BusMessageResult::Published).inc_by(self.count as u64);
    }
}

impl Drop for Unpublished<'_> {
    fn drop(&mut self) {
        if !self.events.is_empty() {
            self.shared.metrics.bus_messages.at(BusMessageResult::Dropped).inc_by(self.count as u64);
        }
        for (event, rev) in std::mem::take(&mut self.events) {
            self.shared.owe(event, rev);
        }
    }
}

/// Hands on what the links hear.
fn listener(shared: &Arc<Shared>, over: &Arc<Notify>) -> Listener {
    let (shared, over) = (Arc::clone(shared), Arc::clone(over));
    Arc::new(move |heard| match heard {
        Heard::Message { channel, message } => shared.take(channel, message),
        // A slot that moves to another process takes its subscriptions away.
        Heard::Unsubscribed(channel) => {
            if event_of(channel).is_some_and(|event| shared.wanted().events.contains(&event)) {
                over.notify_one();
            }
        }
        Heard::End => over.notify_one(),
    })
}

async fn is_cluster(link: &RedisConnection) -> Result<bool, Trouble> {
    let info = match link.ask(redis::cmd("INFO").arg("cluster")).await {
        // To whom it may not say so, it is as good as none: plain channels work in a cluster too.
        Err(Trouble::Redis(error)) if error.code() == Some("NOPERM") => return Ok(false),
        info => info?,
    };
    match info {
        Value::VerbatimString { text, .. } => Ok(text.contains("cluster_enabled:1")),
        Value::BulkString(text) => Ok(String::from_utf8_lossy(&text).contains("cluster_enabled:1")),
        _ => Ok(false),
    }
}

/// The way to another process of the cluster.
fn at(target: &RedisTarget, range: &Range) -> RedisTarget {
    let (host, port) = (range.host.clone(), range.port);
    let or = |known: &String| if host.is_empty() { known.clone() } else { host.clone() };
    let address = match target.info.addr() {
        ConnectionAddr::Tcp(known, _) => ConnectionAddr::Tcp(or(known), port),
        ConnectionAddr::TcpTls { host: known, insecure, tls_params, .. } => {
            let (insecure, tls_params) = (*insecure, tls_params.clone());
            ConnectionAddr::TcpTls { host: or(known), port, insecure, tls_params }
        }
        other => other.clone(),
    };
    RedisTarget { info: target.info.clone().set_addr(address), ca: target.ca.clone() }
}

const PREFIX: &str = "parterre:{";

/// The channel of an event. What is between the braces decides its slot in a cluster.
fn channel(event: EventId) -> String {
    format!("{PREFIX}{event}}}")
}

fn event_of(channel: &[u8]) -> Option<EventId> {
    std::str::from_utf8(channel).ok()?.strip_prefix(PREFIX)?.strip_suffix('}')?.parse().ok()
}
