//! Room tests: made, read, watched, ended, deleted.

use parterre_protocol::{
    Control, EventId, RefusalCode, Tally,
    kinds::readings::{Board, NetworkKind, Verdict},
    limits::PLACE_CHARS,
    topics::{Audience, EventState},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    browser::Browser,
    event::Event,
    house::House,
    live::{Live, refused},
};

/// A room test that the house's owner has begun.
pub(crate) fn begun(house: &House) -> Event<'_> {
    let made = house.owner().post("/studio/room-tests", &[]).expect(303);
    let board = made.header("location").to_owned();
    let id: EventId = board.rsplit('/').next().expect("an id").parse().expect("a UUID");
    let shown = house.owner().get(&format!("/api/v1/events/{id}")).expect(200).json();
    let code = shown["event"]["code"].as_str().expect("a code").to_owned();
    let activity = shown["activities"][0]["id"].as_str().expect("an id").parse().expect("a UUID");
    Event { server: house, id, code, activities: vec![activity] }
}

/// Measures of a network on which all is well; with a delay of so many milliseconds.
pub(crate) fn measures(ms: f64) -> Value {
    json!({
        "page": {"figures": {"secure": false, "port": 80, "ms": 20, "slowest_ms": 30, "missing": 0}},
        "seen": {"figures": {"protocol": "http/1.1", "version": "HTTP/1.1", "address": "203.0.113.99", "trusted": false,
            "proxies": [["via", "1.1 made-up"]]}},
        "websocket": {"figures": {"ms": 20}},
        "messages": {"figures": {"sent": 8, "back": 8, "changed": 0, "in_order": true, "largest": 65536, "binary": true}},
        "delay": {"figures": {"sent": 20, "ms": vec![ms; 20]}}
    })
}

pub(crate) fn reading(place: &str, measures: &Value) -> Value {
    json!({"cid": Uuid::new_v4(), "place": place, "link": "wifi", "measures": measures})
}

fn send(event: &Event<'_>, phone: &Browser, reading: &Value) -> Value {
    phone.ask("POST", &event.path("/readings"), reading).expect(201).json()
}

fn board(live: &Live) -> Option<Board> {
    match live.results().tally? {
        Tally::Readings(board) => Some(board),
        other => panic!("not a board: {other:?}"),
    }
}

fn until(live: &mut Live, what: &str, shows: impl Fn(&Board) -> bool) -> Board {
    live.until(what, |live| board(live).is_some_and(|board| shows(&board)));
    board(live).expect("a board")
}

#[test]
fn what_phones_find_is_on_the_board_and_in_no_other_byte() {
    let house = House::shared();
    let event = begun(&house);
    let (mut studio, mut screen) = (event.studio(), event.screen());
    let (one, other) = (event.device(), event.device());
    let mut phone = event.enter(Audience::Phone, &one);

    let told = send(&event, &one, &reading("  Balcony   left ", &measures(5.0)));
    assert_eq!((&told["receipt"]["status"], &told["reading"]["verdict"]), (&json!("stored"), &json!("success")));
    // The server's own word for where it came from.
    assert_eq!((&told["reading"]["network"], &told["reading"]["place"]), (&json!("127.0.0.1"), &json!("Balcony left")));
    let blocked = json!({"websocket": {"trouble": {"kind": "silent"}}, "verdict": "success"});
    other.ask("POST", &event.path("/readings"), &reading("Stalls", &blocked)).expect(400);
    let blocked = json!({"websocket": {"trouble": {"kind": "silent"}}});
    assert_eq!(send(&event, &other, &reading("Stalls", &blocked))["reading"]["verdict"], json!("failed"));

    let shown = until(&mut studio, "both", |board| board.phones == 2);
    assert_eq!((shown.verdicts.success, shown.verdicts.failed, shown.verdicts.total()), (1, 1, 2));
    assert_eq!(shown.networks["127.0.0.1"].links[&NetworkKind::Wifi], 2);
    assert_eq!(shown.places["stalls"].verdicts.failed, 1);
    let worst = shown.readings.values().find(|reading| reading.verdict == Verdict::Failed).expect("the worst");
    assert_eq!(worst.found.as_ref().expect("why").step, "websocket");
    assert_eq!((shown.delay.expect("measured").middle_ms, shown.slowest[0].place.as_str()), (5, "Balcony left"));

    // From the same place again; what was there is no more.
    send(&event, &other, &reading("stalls", &measures(7.0)));
    let shown = until(&mut studio, "the newer", |board| board.verdicts.success == 2);
    assert_eq!((shown.phones, shown.verdicts.total()), (2, 2));

    // Not even when somebody asks for it.
    studio.steer(Control::Results { activity: event.activities[0], visible: true });
    studio.steer(Control::End);
    for live in [&mut screen, &mut phone] {
        live.until("the end", |live| live.stage().event.state == EventState::Ended);
        assert_eq!(live.results().tally, None);
    }
    assert_eq!(until(&mut event.studio(), "all, also after the end", |board| board.phones == 2).verdicts.success, 2);
    let late = one.ask("POST", &event.path("/readings"), &reading("Bar", &measures(1.0))).expect(409);
    assert_eq!(late.json()["code"], json!("closed"));
}

