//! The room's questions by address: in parts, in an order, by label and words, and never one that
//! is not published.

use parterre_protocol::{
    Act, Outcome, PostCommand, PostId, Vote,
    posts::{Label, PostState, QaState, Queue, Reason, ReasonCode},
    topics::Audience,
};
use serde_json::{Value, json};

use crate::{browser::Browser, event::Event, house::House, live::Live, questions::moderating};

/// A studio of an event that takes questions; what is sent is shown at once.
fn open(event: &Event) -> Live {
    let mut studio = moderating(event);
    studio.configure(|settings| {
        let label = |id, name: &str, public| Label { id, name: name.to_owned(), colour: 3, public };
        (settings.state, settings.review) = (QaState::Open, false);
        settings.labels = vec![label(1, "Travel", true), label(2, "Difficult", false)];
    });
    studio
}

/// So many questions, of as many people as may ask so many.
fn ask(event: &Event, studio: &mut Live, texts: &[String]) {
    for some in texts.chunks(5) {
        let mut phone = event.phone();
        some.iter().for_each(|text| phone.ask(text));
    }
    let all = texts.len() as u32;
    studio.until("all questions", |studio| studio.moderation().counts.published >= all);
}

fn list(browser: &Browser, event: &Event, query: &str) -> Value {
    browser.get(&event.path(&format!("/questions{query}"))).expect(200).json()
}

fn numbers(list: &Value) -> Vec<u64> {
    list["posts"].as_array().expect("a list").iter().map(|post| post["post"].as_u64().expect("a number")).collect()
}

#[test]
fn a_long_list_comes_in_parts_that_neither_repeat_nor_leave_out() {
    let house = House::shared();
    let (event, stranger) = (Event::new(&house, &[]), house.stranger());
    let mut studio = open(&event);
    let texts: Vec<_> = (1..=40).map(|n| format!("Question number {n}?")).collect();
    ask(&event, &mut studio, &texts);
    for sort in ["popular", "recent", "oldest"] {
        let first = list(&stranger, &event, &format!("?sort={sort}&label=&q=&after="));
        assert_eq!(numbers(&first).len(), 30, "{sort}");
        let before = first["total"].as_u64().expect("a number");
        ask(&event, &mut studio, &["One that comes in between?".to_owned()]);
        studio.until("the new one", |studio| u64::from(studio.moderation().counts.published) == before + 1);
        let next = first["next"].as_str().expect("there are more");
        let second = list(&stranger, &event, &format!("?sort={sort}&after={next}"));
        let mut both = [numbers(&first), numbers(&second)].concat();
        let ordered = both.clone();
        both.sort_unstable();
        both.dedup();
        assert_eq!(both.len(), ordered.len(), "{sort}: none twice");
        assert!((1..=before).all(|number| both.contains(&number)), "{sort}: none left out");
        if sort == "recent" {
            assert!(ordered.is_sorted_by(|a, b| a > b), "{ordered:?}");
        } else {
            assert!(ordered.is_sorted(), "{ordered:?}");
        }
        assert_eq!((&second["next"], second["total"].as_u64()), (&Value::Null, Some(before + 1)));
    }
    let answer = stranger.get(&event.path("/questions"));
    assert_eq!(answer.header("cache-control"), "public, max-age=1", "a whole room asks for the same");
}

#[test]
fn questions_are_found_by_words_label_and_number() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let (mut studio, device) = (open(&event), event.device());
    let texts = ["Où dort le comité d’été ?", "Will travel be paid?", "Is there a SUMMER party?"].map(str::to_owned);
    ask(&event, &mut studio, &texts);
    studio.moderate(Act::Label { posts: studio.seen(&[2]), label: 1, on: true });
    studio.moderate(Act::Label { posts: studio.seen(&[3]), label: 2, on: true });
    studio.moderate(Act::Answered { posts: studio.seen(&[1]), on: true });
    studio.until("all of it", |studio| {
        studio.moderates(1, |post| post.answered)
            && studio.moderates(2, |post| post.labels == [1])
            && studio.moderates(3, |post| post.labels == [2])
    });
    for (query, found) in [
        ("?q=ETE%20comite", &[1][..]),
        ("?q=summer", &[3]),
        ("?q=nothing", &[]),
        ("?label=1", &[2]),
        ("?label=2", &[]),
        ("?label=9", &[]),
        ("?sort=answered", &[1]),
        ("?sort=popular", &[2, 3, 1]),
        ("?posts=3,1,3,77", &[1, 3]),
        ("?posts=", &[]),
    ] {
        assert_eq!(numbers(&list(&device, &event, query)), found, "{query}");
    }
    let labelled = list(&device, &event, "?posts=3,2");
    assert_eq!(labelled["posts"][0]["labels"], json!([1]));
    assert_eq!(labelled["posts"][1]["labels"], Value::Null, "a private label is nobody's to know");
}

