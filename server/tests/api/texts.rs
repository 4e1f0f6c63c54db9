//! When texts are the same and when one is empty, at every door: `docs/protocol.md`, “Texts”.

use argon2::{Argon2, PasswordHasher};
use parterre_domain::{
    ids::{MemberId, WorkspaceId},
    member::{Email, Member, Role},
};
use parterre_protocol::{
    Answer, Choice, ChoicePoll, Outcome, PostCommand, RefusalCode, Settings, Tally, WordCloud, WordsTally,
    kinds::choice::PollOption,
    limits::{OPTION_CHARS, POST_CHARS, WORD_CHARS, bytes_of},
    posts::{Label, NamePolicy, QaState, WordFilter},
    topics::Topic,
};
use parterre_system::random;
use serde_json::{Value, json};

use crate::{
    PROGRAM,
    browser::{Browser, HttpResponse as Reply},
    data::{Data, THEN},
    event::{Event, cloud, strict_poll, words},
    house::House,
    live::{Live, refused},
    questions::moderating,
    room_tests::{begun, measures, reading},
    timed::{EMAIL, Timed},
};

/// Texts in which nothing can be seen, one of each kind.
const UNSEEN: [&str; 8] = [
    "\u{3164}",
    "\u{2800}\u{2800}",
    "\u{ad}",
    "\u{fe0f}\u{200d}",
    "\u{e0041}\u{e007f}",
    "\u{202e}\u{2069}",
    "\u{115f}\u{1160}\u{ffa0}",
    "\u{301}",
];
const FAMILY: &str = "👨‍👩‍👧‍👦";

fn refusal(reply: Reply) -> (u16, String) {
    reply.refusal()
}

fn option(id: u16, text: &str) -> PollOption {
    PollOption { id, text: text.to_owned() }
}

fn poll_of(texts: [&str; 2]) -> Settings {
    let options = vec![option(1, texts[0]), option(2, texts[1])];
    Settings::Choice(ChoicePoll { options, ..strict_poll() })
}

fn message(outcome: Outcome) -> String {
    match outcome {
        Outcome::Refused { code: RefusalCode::Invalid, message } => message,
        outcome => panic!("not refused: {outcome:?}"),
    }
}

fn tally(live: &Live) -> Option<(Vec<(String, u32)>, u32)> {
    match live.results().tally? {
        Tally::Words(WordsTally { words, distinct }) => Some((words.into_iter().collect(), distinct)),
        _ => None,
    }
}

