//! What a connection goes through before its first request: TLS by the server itself, with which
//! certificate it is shown when; and what a proxy says of whom it is from.

#![expect(clippy::unwrap_used, reason = "what cannot go on is a failed test")]

mod acme;
mod client;
mod many;
mod pebble;
mod room;
mod scan;

use parterre_testkit::{authority, data, ports, process};

/// The server under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_parterre");

use std::{fs, net::SocketAddr, os::unix::fs::PermissionsExt, path::Path, process::Command};

use parterre::http::signin::network_key;
use parterre_domain::event::EventSettings;
use parterre_protocol::EventId;
use parterre_system::allowance::ClientNetwork;
use rustls::NamedGroup;
use tempfile::TempDir;

use crate::{
    authority::Authority,
    client::{Trust, plain},
    data::{Data, THEN, make_owner},
    ports::free_port,
    process::Process,
};

const NAMES: &str = "DNS:localhost,IP:127.0.0.1";

/// A server with a certificate of an authority, and an event with the code TULIP.
struct TestSite {
    data: Data,
    files: TempDir,
    event: EventId,
}

impl TestSite {
    fn new() -> Self {
        let (data, files) = (Data::create(), TempDir::new().unwrap());
        let event = EventId::new(parterre_system::random::opaque_id());
        data.prepare(async |store| {
            let owner = make_owner(store).await;
            let settings = EventSettings::parse("Annual meeting", "TULIP", false).unwrap();
            store.create_event(event, owner.workspace, &settings, THEN).await.unwrap().unwrap();
        });
        Self { data, files, event }
    }

    fn authority(&self, name: &'static str) -> Authority {
        Authority::new(self.files.path(), name)
    }

    fn path(&self, name: &str) -> String {
        self.files.path().join(name).display().to_string()
    }

    /// Has the files hold a certificate of this authority.
    fn issue(&self, authority: &Authority) {
        let (certificate, key) = authority.sign(NAMES);
        fs::copy(certificate, self.path("server.pem")).unwrap();
        fs::copy(key, self.path("server.key")).unwrap();
    }

    fn start(&self, settings: &[(&str, &str)]) -> Process {
        let files = [self.path("server.pem"), self.path("server.key")];
        let tls = [
            ("PARTERRE_TLS__MODE", "files"),
            ("PARTERRE_TLS__CERTIFICATE", &files[0]),
            ("PARTERRE_TLS__KEY", &files[1]),
        ];
        self.data.start(PROGRAM, &[&tls, settings].concat())
    }
}

