//! Where a server under test keeps its data: a folder of its own with an SQLite file, or, if
//! `DATABASE_URL` is set, a database of its own on that Postgres server. Both are removed with the
//! test.

use std::{net::SocketAddr, path::Path};

use parterre_domain::{
    ids::{MemberId, WorkspaceId},
    member::{Email, Member, Role},
};
use parterre_store::Store;
use parterre_system::random;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, SqliteConnection, postgres::PgConnectOptions,
    sqlite::SqliteConnectOptions,
};
use tempfile::TempDir;
use uuid::Uuid;

use crate::process::Process;

/// When whatever a test prepares in a database was created.
pub const THEN: i64 = 1_790_000_000_000;

/// A folder, and a database.
pub struct Data {
    folder: TempDir,
    /// The address of a database on a Postgres server.
    postgres: Option<String>,
    _own: Option<Database>,
}

impl Data {
    /// Creates a folder and an empty database.
    pub fn create() -> Self {
        variable("DATABASE_URL").map_or_else(
            || Self { folder: TempDir::new().expect("a temporary folder"), postgres: None, _own: None },
            |server| Self::on(&server),
        )
    }

    /// A new folder, and an empty database on this Postgres server, whatever `DATABASE_URL` is.
    pub fn on(server: &str) -> Self {
        let own = Database::create(server);
        let data = Self::at(own.url.clone());
        Self { _own: Some(own), ..data }
    }

    /// A new folder, and this existing database on a Postgres server, which is not removed.
    pub fn at(postgres: String) -> Self {
        Self { folder: TempDir::new().expect("a temporary folder"), postgres: Some(postgres), _own: None }
    }

    /// A new folder within this one, for an SQLite file.
    pub fn within(folder: &Path) -> Self {
        Self { folder: TempDir::new_in(folder).expect("a temporary folder"), postgres: None, _own: None }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The address of the database.
    pub fn url(&self) -> String {
        let file = || format!("sqlite://{}", self.folder.path().join("parterre.db").display());
        self.postgres.clone().unwrap_or_else(file)
    }

    /// The settings `DATABASE_URL` and `REDIS_URL` of a server that keeps its data here.
    pub fn addresses(&self) -> Vec<(&'static str, String)> {
        let database = self.postgres.clone().map(|url| ("DATABASE_URL", url));
        database.into_iter().chain(variable("REDIS_URL").map(|url| ("REDIS_URL", url))).collect()
    }

    /// Starts the program with its data here and these settings, as environment variables, and
    /// waits until it listens.
    pub fn start(&self, program: &str, settings: &[(&str, &str)]) -> Process {
        self.with_addresses(settings, |settings| Process::start(program, self.path(), settings))
    }

    /// Like [`Data::start`], with a limit of open files.
    pub fn start_with_files(&self, program: &str, files: u32, settings: &[(&str, &str)]) -> Process {
        self.with_addresses(settings, |settings| Process::start_with_files(program, files, self.path(), settings))
    }

    /// Like [`Data::start`], at this address, and without waiting.
    pub fn start_at(&self, program: &str, address: SocketAddr, settings: &[(&str, &str)]) -> Process {
        self.with_addresses(settings, |settings| Process::start_at(program, address, self.path(), settings))
    }

    fn with_addresses<T>(&self, settings: &[(&str, &str)], start: impl FnOnce(&[(&str, &str)]) -> T) -> T {
        let addresses = self.addresses();
        let addresses = addresses.iter().map(|(name, url)| (*name, url.as_str()));
        start(&addresses.chain(settings.iter().copied()).collect::<Vec<_>>())
    }

    /// Opens the database, does this with it, and closes it.
    pub fn prepare<T>(&self, work: impl AsyncFnOnce(&Store) -> T) -> T {
        block_on(async {
            let store = Store::open(&self.url()).await.expect("a database");
            let done = work(&store).await;
            store.close().await;
            done
        })
    }

    /// An id as a literal in SQL.
    pub fn id(&self, id: Uuid) -> String {
        if self.postgres.is_some() { format!("'{id}'") } else { format!("x'{}'", id.simple()) }
    }

    /// Runs statements that are not part of the store, for data that no server creates yet.
    pub async fn execute(&self, statements: &str) {
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

    /// The rows of a statement that selects one text column.
    pub fn texts(&self, statement: &str) -> Vec<String> {
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

/// Creates the owner, who cannot sign in with any password.
pub async fn make_owner(store: &Store) -> Member {
    let workspace = WorkspaceId::new(random::opaque_id());
    let email = Email::parse("ines@example.org").expect("an address");
    let id = MemberId::new(random::opaque_id());
    let owner = Member { id, workspace, name: "Inès".to_owned(), email, role: Role::Owner };
    assert!(store.create_owner(workspace, "Team", &owner, "no password", THEN).await.expect("the owner"));
    owner
}

/// A database on a Postgres server. Dropped there when dropped here.
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
        // By force: a server that was killed may have left connections open.
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
