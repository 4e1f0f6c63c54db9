//! A room without internet: one machine, a network that leads nowhere else, and phones that have to
//! find it there. The room is a network namespace, in which the test runs itself once more.

use std::{
    env,
    net::SocketAddr,
    process::{Command, Stdio},
};

use parterre::http::{
    auth::{SESSION_COOKIE, session_hash},
    cookies::cookie_name,
    qr,
};
use parterre_domain::member::Email;

use crate::{
    PROGRAM, TestSite,
    client::{Trust, plain},
    data::THEN,
    ports::free_port,
};

/// Set within the room.
const INSIDE: &str = "PARTERRE_TEST_ROOM";
const LAN: &str = "192.168.77.1";
const SESSION: &str = "session-of-the-owner";

/// Runs the test of this name in a namespace of its own.
fn in_a_room(name: &str) {
    let test = env::current_exe().unwrap();
    let mut run = Command::new("unshare");
    // A user's namespace too, so that it takes no rights.
    run.args(["--net", "--map-root-user"]).arg(test).args(["--exact", name, "--nocapture"]).env(INSIDE, "1");
    // Whatever database others use, it is not in the room.
    run.env_remove("DATABASE_URL").env_remove("REDIS_URL");
    let done = run.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.contains("1 passed"), "{said}");
}

/// Makes the room's network: this machine's side of it, and a side where phones would be. There is
/// no way out.
fn lay() {
    for line in [
        "link set lo up",
        "link add room type veth peer name phones",
        "link set room up",
        "link set phones up",
        "address add 192.168.77.1/24 dev room",
    ] {
        // Debian keeps it out of a user's path.
        let mut ip = Command::new("ip");
        ip.env("PATH", format!("{}:/usr/sbin", env::var("PATH").unwrap_or_default()));
        assert!(ip.args(line.split(' ')).status().unwrap().success(), "ip {line}");
    }
}

/// How a page is had.
struct Endpoint {
    address: SocketAddr,
    /// With TLS: by whom the server is known.
    trust: Option<Trust>,
}

impl Endpoint {
    fn get(&self, at: &str, path: &str) -> String {
        let port = self.address.port();
        let cookie = cookie_name(SESSION_COOKIE, self.trust.is_some());
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {at}:{port}\r\nCookie: {cookie}={SESSION}\r\nConnection: close\r\n\r\n"
        );
        let address: SocketAddr = format!("{}:{port}", at.replace("localhost", "127.0.0.1")).parse().unwrap();
        let answer = match &self.trust {
            Some(trust) => trust.connect(address).unwrap().ask(&request),
            None => plain(address, &request),
        };
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
        answer
    }
}

/// What a page has the browser load or lead to, where it names another server.
fn foreign(page: &str) -> Vec<&str> {
    let named =
        ["src=", "href=", "action=", "url(", "@import "].into_iter().flat_map(|before| page.split(before).skip(1));
    let named = named.map(|rest| rest.trim_start_matches(['"', '\'', ' ']));
    named.filter(|it| ["http:", "https:", "//"].iter().any(|scheme| it.starts_with(scheme))).collect()
}

#[test]
fn phones_find_the_server_in_a_room_without_internet_and_no_page_needs_more_than_it() {
    if env::var_os(INSIDE).is_none() {
        let name = "room::phones_find_the_server_in_a_room_without_internet_and_no_page_needs_more_than_it";
        return in_a_room(name);
    }
    lay();
    let place = TestSite::new();
    place.data.prepare(async |store| {
        let email = Email::parse("ines@example.org").unwrap();
        let (owner, _) = store.member_by_email(&email).await.unwrap().unwrap();
        store.create_session(&session_hash(SESSION), owner.id, THEN, THEN * 2).await.unwrap();
    });
    for mode in ["self-signed", "off"] {
        let address = SocketAddr::from(([0, 0, 0, 0], free_port()));
        let mut server = place.data.start_at(PROGRAM, address, &[("PARTERRE_TLS__MODE", mode)]);
        let scheme = if mode == "off" { "http" } else { "https" };
        let there = format!("{LAN}:{}", address.port());
        assert!(server.next_line().contains("localhost"));
        assert_eq!(server.next_line().trim(), format!("for phones in this network: {scheme}://{there}"));
        let trust = (mode != "off").then(|| Trust::of(&place.data.path().join("self-signed.pem")));
        let endpoint = Endpoint { address, trust };
        let event = &format!("/studio/events/{}", place.event);
        // By the name that a facilitator at the machine types, and by the address that a phone has
        // from the QR code.
        for at in ["localhost", LAN] {
            for path in ["/", "/login", "/studio", event, "/e/TULIP", "/e/TULIP/screen"] {
                let page = endpoint.get(at, path);
                assert!(
                    foreign(&page).iter().all(|it| it.starts_with(&format!("{scheme}://{there}"))),
                    "{path}: {page}"
                );
                let policy = page.lines().find_map(|line| line.strip_prefix("content-security-policy: ")).unwrap();
                let loads = policy.split([' ', ';']).filter(|word| word.contains([':', '.', '*']) && *word != "data:");
                assert_eq!(loads.count(), 0, "{policy}");
                if [event, "/e/TULIP/screen"].contains(&path) {
                    assert!(page.contains(&there), "{path}: {page}");
                    assert!(!page.contains("localhost") && !page.contains("127.0.0.1"), "{path}: {page}");
                }
            }
            let code = qr::svg(&format!("{scheme}://{there}/e/TULIP")).unwrap_or_default();
            let shown = endpoint.get(at, "/e/TULIP/qr.svg");
            assert!(!code.is_empty() && shown.ends_with(&*code), "{shown}");
        }
    }
}