#[test]
fn pages_and_live_connections_come_over_tls_and_cookies_go_nowhere_else() {
    let place = TestSite::new();
    let authority = place.authority("ours");
    place.issue(&authority);
    let server = place.start(&[]);
    let trust = Trust::of(&authority.certificate());
    let page = trust.connect(server.address).unwrap().get("/e/TULIP");
    assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
    assert!(page.contains("strict-transport-security: max-age=31536000\r\n"), "{page}");
    let joined = trust.connect(server.address).unwrap().post("/api/v1/join", "json", r#"{"code":"TULIP"}"#);
    assert!(joined.contains("Secure"), "{joined}");
    let mut screen = trust.connect(server.address).unwrap().live(server.address, place.event);
    assert!(screen.next().contains(r#""t":"hello""#));
    assert!(screen.next().contains("Annual meeting"));
}

#[test]
fn who_does_not_know_the_authority_is_not_let_in_silently() {
    let place = TestSite::new();
    let [ours, another] = ["ours", "another"].map(|name| place.authority(name));
    place.issue(&ours);
    let server = place.start(&[]);
    assert!(Trust::of(&ours.certificate()).connect(server.address).is_ok());
    assert!(Trust::of(&another.certificate()).connect(server.address).is_err());
}

#[test]
fn a_renewed_certificate_is_for_all_who_come_and_nobody_is_cut_off() {
    let place = TestSite::new();
    let [former, next] = ["former", "next"].map(|name| place.authority(name));
    place.issue(&former);
    let server = place.start(&[]);
    let [of_former, of_next] = [&former, &next].map(|authority| Trust::of(&authority.certificate()));
    let mut live = of_former.connect(server.address).unwrap().live(server.address, place.event);
    // Half of it: this cannot be used, and the one before stays.
    fs::copy(next.sign(NAMES).1, place.path("server.key")).unwrap();
    fs::write(place.path("server.pem"), "-----BEGIN CERTIFICATE-----\nhalf").unwrap();
    assert!(of_former.connect(server.address).is_ok());
    place.issue(&next);
    while of_next.connect(server.address).is_err() {}
    assert!(of_former.connect(server.address).is_err());
    live.say(r#"{"t":"ping"}"#);
    while !live.next().contains(r#""t":"pong""#) {}
}

#[test]
fn only_tls_1_2_and_1_3_with_keys_of_the_moment_are_spoken() {
    let place = TestSite::new();
    place.issue(&place.authority("ours"));
    let server = place.start(&[]);
    let speaks = |options: &[&str]| {
        let address = server.address.to_string();
        let mut openssl = Command::new("openssl");
        openssl.args(["s_client", "-brief", "-connect", &address]).args(options).stdin(std::process::Stdio::null());
        openssl.output().unwrap().status.success()
    };
    for spoken in [&["-tls1_2"][..], &["-tls1_3"]] {
        assert!(speaks(spoken), "{spoken:?}");
    }
    let weak = ["-tls1", "-tls1_1"].map(|version| vec![version, "-cipher", "ALL:@SECLEVEL=0"]);
    for weak in weak.into_iter().chain([vec!["-tls1_2", "-cipher", "kRSA"], vec!["-tls1_2", "-cipher", "AES128-SHA"]]) {
        assert!(!speaks(&weak), "{weak:?}");
    }
}

#[test]
fn who_can_agrees_on_a_key_that_a_quantum_computer_does_not_break_either() {
    let place = TestSite::new();
    let authority = place.authority("ours");
    place.issue(&authority);
    let server = place.start(&[]);
    let client = Trust::of(&authority.certificate()).connect(server.address).unwrap();
    assert_eq!(client.key_exchange(), NamedGroup::X25519MLKEM768);
    // And who cannot does not.
    let mut openssl = Command::new("openssl");
    openssl.args(["s_client", "-brief", "-groups", "X25519", "-connect", &server.address.to_string()]);
    assert!(openssl.stdin(std::process::Stdio::null()).output().unwrap().status.success());
}

#[test]
fn plain_http_is_sent_to_where_tls_is() {
    let place = TestSite::new();
    place.issue(&place.authority("ours"));
    let from = free_address();
    let server = place.start(&[("PARTERRE_TLS__REDIRECT", &from.to_string())]);
    let there = format!("https://localhost:{}/TULIP?l=fr", server.address.port());
    for address in [from, server.address] {
        let answer = plain(address, "GET /TULIP?l=fr HTTP/1.1\r\nHost: localhost:80\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 308 "), "{answer}");
        assert!(answer.contains(&format!("Location: {there}\r\n")), "{answer}");
        assert!(plain(address, "GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 400 "));
    }
}

#[test]
fn a_certificate_of_its_own_is_told_at_the_start_and_kept() {
    let place = TestSite::new();
    let self_signed = [("PARTERRE_TLS__MODE", "self-signed")];
    let start = || {
        let mut server = place.data.start(PROGRAM, &self_signed);
        let told = server.next_line();
        let fingerprint = told.rsplit(' ').next().unwrap().trim().to_owned();
        let trust = Trust::of(&place.data.path().join("self-signed.pem"));
        let client = trust.connect(server.address).unwrap();
        assert_eq!(client.fingerprint(), fingerprint);
        let page = client.get("/e/TULIP");
        assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
        assert!(!page.contains("strict-transport-security"), "no browser could keep the promise");
        fingerprint
    };
    assert_eq!(start(), start());
    let mode = |name| fs::metadata(place.data.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("self-signed.key"), 0o600);
}

/// What a proxy says first: PROXY protocol, version 2, of a TCP connection over IPv4.
fn announcement(from: [u8; 4]) -> Vec<u8> {
    let mut bytes = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c".to_vec();
    bytes.extend(from);
    bytes.extend([127, 0, 0, 1, 0x12, 0x67, 0x01, 0xbb]);
    bytes
}

#[test]
fn whom_a_proxy_of_ours_announces_is_known_by_their_own_address_and_nobody_else_is_believed() {
    let place = TestSite::new();
    let authority = place.authority("ours");
    place.issue(&authority);
    let trust = Trust::of(&authority.certificate());
    let failures = |address: &str| {
        let key = network_key(ClientNetwork::of(address.parse().unwrap()));
        place.data.prepare(async |store| store.guesses(&key).await.unwrap()).failures
    };
    let fails = |client: client::Client| {
        let wrong = "email=ines@example.org&password=a+long+wrong+password";
        let answer = client.post("/login", "x-www-form-urlencoded", wrong);
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    };
    let server = place.start(&[("PARTERRE_PROXY_PROTOCOL", "127.0.0.1")]);
    fails(trust.connect_by(server.address, &announcement([203, 0, 113, 7])).unwrap());
    assert_eq!((failures("203.0.113.7"), failures("127.0.0.1")), (1, 0));
    // What the proxy itself asks, to see whether the server is well.
    fails(trust.connect(server.address).unwrap());
    assert_eq!((failures("203.0.113.7"), failures("127.0.0.1")), (1, 1));
    for nonsense in [&b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff"[..], b"\r\n\r\nGET / HTTP/1.1\r\n\r\n"] {
        assert!(trust.connect_by(server.address, nonsense).is_err());
    }
    assert!(trust.connect_by(server.address, b"PROXY TCP4 203.0.113.8 127.0.0.1 4711 443\r\n").is_err());
    drop(server);
    // A proxy that says it in a header passes TCP on as anybody sends it.
    for settings in [&[][..], &[("PARTERRE_PROXIES", "127.0.0.1")]] {
        let server = place.start(settings);
        assert!(trust.connect_by(server.address, &announcement([198, 51, 100, 8])).is_err());
        assert_eq!(failures("198.51.100.8"), 0);
        fails(trust.connect(server.address).unwrap());
    }
}

#[test]
fn what_cannot_be_used_is_said_in_words_and_the_server_does_not_start() {
    let place = TestSite::new();
    place.issue(&place.authority("ours"));
    fs::copy(place.authority("another").sign(NAMES).1, place.path("another.key")).unwrap();
    let [pem, key, another] = ["server.pem", "server.key", "another.key"].map(|name| place.path(name));
    let missing = place.path("missing.pem");
    for (mode, certificate, key, said) in [
        ("files", "", "", "tls.certificate and tls.key"),
        ("off", pem.as_str(), key.as_str(), "tls.mode is not \"files\""),
        ("files", &missing, &key, "missing.pem cannot be read"),
        ("files", &key, &key, "contains no certificate in PEM"),
        ("files", &pem, &pem, "contains no private key in PEM"),
        ("files", &pem, &another, "cannot be used together"),
        ("always", "", "", "\"self-signed\""),
    ] {
        let output = Command::new(PROGRAM)
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(place.data.path())
            .envs([("PARTERRE_TLS__MODE", mode), ("PARTERRE_TLS__CERTIFICATE", certificate)])
            .env("PARTERRE_TLS__KEY", key)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains(said), "{mode} {certificate} {key}: {told}");
    }
}

fn free_address() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], free_port()))
}

/// The certificates of a file.
fn certificates(file: &Path) -> Vec<rustls::pki_types::CertificateDer<'static>> {
    use rustls::pki_types::pem::PemObject;
    rustls::pki_types::CertificateDer::pem_file_iter(file).unwrap().map(Result::unwrap).collect()
}
