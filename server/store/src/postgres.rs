//! The connections to Postgres, none of which may keep anybody waiting without end.
//!
//! A server that is frozen, or a network that swallows what is sent, gives no error: it gives
//! nothing. So each statement, `COMMIT` too, has a deadline here beside the server's own, and a
//! connection that missed it is thrown away, never given back: what it will say some day belongs to
//! nobody. The pool's own words to the server (its ping before a connection is lent again and after
//! it was given back) are under deadlines too.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use parterre_system::mutants::{self, Mutant};
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, PgPool, Postgres,
    error::DatabaseError,
    pool::{PoolConnection, PoolOptions},
    postgres::{PgConnectOptions, PgDatabaseError, PgSeverity, PgSslMode},
};
use tokio::{runtime::Handle, time::timeout};

use super::{StoreError, error::POSTGRES_STANDBY};
use crate::settings::Database;

/// How long to wait for a free or new connection. Short, because a request behind an unreachable
/// database should fail soon, and because the first connection after an outage must not wait longer
/// than this.
const ACQUIRE: Duration = Duration::from_secs(2);
/// How much longer than the server itself a statement is waited for.
const GRACE: Duration = Duration::from_millis(500);
/// How long a connection may take to answer a ping, or to roll back what was unfinished.
const PING: Duration = Duration::from_secs(1);
/// A connection that was used a moment ago is lent again without asking whether it still stands.
const FRESH: Duration = Duration::from_secs(1);
/// How long closing may take.
const CLOSE: Duration = Duration::from_secs(5);

/// The connections to a Postgres server. Clones share them.
#[derive(Clone, Debug)]
pub struct Server {
    pool: PgPool,
    watch: Arc<Watch>,
    /// Where connections are made. Each is woken by the runtime in which it was made, and that of a
    /// worker thread may be busy with a full room, or end.
    home: Handle,
}

/// The state of the connections.
#[derive(Debug)]
struct Watch {
    /// How long a statement is waited for.
    time_limit: Duration,
    /// The last moment at which a connection was found to be lost: what is older is not trusted.
    lost: Mutex<Option<Instant>>,
}

impl Watch {
    fn mark_unhealthy(&self) {
        *self.lost.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn trusts(&self, age: Duration) -> bool {
        let lost = *self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        lost.is_none_or(|lost| lost.elapsed() > age)
    }
}

impl Server {
    /// Connects, or says why not.
    pub(super) async fn connect(options: PgConnectOptions, settings: &Database) -> Result<Self, StoreError> {
        let watch = Arc::new(Watch { time_limit: settings.statement_timeout + GRACE, lost: Mutex::default() });
        let trusted = Arc::clone(&watch);
        let session = session(settings);
        let pool = PoolOptions::new()
            .max_connections(settings.connections.get())
            .acquire_timeout(ACQUIRE)
            // Asked below, with a deadline.
            .test_before_acquire(false)
            .before_acquire(move |connection: &mut PgConnection, meta| {
                let watch = Arc::clone(&trusted);
                Box::pin(async move {
                    if !watch.trusts(meta.age) {
                        return Ok(false);
                    }
                    if meta.idle_for < FRESH {
                        return Ok(true);
                    }
                    let stands = matches!(timeout(PING, connection.ping()).await, Ok(Ok(())));
                    if !stands {
                        watch.mark_unhealthy();
                    }
                    Ok(stands)
                })
            })
            .after_connect(move |connection, _| {
                let session = session.clone();
                Box::pin(async move { sqlx::raw_sql(AssertSqlSafe(session)).execute(connection).await.map(drop) })
            })
            .connect_lazy_with(options);
        let server = Self { pool, watch, home: Handle::current() };
        // The first connection, so that a wrong address is reported at once.
        drop(server.checkout().await?);
        Ok(server)
    }

    /// A connection for single statements.
    pub(super) async fn checkout(&self) -> Result<PooledConn, StoreError> {
        let (pool, watch) = (self.pool.clone(), Arc::clone(&self.watch));
        let lending = async move {
            let connection = pool.acquire().await.inspect_err(log_refusal)?;
            Ok(PooledConn { connection: Some(connection), open: false, lost: false, watch })
        };
        // A task that is ended with its runtime is as good as a pool that is closed.
        self.home.spawn(lending).await.unwrap_or(Err(sqlx::Error::PoolClosed)).map_err(StoreError::Database)
    }

    /// A connection in a transaction that this statement begins.
    pub(super) async fn begin(&self, begin: &'static str) -> Result<PooledConn, StoreError> {
        let mut lease = self.checkout().await?;
        // Before it is sent: if this future is dropped meanwhile, the transaction must be rolled
        // back.
        lease.open = true;
        let (connection, limit) = lease.link();
        limit.run(sqlx::raw_sql(begin).execute(connection)).await?;
        Ok(lease)
    }

