//! `/login`, `/logout` and what needs a session.

use std::time::Duration;

use parterre::{config::Config, http::auth::SESSION_COOKIE};
use serde_json::json;

use crate::{
    browser::Browser,
    event::{Event, poll},
    house::House,
    timed::{EMAIL, PASSWORD, Timed},
};

#[test]
fn one_signs_in_with_the_right_password_until_one_signs_out() {
    let server = Timed::start();
    let (stranger, wrong) = server.try_password("another long password");
    assert!(wrong.expect(401).body.contains(EMAIL), "the address need not be typed again");
    assert_eq!(stranger.get("/studio").leads(), (303, "/login"));

    let (browser, right) = server.try_password(PASSWORD);
    assert_eq!(right.leads(), (303, "/studio"));
    browser.get("/studio").expect(200);
    let stolen =
        Browser::new(server.address).with_cookie(SESSION_COOKIE, &browser.cookie(SESSION_COOKIE).expect("one"));
    assert_eq!(browser.post("/logout", &[]).leads(), (303, "/login"));
    assert_eq!(browser.cookie(SESSION_COOKIE), None);
    assert_eq!(stolen.get("/studio").leads(), (303, "/login"), "the session itself is over, not only its cookie");
}

#[test]
fn a_session_lasts_as_long_as_it_is_used_and_no_longer_than_the_longest() {
    let server = Timed::start();
    let (unused, _) = server.try_password(PASSWORD);
    let (used, _) = server.try_password(PASSWORD);
    let settings = Config::default().session;
    let (idle, longest) = (settings.lifetime(), settings.longest());
    let start = server.clock.now();
    server.clock.advance(idle - Duration::from_secs(1));
    used.get("/studio").expect(200);
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(unused.get("/studio").leads(), (303, "/login"));
    let end = start + longest.as_millis() as i64;
    while server.clock.now() + (idle.as_millis() as i64) < end {
        used.get("/studio").expect(200);
        server.clock.advance(idle / 2);
    }
    used.get("/studio").expect(200);
    server.clock.advance(Duration::from_millis((end - server.clock.now() - 1) as u64));
    used.get("/studio").expect(200);
    server.clock.advance(Duration::from_millis(1));
    assert_eq!(used.get("/studio").leads(), (303, "/login"), "however much it is used");
}

#[test]
fn signing_in_ends_the_session_that_the_browser_had() {
    let server = Timed::start();
    let (browser, _) = server.try_password(PASSWORD);
    let former = browser.cookie(SESSION_COOKIE).expect("one");
    browser.post("/login", &[("email", EMAIL), ("password", PASSWORD)]).expect(303);
    browser.get("/studio").expect(200);
    let former = Browser::new(server.address).with_cookie(SESSION_COOKIE, &former);
    assert_eq!(former.get("/studio").leads(), (303, "/login"));
}

#[test]
fn without_a_session_pages_lead_to_the_login_and_the_api_says_401() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    for browser in [house.stranger(), house.stranger().with_cookie(SESSION_COOKIE, "made-up")] {
        for page in ["/studio".to_owned(), format!("/studio/events/{}", event.id)] {
            assert_eq!(browser.get(&page).leads(), (303, "/login"), "{page}");
        }
        assert_eq!(browser.post("/studio/events", &[("name", "Mine")]).leads(), (303, "/login"));
        for (method, path) in [("GET", "/api/v1/events"), ("POST", "/api/v1/events"), ("DELETE", &event.path(""))] {
            let answer = browser.ask(method, path, &json!({"name": "Mine"}));
            assert_eq!(answer.refusal(), (401, "unauthorised".to_owned()), "{method} {path}");
        }
    }
}

#[test]
fn another_team_s_events_are_not_there() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let others = house.other_team();
    others.get("/studio").expect(200);
    assert_eq!(others.get("/api/v1/events").expect(200).json(), json!({"events": []}));
    others.get(&format!("/studio/events/{}", event.id)).expect(404);
    let activity = format!("/activities/{}", event.activities[0]);
    let body = json!({"settings": poll(), "name": "Ours", "activities": event.activities});
    for (method, rest) in [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/restore"),
        ("POST", "/activities"),
        ("PUT", "/order"),
        ("PUT", &activity),
        ("DELETE", &activity),
        ("POST", &format!("{activity}/restore")),
        ("POST", &format!("{activity}/duplicate")),
    ] {
        let answer = others.ask(method, &event.path(rest), &body);
        assert_eq!(answer.refusal(), (404, "unknown_event".to_owned()), "{method} {rest}");
    }
    assert_eq!(event.connect(&others, "as=studio").err().expect("refused").status(), 404);
    house.owner().get(&event.path("")).expect(200);
}
