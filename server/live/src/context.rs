//! What every task of the live path needs: the database, the time, the figures, the settings, the
//! ways to other nodes and to the workers.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parterre_domain::ids::NodeId;
use parterre_protocol::{EventId, Rev};
use parterre_store::{NewJob, Store, StoreError};
use parterre_system::{clock::Clock, metrics::Metrics, random};
use tokio::sync::Notify;

use crate::{
    cluster::bus::{Bus, Hint, Notification},
    lifecycle::Lifecycle,
    settings::{Live, NodeSettings},
    workers::Workers,
};

/// What all that is live on this node shares.
pub struct Context {
    /// The truth.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// The figures.
    pub metrics: Metrics,
    /// The settings.
    pub settings: Live,
    /// This run of this node, as other nodes know it.
    pub node: NodeId,
    /// How nodes hear of each other's changes.
    pub bus: Arc<dyn Bus>,
    /// How connections hear of what is theirs alone.
    pub workers: Workers,
    /// How far the node is.
    pub lifecycle: Lifecycle,
    /// Told when something is to be told to or asked of the database sooner than usual.
    pub heartbeat_soon: Notify,
    /// Told when there is a moment to come that may be earlier than those known.
    pub timers: Notify,
    /// Told when a job was added in the transaction of what it is about; otherwise
    /// [`Context::add_job`] does.
    pub job_added: Arc<Notify>,
    /// Whether there is a way to hear of other nodes' changes but heartbeats, while it is not lost.
    has_bus: bool,
    /// Whether the bus is lost just now.
    degraded: AtomicBool,
    /// Whether the clock that the server went by was set, and says another time since.
    clock_differs: AtomicBool,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("node", &self.node).finish_non_exhaustive()
    }
}

impl Context {
    /// Of a node that starts now.
    pub fn new(store: Store, clock: Clock, metrics: Metrics, settings: &NodeSettings, bus: Arc<dyn Bus>) -> Self {
        Self {
            store,
            clock,
            metrics,
            settings: settings.live.clone(),
            node: NodeId::new(random::opaque_id()),
            bus,
            workers: Workers::default(),
            lifecycle: Lifecycle::new(settings),
            heartbeat_soon: Notify::new(),
            timers: Notify::new(),
            job_added: Arc::default(),
            has_bus: settings.has_bus,
            degraded: AtomicBool::new(false),
            clock_differs: AtomicBool::new(false),
        }
    }

    /// Tells every node of something.
    pub fn publish(&self, notification: Notification) {
        self.bus.publish(notification);
    }

    /// Tells every node that something else of an event has changed than answers and questions.
    pub fn changed(&self, event: EventId, rev: Rev) {
        self.publish(Notification { event, rev, hint: Hint::MetadataChanged });
    }

    /// Tells every node that an event is so far, and that nobody knows any more what led it there.
    pub fn reread(&self, event: EventId, rev: Rev) {
        self.publish(Notification { event, rev, hint: Hint::Resync });
    }

    /// Adds a job, unless one with the same key is pending, and has it done as soon as it is due.
    /// Whether it was added.
    pub async fn add_job(&self, job: &NewJob) -> Result<bool, StoreError> {
        let added = self.store.add_job(job, self.clock.now()).await?;
        self.job_added.notify_one();
        Ok(added)
    }

    /// Whether the node works without its bus: changes made elsewhere are found by asking the
    /// database.
    pub fn degraded(&self) -> bool {
        self.degraded.load(Ordering::Acquire)
    }

    /// Notes that the bus is lost, or is there again.
    pub fn set_degraded(&self, degraded: bool) {
        self.degraded.store(degraded, Ordering::Release);
    }

    /// Whether only heartbeats tell of changes on other nodes: there is no bus, or it is lost.
    pub fn lacks_bus(&self) -> bool {
        !self.has_bus || self.degraded()
    }

    /// Whether the clock that the server went by was set, and says another time since.
    pub fn clock_differs(&self) -> bool {
        self.clock_differs.load(Ordering::Acquire)
    }

    /// Notes whether it does. Returns whether that is news.
    pub fn set_clock_differs(&self, differs: bool) -> bool {
        self.clock_differs.swap(differs, Ordering::AcqRel) != differs
    }
}
