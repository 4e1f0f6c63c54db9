//! Questions on the phone's page without script: asked, changed, taken back and supported by forms.

use parterre::i18n::LOCALES;
use parterre_protocol::{
    Act, PostId,
    posts::{NamePolicy, PostState, PostStatus, QaState, Queue, Reason, ReasonCode},
    topics::Audience,
};

use crate::{
    browser::{Browser, HttpResponse},
    event::Event,
    house::House,
    live::{Live, cid},
    questions::moderating,
};

fn open(event: &Event, review: bool) -> Live {
    let mut studio = moderating(event);
    studio.configure(|settings| {
        (settings.state, settings.review, settings.downvotes) = (QaState::Open, review, true);
    });
    studio
}

/// Sends one of the page's forms.
fn send(event: &Event, device: &Browser, kind: &str, fields: &[(&str, &str)]) -> HttpResponse {
    let cid = cid().to_string();
    device.post(&event.page("/questions"), &[&[("cid", &*cid), ("do", kind)][..], fields].concat())
}

/// Why something was refused, as the page says it and not only knows how to.
fn said(refusal: &str) -> String {
    format!("<p>{}</p>", LOCALES[0].text(&format!("questions.refused.{refusal}")))
}

#[test]
fn one_asks_changes_and_takes_back_a_question_and_reads_what_became_of_it() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let device = event.device();
    assert_eq!(device.get(&event.page("/questions")).leads(), (303, &*event.page("")), "there are none");
    let mut studio = open(&event, true);
    let page = || device.get(&event.page("/questions")).expect(200).body;
    assert!(page().contains(r#"name="do" value="ask""#));
    for text in ["Is there soop?", "Where is the hall?", "Who is here?"] {
        assert_eq!(send(&event, &device, "ask", &[("text", text)]).leads(), (303, &*event.page("/questions")));
        assert!(page().contains(text), "it is there when one comes back");
    }
    assert_eq!(send(&event, &device, "edit", &[("post", "1"), ("text", "Is there soup?")]).leads().0, 303);
    assert!(page().contains("Is there soup?") && !page().contains("soop"));
    assert_eq!(send(&event, &device, "withdraw", &[("post", "3")]).leads().0, 303);
    assert!(page().contains(r#"class="fate withdrawn""#));

    let reworded = |studio: &Live| studio.moderates(1, |post| post.text == "Is there soup?");
    studio.until("both", |studio| reworded(studio) && studio.moderates(2, |_| true) && !studio.moderates(3, |_| true));
    let reason = Some(Reason { code: ReasonCode::OffTopic, text: Some("Ask the canteen.".to_owned()) });
    studio.moderate(Act::Decline { posts: studio.seen(&[1]), reason });
    studio.moderate(Act::Move { posts: studio.seen(&[2]), to: Queue::Published });
    studio.until("both acts", |studio| studio.moderates(2, |post| post.state == PostState::Published));
    let page = page();
    assert!(
        page.contains("Ask the canteen.")
            && page.contains(r#"class="fate declined""#)
            && page.contains(r#"class="fate shown""#),
        "{page}"
    );
    let phone = event.enter(Audience::Phone, &device);
    assert_eq!(phone.own(1).map(|own| own.fate), Some(PostStatus::Declined));
    let late = send(&event, &device, "edit", &[("post", "2"), ("text", "Another?")]).expect(422);
    assert!(late.body.contains(&said("closed")), "{late:?}");
}

#[test]
fn a_name_is_given_only_where_one_says_so() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let mut studio = open(&event, false);
    let device = event.device();
    send(&event, &device, "ask", &[("text", "Without a name?"), ("name", " ")]).expect(303);
    send(&event, &device, "ask", &[("text", "With a name?"), ("name", "Inès")]).expect(303);
    studio.until("both", |studio| studio.moderates(1, |_| true) && studio.moderates(2, |_| true));
    assert!(studio.moderates(1, |post| post.name.is_none()));
    assert!(studio.moderates(2, |post| post.name.as_deref() == Some("Inès")));
    studio.configure(|settings| settings.names = NamePolicy::Named);
    send(&event, &device, "ask", &[("text", "Still without?")]).expect(422);
    studio.configure(|settings| settings.names = NamePolicy::Anonymous);
    send(&event, &device, "ask", &[("text", "Nobody is named?"), ("name", "Inès")]).expect(303);
    studio.until("the third", |studio| studio.moderates(3, |_| true));
    assert!(studio.moderates(3, |post| post.name.is_none()));
}

#[test]
fn one_supports_and_opposes_once_and_takes_it_back() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let mut studio = open(&event, false);
    event.phone().ask("Will travel be paid?");
    studio.until("the question", |studio| studio.moderates(1, |_| true));
    let device = event.device();
    let buttons =
        |vote: &str| device.get(&event.page("/questions")).body.contains(&format!(r#"name="vote" value="{vote}""#));
    assert!(buttons("up") && buttons("down") && !buttons("none"));
    for (vote, up, down) in [("up", 2, 0), ("up", 2, 0), ("down", 1, 1), ("none", 1, 0)] {
        let there = event.page("/questions?sort=recent");
        let fields = [("cid", &*cid().to_string()), ("do", "vote"), ("post", "1"), ("vote", vote)];
        assert_eq!(device.post(&there, &fields).leads(), (303, &*format!("{there}#q1")));
        let counts = |post: &parterre_protocol::topics::ModeratedPost| (post.votes, post.down) == (up, Some(down));
        studio.until("the vote", |studio| studio.moderates(1, counts));
        assert_eq!(buttons("none"), vote != "none", "the page knows one's own vote");
    }
    let mut author = event.phone();
    author.catch_up();
    assert_eq!(author.posts().posts[&PostId::new(1)].votes, 1);
}

#[test]
fn what_cannot_be_sent_is_said_in_words_and_stays_written() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let _studio = open(&event, true);
    let device = event.device();
    send(&event, &device, "ask", &[("text", "  ")]).expect(422);
    let long = "x".repeat(301);
    let refused = send(&event, &device, "ask", &[("text", &long)]).expect(422);
    assert!(refused.body.contains(&format!("{long}</textarea>")) && refused.body.contains("301"), "{refused:?}");
    for n in 1..=5 {
        send(&event, &device, "ask", &[("text", &format!("Question {n}?")), ("sure", "1")]).expect(303);
    }
    let flood = send(&event, &device, "ask", &[("text", "One too many?"), ("sure", "1")]).expect(422);
    assert!(flood.body.contains("One too many?</textarea>") && flood.body.contains(&said("slow_down")), "{flood:?}");
    send(&event, &device, "sing", &[]).expect(400);
    send(&event, &device, "vote", &[("post", "1")]).expect(400);
    send(&event, &device, "vote", &[("post", "77"), ("vote", "up")]).expect(422);
    device.get(&event.page("/questions?after=x")).expect(400);
    let foreign = house.device("sometoken").with("Origin", "http://evil.example");
    send(&event, &foreign, "ask", &[("text", "Theirs?")]).expect(403);
    let stranger = house.stranger();
    assert_eq!(send(&event, &stranger, "ask", &[("text", "Who am I?")]).leads(), (303, &*event.page("")));
    assert!(stranger.get(&event.page("/questions")).expect(200).body.contains(&event.page("/join")), "one joins first");
    stranger.get("/e/NOSUCH/questions").expect(404);
}

#[test]
fn what_says_about_the_same_is_offered_before_a_question_is_sent() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let mut studio = open(&event, false);
    event.phone().ask("Will travel be paid for members from overseas?");
    studio.until("the question", |studio| studio.moderates(1, |_| true));
    let device = event.device();
    let text = "Is travel paid for overseas members?";
    // It is found a moment after it is shown; no device may look for it again and again.
    let found = || {
        let path = event.path("/questions/similar?q=Is%20travel%20paid%20for%20overseas%20members");
        event.device().get(&path).expect(200).json()["posts"][0]["post"] == 1
    };
    assert!((0..500).any(|_| found()), "it is found");
    let offered = send(&event, &device, "ask", &[("text", text)]).expect(200);
    assert!(offered.body.contains(r#"name="sure" value="1""#) && offered.body.contains(&format!("{text}</textarea>")));
    assert_eq!(studio.moderation().counts.published, 1);
    let id = cid().to_string();
    let form = [("cid", &*id), ("do", "ask"), ("text", text), ("sure", "1")];
    device.post(&event.page("/questions"), &form).expect(303);
    studio.until("both", |studio| studio.moderation().counts.published == 2);
    device.post(&event.page("/questions"), &form[..3]).expect(303);
    assert_eq!(studio.moderation().counts.published, 2, "what was asked is not offered others, and not asked twice");
    let again = send(&event, &device, "ask", &[("text", text)]).expect(200);
    assert!(again.body.contains(r#"id="q1""#), "{again:?}");
}
