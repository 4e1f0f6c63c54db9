//! Archives: what is in them, and what never is.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Cursor, Read},
};

use parterre_protocol::{
    Act, Control, PostCommand, Settings, TextWall,
    posts::{ActivityRound, Label, NamePolicy, PostState, QaState, Queue},
    topics::Audience,
};
use serde_json::{Value, json};

use crate::{
    event::{Event, cloud, pick, poll, words},
    house::House,
    live::{Live, response},
    questions::moderating,
    room_tests,
    schema::problems,
};

const SCHEMA: &str = include_str!("../../../docs/archive.schema.json");

/// The files of an archive by name, as text.
pub(crate) fn unpacked(bytes: &[u8]) -> BTreeMap<String, String> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip file");
    let files = zip.len();
    let read = |place| {
        let mut file = zip.by_index(place).expect("a file");
        let mut text = String::new();
        file.read_to_string(&mut text).expect("text");
        (file.name().expect("a name").into_owned(), text)
    };
    (0..files).map(read).collect()
}

/// The files of an event's archive.
pub(crate) fn archived(event: &Event, query: &str) -> BTreeMap<String, String> {
    unpacked(&event.server.owner().get(&event.path(&format!("/archive{query}"))).expect(200).bytes)
}

pub(crate) fn lines(files: &BTreeMap<String, String>, file: &str) -> Vec<Value> {
    files[file].lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

fn manifest(files: &BTreeMap<String, String>) -> Value {
    serde_json::from_str(&files["archive.json"]).expect("JSON")
}

fn wall() -> Settings {
    let title = "What should we stop doing?".to_owned();
    Settings::Open(TextWall { title, texts_per_person: None, review: false, names: NamePolicy::Either })
}

/// An event in which two people answer a poll in two rounds, and a cloud in one; they write to a
/// wall and ask, one takes a question back, and a moderator looks after all that.
pub(crate) fn story(house: &House) -> (Event<'_>, [Live; 2]) {
    let event = Event::new(house, &[poll(), cloud(), wall()]);
    let [poll, cloud, wall] = event.activities[..] else { panic!("three") };
    let mut studio = event.open(poll);
    let mut phones = [event.phone(), event.phone()];
    for (phone, option) in phones.iter_mut().zip([1, 2]) {
        phone.respond(poll, pick(option));
        phone.respond(poll, pick(1));
    }
    studio.steer(Control::Reset { activity: poll, round: 1 });
    studio.steer(Control::Open { activity: poll });
    phones[0].until("the second round", |phone| phone.stage().activity.is_some_and(|staged| staged.round == 2));
    phones[0].command(&response(poll, 2, pick(2)));
    studio.steer(Control::Open { activity: cloud });
    for (phone, word) in phones.iter_mut().zip(["Sea", "Wordtohide"]) {
        phone.until("the cloud", |phone| phone.staged() == Some(cloud));
        phone.respond(cloud, words(&[word]));
    }
    studio.moderate(Act::HideWord { activity: cloud, word: "Wordtohide".to_owned() });
    studio.steer(Control::Open { activity: wall });
    let to = ActivityRound { activity: wall, round: 1 };
    for (phone, name) in phones.iter_mut().zip([None, Some("Zoé".to_owned())]) {
        phone.until("the wall", |phone| phone.staged() == Some(wall));
        phone.post(PostCommand::Send { to, text: "Late agendas".to_owned(), name });
    }
    let mut moderator = moderating(&event);
    moderator.configure(|settings| {
        (settings.state, settings.review, settings.downvotes) = (QaState::Open, true, true);
        settings.labels = vec![Label { id: 1, name: "Costs".to_owned(), colour: 1, public: false }];
    });
    for (number, author, text) in [(3, 0, "Is travel paid?"), (4, 1, "Who pays travel?"), (5, 1, "Wordtakenback?")] {
        phones[author].ask(text);
        moderator.until("the question", |live| live.moderates(number, |_| true));
    }
    phones[1].post(PostCommand::Withdraw { post: parterre_protocol::PostId::new(5) });
    moderator.moderate(Act::Label { posts: moderator.seen(&[3]), label: 1, on: true });
    moderator.until("the label", |live| live.moderates(3, |post| !post.labels.is_empty()));
    moderator.moderate(Act::Merge { into: moderator.seen(&[3])[0], posts: moderator.seen(&[4]) });
    moderator.until("the part", |live| live.moderates(4, |post| post.merged_into.is_some()));
    let withdrawn = |live: &Live| !live.moderates(5, |_| true);
    moderator.until("that one is taken back", withdrawn);
    moderator.moderate(Act::Move { posts: moderator.seen(&[3]), to: Queue::Published });
    moderator.until("that it is shown", |live| live.moderates(3, |post| post.state == PostState::Published));
    moderator.moderate(Act::Reply { post: moderator.seen(&[3])[0], text: "Yes.".to_owned() });
    moderator.until("the reply", |live| live.moderates(3, |post| post.reply.is_some()));
    moderator.moderate(Act::Hide { posts: moderator.seen(&[1]) });
    moderator.until("that it is hidden", |live| live.moderates(1, |post| post.state == PostState::Hidden));
    moderator.moderate(Act::Restore { posts: moderator.seen(&[1]) });
    moderator.until("that it is back", |live| live.moderates(1, |post| post.state != PostState::Hidden));
    studio.steer(Control::End);
    (event, phones)
}

#[test]
fn every_line_is_as_the_schema_says_and_the_manifest_counts_them() {
    let house = House::shared();
    let (event, _phones) = story(&house);
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    for query in ["", "?people=linked", "?people=unlinked"] {
        let files = archived(&event, query);
        let manifest = manifest(&files);
        assert_eq!(problems(&schema, "archive.json", &manifest), [""; 0]);
        let names: Vec<_> = files.keys().map(String::as_str).collect();
        let expected = ["activities", "acts", "participants", "posts", "responses", "votes"];
        let mut all: Vec<_> = expected.iter().map(|name| format!("{name}.jsonl")).collect();
        all.insert(2, "archive.json".to_owned());
        assert_eq!(names, all);
        for name in expected {
            let file = format!("{name}.jsonl");
            let lines = lines(&files, &file);
            assert_eq!(manifest["lines"][name], lines.len(), "{file} {query}");
            assert!(query.ends_with("unlinked") || !lines.is_empty(), "{file} {query}");
            for line in lines {
                assert_eq!(problems(&schema, &file, &line), [""; 0], "{line}");
            }
        }
    }
}

#[test]
fn it_holds_what_happened_and_the_same_event_makes_the_same_lines() {
    let house = House::shared();
    let (event, _phones) = story(&house);
    let answer = house.owner().get(&event.path("/archive")).expect(200);
    assert_eq!(answer.header("content-type"), "application/zip");
    let name = answer.header("content-disposition");
    assert!(name.starts_with(&format!("attachment; filename=\"{}-archive-20", event.code)), "{name}");
    let files = unpacked(&answer.bytes);
    let (said, responses) = (manifest(&files), lines(&files, "responses.jsonl"));
    assert_eq!(said["event"]["state"], "ended");
    assert_eq!((&said["event"]["participants"], &said["event"]["joined"]), (&json!(2), &json!(2)));
    let places: Vec<_> = responses.iter().map(|line| (line["activity"].as_u64(), line["round"].as_u64())).collect();
    let rounds = [(1, 1), (1, 1), (1, 2), (2, 1), (2, 1)];
    assert_eq!(places, rounds.map(|(activity, round)| (Some(activity), Some(round))), "replaced answers are gone");
    assert!(responses[..2].iter().all(|line| line["answer"] == json!({"kind": "choice", "options": [1]})));
    let posts = lines(&files, "posts.jsonl");
    assert_eq!((&posts[0]["activity"], &posts[1]["name"]), (&json!(3), &json!("Zoé")));
    assert_eq!((&posts[2]["reply"], &posts[2]["labels"]), (&json!("Yes."), &json!([1])));
    assert_eq!((&posts[3]["merged_into"], &posts[4]["state"]), (&json!(3), &json!("withdrawn")));
    assert_eq!(lines(&files, "activities.jsonl")[1]["words"][0]["word"], "Wordtohide");
    let acts = lines(&files, "acts.jsonl");
    assert!(acts.iter().any(|line| line["act"]["do"] == "hide_word" && line["act"]["activity"] == 2), "{acts:?}");
    let mut again = archived(&event, "");
    let former = files.into_iter().filter(|(name, _)| name != "archive.json").collect::<BTreeMap<_, _>>();
    again.remove("archive.json");
    assert_eq!(again, former);
}

#[test]
fn a_person_is_one_number_or_one_for_each_thing_as_is_asked_for() {
    let house = House::shared();
    let (event, _phones) = story(&house);
    // By activity, who answered or wrote; and who has asked.
    let people = |files: &BTreeMap<String, String>| {
        let mut people: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
        for line in lines(files, "responses.jsonl").into_iter().chain(lines(files, "posts.jsonl")) {
            let group = line.get("merged_into").or(line.get("post")).filter(|_| line.get("activity").is_none());
            let place = format!("{:?} {group:?}", line.get("activity"));
            people.entry(place).or_default().insert(line["participant"].as_u64().expect("a number"));
        }
        people
    };
    let linked = people(&archived(&event, ""));
    assert_eq!(linked.values().flatten().copied().collect::<BTreeSet<_>>(), [1, 2].into());
    let files = archived(&event, "?people=unlinked");
    let unlinked = people(&files);
    let numbers: Vec<_> = unlinked.values().flatten().copied().collect();
    assert_eq!(numbers.len(), numbers.iter().collect::<BTreeSet<_>>().len(), "nobody is in two places: {unlinked:?}");
    let sizes = |people: &BTreeMap<String, BTreeSet<u64>>| people.values().map(BTreeSet::len).collect::<Vec<_>>();
    assert_eq!(sizes(&unlinked), sizes(&linked), "one is one, also over the rounds");
    assert_eq!(manifest(&files)["event"]["participants"], numbers.len());
    assert_eq!(files["participants.jsonl"], "");
    // Whoever asked has a vote for it, under the number of the question.
    let votes = lines(&files, "votes.jsonl");
    let whole = votes.iter().find(|line| line["post"] == 3).expect("votes");
    let part = votes.iter().find(|line| line["post"] == 4).expect("votes");
    let posts = lines(&files, "posts.jsonl");
    assert_eq!((&whole["up"], &part["up"]), (&json!([posts[2]["participant"]]), &json!([posts[3]["participant"]])));
}

#[test]
fn nothing_leads_to_a_device_and_what_was_taken_back_is_not_told() {
    let house = House::shared();
    let (past, _phones) = story(&house);
    let event = Event::new(&house, &[poll()]);
    house.owner().ask("PATCH", &event.path(""), &json!({"names": true})).expect(200);
    event.open(event.activities[0]);
    let device = house.stranger();
    device.ask("POST", "/api/v1/join", &json!({"code": event.code, "name": "Ana"})).expect(200);
    let mut entered = event.enter(Audience::Phone, &device);
    entered.catch_up();
    for (query, told) in [("", true), ("?people=unlinked", false)] {
        let files = archived(&event, query);
        let all: String = files.into_values().chain(archived(&past, query).into_values()).collect();
        assert!(!all.contains("Wordtakenback"), "{query}");
        assert_eq!(all.contains("\"name\":\"Ana\""), told, "{query}");
        let ids = |text: &str| uuid::Uuid::try_parse(text).is_ok();
        let found: Vec<_> = all.split(['"', ' ', ',']).filter(|word| word.len() > 30 && ids(word)).collect();
        assert_eq!(found, [""; 0], "{query}");
        for secret in [device.cookie("parterre_device").expect("a token"), "token".to_owned(), "secret".to_owned()] {
            assert!(!all.contains(&secret), "{query}: {secret}");
        }
    }
    house.owner().ask("PATCH", &event.path(""), &json!({"names": false})).expect(200);
    let all: String = archived(&event, "").into_values().collect();
    assert!(!all.contains("\"name\":\"Ana\""), "only where the event asks for names");
}

#[test]
fn it_is_for_facilitators_of_the_event() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let path = event.path("/archive");
    house.other_team().get(&path).expect(404);
    house.stranger().get(&path).expect(401);
    house.owner().get(&event.path("/archive?people=some")).expect(400);
    let empty = archived(&event, "");
    assert_eq!((manifest(&empty)["event"]["state"].as_str(), &*empty["responses.jsonl"]), (Some("draft"), ""));
    let tested = room_tests::begun(&house);
    house.owner().get(&format!("/api/v1/events/{}/archive", tested.id)).expect(404);
}
