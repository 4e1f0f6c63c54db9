//! `POST /api/v1/events/{event}/duplicate`, and `…/activities/copy`.

use parterre_protocol::{Control, posts::QaState};
use serde_json::{Value, json};

use crate::{
    event::{Event, cloud, poll},
    house::House,
    questions::moderating,
};

#[test]
fn a_duplicate_is_a_draft_with_the_same_activities_and_a_code_of_its_own() {
    let house = House::shared();
    let owner = house.owner();
    let event = Event::new(&house, &[poll(), cloud()]);
    owner.ask("PATCH", &event.path(""), &json!({"names": true, "language": "fr"})).expect(200);
    moderating(&event).configure(|settings| settings.state = QaState::Closed);
    let mut studio = event.open(event.activities[0]);
    studio.steer(Control::End);

    let made = owner.ask("POST", &event.path("/duplicate"), &json!({})).expect(201).json();
    assert_eq!((&made["name"], &made["state"]), (&json!("Annual meeting"), &json!("draft")));
    assert_eq!((&made["names"], &made["language"]), (&json!(true), &json!("fr")));
    assert_ne!(made["code"], json!(event.code));
    let path = format!("/api/v1/events/{}", made["id"].as_str().expect("an id"));
    let copy = owner.get(&path).expect(200).json();
    let original = owner.get(&event.path("")).expect(200).json();
    let settings = |event: &Value| {
        let activities = event["activities"].as_array().expect("a list");
        activities.iter().map(|activity| activity["settings"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(settings(&copy), settings(&original));
    assert_eq!(copy["activities"][0]["state"], "draft");
    let named = owner.ask("POST", &event.path("/duplicate"), &json!({"name": " Next  year "})).expect(201).json();
    assert_eq!(named["name"], "Next year");
}

#[test]
fn a_code_is_kept_for_the_duplicate_unless_people_are_using_it() {
    let house = House::shared();
    let owner = house.owner();
    let event = Event::new(&house, &[poll()]);
    let keep = json!({"code": "keep"});
    let joined = || {
        let joined = house.stranger().ask("POST", "/api/v1/join", &json!({"code": event.code})).expect(200).json();
        joined["event"]["id"].clone()
    };
    let mut studio = event.studio();
    studio.steer(Control::Start);
    let refused = owner.ask("POST", &event.path("/duplicate"), &keep);
    assert_eq!(refused.refusal(), (409, "live".to_owned()));
    assert_eq!(joined(), json!(event.id));

    studio.steer(Control::End);
    let made = owner.ask("POST", &event.path("/duplicate"), &keep).expect(201).json();
    assert_eq!((&made["code"], joined()), (&json!(event.code), made["id"].clone()));
    studio.until("the original's other code", |studio| studio.stage().event.code != event.code);
}

#[test]
fn only_events_of_the_own_team_are_duplicated() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    assert_eq!(house.other_team().ask("POST", &event.path("/duplicate"), &json!({})).refusal().0, 404);
    assert_eq!(house.stranger().ask("POST", &event.path("/duplicate"), &json!({})).refusal().0, 401);
    let refused = house.owner().ask("POST", &event.path("/duplicate"), &json!({"name": "x".repeat(121)}));
    assert_eq!(refused.refusal(), (422, "problem.too_long".to_owned()));
    assert_eq!(house.owner().ask("POST", &event.path("/duplicate"), &json!({"code": "other"})).refusal().0, 400);
}

#[test]
fn chosen_activities_are_copied_to_the_end_of_another_event_all_or_none() {
    let house = House::shared();
    let owner = house.owner();
    let (from, to) = (Event::new(&house, &[poll(), cloud(), poll()]), Event::new(&house, &[poll()]));
    let mut studio = to.studio();
    let chosen = json!({"from": from.id, "activities": [from.activities[2], from.activities[1]]});
    let copied = owner.ask("POST", &to.path("/activities/copy"), &chosen).expect(201).json();
    studio.until("the copies", |studio| studio.stage().rundown.is_some_and(|all| all.len() == 3));
    let rundown = studio.stage().rundown.expect("a studio sees it");
    assert_eq!(json!([rundown[1].id, rundown[2].id]), copied["activities"]);
    assert_eq!((&rundown[1].settings, &rundown[2].settings), (&cloud(), &poll()), "in the order that they had");

    let gone = json!({"from": from.id, "activities": [from.activities[0], to.activities[0]]});
    assert_eq!(owner.ask("POST", &to.path("/activities/copy"), &gone).refusal().0, 404);
    let other = Event::new(&house, &[]);
    let many = json!({"from": to.id, "activities": [to.activities[0]]});
    assert_eq!(house.other_team().ask("POST", &other.path("/activities/copy"), &many).refusal().0, 404);
    assert_eq!(owner.get(&to.path("")).expect(200).json()["activities"].as_array().map(Vec::len), Some(3));
}
