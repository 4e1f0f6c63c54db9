//! `POST /api/v1/join`.

use parterre_protocol::{Control, limits::NAME_CHARS, topics::Audience};
use serde_json::{Value, json};

use crate::{browser::Answer, event::Event, house::House};

const JOIN: &str = "/api/v1/join";

fn join(house: &House, code: &str, name: Option<&str>) -> Answer {
    house.stranger().ask("POST", JOIN, &json!({"code": code, "name": name}))
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
    assert_eq!(first["token"], elsewhere["token"]);
    assert_ne!(first["participant"], elsewhere["participant"]);
    assert_ne!(first["participant"], join(&house, &event.code, None).json()["participant"], "another device");

    let bearer = format!("Bearer {}", first["token"].as_str().expect("a token"));
    let program = house.stranger().without("Origin").with("Authorization", &bearer);
    let again = program.ask("POST", JOIN, &json!({"code": event.code})).expect(200).json();
    assert_eq!(again["participant"], first["participant"]);
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
    let mut phone = event.enter(Audience::Phone, &device);
    phone.catch_up();
    assert_eq!(phone.me().name, None);
    assert!(!device.get(&event.page("")).body.contains("Inès"));
}

#[test]
fn what_cannot_be_joined_is_said_with_a_status_and_a_code() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    event.studio().steer(Control::End);
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
