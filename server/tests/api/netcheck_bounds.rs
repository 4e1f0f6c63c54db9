//! What network tests may take from the server: so many bytes in a minute, none in large numbers
//! beside a busy room, and nothing where they are switched off.

use parterre::http::addresses;
use parterre_protocol::{
    Control,
    posts::QaState,
    topics::{ActivityState, EventState},
};
use serde_json::json;

use crate::{
    browser::{Browser, HttpResponse},
    event::{Event, cloud},
    house::House,
    live::Live,
    netcheck::API,
    netcheck_channels::{closed, open},
    questions::moderating,
};

const BUDGET: (&str, &str) = ("PARTERRE_NETCHECK__BYTES_PER_MINUTE", "8000000");

fn download(house: &House, bytes: u32) -> HttpResponse {
    house.stranger().get(&format!("{API}/download?bytes={bytes}"))
}

fn upload(house: &House, bytes: usize) -> HttpResponse {
    house.stranger().send("POST", &format!("{API}/upload"), "application/octet-stream", &vec![7; bytes])
}

#[test]
fn all_that_tests_move_in_a_minute_has_a_bound() {
    let house = House::new(&[BUDGET, ("PARTERRE_NETCHECK__PHONES", "2")]);
    download(&house, 4_000_000).expect(200);
    upload(&house, 3_900_000).expect(200);
    let refused = download(&house, 200_000);
    assert_eq!(refused.refusal(), (503, "busy".to_owned()));
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(upload(&house, 200_000).refusal(), (503, "busy".to_owned()));
    // Channels have it from the same budget, whoever opens one after the other.
    let mut moved = 0;
    let code = std::iter::repeat_with(|| {
        let mut channel = open(&house, "");
        let sent = channel.send(tungstenite::Message::binary(vec![0; 60_000]));
        let back = sent.and_then(|()| channel.read());
        match back {
            Ok(tungstenite::Message::Binary(bytes)) => {
                moved += bytes.len();
                None
            }
            Ok(tungstenite::Message::Close(frame)) => Some(frame.map_or(1005, |frame| frame.code.into())),
            _ => Some(1006),
        }
    })
    .find_map(|code| code);
    assert!(code.is_some() && moved <= 100_000, "{moved} bytes beyond the budget");
    assert_eq!(closed(open(&house, "?frames=100&bytes=4000")), 1013);
    // Whoever may act for a room has a budget that strangers do not reach.
    let token = house.owner().ask("POST", &format!("{API}/token"), &json!({})).expect(201).json();
    let token = token["token"].as_str().expect("a token");
    let origin = format!("http://{}", house.address());
    let mut phone = crate::netcheck_channels::channel_by(&house, "", &origin, Some(token)).expect("let in");
    phone.send(tungstenite::Message::text("there?")).expect("the server reads");
    assert_eq!(phone.read().expect("it comes back"), tungstenite::Message::text("there?"));
}

/// So many phones of an event.
fn phones(event: &Event<'_>, count: usize) -> Vec<Live> {
    (0..count).map(|_| event.phone()).collect()
}

#[test]
fn no_transfer_is_made_beside_a_busy_room() {
    let house = House::new(&[("PARTERRE_NETCHECK__BUSY_PHONES", "3"), BUDGET]);
    let event = Event::new(&house, &[cloud()]);
    let mut studio = event.open(event.activities[0]);
    let mut people = phones(&event, 2);
    download(&house, 1_000).expect(200);
    people.push(event.phone());
    for answer in [download(&house, 1_000), upload(&house, 1_000)] {
        assert_eq!(answer.refusal(), (503, "room_live".to_owned()));
        assert_eq!(answer.header("retry-after"), "20");
        assert!(answer.json()["message"].as_str().is_some_and(|said| said.contains("A room is live on this server")));
    }
    // What else tests try goes on, and counts ten times.
    house.stranger().get(&format!("{API}/poll?after_ms=1")).expect(200);
    let mut channel = open(&house, "");
    let moved = (0..100)
        .take_while(|_| {
            channel.send(tungstenite::Message::binary(vec![0; 60_000])).is_ok()
                && matches!(channel.read(), Ok(tungstenite::Message::Binary(_)))
        })
        .count();
    assert!((1..=7).contains(&moved), "{moved} messages of 60 KB, out and back");

    studio.steer(Control::Close { activity: event.activities[0] });
    studio.until("the closed activity", |studio| {
        studio.stage().activity.is_none_or(|staged| staged.state != ActivityState::Open)
    });
    // The budget is spent; that a room is live is no longer what is said.
    assert_eq!(download(&house, 1_000_000).refusal(), (503, "busy".to_owned()));
}

#[test]
fn a_room_that_asks_is_busy_too_and_a_room_test_is_not() {
    let house = House::new(&[("PARTERRE_NETCHECK__BUSY_PHONES", "1")]);
    let test = crate::room_tests::begun(&house);
    let _tester = test.phone();
    download(&house, 1_000).expect(200);
    let event = Event::new(&house, &[]);
    let _phone = event.phone();
    download(&house, 1_000).expect(200);
    let mut studio = moderating(&event);
    studio.configure(|settings| settings.state = QaState::Open);
    assert_eq!(download(&house, 1_000).refusal(), (503, "room_live".to_owned()));
    studio.steer(Control::End);
    studio.until("the end", |studio| studio.stage().event.state == EventState::Ended);
    download(&house, 1_000).expect(200);
}

