//! Postgres over TLS, with an authority of one's own.

use parterre::config::Config;
use parterre_store::settings::Database;
use parterre_store::{Store, StoreError};
use sqlx::{Connection, PgConnection};

use crate::{authority::Authority, postgres::Postgres};

const PASSWORD: &str = "tulips-and-daffodils";

/// Opens a database with a certificate of an authority, and gives what is said where it cannot be.
async fn open(url: &str, ca: Option<&Authority>) -> Result<Store, String> {
    let ca = ca.map(Authority::certificate);
    let settings = Database { ca, ..Config::default().database };
    Store::open_with(url, &settings).await.map_err(|error: StoreError| {
        let said = format!("{error} {error:?}");
        assert!(!said.contains(PASSWORD), "{said}");
        error.to_string()
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_server_that_is_known_is_talked_to() {
    let directory = tempfile::tempdir().unwrap();
    let (ours, another) = (Authority::new(directory.path(), "ours"), Authority::new(directory.path(), "another"));
    let mut server = Postgres::start();
    let plain = Store::open(&server.url()).await.unwrap();
    assert!(!plain.has_owner().await.unwrap());
    plain.close().await;
    let url =
        |host: &str, mode: &str| format!("postgres://postgres:{PASSWORD}@{host}:{}/postgres{mode}", server.port());
    let (by_address, by_name, prefer) =
        (url("127.0.0.1", ""), url("localhost", ""), url("127.0.0.1", "?sslmode=prefer"));
    let (full, disabled) = (url("127.0.0.1", "?sslmode=verify-full"), url("127.0.0.1", "?sslmode=disable"));
    let wrong_password = by_address.replace(PASSWORD, "roses");

    let refused = open(&by_address, Some(&ours)).await.unwrap_err();
    assert!(refused.contains("TLS"), "an authority is named, so the server must prove itself: {refused}");

    // From here on only TLS, and a password.
    let (certificate, key) = ours.sign("IP:127.0.0.1");
    server.install_file(&certificate, "server.pem");
    server.install_file(&key, "server.key");
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("ALTER USER postgres PASSWORD '{PASSWORD}'")))
        .execute(&mut PgConnection::connect(&server.url()).await.unwrap())
        .await
        .unwrap();
    server.shut_down();
    server.set_access_rules("hostssl all all 127.0.0.1/32 scram-sha-256\n");
    server.configure(&["ssl=on", "ssl_cert_file=server.pem", "ssl_key_file=server.key"]);
    server.resume();

    for url in [&by_address, &full] {
        let store = open(url, Some(&ours)).await.unwrap();
        assert!(!store.has_owner().await.unwrap());
        store.close().await;
    }
    open(&prefer, None).await.unwrap().close().await;
    let said = |refused: Result<Store, String>, word: &str| {
        let said = refused.expect_err("it is refused");
        assert!(said.contains(word), "{said}");
    };
    said(open(&by_address, Some(&another)).await, "certificate");
    said(open(&full, None).await, "certificate");
    said(open(&by_name, Some(&ours)).await, "certificate");
    said(open(&disabled, Some(&ours)).await, "no encryption");
    said(open(&wrong_password, Some(&ours)).await, "password authentication failed");
    said(open(&by_address.replace("127.0.0.1:", "127.0.0.1:x"), None).await, "malformed");
}
