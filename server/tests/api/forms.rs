//! The phone's page without script: its forms are stored as the live connection's commands are, and
//! shown again.

use parterre_protocol::{
    Answer, Choice, ChoicePoll, ClientMessage, Control, Outcome, PostCommand, Rating, RefusalCode, Settings, TextWall,
    kinds::{choice::PollOption, rating::Scale},
    posts::{ActivityRound, NamePolicy, QaState},
    topics::Audience,
};
use serde_json::json;

use crate::{
    browser::{Browser, HttpResponse as Page},
    event::{Event, cloud, pick, poll, strict_poll, words},
    house::House,
    live::{cid, refused, response},
};

/// Sends the page's form with these fields, as it stands on the page.
fn send(event: &Event, device: &Browser, round: &str, fields: &[(&str, &str)]) -> Page {
    let (cid, activity) = (cid().to_string(), event.activities[0].to_string());
    let form = [&[("cid", &*cid), ("activity", &activity), ("round", round)][..], fields].concat();
    device.post(&event.page("/respond"), &form)
}

/// The inputs of the page that are ticked, by their value.
fn ticked(page: &str) -> Vec<&str> {
    let inputs = page.split("<input ").skip(1).filter_map(|rest| rest.split('>').next());
    let ticked = inputs.filter(|input| input.ends_with(" checked"));
    ticked.filter_map(|input| input.split("value=\"").nth(1)?.split('"').next()).collect()
}

#[test]
fn one_joins_by_form_and_is_asked_for_a_name_where_the_event_wants_one() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let device = house.stranger();
    assert!(device.get(&event.page("")).body.contains(&event.page("/join")), "the page offers to join");
    assert_eq!(device.post(&event.page("/join"), &[]).leads(), (303, &*event.page("?joined")));
    assert_eq!(device.get(&event.page("?joined")).leads(), (303, &*event.page("")));
    assert!(!device.get(&event.page("")).body.contains(&event.page("/join")));
    house.stranger().post("/e/NOSUCH/join", &[]).expect(404);
    // A browser that keeps no cookies is told so, and nobody is any the more for it.
    let forgetful = house.stranger().get(&event.page("?joined")).expect(422).body;
    assert!(forgetful.contains("does not keep cookies") && forgetful.contains("data-view=\"join\""), "{forgetful}");

    let mut screen = event.screen();
    house.owner().ask("PATCH", &event.path(""), &json!({"names": true})).expect(200);
    screen.until("it asks for names", |screen| screen.stage().event.names);
    let named = house.stranger();
    for name in [&[][..], &[("name", " ")], &[("name", &"x".repeat(99))]] {
        assert!(named.post(&event.page("/join"), name).expect(422).body.contains("name=\"name\""));
    }
    assert_eq!(named.post(&event.page("/join"), &[("name", "Inès")]).leads().0, 303);
    assert_eq!(event.enter(Audience::Phone, &named).me().name.as_deref(), Some("Inès"));
}

#[test]
fn an_answer_by_form_is_counted_and_ticked_on_the_page() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let activity = event.activities[0];
    let device = event.device();
    let mut studio = event.open(activity);
    assert_eq!(ticked(&device.get(&event.page("")).body), [""; 0]);
    assert_eq!(send(&event, &device, "1", &[("kind", "choice"), ("option", "2")]).leads(), (303, &*event.page("")));
    assert_eq!(ticked(&device.get(&event.page("")).body), ["2"]);
    studio.until("the answer", |studio| studio.results().respondents == Some(1));
    let phone = event.enter(Audience::Phone, &device);
    assert_eq!(phone.me().responses[&activity].answer, pick(2));

    studio.steer(Control::Reset { activity, round: 1 });
    studio.until("the round", |studio| studio.results().round == 2);
    assert_eq!(ticked(&device.get(&event.page("")).body), [""; 0], "an answer of a former round is not shown");
}

