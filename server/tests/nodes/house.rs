//! Nodes of one database, with their owner.

use std::{
    net::SocketAddr,
    process::{Command, ExitStatus},
};

use parterre::{
    device::{DeviceKey, DeviceToken},
    http::auth::{SESSION_COOKIE, session_hash},
};
use parterre_protocol::{EventId, topics::Audience};
use parterre_store::{Batch, Join, Store};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::{
    PROGRAM,
    browser::Browser,
    data::{THEN, make_owner},
    event::{Event, Server, connect},
    live::Live,
    postgres::Postgres,
    process::Process,
};

const OWNER: &str = "session-of-the-owner";
/// When sessions here end: not while a test runs.
const NEVER: i64 = THEN * 2;
/// Nobody is pinged, so that a client may be silent; phones are told as often as screens, so that
/// nobody waits.
const USUAL: [(&str, &str); 2] = [("PARTERRE_LIVE__PING_MS", "600000"), ("PARTERRE_LIVE__PHONE_TICK_MS", "100")];

/// A database for nodes.
pub(crate) struct Database {
    pub(crate) postgres: Postgres,
    runtime: Runtime,
}

impl Database {
    /// A fresh one with an owner.
    pub(crate) fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let database = Self { postgres: Postgres::start(), runtime };
        database.work(async |store| {
            let owner = make_owner(store).await;
            store.create_session(&session_hash(OWNER), owner.id, THEN, NEVER).await.unwrap();
        });
        database
    }

    /// Does something with the store, from beside all nodes.
    pub(crate) fn work<T>(&self, work: impl AsyncFnOnce(&Store) -> T) -> T {
        self.runtime.block_on(async {
            let store = Store::open(&self.postgres.url()).await.unwrap();
            let done = work(&store).await;
            store.close().await;
            done
        })
    }

    /// The number that a statement gives.
    pub(crate) fn number(&self, sql: &'static str) -> i64 {
        self.runtime.block_on(async {
            let mut connection = PgConnection::connect(&self.postgres.url()).await.unwrap();
            let (number,) = sqlx::query_as::<_, (i64,)>(sql).fetch_one(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            number
        })
    }

    /// Runs a statement; how many rows it changed.
    pub(crate) fn execute(&self, sql: &'static str) -> u64 {
        self.runtime.block_on(async {
            let mut connection = PgConnection::connect(&self.postgres.url()).await.unwrap();
            let done = sqlx::query(sql).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            done.rows_affected()
        })
    }

    /// Has so many devices join an event; their tokens.
    pub(crate) fn devices(&self, event: EventId, count: usize) -> Vec<String> {
        self.work(async |store| {
            let key = store.signing_key(DeviceKey::PURPOSE, &DeviceKey::make(), THEN).await.unwrap();
            let key = DeviceKey::open(&key).unwrap();
            let devices: Vec<_> = (0..count).map(|_| key.issue()).collect();
            let join = |device: &DeviceToken| Join { id: device.participant(event), event, name: None };
            let batch = Batch { joins: devices.iter().map(join).collect(), ..Batch::default() };
            assert_eq!(store.commit(&batch, THEN).await.unwrap().attended, [(event, count as u32)].into());
            devices.iter().map(|device| device.as_str().to_owned()).collect()
        })
    }
}

/// One node, as its people see it.
pub(crate) struct House {
    pub(crate) process: Process,
    _data: TempDir,
}

impl House {
    /// A node of the database with these settings.
    pub(crate) fn new(database: &Database, settings: &[(&str, &str)]) -> Self {
        Self::at(&database.postgres.url(), settings)
    }

    /// The same of the database at this address.
    pub(crate) fn at(url: &str, settings: &[(&str, &str)]) -> Self {
        let data = TempDir::new().unwrap();
        let settings = [&USUAL[..], &[("DATABASE_URL", url)], settings].concat();
        Self { process: Process::start(PROGRAM, data.path(), &settings), _data: data }
    }

    /// Sends the node a signal.
    pub(crate) fn signal(&self, name: &str) {
        let told = Command::new("kill").args([name, &self.process.child.id().to_string()]).status();
        assert!(told.unwrap().success());
    }

    /// Waits until the node has ended by itself.
    pub(crate) fn ended(mut self) -> ExitStatus {
        self.process.child.wait().unwrap()
    }

    /// What the node counts under this name, label included.
    pub(crate) fn counts(&self, metric: &str) -> f64 {
        let text = self.stranger().get("/metrics").expect(200).body;
        let line = text.lines().find_map(|line| line.strip_prefix(metric)).expect("the metric is there");
        line.trim().parse().unwrap()
    }

    /// A browser that was never here.
    pub(crate) fn stranger(&self) -> Browser {
        Browser::new(self.process.address)
    }

    /// The owner's browser.
    pub(crate) fn owner(&self) -> Browser {
        self.stranger().with_cookie(SESSION_COOKIE, OWNER)
    }

    /// Where the node is.
    pub(crate) fn address(&self) -> SocketAddr {
        self.process.address
    }

    /// Connects a device to an event on this node, wherever it joined.
    pub(crate) fn enter(&self, event: &Event<'_>, device: &Browser) -> Live {
        let mut live = event.connect_at(self.address(), device, "as=phone").expect("let in");
        live.until("the first stage", |live| live.has_stage());
        live
    }

    /// The screen of an event as this node shows it.
    pub(crate) fn screen(&self, event: &Event<'_>) -> Live {
        let query = format!("as={}", Audience::Screen);
        let mut live = connect(self.address(), event.id, &self.stranger(), &query).expect("let in");
        live.until("the first stage", |live| live.has_stage());
        live
    }
}

impl Server for House {
    fn address(&self) -> SocketAddr {
        self.process.address
    }

    fn owner(&self) -> Browser {
        self.owner()
    }
}

/// Waits until this holds, asking again and again. What never holds runs into the test runner's
/// limit.
pub(crate) fn until(holds: impl Fn() -> bool) {
    while !holds() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
