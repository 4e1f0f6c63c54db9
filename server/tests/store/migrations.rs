//! Nodes that start at once, on databases older and newer than themselves.

use std::{fs, path::Path, time::Duration};

use parterre_store::Store;
use sqlx::{Connection, PgConnection, migrate::Migrator};
use tokio::{task::JoinSet, time::timeout};

use crate::{
    members,
    postgres::Postgres,
    relay::{Fault, Relay},
};

/// What takes longer than this takes for ever.
const HANG: Duration = Duration::from_secs(120);

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations");

async fn start_five(url: &str) -> Vec<Store> {
    let mut nodes = JoinSet::new();
    for _ in 0..5 {
        let url = url.to_owned();
        nodes.spawn(async move { Store::open(&url).await.unwrap() });
    }
    timeout(HANG, nodes.join_all()).await.expect("they start")
}

async fn versions(connection: &mut PgConnection) -> Vec<(i64, bool)> {
    let asked = "SELECT version, success FROM _sqlx_migrations ORDER BY version";
    sqlx::query_as(asked).fetch_all(connection).await.unwrap()
}

fn migrations_there_are() -> usize {
    let files = fs::read_dir(FILES).unwrap().map(|file| file.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|extension| extension == "sql")).count()
}

/// Empties the database and applies the first migration alone.
async fn set_back_to_the_first_release(connection: &mut PgConnection) {
    sqlx::raw_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public").execute(&mut *connection).await.unwrap();
    let old = tempfile::tempdir().unwrap();
    let first = "0001_first_tables.sql";
    fs::copy(Path::new(FILES).join(first), old.path().join(first)).unwrap();
    Migrator::new(old.path()).await.unwrap().run(&mut *connection).await.unwrap();
    assert_eq!(versions(connection).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_nodes_start_at_once_on_databases_of_any_age() {
    let server = Postgres::start();
    let mut connection = PgConnection::connect(&server.url()).await.unwrap();
    let files = migrations_there_are();

    // Nothing there yet.
    let nodes = start_five(&server.url()).await;
    assert_eq!(versions(&mut connection).await.len(), files);
    members::only_one_owner_is_ever_made(&nodes[0], &nodes[4]).await;
    for node in nodes {
        node.close().await;
    }

    set_back_to_the_first_release(&mut connection).await;
    let nodes = start_five(&server.url()).await;
    let applied = versions(&mut connection).await;
    assert_eq!(applied.len(), files);
    assert!(applied.iter().all(|(_, success)| *success));

    // A newer release has been here: who runs goes on, and who is started anew starts.
    let newer = "INSERT INTO _sqlx_migrations VALUES (9000, 'of the next release', now(), TRUE, '', 1);
                 ALTER TABLE events ADD COLUMN of_the_next_release TEXT";
    sqlx::raw_sql(newer).execute(&mut connection).await.unwrap();
    members::only_one_owner_is_ever_made(&nodes[0], &nodes[4]).await;
    let restarted = start_five(&server.url()).await;
    assert!(restarted[2].has_owner().await.unwrap());
    assert_eq!(versions(&mut connection).await.len(), files + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_dies_while_it_holds_the_lock_keeps_nobody_from_starting() {
    let server = Postgres::start();
    let relay = Relay::to(server.port()).await;
    // The first words under the lock, and all that it says afterwards, never arrive; its connection
    // stays.
    relay.break_at("CREATE TABLE IF NOT EXISTS", Fault::DropAll);
    let url = server.url_by(relay.port());
    let dying = tokio::spawn(async move { Store::open(&url).await.map(drop) });
    let mut connection = PgConnection::connect(&server.url()).await.unwrap();
    let held = async {
        let asked = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND granted";
        while sqlx::query_as::<_, (i64,)>(asked).fetch_one(&mut connection).await.unwrap().0 == 0 {}
    };
    timeout(HANG, held).await.expect("it has the lock");

    let store = timeout(HANG, Store::open(&server.url())).await.expect("it starts").unwrap();
    assert!(!store.has_owner().await.unwrap());
    dying.abort();
}
