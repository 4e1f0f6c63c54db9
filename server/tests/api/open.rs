//! Text walls: what phones send to them are posts of the activity, which nobody sees before they
//! are published and the results are shown, and which leave the event's questions alone.

use parterre_protocol::{
    Act, Control, Outcome, PostCommand, PostId, RefusalCode, Settings, Tally, TextWall,
    posts::{ActivityRound, NamePolicy, PostState, PostStatus, QaState, Queue},
    texts::Texts,
    topics::{Audience, Topic},
};
use serde_json::{Value, json};

use crate::{
    event::{Event, pick, poll},
    house::House,
    live::{Live, cid, refused},
    questions::moderating,
};

fn wall(review: bool) -> Settings {
    let title = "What should we stop doing?".to_owned();
    Settings::Open(TextWall { title, texts_per_person: Some(2), review, names: NamePolicy::Either })
}

fn send(event: &Event, text: &str) -> PostCommand {
    let to = ActivityRound { activity: event.activities[0], round: 1 };
    PostCommand::Send { to, text: text.to_owned(), name: None }
}

fn texts(live: &Live) -> Option<Texts> {
    match live.results().tally {
        Some(Tally::Open(texts)) => Some(texts),
        _ => None,
    }
}

fn shown(live: &Live) -> Option<Vec<String>> {
    texts(live).map(|texts| texts.texts.into_values().map(|text| text.text).collect())
}

/// A studio that has opened the wall and sees what there is to moderate.
fn open(event: &Event) -> Live {
    let mut studio = event.open(event.activities[0]);
    studio.until("what is moderated", |studio| studio.has(Topic::Moderation));
    studio
}

fn show_results(event: &Event, studio: &mut Live, visible: bool) {
    studio.steer(Control::Results { activity: event.activities[0], visible });
}

#[test]
fn a_text_goes_from_its_author_by_a_moderator_to_the_wall() {
    let house = House::shared();
    let event = Event::new(&house, &[wall(true)]);
    let mut studio = open(&event);
    show_results(&event, &mut studio, true);
    let (mut author, mut other, mut screen) = (event.phone(), event.phone(), event.screen());
    assert!(matches!(author.post(send(&event, "  Late   agendas ")), Outcome::Stored { .. }));
    author.until("its number", |author| author.own(1).is_some_and(|own| own.fate == PostStatus::Waiting));
    assert_eq!(author.own(1).and_then(|own| own.to).map(|to| to.activity), Some(event.activities[0]));
    studio.until("the text", |studio| studio.moderates(1, |post| post.state == PostState::Review && post.to.is_some()));
    studio.until("who has sent", |studio| studio.results().respondents == Some(1));

    studio.moderate(Act::Move { posts: studio.seen(&[1]), to: Queue::Published });
    for live in [&mut author, &mut other, &mut screen, &mut studio] {
        live.until("the wall", |live| shown(live).is_some_and(|texts| texts == ["Late agendas"]));
    }
    author.until("that it is shown", |author| author.own(1).is_some_and(|own| own.fate == PostStatus::Shown));
    studio.moderate(Act::Highlight { post: Some(PostId::new(1)) });
    screen.until("the spotlight", |screen| texts(screen).is_some_and(|texts| texts.highlight == Some(PostId::new(1))));
    assert_eq!(screen.posts().highlight, None, "no question is on the screen");

    studio.until("that it is published", |studio| studio.moderates(1, |post| post.state == PostState::Published));
    studio.moderate(Act::Hide { posts: studio.seen(&[1]) });
    for live in [&mut author, &mut other, &mut screen] {
        live.until("that it is gone", |live| texts(live).is_some_and(|texts| texts == Texts::default()));
    }
    author.until("that it is hidden", |author| author.own(1).is_some_and(|own| own.fate == PostStatus::Hidden));
}