#[test]
fn what_cannot_be_seen_is_refused_in_words_or_is_nothing_at_every_door() {
    let house = House::shared();
    let (event, owner) = (Event::new(&house, &[cloud()]), house.owner());
    let empty = (422, "problem.empty".to_owned());
    let other = event.add(&Settings::Choice(ChoicePoll { other: true, ..strict_poll() }));
    let mut studio = event.open(other);
    let mut moderator = moderating(&event);
    moderator.configure(|settings| (settings.state, settings.names) = (QaState::Open, NamePolicy::Named));
    let mut phone = event.phone();
    phone.until("that questions are taken", |phone| phone.stage().qa.state == QaState::Open);
    let room_test = begun(&house);
    let in_room = room_test.device();
    let asks = owner.ask("POST", "/api/v1/events", &json!({"name": "Named", "names": true})).expect(201).json();
    for text in UNSEEN {
        let activity =
            |asked: Settings| refusal(owner.ask("POST", &event.path("/activities"), &json!({"settings": asked})));
        let title = text.to_owned();
        assert_eq!(activity(Settings::Choice(ChoicePoll { title: title.clone(), ..strict_poll() })), empty, "{text:?}");
        assert_eq!(activity(Settings::Words(WordCloud { title, words_per_person: 1 })), empty, "{text:?}");
        assert_eq!(activity(poll_of(["Sea", text])), empty, "{text:?}");
        assert_eq!(refusal(owner.ask("POST", "/api/v1/events", &json!({"name": text}))), empty, "{text:?}");
        let link = json!({"kind": "moderator", "name": text, "hours": 1, "scope": "full"});
        assert_eq!(refusal(owner.ask("POST", &event.path("/links"), &link)), empty, "{text:?}");
        let joins = house.stranger().ask("POST", "/api/v1/join", &json!({"code": asks["code"], "name": text}));
        assert_eq!(joins.refusal().1, "name_needed", "{text:?}");

        let label = Label { id: 1, name: text.to_owned(), colour: 1, public: true };
        let mut settings = moderator.moderation().settings;
        settings.labels = vec![label];
        let act = parterre_protocol::Act::Configure { version: settings.version, settings: settings.into() };
        assert!(message(moderator.act(act)).contains("label must not be empty"), "{text:?}");

        let ask = |text: &str, name: &str| PostCommand::Ask { text: text.to_owned(), name: Some(name.to_owned()) };
        assert!(message(phone.post(ask(text, "Ann"))).contains("text must not be empty"), "{text:?}");
        assert!(message(phone.post(ask("Who pays?", text))).contains("Give yours"), "{text:?}");
        let own = Answer::Choice(Choice { options: Vec::new(), other: Some(text.to_owned()) });
        assert_eq!(refused(&phone.respond(other, own)), Some(RefusalCode::Invalid), "{text:?}");

        let placed = reading(text, &measures(20.0));
        let answer = in_room.ask("POST", &room_test.path("/readings"), &placed);
        assert_eq!(refusal(answer), empty, "{text:?}");
    }
    in_room.ask("POST", &room_test.path("/readings"), &reading(" ", &measures(20.0))).expect(201);
    let cloud = event.activities[0];
    studio.steer(parterre_protocol::Control::Open { activity: cloud });
    studio.until("the cloud", |studio| studio.staged() == Some(cloud));
    phone.until("the cloud", |phone| phone.staged() == Some(cloud));
    for text in UNSEEN {
        assert!(matches!(phone.respond(cloud, words(&[text, " "])), Outcome::Stored { .. }), "{text:?}");
    }
    assert!(matches!(phone.respond(cloud, words(&["mer", UNSEEN[0]])), Outcome::Stored { .. }));
    studio.until("one word", |studio| tally(studio).is_some_and(|(words, _)| words == [("mer".to_owned(), 1)]));
}

#[test]
fn options_and_labels_that_look_the_same_are_refused_by_both_of_their_names() {
    let house = House::shared();
    let (event, owner) = (Event::new(&house, &[]), house.owner());
    let mut moderator = moderating(&event);
    for (first, value) in [
        ("Don’t know", "Don't know"),
        ("Ｙｅｓ", "yes"),
        ("Straße", "STRASSE"),
        ("❤\u{fe0f}", "❤"),
        ("İzmir", "izmir"),
        ("bus\u{ad}stop", "busstop"),
    ] {
        let body = json!({"settings": poll_of([first, value])});
        let answer = owner.ask("POST", &event.path("/activities"), &body).expect(422).json();
        assert_eq!(answer["code"], "problem.alike", "{answer}");
        assert_eq!((&answer["args"]["first"], &answer["args"]["value"]), (&json!(first), &json!(value)), "{answer}");
        let mut settings = moderator.moderation().settings;
        let label = |id, name: &str| Label { id, name: name.to_owned(), colour: 1, public: true };
        settings.labels = vec![label(1, first), label(2, value)];
        let told = message(
            moderator.act(parterre_protocol::Act::Configure { version: settings.version, settings: settings.into() }),
        );
        assert!(told.contains(&format!("{first:?}")) && told.contains(&format!("{value:?}")), "{told}");
    }
    let same = owner.ask("POST", &event.path("/activities"), &json!({"settings": poll_of(["Sea", "Sea\u{200b}"])}));
    assert_eq!(same.refusal(), (422, "problem.duplicate".to_owned()));
    for others in [["2²", "22"], ["C", "C++"], ["Yes", "Yes!"], ["pêche", "péché"]] {
        owner.ask("POST", &event.path("/activities"), &json!({"settings": poll_of(others)})).expect(201);
    }
}

