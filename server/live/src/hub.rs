//! The front of the live path: starts its parts, which the server and each connection find here.

use std::{sync::Arc, time::Duration};

use parterre_protocol::Outcome;
use parterre_store::Store;
use parterre_system::{clock::Clock, metrics::Metrics, tasks::Tasks};
use uuid::Uuid;

use crate::{
    admission::{
        self, AdmissionLimiters,
        capacity::Capacity,
        places::Bounds,
        rights::{self, Rights},
    },
    cluster::{
        bus::{Bus, EVERYWHERE},
        clock_watch, listener,
    },
    commit::{
        self, Committer,
        lookup::{self, Lookups},
    },
    context::Context,
    room::Room,
    rooms::Rooms,
    settings::NodeSettings,
    timers,
    traffic::{self, Traffic},
};

/// The shortest time after which a command is sent again that came too soon after others.
const SHORTEST_RETRY: Duration = Duration::from_millis(100);

/// All that is live on this node.
#[derive(Debug)]
pub struct Hub {
    /// What all of it shares.
    pub context: Arc<Context>,
    /// The rooms that are open.
    pub rooms: Arc<Rooms>,
    /// Who has a place on this node.
    pub capacity: Arc<Capacity>,
    /// The ways in.
    pub admission: Arc<AdmissionLimiters>,
    /// The rights by which connections are there.
    pub rights: Arc<Rights>,
    /// Grouped commits.
    pub committer: Committer,
    /// Grouped lookups.
    pub lookups: Lookups,
    /// How much connections get in busy moments.
    pub traffic: Arc<Traffic>,
    /// What runs for as long as the server.
    pub tasks: Tasks,
}

impl Hub {
    /// Starts the tasks of a node on the current runtime.
    pub fn start(
        store: Store,
        clock: Clock,
        metrics: Metrics,
        settings: &NodeSettings,
        bus: Arc<dyn Bus>,
    ) -> Arc<Self> {
        let context = Arc::new(Context::new(store, clock, metrics, settings, bus));
        let rooms = Arc::new(Rooms::new(Arc::clone(&context)));
        let bounds = Bounds::of(settings.connections);
        let (committer, requests) = Committer::new();
        let (lookups, wanted) = Lookups::new(Arc::clone(&context));
        let hub = Arc::new(Self {
            capacity: Arc::new(Capacity::new(Arc::clone(&context), Arc::clone(&rooms), bounds)),
            admission: Arc::new(AdmissionLimiters::new(settings.concurrent_admissions.get())),
            rights: Arc::new(Rights::new(Arc::clone(&context))),
            committer,
            lookups,
            traffic: Arc::default(),
            tasks: Tasks::default(),
            context,
            rooms,
        });
        hub.tasks.run("commit", commit::run(Arc::clone(&hub.context), hub.committer.clone(), requests));
        hub.tasks.run("lookup", lookup::run(Arc::clone(&hub.context), wanted));
        hub.run_tasks();
        hub
    }

    /// What runs beside what is asked for.
    fn run_tasks(&self) {
        let Self { rooms, capacity, admission, rights, traffic, tasks, .. } = self;
        let context = || Arc::clone(&self.context);
        let rooms = || Arc::clone(rooms);
        self.context.bus.subscribe(EVERYWHERE);
        tasks.run("timers", timers::run(context()));
        tasks.run("rights", rights::watch(Arc::clone(rights)));
        tasks.run("clock", clock_watch::run(context(), rooms()));
        tasks.run("notifications", listener::run(context(), rooms(), Arc::clone(rights)));
        tasks.run("admission", admission::count(Arc::clone(admission), rooms()));
        tasks.run("traffic", traffic::watch(context(), Arc::clone(capacity), Arc::clone(traffic)));
    }

    /// Takes a command from a sender for an event, or says what it is answered: nothing is stored
    /// then, and it may come again.
    pub fn allow(&self, room: &Room, sender: Uuid) -> Result<(), Duration> {
        let Context { lifecycle, metrics, .. } = &*self.context;
        room.allow(sender, lifecycle.uptime()).map_err(|wait| wait.max(SHORTEST_RETRY)).inspect_err(|wait| {
            metrics.commands.at(&Outcome::Later { retry_ms: wait.as_millis() as u32 }).inc();
        })
    }
}
