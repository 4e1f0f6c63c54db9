//! Who steers is who is signed in at that moment, by whatever transport they are connected.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::mpsc::{self, Sender},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use parterre::http::auth::{SESSION_COOKIE, session_hash};
use parterre_domain::ids::MemberId;
use parterre_protocol::{EventId, Millis, ServerMessage};
use parterre_system::random;
use serde_json::json;

use crate::{
    browser::Browser,
    data::THEN,
    event::connect,
    fallback::{Fallback, Transport},
    live::Live,
    timed::{EMAIL, PASSWORD, Timed},
};

/// How long a right that has ended may go on: 2 s, and as much again for a busy machine.
const AT_MOST: Duration = Duration::from_secs(4);
/// When a session ends that is not to end.
const LATER: Millis = THEN + 1_000_000;

/// A server with an event, and a member beside the owner who runs it.
struct Team {
    server: Timed,
    event: EventId,
    member: MemberId,
    id: String,
}

impl Team {
    fn start() -> Self {
        let server = Timed::start();
        let owner = Browser::new(server.address);
        owner.post("/login", &[("email", EMAIL), ("password", PASSWORD)]).expect(303);
        let made = owner.ask("POST", "/api/v1/events", &json!({"name": "Annual meeting"})).expect(201).json();
        let event = made["id"].as_str().expect("an id").parse().expect("a UUID");
        let [member, workspace] = [random::opaque_id(), random::opaque_id()];
        let [id, workspace] = [member, workspace].map(|id| server.data.id(id));
        let team = Self { server, event, member: MemberId::new(member), id };
        team.execute(&format!(
            "INSERT INTO members (id, workspace_id, name, email, role, password_hash, created_at)
             SELECT {}, workspace_id, 'Olu', 'olu@example.org', 'facilitator', 'none', 0 FROM members WHERE role = 'owner';
             INSERT INTO workspaces (id, name, created_at) VALUES ({workspace}, 'Others', 0);",
            team.id
        ));
        team
    }

    /// Changes what no server does, beside this one.
    fn execute(&self, statements: &str) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(self.server.data.execute(statements));
    }

    /// A session of the member until then.
    fn session(&self, until: Millis) -> String {
        let token = random::token();
        let hash = session_hash(&token);
        self.server
            .data
            .prepare(async |store| store.create_session(&hash, self.member, THEN, until).await.expect("a session"));
        token
    }

    /// Connects the session by every transport, and waits until all are in. Each ends with the code
    /// that it is sent away with.
    fn connect_all(&self, session: &str) -> Vec<JoinHandle<u16>> {
        let (ready, are_in) = mpsc::channel();
        let (address, event) = (self.server.address, self.event);
        let with = |enter: fn(SocketAddr, EventId, Browser, Sender<()>) -> u16| {
            let (browser, ready) = (Browser::new(address).with_cookie(SESSION_COOKIE, session), ready.clone());
            thread::spawn(move || enter(address, event, browser, ready))
        };
        let all = vec![
            with(|address, event, browser, ready| {
                told_to_go(connect(address, event, &browser, "as=studio").expect("let in"), &ready)
            }),
            with(|address, event, browser, ready| {
                told_to_go(connect(address, event, &browser, "as=moderator").expect("let in"), &ready)
            }),
            with(|address, event, browser, ready| {
                told_to_go(connect(address, event, &browser, "as=screen").expect("let in"), &ready)
            }),
            with(|_, event, browser, ready| {
                let stream = Fallback::new(Transport::Sse, browser, format!("event={event}&as=studio"), "");
                told_to_go(Live::by_fallback(stream), &ready)
            }),
            with(|_, event, browser, ready| polls(event, &browser, &ready)),
        ];
        for _ in &all {
            are_in.recv().expect("it comes in");
        }
        all
    }

    /// Asserts that all of these are told to go, soon.
    fn all_are_out(all: Vec<JoinHandle<u16>>, why: &str) {
        let since = Instant::now();
        for one in all {
            assert_eq!(one.join().expect("told"), 4501, "{why}");
        }
        assert!(since.elapsed() < AT_MOST, "{why}: after {:?}", since.elapsed());
    }

    fn is_let_in(&self, session: &str) -> bool {
        let browser = Browser::new(self.server.address).with_cookie(SESSION_COOKIE, session);
        connect(self.server.address, self.event, &browser, "as=studio").is_ok()
    }
}