/// All addresses of the network test in the API but those of what was kept, by their methods.
fn tests() -> Vec<(String, String)> {
    let kept = [format!("{API}/reports/{{id}}"), format!("{API}/reports/{{id}}/signature"), format!("{API}/key")];
    let ours = addresses().into_iter().filter(|address| address.path().starts_with(API));
    ours.filter(|address| !kept.contains(&address.path().to_owned()))
        .flat_map(|address| {
            let path = address.path().to_owned();
            address.methods().into_iter().map(move |method| (method.to_string(), path.clone())).collect::<Vec<_>>()
        })
        .filter(|(method, _)| method != "HEAD")
        .collect()
}

#[test]
fn a_network_test_that_is_switched_off_is_refused_everywhere_and_nothing_leads_to_it() {
    let house = House::new(&[("PARTERRE_NETCHECK__TESTS", "0")]);
    let all = tests();
    assert!(all.len() >= 10, "{all:?}");
    for (method, path) in all {
        for browser in [house.stranger(), house.owner()] {
            let body = if method == "GET" { None } else { Some(json!({"measures": {}})) };
            let answer = match &body {
                Some(body) => browser.ask(&method, &path, body),
                None => browser.get(&format!("{path}?after_ms=1&bytes=1")),
            };
            assert_eq!(answer.refusal(), (403, "switched_off".to_owned()), "{method} {path}");
            assert!(answer.body.contains("netcheck.tests"), "{}", answer.body);
        }
    }
    let origin = format!("http://{}", house.address());
    assert_eq!(crate::netcheck_channels::channel_by(&house, "", &origin, None).err(), Some(403));

    let said = |browser: Browser, path: &str, words: &str| {
        let page = browser.get(path).expect(403);
        assert!(page.body.contains(words) && page.body.contains("netcheck.tests = 0"), "{}", page.body);
    };
    said(house.stranger(), "/netcheck", "The network test is switched off here");
    said(house.stranger().with("Accept-Language", "fr"), "/netcheck", "Le test du réseau est désactivé ici");
    said(house.owner(), "/netcheck/token", "The network test is switched off here");
    assert_eq!(house.owner().post("/studio/room-tests", &[]).status, 403);
    house.stranger().get(&format!("{API}/key")).expect(200);

    for (browser, path) in [
        (house.stranger(), "/"),
        (house.stranger(), "/netcheck/requirements"),
        (house.owner(), "/studio"),
        (house.owner(), "/studio/room-tests"),
    ] {
        let page = browser.get(path).expect(200).body;
        assert!(!page.contains("href=\"/netcheck\"") && !page.contains("action=\"/studio/room-tests\""), "{path}");
    }
    let on = House::shared();
    assert!(on.owner().get("/studio").body.contains("action=\"/studio/room-tests\""));
    assert!(on.stranger().get("/netcheck/requirements").body.contains("href=\"/netcheck\""));
}

#[test]
fn reports_of_facilitators_and_those_that_are_read_outlast_all_that_one_network_makes() {
    let house = House::new(&[
        ("PARTERRE_NETCHECK__REPORTS", "4"),
        ("PARTERRE_NETCHECK__TESTS", "20"),
        ("PARTERRE_PROXIES", "127.0.0.0/8"),
    ]);
    let from = |address: &str| house.stranger().with("X-Forwarded-For", address);
    let make = |browser: &Browser| browser.ask("POST", &format!("{API}/reports"), &json!({"measures": {}}));
    let id = |answer: HttpResponse| answer.expect(201).json()["id"].as_str().expect("an id").to_owned();
    let (desk, venue) = (id(make(&house.owner().with("X-Forwarded-For", "192.0.2.1"))), from("198.51.100.7"));
    let [read, unread] = [(); 2].map(|()| id(make(&venue)));
    let reads = |browser: &Browser, id: &str| browser.get(&format!("/netcheck/reports/{id}")).status.as_u16();
    // Its maker, and others of the same network, say nothing by opening it.
    assert_eq!((reads(&venue, &unread), reads(&from("198.51.100.200"), &unread)), (200, 200));
    assert_eq!(reads(&from("203.0.113.9"), &read), 200);
    let flood = from("203.0.113.77");
    let made = std::iter::repeat_with(|| make(&flood)).take(30).filter(|answer| answer.status == 201).count();
    assert_eq!(made, 10, "half of twenty in a minute");
    assert_eq!((reads(&venue, &desk), reads(&venue, &read), reads(&venue, &unread)), (200, 200, 404));
    // Another network has the other half, and a facilitator what no stranger takes.
    let rest = std::iter::repeat_with(|| make(&venue)).take(30).filter(|answer| answer.status == 201).count();
    assert_eq!(rest, 8);
    assert_eq!(make(&from("192.0.2.99")).refusal(), (503, "busy".to_owned()));
    make(&house.owner()).expect(201);
}
