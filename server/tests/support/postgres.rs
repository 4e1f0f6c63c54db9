//! A Postgres server of the test's own: fresh, on a free port, gone with the test.

#![allow(dead_code, reason = "not every suite does everything to its server")]

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

use crate::ports::free_port;

/// A running Postgres server with one empty database, `postgres`.
pub(crate) struct Postgres {
    directory: TempDir,
    binaries: PathBuf,
    port: u16,
    server: Option<Child>,
    /// Further arguments of the server.
    arguments: Vec<String>,
    /// Its processes that stand still.
    frozen: Vec<String>,
}

impl Postgres {
    /// Makes a server and starts it; panics with what to install where there is none.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with these settings, such as `max_connections=9`.
    pub(crate) fn start_with(settings: &[&str]) -> Self {
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
    pub(crate) fn url(&self) -> String {
        self.url_by(self.port)
    }

    /// The same by a relay that listens on this port.
    pub(crate) fn url_by(&self, port: u16) -> String {
        format!("postgres://postgres@127.0.0.1:{port}/postgres")
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Ends the server as a crash would: nothing is flushed, every connection is cut.
    pub(crate) fn crash(&mut self) {
        // Told so, the server ends its own processes first, which `kill -9` of the first one would
        // leave behind.
        self.end("-QUIT");
    }

    /// Ends the server as its operator would: what is under way is rolled back, every connection is
    /// told.
    pub(crate) fn shut_down(&mut self) {
        self.end("-INT");
    }

    fn end(&mut self, signal: &str) {
        self.thaw();
        if let Some(mut server) = self.server.take() {
            output(Command::new("kill").args([signal, &server.id().to_string()]));
            server.wait().expect("the server is our child");
        }
    }

    /// Has all of its processes stand still: it takes connections, and answers nothing.
    pub(crate) fn freeze(&mut self) {
        let first = self.server.as_ref().expect("the server runs").id().to_string();
        // The first one first, so that it makes no others.
        output(Command::new("kill").args(["-STOP", &first]));
        let others = output(Command::new("pgrep").args(["-P", &first]));
        self.frozen = others.split_whitespace().map(str::to_owned).collect();
        // One that has just ended by itself needs no stopping.
        self.frozen.iter().for_each(|id| drop(Command::new("kill").args(["-STOP", id]).output()));
        self.frozen.push(first);
    }

    /// Has them go on.
    pub(crate) fn thaw(&mut self) {
        self.frozen.drain(..).for_each(|id| drop(Command::new("kill").args(["-CONT", &id]).output()));
    }

    /// Gives the server a copy of a file that only it may read, for its settings.
    pub(crate) fn keep(&self, file: &Path, name: &str) {
        let kept = self.directory.path().join("data").join(name);
        let owner = fs::metadata(self.directory.path().join("data")).expect("it was made");
        fs::copy(file, &kept).expect("both are ours");
        fs::set_permissions(&kept, Permissions::from_mode(0o600)).expect("it is ours");
        chown(&kept, Some(owner.uid()), Some(owner.gid())).expect("it is ours to give");
    }

    /// Sets who may connect how, in the words of `pg_hba.conf`, from the next start.
    pub(crate) fn admit(&self, rules: &str) {
        fs::write(self.directory.path().join("data/pg_hba.conf"), rules).expect("it is ours");
    }

    /// Has the tables that are made from now on lie in this folder, such as one on a disk that can
    /// be filled: the journal, without which it ends, stays where it is.
    pub(crate) async fn keep_tables_in(&self, folder: &Path) {
        let owner = fs::metadata(self.directory.path().join("data")).expect("it was made");
        chown(folder, Some(owner.uid()), Some(owner.gid())).expect("it is ours to give");
        let mut admin = PgConnection::connect(&self.url()).await.expect("it runs");
        let (folder, set) = (folder.display(), "ALTER DATABASE postgres SET default_tablespace = elsewhere");
        for statement in [format!("CREATE TABLESPACE elsewhere LOCATION '{folder}'"), set.to_owned()] {
            admin.execute(AssertSqlSafe(statement)).await.expect("it is its administrator");
        }
        admin.close().await.expect("closed");
    }

    /// Changes the settings from the next start.
    pub(crate) fn configure(&mut self, settings: &[&str]) {
        self.arguments = settings.iter().flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()]).collect();
    }

    /// Starts a server that was ended, on the same data and port, and waits until it takes
    /// connections.
    pub(crate) fn resume(&mut self) {
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
        // A full pipe would stop it.
        thread::spawn(move || log.for_each(drop));
        self.server = Some(server);
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.crash();
    }
}

/// Where the server's programs are: where `PATH` says, or where Debian keeps them, the newest.
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

/// A command that runs as the user `postgres` where we are root, whom Postgres refuses.
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

fn output(command: &mut Command) -> String {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}