#[test]
fn a_query_that_makes_no_sense_is_refused() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let (_studio, device) = (open(&event), event.device());
    let many = (1..=51).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    for (query, status) in [
        ("?sort=best", 400),
        ("?label=travel", 400),
        ("?after=1.2", 400),
        ("?after=1.2.3.x", 400),
        ("?posts=1;2", 400),
        (&*format!("?posts={many}"), 400),
        (&*format!("?q={}", "x".repeat(101)), 422),
        (&*format!("/similar?q={}", "x".repeat(301)), 422),
    ] {
        let refusal = device.get(&event.path(&format!("/questions{query}"))).expect(status);
        assert!(refusal.json()["message"].is_string(), "{query}");
    }
    device.get(&format!("/api/v1/events/{}/questions", uuid::Uuid::nil())).expect(404);
}

#[test]
fn what_says_about_the_same_is_found_before_it_is_asked_again() {
    let house = House::shared();
    let (event, stranger) = (Event::new(&house, &[]), house.stranger());
    let mut studio = open(&event);
    let texts = ["Will travel be paid for members from overseas?", "Who takes the minutes?"].map(str::to_owned);
    ask(&event, &mut studio, &texts);
    let search = "/similar?q=Is%20travel%20paid%20for%20overseas%20members";
    stranger.get(&event.path(&format!("/questions{search}"))).expect(401);
    let device = event.device();
    // It is found a moment after it is asked; no device may look for it again and again.
    assert!((0..500).any(|_| numbers(&list(&event.device(), &event, search)) == [1]), "it is found");
    assert_eq!(numbers(&list(&house.owner(), &event, search)), [1]);
    assert_eq!(numbers(&list(&device, &event, "/similar?q=Where%20is%20lunch%3F")), [0; 0]);
    assert_eq!(numbers(&list(&device, &event, "/similar?q=")), [0; 0]);
}

#[test]
fn who_searches_without_end_is_told_when_to_come_again_and_nobody_else_is() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let mut studio = open(&event);
    ask(&event, &mut studio, &["Where is the station?".to_owned()]);
    let (eager, other) = (event.device(), event.device());
    for search in ["?q=station", "/similar?q=Where%20is%20the%20station"] {
        let path = event.path(&format!("/questions{search}"));
        let refused = (0..200).map(|_| eager.get(&path)).find(|answer| answer.status != 200).expect("an end");
        assert_eq!(refused.status, 429, "{search}");
        assert!(refused.header("retry-after").parse::<u32>().is_ok(), "{search}");
        assert_eq!(refused.json()["code"], "slow_down", "{search}");
        other.get(&path).expect(200);
    }
    let page = (0..200).map(|_| eager.get(&event.page("/questions?q=station"))).find(|page| page.status != 200);
    assert_eq!(page.expect("an end").status, 503);
    // What is no search goes on, and so does asking.
    eager.get(&event.path("/questions?sort=recent")).expect(200);
    eager.get(&event.page("/questions")).expect(200);
    house.stranger().get(&event.path("/questions?q=station")).expect(401);
    house.stranger().get(&event.path("/questions")).expect(200);
}

#[test]
fn a_form_that_is_sent_back_beside_a_search_is_one_more_search() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let mut studio = open(&event);
    ask(&event, &mut studio, &["Where is the station?".to_owned()]);
    let (device, searched) = (event.device(), event.page("/questions?q=station"));
    device.get(&searched).expect(200);
    let empty = [("cid", "5f42cf87-410a-4b23-8f20-8ee353d9e7cd"), ("do", "ask"), ("text", "")];
    for _ in 0..60 {
        device.post(&searched, &empty).expect(422);
    }
    device.get(&searched).expect(503);
}

