//! What has to hold through a proxy, of each that we ship a file for, with real nodes behind it.

use std::net::{Ipv4Addr, SocketAddr};

use parterre::http::{
    auth::{DEVICE_COOKIE, SESSION_COOKIE},
    cookies::cookie_name,
};
use parterre_protocol::{
    ActivityId, Answer as Picked, Choice, ChoicePoll, ClientMessage, CloseCode, CommandId, Control, EventId, Outcome,
    PromptVersion, ServerMessage, Settings, kinds::choice::PollOption, topics::Topic,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    client::{HOME, Live, Site, ask_plainly},
    front::{Front, Kind, ProxyAddresses},
    nodes::{self, Nodes, OWNER},
    process::Process,
};

#[test]
fn nginx_keeps_every_promise() {
    every_promise(Kind::Nginx);
}

#[test]
fn haproxy_keeps_every_promise() {
    every_promise(Kind::Haproxy);
}

#[test]
fn nginx_cuts_what_is_silent() {
    what_is_silent_is_cut(Kind::Nginx);
}

#[test]
fn haproxy_cuts_what_is_silent() {
    what_is_silent_is_cut(Kind::Haproxy);
}

/// Three nodes behind a proxy that ask silent clients this often.
fn site(kind: Kind, ping_ms: &str) -> (Nodes, [SocketAddr; 3], Front) {
    let (place, mut nodes) = (ProxyAddresses::free(), Nodes::none_yet());
    let public_url = format!("https://{}:{}", crate::client::NAME, place.tls.port());
    let settings = [
        ("PARTERRE_PUBLIC_URL", &*public_url),
        ("PARTERRE_PROXIES", "127.0.0.1"),
        ("PARTERRE_LIVE__PING_MS", ping_ms),
        ("PARTERRE_LIVE__DRAIN_MS", "500"),
    ];
    let addresses = [(); 3].map(|()| nodes.start(&settings));
    let front = Front::start(kind, place, addresses);
    (nodes, addresses, front)
}

fn every_promise(kind: Kind) {
    let (mut nodes, addresses, front) = site(kind, "1000");
    let site = &front.site;
    pages_are_served_over_tls_alone(&front);
    what_is_for_operators_stays_inside(site, addresses[0]);
    compressed_bodies_are_refused(site);
    secrets_in_addresses_are_logged_nowhere(&front);
    whoever_fails_to_sign_in_is_known_by_their_own_address(site, &nodes);
    let event = RunningEvent::new(site);
    other_sites_are_kept_out(&event);
    silence_is_survived(&event);
    a_large_frame_comes_whole_and_at_once(&event);
    a_node_that_stops_sends_its_phones_to_another(&event, &mut nodes, addresses);
    a_node_that_dies_is_left_alone(&event, &mut nodes, addresses);
}

/// The proof that a promise of [`silence_is_survived`] is worth something.
fn what_is_silent_is_cut(kind: Kind) {
    let (_nodes, _, front) = site(kind, "600000");
    let event = RunningEvent::new(&front.site);
    let (bye, code) = event.phone().1.end();
    assert_eq!((bye, code), (None, None), "the proxy cuts without a word");
}

/// An event with an open poll.
struct RunningEvent<'a> {
    site: &'a Site,
    event: EventId,
    code: String,
    poll: ActivityId,
}

fn owner() -> String {
    format!("{}={OWNER}", cookie_name(SESSION_COOKIE, true))
}

fn poll(title: &str, words: &str) -> Settings {
    let options = (1..=20).map(|id| PollOption { id, text: format!("{id} {words}") }).collect();
    let title = title.to_owned();
    Settings::Choice(ChoicePoll { title, options, min: 1, max: 1, other: false, changeable: true })
}

impl<'a> RunningEvent<'a> {
    fn new(site: &'a Site) -> Self {
        let made = site.send("POST", "/api/v1/events", &owner(), &json!({"name": "Annual meeting"})).expect(201).json();
        let id = |value: &serde_json::Value| value["id"].as_str().expect("an id").to_owned();
        let event: EventId = id(&made).parse().expect("a UUID");
        let path = format!("/api/v1/events/{event}/activities");
        let added = site.send("POST", &path, &owner(), &json!({"settings": poll("Where to?", "")})).expect(201).json();
        let poll = id(&added).parse().expect("a UUID");
        let code = made["code"].as_str().expect("a code").to_owned();
        let running = Self { site, event, code, poll };
        let cid = cid();
        let mut studio = running.studio();
        studio.say(&ClientMessage::Control { cid, control: Control::Open { activity: poll } });
        assert!(matches!(studio.receipt(cid), Outcome::Stored { .. }));
        running
    }

