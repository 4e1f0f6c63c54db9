//! `POST /api/v1/join`.

use parterre_protocol::{
    Control, Outcome,
    limits::NAME_CHARS,
    topics::{Audience, EventState},
};
use serde_json::{Value, json};

use crate::{
    browser::{Browser, HttpResponse},
    event::{Event, pick, poll},
    house::House,
    live::Live,
};

const JOIN: &str = "/api/v1/join";

fn join(house: &House, code: &str, name: Option<&str>) -> HttpResponse {
    house.stranger().ask("POST", JOIN, &json!({"code": code, "name": name}))
}

/// How a device is refused that asks for a phone's connection.
fn refused(event: &Event<'_>, device: &Browser) -> u16 {
    event.connect(device, "as=phone").err().expect("it is refused").status().as_u16()
}

fn make(house: &House, event: &Value) {
    house.owner().ask("POST", "/api/v1/events", event).expect(201);
}

#[test]
fn the_code_is_read_however_it_is_typed() {
    let house = House::shared();
    make(&house, &json!({"name": "Voilà", "code": "voila"}));
    for typed in ["VOILA", "voila", "VoIlA", "v01la", " voila "] {
        let joined = join(&house, typed, None).expect(200).json();
        assert_eq!((&joined["event"]["code"], &joined["event"]["name"]), (&json!("VOILA"), &json!("Voilà")), "{typed}");
    }
}

#[test]
fn a_device_is_the_same_participant_each_time_and_another_in_another_event() {
    let house = House::shared();
    let (event, other) = (Event::new(&house, &[]), Event::new(&house, &[]));
    let device = house.stranger();
    let joined = |event: &Event| device.ask("POST", JOIN, &json!({"code": event.code})).expect(200).json();
    let (first, second, elsewhere) = (joined(&event), joined(&event), joined(&other));
    assert_eq!(first["participant"], second["participant"]);
    assert_eq!(first["token"], Value::Null, "a page has its cookie, which no script can read");
    let token = device.cookie("parterre_device").expect("it has joined");
    assert_ne!(first["participant"], elsewhere["participant"]);
    assert_ne!(first["participant"], join(&house, &event.code, None).json()["participant"], "another device");

    for scheme in ["Bearer", "bearer"] {
        let program = house.stranger().without("Origin").with("Authorization", &format!("{scheme} {token}"));
        let again = program.ask("POST", JOIN, &json!({"code": event.code})).expect(200).json();
        assert_eq!((&again["participant"], &again["token"]), (&first["participant"], &json!(token)));
    }
}

#[test]
fn only_what_the_server_has_issued_is_a_device() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let program = || house.stranger().without("Origin");
    let joined = |browser: Browser| browser.ask("POST", JOIN, &json!({"code": event.code})).expect(200).json();
    let token = |joined: &Value| joined["token"].as_str().expect("a token").to_owned();
    let issued = token(&joined(program()));
    assert_eq!(issued.len(), 64);
    let mut changed = issued.clone().into_bytes();
    changed[20] ^= 1;
    let changed = String::from_utf8(changed).expect("ASCII");
    for strange in ["1", "junk", &issued[..63], &changed, &"A".repeat(64), &parterre_system::random::token()] {
        let stranger = program().with("Authorization", &format!("Bearer {strange}"));
        let fresh = token(&joined(stranger));
        assert!(fresh != strange && fresh != issued, "the answer's token counts");
        let by_cookie = house.device(strange);
        assert_eq!(refused(&event, &by_cookie), 401, "{strange}");
        assert!(by_cookie.get(&event.page("")).body.contains("data-view=\"join\""), "{strange}");
    }
}

#[test]
fn who_joins_and_never_comes_is_kept_nowhere_and_counted_by_nobody() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let activity = event.add(&poll());
    let mut studio = event.open(activity);
    for _ in 0..200 {
        join(&house, &event.code, None).expect(200);
    }
    let joined = |studio: &Live| (studio.presence().here, studio.presence().joined);
    // What it counts it has counted by the time of what came after.
    let mut phone = event.phone();
    studio.until("the one who came", |studio| joined(studio) == (1, 1));
    let other = event.phone();
    studio.until("the two who came", |studio| joined(studio) == (2, 2));
    assert!(matches!(phone.respond(activity, pick(1)), Outcome::Stored { .. }));
    other.leave();
    studio.until("both, one of them here", |studio| joined(studio) == (1, 2));
}

