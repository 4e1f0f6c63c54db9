//! A Postgres server for one test: fresh, on a free port, removed with the test.

use std::{
    fs::{self, Permissions},
    io::{BufRead, BufReader},
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;

use crate::{command::output, ports::free_port};

/// A running Postgres server with one empty database, `postgres`.
pub struct Postgres {
    directory: TempDir,
    binaries: PathBuf,
    port: u16,
    server: Option<Child>,
    /// Further arguments of the server.
    arguments: Vec<String>,
    /// Process ids that are stopped at present.
    frozen: Vec<String>,
}

impl Postgres {
    /// Creates and starts a server. Panics with what to install if Postgres is missing.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Like [`Postgres::start`], with these settings, such as `max_connections=9`.
    pub fn start_with(settings: &[&str]) -> Self {
        let binaries = find_binaries();
        let directory = tempfile::Builder::new().prefix("parterre-postgres-").tempdir().expect("a temporary directory");
        if is_root() {
            let id = |flag| output(Command::new("id").args([flag, "postgres"])).trim().parse().expect("a number");
            chown(directory.path(), Some(id("-u")), Some(id("-g"))).expect("root may give a directory away");
        }
        let data = directory.path().join("data");
        let options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
        output(as_postgres(&binaries.join("initdb")).args(options).arg("--pgdata").arg(&data));
        let port = free_port();
        let arguments = settings.iter().flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()]).collect();
        let mut postgres = Self { directory, binaries, port, server: None, arguments, frozen: Vec::new() };
        postgres.resume();
        postgres
    }

    /// The address of its database.
    pub fn url(&self) -> String {
        self.url_by(self.port)
    }

    /// The address of its database through a relay that listens on this port.
    pub fn url_by(&self, port: u16) -> String {
        format!("postgres://postgres@127.0.0.1:{port}/postgres")
    }

    /// The port on which it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends the server as a crash would: nothing is flushed, every connection is cut.
    pub fn crash(&mut self) {
        // At this signal the server ends its own processes first. `kill -9` would leave them behind.
        self.end("-QUIT");
    }

    /// Ends the server as its operator would: open transactions are rolled back, and every client
    /// is notified.
    pub fn shut_down(&mut self) {
        self.end("-INT");
    }

    fn end(&mut self, signal: &str) {
        self.thaw();
        if let Some(mut server) = self.server.take() {
            output(Command::new("kill").args([signal, &server.id().to_string()]));
            server.wait().expect("the server is our child");
        }
    }

    /// Stops all of its processes: connections are accepted, but nothing is answered.
    pub fn freeze(&mut self) {
        let first = self.server.as_ref().expect("the server runs").id().to_string();
        // The parent first, so that it starts no more children.
        output(Command::new("kill").args(["-STOP", &first]));
        let others = output(Command::new("pgrep").args(["-P", &first]));
        self.frozen = others.split_whitespace().map(str::to_owned).collect();
        // One may have just ended by itself.
        self.frozen.iter().for_each(|id| drop(Command::new("kill").args(["-STOP", id]).output()));
        self.frozen.push(first);
    }

    /// Resumes its processes.
    pub fn thaw(&mut self) {
        self.frozen.drain(..).for_each(|id| drop(Command::new("kill").args(["-CONT", &id]).output()));
    }

    /// Copies a file into its data directory, readable by the server only, for its settings.
    pub fn install_file(&self, file: &Path, name: &str) {
        let kept = self.directory.path().join("data").join(name);
        let owner = fs::metadata(self.directory.path().join("data")).expect("it was made");
        fs::copy(file, &kept).expect("both are ours");
        fs::set_permissions(&kept, Permissions::from_mode(0o600)).expect("it is ours");
        chown(&kept, Some(owner.uid()), Some(owner.gid())).expect("it is ours to give");
    }

    /// Sets who may connect and how, as the content of `pg_hba.conf`. Takes effect at the next start.
    pub fn set_access_rules(&self, rules: &str) {
        fs::write(self.directory.path().join("data/pg_hba.conf"), rules).expect("it is ours");
    }

    /// Puts tables that are created from now on into this folder, for example on a disk that can be
    /// filled. The write-ahead log, without which the server ends, stays where it is.
    pub async fn put_tables_in(&self, folder: &Path) {
        let owner = fs::metadata(self.directory.path().join("data")).expect("it was made");
        chown(folder, Some(owner.uid()), Some(owner.gid())).expect("it is ours to give");
        let mut admin = PgConnection::connect(&self.url()).await.expect("it runs");
        let (folder, set) = (folder.display(), "ALTER DATABASE postgres SET default_tablespace = elsewhere");
        for statement in [format!("CREATE TABLESPACE elsewhere LOCATION '{folder}'"), set.to_owned()] {
            admin.execute(AssertSqlSafe(statement)).await.expect("it is its administrator");
        }
        admin.close().await.expect("closed");
    }

    /// Replaces the settings. Takes effect at the next start.
    pub fn configure(&mut self, settings: &[&str]) {
        self.arguments = settings.iter().flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()]).collect();
    }

    /// Starts a server that was ended, on the same data and port, and waits until it accepts
    /// connections.
    pub fn resume(&mut self) {
        assert!(self.server.is_none(), "the server runs already");
        let mut server = as_postgres(&self.binaries.join("postgres"))
            .arg("-D")
            .arg(self.directory.path().join("data"))
            .arg("-k")
            .arg(self.directory.path())
            .args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"])
            .args(&self.arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server was found");
        let mut log = BufReader::new(server.stderr.take().expect("it is piped")).lines().map_while(Result::ok);
        let mut before = Vec::new();
        loop {
            match log.next() {
                Some(line) if line.contains("ready to accept connections") => break,
                Some(line) => before.push(line),
                None => panic!("Postgres did not start:\n{}", before.join("\n")),
            }
        }
        // A full pipe would block it.
        thread::spawn(move || log.for_each(drop));
        self.server = Some(server);
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.crash();
    }
}

/// The folder of the server's programs: from `PATH`, else the newest that Debian has installed.
fn find_binaries() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    debian.sort_by_key(|bin| bin.parent().and_then(Path::file_name)?.to_str()?.parse::<u32>().ok());
    std::env::split_paths(&path)
        .chain(debian.into_iter().rev())
        .find(|bin| bin.join("initdb").is_file() && bin.join("postgres").is_file())
        .expect("This test needs the Postgres server: install it, for example with `apt-get install postgresql`.")
}

/// A command that runs as the user `postgres` if we are root, because Postgres refuses root.
fn as_postgres(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program).current_dir("/");
    command
}

fn is_root() -> bool {
    output(Command::new("id").arg("-u")).trim() == "0"
}
