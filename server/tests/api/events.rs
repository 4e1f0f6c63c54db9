//! `/api/v1/events`: make, rename, delete, bring back.

use parterre_protocol::limits::EVENT_NAME_CHARS;
use serde_json::{Value, json};

use crate::{
    browser::{Browser, HttpResponse},
    event::{Event, poll},
    house::House,
};

fn listed(owner: &Browser, event: &Event) -> Option<Value> {
    let all = owner.get("/api/v1/events").expect(200).json();
    let all = all["events"].as_array().expect("a list").clone();
    all.into_iter().find(|listed| listed["id"] == json!(event.id))
}

#[test]
fn an_event_is_made_with_a_code_that_one_can_join_by() {
    let house = House::shared();
    let owner = house.owner();
    let made = owner.ask("POST", "/api/v1/events", &json!({"name": "  Annual   meeting "})).expect(201).json();
    assert_eq!((&made["name"], &made["state"]), (&json!("Annual meeting"), &json!("draft")));
    house.stranger().ask("POST", "/api/v1/join", &json!({"code": made["code"]})).expect(200);
    let chosen = owner.ask("POST", "/api/v1/events", &json!({"name": "Chosen", "code": "chosen"})).expect(201).json();
    assert_eq!(chosen["code"], "CHOSEN");
}

#[test]
fn an_event_has_the_language_that_is_said_until_it_is_taken_away() {
    let house = House::shared();
    let owner = house.owner();
    let made = owner.ask("POST", "/api/v1/events", &json!({"name": "Réunion", "language": " fr "})).expect(201).json();
    assert_eq!(made["language"], "fr");
    let path = format!("/api/v1/events/{}", made["id"].as_str().expect("an id"));
    let steps = [
        (json!({"name": "Reunião"}), json!("fr")),
        (json!({"language": "pt-BR"}), json!("pt-BR")),
        (json!({"language": ""}), Value::Null),
    ];
    for (change, language) in steps {
        assert_eq!(owner.ask("PATCH", &path, &change).expect(200).json()["language"], language, "{change}");
        assert_eq!(owner.get(&path).expect(200).json()["event"]["language"], language, "{change}");
    }
    for (method, path) in [("POST", "/api/v1/events"), ("PATCH", path.as_str())] {
        let refused = owner.ask(method, path, &json!({"name": "Meeting", "language": "french\""})).expect(422).json();
        assert_eq!(refused["code"], "problem.language");
    }
}

#[test]
fn the_list_tells_how_much_an_event_holds() {
    let house = House::shared();
    let event = Event::new(&house, &[poll(), poll()]);
    let (mut studio, phone) = (event.studio(), event.phone());
    phone.leave();
    // Who is here is counted at once; who was here, once that is stored.
    studio.until("the one who came", |studio| (studio.presence().here, studio.presence().joined) == (0, 1));
    let listed = listed(&house.owner(), &event).expect("it is there");
    assert_eq!((&listed["activities"], &listed["participants"]), (&json!(2), &json!(1)));
    assert!(listed["created_at"].as_i64().is_some(), "{listed}");
}

#[test]
fn a_change_changes_what_it_names_and_everyone_connected_sees_it() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let mut phone = event.phone();
    let changed = house.owner().ask("PATCH", &event.path(""), &json!({"name": "Renamed"})).expect(200).json();
    assert_eq!((&changed["name"], &changed["code"]), (&json!("Renamed"), &json!(event.code)));
    phone.until("the new name", |phone| phone.stage().event.name == "Renamed");
    house.owner().ask("PATCH", &event.path(""), &json!({"code": "moved"})).expect(200);
    phone.until("the new code", |phone| phone.stage().event.code == "MOVED");
    house.stranger().get("/e/MOVED").expect(200);
}

