//! Many who come at once: some are let in, and the others are told when.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{browser::HttpResponse, event::Event, house::House};

/// One at a time, and each takes long enough that others come meanwhile.
const SLOW: [(&str, &str); 2] =
    [("PARTERRE_LIMITS__CONCURRENT_ADMISSIONS", "1"), ("PARTERRE_LIVE__COMMIT_WINDOW_MS", "600")];

/// An event that asks for names, which are stored at joining.
fn named(house: &House) -> Event<'_> {
    let event = Event::new(house, &[]);
    house.owner().ask("PATCH", &event.path(""), &json!({"names": true})).expect(200);
    event
}

/// Far longer than anybody waits here.
const TURN: Duration = Duration::from_secs(60);

/// Asks until the answer is of this status, or another one is: a wait that does not end fails.
fn ask_until<A>(status: impl Fn(&A) -> bool, mut ask: impl FnMut() -> A) -> A {
    let end = Instant::now() + TURN;
    loop {
        let answer = ask();
        if status(&answer) {
            return answer;
        }
        assert!(Instant::now() < end, "the same answer for {TURN:?}");
    }
}

/// Ends a storm when it is dropped, also where what is done meanwhile fails.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Has phones join without end, more than are let in at the same time, while something is done.
fn storm<T>(event: &Event<'_>, meanwhile: impl FnOnce() -> T) -> T {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let answer = event.server.stranger().ask(
                        "POST",
                        "/api/v1/join",
                        &json!({"code": event.code, "name": "Ada"}),
                    );
                    assert!([200, 503].contains(&answer.status.as_u16()), "{answer:?}");
                }
            });
        }
        let _ends = Ends(&over);
        meanwhile()
    })
}

#[test]
fn who_comes_beyond_what_can_be_done_is_told_when_to_come_and_is_let_in_then() {
    let house = House::new(&SLOW);
    let event = named(&house);
    let mut studio = event.studio();
    let device = house.stranger();
    let join = |path: &str| device.ask("POST", path, &json!({"code": event.code, "name": "Bo"}));
    storm(&event, || {
        studio.until("somebody who is still to come", |studio| studio.presence().arriving > 0);
        let told = ask_until(|answer: &HttpResponse| answer.status == 503, || join("/api/v1/join"));
        let body = told.json();
        assert_eq!(body["code"], "queued");
        assert!(body["retry_ms"].as_u64().is_some_and(|ms| (1..=60_000).contains(&ms)), "{body}");
        assert!(told.header("retry-after").parse::<u32>().is_ok_and(|seconds| (1..=60).contains(&seconds)));
        assert_eq!(told.header("connection"), "close", "the next attempt may reach another node");
        // Coming when told, as often as it takes: the other phones do not keep to what they are
        // told.
        let mut last = told;
        let let_in = |answer: &HttpResponse| answer.status != 503;
        ask_until(let_in, || {
            let shown = last.json()["retry"].as_str().expect("something to show").to_owned();
            last = join(&format!("/api/v1/join?retry={shown}"));
            last.clone()
        });
    });
    studio.until("nobody awaited any more", |studio| studio.presence().arriving == 0);
    // On Postgres this count comes with a heartbeat.
    studio.until("those who were let in", |studio| studio.presence().joined > 0);
}

#[test]
fn a_name_that_was_given_is_kept_in_line_and_the_form_comes_as_it_was_told() {
    let house = House::new(&SLOW);
    let event = named(&house);
    let _screen = event.screen();
    let device = house.stranger();
    storm(&event, || {
        let is_queued = |page: &HttpResponse| page.status == 503;
        let page = ask_until(is_queued, || device.post(&event.page("/join"), &[("name", "Inès <Ortiz>")]));
        assert!(page.body.contains("value=\"Inès &#60;Ortiz&#62;\""), "{}", page.body);
        assert!(page.body.contains("Then press Join again."));
        assert!(!page.headers.contains_key("refresh"), "what is typed would be lost");
        assert!(!page.body.contains("<noscript><p"), "nothing leads to where it would be lost");
        let mut page = page;
        let let_in = ask_until(
            |page| !is_queued(page),
            || {
                let action = page.body.split("<form action=\"").nth(1).and_then(|rest| rest.split('"').next());
                let action = action.expect("a form").to_owned();
                assert!(action.starts_with(&event.page("/join?retry=")), "{action}");
                page = device.post(&action, &[("name", "Inès Ortiz")]);
                page.clone()
            },
        );
        assert_eq!(let_in.leads(), (303, &*event.page("?joined")));
    });
    assert!(!device.get(&event.page("")).expect(200).body.contains("data-view=\"join\""), "it has joined");
}

#[test]
fn a_page_that_nobody_was_told_to_ask_for_joins_nobody() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let stranger = house.stranger();
    assert_eq!(stranger.get(&event.page("/join")).expect(303).header("location"), event.page(""));
    assert_eq!(stranger.cookie("parterre_device"), None);
}

#[test]
fn a_phone_without_a_name_waits_for_nobody() {
    let house = House::new(&SLOW);
    let (busy, event) = (named(&house), Event::new(&house, &[]));
    let _phone = event.phone();
    storm(&busy, || {
        for _ in 0..20 {
            house.stranger().ask("POST", "/api/v1/join", &json!({"code": event.code})).expect(200);
        }
    });
}
