//! What can go wrong in the store that is nobody's answer to anything.

use sqlx::{error::DatabaseError, migrate::MigrateError, sqlite::SqliteError};

/// The database failed, or holds what it should not. Its text is for the log, not for people.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address is neither SQLite's nor Postgres's.
    #[error("a database address begins with sqlite:// or postgres://")]
    Address,
    /// The database refused or could not be reached.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The tables could not be made or brought up to date.
    #[error("the database could not be prepared: {0}")]
    Migration(#[from] MigrateError),
    /// The database holds a value of this kind that this release cannot read. The value itself may be personal.
    #[error("the database holds {0} that this release cannot read")]
    Unreadable(&'static str),
}

/// SQLite's primary result codes for busy, locked, read or write errors, disk full.
const SQLITE_PASSES: [i32; 4] = [5, 6, 10, 13];
/// Postgres's classes of SQLSTATE for lost connections, rolled-back transactions, missing resources, intervention.
const POSTGRES_PASSES: [&str; 4] = ["08", "40", "53", "57"];
/// A statement that writes reached a standby: the connection is older than a failover.
const POSTGRES_STANDBY: &str = "25006";

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
            Self::Address | Self::Migration(_) | Self::Unreadable(_) => false,
        }
    }
}

fn passes(error: &dyn DatabaseError) -> bool {
    let code = error.code().unwrap_or_default();
    if error.as_error().is::<SqliteError>() {
        // The low byte is the primary code.
        return code.parse::<i32>().is_ok_and(|code| SQLITE_PASSES.contains(&(code & 0xff)));
    }
    code == POSTGRES_STANDBY || POSTGRES_PASSES.iter().any(|class| code.starts_with(class))
}
