//! Private links: who they let in, to what, and until when.

use std::time::Duration;

use parterre::i18n::LOCALES;
use parterre_protocol::{
    Act, EventId, Outcome, PostId, RefusalCode,
    posts::{Label, PostRef, PostState, QaState, Queue},
    topics::{Audience, Topic},
};
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    event::{Event, connect},
    house::House,
    live::{Live, refused},
    questions::moderating,
    timed::{EMAIL, PASSWORD, Timed},
};

/// A link of this event, made by its owner; as the answer told it.
fn make(event: &Event, link: &Value) -> Value {
    event.server.owner().ask("POST", &event.path("/links"), link).expect(201).json()
}

fn moderators_link() -> Value {
    json!({"kind": "moderator", "name": "Olu, at the side of the stage", "hours": 4})
}

/// The path of a link's address.
fn path(link: &Value) -> String {
    let url = link["url"].as_str().expect("an address");
    format!("/l/{}", url.rsplit('/').next().expect("a secret"))
}

fn secret(link: &Value) -> String {
    path(link).replace("/l/", "")
}

/// A browser that was never here but has opened this link.
fn holder(event: &Event, link: &Value) -> Browser {
    let browser = event.server.stranger();
    browser.get(&path(link)).expect(303);
    browser
}

fn moderate_page(event: &Event) -> String {
    format!("/moderate/{}", event.id)
}

#[test]
fn a_moderator_s_link_is_told_once_and_lets_a_stranger_moderate_one_event() {
    let house = House::shared();
    let (event, other) = (Event::new(&house, &[]), Event::new(&house, &[]));
    let link = make(&event, &moderators_link());
    assert!(link["qr"].as_str().is_some_and(|qr| qr.starts_with("<svg")), "{link}");
    assert_eq!(link["expires_at"].as_i64(), link["created_at"].as_i64().map(|at| at + 4 * 3_600_000));
    let listed = house.owner().get(&event.path("/links")).expect(200);
    assert!(!listed.body.contains(&secret(&link)), "the secret is not told again");
    let told = &listed.json()["links"][0];
    assert_eq!((&told["id"], &told["kind"], &told["url"]), (&link["id"], &json!("moderator"), &Value::Null));

    let stranger = house.stranger();
    let opened = stranger.get(&path(&link));
    assert_eq!(opened.leads(), (303, &*moderate_page(&event)));
    assert_eq!(opened.header("referrer-policy"), "no-referrer");
    assert_eq!(opened.header("cache-control"), "no-store");
    let cookie = opened.header("set-cookie");
    assert!(cookie.starts_with(&format!("parterre_moderator_{}=", event.id)), "{cookie}");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
    let page = stranger.get(&moderate_page(&event)).expect(200).body;
    assert!(
        page.contains(r#""me":{"name":"Olu, at the side of the stage","facilitator":false,"scope":"review"}"#),
        "{page}"
    );
    stranger.get(&event.path("/moderation?list=review")).expect(200);
    let live = event.enter(Audience::Moderator, &stranger);
    assert!(live.stage().rundown.is_none(), "what is planned is the facilitators' own");

    for address in [moderate_page(&other), other.path("/moderation?list=review"), other.path("/ledger")] {
        stranger.get(&address).expect(401);
    }
    assert_eq!(other.connect(&stranger, "as=moderator").err().expect("refused").status(), 401);
    for (method, rest) in [("GET", "/links"), ("POST", "/links"), ("GET", "/export/questions.csv"), ("DELETE", "")] {
        stranger.ask(method, &event.path(rest), &moderators_link()).expect(401);
    }
}

/// A moderator's link with this scope, and its holder, connected.
pub(crate) fn moderator(event: &Event, scope: Option<&str>) -> (Value, Live) {
    let mut wanted = moderators_link();
    if let Some(scope) = scope {
        wanted["scope"] = scope.into();
    }
    let link = make(event, &wanted);
    let mut live = event.enter(Audience::Moderator, &holder(event, &link));
    live.until("the questions", |live| live.has(Topic::Moderation));
    (link, live)
}

/// What a link for reviewing does not allow.
const BEYOND_REVIEW: [fn(&Live) -> Act; 3] = [
    |live| {
        let settings = live.moderation().settings;
        Act::Configure { version: settings.version, settings: settings.into() }
    },
    |live| Act::Edit { post: live.seen(&[1])[0], text: "What the link's holder wants to have read".to_owned() },
    |live| Act::Reply { post: live.seen(&[1])[0], text: "What the link's holder wants to have read".to_owned() },
];

/// An event with a label and two questions that wait for review.
fn with_two_questions(house: &House) -> Event<'_> {
    let event = Event::new(house, &[]);
    moderating(&event).configure(|settings| {
        settings.state = QaState::Open;
        settings.labels = vec![Label { id: 1, name: "Travel".to_owned(), colour: 1, public: true }];
    });
    let mut phone = event.phone();
    ["Who pays?", "Who pays for it?"].iter().for_each(|text| phone.ask(text));
    event
}