#[test]
fn whoever_takes_many_devices_has_not_the_searches_of_many() {
    let house = House::new(&[]);
    let event = Event::new(&house, &[]);
    let mut studio = open(&event);
    ask(&event, &mut studio, &["Where is the station?".to_owned()]);
    let path = event.path("/questions/similar?q=Where%20is%20the%20station");
    let in_the_room = event.device();
    let _phone = event.enter(Audience::Phone, &in_the_room);
    let refused = (0..200).flat_map(|_| {
        let device = event.device();
        (0..10).map(|_| device.get(&path)).collect::<Vec<_>>()
    });
    let refused = refused.into_iter().find(|answer| answer.status != 200).expect("an end");
    assert_eq!(refused.status, 429);
    assert_eq!(refused.json()["code"], "slow_down");
    // Who is in the room has an allowance of their own.
    in_the_room.get(&path).expect(200);
}

#[test]
fn moderators_look_through_each_list_by_words_and_the_ledger_page_by_page() {
    let house = House::shared();
    let (event, owner) = (Event::new(&house, &[]), house.owner());
    let mut studio = open(&event);
    studio.configure(|settings| settings.review = true);
    let mut phone = event.phone();
    ["Is there soup?", "Are there bicycles?", "Is there any soup left?"].iter().for_each(|text| phone.ask(text));
    studio.until("all three", |studio| studio.moderation().counts.review == 3);
    let look = |query: &str| owner.get(&event.path(&format!("/moderation{query}"))).expect(200).json();
    assert_eq!(look("?list=review")["order"], json!([1, 2, 3]));
    assert_eq!(look("?list=review&q=soup")["order"], json!([1, 3]));
    studio.moderate(Act::Merge { into: studio.seen(&[1])[0], posts: studio.seen(&[3]) });
    studio.until("the part", |studio| studio.moderates(3, |post| post.merged_into == Some(PostId::new(1))));
    let merged = look("?list=review&q=left");
    assert_eq!((&merged["order"], &merged["total"]), (&json!([1]), &json!(1)), "found by its part");
    assert_eq!(merged["posts"]["3"]["merged_into"], 1);
    let reason = Some(Reason { code: ReasonCode::OffTopic, text: Some("Ask the canteen.".to_owned()) });
    studio.moderate(Act::Decline { posts: studio.seen(&[1]), reason });
    studio.until("the bin", |studio| studio.moderation().counts.bin == 1);
    assert_eq!(look("?list=bin")["posts"]["1"]["reason"]["text"], "Ask the canteen.");
    assert_eq!(look("?list=published")["order"], json!([]));
    for query in ["", "?list=all", "?list=bin&after=x"] {
        owner.get(&event.path(&format!("/moderation{query}"))).expect(400);
    }

    let ledger = owner.get(&event.path("/ledger")).expect(200).json();
    let acts = ledger["acts"].as_array().expect("a list");
    let done: Vec<_> = acts.iter().map(|act| act["act"]["do"].as_str().expect("a name")).collect();
    assert_eq!(done, ["decline", "merge", "configure", "configure"], "the newest first");
    assert!(acts.iter().all(|act| act["actor"] == "Inès" && act["at"].is_i64() && act["cid"].is_string()));
    let earlier = owner.get(&event.path(&format!("/ledger?before={}", acts[1]["rev"]))).expect(200).json();
    assert_eq!(earlier["acts"].as_array().map(Vec::len), Some(2));
    house.stranger().get(&event.path("/ledger")).expect(401);
    house.stranger().get(&event.path("/moderation?list=review")).expect(401);
}

#[test]
fn a_long_ledger_comes_in_parts() {
    let house = House::shared();
    let (event, owner) = (Event::new(&house, &[]), house.owner());
    // As many by one moderator as one may send at once.
    for name in ["Olu", "Ines", "Noor"] {
        let link = json!({"kind": "moderator", "name": name, "hours": 1});
        let made = owner.ask("POST", &event.path("/links"), &link).expect(201).json();
        let secret = made["url"].as_str().and_then(|url| url.rsplit('/').next()).expect("a secret");
        let holder = house.stranger();
        holder.get(&format!("/l/{secret}")).expect(303);
        let mut moderator = event.enter(Audience::Moderator, &holder);
        for n in 0..50 {
            moderator.moderate(Act::Show { on: n % 2 == 0 });
        }
    }
    let first = owner.get(&event.path("/ledger")).expect(200).json();
    let second = owner.get(&event.path(&format!("/ledger?before={}", first["next"]))).expect(200).json();
    let many = |part: &Value| part["acts"].as_array().map(Vec::len);
    assert_eq!((many(&first), many(&second), &second["next"]), (Some(100), Some(50), &Value::Null));
}

