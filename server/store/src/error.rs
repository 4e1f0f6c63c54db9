//! What can go wrong in the store that is nobody's answer to anything.

use sqlx::{error::DatabaseError, migrate::MigrateError, sqlite::SqliteError};

/// The database failed, or holds what it should not. Its text is for the log, not for people.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address is neither SQLite's nor Postgres's.
    #[error("a database address begins with sqlite:// or postgres://")]
    Address,
    /// The address is meant to be Postgres's, but cannot be read. It is not shown: there may be a password in it.
    #[error(
        "the address of the database cannot be read: it is postgres://user:password@host:port/name, with special characters as %XX, and perhaps ?sslmode=verify-full"
    )]
    PostgresAddress,
    /// A Postgres server that is not on this machine offers no TLS.
    #[error(
        "the database at {0} offers no TLS, so that passwords and answers would cross the network for everybody to read. Set `ssl = on` there; or, if that network is yours alone, set database.plaintext = true here, or end its address with ?sslmode=disable"
    )]
    Plaintext(String),
    /// The database refused or could not be reached.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The connection was lost at the `COMMIT`: nobody can say whether it was done.
    #[error("the database was lost while it committed: {0}")]
    Unknown(#[source] sqlx::Error),
    /// The database does not answer in time.
    #[error("the database does not answer")]
    Silent,
    /// Another node was at bringing the tables up to date for longer than this one could wait.
    #[error(
        "another node has been bringing the database's tables up to date for minutes; start this one when it is done"
    )]
    Preparing,
    /// The tables could not be made or brought up to date.
    #[error("the database could not be prepared: {0}")]
    Migration(#[from] MigrateError),
    /// The file of the database is not there any more, or is another one.
    #[error(
        "the database's file {0} is not the one any more that this server opened: it was moved, deleted or replaced. Put it \
         back, or stop the server and restore a backup"
    )]
    Moved(String),
    /// The file of the database is not there, but what was written last is.
    #[error(
        "the database's file {0} is missing, but {0}-wal with what was written last is there, and would be lost. Put the file \
         back beside it, or take {0}-wal away to begin with nothing"
    )]
    Orphan(String),
    /// The database holds a value of this kind that this release cannot read. The value itself may be personal.
    #[error("the database holds {0} that this release cannot read")]
    Unreadable(&'static str),
}

/// SQLite's primary result codes for busy, locked, no memory, nothing to be written (a disk that was mounted anew for reading
/// only), read or write errors, disk full, a file that cannot be opened (no more descriptors).
const SQLITE_PASSES: [i32; 7] = [5, 6, 7, 8, 10, 13, 14];
/// SQLite's primary result code of a full disk.
const SQLITE_FULL: i32 = 13;
/// The same of Postgres.
const POSTGRES_FULL: &str = "53100";
/// Postgres's classes of SQLSTATE for lost connections, rolled-back transactions, missing resources, intervention (among
/// that a statement took too long), and its codes for a session or transaction that idled, a lock that was not to be had
/// in time, and a write that reached a standby; and what its system failed at, such as a file that cannot be made longer.
const POSTGRES_PASSES: [&str; 9] = ["08", "40", "53", "57", "58", "25P03", "25P04", "55P03", POSTGRES_STANDBY];
/// A database that was dropped passes no more, though it is in a class that does; nor does a limit of the machine's
/// configuration.
const POSTGRES_STAYS: [&str; 2] = ["57P04", "53400"];
/// A statement that writes reached a standby: the connection is older than a failover.
pub(super) const POSTGRES_STANDBY: &str = "25006";

impl StoreError {
    /// Whether the same call may succeed later, unchanged: the database is away, busy or full.
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

/// SQLite's primary result code: the low byte of the one that it tells.
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