/// Reads until the server ends it.
fn told_to_go(mut live: Live, ready: &Sender<()>) -> u16 {
    live.until("the first stage", Live::has_stage);
    ready.send(()).expect("the test waits");
    loop {
        if let ServerMessage::Bye { code, .. } = live.next() {
            return code;
        }
    }
}

/// Asks again and again until the server ends it.
fn polls(event: EventId, browser: &Browser, ready: &Sender<()>) -> u16 {
    let mut held = BTreeMap::new();
    loop {
        let again = if held.is_empty() { "" } else { "&again=1" };
        let revs: String = held.iter().map(|(topic, rev)| format!("&{topic}={rev}")).collect();
        let answer = browser.get(&format!("/api/v1/live/poll?event={event}&as=studio{again}{revs}"));
        // Between two questions: not signed in, not allowed to run events, an event of another
        // team.
        if [401, 403, 404].contains(&answer.status.as_u16()) {
            return 4501;
        }
        for message in answer.expect(200).json().as_array().expect("a list") {
            if message["t"] == "bye" {
                return u16::try_from(message["code"].as_u64().expect("a code")).expect("a code");
            }
            if let (Some(topic), Some(rev)) = (message["topic"].as_str(), message["rev"].as_i64()) {
                held.insert(topic.to_owned(), rev);
            }
        }
        if again.is_empty() {
            ready.send(()).expect("the test waits");
        }
    }
}

#[test]
fn who_is_signed_out_is_out_by_every_way() {
    let team = Team::start();
    let session = team.session(LATER);
    let all = team.connect_all(&session);
    let browser = Browser::new(team.server.address).with_cookie(SESSION_COOKIE, &session);
    browser.post("/logout", &[]).expect(303);
    Team::all_are_out(all, "signed out");
    assert!(!team.is_let_in(&session));
}

#[test]
fn a_right_that_ends_in_the_database_ends_by_every_way() {
    let team = Team::start();
    let id = &team.id;
    let endings = [
        ("the role was taken away", format!("UPDATE members SET role = 'moderator' WHERE id = {id}")),
        (
            "in another team",
            format!(
                "UPDATE members SET workspace_id = (SELECT id FROM workspaces WHERE name = 'Others') WHERE id = {id}"
            ),
        ),
        ("all sessions were ended", format!("DELETE FROM sessions WHERE member_id = {id}")),
        (
            "the account was deleted",
            format!("DELETE FROM sessions WHERE member_id = {id}; DELETE FROM members WHERE id = {id}"),
        ),
    ];
    for (why, statements) in endings {
        let session = team.session(LATER);
        let mut all = team.connect_all(&session);
        if why == "the role was taken away" {
            // A moderator still moderates.
            drop(all.remove(1));
        }
        team.execute(&statements);
        Team::all_are_out(all, why);
        assert!(!team.is_let_in(&session), "{why}");
        team.execute(&format!(
            "UPDATE members SET role = 'facilitator',
                 workspace_id = (SELECT workspace_id FROM members WHERE role = 'owner') WHERE id = {id}"
        ));
    }
}

#[test]
fn a_session_that_expires_is_over_and_one_that_was_prolonged_is_not() {
    let team = Team::start();
    let (short, prolonged) = (team.session(THEN + 60_000), team.session(THEN + 60_000));
    let all = team.connect_all(&short);
    let browser = Browser::new(team.server.address).with_cookie(SESSION_COOKIE, &prolonged);
    let mut kept = connect(team.server.address, team.event, &browser, "as=studio").expect("let in");
    team.execute(&format!(
        "UPDATE sessions SET expires_at = {LATER} WHERE token_hash = '{}'",
        session_hash(&prolonged)
    ));
    team.server.clock.advance(Duration::from_secs(60));
    Team::all_are_out(all, "expired");
    kept.catch_up();
    team.server.clock.advance(Duration::from_millis((LATER - THEN) as u64));
    assert_eq!(kept.end().code, 4501);
}
