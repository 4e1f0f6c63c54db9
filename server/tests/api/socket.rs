//! The door of the live connection, and the ends that the server makes.

use parterre_protocol::{CloseCode, Control, limits::CONNECTIONS_PER_DEVICE, topics::Audience};
use serde_json::{Value, json};

use crate::{
    event::Event,
    house::House,
    live::{End, Live},
};

fn gone() -> End {
    End { code: CloseCode::Gone.code(), retry_ms: None }
}

#[test]
fn who_may_not_come_in_is_told_why() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let deleted = Event::new(&house, &[]);
    house.owner().ask("DELETE", &deleted.path(""), &json!({})).expect(204);
    // A device without a name is nobody where names are asked for.
    let named = Event::new(&house, &[]);
    house.owner().ask("PATCH", &named.path(""), &json!({"names": true})).expect(200);
    let elsewhere = event.device();
    for (case, event, browser, query, status, code) in [
        ("a phone that has not joined", &event, house.stranger(), "as=phone", 401, "unauthorised"),
        ("no audience is a phone", &event, house.stranger(), "", 401, "unauthorised"),
        ("a device that is not known", &event, house.device("made-up"), "as=phone", 401, "unauthorised"),
        ("a device without a name", &named, elsewhere, "as=phone", 401, "unauthorised"),
        ("a phone in an event that is deleted", &deleted, event.device(), "as=phone", 404, "unknown_event"),
        ("a studio without a session", &event, house.stranger(), "as=studio", 401, "unauthorised"),
        ("a participant's studio", &event, event.device(), "as=studio", 401, "unauthorised"),
        ("another team's studio", &event, house.other_team(), "as=studio", 404, "unknown_event"),
        ("an event that is deleted", &deleted, house.stranger(), "as=screen", 404, "unknown_event"),
        ("no such audience", &event, house.stranger(), "as=choir", 400, "malformed"),
        ("revs that are none", &event, house.stranger(), "as=screen&stage=new", 400, "malformed"),
    ] {
        let refused = event.connect(&browser, query).err().expect(case);
        assert_eq!(refused.status(), status, "{case}");
        let body: Value = serde_json::from_slice(refused.body().as_deref().unwrap_or_default()).expect(case);
        assert_eq!(body["code"], code, "{case}");
    }
}

#[test]
fn a_device_s_ninth_connection_takes_the_place_of_its_first() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let device = event.device();
    let mut tabs: Vec<Live> = (0..CONNECTIONS_PER_DEVICE).map(|_| event.enter(Audience::Phone, &device)).collect();
    let other = event.phone();
    tabs.push(event.enter(Audience::Phone, &device));
    assert_eq!(tabs.remove(0).end(), End { code: CloseCode::Replaced.code(), retry_ms: None });
    for mut tab in tabs.into_iter().chain([other]) {
        tab.catch_up();
    }
}

#[test]
fn an_event_that_is_deleted_ends_its_connections_and_no_others() {
    let house = House::shared();
    let (event, other) = (Event::new(&house, &[]), Event::new(&house, &[]));
    let clients = [event.studio(), event.screen(), event.phone()];
    let mut elsewhere = other.phone();
    house.owner().ask("DELETE", &event.path(""), &json!({})).expect(204);
    for client in clients {
        assert_eq!(client.end(), gone());
    }
    elsewhere.catch_up();
    house.owner().ask("POST", &event.path("/restore"), &json!({})).expect(204);
    event.studio().steer(Control::Start);
}

#[test]
fn a_server_that_terminates_tells_everyone_when_to_come_back() {
    let house = House::new(&[]);
    let event = Event::new(&house, &[]);
    let clients = [event.studio(), event.screen(), event.phone(), event.phone()];
    house.terminate();
    for client in clients {
        let end = client.end();
        assert_eq!(end.code, CloseCode::Restart.code());
        assert!(end.retry_ms.is_some_and(|ms| (1..=10_000).contains(&ms)), "{end:?}");
    }
    assert!(house.ended().success());
}

#[test]
fn a_full_server_says_when_to_try_again_and_lets_in_when_somebody_left() {
    let house = House::new(&[("PARTERRE_LIMITS__CONNECTIONS", "2")]);
    let event = Event::new(&house, &[]);
    let (first, mut second) = (event.phone(), event.studio());
    let device = event.device();
    let refused = event.turned_away(&device, "as=phone");
    assert_eq!(refused.code, CloseCode::TryLater.code());
    assert!(refused.retry_ms.is_some_and(|ms| (1..=10_000).contains(&ms)), "{refused:?}");
    first.leave();
    // The server learns of the leaving on another task than it accepts on.
    while house.stranger().get("/metrics").body.contains("parterre_connections{audience=\"phone\"} 1") {}
    event.enter(Audience::Phone, &device).catch_up();
    second.catch_up();
}
