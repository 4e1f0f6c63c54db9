//! All that lasts: one set of statements for SQLite and Postgres. SQL is here and nowhere else.
//!
//! What a method acknowledges is committed. Not found is `Ok(None)`; what the rules refuse is an `Outcome` or an enum of
//! the method's own; [`StoreError`] is left for a database that fails. Ids, time and hashes come in as arguments.
//!
//! **The version of an event.** `events.rev` grows with every change of anything in the event, in the same transaction.
//! A transaction that writes in an event locks the event's row first (`version::lock`), so the writers of one event follow
//! one another: what is committed after a close was judged after it.
//!
//! **The order of locks**, which every transaction keeps so that no two wait for each other: first the rows of `events` by
//! id, all that it needs at once (`version::lock_all`); then rows of `participants`, by event and token where they are
//! several; then the rest, which is in an event that is locked already, or is locked by key in the order of the alphabet
//! (`login_failures`), or goes from a link to its member to the member's sessions. Whoever joins locks no event. A pulse
//! locks its node's row of `nodes`, then that node's rows of `seats` and `arrivals`, which are nobody else's while it
//! holds that.
//!
//! **A database that is away** is nobody's to wait for: a statement on Postgres has a deadline (`postgres`), and what
//! failed for a passing reason is tried again (`retry`) within a patience that is shorter than a client's.

mod activities;
mod columns;
mod error;
mod events;
mod guesses;
mod links;
mod members;
mod migrate;
mod nodes;
mod participants;
mod postgres;
mod posts;
mod reports;
mod responses;
mod retry;
mod rights;
mod room_tests;
mod security_events;
mod sessions;
mod sql;
mod stage;
mod timers;
mod version;

use std::time::Duration;

use sqlx::{
    SqlitePool,
    pool::PoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tokio::time::timeout;

use self::sql::{Connected, Reader, Tx, on};
pub use self::{
    activities::Added,
    error::StoreError,
    events::{CodeTaken, EventListing},
    guesses::Guess,
    nodes::{Arriving, Counts, Pulse, Pulsed, RoomPulse, Seat, Seating},
    participants::{Join, Known, Visit},
    posts::{Acted, LedgerEntry, NewPostCommand, QaOutline},
    reports::Report,
    responses::{AnswerChange, Batch, Committed, EventChange, NewResponse},
    retry::PATIENCE,
    rights::{Actor, Right, SessionHash},
    room_tests::{Keep, NewRoomTest, RoomTestListing},
    security_events::SecurityEvent,
    sessions::{NewSession, Session},
    stage::{Outline, RoomState, Steered},
    timers::{Moment, Settled},
    version::Standing,
};
use crate::config::{Config, Database};

/// How long to wait for a free connection to a file. A phone keeps its answer and sends it again, so waiting longer than
/// a person would helps nobody.
const ACQUIRE: Duration = Duration::from_secs(5);
/// How long one SQLite connection waits for another process that writes, a backup say.
const SQLITE_BUSY: Duration = Duration::from_secs(5);
/// Reads run beside the writer and beside each other; more than the cores of a small machine bring nothing.
const SQLITE_READERS: u32 = 4;
/// Memory of one SQLite connection for pages of the file, in KiB (negative, as SQLite has it). The system keeps the same
/// pages too, so more is no faster.
const SQLITE_CACHE: &str = "-512";
/// How long the database may take to say that it is there: a balancer that asks has little patience.
const CHECK: Duration = Duration::from_secs(1);

/// An open database. Clones share its connections.
#[derive(Clone, Debug)]
pub enum Store {
    /// One file, for one node.
    Sqlite(SqliteFile),
    /// A server, for several nodes.
    Postgres(postgres::Server),
}

/// The connections to an SQLite file, which has one writer at a time.
#[derive(Clone, Debug)]
pub struct SqliteFile {
    readers: SqlitePool,
    /// One connection: writers queue here, in order, and not in SQLite's own lock, which is unfair.
    writer: SqlitePool,
}

impl Store {
    /// Opens `sqlite:///path/to/file.db` (made where it is missing; its directory must exist) or `postgres://…`, and
    /// brings its tables up to date.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_with(url, &Config::default().database).await
    }

    /// The same with these settings; the address in them is not looked at.
    pub async fn open_with(url: &str, settings: &Database) -> Result<Self, StoreError> {
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => open_sqlite(url.parse()?).await.map(Self::Sqlite),
            Some("postgres" | "postgresql") => {
                let options = postgres::options(url, settings)?;
                migrate::postgres(&options).await?;
                postgres::Server::connect(options, settings).await.map(Self::Postgres)
            }
            _ => Err(StoreError::Address),
        }
    }

    /// Whether the database answers, within a second.
    pub async fn check(&self) -> Result<(), StoreError> {
        let asked = async {
            let mut db = self.reader().await?;
            on!(db.fetch_one::<(i64,)>("SELECT COUNT(*) FROM workspaces"))?;
            Ok(())
        };
        timeout(CHECK, asked).await.unwrap_or(Err(StoreError::Silent))
    }

    /// Waits for what is under way and closes all connections. What is asked of the store afterwards fails.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(file) => {
                file.readers.close().await;
                // The last connection to close also empties the write-ahead log into the file.
                file.writer.close().await;
            }
            Self::Postgres(server) => server.close().await,
        }
    }

    /// A connection for one statement that reads.
    async fn reader(&self) -> Result<Reader, StoreError> {
        Ok(match self {
            Self::Sqlite(file) => Connected::Sqlite(file.readers.acquire().await?),
            Self::Postgres(server) => Connected::Postgres(server.lend().await?),
        })
    }

    /// A transaction that sees one moment and writes nothing.
    async fn snapshot(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite(file) => Connected::Sqlite(file.readers.begin().await?),
            Self::Postgres(server) => {
                Connected::Postgres(server.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        })
    }

    /// A transaction that writes. SQLite takes its lock at once: asked for later, after a read, it can be refused.
    async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite(file) => Connected::Sqlite(file.writer.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(server) => Connected::Postgres(server.begin("BEGIN").await?),
        })
    }

    /// The same for what need not outlive a crash of the database: nobody waits for the disk.
    async fn begin_ephemeral(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite(_) => self.begin().await?,
            Self::Postgres(server) => {
                Connected::Postgres(server.begin("BEGIN; SET LOCAL synchronous_commit = off").await?)
            }
        })
    }
}

async fn open_sqlite(options: SqliteConnectOptions) -> Result<SqliteFile, StoreError> {
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // Every commit is on the disk before it is acknowledged.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(SQLITE_BUSY)
        .pragma("cache_size", SQLITE_CACHE);
    let pool = |connections| {
        // A file does not go away, so its connections are neither tested nor renewed.
        PoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
    };
    let writer = pool(1).connect_with(options.clone()).await?;
    migrate::sqlite(&writer).await?;
    let readers = pool(SQLITE_READERS).connect_with(options.read_only(true)).await?;
    Ok(SqliteFile { readers, writer })
}
