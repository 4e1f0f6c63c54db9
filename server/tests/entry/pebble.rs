//! An authority that gives certificates by ACME: Debian's `pebble`, which is made for tests and
//! looks at names as real ones do, on ports of its own.

use std::{
    fs,
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

use tempfile::TempDir;

use crate::{authority::Authority, client::Trust, ports::free_port};

/// A running authority, which looks at names at one port. Killed when dropped.
pub(crate) struct Pebble {
    folder: TempDir,
    /// Vouches for the authority's own server.
    web: Authority,
    acme: u16,
    management: u16,
    child: Child,
}

impl Pebble {
    /// Starts one that looks at this port, and whose certificates are good for so many seconds.
    pub(crate) fn start(port: u16, seconds: u32) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let web = Authority::new(folder.path(), "web");
        let (acme, management) = (free_port(), free_port());
        let child = run(folder.path(), &web, [acme, management], port, seconds);
        let pebble = Self { folder, web, acme, management, child };
        pebble.wait();
        pebble
    }

    /// Goes on as another one at the same place: it knows nobody, has another key, and looks at
    /// this port.
    pub(crate) fn begin_anew(&mut self, port: u16, seconds: u32) {
        self.end();
        self.child = run(self.folder.path(), &self.web, [self.acme, self.management], port, seconds);
        self.wait();
    }

    /// Is not there any more.
    pub(crate) fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// The settings of a server that has its certificates from here, for these names.
    pub(crate) fn settings(&self, names: &str) -> Vec<(&'static str, String)> {
        vec![
            ("PARTERRE_TLS__MODE", "acme".to_owned()),
            ("PARTERRE_ACME__DIRECTORY", format!("https://127.0.0.1:{}/dir", self.acme)),
            ("PARTERRE_ACME__NAMES", names.to_owned()),
            ("PARTERRE_ACME__ACCEPT_TERMS", "true".to_owned()),
            ("PARTERRE_ACME__CONTACT", "desk@example.org".to_owned()),
            ("PARTERRE_ACME__CA", self.web.certificate().display().to_string()),
        ]
    }

    /// Whoever has a certificate from here.
    pub(crate) fn trust(&self) -> Trust {
        let address = SocketAddr::from(([127, 0, 0, 1], self.management));
        let answer = Trust::of(&self.web.certificate()).connect(address).expect("it answers").get("/roots/0");
        let (_, root) = answer.split_once("\r\n\r\n").expect("a body");
        let file = self.file("root.pem");
        fs::write(&file, root).expect("a file");
        Trust::of(&file)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn wait(&self) {
        for port in [self.acme, self.management] {
            while TcpStream::connect(("127.0.0.1", port)).is_err() {
                thread::yield_now();
            }
        }
    }
}

impl Drop for Pebble {
    fn drop(&mut self) {
        self.end();
    }
}

fn run(folder: &Path, web: &Authority, [acme, management]: [u16; 2], port: u16, seconds: u32) -> Child {
    let (certificate, key) = web.sign("DNS:localhost,IP:127.0.0.1");
    let config = serde_json::json!({ "pebble": {
        "listenAddress": format!("127.0.0.1:{acme}"),
        "managementListenAddress": format!("127.0.0.1:{management}"),
        "certificate": certificate,
        "privateKey": key,
        // Nobody looks there.
        "httpPort": port,
        "tlsPort": port,
        "certificateValidityPeriod": seconds,
        // Later releases say it here.
        "profiles": { "usual": { "description": "The usual kind.", "validityPeriod": seconds } },
    }});
    let file = folder.join("pebble.json");
    fs::write(&file, config.to_string()).expect("a file");
    Command::new("pebble")
        .arg("-strict")
        .arg("-config")
        .arg(file)
        // It looks at once, and every time.
        .envs([("PEBBLE_VA_NOSLEEP", "1"), ("PEBBLE_AUTHZREUSE", "0"), ("PEBBLE_WFE_NONCEREJECT", "0")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("pebble is installed")
}