#[test]
fn a_word_is_one_in_all_its_spellings() {
    let house = House::shared();
    let spellings = [
        ["l’eau", "l'eau", "LʼEAU!"],
        ["ＡＩ", "AI", "ai"],
        ["البحر؟", "البحر", "الـبـحـر"],
        ["İzmir", "izmir", "IZMIR"],
        ["STRASSE", "straße", "Straſſe"],
        ["❤\u{fe0f}", "❤", "❤\u{fe0e}"],
        ["海！", "海", "「海」"],
        ["میخواهم", "می\u{200c}خواهم", "می\u{200c}خواهم؟"],
        ["ΣΑΣ", "σας", "σασ"],
        ["!!!", "！！！", "!\u{200b}!!"],
    ];
    let event = Event::new(&house, &[Settings::Words(WordCloud { title: "A word?".to_owned(), words_per_person: 10 })]);
    let activity = event.activities[0];
    let mut studio = event.open(activity);
    for turn in 0..3 {
        let said: Vec<_> = spellings.iter().map(|words| words[turn]).collect();
        assert!(matches!(event.phone().respond(activity, words(&said)), Outcome::Stored { .. }));
    }
    studio.until("all words", |studio| {
        tally(studio).is_some_and(|(words, _)| words.iter().map(|(_, n)| n).sum::<u32>() == 30)
    });
    let (all, distinct) = tally(&studio).expect("a cloud");
    assert_eq!((all.len(), distinct), (spellings.len(), 10), "{all:?}");
    assert!(all.iter().all(|(_, count)| *count == 3), "{all:?}");
    // One person who says one of them in all spellings has said it once; a joiner survives where it
    // is shown.
    let mut phone = event.phone();
    assert!(matches!(phone.respond(activity, words(&spellings[7][1..])), Outcome::Stored { .. }));
    studio.until("it once more", |studio| {
        tally(studio).is_some_and(|(words, _)| words.iter().any(|(word, n)| word.contains('\u{200c}') && *n == 4))
    });
}

#[test]
fn a_code_is_read_as_any_keyboard_types_it() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let wide: String =
        event.code.chars().map(|c| char::from_u32(u32::from(c) - 65 + 0xff21).expect("a letter")).collect();
    let small = wide.chars().map(|c| char::from_u32(u32::from(c) + 32).expect("a letter")).collect::<String>();
    let broken = event.code.chars().map(|c| format!("{c}\u{200b}–")).collect::<String>();
    for typed in [wide, small, broken, format!("\u{feff}“{}”.\u{3000}", event.code.to_lowercase())] {
        let joined = house.stranger().ask("POST", "/api/v1/join", &json!({"code": typed}));
        assert_eq!(joined.expect(200).json()["event"]["code"], json!(event.code), "{typed}");
        let escaped: String = typed.bytes().map(|byte| format!("%{byte:02X}")).collect();
        house.stranger().get(&format!("/e/{escaped}")).expect(200);
        assert_eq!(house.stranger().get(&format!("/join?code={escaped}")).leads(), (303, &*event.page("")), "{typed}");
        house.stranger().get(&format!("/e/{escaped}/screen")).expect(200);
    }
}