#[test]
fn a_former_code_leads_on_until_another_event_has_it() {
    let house = House::shared();
    let (event, other) = (Event::new(&house, &[]), Event::new(&house, &[]));
    let code =
        |event: &Event, code: &str| house.owner().ask("PATCH", &event.path(""), &json!({"code": code})).expect(200);
    let joined = |code: &str| {
        house.stranger().ask("POST", "/api/v1/join", &json!({"code": code})).expect(200).json()["event"].clone()
    };
    code(&event, "tulips");
    code(&event, "roses");
    for former in [&event.code, "TULIPS", "ROSES"] {
        assert_eq!(joined(former)["code"], json!("ROSES"), "{former}");
        for page in ["", "/screen", "/qr.svg"] {
            house.stranger().get(&format!("/e/{former}{page}")).expect(200);
        }
    }
    code(&other, "tulips");
    assert_eq!(joined("TULIPS")["id"], json!(other.id));
    house.owner().ask("DELETE", &other.path(""), &json!({})).expect(204);
    assert_eq!(joined("TULIPS")["id"], json!(event.id));
    house.owner().ask("DELETE", &event.path(""), &json!({})).expect(204);
    house.stranger().get(&event.page("")).expect(404);
}

#[test]
fn a_code_belongs_to_one_event_at_a_time() {
    let house = House::shared();
    let owner = house.owner();
    let (first, second) = (Event::new(&house, &[]), Event::new(&house, &[]));
    let taken = (409, "code_taken".to_owned());
    assert_eq!(owner.ask("POST", "/api/v1/events", &json!({"name": "x", "code": first.code})).refusal(), taken);
    assert_eq!(owner.ask("PATCH", &second.path(""), &json!({"code": first.code})).refusal(), taken);

    owner.ask("DELETE", &first.path(""), &json!({})).expect(204);
    owner.ask("PATCH", &second.path(""), &json!({"code": first.code})).expect(200);
    let refusal = owner.ask("POST", &first.path("/restore"), &json!({}));
    assert_eq!(refusal.refusal(), taken);
    assert!(refusal.body.contains("Give that event another code"), "{}", refusal.body);
    owner.ask("PATCH", &second.path(""), &json!({"code": second.code})).expect(200);
    owner.ask("POST", &first.path("/restore"), &json!({})).expect(204);
}

#[test]
fn a_deleted_event_is_gone_for_everyone_until_it_is_brought_back() {
    let house = House::shared();
    let (event, owner) = (Event::new(&house, &[poll()]), house.owner());
    owner.ask("DELETE", &event.path(""), &json!({})).expect(204);
    assert_eq!(listed(&owner, &event), None);
    for path in [event.page(""), event.page("/screen"), event.path(""), format!("/studio/events/{}", event.id)] {
        owner.get(&path).expect(404);
    }
    owner.ask("DELETE", &event.path(""), &json!({})).expect(404);

    owner.ask("POST", &event.path("/restore"), &json!({})).expect(204);
    assert!(listed(&owner, &event).is_some());
    assert_eq!(owner.get(&event.path("")).expect(200).json()["activities"][0]["id"], json!(event.activities[0]));
    assert_eq!(event.phone().stage().event.id, event.id);
}

#[test]
fn what_is_wrong_is_said_with_the_catalogue_s_key_and_its_arguments() {
    let house = House::shared();
    let make = |event: &Value| house.owner().ask("POST", "/api/v1/events", event);
    let problem = |answer: HttpResponse| {
        let body = answer.expect(422).json();
        assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
        (body["code"].as_str().expect("a code").to_owned(), body["args"].clone())
    };
    let long = "é".repeat(EVENT_NAME_CHARS + 1);
    assert_eq!(problem(make(&json!({"name": " "}))), ("problem.empty".to_owned(), json!({"field": "name"})));
    let too_long = json!({"field": "name", "max": EVENT_NAME_CHARS, "length": EVENT_NAME_CHARS + 1});
    assert_eq!(problem(make(&json!({"name": long}))), ("problem.too_long".to_owned(), too_long));
    let (code, _) = problem(make(&json!({"name": "x", "code": "TULIP5"})));
    assert_eq!(code, "problem.code_letters");
    let (code, args) = problem(make(&json!({"name": "x", "code": "ABC"})));
    assert_eq!((code.as_str(), &args["field"], &args["value"]), ("problem.out_of_range", &json!("code"), &json!(3)));
    assert_eq!(make(&json!({"code": "NAMELESS"})).refusal(), (400, "malformed".to_owned()));
}

#[test]
fn an_address_that_is_no_id_is_not_there() {
    let house = House::shared();
    for path in ["/api/v1/events/1", "/api/v1/events/TULIP", "/api/v1/events/00000000-0000-0000-0000-000000000000"] {
        house.owner().get(path).expect(404);
    }
}
