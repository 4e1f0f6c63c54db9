//! How one statement reaches whichever database is open.
//!
//! A statement is a literal with `$1`, `$2` … and means the same on SQLite and Postgres. Where the
//! two cannot agree, the statement is given twice, as `{sqlite "…", postgres "…"}`, with a comment
//! saying why. No other module of the store names a database.

use serde::Serialize;
use sqlx::{PgConnection, SqliteConnection};

use super::{StoreError, postgres, sqlite};

/// A connection to either database.
pub(super) enum Connected<S, P> {
    /// To SQLite.
    Sqlite(S),
    /// To Postgres.
    Postgres(P),
}

/// A connection for single statements that read.
pub(super) type Reader = Connected<sqlite::PooledConn, postgres::PooledConn>;
/// A transaction. Dropped without `commit`, it changes nothing.
pub(super) type Tx = Reader;
/// A connection for one statement, and the tracker that sees the result.
type StatementConnection<'a> =
    Connected<(&'a mut SqliteConnection, sqlite::Watch<'a>), (&'a mut PgConnection, postgres::StatementDeadline<'a>)>;

impl Connected<sqlite::PooledConn, postgres::PooledConn> {
    /// The connection itself, for [`query!`].
    pub(super) fn link(&mut self) -> StatementConnection<'_> {
        match self {
            Self::Sqlite(lease) => Connected::Sqlite(lease.link()),
            Self::Postgres(lease) => Connected::Postgres(lease.link()),
        }
    }

    /// Commits the transaction. Only then may anyone be told.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(lease) => lease.commit().await,
            Self::Postgres(lease) => lease.commit().await,
        }
    }
}

/// Runs a statement: `query!(tx.execute("…", a, b))` gives the number of rows it changed,
/// `query!(tx.fetch_all::<Row>("…", a, b))` (or `fetch_optional`, `fetch_one`) its rows. The
/// arguments are `$1`, `$2` ….
macro_rules! query {
    ($db:ident.execute({sqlite $sqlite:expr, postgres $postgres:expr} $(, $arg:expr)* $(,)?)) => {
        match $db.link() {
            $crate::sql::Connected::Sqlite((link, watch)) => {
                let done = watch.run(sqlx::query($sqlite)$(.bind($arg))*.execute(link)).await;
                done.map(|done| done.rows_affected())
            }
            $crate::sql::Connected::Postgres((link, deadline)) => {
                let done = deadline.run(sqlx::query($postgres)$(.bind($arg))*.execute(link)).await;
                done.map(|done| done.rows_affected())
            }
        }
    };
    ($db:ident.$fetch:ident::<$row:ty>({sqlite $sqlite:expr, postgres $postgres:expr} $(, $arg:expr)* $(,)?)) => {
        match $db.link() {
            $crate::sql::Connected::Sqlite((link, watch)) => {
                watch.run(sqlx::query_as::<_, $row>($sqlite)$(.bind($arg))*.$fetch(link)).await
            }
            $crate::sql::Connected::Postgres((link, deadline)) => {
                deadline.run(sqlx::query_as::<_, $row>($postgres)$(.bind($arg))*.$fetch(link)).await
            }
        }
    };
    ($db:ident.execute($sql:literal $(, $arg:expr)* $(,)?)) => {
        $crate::sql::query!($db.execute({sqlite $sql, postgres $sql} $(, $arg)*))
    };
    ($db:ident.$fetch:ident::<$row:ty>($sql:literal $(, $arg:expr)* $(,)?)) => {
        $crate::sql::query!($db.$fetch::<$row>({sqlite $sql, postgres $sql} $(, $arg)*))
    };
}

/// Runs one statement for a whole batch of rows: like [`query!`], but the statement begins with the
/// columns of a table `batch`, and `$1` is the rows as [`rows()`] writes them:
/// `batch!(tx.execute([id uuid, place bigint] "UPDATE … FROM batch", rows(&…), b))`.
///
/// The two databases unpack JSON in their own ways; here is the only place that knows them.
/// `MATERIALIZED` has each value unpacked once, however often the statement uses it.
macro_rules! batch {
    ($db:ident.execute([$($columns:tt)*] $sql:literal, $($arg:expr),+ $(,)?)) => {
        $crate::sql::query!($db.execute({
            sqlite concat!($crate::sql::sqlite_batch!($($columns)*), $sql),
            postgres concat!($crate::sql::postgres_batch!($($columns)*), $sql)
        }, $($arg),+))
    };
    ($db:ident.$fetch:ident::<$row:ty>([$($columns:tt)*] $sql:literal, $($arg:expr),+ $(,)?)) => {
        $crate::sql::query!($db.$fetch::<$row>({
            sqlite concat!($crate::sql::sqlite_batch!($($columns)*), $sql),
            postgres concat!($crate::sql::postgres_batch!($($columns)*), $sql)
        }, $($arg),+))
    };
}

/// The table `batch` on SQLite, where a UUID is a blob and JSON holds it as text.
macro_rules! sqlite_batch {
    ($first:ident $type:ident $(, $more:ident $more_type:ident)*) => {
        concat!(
            "WITH batch AS MATERIALIZED (SELECT ",
            $crate::sql::sqlite_column!($first $type),
            $(", ", $crate::sql::sqlite_column!($more $more_type),)*
            " FROM json_each($1)) "
        )
    };
}

macro_rules! sqlite_column {
    ($name:ident uuid) => {
        concat!("unhex(value->>'", stringify!($name), "', '-') AS ", stringify!($name))
    };
    ($name:ident $other:ident) => {
        concat!("value->>'", stringify!($name), "' AS ", stringify!($name))
    };
}

/// The table `batch` on Postgres.
macro_rules! postgres_batch {
    ($first:ident $type:ident $(, $more:ident $more_type:ident)*) => {
        concat!(
            "WITH batch AS MATERIALIZED (SELECT * FROM json_to_recordset($1::json) AS unpacked (",
            stringify!($first $type),
            $(", ", stringify!($more $more_type),)*
            ")) "
        )
    };
}

pub(super) use {batch, postgres_batch, query, sqlite_batch, sqlite_column};

/// A batch of rows as the one parameter that carries them. The fields are named like the columns.
pub(super) fn rows<T: Serialize>(rows: &[T]) -> String {
    serde_json::to_string(rows).expect("a row has only ids, numbers, booleans and texts")
}