    /// Closes all connections, of those that are lent when they are given back.
    pub(super) async fn close(&self) {
        // What does not answer any more need not be taken leave of.
        let _ = timeout(CLOSE, self.pool.close()).await;
    }
}

/// Logs a server that refuses connections, because callers learn only that there was no connection.
fn log_refusal(error: &sqlx::Error) {
    if !matches!(error, sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed) {
        tracing::warn!(%error, "no connection to the database");
    }
}

/// What the connection asks of the server.
fn session(settings: &Database) -> String {
    let statement = settings.statement_timeout.as_millis();
    let lock = settings.lock_timeout.as_millis();
    let idle = settings.idle_in_transaction_timeout.as_millis();
    [
        // A plan kept from when a table was small reads the whole table for every row of a batch
        // once it is large.
        "SET plan_cache_mode = force_custom_plan".to_owned(),
        // The rows of a batch are guessed to be many, and a plan that looks dear is compiled first,
        // which takes far longer than to carry it out.
        "SET jit = off".to_owned(),
        format!("SET statement_timeout = {statement}"),
        format!("SET lock_timeout = {lock}"),
        format!("SET idle_in_transaction_session_timeout = {idle}"),
        // A node that is gone without a word lets go of its locks within seconds, not hours.
        "SET tcp_keepalives_idle = 5".to_owned(),
        "SET tcp_keepalives_interval = 2".to_owned(),
        "SET tcp_keepalives_count = 3".to_owned(),
    ]
    .join("; ")
}

/// How to connect, from an address and the settings.
pub(super) fn options(url: &str, settings: &Database) -> Result<PgConnectOptions, StoreError> {
    // The address itself is in no message: it may hold a password.
    let options: PgConnectOptions = url.parse().map_err(|_| StoreError::PostgresAddress)?;
    let options = match options.get_application_name() {
        Some(_) => options,
        None => options.application_name("parterre"),
    };
    let chosen = ["sslmode=", "ssl-mode="].iter().any(|key| url.contains(key));
    let options = match &settings.ca {
        // Who names an authority wants the server to be checked by it, unless the address says
        // otherwise.
        Some(ca) if !chosen => options.ssl_root_cert(ca).ssl_mode(PgSslMode::VerifyFull),
        Some(ca) => options.ssl_root_cert(ca),
        // By default, sqlx uses TLS only if the server offers it.
        None if !chosen && !settings.plaintext && !is_near(&options) => options.ssl_mode(PgSslMode::Require),
        None => options,
    };
    Ok(options)
}

/// Whether what is sent to this server leaves the machine nowhere.
fn is_near(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let loopback = bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    options.get_socket().is_some() || host.starts_with('/') || host == "localhost" || loopback
}

/// Explains what it means that a server does not offer TLS although it should.
pub(super) fn explain(error: StoreError, options: &PgConnectOptions) -> StoreError {
    match &error {
        StoreError::Database(sqlx::Error::Tls(reason)) if reason.to_string().contains("does not support TLS") => {
            StoreError::Plaintext(options.get_host().to_owned())
        }
        _ => error,
    }
}

/// A connection that is lent to one user. Dropped, it goes back to the pool, without the
/// transaction that it may be in; or it is closed, where it does not answer.
#[derive(Debug)]
pub(super) struct PooledConn {
    /// Until it is dropped.
    connection: Option<PoolConnection<Postgres>>,
    /// Whether it is in a transaction.
    open: bool,
    /// Whether it is of no more use.
    lost: bool,
    watch: Arc<Watch>,
}

/// The deadline of one statement.
pub(super) struct StatementDeadline<'a> {
    lost: &'a mut bool,
    /// Whether it is one of a transaction.
    open: &'a mut bool,
    watch: &'a Watch,
}

impl PooledConn {
    /// The connection for one statement, and the deadline under which to run it.
    pub(super) fn link(&mut self) -> (&mut PgConnection, StatementDeadline<'_>) {
        let connection = self.connection.as_mut().expect("only dropping takes it out");
        (connection, StatementDeadline { lost: &mut self.lost, open: &mut self.open, watch: &self.watch })
    }

    /// Makes the transaction last. Where the answer does not come, [`StoreError::Unknown`].
    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        let (connection, limit) = self.link();
        let done = limit.run(sqlx::raw_sql("COMMIT").execute(connection)).await;
        match done {
            Ok(_) => {
                self.open = false;
                Ok(())
            }
            Err(sqlx::Error::Database(error)) if !ends_the_connection(error.as_ref()) => {
                Err(StoreError::Database(sqlx::Error::Database(error)))
            }
            Err(error) => Err(StoreError::Unknown(error)),
        }
    }
}

