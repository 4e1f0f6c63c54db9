//! The connections to an SQLite file.
//!
//! Transactions begin and end by statements here, not by sqlx's own `Transaction`. After SQLite
//! rolls a transaction back by itself (disk full, I/O error, out of memory), sqlx still believes
//! that the connection is inside it, and no later transaction can begin on it. So a connection on
//! which something failed, or that was dropped in the middle of a transaction, never returns to its
//! pool: it is closed, and the next one reopens the file.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use parterre_system::mutants::{self, Mutant};
use sqlx::{
    Sqlite, SqliteConnection, SqlitePool,
    error::DatabaseError,
    pool::{PoolConnection, PoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tokio::runtime::Handle;

use super::{StoreError, error::primary_code, migrate};

/// How long to wait for a free connection to a file. A phone keeps its answer and sends it again,
/// so waiting longer than a person would helps nobody.
const ACQUIRE: Duration = Duration::from_secs(5);
/// How long one connection waits for another process that writes, a backup say.
const BUSY: Duration = Duration::from_secs(5);
/// Reads run beside the writer and beside each other; more than the cores of a small machine bring
/// nothing.
const READERS: u32 = 4;
/// Memory of one connection for pages of the file, in KiB (negative, as SQLite has it). The system
/// keeps the same pages too, so more is no faster.
const CACHE: &str = "-512";
/// The primary result code of a row that breaks a constraint, after which all is as it was before
/// the statement.
const CONSTRAINT: i32 = 19;

/// The connections to an SQLite file, which has one writer at a time.
#[derive(Clone, Debug)]
pub struct SqliteFile {
    readers: SqlitePool,
    /// One connection: writers queue here, in order, and not in SQLite's own lock, which is unfair.
    writer: SqlitePool,
    opened: Opened,
}

/// Which file was opened; `None` if it is in memory.
#[derive(Clone, Debug)]
struct Opened(Option<(PathBuf, (u64, u64))>);

impl Opened {
    fn at(path: &Path) -> Self {
        Self(identity(path).map(|file| (path.to_owned(), file)))
    }

    /// Where the file is not at its place any more, what is written goes nowhere: nothing may be
    /// acknowledged.
    fn check(&self) -> Result<(), StoreError> {
        match &self.0 {
            Some((path, file)) if identity(path) != Some(*file) => Err(StoreError::Moved(path.display().to_string())),
            _ => Ok(()),
        }
    }
}

/// What identifies a file, whatever its name.
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

impl SqliteFile {
    /// Opens the file, creating it if needed with access for its owner only, and migrates it.
    pub(super) async fn open(options: SqliteConnectOptions) -> Result<Self, StoreError> {
        let path = options.get_filename().to_owned();
        keep_orphan(&path)?;
        make_private(&path);
        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // Every commit is on the disk before it is acknowledged.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .pragma("cache_size", CACHE);
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
        let readers = pool(READERS).connect_with(options.read_only(true)).await?;
        Ok(Self { readers, writer, opened: Opened::at(&path) })
    }

    /// A connection for one statement that reads.
    pub(super) async fn checkout(&self) -> Result<PooledConn, StoreError> {
        Ok(PooledConn::of(self.readers.acquire().await?))
    }

    /// A connection that sees one moment and writes nothing.
    pub(super) async fn snapshot(&self) -> Result<PooledConn, StoreError> {
        self.checkout().await?.begin("BEGIN").await
    }

    /// A connection in a transaction that writes. It takes its lock at once: asked for later, after
    /// a read, it can be refused.
    pub(super) async fn begin(&self) -> Result<PooledConn, StoreError> {
        let lease = PooledConn::of(self.writer.acquire().await?);
        self.opened.check()?;
        lease.begin("BEGIN IMMEDIATE").await
    }

    /// Waits for what is under way and closes all connections.
    pub(super) async fn close(&self) {
        self.readers.close().await;
        // The last connection to close also empties the write-ahead log into the file.
        self.writer.close().await;
    }
}

/// The file that an address of SQLite's names.
pub(super) fn file(url: &str) -> Result<PathBuf, StoreError> {
    Ok(url.parse::<SqliteConnectOptions>()?.get_filename().to_owned())
}

/// Refuses to create a file if only the journal of an earlier file is left, because SQLite would
/// delete the journal.
fn keep_orphan(file: &Path) -> Result<(), StoreError> {
    let mut journal = file.as_os_str().to_owned();
    journal.push("-wal");
    let is_left = std::fs::metadata(&journal).is_ok_and(|journal| journal.len() > 0);
    if is_left && !file.exists() { Err(StoreError::Orphan(file.display().to_string())) } else { Ok(()) }
}

/// Creates a missing file with access for its owner only. SQLite would use the process's umask, and
/// it gives its journals the same mode as the file. Other problems are reported by SQLite when it
/// opens the file.
fn make_private(file: &Path) {
    use std::os::unix::fs::OpenOptionsExt;
    let in_memory = file.as_os_str().is_empty() || file == Path::new(":memory:");
    if !in_memory {
        drop(std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file));
    }
}

/// A connection that is lent to one user. Dropped, it goes back to the pool, without the
/// transaction that it may be in; or it is closed, where something failed on it.
#[derive(Debug)]
pub(super) struct PooledConn {
    /// Until it is dropped.
    connection: Option<PoolConnection<Sqlite>>,
    /// Whether it is in a transaction.
    open: bool,
    /// Whether nobody can say what state it is in.
    broken: bool,
}

/// Sees whether a statement leaves its connection in a known state.
pub(super) struct Watch<'a> {
    broken: &'a mut bool,
    open: bool,
}

