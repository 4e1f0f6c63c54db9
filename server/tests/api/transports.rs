//! The same conversation by each transport: a WebSocket, Server-Sent Events, long polling.

use parterre_protocol::{
    ChoicePoll, Control, Outcome, RefusalCode, Settings,
    topics::{Audience, Presence, RespondentsHere, Topic},
};
use serde_json::json;

use crate::{
    browser::Browser,
    event::{Event, pick, poll, strict_poll},
    fallback::Transport,
    house::House,
    live::{Live, refused, response},
};

pub(crate) const TRANSPORTS: [Transport; 3] = [Transport::Socket, Transport::Sse, Transport::LongPolling];

fn settings() -> Settings {
    Settings::Choice(ChoicePoll { changeable: false, ..strict_poll() })
}

#[test]
fn a_room_is_the_same_by_each_transport() {
    for transport in TRANSPORTS {
        let house = House::shared();
        let event = Event::new(&house, &[settings()]);
        let activity = event.activities[0];
        let mut studio = event.enter_by(transport, house.owner(), Audience::Studio);
        let mut phone = event.enter_by(transport, event.device(), Audience::Phone);
        phone.until("its own answers", |phone| phone.has(Topic::Me) && phone.has_stage());

        let early = phone.respond(activity, pick(1));
        assert_eq!(refused(&early), Some(RefusalCode::Closed), "{transport:?}: {early:?}");
        studio.steer(Control::Open { activity });
        phone.until("the open poll", |phone| phone.staged() == Some(activity));

        let answer = response(activity, 1, pick(2));
        let stored = phone.command(&answer);
        assert!(matches!(stored, Outcome::Stored { .. }), "{transport:?}: {stored:?}");
        assert_eq!(phone.command(&answer), stored, "{transport:?}: the same command has the same receipt");
        assert_eq!(refused(&phone.respond(activity, pick(1))), Some(RefusalCode::Answered), "{transport:?}");

        studio.until("the counted answer", |studio| studio.results().respondents == Some(1));
        studio.steer(Control::Results { activity, visible: true });
        phone.until("the results", |phone| phone.results().tally.is_some());
        assert_eq!(phone.results().tally, studio.results().tally, "{transport:?}");
        let respondents = Some(RespondentsHere { activity, round: 1, count: 1 });
        let presence = Presence { here: 1, joined: 1, respondents, ..Presence::default() };
        studio.until("who is here", |studio| studio.presence() == presence);
    }
}

#[test]
fn a_client_that_changes_its_transport_gets_what_is_newer_and_nothing_else() {
    for (former, later) in TRANSPORTS.into_iter().flat_map(|former| TRANSPORTS.map(|later| (former, later))) {
        let house = House::shared();
        let event = Event::new(&house, &[poll()]);
        let device = || event.device();
        let browser = device();
        let token = browser.cookie(parterre::http::auth::DEVICE_COOKIE).expect("it has joined");
        let mut studio = event.open(event.activities[0]);
        let mut phone = event.enter_by(former, browser, Audience::Phone);
        let whole = |phone: &Live| {
            [Topic::Stage, Topic::Results, Topic::Posts, Topic::Me].iter().all(|topic| phone.has(*topic))
        };
        phone.until("everything", whole);
        phone.until("the open poll", |phone| phone.staged().is_some());
        let mut back = event.reenter_by(later, house.device(&token), &phone);
        studio.steer(Control::Lobby);
        back.until("the waiting screen", |phone| phone.staged().is_none());
        let again: Vec<_> = back
            .heard
            .iter()
            .filter(|text| text.contains(r#""topic":"me""#) || text.contains(r#""topic":"posts""#))
            .collect();
        assert!(again.is_empty(), "{former:?} to {later:?}: {again:?}");
    }
}

#[test]
fn who_asks_again_and_again_stays_in_the_room_and_who_stops_has_left() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let mut studio = event.enter_by(Transport::Socket, house.owner(), Audience::Studio);
    let mut phone = event.enter_by(Transport::LongPolling, event.device(), Audience::Phone);
    let here = |here| move |studio: &Live| studio.presence() == Presence { here, joined: 1, ..Presence::default() };
    studio.until("one who is here", here(1));
    studio.heard.clear();
    for _ in 0..3 {
        studio.steer(Control::Open { activity: event.activities[0] });
        phone.until("the poll", |phone| phone.staged().is_some());
        studio.steer(Control::Lobby);
        phone.until("the waiting screen", |phone| phone.staged().is_none());
    }
    studio.catch_up();
    assert!(!studio.heard.iter().any(|text| text.contains(r#""here":0"#)), "{:?}", studio.heard);
    studio.until("nobody", here(0));
}

#[test]
fn who_closes_a_stream_has_left_at_once() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let mut studio = event.enter_by(Transport::Socket, house.owner(), Audience::Studio);
    let stream = event.enter_by(Transport::Sse, event.device(), Audience::Phone);
    let here = |here| move |studio: &Live| studio.presence() == Presence { here, joined: 1, ..Presence::default() };
    studio.until("one who is here", here(1));
    drop(stream);
    studio.until("nobody", here(0));
}

#[test]
fn a_refusal_over_plain_http_says_why() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    for path in ["/api/v1/live/sse", "/api/v1/live/poll"] {
        let ask = |browser: &Browser, rest: &str| browser.get(&format!("{path}?{rest}"));
        let of = format!("event={}", event.id);
        assert_eq!(ask(&house.stranger(), &of).expect(401).json()["code"], "unauthorised", "{path}");
        assert_eq!(
            ask(&house.stranger(), &format!("{of}&as=studio")).expect(401).json()["code"],
            "unauthorised",
            "{path}"
        );
        assert_eq!(ask(&house.stranger(), "event=none").expect(400).json()["code"], "malformed", "{path}");
        let elsewhere = house.stranger().with("Origin", "https://elsewhere.example");
        assert_eq!(ask(&elsewhere, &format!("{of}&as=screen")).expect(403).json()["code"], "origin", "{path}");
    }
    let device = event.device();
    let post = |body: &[u8]| device.send("POST", &format!("/api/v1/live?event={}", event.id), "application/json", body);
    assert_eq!(post(b"{}").expect(400).json()["code"], "malformed");
    assert_eq!(post(&[b' '; 17_000]).expect(413).json()["code"], "too_large");
    assert_eq!(post(json!({"t": "ping"}).to_string().as_bytes()).expect(200).json()["t"], "pong");
}
