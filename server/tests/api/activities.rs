//! `/api/v1/events/{event}/activities` and `…/order`: the rundown.

use parterre_protocol::{
    ActivityId, Answer, ChoicePoll, ClientMessage, Prompt, PromptVersion, RefusalCode, Settings, WordCloud,
    kinds::choice::PollOption,
    limits::{ACTIVITIES_PER_EVENT, TITLE_CHARS},
};
use serde_json::{Value, json};

use crate::{
    event::{Event, cloud, pick, poll, strict_poll, words},
    house::House,
    live::{cid, refused, response},
};

fn rundown(event: &Event) -> Vec<ActivityId> {
    let shown = event.server.owner().get(&event.path("")).expect(200).json();
    let ids = shown["activities"].as_array().expect("a list").iter().map(|activity| activity["id"].clone());
    ids.map(|id| serde_json::from_value(id).expect("an id")).collect()
}

fn path(event: &Event, activity: ActivityId, rest: &str) -> String {
    event.path(&format!("/activities/{activity}{rest}"))
}

fn id(activity: &Value) -> ActivityId {
    serde_json::from_value(activity["id"].clone()).expect("an activity has an id")
}

fn titled(title: &str) -> Value {
    let settings = Settings::Choice(ChoicePoll { title: title.to_owned(), ..strict_poll() });
    json!({"settings": settings})
}

#[test]
fn an_activity_comes_at_the_end_or_after_another() {
    let house = House::shared();
    let event = Event::new(&house, &[poll(), cloud()]);
    let [first, last] = event.activities[..] else { panic!("two were made") };
    let between = json!({"settings": cloud(), "after": first});
    let added = house.owner().ask("POST", &event.path("/activities"), &between).expect(201).json();
    assert_eq!((&added["state"], &added["round"], &added["respondents"]), (&json!("draft"), &json!(1), &json!(0)));
    assert_eq!(rundown(&event), [first, id(&added), last]);
    let nowhere = json!({"settings": cloud(), "after": event.id});
    house.owner().ask("POST", &event.path("/activities"), &nowhere).expect(404);
}

#[test]
fn an_edited_question_reaches_the_room_at_once_but_its_kind_stays() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let activity = event.activities[0];
    let (_studio, mut phone) = (event.open(activity), event.phone());
    house.owner().ask("PUT", &path(&event, activity, ""), &titled("Where instead?")).expect(200);
    phone.until("the new title", |phone| {
        let prompt = phone.stage().activity.map(|activity| activity.prompt);
        matches!(prompt, Some(Prompt::Choice(poll)) if poll.title == "Where instead?")
    });
    let other_kind = house.owner().ask("PUT", &path(&event, activity, ""), &json!({"settings": cloud()}));
    assert_eq!(other_kind.refusal(), (409, "kind".to_owned()));
}

/// Changes an activity, and gives it as it is now.
fn change(event: &Event, activity: ActivityId, settings: &Settings) -> Value {
    event.server.owner().ask("PUT", &path(event, activity, ""), &json!({"settings": settings})).expect(200).json()
}

fn version_of(changed: &Value) -> PromptVersion {
    serde_json::from_value(changed["version"].clone()).expect("a version")
}

/// An answer to the question as it was in this version.
fn answered_at(version: PromptVersion, activity: ActivityId, answer: &Answer) -> ClientMessage {
    ClientMessage::Respond { cid: cid(), activity, round: 1, version, answer: answer.clone() }
}

#[test]
fn an_answer_to_a_question_that_was_changed_counts_only_where_it_says_the_same() {
    let house = House::shared();
    let event = Event::new(&house, &[Settings::Choice(strict_poll())]);
    let choice = event.activities[0];
    let mut studio = event.open(choice);
    let before = strict_poll();
    let [one, two, ..] = &before.options[..] else { panic!("it has two") };
    let option = |id, text: &str| PollOption { id, text: text.to_owned() };
    let change = |settings: &Settings| change(&event, choice, settings);
    // Both options change places by their words, and a third one comes.
    let swapped = vec![option(one.id, &two.text), option(two.id, &one.text), option(9, "Neither")];
    let second = version_of(&change(&Settings::Choice(ChoicePoll { options: swapped.clone(), ..before.clone() })));
    assert_eq!(second, PromptVersion::FIRST.next());
    let why = |version, answer: &Answer| refused(&event.phone().command(&answered_at(version, choice, answer)));
    assert_eq!(why(PromptVersion::FIRST, &pick(one.id)), Some(RefusalCode::Stale));
    assert_eq!(why(second.next(), &pick(one.id)), Some(RefusalCode::Stale), "no page has shown that");
    assert_eq!(why(second, &pick(one.id)), None);
    // Taken away, and one of the same id put there: an answer to the former counts for neither.
    change(&Settings::Choice(ChoicePoll { options: swapped[..2].to_vec(), ..before.clone() }));
    assert_eq!(why(second, &pick(9)), Some(RefusalCode::Stale));
    let back = change(&Settings::Choice(ChoicePoll { options: swapped, ..before.clone() }));
    assert_eq!(why(second, &pick(9)), Some(RefusalCode::Stale));
    assert_ne!(back["settings"]["options"][2]["id"], json!(9));
    // What says the same goes on counting; saved without a change, nothing is another version.
    assert_eq!(why(second, &pick(two.id)), None);
    let same: Settings = serde_json::from_value(back["settings"].clone()).expect("a question");
    assert_eq!(version_of(&change(&same)), version_of(&back));
    let retitled = Settings::Choice(ChoicePoll { title: "Which one not?".to_owned(), ..before.clone() });
    let last = version_of(&change(&retitled));
    assert_eq!(why(version_of(&back), &pick(two.id)), Some(RefusalCode::Stale));
    assert_eq!(why(last, &pick(two.id)), None);
    studio.until("three answers", |studio| studio.results().respondents == Some(3));
}

