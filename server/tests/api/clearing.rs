//! `POST /api/v1/events/{event}/clear`, and what everyone who is connected sees of it.

use parterre_protocol::{Control, Outcome, RefusalCode, posts::QaState, topics::EventState};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    event::{Event, pick, poll},
    house::House,
    live::{refused, response},
    questions::moderating,
};

fn clear(event: &Event, cid: Uuid, activity: Value) -> crate::browser::HttpResponse {
    event.server.owner().ask("POST", &event.path("/clear"), &json!({"cid": cid, "activity": activity}))
}

fn counts(event: &Event) -> Value {
    event.server.owner().get(&event.path("/answers")).expect(200).json()
}

#[test]
fn after_a_rehearsal_nothing_of_it_is_left_on_any_page() {
    let house = House::shared();
    let event = Event::new(&house, &[poll(), poll()]);
    let mut studio = moderating(&event);
    studio.configure(|settings| (settings.state, settings.review) = (QaState::Open, false));
    let mut phone = event.phone();
    studio.steer(Control::Open { activity: event.activities[0] });
    phone.until("the open poll", |phone| phone.stage().activity.is_some_and(|staged| staged.round == 1));
    assert!(matches!(phone.respond(event.activities[0], pick(1)), Outcome::Stored { .. }));
    phone.ask("Who pays?");
    phone.until("the own question", |phone| phone.own(1).is_some());
    studio.until("the answer", |studio| studio.results().respondents == Some(1));
    let before = counts(&event);
    assert_eq!((&before["answers"], &before["questions"], &before["participants"]), (&json!(1), &json!(1), &json!(1)));

    clear(&event, Uuid::new_v4(), Value::Null).expect(204);
    studio.until("the draft", |studio| studio.stage().event.state == EventState::Draft);
    studio.until("no question", |studio| studio.moderation().posts.is_empty());
    let rundown = studio.stage().rundown.expect("a studio sees it");
    assert_eq!((rundown[0].respondents, rundown[0].round, rundown[1].round), (Some(0), 2, 1));
    phone.until("no question of one's own", |phone| phone.own(1).is_none());
    let after = counts(&event);
    assert_eq!((&after["answers"], &after["questions"]), (&json!(0), &json!(0)));
    assert_eq!(after["participants"], json!(1), "who is here still counts");
    assert_eq!(house.owner().get(&event.path("/ledger")).expect(200).json()["acts"], json!([]));
}

#[test]
fn answers_of_one_activity_go_and_people_answer_again() {
    let house = House::shared();
    let event = Event::new(&house, &[poll(), poll()]);
    let mut phone = event.phone();
    let mut studio = event.open(event.activities[0]);
    phone.until("the open poll", |phone| phone.stage().activity.is_some());
    phone.respond(event.activities[0], pick(1));
    let cid = Uuid::new_v4();
    clear(&event, cid, json!(event.activities[0])).expect(204);
    studio.until("no answer", |studio| studio.results().round == 2 && studio.results().respondents == Some(0));
    phone.until("the next round", |phone| phone.stage().activity.is_some_and(|staged| staged.round == 2));
    assert_eq!(counts(&event)["answers"], json!(0));
    let late = phone.respond(event.activities[0], pick(2));
    assert_eq!(refused(&late), Some(RefusalCode::Round), "it is of the round that is over");
    let answer = phone.command(&response(event.activities[0], 2, pick(2)));
    assert!(matches!(answer, Outcome::Stored { .. }));
    clear(&event, cid, json!(event.activities[0])).expect(204);
    assert_eq!(counts(&event)["answers"], json!(1), "a request that comes again clears nothing");
    assert_eq!(refused(&phone.respond(event.activities[1], pick(2))), Some(RefusalCode::Closed));
}

#[test]
fn only_the_event_s_own_team_clears_it() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let body = json!({"cid": Uuid::new_v4()});
    assert_eq!(house.other_team().ask("POST", &event.path("/clear"), &body).refusal().0, 404);
    assert_eq!(house.stranger().ask("POST", &event.path("/clear"), &body).refusal().0, 401);
    assert_eq!(house.other_team().get(&event.path("/answers")).refusal().0, 404);
    assert_eq!(clear(&event, Uuid::new_v4(), json!(Uuid::new_v4())).refusal().0, 404);
}
