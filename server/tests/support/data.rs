//! Where a server under test keeps what lasts: a folder of its own with an SQLite file, or, where
//! `DATABASE_URL` is set, a database of its own on that Postgres server. Both are gone with the
//! test.

use std::{net::SocketAddr, path::Path};

use parterre_store::Store;
use parterre_system::random;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, SqliteConnection, postgres::PgConnectOptions,
    sqlite::SqliteConnectOptions,
};
use tempfile::TempDir;
use uuid::Uuid;

use crate::process::Process;

/// The folder, and the database.
pub(crate) struct Data {
    folder: TempDir,
    /// The address of a database on a Postgres server.
    postgres: Option<String>,
    _own: Option<Database>,
}

impl Data {
    /// A new place with nothing in it.
    pub(crate) fn new() -> Self {
        variable("DATABASE_URL").map_or_else(
            || Self { folder: TempDir::new().expect("a temporary folder"), postgres: None, _own: None },
            |server| Self::on(&server),
        )
    }

    /// A new place with a database on this Postgres server, whatever the environment names.
    pub(crate) fn on(server: &str) -> Self {
        let own = Database::create(server);
        let data = Self::at(own.url.clone());
        Self { _own: Some(own), ..data }
    }

    /// A place with this database on a Postgres server, which others have too and which stays.
    pub(crate) fn at(postgres: String) -> Self {
        Self { folder: TempDir::new().expect("a temporary folder"), postgres: Some(postgres), _own: None }
    }

    /// A new place for an SQLite file within this folder.
    pub(crate) fn within(folder: &Path) -> Self {
        Self { folder: TempDir::new_in(folder).expect("a temporary folder"), postgres: None, _own: None }
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The address of the database.
    pub(crate) fn url(&self) -> String {
        let file = || format!("sqlite://{}", self.folder.path().join("parterre.db").display());
        self.postgres.clone().unwrap_or_else(file)
    }

    /// The addresses that a server here is started with, of its database and of the bus, as
    /// `DATABASE_URL` and `REDIS_URL`.
    pub(crate) fn addresses(&self) -> Vec<(&'static str, String)> {
        let database = self.postgres.clone().map(|url| ("DATABASE_URL", url));
        database.into_iter().chain(variable("REDIS_URL").map(|url| ("REDIS_URL", url))).collect()
    }

    /// Starts the program here with these settings, as environment variables, and waits until it
    /// listens.
    pub(crate) fn start(&self, settings: &[(&str, &str)]) -> Process {
        self.with_addresses(settings, |settings| Process::start(self.path(), settings))
    }

    /// Starts the program in the same way, where it may open no more files than these.
    #[allow(dead_code, reason = "one of the programs of tests that have this module needs it")]
    pub(crate) fn start_with_files(&self, files: u32, settings: &[(&str, &str)]) -> Process {
        self.with_addresses(settings, |settings| Process::start_with_files(files, self.path(), settings))
    }

    /// Starts the program here at this address, and does not wait.
    pub(crate) fn start_at(&self, address: SocketAddr, settings: &[(&str, &str)]) -> Process {
        self.with_addresses(settings, |settings| Process::start_at(address, self.path(), settings))
    }

    fn with_addresses<T>(&self, settings: &[(&str, &str)], start: impl FnOnce(&[(&str, &str)]) -> T) -> T {
        let addresses = self.addresses();
        let addresses = addresses.iter().map(|(name, url)| (*name, url.as_str()));
        start(&addresses.chain(settings.iter().copied()).collect::<Vec<_>>())
    }

    /// Opens the database, does something with it, and closes it.
    pub(crate) fn prepare<T>(&self, work: impl AsyncFnOnce(&Store) -> T) -> T {
        block_on(async {
            let store = Store::open(&self.url()).await.expect("a database");
            let done = work(&store).await;
            store.close().await;
            done
        })
    }

    /// An id as the database reads it in the text of a statement.
    pub(crate) fn id(&self, id: Uuid) -> String {
        if self.postgres.is_some() { format!("'{id}'") } else { format!("x'{}'", id.simple()) }
    }

    /// Runs statements that are no part of the store, for what no server makes yet.
    pub(crate) async fn execute(&self, statements: &str) {
        match &self.postgres {
            Some(url) => run(&parsed(url), statements).await,
            None => {
                let file = SqliteConnectOptions::new().filename(self.folder.path().join("parterre.db"));
                let mut file = SqliteConnection::connect_with(&file).await.expect("the database is there");
                file.execute(AssertSqlSafe(statements)).await.expect("statements that are right");
                file.close().await.expect("closed");
            }
        }
    }
}

impl Data {
    /// What a statement finds, of each row its one text, for what no page shows.
    pub(crate) fn texts(&self, statement: &str) -> Vec<String> {
        block_on(self.select(statement))
    }

    async fn select(&self, statement: &str) -> Vec<String> {
        match &self.postgres {
            Some(url) => {
                let mut server = PgConnection::connect_with(&parsed(url)).await.expect("the database is there");
                sqlx::query_scalar(AssertSqlSafe(statement)).fetch_all(&mut server).await.expect("rows of a text")
            }
            None => {
                let file = SqliteConnectOptions::new().filename(self.folder.path().join("parterre.db"));
                let mut file = SqliteConnection::connect_with(&file).await.expect("the database is there");
                sqlx::query_scalar(AssertSqlSafe(statement)).fetch_all(&mut file).await.expect("rows of a text")
            }
        }
    }
}

/// An own database on a Postgres server. Dropped with it.
struct Database {
    url: String,
    server: String,
    name: String,
}

impl Database {
    fn create(server: &str) -> Self {
        let name = format!("parterre_{}", random::opaque_id().simple());
        block_on(run(&parsed(server), &format!("CREATE DATABASE {name}")));
        let url = parsed(server).database(&name).to_url_lossy().to_string();
        Self { url, server: server.to_owned(), name }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // By force: a server that was killed may have left connections behind.
        block_on(run(&parsed(&self.server), &format!("DROP DATABASE {} WITH (FORCE)", self.name)));
    }
}

fn parsed(url: &str) -> PgConnectOptions {
    url.parse().expect("DATABASE_URL is the address of a Postgres server")
}

async fn run(server: &PgConnectOptions, statements: &str) {
    let mut server = PgConnection::connect_with(server).await.expect("the Postgres server of DATABASE_URL answers");
    server.execute(AssertSqlSafe(statements)).await.expect("statements that are right");
    server.close().await.expect("closed");
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}
