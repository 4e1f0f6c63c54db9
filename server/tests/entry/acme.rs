//! Certificates that an authority gives by ACME: the first one, the next one, and what happens when
//! there is none to be had.

use std::{
    fs,
    net::{Ipv6Addr, SocketAddr},
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use crate::{
    PROGRAM, TestSite,
    client::{Client, Trust},
    pebble::Pebble,
    ports::free_port,
    process::Process,
};

/// Good for as long as any test takes.
const LONG: u32 = 24 * 60 * 60;

/// Tries until something counts as never: minutes.
const TRIES: usize = 4000;

/// Where the server will be, so that the authority can be told before it starts.
fn address() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], free_port()))
}

impl TestSite {
    fn start_with(&self, address: SocketAddr, settings: &[(&'static str, String)]) -> Process {
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut server = self.data.start_at(PROGRAM, address, &settings);
        assert!(server.next_line().starts_with("Parterre is at "));
        server
    }
}

impl Trust {
    /// A connection as soon as the server shows what is trusted.
    fn connect_when_given(&self, address: SocketAddr) -> Client {
        until(|| self.connect(address).ok())
    }
}

/// What comes of it in the end; it is tried again and again, with a little time for those who work
/// on it.
fn until<T>(attempt: impl Fn() -> Option<T>) -> T {
    let tries = std::iter::repeat_with(|| {
        let done = attempt();
        if done.is_none() {
            thread::sleep(Duration::from_millis(20));
        }
        done
    });
    tries.take(TRIES).flatten().next().expect("it never came to this")
}

/// What a metric says.
fn metric(page: &str, name: &str) -> i64 {
    let line = page.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("no {name} in {page}"));
    line.trim().parse().unwrap()
}

#[test]
fn a_certificate_for_a_name_and_an_address_is_obtained_and_serves_the_next_start_too() {
    let (place, address) = (TestSite::new(), address());
    let mut pebble = Pebble::start(address.port(), LONG);
    let settings = pebble.settings("localhost, 127.0.0.1");
    let server = place.start_with(address, &settings);
    let trust = pebble.trust();
    let client = trust.connect_when_given(address);
    let given = client.fingerprint();
    let page = client.get("/e/TULIP");
    assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
    assert!(page.contains("strict-transport-security: max-age=31536000\r\n"), "{page}");
    assert!(trust.connect_as(address, "localhost").is_ok());
    let metrics = trust.connect(address).unwrap().get("/metrics");
    assert!(metric(&metrics, "parterre_certificate_expiry_timestamp_seconds ") > 0);
    assert_eq!(metric(&metrics, "parterre_certificate_failures_total "), 0);
    for name in ["acme.pem", "acme-account.json"] {
        let mode = fs::metadata(place.data.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    drop(server);
    pebble.end();
    let _server = place.start_with(address, &settings);
    assert_eq!(trust.connect(address).unwrap().fingerprint(), given, "at once, and without the authority");
}

#[test]
fn an_address_of_ipv6_has_its_certificate_too() {
    let (place, address) = (TestSite::new(), SocketAddr::from((Ipv6Addr::LOCALHOST, free_port())));
    let pebble = Pebble::start(address.port(), LONG);
    let _server = place.start_with(address, &pebble.settings("::1"));
    assert!(pebble.trust().connect_when_given(address).get("/e/TULIP").starts_with("HTTP/1.1 200 "));
}

#[test]
fn settings_that_ask_for_another_certificate_have_it_at_once() {
    let (place, address) = (TestSite::new(), address());
    let mut pebble = Pebble::start(address.port(), LONG);
    let server = place.start_with(address, &pebble.settings("127.0.0.1"));
    let trust = pebble.trust();
    let former = trust.connect_when_given(address).fingerprint();
    drop(server);
    pebble.begin_anew(address.port(), LONG);
    let server = place.start_with(address, &pebble.settings("localhost, 127.0.0.1"));
    let next = pebble.trust();
    until(|| next.connect_as(address, "localhost").ok());
    drop(server);
    let _server = place.start_with(address, &pebble.settings("localhost, 127.0.0.1"));
    let kept = next.connect(address).unwrap().fingerprint();
    assert_ne!(kept, former);
}

#[test]
fn a_certificate_is_renewed_before_its_end_and_nobody_is_cut_off() {
    let (place, address) = (TestSite::new(), address());
    let pebble = Pebble::start(address.port(), 9);
    let _server = place.start_with(address, &pebble.settings("127.0.0.1"));
    let trust = pebble.trust();
    let client = trust.connect_when_given(address);
    let first = client.fingerprint();
    let mut live = client.live(address, place.event);
    until(|| trust.connect(address).ok().filter(|client| client.fingerprint() != first));
    live.say(r#"{"t":"ping"}"#);
    while !live.next().contains(r#""t":"pong""#) {}
}

#[test]
fn an_authority_that_refuses_leaves_the_certificate_before_in_use_and_the_failure_is_told() {
    let (place, address) = (TestSite::new(), address());
    let mut pebble = Pebble::start(address.port(), 24);
    let _server = place.start_with(address, &pebble.settings("127.0.0.1"));
    let trust = pebble.trust();
    let given = trust.connect_when_given(address).fingerprint();
    // It looks where nobody is, and does not know the account.
    pebble.begin_anew(free_port(), LONG);
    let failures = || {
        let metrics = trust.connect(address).unwrap().get("/metrics");
        metric(&metrics, "parterre_certificate_failures_total ")
    };
    until(|| (failures() > 0).then_some(()));
    assert_eq!(trust.connect(address).unwrap().fingerprint(), given);
}

#[test]
fn until_the_first_certificate_is_there_the_server_shows_its_own() {
    let (place, address) = (TestSite::new(), address());
    let pebble = Pebble::start(free_port(), LONG);
    let _server = place.start_with(address, &pebble.settings("127.0.0.1"));
    let client = Trust::of(&place.data.path().join("self-signed.pem")).connect(address).unwrap();
    assert!(client.get("/e/TULIP").starts_with("HTTP/1.1 200 "));
}

#[test]
fn nobody_is_shown_what_only_the_authority_may_see() {
    let (place, address) = (TestSite::new(), address());
    let pebble = Pebble::start(address.port(), LONG);
    let _server = place.start_with(address, &pebble.settings("localhost, 127.0.0.1"));
    pebble.trust().connect_when_given(address);
    let speaks = |protocol: &str| {
        let mut openssl = Command::new("openssl");
        openssl.args(["s_client", "-brief", "-alpn", protocol, "-servername", "localhost", "-connect"]);
        openssl.arg(address.to_string()).stdin(Stdio::null()).output().unwrap().status.success()
    };
    assert!(speaks("http/1.1"));
    assert!(!speaks("acme-tls/1"), "nothing is asked for any more");
}

#[test]
fn settings_by_which_there_can_be_no_certificate_are_said_in_words_and_the_server_does_not_start() {
    let place = TestSite::new();
    let pebble = Pebble::start(free_port(), LONG);
    let missing = place.path("missing.pem");
    let nowhere = format!("https://127.0.0.1:{}/dir", free_port());
    for (setting, value, said) in [
        ("PARTERRE_ACME__NAMES", "", "acme.names must list the certificate's names"),
        ("PARTERRE_ACME__NAMES", "*.example.org", "wildcards"),
        ("PARTERRE_ACME__ACCEPT_TERMS", "false", "acme.accept_terms must be true"),
        ("PARTERRE_ACME__DIRECTORY", &nowhere, "Is acme.directory right"),
        ("PARTERRE_ACME__CA", "", "Is acme.directory right"),
        ("PARTERRE_ACME__CA", &missing, "missing.pem cannot be used"),
        ("PARTERRE_ACME__PROFILE", "shortlived", "does not offer \"shortlived\""),
        ("PARTERRE_TLS__KEY", &missing, "tls.mode is not \"files\""),
    ] {
        let output = Command::new(PROGRAM)
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(place.data.path())
            .envs(pebble.settings("127.0.0.1"))
            .env(setting, value)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains(said), "{setting}={value}: {told}");
    }
}