#[test]
fn nothing_that_is_not_published_is_in_any_page_or_answer_for_the_room() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let mut studio = open(&event);
    studio.configure(|settings| settings.review = true);
    let (author, reader) = (event.device(), event.device());
    let mut phone = event.enter(Audience::Phone, &author);
    let words = ["waitingword", "reviewedword", "shownword", "declinedword", "hiddenword"];
    for word in words {
        phone.ask(&format!("What of the {word} in this?"));
    }
    studio.until("all", |studio| studio.moderation().counts.review == 5);
    let to = |studio: &mut Live, posts: &[u32], to| {
        studio.moderate(Act::Move { posts: studio.seen(posts), to });
    };
    to(&mut studio, &[2], Queue::Reviewed);
    to(&mut studio, &[3, 5], Queue::Published);
    let reason = Some(Reason { code: ReasonCode::Other, text: Some("reasonword".to_owned()) });
    studio.moderate(Act::Decline { posts: studio.seen(&[4]), reason });
    studio.until("it is shown", |studio| studio.moderates(5, |post| post.state == PostState::Published));
    studio.moderate(Act::Hide { posts: studio.seen(&[5]) });
    studio.until("the end of it", |studio| studio.moderates(5, |post| post.state == PostState::Hidden));
    let link = json!({"kind": "speaker", "name": "All", "hours": 1});
    let link = house.owner().ask("POST", &event.path("/links"), &link).expect(201).json();
    let secret = link["url"].as_str().and_then(|url| url.rsplit('/').next()).expect("an address");
    let speaker = house.stranger();
    speaker.get(&format!("/l/{secret}")).expect(303);

    let (mut shown, pages) =
        (0, ["", "/questions", "/questions?sort=recent&q=word", "/screen"].map(|page| event.page(page)));
    let answers = ["/questions", "/questions?q=word", "/questions?posts=1,2,3,4,5", "/questions?sort=answered"];
    let answers =
        answers.into_iter().chain(["/questions/similar?q=What+of+the+word+in+this"]).map(|path| event.path(path));
    let room = pages.iter().cloned().chain(answers).map(|path| (&reader, path));
    for (browser, path) in room.chain([(&speaker, format!("/speaker/{}", event.id))]) {
        let body = browser.get(&path).expect(200).body;
        for word in words.iter().filter(|word| **word != "shownword").chain([&"reasonword"]) {
            assert!(!body.contains(word), "{word} in {path}");
        }
        shown += usize::from(body.contains("shownword"));
    }
    assert!(shown >= 6, "what is published is there: {shown}");
    let own = author.get(&event.page("/questions")).expect(200).body;
    assert!(words.iter().chain([&"reasonword"]).all(|word| own.contains(word)), "one's own are there: {own}");
}

#[test]
fn votes_decide_the_popular_order() {
    let house = House::shared();
    let (event, stranger) = (Event::new(&house, &[]), house.stranger());
    let mut studio = open(&event);
    ask(&event, &mut studio, &["First?".to_owned(), "Second?".to_owned()]);
    let (mut phone, mut screen) = (event.phone(), event.screen());
    let vote = PostCommand::Vote { post: PostId::new(2), vote: Vote::Up };
    assert!(matches!(phone.post(vote), Outcome::Stored { .. }));
    screen.until("the vote", |screen| screen.posts().posts.get(&PostId::new(2)).is_some_and(|post| post.votes == 2));
    // Of votes the room's memory for readers is up to one beat older than the screen; this asks for
    // many beats.
    let counted = || list(&stranger, &event, "?posts=2")["posts"][0]["votes"] == 2;
    assert!((0..5_000).any(|_| counted()), "a vote is counted for readers too");
    assert_eq!(numbers(&list(&stranger, &event, "")), [2, 1]);
}