#[test]
fn a_length_is_counted_as_people_see_it_and_the_bytes_have_a_word_of_their_own() {
    let house = House::shared();
    let event = Event::new(&house, &[cloud(), Settings::Choice(ChoicePoll { other: true, ..strict_poll() })]);
    let [first, second] = event.activities[..] else { panic!("two were made") };
    let mut studio = event.open(first);
    let mut phone = event.phone();
    assert!(matches!(phone.respond(first, words(&[&FAMILY.repeat(WORD_CHARS)])), Outcome::Stored { .. }));
    let long = message(phone.respond(first, words(&[&FAMILY.repeat(WORD_CHARS + 1)])));
    assert!(long.contains("40") && long.contains("41"), "{long}");
    let stacked = format!("b{}", "\u{30f}".repeat(1000));
    let heavy = message(phone.respond(first, words(&[&stacked])));
    assert!(heavy.contains(&bytes_of(WORD_CHARS).to_string()) && heavy.contains("2001"), "{heavy}");
    let heavy = message(phone.post(PostCommand::Ask { text: format!("b{}", "\u{30f}".repeat(3000)), name: None }));
    assert!(heavy.contains(&bytes_of(POST_CHARS).to_string()) && heavy.contains("6001"), "{heavy}");

    let by_form = |browser: &Browser, activity: &str, fields: &[(&str, &str)]| {
        let cid = uuid::Uuid::new_v4().to_string();
        let fixed = [("cid", &*cid), ("activity", activity), ("round", "1")];
        browser.post(&event.page("/respond"), &[&fixed[..], fields].concat()).expect(422).body
    };
    let browser = event.device();
    let page = by_form(&browser, &first.to_string(), &[("kind", "words"), ("word", &"a".repeat(WORD_CHARS + 1))]);
    assert!(page.contains("At most 40 characters; this has 41."), "{page}");
    studio.steer(parterre_protocol::Control::Open { activity: second });
    let page = by_form(&browser, &second.to_string(), &[("kind", "choice"), ("other", &"a".repeat(OPTION_CHARS + 60))]);
    assert!(page.contains("At most 140 characters; this has 200."), "{page}");
    let page = by_form(&browser, &second.to_string(), &[("kind", "choice"), ("other", &stacked.repeat(3))]);
    assert!(page.contains("6003 bytes in all, at most 4480 fit"), "{page}");
}

#[test]
fn one_signs_in_by_any_spelling_of_the_address_and_on_any_keyboard() {
    let server = Timed::start();
    for email in
        ["INES@Example.ORG", "ｉｎｅｓ＠ｅｘａｍｐｌｅ．ｏｒｇ", "\u{feff}ines@exam\u{ad}ple.org ", "İnes@example。org"]
    {
        let browser = Browser::new(server.address);
        let form = [("email", email), ("password", crate::timed::PASSWORD)];
        assert_eq!(browser.post("/login", &form).leads(), (303, "/studio"), "{email}");
    }
    let (browser, _) = server.try_password(crate::timed::PASSWORD);
    let change = |current: &str, password: &str| {
        browser.post("/studio/account/password", &[("current", current), ("password", password)])
    };
    let unseen = change(crate::timed::PASSWORD, &"\u{3164}".repeat(12)).expect(422);
    assert!(unseen.body.contains("This password has no visible characters"), "{unseen:?}");
    let composed = "pâte à choux ﬁn";
    change("ａ　long enough\u{a0}password", composed).expect(303);
    for typed in ["pa\u{302}te a\u{300} choux ﬁn", "pâte\u{3000}à\u{a0}choux fin", "ｐâｔｅ à ｃｈｏｕｘ ｆｉｎ"]
    {
        let browser = Browser::new(server.address);
        assert_eq!(
            browser.post("/login", &[("email", EMAIL), ("password", typed)]).leads(),
            (303, "/studio"),
            "{typed}"
        );
    }
    server.try_password("Pâte à choux fin").1.expect(401);
}

#[test]
fn an_account_has_a_name_and_a_password_that_can_be_seen() {
    let data = Data::create();
    let mut process = data.start(PROGRAM, &[]);
    let link = process.next_line();
    let (_, key) = link.rsplit_once("key=").expect("the setup link");
    let browser = Browser::new(process.address);
    let set_up = |name: &str, password: &str| {
        browser.post("/setup", &[("key", key), ("name", name), ("email", EMAIL), ("password", password)])
    };
    for text in UNSEEN {
        assert!(set_up(text, "a long enough password").expect(422).body.contains("Give it a name."), "{text:?}");
    }
    assert!(
        set_up("Inès", &"\u{2800}".repeat(10)).expect(422).body.contains("This password has no visible characters")
    );
    assert!(set_up("Inès", &FAMILY.repeat(9)).expect(422).body.contains("this has 9"), "counted as people see it");
    set_up("Inès", &FAMILY.repeat(10)).expect(303);
}

