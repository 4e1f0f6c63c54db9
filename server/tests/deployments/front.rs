//! nginx and HAProxy before some nodes, with the files that we ship: only their addresses, paths
//! and one time are others.

use std::{
    fs,
    net::{SocketAddr, TcpStream},
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    client::{NAME, Site},
    file,
    ports::free_port,
};

/// How long a proxy here carries nothing before it cuts, in place of the 90 s of the files. Nodes
/// here ask every second.
const SILENCE: &str = "5s";
/// How long a line of a log may take.
const LOG_TIMEOUT: Duration = Duration::from_secs(30);

/// Which proxy.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Nginx,
    Haproxy,
}

/// A running proxy. Killed when dropped.
pub(crate) struct Front {
    child: Child,
    pub(crate) site: Site,
    /// Where it listens without TLS.
    pub(crate) plain: SocketAddr,
    folder: TempDir,
    log: Log,
}

/// Where a proxy's log is to be read.
enum Log {
    File(PathBuf),
    /// What came to a socket, as the system's logger would have had it.
    Socket(Arc<Mutex<String>>),
}

impl Log {
    /// Takes what is written to a socket, for as long as anybody reads it here.
    fn listen(socket: &Path) -> Self {
        let socket = UnixDatagram::bind(socket).expect("a free place");
        socket.set_read_timeout(Some(Duration::from_millis(200))).expect("a time that is not zero");
        let text = Arc::new(Mutex::new(String::new()));
        let kept = Arc::downgrade(&text);
        thread::spawn(move || {
            let mut line = [0; 16 * 1024];
            while let Some(text) = kept.upgrade() {
                if let Ok(bytes) = socket.recv(&mut line) {
                    let mut text = text.lock().unwrap_or_else(PoisonError::into_inner);
                    *text += &String::from_utf8_lossy(&line[..bytes]);
                    text.push('\n');
                }
            }
        });
        Self::Socket(text)
    }

