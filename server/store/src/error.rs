//! Failures of the store, as opposed to refusals.

use sqlx::{error::DatabaseError, migrate::MigrateError, sqlite::SqliteError};

/// The database failed, or holds something that it should not. The text is for the log, not for
/// users.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address is neither SQLite's nor Postgres's.
    #[error("the database's address must begin with sqlite:// or postgres://")]
    Address,
    /// The address is meant for Postgres but is malformed. It is not shown, since it may contain a
    /// password.
    #[error(
        "the database's address is malformed: write postgres://user:password@host:port/name, with special characters as %XX, optionally with ?sslmode=verify-full"
    )]
    PostgresAddress,
    /// A Postgres server that is not on this machine offers no TLS.
    #[error(
        "the database at {0} does not offer TLS, so passwords and answers would cross the network unencrypted. Set `ssl = on` there. If the network is private, set database.plaintext = true here instead, or append ?sslmode=disable to the address"
    )]
    Plaintext(String),
    /// The database refused or could not be reached.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The connection was lost at the `COMMIT`: whether it took effect is unknown.
    #[error("the connection to the database was lost during a commit: {0}")]
    Unknown(#[source] sqlx::Error),
    /// The database does not answer in time.
    #[error("the database does not respond")]
    Silent,
    /// Another node was migrating the database for longer than this one could wait.
    #[error("another node has been migrating the database for minutes; start this one when it is done")]
    Preparing,
    /// The tables could not be created or migrated.
    #[error("the database could not be migrated: {0}")]
    Migration(#[from] MigrateError),
    /// The database file was moved, deleted or replaced.
    #[error(
        "the database file {0} is no longer the one that this server opened: it was moved, deleted or replaced. Put it back, \
         or stop the server and restore a backup"
    )]
    Moved(String),
    /// The database file is missing, but its write-ahead log is there.
    #[error(
        "the database file {0} is missing, but {0}-wal, with the latest changes, is there and would be lost. Put the file back \
         beside it, or remove {0}-wal to start with an empty database"
    )]
    Orphan(String),
    /// The database holds a value of this kind that this release cannot read. The value itself may
    /// be personal.
    #[error("this release cannot read {0} in the database")]
    Unreadable(&'static str),
}

/// SQLite's primary result codes for: busy, locked, out of memory, read-only (a disk remounted
/// read-only), I/O errors, disk full, a file that cannot be opened (out of descriptors).
const SQLITE_PASSES: [i32; 7] = [5, 6, 7, 8, 10, 13, 14];
/// SQLite's primary result code of a full disk.
const SQLITE_FULL: i32 = 13;
/// The same of Postgres.
const POSTGRES_FULL: &str = "53100";
/// Postgres's SQLSTATE classes for lost connections, rolled-back transactions, missing resources,
/// operator intervention (including a statement timeout) and system errors (such as a file that
/// cannot be extended), and its codes for an idle session or transaction, a lock timeout, and a
/// write that reached a standby.
const POSTGRES_PASSES: [&str; 9] = ["08", "40", "53", "57", "58", "25P03", "25P04", "55P03", POSTGRES_STANDBY];
/// A database that was dropped passes no more, though it is in a class that does; nor does a limit
/// of the machine's configuration.
const POSTGRES_STAYS: [&str; 2] = ["57P04", "53400"];
/// A statement that writes reached a standby: the connection is older than a failover.
pub(super) const POSTGRES_STANDBY: &str = "25006";

impl StoreError {
    /// Whether the same call may succeed later, unchanged: the database is unavailable, busy or
    /// full.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Database(error)) => passes(error.as_ref()),
            Self::Database(error) => matches!(
                error,
                sqlx::Error::Io(_)
                    | sqlx::Error::PoolTimedOut
                    | sqlx::Error::PoolClosed
                    | sqlx::Error::WorkerCrashed
                    | sqlx::Error::BeginFailed
                    // A server that dies in the middle of a message leaves half of it.
                    | sqlx::Error::Protocol(_)
            ),
            Self::Unknown(_) | Self::Silent | Self::Moved(_) => true,
            Self::Address
            | Self::PostgresAddress
            | Self::Plaintext(_)
            | Self::Migration(_)
            | Self::Preparing
            | Self::Orphan(_)
            | Self::Unreadable(_) => false,
        }
    }

    /// Whether the database has no room left on its disk.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Database(error)) | Self::Unknown(sqlx::Error::Database(error)) => {
                let code = error.code().unwrap_or_default();
                if is_sqlite(error.as_ref()) { primary_code(&code) == Some(SQLITE_FULL) } else { code == POSTGRES_FULL }
            }
            _ => false,
        }
    }
}

fn is_sqlite(error: &dyn DatabaseError) -> bool {
    error.as_error().is::<SqliteError>()
}

/// SQLite's primary result code: the low byte of the extended one.
pub(super) fn primary_code(code: &str) -> Option<i32> {
    code.parse::<i32>().ok().map(|code| code & 0xff)
}

fn passes(error: &dyn DatabaseError) -> bool {
    let code = error.code().unwrap_or_default();
    if is_sqlite(error) {
        return primary_code(&code).is_some_and(|code| SQLITE_PASSES.contains(&code));
    }
    postgres_passes(&code)
}

fn postgres_passes(code: &str) -> bool {
    POSTGRES_PASSES.iter().any(|class| code.starts_with(class)) && !POSTGRES_STAYS.contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_stays_wrong() {
        let passes = [
            "08000", "08003", "08006", // a connection that broke
            "40001", "40P01", // a serialisation failure, a deadlock
            "53100", "53200", "53300", // disk, memory, connections are full
            "55P03", "57014", // a lock or a statement took too long
            "57P01", "57P02", "57P03", "57P05", // shut down, crashed, starting, idle for too long
            "25006", "25P03", // a standby, a transaction that stood still
            "58030", // what its system failed at
        ];
        let stays = ["23505", "28P01", "3D000", "42P01", "22P02", "53400", "57P04", "25001", ""];
        assert_eq!(passes.iter().find(|code| !postgres_passes(code)), None);
        assert_eq!(stays.iter().find(|code| postgres_passes(code)), None);
    }
}