#[test]
fn own_options_and_words_go_by_form_too() {
    let house = House::shared();
    let open = Settings::Choice(ChoicePoll { max: 2, other: true, ..strict_poll() });
    let event = Event::new(&house, &[open]);
    let _studio = event.open(event.activities[0]);
    let device = event.device();
    let fields = [("kind", "choice"), ("option", "1"), ("option", "other"), ("other", "At home & away")];
    assert_eq!(send(&event, &device, "1", &fields).leads().0, 303);
    let page = device.get(&event.page("")).body;
    assert_eq!(ticked(&page), ["1", "other"]);
    let stored = &event.enter(Audience::Phone, &device).me().responses[&event.activities[0]].answer;
    let both = Choice { options: vec![1], other: Some("At home & away".to_owned()) };
    assert_eq!(*stored, Answer::Choice(both));

    let event = Event::new(&house, &[cloud()]);
    let _studio = event.open(event.activities[0]);
    let device = event.device();
    let fields = [("kind", "words"), ("word", "soleil"), ("word", ""), ("word", "mer")];
    assert_eq!(send(&event, &device, "1", &fields).leads().0, 303);
    let stored = &event.enter(Audience::Phone, &device).me().responses[&event.activities[0]].answer;
    assert_eq!(*stored, words(&["soleil", "mer"]));
    assert!(device.get(&event.page("")).body.contains("value=\"soleil\""));
}

#[test]
fn a_form_that_cannot_be_stored_shows_the_page_again_and_why() {
    let house = House::shared();
    let event = Event::new(&house, &[Settings::Choice(strict_poll())]);
    let activity = event.activities[0];
    let device = event.device();
    let (one, two) = ([("kind", "choice"), ("option", "1")], [("kind", "choice"), ("option", "2")]);
    send(&event, &device, "1", &one).expect(422);
    let _studio = event.open(activity);
    for wrong in [&[][..], &[("kind", "choice")], &[("kind", "choice"), ("option", "9")], &[("kind", "words")]] {
        send(&event, &device, "1", wrong).expect(422);
    }
    send(&event, &device, "7", &one).expect(422);
    assert_eq!(send(&event, &house.stranger(), "1", &one).leads(), (303, &*event.page("")), "join first");
    assert_eq!(send(&event, &device, "1", &one).leads().0, 303);
    let answered = send(&event, &device, "1", &two).expect(422);
    assert_eq!(ticked(&answered.body), ["1"], "what was stored stays");
}

#[test]
fn a_part_that_cannot_be_read_is_not_taken_for_one_that_is_absent() {
    let house = House::shared();
    let statements = [(1, "Clear"), (2, "Fair")].map(|(id, text)| PollOption { id, text: text.to_owned() });
    let scale = Scale::Stars { points: 5 };
    let rating = Rating { title: "The rules".to_owned(), statements: statements.into(), scale, changeable: true };
    let choice = Settings::Choice(ChoicePoll { max: 3, other: true, ..strict_poll() });
    let event = Event::new(&house, &[choice, Settings::Rating(rating)]);
    let mut studio = event.open(event.activities[0]);
    let device = event.device();
    let good = [("kind", "choice"), ("option", "1")];
    for wrong in
        [("option", "x"), ("option", "-1"), ("option", "99999"), ("option", ""), ("version", "x"), ("version", "-1")]
    {
        send(&event, &device, "1", &[&good[..], &[wrong]].concat()).expect(422);
    }
    studio.steer(Control::Open { activity: event.activities[1] });
    let to = Event { activities: vec![event.activities[1]], ..event };
    let good = [("kind", "rating"), ("rating-1", "3")];
    for wrong in [
        ("rating-2", "x"),
        ("rating-2", "-1"),
        ("rating-2", "256"),
        ("rating-2", ""),
        ("rating-x", "3"),
        ("rating-", "3"),
    ] {
        send(&to, &device, "1", &[&good[..], &[wrong]].concat()).expect(422);
    }
    assert!(to.enter(Audience::Phone, &device).me().responses.is_empty(), "nothing of it was stored");
    assert_eq!(send(&to, &device, "1", &good).leads().0, 303);
}

