//! Brings the tables up to date, by one node at a time.

use std::time::Duration;

use parterre_system::mutants::{self, Mutant};
use sqlx::{
    ConnectOptions, Connection, PgConnection, SqlSafeStr, SqlitePool,
    migrate::{Migration, MigrationType, Migrator},
    postgres::PgConnectOptions,
};
use tokio::time::{Instant, sleep, timeout};

use super::StoreError;

/// The lock's number: any that nothing else in the database uses.
const LOCK: i64 = 0x5061_7274_6572_7265;
/// How long to wait for another node that is migrating; a large table takes minutes.
const LOCK_TIMEOUT: Duration = Duration::from_secs(120);
/// How long all files together may take.
const RUN: Duration = Duration::from_secs(30 * 60);
/// How long a connection, or a word about the lock, may take.
const ANSWER: Duration = Duration::from_secs(5);
/// How often to look whether the other node has done.
const LOCK_POLL_INTERVAL: Duration = Duration::from_millis(100);

/// What the connection asks of the server: a file may run for long, and waits for what other nodes
/// are doing; but a node that is gone or frozen lets go of the lock within seconds. The last
/// setting is unknown to servers before 14.
const SESSION: &str = "
    SET statement_timeout = 0; SET lock_timeout = '30s'; SET idle_in_transaction_session_timeout = '10s';
    SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3;
    SELECT set_config(name, '10s', FALSE) FROM pg_settings WHERE name = 'idle_session_timeout'";

/// The files of `migrations/`: number, what it does, statements.
const FILES: &[(i64, &str, &str)] = &include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

fn migrations() -> Migrator {
    let migration = |(version, description, sql): &(i64, &'static str, &'static str)| {
        Migration::new(*version, (*description).into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(FILES.iter().map(migration).collect())
}

/// Brings a file's tables up to date.
pub(super) async fn sqlite(writer: &SqlitePool) -> Result<(), StoreError> {
    Ok(migrations().run(writer).await?)
}

/// Brings a server's tables up to date, or waits for the node that does. A database that is newer
/// than this release is fine: while a new release is rolled out, nodes of the former one run and
/// start on its tables (`migrations/README.md`).
pub(super) async fn postgres(options: &PgConnectOptions) -> Result<(), StoreError> {
    let mut connection = answer(options.connect()).await?;
    answer(sqlx::raw_sql(SESSION).execute(&mut connection)).await?;
    wait_for_the_lock(&mut connection).await?;
    let mut migrations = migrations();
    migrations.set_locking(false).set_ignore_missing(true);
    // Not `run`, whose future cannot be sent to another thread (launchbadge/sqlx says so beside
    // `run_direct`).
    timeout(RUN, migrations.run_direct(None, &mut connection, false)).await.map_err(|_| StoreError::Silent)??;
    warn_of_newer(&mut connection, &migrations).await?;
    if mutants::is(Mutant::NoUniqueKey) {
        let drop_key = sqlx::raw_sql("ALTER TABLE responses DROP CONSTRAINT IF EXISTS responses_pkey");
        answer(drop_key.execute(&mut connection)).await?;
    }
    // The lock goes with the connection, however that ends.
    let _ = timeout(ANSWER, connection.close()).await;
    Ok(())
}

async fn wait_for_the_lock(connection: &mut PgConnection) -> Result<(), StoreError> {
    let end = Instant::now() + LOCK_TIMEOUT;
    let mut logged = false;
    loop {
        let asked = sqlx::query_as::<_, (bool,)>("SELECT pg_try_advisory_lock($1)").bind(LOCK);
        let (locked,) = answer(asked.fetch_one(&mut *connection)).await?;
        if locked {
            return Ok(());
        }
        if Instant::now() >= end {
            return Err(StoreError::Preparing);
        }
        if !logged {
            tracing::info!("another node is migrating the database; waiting for it");
            logged = true;
        }
        sleep(LOCK_POLL_INTERVAL).await;
    }
}

async fn warn_of_newer(connection: &mut PgConnection, migrations: &Migrator) -> Result<(), StoreError> {
    let asked = sqlx::query_as::<_, (Option<i64>,)>("SELECT MAX(version) FROM _sqlx_migrations");
    let (version,) = answer(asked.fetch_one(connection)).await?;
    let newest = migrations.iter().map(|migration| migration.version).max();
    if version > newest {
        tracing::warn!(?version, "the database has been migrated by a newer release; upgrade this node soon");
    }
    Ok(())
}

async fn answer<T>(asked: impl Future<Output = sqlx::Result<T>>) -> Result<T, StoreError> {
    Ok(timeout(ANSWER, asked).await.map_err(|_| StoreError::Silent)??)
}