#[test]
fn what_is_not_published_or_not_shown_is_in_no_byte_for_others() {
    let house = House::shared();
    let event = Event::new(&house, &[wall(true)]);
    let mut studio = open(&event);
    let (mut author, mut other, mut screen) = (event.phone(), event.phone(), event.screen());
    for text in ["Is wordwaits here", "Is wordhidden here"] {
        assert!(matches!(author.post(send(&event, text)), Outcome::Stored { .. }));
    }
    studio.until("both", |studio| studio.moderates(2, |_| true));
    // Published, while results are not shown.
    studio.moderate(Act::Move { posts: studio.seen(&[2]), to: Queue::Published });
    studio.until("the wall of those who steer", |studio| shown(studio).is_some_and(|texts| texts.len() == 1));
    let address = event.path("/questions?posts=1,2");
    assert_eq!(house.stranger().get(&address).expect(200).json()["posts"], json!([]), "they are no questions");
    let list = event.device().get(&event.path("/questions?q=here")).expect(200).json();
    assert_eq!(list["total"], 0);
    let page = event.device().get(&event.page("")).body;
    show_results(&event, &mut studio, true);
    for live in [&mut other, &mut screen] {
        live.until("the wall", |live| shown(live).is_some_and(|texts| texts.len() == 1));
        assert!(!live.heard.iter().any(|text| text.contains("wordwaits")), "{:?}", live.heard);
        let before = live.heard.iter().position(|text| text.contains("wordhidden"));
        let visible = live.heard.iter().position(|text| text.contains("\"tally\""));
        assert_eq!(before, visible, "first told with the results");
    }
    assert!(!page.contains("wordwaits") && !page.contains("wordhidden"));
}

#[test]
fn a_wall_takes_texts_while_it_is_open_in_its_round_and_as_many_as_it_says() {
    let house = House::shared();
    let event = Event::new(&house, &[wall(false), poll()]);
    let mut phone = event.phone();
    assert_eq!(refused(&phone.post(send(&event, "Too early"))), Some(RefusalCode::Closed));
    let mut studio = open(&event);
    phone.until("the wall", |phone| phone.staged() == Some(event.activities[0]));
    for text in ["One", "Two"] {
        assert!(matches!(phone.post(send(&event, text)), Outcome::Stored { .. }));
    }
    assert_eq!(refused(&phone.post(send(&event, "Three"))), Some(RefusalCode::Answered));
    let to =
        |activity, round| PostCommand::Send { to: ActivityRound { activity, round }, text: "x".to_owned(), name: None };
    let mut other = event.phone();
    let elsewhere = Event::new(&house, &[wall(false)]);
    let _open = open(&elsewhere);
    assert_eq!(refused(&other.post(to(elsewhere.activities[0], 1))), Some(RefusalCode::Unknown), "of another event");
    assert_eq!(refused(&other.post(to(event.activities[1], 1))), Some(RefusalCode::Invalid), "it takes answers");
    assert_eq!(refused(&other.post(to(event.activities[0], 2))), Some(RefusalCode::Round));
    assert_eq!(refused(&other.post(send(&event, &"x".repeat(301)))), Some(RefusalCode::Invalid));
    let answer = other.respond(event.activities[0], pick(1));
    assert_eq!(refused(&answer), Some(RefusalCode::Invalid), "a text is no answer");
    let vote = PostCommand::Vote { post: PostId::new(1), vote: parterre_protocol::Vote::Up };
    assert_eq!(refused(&other.post(vote)), Some(RefusalCode::Closed), "nor a question");

    // Another round begins with nothing, and everybody may write again.
    studio.steer(Control::Reset { activity: event.activities[0], round: 1 });
    studio.until("the round", |studio| studio.results().round == 2 && texts(studio) == Some(Texts::default()));
    phone.until("the round", |phone| phone.stage().activity.is_some_and(|activity| activity.round == 2));
    assert!(matches!(phone.post(to(event.activities[0], 2)), Outcome::Stored { .. }));
    studio.until("the text", |studio| shown(studio).is_some_and(|texts| texts == ["x"]));
    studio.steer(Control::Close { activity: event.activities[0] });
    assert_eq!(refused(&other.post(to(event.activities[0], 2))), Some(RefusalCode::Closed));
}