impl StatementDeadline<'_> {
    /// Runs a statement under the deadline, and checks whether its connection is still usable. If
    /// the caller drops this in the middle of a transaction, the state of the connection is
    /// unknown.
    pub(super) async fn run<T>(self, statement: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
        let before = std::mem::replace(self.lost, *self.open);
        let done = timeout(self.watch.time_limit, statement).await;
        let done = done.unwrap_or_else(|_| Err(silence()));
        *self.lost = before;
        match &done {
            Err(sqlx::Error::Database(error)) if *self.open && is_taken_to_be_over(error.as_ref()) => {
                *self.open = false
            }
            Err(sqlx::Error::Database(error)) if *self.open && failed_inside(error.as_ref()) => {
                *self.lost = true;
            }
            Err(sqlx::Error::Database(error)) if ends_the_connection(error.as_ref()) => {
                *self.lost = true;
                // One session alone was ended for idling or by hand; all others are about to, or
                // lead to a standby.
                if error.code().is_none_or(|code| code != IDLE_IN_TRANSACTION) {
                    self.watch.mark_unhealthy();
                }
            }
            Err(sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::Tls(_)) => {
                *self.lost = true;
                self.watch.mark_unhealthy();
            }
            _ => {}
        }
        done
    }
}

/// The session was idle in a transaction for too long.
const IDLE_IN_TRANSACTION: &str = "25P03";
/// Nothing can be done in the transaction but end it.
const ABORTED: &str = "25P02";

/// Whether the connection that returned this error is unusable.
fn ends_the_connection(error: &dyn DatabaseError) -> bool {
    let fatal = error
        .try_downcast_ref::<PgDatabaseError>()
        .is_some_and(|error| matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic));
    fatal || error.code().is_some_and(|code| code == POSTGRES_STANDBY)
}

/// Whether a statement failed for something of the server's own (a full disk, no memory, a file
/// that cannot be read): what its session is worth after that is not to be found out in the next
/// transaction.
fn failed_inside(error: &dyn DatabaseError) -> bool {
    let code = error.code().unwrap_or_default();
    ["53", "58", "XX"].iter().any(|class| code.starts_with(class))
}

/// Whether a mutant believes that the transaction that returned this error needs no rollback.
fn is_taken_to_be_over(error: &dyn DatabaseError) -> bool {
    let aborted = || error.code().is_some_and(|code| code == ABORTED);
    mutants::is(Mutant::BrokenConnectionReturns) && (failed_inside(error) || aborted())
}

fn silence() -> sqlx::Error {
    sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, "the server does not answer"))
}

impl Drop for PooledConn {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        match Handle::try_current() {
            Ok(runtime) if !self.lost => {
                runtime.spawn(return_to_pool(connection, self.open));
            }
            _ => drop(connection.detach()),
        }
    }
}

/// Gives a connection back to the pool, once it has ended what was under way.
async fn return_to_pool(mut connection: PoolConnection<Postgres>, open: bool) {
    if open {
        let rolled_back = timeout(PING, sqlx::raw_sql("ROLLBACK").execute(&mut *connection)).await;
        if !matches!(rolled_back, Ok(Ok(_))) {
            drop(connection.detach());
            return;
        }
    }
    // Dropped as such, the connection would be asked whether it stands, and waited for without end;
    // here it is closed.
    let _ = timeout(PING, connection.return_to_pool()).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_the_machine_is_encrypted_unless_somebody_says_otherwise() {
        let settings = Database::default();
        let private = Database { plaintext: true, ..settings.clone() };
        let mode = |url: &str, settings: &Database| options(url, settings).unwrap().get_ssl_mode();
        for url in ["postgres://a:b@db.example.org/c", "postgres://a:b@10.0.0.7/c", "postgres://a:b@[fd00::7]/c"] {
            assert!(matches!(mode(url, &settings), PgSslMode::Require), "{url}");
            assert!(matches!(mode(url, &private), PgSslMode::Prefer), "{url}");
            for (said, wanted) in [("disable", PgSslMode::Disable), ("prefer", PgSslMode::Prefer)] {
                let chosen = mode(&format!("{url}?sslmode={said}"), &settings);
                assert_eq!(format!("{chosen:?}"), format!("{wanted:?}"));
            }
        }
        let near = ["127.0.0.1:5433/c", "localhost/c", "[::1]/c", "%2Fvar%2Frun%2Fpostgresql/c"];
        for url in near.map(|place| format!("postgres://a:b@{place}")) {
            assert!(matches!(mode(&url, &settings), PgSslMode::Prefer), "{url}");
        }
    }
}
