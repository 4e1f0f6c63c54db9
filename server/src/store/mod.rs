//! All that lasts: one set of statements for SQLite and Postgres. SQL is here and nowhere else.
//!
//! What a method acknowledges is committed. Not found is `Ok(None)`; what the rules refuse is an `Outcome` or an enum of
//! the method's own; [`StoreError`] is left for a database that fails. Ids, time and hashes come in as arguments.
//!
//! **The version of an event.** `events.rev` grows with every change of anything in the event, in the same transaction.
//! A transaction that writes in an event locks the event's row first (`version::lock`), so the writers of one event follow
//! one another: what is committed after a close was judged after it.

mod activities;
mod columns;
mod error;
mod events;
mod links;
mod members;
mod participants;
mod posts;
mod responses;
mod sql;
mod stage;
mod timers;
mod version;

use std::time::Duration;

use sqlx::{
    PgPool, SqlitePool,
    migrate::Migrator,
    pool::PoolOptions,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use self::sql::{Connected, Reader, Tx, on};
pub use self::{
    activities::Added,
    error::StoreError,
    events::{CodeTaken, EventListing},
    participants::{Join, Joined, Known, TokenHash},
    posts::{Acted, Actor, LedgerEntry, NewPostCommand, QaOutline},
    responses::{AnswerChange, Batch, Committed, EventChange, NewResponse},
    stage::{Outline, RoomState, Steered},
    timers::{Moment, Settled},
};

/// The files of `migrations/`, embedded.
static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// How long to wait for a free or a new connection. A phone keeps its answer and sends it again, so waiting longer than
/// a person would helps nobody.
const ACQUIRE: Duration = Duration::from_secs(5);
/// How long one SQLite connection waits for another process that writes, a backup say.
const SQLITE_BUSY: Duration = Duration::from_secs(5);
/// Reads run beside the writer and beside each other; more than the cores of a small machine bring nothing.
const SQLITE_READERS: u32 = 4;
/// Memory of one SQLite connection for pages of the file, in KiB (negative, as SQLite has it). The system keeps the same
/// pages too, so more is no faster.
const SQLITE_CACHE: &str = "-512";
/// Per node. Postgres allows 100 in all by default; committing is grouped, so few are busy at a time.
const POSTGRES_CONNECTIONS: u32 = 16;

/// An open database. Clones share its connections.
#[derive(Clone, Debug)]
pub enum Store {
    /// One file, for one node.
    Sqlite(SqliteFile),
    /// A server, for several nodes.
    Postgres(PgPool),
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
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => open_sqlite(url.parse()?).await.map(Self::Sqlite),
            Some("postgres" | "postgresql") => open_postgres(url.parse()?).await.map(Self::Postgres),
            _ => Err(StoreError::Address),
        }
    }

    /// Whether the database answers.
    pub async fn check(&self) -> Result<(), StoreError> {
        let mut db = self.reader().await?;
        on!(db.fetch_one::<(i64,)>("SELECT COUNT(*) FROM workspaces"))?;
        Ok(())
    }

    /// Waits for what is under way and closes all connections. What is asked of the store afterwards fails.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(file) => {
                file.readers.close().await;
                // The last connection to close also empties the write-ahead log into the file.
                file.writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }

    /// A connection for one statement that reads.
    async fn reader(&self) -> Result<Reader, StoreError> {
        Ok(match self {
            Self::Sqlite(file) => Connected::Sqlite(file.readers.acquire().await?),
            Self::Postgres(pool) => Connected::Postgres(pool.acquire().await?),
        })
    }

    /// A transaction that sees one moment and writes nothing.
    async fn snapshot(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite(file) => Connected::Sqlite(file.readers.begin().await?),
            Self::Postgres(pool) => {
                Connected::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        })
    }

    /// A transaction that writes. SQLite takes its lock at once: asked for later, after a read, it can be refused.
    async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite(file) => Connected::Sqlite(file.writer.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Connected::Postgres(pool.begin().await?),
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
    MIGRATIONS.run(&writer).await?;
    let readers = pool(SQLITE_READERS).connect_with(options.read_only(true)).await?;
    Ok(SqliteFile { readers, writer })
}

async fn open_postgres(options: PgConnectOptions) -> Result<PgPool, StoreError> {
    let pool = PoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(ACQUIRE)
        .after_connect(|connection, _| {
            // A plan kept from when a table was small reads the whole table for every row of a batch once it is large.
            Box::pin(async move {
                sqlx::query("SET plan_cache_mode = force_custom_plan").execute(connection).await.map(drop)
            })
        })
        .connect_with(options)
        .await?;
    MIGRATIONS.run(&pool).await?;
    Ok(pool)
}