impl PooledConn {
    fn of(connection: PoolConnection<Sqlite>) -> Self {
        Self { connection: Some(connection), open: false, broken: false }
    }

    async fn begin(mut self, begin: &'static str) -> Result<Self, StoreError> {
        // Before it is sent: dropped meanwhile, nobody knows whether it is in a transaction.
        self.open = true;
        let (connection, watch) = self.link();
        watch.run(sqlx::raw_sql(begin).execute(connection)).await?;
        Ok(self)
    }

    /// The connection for one statement, and the tracker that sees the result.
    pub(super) fn link(&mut self) -> (&mut SqliteConnection, Watch<'_>) {
        let connection = self.connection.as_mut().expect("only dropping takes it out");
        (connection, Watch { broken: &mut self.broken, open: self.open })
    }

    /// Makes the transaction last.
    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        let (connection, watch) = self.link();
        watch.run(sqlx::raw_sql("COMMIT").execute(connection)).await?;
        self.open = false;
        Ok(())
    }
}

impl Watch<'_> {
    /// Runs a statement. If the caller drops this in the middle of a transaction, the connection
    /// stays marked as broken.
    pub(super) async fn run<T>(self, statement: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
        let before = std::mem::replace(self.broken, self.open);
        let done = statement.await;
        *self.broken = before || done.as_ref().is_err_and(breaks);
        done
    }
}

/// Whether a connection that returned this error may be in another state than its user believes.
fn breaks(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => code(error.as_ref()) != Some(CONSTRAINT),
        // What was read is not what was expected: that says nothing of the connection.
        sqlx::Error::RowNotFound
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnIndexOutOfBounds { .. }
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Decode(_) => false,
        _ => true,
    }
}

fn code(error: &dyn DatabaseError) -> Option<i32> {
    primary_code(&error.code().unwrap_or_default())
}

impl Drop for PooledConn {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        let Ok(runtime) = Handle::try_current() else {
            drop(connection.detach());
            return;
        };
        if self.broken {
            if !mutants::is(Mutant::BrokenConnectionReturns) {
                connection.close_on_drop();
            }
        } else if self.open {
            runtime.spawn(roll_back(connection));
        }
    }
}

/// Ends a transaction that nobody wants, and gives its connection back.
async fn roll_back(mut connection: PoolConnection<Sqlite>) {
    let rolled_back = sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await;
    if rolled_back.is_err() {
        connection.close_on_drop();
    }
}