    fn studio(&self) -> Live {
        self.site.enter(self.event, "as=studio", &owner())
    }

    /// A phone that has just joined, by its cookie, and its connection.
    fn phone(&self) -> (String, Live) {
        // As a program, which is told the token.
        let body = json!({"code": self.code}).to_string();
        let joined = self.site.ask("POST", "/api/v1/join", "Content-Type: application/json\r\n", &body).expect(200);
        assert!(joined.head.contains("; secure"), "its cookie goes over TLS alone: {}", joined.head);
        // The head is in lower case; the token is not.
        let name = cookie_name(DEVICE_COOKIE, true);
        let cookie = format!("{name}={}", joined.json()["token"].as_str().expect("a token"));
        assert!(joined.cookies().eq_ignore_ascii_case(&cookie));
        let live = self.enter(&cookie);
        (cookie, live)
    }

    /// A phone that comes again.
    fn enter(&self, cookie: &str) -> Live {
        let mut live = self.site.enter(self.event, "as=phone", cookie);
        live.until(Topic::Stage, |stage| stage["activity"]["state"] == "open");
        live
    }

    fn pick(&self, option: u16) -> (CommandId, ClientMessage) {
        let (cid, answer) = (cid(), Picked::Choice(Choice { options: vec![option], other: None }));
        (cid, ClientMessage::Respond { cid, activity: self.poll, round: 1, version: PromptVersion::FIRST, answer })
    }
}

fn cid() -> CommandId {
    CommandId::new(Uuid::new_v4())
}

fn pages_are_served_over_tls_alone(front: &Front) {
    let page = front.site.ask("GET", "/login", "", "").expect(200);
    assert!(page.body.contains("password"));
    let there = ask_plainly(front.plain, "/e/TULIP").expect(301);
    assert!(there.head.contains("\nlocation: https://vote.example.org"), "{}", there.head);
}

fn what_is_for_operators_stays_inside(site: &Site, node: SocketAddr) {
    for path in ["/metrics", "/readyz"] {
        site.ask("GET", path, "", "").expect(404);
        ask_plainly(node, path).expect(200);
    }
}

fn compressed_bodies_are_refused(site: &Site) {
    for coding in ["br", "gzip", "identity, zstd", "GZIP"] {
        let headers = format!("Content-Encoding: {coding}\r\nContent-Type: application/json\r\n");
        let refused = site.ask("POST", "/api/v1/join", &headers, "{}").expect(415);
        assert!(refused.head.contains("accept-encoding: identity"), "{coding}: {}", refused.head);
    }
}

fn secrets_in_addresses_are_logged_nowhere(front: &Front) {
    const SECRET: &str = "aSecretThatOpensDoors";
    for path in ["/l/", "/L/", "/%6c/", "//l/", "/setup?key=", "/setup?a=b&key=", "/setup/?key="] {
        let path = format!("{path}{SECRET}");
        front.site.ask("GET", &path, "", "");
        ask_plainly(front.plain, &path).expect(301);
    }
    // Nor does a page with such an address tell it to what it loads, whose line in the log says
    // where it was asked from.
    for path in ["/l/", "/setup?key="] {
        let page = front.site.ask("GET", &format!("{path}{SECRET}"), "", "");
        let policies = ["no-referrer", "strict-origin"].map(|policy| format!("referrer-policy: {policy}"));
        assert!(page.head.lines().any(|line| policies.iter().any(|policy| policy == line)), "{}", page.head);
    }
    front.site.ask("GET", "/login?after=them", "", "").expect(200);
    let log = front.log_until("/login?after=them");
    assert!(!log.contains(SECRET), "{log}");
}

