//! Nodes on one database and one Redis, with an event that runs.

use std::{path::Path, sync::Arc, time::Duration};

use parterre::config::Config;
use parterre_domain::{event::EventSettings, ids::MemberId};
use parterre_live::{
    bus::{Bus, RedisBus, seal::Seal},
    hub::Hub,
    room::Room,
    steer,
};
use parterre_protocol::{ActivityId, Control, EventId, Outcome, ParticipantId, PromptVersion, Rev, topics::Audience};
use parterre_store::{Join, NewResponse, Store};
use parterre_system::{
    clock::Clock,
    metrics::{BusMessageResult, Metrics, ResyncCause},
    settings::Secret,
};
use parterre_testkit::{
    data::{THEN, make_owner},
    event::{pick, poll},
    live::cid,
};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

/// Long past anything that is waited for.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// An event on some nodes, each with its room open.
pub(crate) struct Nodes {
    folder: TempDir,
    pub(crate) hubs: Vec<Arc<Hub>>,
    pub(crate) rooms: Vec<Arc<Room>>,
    pub(crate) event: EventId,
    pub(crate) poll: ActivityId,
    pub(crate) member: MemberId,
}

impl Nodes {
    /// Two nodes on this Redis, which have connected to it.
    pub(crate) async fn two(url: &str) -> Self {
        Self::with(|config| config.redis.url = Some(Secret::from(url.to_owned()))).await
    }

    /// Two nodes with these settings, which have connected.
    pub(crate) async fn with(settings: impl Fn(&mut Config)) -> Self {
        let mut config = Config::default();
        settings(&mut config);
        let mut nodes = Self::offline().await;
        nodes.open(&config).await;
        nodes.open(&config).await;
        nodes.are_connected(1).await;
        nodes
    }

    /// An event that runs, and no node yet.
    pub(crate) async fn offline() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        let owner = make_owner(&store).await;
        let (event, activity) = (EventId::new(Uuid::new_v4()), ActivityId::new(Uuid::new_v4()));
        let settings = EventSettings::parse("Annual meeting", "TULIP", false).unwrap();
        store.create_event(event, owner.workspace, &settings, THEN).await.unwrap().unwrap();
        store.add_activity(event, activity, &poll(), None).await.unwrap();
        let open = Control::Open { activity };
        let opened = store.control(event, owner.id, cid(), &open, THEN).await.unwrap();
        assert!(matches!(opened.outcome, Outcome::Stored { .. }));
        store.close().await;
        Self { folder, hubs: Vec::new(), rooms: Vec::new(), event, poll: activity, member: owner.id }
    }

    /// Adds a node with these settings, and opens the event's room on it.
    pub(crate) async fn open(&mut self, config: &Config) {
        let metrics = Metrics::new();
        let url = config.redis.url.as_ref().unwrap();
        let store = open(self.folder.path()).await;
        let seal = Seal::of(&store, 1).await.unwrap();
        let bus: Arc<dyn Bus> = Arc::new(RedisBus::start(&config.redis, url, seal, metrics.clone()).unwrap());
        let hub = Hub::start(store, Clock::system(), metrics, &config.node(), bus);
        self.rooms.push(hub.rooms.open(self.event).await.unwrap().unwrap());
        self.hubs.push(hub);
    }

    /// Waits until each node has connected so often, and knows again what the database holds.
    pub(crate) async fn are_connected(&self, times: u64) {
        for hub in &self.hubs {
            until("the bus is connected", || {
                hub.context.metrics.bus_connects.get() >= times && !hub.context.degraded()
            })
            .await;
        }
    }

    /// Waits until every node says that its bus is lost.
    pub(crate) async fn are_degraded(&self) {
        for hub in &self.hubs {
            until("the bus is lost", || hub.context.degraded()).await;
        }
    }

    /// A participant who joins by way of a node.
    pub(crate) async fn join(&self, node: usize) -> ParticipantId {
        let id = ParticipantId::new(Uuid::new_v4());
        assert!(self.hubs[node].committer.join(Join { id, event: self.event, name: None }).await);
        id
    }

    /// Answers by way of a node, by somebody who has just joined there.
    pub(crate) async fn answer(&self, node: usize, option: u16) {
        let participant = self.join(node).await;
        let (event, activity) = (self.event, self.poll);
        let response = NewResponse {
            cid: cid(),
            event,
            activity,
            round: 1,
            version: PromptVersion::FIRST,
            participant,
            answer: pick(option),
        };
        let outcome = self.hubs[node].committer.respond(response).await;
        assert!(matches!(outcome, Outcome::Stored { .. }), "{outcome:?}");
    }

    /// Steers the event by way of a node.
    pub(crate) async fn steer(&self, node: usize, control: Control) {
        let hub = &self.hubs[node];
        let outcome = steer::control(&hub.context, &hub.committer, self.event, self.member, cid(), &control).await;
        assert!(matches!(outcome, Outcome::Stored { .. }), "{outcome:?}");
    }

    /// The event's version in the database.
    pub(crate) async fn rev(&self) -> Rev {
        self.hubs[0].context.store.event(self.event).await.unwrap().unwrap().rev
    }

    /// Waits until every node shows this many answers and knows the newest version.
    pub(crate) async fn all_count(&self, answers: u32) {
        let rev = self.rev().await;
        for room in &self.rooms {
            timeout(TIMEOUT, room.knows(rev)).await.expect("the node hears of it");
            let counted = || room.state().results(Audience::Studio).respondents.unwrap_or_default();
            until("the answers are counted", || counted() == answers).await;
        }
    }

    /// How often rooms were read again, for whatever reason, on each node.
    pub(crate) fn resyncs(&self) -> Vec<u64> {
        let causes = [ResyncCause::Notification, ResyncCause::Lagged, ResyncCause::Heartbeat];
        let of = |hub: &Arc<Hub>| causes.iter().map(|cause| hub.context.metrics.room_resyncs.at(*cause).get()).sum();
        self.hubs.iter().map(of).collect()
    }

    /// What became of notifications on a node.
    pub(crate) fn bus_messages(&self, node: usize, result: BusMessageResult) -> u64 {
        self.hubs[node].context.metrics.bus_messages.at(result).get()
    }
}

async fn open(folder: &Path) -> Store {
    Store::open(&format!("sqlite://{}", folder.join("parterre.db").display())).await.unwrap()
}

/// Waits until this holds.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(TIMEOUT, waiting).await.unwrap_or_else(|_| panic!("waiting in vain: {what}"));
}