    fn text(&self) -> String {
        match self {
            Self::File(file) => fs::read_to_string(file).unwrap_or_default(),
            Self::Socket(text) => text.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

/// Where a proxy is to listen, with TLS and without: the site's address has to be known before its
/// nodes start.
pub(crate) struct ProxyAddresses {
    pub(crate) tls: SocketAddr,
    pub(crate) plain: SocketAddr,
}

impl ProxyAddresses {
    /// Two free ports.
    pub(crate) fn free() -> Self {
        let [tls, plain] = [(); 2].map(|()| SocketAddr::from(([127, 0, 0, 1], free_port())));
        Self { tls, plain }
    }
}

impl Front {
    /// Starts a proxy before these three nodes and waits until it accepts.
    pub(crate) fn start(kind: Kind, place: ProxyAddresses, nodes: [SocketAddr; 3]) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let certificate = make_certificate(folder.path());
        let site = Site::new(place.tls, &certificate);
        let mut command = match kind {
            Kind::Nginx => nginx(folder.path(), &place, nodes),
            Kind::Haproxy => haproxy(folder.path(), &place, nodes),
        };
        let log = match kind {
            Kind::Nginx => Log::File(folder.path().join("access.log")),
            Kind::Haproxy => Log::listen(&folder.path().join("log")),
        };
        let child = command.stdin(Stdio::null()).spawn().expect("the proxy was found");
        let mut front = Self { child, site, plain: place.plain, folder, log };
        front.wait();
        front
    }

    /// The log up to a line that has this in it.
    pub(crate) fn log_until(&self, words: &str) -> String {
        let end = Instant::now() + LOG_TIMEOUT;
        loop {
            let text = self.log.text();
            if text.contains(words) {
                return text;
            }
            assert!(Instant::now() < end, "{words:?} is not logged: {text}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn wait(&mut self) {
        while TcpStream::connect(self.plain).is_err() {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                let written = fs::read_dir(self.folder.path()).into_iter().flatten().flatten();
                panic!("the proxy ended with {status}; in its folder: {:?}", written.collect::<Vec<_>>());
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        // It may have ended by itself, which the test has seen.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn nginx(folder: &Path, place: &ProxyAddresses, nodes: [SocketAddr; 3]) -> Command {
    let site = with(
        &file("nginx.conf"),
        &[
            ("10.0.0.11:8080", &nodes[0].to_string()),
            ("10.0.0.12:8080", &nodes[1].to_string()),
            ("10.0.0.13:8080", &nodes[2].to_string()),
            ("listen 80;", &format!("listen {};", place.plain)),
            ("listen 443 ssl http2;", &format!("listen {} ssl http2;", place.tls)),
            ("listen [::]:80;", ""),
            ("listen [::]:443 ssl http2;", ""),
            ("/etc/ssl/parterre", &folder.display().to_string()),
            ("/var/log/nginx", &folder.display().to_string()),
            ("proxy_read_timeout 90s;", &format!("proxy_read_timeout {SILENCE};")),
            ("proxy_send_timeout 90s;", &format!("proxy_send_timeout {SILENCE};")),
        ],
    );
    fs::write(folder.join("site.conf"), site).expect("a file");
    let kept = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|what| format!("{what}_temp_path {}/{what};", folder.display()));
    let main = format!(
        "daemon off; master_process off; pid {0}/pid; error_log stderr; events {{ worker_connections 512; }}\n\
         http {{ access_log off; {1} include {0}/site.conf; }}\n",
        folder.display(),
        kept.join(" "),
    );
    fs::write(folder.join("nginx.conf"), main).expect("a file");
    let mut command = Command::new(program("nginx"));
    command.arg("-p").arg(folder).arg("-c").arg(folder.join("nginx.conf")).args(["-e", "stderr"]);
    command
}

fn haproxy(folder: &Path, place: &ProxyAddresses, nodes: [SocketAddr; 3]) -> Command {
    let both = ["fullchain.pem", "privkey.pem"].map(|name| fs::read_to_string(folder.join(name)).expect("it was made"));
    fs::write(folder.join("site.pem"), both.concat()).expect("a file");
    let config = with(
        &file("haproxy.cfg"),
        &[
            ("10.0.0.11:8080", &nodes[0].to_string()),
            ("10.0.0.12:8080", &nodes[1].to_string()),
            ("10.0.0.13:8080", &nodes[2].to_string()),
            ("bind :80\n", &format!("bind {}\n", place.plain)),
            ("bind :443 ", &format!("bind {} ", place.tls)),
            ("/etc/ssl/parterre", &folder.display().to_string()),
            ("/run/haproxy", &folder.display().to_string()),
            ("/dev/log", &folder.join("log").display().to_string()),
            ("    user haproxy\n    group haproxy\n", ""),
            ("maxconn 60000", "maxconn 200"),
            ("timeout tunnel 90s", &format!("timeout tunnel {SILENCE}")),
        ],
    );
    fs::write(folder.join("haproxy.cfg"), config).expect("a file");
    let mut command = Command::new(program("haproxy"));
    command.arg("-db").arg("-f").arg(folder.join("haproxy.cfg"));
    command
}

/// A text with other words in it, each of which must have been there.
fn with(text: &str, others: &[(&str, &str)]) -> String {
    others.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "the file we ship has no {from:?}");
        text.replace(from, to)
    })
}

/// A certificate of the site, signed by itself.
pub(crate) fn make_certificate(folder: &Path) -> PathBuf {
    let certificate = folder.join("fullchain.pem");
    let mut make = Command::new(program("openssl"));
    make.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]);
    make.args(["-subj", &format!("/CN={NAME}"), "-addext", &format!("subjectAltName=DNS:{NAME}")]);
    make.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    make.arg("-keyout").arg(folder.join("privkey.pem")).arg("-out").arg(&certificate);
    let made = make.output().expect("openssl runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    certificate
}

/// Where a program is; Debian keeps those of servers out of a user's path.
pub(crate) fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let found = folders.map(|folder| folder.join(name)).find(|program| program.is_file());
    found.unwrap_or_else(|| panic!("This test needs {name}: install it, for example with `apt-get install {name}`."))
}