#[test]
fn a_moderator_s_link_is_for_reviewing_unless_it_was_made_for_everything() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let told = [None, Some("review"), Some("full")].map(|scope| moderator(&event, scope).0["scope"].clone());
    assert_eq!(told, [json!("review"), json!("review"), json!("full")]);
    let listed = house.owner().get(&event.path("/links")).json();
    assert!(listed["links"].as_array().expect("a list").iter().all(|link| link["scope"].is_string()), "{listed}");
    for (wanted, status) in [
        (json!({"kind": "moderator", "name": "Olu", "hours": 1, "scope": "all"}), 400),
        (json!({"kind": "speaker", "name": "Olu", "hours": 1, "scope": "full"}), 400),
    ] {
        assert_eq!(house.owner().ask("POST", &event.path("/links"), &wanted).refusal().0, status, "{wanted}");
    }
}

#[test]
fn a_link_for_reviewing_changes_neither_settings_nor_texts() {
    let house = House::shared();
    let event = with_two_questions(&house);
    let (_, mut reviews) = moderator(&event, None);
    reviews.until("both", |live| live.moderates(1, |_| true) && live.moderates(2, |_| true));
    let version = reviews.moderation().settings.version;
    for act in BEYOND_REVIEW {
        let act = act(&reviews);
        let outcome = reviews.act(act.clone());
        assert_eq!(refused(&outcome), Some(RefusalCode::Forbidden), "{act:?}");
        let Outcome::Refused { message, .. } = outcome else { panic!("{outcome:?}") };
        assert!(message.contains("reviewing"), "{message}");
    }
    assert_eq!(reviews.moderation().settings.version, version);
}

#[test]
fn a_link_for_reviewing_sorts_merges_publishes_and_shows_questions() {
    let house = House::shared();
    let event = with_two_questions(&house);
    let (_, mut reviews) = moderator(&event, None);
    reviews.until("both", |live| live.moderates(1, |_| true) && live.moderates(2, |_| true));
    for act in [
        |posts: Vec<PostRef>| Act::Label { posts, label: 1, on: true },
        |posts| Act::Star { posts, on: true },
        |posts| Act::Move { posts, to: Queue::Reviewed },
    ] {
        let posts = reviews.seen(&[1]);
        let version = posts[0].version;
        reviews.moderate(act(posts));
        reviews.until("its outcome", |live| live.moderates(1, |post| post.version > version));
    }
    let posts = reviews.seen(&[1, 2]);
    reviews.moderate(Act::Merge { into: posts[0], posts: vec![posts[1]] });
    reviews.until("the merge", |live| live.moderates(2, |post| post.merged_into.is_some()));
    reviews.moderate(Act::Move { posts: reviews.seen(&[1]), to: Queue::Published });
    reviews.until("it is shown", |live| live.moderates(1, |post| post.state == PostState::Published));
    reviews.moderate(Act::Highlight { post: Some(PostId::new(1)) });
    reviews.moderate(Act::Show { on: true });
    reviews.moderate(Act::Answered { posts: reviews.seen(&[1]), on: true });
    reviews.until("it is answered", |live| live.moderates(1, |post| post.answered));
}

#[test]
fn a_link_for_everything_changes_settings_and_texts() {
    let house = House::shared();
    let event = with_two_questions(&house);
    let (_, mut all) = moderator(&event, Some("full"));
    all.until("both", |live| live.moderates(1, |_| true) && live.moderates(2, |_| true));
    let posts = all.seen(&[1]);
    all.moderate(Act::Move { posts, to: Queue::Published });
    all.until("it is shown", |live| live.moderates(1, |post| post.state == PostState::Published));
    for act in BEYOND_REVIEW {
        let (act, before) = (act(&all), all.seen(&[1])[0].version);
        let configures = matches!(act, Act::Configure { .. });
        all.moderate(act);
        all.until("its outcome", |live| configures || live.moderates(1, |post| post.version > before));
    }
}

#[test]
fn looking_at_a_link_uses_nothing_up() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let link = make(&event, &moderators_link());
    for _ in 0..2 {
        house.stranger().send("HEAD", &path(&link), "", &[]).expect(303);
        assert_eq!(house.stranger().get(&path(&link)).leads().0, 303);
    }
}

