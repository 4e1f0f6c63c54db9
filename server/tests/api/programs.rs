//! Programs at the addresses of pages: forms whose answers are JSON, with the cookies that browsers
//! get.

use parterre::http::auth::SESSION_COOKIE;
use parterre_protocol::{Control, posts::QaState};
use serde_json::json;

use crate::{
    PROGRAM,
    browser::Browser,
    data::Data,
    event::{Event, poll},
    house::House,
    live::cid,
};

/// The same client, which asks for JSON.
fn program(browser: Browser) -> Browser {
    browser.with("Accept", "application/json")
}

#[test]
fn an_account_is_made_and_signed_in_to_without_a_page() {
    let data = Data::create();
    let mut process = data.start(PROGRAM, &[]);
    let link = process.next_line();
    let (_, key) = link.rsplit_once("key=").expect("the setup link");
    let client = || program(Browser::new(process.address));
    let (email, password) = (("email", "ines@example.org"), ("password", "a long enough password"));
    let name = ("name", "Inès");

    let refusal = |form: &[(&str, &str)]| client().post("/setup", form).refusal();
    assert_eq!(refusal(&[("key", "guess"), name, email, password]), (403, "wrong_setup_key".to_owned()));
    assert_eq!(refusal(&[("key", key), name, email, ("password", "short")]), (422, "problem.out_of_range".to_owned()));
    assert_eq!(refusal(&[("key", key), name, ("email", "ines"), password]), (422, "problem.email".to_owned()));
    let incomplete = client().post("/setup", &[("key", key)]).expect(400).json();
    assert_eq!(incomplete["message"], "The form lacks the field \"name\".");
    let made = client().post("/setup", &[("key", key), name, email, password]).expect(200);
    assert_eq!(made.json(), json!({"location": "/studio"}));
    assert!(made.all("set-cookie").any(|cookie| cookie.starts_with(SESSION_COOKIE)));
    assert_eq!(refusal(&[("key", key), name, email, password]), (410, "already_set_up".to_owned()));

    let wrong = client().post("/login", &[email, ("password", "another long password")]);
    assert_eq!(wrong.refusal(), (401, "wrong_password".to_owned()));
    let member = client();
    assert_eq!(member.post("/login", &[email, password]).expect(200).json(), json!({"location": "/studio"}));
    member.get("/api/v1/events").expect(200);
    let password = "another long password";
    let change = |current| member.post("/studio/account/password", &[("current", current), ("password", password)]);
    assert_eq!(change("not the password").refusal(), (422, "wrong_password".to_owned()));
    assert_eq!(
        change("a long enough password").expect(200).json(),
        json!({"location": "/studio/account?done=password"})
    );
    let signed_out = member.post("/logout", &[]).expect(200);
    assert_eq!(signed_out.header("clear-site-data"), "\"cache\"");
    assert_eq!(member.post("/studio/events", &[("name", "Meeting")]).refusal(), (401, "unauthorised".to_owned()));
    assert_eq!(member.post("/studio/account/password", &[("current", "x"), ("password", "y")]).refusal().0, 401);
    // Others are led on as they were.
    let browser = Browser::new(process.address);
    assert_eq!(browser.post("/login", &[email, ("password", password)]).leads(), (303, "/studio"));
    assert_eq!(browser.without("Accept").post("/logout", &[]).leads(), (303, "/login"));
}

#[test]
fn a_form_that_is_not_taken_is_refused_by_its_name() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let device = program(event.device());
    let (id, activity) = (cid().to_string(), event.activities[0].to_string());
    let send = |device: &Browser, more: &[(&str, &str)]| {
        let form = [&[("cid", &*id), ("activity", &activity), ("round", "1")], more].concat();
        device.post(&event.page("/respond"), &form)
    };
    let pick = [("kind", "choice"), ("option", "1")];
    let closed = send(&device, &pick);
    assert_eq!(closed.refusal(), (409, "closed".to_owned()));
    assert_eq!(closed.json()["args"]["cid"], id);
    let mut studio = event.open(event.activities[0]);
    assert_eq!(send(&program(house.stranger()), &pick).refusal(), (401, "unauthorised".to_owned()));
    for wrong in [&[][..], &[("kind", "choice"), ("option", "9")], &[("kind", "dance")], &[("round", "one")]] {
        let answer = send(&device, wrong);
        assert_eq!((answer.refusal(), &answer.json()["args"]["cid"]), ((409, "invalid".to_owned()), &json!(id)));
    }
    let long = send(&device, &[("kind", "choice"), ("option", "other"), ("other", &"x".repeat(200))]);
    assert_eq!((long.refusal(), &long.json()["args"]["cid"]), ((422, "problem.too_long".to_owned()), &json!(id)));
    assert_eq!(send(&device, &pick).expect(200).json(), json!({"location": event.page("")}));
    studio.steer(Control::End);
    studio.until("the end", |studio| studio.staged().is_none());
    assert_eq!(send(&device, &[("kind", "dance")]).refusal(), (409, "closed".to_owned()));
    let over = program(house.stranger()).post(&event.page("/join"), &[]);
    assert_eq!(over.refusal(), (409, "ended".to_owned()));
    assert_eq!(program(house.stranger()).post("/e/NOSUCH/join", &[]).refusal(), (404, "unknown_event".to_owned()));
}

#[test]
fn a_form_about_questions_that_is_not_taken_is_refused_by_its_name() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let device = program(event.device());
    let mut studio = event.open(event.activities[0]);
    studio.configure(|settings| settings.state = QaState::Open);
    studio.until("questions", |studio| studio.stage().qa.state == QaState::Open);
    let deed = |more: &[(&str, &str)]| {
        let id = cid().to_string();
        let answer = device.post(&event.page("/questions"), &[&[("cid", &*id)], more].concat());
        assert_eq!(answer.json()["args"]["cid"], id, "{answer:?}");
        answer.refusal()
    };
    assert_eq!(deed(&[("do", "fly")]), (400, "malformed".to_owned()));
    assert_eq!(deed(&[]), (400, "malformed".to_owned()));
    assert_eq!(deed(&[("do", "vote"), ("post", "1")]), (400, "malformed".to_owned()));
    assert_eq!(deed(&[("do", "vote"), ("post", "99"), ("vote", "up")]), (409, "unknown".to_owned()));
    assert_eq!(deed(&[("do", "ask"), ("text", " ")]), (422, "problem.empty".to_owned()));
}