#[test]
fn codes_that_no_event_has_are_slowed_down_and_those_that_one_has_never_are() {
    let house = House::new(&[]);
    let event = Event::new(&house, &[]);
    let by_json = || join(&house, "NOSUCH", None).refusal();
    let mut asked = 0;
    while by_json() == (404, "unknown_event".to_owned()) {
        asked += 1;
        assert!(asked <= 2_000, "there is an end");
    }
    assert!(asked >= 1_000, "a room that mistypes never meets it: {asked}");
    // One more may be allowed again meanwhile.
    let slowed = |ask: &dyn Fn() -> HttpResponse| (0..50).map(|_| ask()).find(|answer| answer.status == 429);
    let told = slowed(&|| join(&house, "NOSUCH", None)).expect("it is slowed down");
    assert_eq!(told.refusal(), (429, "slow_down".to_owned()));
    assert!(told.json()["retry_ms"].as_u64().is_some_and(|ms| ms >= 1_000));
    // The same of every address that names a code; and what an event has is served all the time.
    let browser = house.stranger();
    for path in ["/join?code={}", "/e/{}", "/e/{}/questions", "/e/{}/screen", "/e/{}/qr.svg"] {
        let get = |code: &str| browser.get(&path.replace("{}", code));
        let answer = slowed(&|| get("NOSUCH")).unwrap_or_else(|| panic!("{path}"));
        assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds >= 1), "{path}");
        assert!(get(&event.code).status.as_u16() < 400, "{path}");
    }
    join(&house, &event.code, None).expect(200);
    assert!(house.stranger().get("/metrics").body.contains("parterre_unknown_codes_total "));
}

#[test]
fn scripts_and_other_sites_do_not_get_at_the_device_s_cookie() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let joined = join(&house, &event.code, None).expect(200);
    let cookie = joined.header("set-cookie");
    assert!(cookie.starts_with("parterre_device="), "{cookie}");
    for attribute in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age="] {
        assert!(cookie.contains(attribute), "{attribute} in {cookie}");
    }
}

#[test]
fn a_name_is_needed_where_the_event_asks_for_one() {
    let house = House::shared();
    make(&house, &json!({"name": "With names", "code": "NAMES", "names": true}));
    let refused = |name| join(&house, "NAMES", name).refusal();
    assert_eq!(refused(None), (422, "name_needed".to_owned()));
    assert_eq!(refused(Some("  ")), (422, "name_needed".to_owned()));
    assert_eq!(refused(Some(&"é".repeat(NAME_CHARS + 1))), (422, "name_invalid".to_owned()));
    join(&house, "NAMES", Some(&"é".repeat(NAME_CHARS))).expect(200);
}

#[test]
fn a_name_is_not_kept_where_the_event_asks_for_none() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let device = house.stranger();
    device.ask("POST", JOIN, &json!({"code": event.code, "name": "Inès"})).expect(200);
    house.owner().ask("PATCH", &event.path(""), &json!({"names": true})).expect(200);
    assert_eq!(refused(&event, &device), 401, "it is asked for its name now");
    let page = device.get(&event.page("")).body;
    assert!(page.contains("name=\"name\"") && !page.contains("Inès"), "{page}");
    device.ask("POST", JOIN, &json!({"code": event.code, "name": "I. Ortiz"})).expect(200);
    let mut phone = event.enter(Audience::Phone, &device);
    phone.catch_up();
    assert_eq!(phone.me().name.as_deref(), Some("I. Ortiz"));
}

#[test]
fn what_cannot_be_joined_is_said_with_a_status_and_a_code() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let mut studio = event.studio();
    studio.steer(Control::End);
    studio.until("the end", |studio| studio.stage().event.state == EventState::Ended);
    let refusal = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(join(&house, &event.code, None).refusal(), refusal(409, "ended"));
    for code in ["NOSUCH", "", "not a code", "😀😀😀😀"] {
        assert_eq!(join(&house, code, None).refusal(), refusal(404, "unknown_event"), "{code}");
    }
    let post = |content_type: &str, body: &[u8]| house.stranger().send("POST", JOIN, content_type, body);
    for body in ["", "{", "[]", "null", "{\"name\":\"x\"}", "{\"code\":5}"] {
        assert_eq!(post("application/json", body.as_bytes()).refusal(), refusal(400, "malformed"), "{body}");
    }
    assert_eq!(post("text/plain", b"{\"code\":\"TULIP\"}").refusal(), refusal(400, "malformed"));
    let missing = post("application/json", b"{\"name\":\"x\"}").json();
    assert!(missing["message"].as_str().expect("a sentence").contains("code"), "{missing}");
    let large = format!("{{\"code\":\"{}\"}}", "x".repeat(128 * 1024));
    assert_eq!(post("application/json", large.as_bytes()).refusal(), refusal(413, "too_large"));
}