#[test]
fn words_that_answer_a_former_title_are_refused() {
    let house = House::shared();
    let event = Event::new(&house, &[cloud()]);
    let activity = event.activities[0];
    let _studio = event.open(activity);
    let Settings::Words(asked) = cloud() else { panic!("a cloud") };
    change(&event, activity, &Settings::Words(WordCloud { title: "And what less?".to_owned(), ..asked }));
    assert_eq!(refused(&event.phone().command(&response(activity, 1, words(&["sun"])))), Some(RefusalCode::Stale));
}

#[test]
fn a_copy_stands_behind_its_original_without_answers() {
    let house = House::shared();
    let event = Event::new(&house, &[poll(), cloud()]);
    let [first, last] = event.activities[..] else { panic!("two were made") };
    let _studio = event.open(first);
    event.phone().respond(first, pick(1));
    let copy = house.owner().ask("POST", &path(&event, first, "/duplicate"), &json!({})).expect(201).json();
    assert_eq!((&copy["respondents"], &copy["state"]), (&json!(0), &json!("draft")));
    assert_eq!(copy["settings"], json!(poll()));
    assert_eq!(rundown(&event), [first, id(&copy), last]);
}

#[test]
fn a_deleted_activity_comes_back_to_its_place_with_its_answers() {
    let house = House::shared();
    let (event, owner) = (Event::new(&house, &[cloud(), poll(), cloud()]), house.owner());
    let activity = event.activities[1];
    let (_studio, mut phone) = (event.open(activity), event.phone());
    phone.respond(activity, pick(2));

    owner.ask("DELETE", &path(&event, activity, ""), &json!({})).expect(204);
    assert_eq!(rundown(&event), [event.activities[0], event.activities[2]]);
    phone.until("it is off the stage", |phone| phone.staged().is_none());
    owner.ask("DELETE", &path(&event, activity, ""), &json!({})).expect(404);
    owner.ask("PUT", &path(&event, activity, ""), &titled("Gone")).expect(404);

    owner.ask("POST", &path(&event, activity, "/restore"), &json!({})).expect(204);
    assert_eq!(rundown(&event), event.activities);
    let shown = owner.get(&event.path("")).json();
    assert_eq!(shown["activities"][1]["respondents"], json!(1));
}

#[test]
fn an_order_is_taken_only_when_it_names_every_activity_once() {
    let house = House::shared();
    let event = Event::new(&house, &[poll(), cloud(), poll()]);
    let [a, b, c] = event.activities[..] else { panic!("three were made") };
    let order = |ids: &[ActivityId]| house.owner().ask("PUT", &event.path("/order"), &json!({"activities": ids}));
    order(&[c, a, b]).expect(204);
    assert_eq!(rundown(&event), [c, a, b]);
    let other = Event::new(&house, &[poll()]).activities[0];
    for stale in [&[a, b][..], &[a, b, c, c], &[a, b, b], &[a, b, other], &[]] {
        assert_eq!(order(stale).refusal(), (409, "stale".to_owned()), "{stale:?}");
    }
    assert_eq!(rundown(&event), [c, a, b]);
}

#[test]
fn a_rundown_has_an_end() {
    let house = House::shared();
    let event = Event::new(&house, &[cloud()]);
    let copy = || house.owner().ask("POST", &path(&event, event.activities[0], "/duplicate"), &json!({}));
    for _ in 1..ACTIVITIES_PER_EVENT {
        copy().expect(201);
    }
    assert_eq!(copy().refusal(), (409, "full".to_owned()));
    assert_eq!(rundown(&event).len(), ACTIVITIES_PER_EVENT);
}

#[test]
fn what_is_wrong_with_a_question_is_said_with_its_key_and_arguments() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let refusal = |settings: Settings| {
        let body = json!({"settings": settings});
        let refusal = house.owner().ask("POST", &event.path("/activities"), &body).expect(422).json();
        (refusal["code"].as_str().expect("a code").to_owned(), refusal["args"].clone())
    };
    let option = |id, text: &str| PollOption { id, text: text.to_owned() };
    let long = ChoicePoll { title: "x".repeat(TITLE_CHARS + 1), ..strict_poll() };
    let args = json!({"field": "title", "max": TITLE_CHARS, "length": TITLE_CHARS + 1});
    assert_eq!(refusal(Settings::Choice(long)), ("problem.too_long".to_owned(), args));
    let alike = ChoicePoll { options: vec![option(1, "Sea"), option(2, "Sea")], ..strict_poll() };
    let (code, args) = refusal(Settings::Choice(alike));
    assert_eq!((code.as_str(), &args["value"]), ("problem.duplicate", &json!("Sea")));
    let lonely = ChoicePoll { options: vec![option(1, "Sea")], ..strict_poll() };
    let (code, args) = refusal(Settings::Choice(lonely));
    assert_eq!((code.as_str(), &args["min"], &args["value"]), ("problem.out_of_range", &json!(2), &json!(1)));
    let nameless = ChoicePoll { title: " ".to_owned(), ..strict_poll() };
    assert_eq!(refusal(Settings::Choice(nameless)), ("problem.empty".to_owned(), json!({"field": "title"})));
    let malformed = house.owner().ask("POST", &event.path("/activities"), &json!({"settings": {"kind": "dance"}}));
    assert_eq!(malformed.refusal(), (400, "malformed".to_owned()));
}
