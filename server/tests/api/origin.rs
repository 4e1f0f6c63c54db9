//! Requests that other people's pages make a browser send.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use parterre::i18n::LOCALES;
use serde_json::json;

use crate::{browser::Browser, event::Event, house::House};

fn events(owner: &Browser) -> usize {
    owner.get("/api/v1/events").json()["events"].as_array().expect("a list").len()
}

#[test]
fn another_site_changes_nothing_with_a_browser_s_cookies() {
    let house = House::new(&[]);
    let (event, owner) = (Event::new(&house, &[]), house.owner());
    let before = events(&owner);
    for other in [
        house.owner().with("Origin", "http://evil.example"),
        house.owner().with("Origin", "null"),
        house.owner().without("Origin"),
    ] {
        let refusal = other.ask("POST", "/api/v1/events", &json!({"name": "Theirs"})).refusal();
        assert_eq!(refusal, (403, "origin".to_owned()));
        other.ask("DELETE", &event.path(""), &json!({})).expect(403);
        other.post("/studio/events", &[("name", "Theirs")]).expect(403);
        other.post("/logout", &[]).expect(403);
        other.get("/studio").expect(200);
    }
    assert_eq!(events(&owner), before);
    owner.ask("POST", "/api/v1/events", &json!({"name": "Ours"})).expect(201);
    assert_eq!(events(&owner), before + 1);
}

#[test]
fn a_program_without_cookies_needs_no_origin() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let join = |browser: Browser| browser.ask("POST", "/api/v1/join", &json!({"code": event.code})).status;
    assert_eq!(join(house.stranger().without("Origin")), 200);
    assert_eq!(join(house.stranger().with("Origin", "http://evil.example")), 403);
    assert_eq!(join(house.device("sometoken").without("Origin")), 403);
}

#[test]
fn a_form_that_is_refused_is_told_in_a_page_in_the_reader_s_language() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    for t in LOCALES {
        let reader = house.device("sometoken").with("Accept-Language", t.code());
        let foreign = house.device("sometoken").with("Accept-Language", t.code()).with("Origin", "http://evil.example");
        let large = [("name", "x".repeat(256 * 1024))];
        let large = large.each_ref().map(|(name, value)| (*name, value.as_str()));
        for (answer, status, key) in [
            (foreign.post(&event.page("/join"), &[]), 403, "other_origin"),
            (reader.post(&event.page("/join"), &large), 413, "too_large"),
            (reader.send("POST", &event.page("/join"), "text/plain", b"name=x"), 400, "malformed"),
            (reader.get(&format!("/studio/events/{}x", event.id)), 404, "not_found"),
        ] {
            let answer = answer.expect(status);
            let sentence = t.text(&format!("studio.message.{key}.title"));
            assert!(answer.body.contains(&sentence), "{sentence}: {answer:?}");
            assert!(answer.header("content-type").starts_with("text/html"), "{key}");
        }
    }
    let script = house.device("sometoken").with("Accept", "*/*").with("Origin", "null");
    assert_eq!(script.post(&event.page("/join"), &[]).refusal(), (403, "origin".to_owned()));
}

#[test]
fn half_a_form_is_not_waited_for_and_its_reader_gets_a_page() {
    let house = House::new(&[("PARTERRE_LIMITS__BODY_TIMEOUT_MS", "200")]);
    let mut browser = TcpStream::connect(house.address()).expect("the server accepts");
    let head = "POST /e/TULIP/join HTTP/1.1\r\nHost: room.example\r\nAccept: text/html\r\nAccept-Language: fr\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\nname";
    browser.write_all(head.as_bytes()).expect("the server reads");
    let mut answer = String::new();
    browser.read_to_string(&mut answer).expect("the server answers and closes");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains(&LOCALES[1].text("studio.message.malformed.title")), "{answer}");
    assert!(answer.contains("content-security-policy: "), "{answer}");
}