#[test]
fn the_same_form_twice_is_one_answer() {
    let house = House::shared();
    let event = Event::new(&house, &[Settings::Choice(strict_poll())]);
    let activity = event.activities[0];
    let device = event.device();
    let mut studio = event.open(activity);
    let (cid, activity) = (cid().to_string(), activity.to_string());
    let form = [("cid", &*cid), ("activity", &activity), ("round", "1"), ("kind", "choice"), ("option", "1")];
    for _ in 0..2 {
        assert_eq!(device.post(&event.page("/respond"), &form).leads().0, 303);
    }
    studio.until("the answer", |studio| studio.results().respondents == Some(1));
}

/// A wall on which texts stand under these names.
fn wall(names: NamePolicy) -> Settings {
    Settings::Open(TextWall { title: "What next?".to_owned(), texts_per_person: None, review: false, names })
}

#[test]
fn a_stored_command_has_its_receipt_whatever_was_edited_since_by_form_and_by_connection() {
    let house = House::shared();
    let event = Event::new(&house, &[poll(), wall(NamePolicy::Either)]);
    let [choice, texts] = event.activities[..] else { panic!("two were made") };
    let mut studio = event.open(choice);
    studio.configure(|settings| settings.state = QaState::Open);

    let device = event.device();
    let ids = [(); 3].map(|()| cid().to_string());
    let by_form = |kind: &str, id: &str| {
        let activity = if kind == "text" { texts } else { choice }.to_string();
        let sent = [("cid", id), ("activity", &activity), ("round", "1")];
        match kind {
            "answer" => {
                device.post(&event.page("/respond"), &[&sent[..], &[("kind", "choice"), ("option", "1")]].concat())
            }
            "text" => {
                device.post(&event.page("/respond"), &[&sent[..], &[("kind", "open"), ("text", "Rest")]].concat())
            }
            _ => device.post(&event.page("/questions"), &[("cid", id), ("do", "ask"), ("text", "Why?"), ("sure", "1")]),
        }
    };
    let mut phone = event.phone();
    let to = ActivityRound { activity: texts, round: 1 };
    let post = |post| ClientMessage::Post { cid: cid(), post };
    let sent = [
        response(choice, 1, pick(1)),
        post(PostCommand::Ask { text: "When?".to_owned(), name: None }),
        post(PostCommand::Send { to, text: "Less".to_owned(), name: None }),
    ];
    let mut receipts = Vec::new();
    for (n, kind) in ["answer", "question", "text"].into_iter().enumerate() {
        if kind == "text" {
            studio.steer(Control::Open { activity: texts });
        }
        assert_eq!(by_form(kind, &ids[n]).status, 303, "{kind}");
        receipts.push(phone.command(&sent[n]));
    }
    assert!(receipts.iter().all(|receipt| matches!(receipt, Outcome::Stored { .. })), "{receipts:?}");

    let edited = |activity, settings: &Settings| {
        let path = event.path(&format!("/activities/{activity}"));
        house.owner().ask("PUT", &path, &json!({"settings": settings})).expect(200);
    };
    let two = ChoicePoll { min: 2, max: 2, ..strict_poll() };
    edited(choice, &Settings::Choice(two));
    edited(texts, &wall(NamePolicy::Named));
    studio.configure(|settings| settings.names = NamePolicy::Named);
    for ended in [false, true] {
        if ended {
            studio.steer(Control::End);
        }
        for (n, kind) in ["answer", "question", "text"].into_iter().enumerate() {
            assert_eq!(by_form(kind, &ids[n]).status, 303, "{kind} again, ended: {ended}");
            assert_eq!(by_form(kind, &cid().to_string()).status, 422, "another {kind}, ended: {ended}");
            assert_eq!(phone.command(&sent[n]), receipts[n], "{kind} again, ended: {ended}");
        }
        let another = phone.command(&post(PostCommand::Ask { text: "When?".to_owned(), name: None }));
        assert_eq!(refused(&another), Some(RefusalCode::Invalid), "ended: {ended}");
    }
}