#[test]
fn a_program_moderates_with_the_secret_in_a_header() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let link = make(&event, &moderators_link());
    let program = |secret: &str| house.stranger().with("Authorization", &format!("Bearer {secret}"));
    program(&secret(&link)).get(&event.path("/ledger")).expect(200);
    let made_up = program("made-up").get(&event.path("/ledger"));
    assert_eq!(made_up.refusal(), (401, "unauthorised".to_owned()));
}

#[test]
fn a_wrong_link_says_so_in_the_reader_s_language() {
    let house = House::shared();
    for t in LOCALES {
        let reader = house.stranger().with("Accept-Language", t.code());
        for wrong in ["/l/made-up", "/l/x%20y", &format!("/l/{}", "x".repeat(500))] {
            let page = reader.get(wrong).expect(404);
            assert!(page.body.contains(&t.text("studio.message.unknown_link.title")), "{page:?}");
            assert_eq!((page.header("referrer-policy"), page.header("set-cookie")), ("no-referrer", ""));
        }
        let event = Event::new(&house, &[]);
        let page = reader.get(&moderate_page(&event)).expect(401);
        assert!(page.body.contains(&t.text("studio.message.needs_link.title")), "{page:?}");
    }
}

#[test]
fn a_revoked_link_is_over_everywhere_at_once() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let (link, kept) = (make(&event, &moderators_link()), make(&event, &moderators_link()));
    let (holder, other) = (self::holder(&event, &link), self::holder(&event, &kept));
    let (live, mut remaining) = (event.enter(Audience::Moderator, &holder), event.enter(Audience::Moderator, &other));
    let address = event.path(&format!("/links/{}", link["id"].as_str().expect("an id")));
    assert_eq!(house.other_team().ask("DELETE", &address, &json!({})).refusal().0, 404);
    house.owner().ask("DELETE", &address, &json!({})).expect(204);
    assert_eq!(live.end().code, 4501);
    remaining.catch_up();

    let page = holder.get(&path(&link)).expect(410);
    assert!(page.body.contains(&LOCALES[0].text("studio.message.revoked_link.title")), "{page:?}");
    holder.get(&moderate_page(&event)).expect(410);
    assert_eq!(holder.get(&event.path("/ledger")).refusal(), (410, "link_revoked".to_owned()));
    assert_eq!(event.connect(&holder, "as=moderator").err().expect("refused").status(), 410);
    let listed = house.owner().get(&event.path("/links")).json();
    let revoked = listed["links"].as_array().expect("a list").iter().filter(|link| link["revoked_at"].is_i64());
    assert_eq!(revoked.count(), 1);
    let unknown = event.path(&format!("/links/{}", event.id));
    assert_eq!(house.owner().ask("DELETE", &unknown, &json!({})).refusal(), (404, "link_unknown".to_owned()));
}