fn whoever_fails_to_sign_in_is_known_by_their_own_address(site: &Site, nodes: &Nodes) {
    let claimed = Ipv4Addr::new(198, 51, 100, 1);
    let headers = format!(
        "Origin: {}\r\nX-Forwarded-For: {claimed}\r\nContent-Type: application/x-www-form-urlencoded\r\n",
        site.origin()
    );
    site.ask("POST", "/login", &headers, "email=ines@example.org&password=a+long+wrong+password").expect(401);
    let failures = [HOME, claimed, Ipv4Addr::LOCALHOST].map(|address| nodes.failures_from(address));
    assert_eq!(failures, [1, 0, 0], "of the client, of the one it claims to be, of the proxy");
}

fn other_sites_are_kept_out(event: &RunningEvent<'_>) {
    let evil = "https://evil.example";
    let connect = |origin: &str| event.site.connect(event.event, "as=screen", "", origin);
    assert_eq!(connect(evil).err(), Some(403));
    assert!(connect(&event.site.origin()).is_ok());
    let headers = format!("Origin: {evil}\r\nCookie: {}\r\nContent-Type: application/json\r\n", owner());
    event.site.ask("POST", "/api/v1/events", &headers, r#"{"name": "Theirs"}"#).expect(403);
}

fn silence_is_survived(event: &RunningEvent<'_>) {
    let (_, mut phone) = event.phone();
    // Longer than the proxy carries nothing.
    phone.is_pinged(8);
    phone.is_answered();
    let (cid, pick) = event.pick(2);
    phone.say(&pick);
    assert!(matches!(phone.receipt(cid), Outcome::Stored { .. }));
}

fn a_large_frame_comes_whole_and_at_once(event: &RunningEvent<'_>) {
    let mut studio = event.studio();
    studio.until(Topic::Stage, |_| true);
    let words = "\u{1f33b}".repeat(120);
    let path = format!("/api/v1/events/{}/activities/{}", event.event, event.poll);
    event.site.send("PUT", &path, &owner(), &json!({"settings": poll("Where now?", &words)})).expect(200);
    // A frame of 10 KB, on another connection than the change came by, and perhaps from another
    // node.
    studio.until(Topic::Stage, |stage| stage["activity"]["prompt"]["options"][19]["text"] == format!("20 {words}"));
}

/// The node that has a phone, which must be the only one.
fn node_of_the_phone(nodes: &mut Nodes, addresses: [SocketAddr; 3]) -> Process {
    let phones = |place: &usize| {
        let runs = nodes.processes[*place].is_some();
        runs && nodes::counted(addresses[*place], r#"parterre_connections{audience="phone"}"#) > 0
    };
    let places: Vec<usize> = (0..addresses.len()).filter(phones).collect();
    assert_eq!(places.len(), 1, "phones are on {places:?}");
    nodes.processes[places[0]].take().expect("it runs")
}

fn a_node_that_stops_sends_its_phones_to_another(
    event: &RunningEvent<'_>,
    nodes: &mut Nodes,
    addresses: [SocketAddr; 3],
) {
    let (cookie, phone) = event.phone();
    let node = node_of_the_phone(nodes, addresses);
    nodes::terminate(&node);
    let (bye, code) = phone.end();
    let Some(ServerMessage::Bye { code: said, retry_ms: Some(_), .. }) = bye else { panic!("no time: {bye:?}") };
    assert_eq!((said, code), (CloseCode::Restart.code(), Some(CloseCode::Restart.code())));
    event.enter(&cookie).is_answered();
    assert!(nodes::ended(node), "the node ends content");
    event.enter(&cookie).is_answered();
}

fn a_node_that_dies_is_left_alone(event: &RunningEvent<'_>, nodes: &mut Nodes, addresses: [SocketAddr; 3]) {
    let (cookie, mut phone) = event.phone();
    let (cid, pick) = event.pick(1);
    phone.say(&pick);
    let receipt = phone.receipt(cid);
    // Killed where it is dropped.
    drop(node_of_the_phone(nodes, addresses));
    assert_eq!(phone.end(), (None, None));
    let mut phone = event.enter(&cookie);
    phone.say(&pick);
    assert_eq!(phone.receipt(cid), receipt, "the same from another node, to the millisecond");
    for _ in 0..8 {
        event.site.send("POST", "/api/v1/join", "", &json!({"code": event.code})).expect(200);
    }
}
