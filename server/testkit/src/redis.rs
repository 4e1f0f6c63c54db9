//! A Redis server for one test: on a free port, without data, removed with the test.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use tempfile::TempDir;

use crate::{authority::Authority, command::output, ports::free_port};

/// The name of the authority of a secured server.
const CA: &str = "ca";

/// A running Redis server.
pub struct Redis {
    directory: TempDir,
    port: u16,
    secured: bool,
    options: Vec<String>,
    server: Option<Child>,
}

impl Redis {
    /// Starts a server. Panics with what to install if Redis is missing.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts a server with these options: each a name, and its values separated by spaces.
    pub fn with(options: &[[&str; 2]]) -> Self {
        let option = |[name, values]: &[&str; 2]| format!("--{name} {values}");
        let options: Vec<_> = options.iter().map(option).collect();
        let words = options.iter().flat_map(|option| option.split_whitespace()).map(str::to_owned);
        Self::new(false, |_, port| [plain(port), words.collect()].concat())
    }

    /// Starts a server that only accepts TLS. Its certificate is signed by [`Redis::ca`].
    pub fn secured() -> Self {
        Self::new(true, |directory, port| {
            let authority = Authority::new(directory, CA);
            let (certificate, key) = authority.sign("IP:127.0.0.1");
            let text = |path: &Path| path.display().to_string();
            let port = port.to_string();
            let options = [
                ["--port", "0"],
                ["--tls-port", &port],
                ["--tls-cert-file", &text(&certificate)],
                ["--tls-key-file", &text(&key)],
                ["--tls-ca-cert-file", &text(&authority.certificate())],
                ["--tls-auth-clients", "no"],
            ];
            options.concat().into_iter().map(str::to_owned).collect()
        })
    }

    /// Starts a cluster of one node.
    pub fn cluster() -> Self {
        // By default the bus port is 10,000 above the port, where another program may listen.
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
    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", if self.secured { "rediss" } else { "redis" }, self.port)
    }

    /// The certificate of the authority that signed the certificate of a secured server.
    pub fn ca(&self) -> PathBuf {
        self.directory.path().join(CA).with_extension("pem")
    }

    /// Kills the server.
    pub fn crash(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().expect("the server is our child");
            server.wait().expect("it ends");
        }
    }

    /// Starts a server that was killed, with the same options, and waits until it accepts
    /// connections.
    pub fn resume(&mut self) {
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
        // A full pipe would block it.
        thread::spawn(move || log.for_each(drop));
        self.server = Some(server);
    }

    /// Stops the server's process: connections stay open, but nothing is answered.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    /// Resumes the server's process.
    pub fn unpause(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.server.as_ref().expect("it runs").id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill is there").success());
    }

    /// Runs a command with `redis-cli`; what it prints.
    pub fn command(&self, command: &[&str]) -> String {
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