#[test]
fn accounts_of_a_former_release_are_good_as_they_were_made() {
    let data = Data::create();
    let typed = "ｌｏｎｇ enough of a password";
    data.prepare(async |store| {
        let hash = Argon2::default().hash_password(typed.as_bytes()).expect("a hash").to_string();
        let (id, workspace) = (MemberId::new(random::opaque_id()), WorkspaceId::new(random::opaque_id()));
        let email = Email::parse("ines@example.org").expect("an address");
        let owner = Member { id, workspace, name: "Inès".to_owned(), email, role: Role::Owner };
        assert!(store.create_owner(workspace, "Team", &owner, &hash, THEN).await.expect("the owner"));
        data.execute("UPDATE members SET email = 'ｉnes@xn--bcher-kva.example'").await;
    });
    let process = data.start(PROGRAM, &[]);
    for email in ["ines@bücher.example", "Ines@XN--BCHER-KVA.example"] {
        let form = [("email", email), ("password", typed)];
        assert_eq!(Browser::new(process.address).post("/login", &form).leads(), (303, "/studio"), "{email}");
    }
    assert_eq!(data.texts("SELECT email FROM members"), ["ines@bücher.example"]);
}

#[test]
fn a_place_is_one_in_all_its_spellings() {
    let house = House::shared();
    let event = begun(&house);
    let mut board = event.studio();
    let measured = measures(20.0);
    let one = event.device();
    for place in ["Queen’s bar", "queen's  BAR.", "Ｑｕｅｅｎ's bar"] {
        one.ask("POST", &event.path("/readings"), &reading(place, &measured)).expect(201);
        event.device().ask("POST", &event.path("/readings"), &reading(place, &measured)).expect(201);
    }
    let places = |live: &Live| match live.results().tally {
        Some(Tally::Readings(board)) => board.places.into_values().map(|group| group.verdicts.total()).collect(),
        _ => Vec::new(),
    };
    board.until("all four phones in one place", |live| places(live) == [4]);
}

#[test]
fn a_search_and_the_word_filter_see_through_any_spelling() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let mut moderator = moderating(&event);
    moderator.configure(|settings| {
        (settings.state, settings.review) = (QaState::Open, false);
        let words = ["zorgon", "ＺＯＲＧＯＮ", "\u{3164}"].map(str::to_owned).to_vec();
        settings.filter = WordFilter { on: true, languages: Vec::new(), words };
    });
    moderator.until("the settings", |live| live.has(Topic::Moderation) && live.moderation().settings.filter.on);
    assert_eq!(moderator.moderation().settings.filter.words, ["zorgon"], "one word once");
    let mut phone = event.phone();
    phone.until("that questions are taken", |phone| phone.stage().qa.state == QaState::Open);
    phone.ask("When does the Straßen\u{ad}bahn to İzmir run?");
    phone.ask("Who is z\u{200b}o\u{337}rgon, ﬁnally?");
    let flagged = |post: &parterre_protocol::topics::ModeratedPost| post.flagged;
    moderator.until("that the second is held back", |live| live.moderates(2, flagged));
    let found = |query: &str| -> Value {
        let escaped: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        event.device().get(&event.path(&format!("/questions?q={escaped}"))).expect(200).json()
    };
    for query in ["STRASSENBAHN", "strassen\u{200b}bahn", "izmir", "ＩＺＭＩＲ", "\u{3164}"] {
        assert_eq!(found(query)["posts"].as_array().map(Vec::len), Some(1), "{query}");
    }
}