#[test]
fn a_reading_is_stored_once_and_outlives_a_crash() {
    let mut house = House::new(&[]);
    let (cookie, id, code, activity, sent) = {
        let event = begun(&house);
        let phone = event.device();
        let sent = reading("Bar", &measures(3.0));
        let first = send(&event, &phone, &sent);
        let again = send(&event, &phone, &sent);
        assert_eq!(first["receipt"], again["receipt"]);
        (phone.cookie_header(), event.id, event.code.clone(), event.activities.clone(), sent)
    };
    house.crash();
    let event = Event { server: &house, id, code, activities: activity };
    let phone = house.stranger().with("Cookie", &cookie);
    let shown = until(&mut event.studio(), "what was there", |board| board.phones == 1);
    send(&event, &phone, &sent);
    assert_eq!(until(&mut event.studio(), "the same", |board| board.phones == 1).verdicts, shown.verdicts);
}

#[test]
fn a_reading_has_one_door_and_it_has_bounds() {
    let house = House::shared();
    let event = begun(&house);
    let path = event.path("/readings");
    let good = reading("Bar", &measures(1.0));
    house.stranger().ask("POST", &path, &good).expect(401);
    let phone = event.device();
    phone.ask("POST", &path, &reading(&"x".repeat(PLACE_CHARS + 1), &measures(1.0))).expect(422);
    phone.ask("POST", &path, &json!({"cid": "none", "measures": {}})).expect(400);
    let unknown = format!("/api/v1/events/{}/readings", Uuid::new_v4());
    phone.ask("POST", &unknown, &good).expect(404);

    // No phone makes a reading of its own.
    let forged = send(&event, &phone, &good)["reading"].clone();
    let participant = Uuid::new_v4();
    let forged = json!({"kind": "readings", "phone": participant, "sent": 1, "readings": {"bar": forged}});
    let answer = serde_json::from_value(forged).expect("an answer");
    let mut live = event.enter(Audience::Phone, &phone);
    assert_eq!(refused(&live.respond(event.activities[0], answer)), Some(RefusalCode::Invalid));
    // Nor an event one of the kind.
    let plain = Event::new(&house, &[]);
    let body = json!({"settings": {"kind": "readings", "title": "Room"}});
    house.owner().ask("POST", &plain.path("/activities"), &body).expect(422);
    let joined = plain.device();
    joined.ask("POST", &plain.path("/readings"), &good).expect(409);
}

#[test]
fn pages_lead_to_the_board_and_the_test() {
    let house = House::shared();
    let event = begun(&house);
    let board = format!("/studio/room-tests/{}", event.id);
    assert!(house.owner().get(&board).expect(200).body.contains(&event.code));
    for page in [format!("/studio/events/{}", event.id), event.page("/screen")] {
        assert_eq!(house.owner().get(&page).expect(303).header("location"), board);
    }
    assert!(house.stranger().get(&event.page("")).expect(200).body.contains("js/reading.js"));
    assert_eq!(house.stranger().get(&board).expect(303).header("location"), "/login");
    house.other_team().get(&board).expect(404);
    let plain = Event::new(&house, &[]);
    house.owner().get(&format!("/studio/room-tests/{}", plain.id)).expect(404);
    assert!(house.owner().get("/studio/room-tests").expect(200).body.contains(&event.code));
    assert!(!house.other_team().get("/studio/room-tests").expect(200).body.contains(&event.code));
    house.stranger().post("/studio/room-tests", &[]).expect(303);

    house.owner().ask("DELETE", &event.path(""), &json!({})).expect(204);
    house.owner().ask("POST", &event.path("/restore"), &json!({})).expect(404);
    house.owner().get(&board).expect(404);
}
