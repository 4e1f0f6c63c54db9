//! A Redis server of the test's own: on a free port, without data, gone with the test.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use tempfile::TempDir;

use crate::ports::free_port;

/// A running Redis server.
pub(crate) struct Redis {
    directory: TempDir,
    port: u16,
    secured: bool,
    options: Vec<String>,
    server: Option<Child>,
}

impl Redis {
    /// Starts a server; panics with what to install where there is none.
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// Starts a server with these options, each a name and its values with spaces between.
    pub(crate) fn with(options: &[[&str; 2]]) -> Self {
        let option = |[name, values]: &[&str; 2]| format!("--{name} {values}");
        let options: Vec<_> = options.iter().map(option).collect();
        let words = options.iter().flat_map(|option| option.split_whitespace()).map(str::to_owned);
        Self::new(false, |_, port| [plain(port), words.collect()].concat())
    }

    /// Starts a server that speaks nothing but TLS, with a certificate of an authority of its own.
    /// See [`Redis::ca`].
    pub(crate) fn secured() -> Self {
        Self::new(true, |directory, port| {
            certify(directory);
            let file = |name: &str| directory.join(name).display().to_string();
            let port = port.to_string();
            let options = [
                ["--port", "0"],
                ["--tls-port", &port],
                ["--tls-cert-file", &file("redis.pem")],
                ["--tls-key-file", &file("redis.key")],
                ["--tls-ca-cert-file", &file("ca.pem")],
                ["--tls-auth-clients", "no"],
            ];
            options.concat().into_iter().map(str::to_owned).collect()
        })
    }

    /// Starts a cluster of one.
    pub(crate) fn cluster() -> Self {
        // Where nobody says which, its second port is 10,000 above its first: one that may be
        // another's by now.
        let second = free_port().to_string();
        let redis = Self::with(&[["cluster-enabled", "yes"], ["cluster-port", &second]]);
        redis.command(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
        while !redis.command(&["CLUSTER", "INFO"]).contains("cluster_state:ok") {
            thread::sleep(Duration::from_millis(10));
        }
        redis
    }

    fn new(secured: bool, options: impl FnOnce(&Path, u16) -> Vec<String>) -> Self {
        let directory = tempfile::Builder::new().prefix("parterre-redis-").tempdir().expect("a temporary directory");
        let port = free_port();
        let options = options(directory.path(), port);
        let mut redis = Self { directory, port, secured, options, server: None };
        redis.resume();
        redis
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", if self.secured { "rediss" } else { "redis" }, self.port)
    }

    /// The certificate of the authority that vouches for it.
    pub(crate) fn ca(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// Kills the server.
    pub(crate) fn crash(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().expect("the server is our child");
            server.wait().expect("it ends");
        }
    }

    /// Starts a server that was killed, with the same options, and waits until it takes
    /// connections.
    pub(crate) fn resume(&mut self) {
        assert!(self.server.is_none(), "the server runs already");
        let mut server = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
            .arg(self.directory.path())
            .args(&self.options)
            .stdout(Stdio::piped())
            .spawn()
            .expect("This test needs the Redis server: install it, for example with `apt-get install redis-server`.");
        let mut log = BufReader::new(server.stdout.take().expect("it is piped")).lines().map_while(Result::ok);
        let mut before = Vec::new();
        loop {
            match log.next() {
                Some(line) if line.contains("Ready to accept connections") => break,
                Some(line) => before.push(line),
                None => panic!("Redis did not start:\n{}", before.join("\n")),
            }
        }
        // A full pipe would stop it.
        thread::spawn(move || log.for_each(drop));
        self.server = Some(server);
    }

    /// Stops the server's process where it is: connections stay, and nothing is answered.
    pub(crate) fn pause(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub(crate) fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.server.as_ref().expect("it runs").id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill is there").success());
    }

    /// Has the server carry out a command, and returns what it says.
    pub(crate) fn command(&self, command: &[&str]) -> String {
        output(Command::new("redis-cli").args(["-p", &self.port.to_string()]).args(command))
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.crash();
    }
}

fn plain(port: u16) -> Vec<String> {
    vec!["--port".to_owned(), port.to_string()]
}

/// Makes an authority, and a certificate of it for this machine's own address.
fn certify(directory: &Path) {
    let openssl = |arguments: &str| {
        output(Command::new("openssl").args(arguments.split_whitespace()).current_dir(directory));
    };
    openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.pem -days 2 \
         -subj /CN=Test-authority -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign",
    );
    openssl(
        "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout redis.key -out redis.csr -subj /CN=redis",
    );
    fs::write(directory.join("redis.ext"), "subjectAltName=IP:127.0.0.1\n").expect("a file");
    openssl(
        "x509 -req -in redis.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile redis.ext -out redis.pem",
    );
}

fn output(command: &mut Command) -> String {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}