#[test]
fn a_speaker_s_link_shows_the_published_questions_of_its_label_and_nothing_else() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let mut studio = moderating(&event);
    studio.configure(|settings| {
        let label = |id, name: &str| Label { id, name: name.to_owned(), colour: 2, public: false };
        (settings.state, settings.review) = (QaState::Open, false);
        settings.labels = vec![label(1, "Finance"), label(2, "Travel")];
    });
    let mut phone = event.phone();
    ["The budgetword?", "The travelword?"].iter().for_each(|text| phone.ask(text));
    studio.until("both", |studio| studio.moderates(1, |_| true) && studio.moderates(2, |_| true));
    studio.moderate(Act::Label { posts: studio.seen(&[1]), label: 1, on: true });
    studio.until("the label", |studio| studio.moderates(1, |post| post.labels == [1]));

    let link = make(&event, &json!({"kind": "speaker", "name": "Dr Okafor", "label": 1, "hours": 1}));
    let speaker = holder(&event, &link);
    let page = speaker.get(&format!("/speaker/{}", event.id)).expect(200).body;
    assert!(page.contains("budgetword") && !page.contains("travelword"), "{page}");
    assert!(page.contains(r#""label":{"id":1,"name":"Finance""#), "{page}");
    let mut live = event.enter(Audience::Speaker, &speaker);
    live.until("the question", |live| live.has(Topic::Posts) && live.posts().posts.len() == 1);
    live.catch_up();
    assert!(!live.heard.iter().any(|text| text.contains("travelword")), "{:?}", live.heard);
    let act = Act::Highlight { post: Some(PostId::new(1)) };
    assert_eq!(refused(&live.act(act)), Some(RefusalCode::Forbidden));

    for address in [moderate_page(&event), event.path("/moderation?list=bin"), event.path("/ledger")] {
        speaker.get(&address).expect(401);
    }
    assert_eq!(event.connect(&speaker, "as=moderator").err().expect("refused").status(), 401);
    let all = holder(&event, &make(&event, &json!({"kind": "speaker", "name": "All", "hours": 1})));
    assert!(all.get(&format!("/speaker/{}", event.id)).expect(200).body.contains("travelword"));
    let moderator = holder(&event, &make(&event, &moderators_link()));
    moderator.get(&format!("/speaker/{}", event.id)).expect(401);
    assert_eq!(event.connect(&moderator, "as=speaker").err().expect("refused").status(), 401);
}

#[test]
fn a_member_of_the_team_moderates_without_a_link_and_another_team_does_not() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let page = house.owner().get(&moderate_page(&event)).expect(200).body;
    assert!(page.contains(r#""facilitator":true"#), "{page}");
    event.enter(Audience::Moderator, &house.owner()).catch_up();
    house.other_team().get(&moderate_page(&event)).expect(401);
    assert_eq!(house.other_team().get(&event.path("/ledger")).refusal().0, 401);
    assert_eq!(event.connect(&house.other_team(), "as=moderator").err().expect("refused").status(), 401);
    let invited = house.other_team();
    invited.get(&path(&make(&event, &moderators_link()))).expect(303);
    let page = invited.get(&moderate_page(&event)).expect(200).body;
    assert!(page.contains(r#""name":"Olu, at the side of the stage","facilitator":false"#), "by the link: {page}");
    house.owner().get(&format!("/moderate/{}", house.address().port())).expect(404);
}

#[test]
fn what_a_link_cannot_be_is_refused_in_words() {
    let house = House::shared();
    let (event, owner) = (Event::new(&house, &[]), house.owner());
    let refusal = |field: &str, value: Value| {
        let mut link = moderators_link();
        link[field] = value;
        owner.ask("POST", &event.path("/links"), &link).refusal()
    };
    for (field, value, status, code) in [
        ("name", json!("  "), 422, "problem.empty"),
        ("name", json!("x".repeat(81)), 422, "problem.too_long"),
        ("hours", json!(0), 422, "problem.out_of_range"),
        ("hours", json!(24 * 90 + 1), 422, "problem.out_of_range"),
        ("hours", json!("long"), 400, "malformed"),
        ("kind", json!("owner"), 400, "malformed"),
        ("label", json!(1), 400, "malformed"),
    ] {
        assert_eq!(refusal(field, value.clone()), (status, code.to_owned()), "{field} {value}");
    }
    let labelled = json!({"kind": "speaker", "name": "Dr Okafor", "label": 7, "hours": 1});
    assert_eq!(owner.ask("POST", &event.path("/links"), &labelled).refusal(), (404, "unknown".to_owned()));
    let evil = house.owner().with("Origin", "http://evil.example");
    assert_eq!(evil.ask("POST", &event.path("/links"), &moderators_link()).refusal(), (403, "origin".to_owned()));
    for _ in 0..50 {
        make(&event, &moderators_link());
    }
    assert_eq!(owner.ask("POST", &event.path("/links"), &moderators_link()).refusal(), (409, "full".to_owned()));
}

#[test]
fn an_expired_link_is_over_for_those_who_are_connected_too() {
    let server = Timed::start();
    let owner = Browser::new(server.address);
    owner.post("/login", &[("email", EMAIL), ("password", PASSWORD)]).expect(303);
    let made = owner.ask("POST", "/api/v1/events", &json!({"name": "Annual meeting"})).expect(201).json();
    let event: EventId = made["id"].as_str().expect("an id").parse().expect("a UUID");
    let link = json!({"kind": "moderator", "name": "Olu", "hours": 1});
    let link = owner.ask("POST", &format!("/api/v1/events/{event}/links"), &link).expect(201).json();
    let holder = Browser::new(server.address);
    server.clock.advance(Duration::from_secs(3599));
    assert!(holder.get(&path(&link)).expect(303).header("set-cookie").contains("Max-Age=1"));
    let live = connect(server.address, event, &holder, "as=moderator").expect("let in");
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(live.end().code, 4501);
    let page = holder.get(&path(&link)).expect(410);
    assert!(page.body.contains(&LOCALES[0].text("studio.message.expired_link.title")), "{page:?}");
    let ledger = holder.get(&format!("/api/v1/events/{event}/ledger"));
    assert_eq!(ledger.refusal(), (410, "link_expired".to_owned()));
}