#[test]
fn a_wall_and_the_questions_leave_each_other_alone() {
    let house = House::shared();
    let event = Event::new(&house, &[wall(false)]);
    let mut studio = moderating(&event);
    studio.configure(|settings| (settings.state, settings.review) = (QaState::Open, false));
    studio.steer(Control::Open { activity: event.activities[0] });
    let (mut phone, mut screen) = (event.phone(), event.screen());
    phone.until("both", |phone| phone.staged().is_some() && phone.stage().qa.state == QaState::Open);
    phone.ask("Who pays for the travel?");
    for text in ["Nobody pays for the travel", "Early trains"] {
        assert!(matches!(phone.post(send(&event, text)), Outcome::Stored { .. }));
    }
    studio.until("all three", |studio| studio.moderates(3, |_| true));
    let counts = studio.moderation();
    assert_eq!((counts.counts.published, counts.activities[&event.activities[0]].counts.published), (1, 2));
    screen.until("the question", |screen| screen.posts().published == 1);
    assert_eq!(screen.posts().posts.into_keys().collect::<Vec<_>>(), [PostId::new(1)]);
    let of = |of: &str| -> Value {
        let list = event.path(&format!("/moderation?list=published&of={of}"));
        house.owner().get(&list).expect(200).json()["order"].clone()
    };
    assert_eq!((of("questions"), of(&event.activities[0].to_string())), (json!([1]), json!([3, 2])));
    assert_eq!(of("").as_array().map(Vec::len), Some(3));
    house.owner().get(&event.path("/moderation?list=published&of=nothing")).expect(400);

    let merge = Act::Merge { into: studio.seen(&[1])[0], posts: studio.seen(&[2]) };
    assert_eq!(refused(&studio.act(merge)), Some(RefusalCode::Invalid), "they were sent to different places");
    let answered = Act::Answered { posts: studio.seen(&[2]), on: true };
    assert_eq!(refused(&studio.act(answered)), Some(RefusalCode::Invalid));
    let merge = Act::Merge { into: studio.seen(&[2])[0], posts: studio.seen(&[3]) };
    studio.moderate(merge);
    studio.until("the merged text", |studio| texts(studio).is_some_and(|texts| texts.shown == 1));
    assert_eq!(texts(&studio).map(|texts| texts.texts[&PostId::new(2)].people), Some(1), "one person sent both");
}

#[test]
fn a_wall_that_is_deleted_is_gone_for_those_who_moderate() {
    let house = House::shared();
    let event = Event::new(&house, &[wall(true), poll()]);
    let mut studio = open(&event);
    assert!(matches!(event.phone().post(send(&event, "Late agendas")), Outcome::Stored { .. }));
    studio.until("the text", |studio| studio.moderates(1, |_| true));
    let path = event.path(&format!("/activities/{}", event.activities[0]));
    house.owner().ask("DELETE", &path, &json!({})).expect(204);
    studio.until("that the wall is gone", |studio| studio.moderation().activities.is_empty());
    assert!(!studio.moderates(1, |_| true));
}

#[test]
fn only_who_moderates_acts_on_texts() {
    let house = House::shared();
    let event = Event::new(&house, &[wall(true)]);
    let mut studio = open(&event);
    let mut phone = event.phone();
    assert!(matches!(phone.post(send(&event, "Mine")), Outcome::Stored { .. }));
    studio.until("the text", |studio| studio.moderates(1, |_| true));
    let publish = Act::Move { posts: studio.seen(&[1]), to: Queue::Published };
    assert_eq!(refused(&phone.act(publish.clone())), Some(RefusalCode::Forbidden));
    assert_eq!(refused(&event.screen().act(publish.clone())), Some(RefusalCode::Forbidden));
    house.stranger().get(&event.path("/moderation?list=review")).expect(401);
    let mut other = event.phone();
    for command in [
        PostCommand::Withdraw { post: PostId::new(1) },
        PostCommand::Edit { post: PostId::new(1), text: "Yours".to_owned() },
    ] {
        assert_eq!(refused(&other.post(command)), Some(RefusalCode::Unknown), "it is another's");
    }
    studio.moderate(Act::Block { post: PostId::new(1), on: true });
    assert_eq!(refused(&phone.post(send(&event, "Again"))), Some(RefusalCode::Blocked));
}

