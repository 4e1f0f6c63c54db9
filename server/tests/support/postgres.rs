//! A Postgres server of the test's own: fresh, on a free port, gone with the test.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

use tempfile::TempDir;

/// A running Postgres server with one empty database, `postgres`.
pub(crate) struct Postgres {
    directory: TempDir,
    binaries: PathBuf,
    port: u16,
    server: Option<Child>,
}

impl Postgres {
    /// Makes a server and starts it; panics with what to install where there is none.
    pub(crate) fn start() -> Self {
        let binaries = find_binaries();
        let directory = tempfile::Builder::new().prefix("parterre-postgres-").tempdir().expect("a temporary directory");
        if is_root() {
            let id = |flag| output(Command::new("id").args([flag, "postgres"])).trim().parse().expect("a number");
            chown(directory.path(), Some(id("-u")), Some(id("-g"))).expect("root may give a directory away");
        }
        let data = directory.path().join("data");
        let options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
        output(as_postgres(&binaries.join("initdb")).args(options).arg("--pgdata").arg(&data));
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let mut postgres = Self { directory, binaries, port, server: None };
        postgres.resume();
        postgres
    }

    /// The address of its database.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Ends the server as a crash would: nothing is flushed, every connection is cut.
    pub(crate) fn crash(&mut self) {
        if let Some(mut server) = self.server.take() {
            // Told so, the server ends its own processes first, which `kill -9` of the first one would leave behind.
            output(Command::new("kill").args(["-QUIT", &server.id().to_string()]));
            server.wait().expect("the server is our child");
        }
    }

    /// Starts a server that was crashed, on the same data and port, and waits until it takes connections.
    pub(crate) fn resume(&mut self) {
        assert!(self.server.is_none(), "the server runs already");
        let mut server = as_postgres(&self.binaries.join("postgres"))
            .arg("-D")
            .arg(self.directory.path().join("data"))
            .arg("-k")
            .arg(self.directory.path())
            .args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"])
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
