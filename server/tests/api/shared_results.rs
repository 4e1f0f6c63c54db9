//! What of an event's results is shown to others than its facilitators.

use parterre_protocol::{Control, posts::QaState, topics::Audience};
use serde_json::{Value, json};

use crate::{
    event::{Event, cloud, pick, poll, words},
    house::House,
    live::cid,
};

/// What is shared from now on, as the facilitator says it.
fn share(event: &Event, house: &House, wanted: &Value) -> Value {
    house.owner().ask("PATCH", &event.path("/shared-results"), wanted).expect(200).json()
}

#[test]
fn a_link_shows_what_was_chosen_until_it_is_taken_away() {
    let house = House::shared();
    let event = Event::new(&house, &[poll(), cloud()]);
    let mut studio = event.open(event.activities[0]);
    event.phone().respond(event.activities[0], pick(1));
    studio.steer(Control::Open { activity: event.activities[1] });
    event.phone().respond(event.activities[1], words(&["heliotrope"]));
    studio.steer(Control::End);

    let chosen =
        json!({"activities": [event.activities[0]], "questions": false, "on_phones": false, "link": {"days": 90}});
    let shared = share(&event, &house, &chosen);
    let url = shared["link"]["url"].as_str().expect("a link").to_owned();
    let path = format!("/r/{}", url.rsplit('/').next().expect("a token"));
    let page = house.stranger().get(&path).expect(200);
    assert!(page.body.contains("By the sea"), "{}", page.body);
    assert!(!page.body.contains("heliotrope"), "only what was chosen");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert!(page.header("x-robots-tag").contains("noindex"));

    let again = share(
        &event,
        &house,
        &json!({"activities": event.activities, "questions": false, "on_phones": false, "link": {"days": 1}}),
    );
    assert_eq!(again["link"]["url"], url.as_str(), "the link stays the same");
    assert!(house.stranger().get(&path).body.contains("heliotrope"));
    let without = share(&event, &house, &json!({"link": null}));
    assert_eq!(without.get("link"), None);
    house.stranger().get(&path).expect(404);
    let another = share(&event, &house, &chosen);
    assert_ne!(another["link"]["url"], url.as_str(), "what was revoked stays so");
    house.stranger().get(&path).expect(404);
    house.stranger().get("/r/AAAA").expect(404);
}

#[test]
fn others_read_published_questions_without_the_names_of_those_who_asked() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let mut studio = event.open(event.activities[0]);
    studio.configure(|settings| (settings.state, settings.review) = (QaState::Open, false));
    let (cid, device) = (cid().to_string(), event.device());
    let asked = [("cid", &*cid), ("do", "ask"), ("text", "Who pays?"), ("name", "Hildegard"), ("sure", "1")];
    assert_eq!(device.post(&event.page("/questions"), &asked).leads().0, 303);
    let shared = share(&event, &house, &json!({"questions": true, "link": {"days": 1}}));
    let url = shared["link"]["url"].as_str().expect("a link");
    let page = house.stranger().get(&format!("/r/{}", url.rsplit('/').next().expect("a token"))).expect(200).body;
    assert!(page.contains("Who pays?"), "{page}");
    assert!(!page.contains("Hildegard") && !page.contains("By the sea"), "{page}");
    assert!(house.owner().get(&event.path("/results")).expect(200).body.contains("Hildegard"), "the name was given");
}

#[test]
fn phones_see_shared_results_once_the_event_has_ended_with_their_own_answers() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let mut studio = event.open(event.activities[0]);
    let device = event.device();
    event.enter(Audience::Phone, &device).respond(event.activities[0], pick(1));
    share(&event, &house, &json!({"activities": event.activities, "questions": false, "on_phones": true}));
    device.get(&event.page("/results")).expect(404);
    studio.steer(Control::End);
    assert!(device.get(&event.page("")).body.contains(&event.page("/results")));
    let own = device.get(&event.page("/results")).expect(200).body;
    assert!(own.contains("class=\"own\""), "{own}");
    let other = house.stranger().get(&event.page("/results")).expect(200).body;
    assert!(!other.contains("class=\"own\""), "{other}");
    let phone = event.enter(Audience::Phone, &device);
    assert!(phone.stage().event.results_shared);
}

#[test]
fn only_who_runs_the_event_says_what_is_shared_and_only_of_what_is_there() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let other = Event::new(&house, &[poll()]);
    let wanted = |activity, days| json!({"activities": [activity], "questions": true, "on_phones": true, "link": {"days": days}});
    let path = event.path("/shared-results");
    house.stranger().ask("PATCH", &path, &wanted(event.activities[0], 1)).expect(401);
    house.stranger().get(&path).expect(401);
    let desk = house.owner();
    assert_eq!(desk.ask("PATCH", &path, &wanted(other.activities[0], 1)).refusal().0, 404);
    for days in [0, 367] {
        assert_eq!(desk.ask("PATCH", &path, &wanted(event.activities[0], days)).refusal().0, 422, "{days}");
    }
    assert_eq!(desk.get(&path).expect(200).json(), json!({"activities": [], "questions": false, "on_phones": false}));
}