#[test]
fn one_writes_rewords_and_withdraws_by_form_too() {
    let house = House::shared();
    let event = Event::new(&house, &[wall(true)]);
    let mut studio = open(&event);
    let device = event.device();
    let form = |fields: &[(&str, &str)]| {
        let (cid, activity) = (cid().to_string(), event.activities[0].to_string());
        let head = [("cid", &*cid), ("kind", "open"), ("activity", &*activity), ("round", "1")];
        device.post(&event.page("/respond"), &[&head[..], fields].concat())
    };
    let page = || device.get(&event.page("")).body;
    assert!(page().contains("name=\"text\""));
    assert_eq!(form(&[("text", "By form & alone"), ("name", "Inès")]).leads(), (303, &*event.page("")));
    assert!(page().contains("By form &#38; alone") && page().contains("Waiting for review"), "{}", page());
    studio.until("the text", |studio| studio.moderates(1, |post| post.name.as_deref() == Some("Inès")));
    assert_eq!(form(&[("edit", "1"), ("text-1", "Reworded")]).leads().0, 303);
    studio.until("its words", |studio| studio.moderates(1, |post| post.text == "Reworded"));
    assert_eq!(form(&[("withdraw", "1")]).leads().0, 303);
    studio.until("that it is gone", |studio| !studio.moderates(1, |_| true));
    for text in ["One", "Two"] {
        assert_eq!(form(&[("text", text)]).leads().0, 303);
    }
    assert!(!page().contains("name=\"text\""), "there is no field for one more");
    for number in ["4294967296", "-1", ""] {
        // A number that no post has is a withdrawal of nothing, not one more text.
        form(&[("withdraw", number), ("text", "Three is kept")]).expect(422);
        form(&[("edit", number), ("text", "Three is kept")]).expect(422);
    }
    let kept = form(&[("text", "Three is kept")]).expect(422).body;
    assert!(kept.contains("id=\"notice\" role=\"alert\">") && kept.contains(">Three is kept</textarea>"), "{kept}");

    show_results(&event, &mut studio, true);
    studio.until("the text", |studio| studio.moderates(2, |_| true));
    studio.moderate(Act::Move { posts: studio.seen(&[2]), to: Queue::Published });
    let mut other = event.phone();
    other.until("the wall", |other| shown(other).is_some_and(|texts| texts == ["One"]));
    let strange = event.enter(Audience::Phone, &event.device());
    assert!(strange.me().posts.is_empty());
}

#[test]
fn a_text_over_the_limit_is_told_both_lengths_by_form_and_is_kept() {
    let house = House::shared();
    let event = Event::new(&house, &[wall(true)]);
    let _studio = open(&event);
    let device = event.device();
    let form = |fields: &[(&str, &str)]| {
        let (cid, activity) = (cid().to_string(), event.activities[0].to_string());
        let head = [("cid", &*cid), ("kind", "open"), ("activity", &*activity), ("round", "1")];
        device.post(&event.page("/respond"), &[&head[..], fields].concat())
    };
    let long = "x".repeat(301);
    let told = "Not sent. At most 300 characters; this has 301. Shorten it, then send it again.";
    let page = form(&[("text", &long), ("name", "Inès")]).expect(422).body;
    assert!(page.contains(told) && page.contains(&format!(">{long}</textarea>")), "{page}");
    assert!(page.contains("value=\"Inès\""), "the name is kept too: {page}");
    assert_eq!(form(&[("text", "Short enough")]).leads().0, 303);
    // The new wording of a text is not the field for another one, and the other way round.
    let page = form(&[("edit", "1"), ("text-1", &long), ("text", "Another")]).expect(422).body;
    assert!(page.contains(told) && page.contains(&format!(">{long}</textarea>")), "{page}");
    assert!(page.contains("<details open>") && page.contains(">Another</textarea>"), "{page}");
    assert_eq!(form(&[("withdraw", "1"), ("text", &long)]).leads().0, 303, "a text that is not sent holds nothing up");
}

#[test]
fn texts_are_exported_with_what_became_of_them() {
    let house = House::shared();
    let event = Event::new(&house, &[wall(true)]);
    let mut studio = open(&event);
    let mut phone = event.phone();
    for text in ["=SUM(A1)", "Second"] {
        assert!(matches!(phone.post(send(&event, text)), Outcome::Stored { .. }));
    }
    studio.until("both", |studio| studio.moderates(2, |_| true));
    studio.moderate(Act::Move { posts: studio.seen(&[1]), to: Queue::Published });
    let export = |file: &str| house.owner().get(&event.path(&format!("/export/{file}"))).expect(200);
    let rows = export("texts.json").json();
    let told = |row: &Value| json!([row["activity"], row["round"], row["state"], row["text"], row["people"]]);
    let rows: Vec<_> = rows["texts"].as_array().expect("a list").iter().map(told).collect();
    let title = "What should we stop doing?";
    let expected = [json!([title, 1, "published", "=SUM(A1)", 1]), json!([title, 1, "review", "Second", 1])];
    assert_eq!(rows, expected);
    assert!(export("texts.csv").body.contains("'=SUM(A1)"), "never a formula");
    assert_eq!(export("questions.json").json()["questions"], json!([]), "they are no questions");
}
