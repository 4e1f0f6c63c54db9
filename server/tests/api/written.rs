//! Words that people send to a cloud or write under "other", and their names: what the word filter
//! and moderators keep from all eyes.

use parterre_protocol::{
    Act, ActivityId, Answer, Choice, ChoicePoll, ChoiceTally, Control, Outcome, PostCommand, RefusalCode, Settings,
    Tally, WordsTally,
    posts::{PostState, QaState},
    topics::{Audience, HiddenWord, Written},
};
use serde_json::json;

use crate::{
    event::{Event, cloud, pick, poll, strict_poll, words},
    house::House,
    links::moderator,
    live::{Live, cid, refused},
    questions::moderating,
    transports::TRANSPORTS,
};

/// The words of a cloud as this client sees them.
fn shown(live: &Live) -> Vec<(String, u32)> {
    match live.results().tally {
        Some(Tally::Words(WordsTally { words, .. })) => words.into_iter().collect(),
        _ => Vec::new(),
    }
}

fn has(live: &Live, word: &str) -> bool {
    shown(live).iter().any(|(shown, _)| shown == word)
}

fn written(live: &Live) -> Written {
    live.results().written.unwrap_or_default()
}

fn heard(live: &Live, word: &str) -> bool {
    live.heard.iter().any(|text| text.contains(word))
}

fn hide(activity: ActivityId, word: &str) -> Act {
    Act::HideWord { activity, word: word.to_owned() }
}

fn restore(activity: ActivityId, word: &str) -> Act {
    Act::RestoreWord { activity, word: word.to_owned() }
}

fn merge(activity: ActivityId, word: &str, into: &str) -> Act {
    Act::MergeWord { activity, word: word.to_owned(), into: into.to_owned() }
}

/// A studio whose cloud is open and shown to all.
fn open_cloud(event: &Event) -> Live {
    let mut studio = event.open(event.activities[0]);
    studio.steer(Control::Results { activity: event.activities[0], visible: true });
    studio
}

#[test]
fn a_hidden_word_is_gone_from_all_eyes_at_once_by_each_transport_and_stays_away() {
    // Results for phones and screens come in an hour, if nothing hurries them.
    let slow = [("PARTERRE_LIVE__PHONE_TICK_MS", "3600000"), ("PARTERRE_LIVE__SCREEN_TICK_MS", "3600000")];
    let (house, slowly) = (House::shared(), House::new(&slow));
    for transport in TRANSPORTS {
        let event = Event::new(&house, &[cloud()]);
        let activity = event.activities[0];
        let mut studio = open_cloud(&event);
        let device = event.device();
        let mut author = event.enter(Audience::Phone, &device);
        let mut others = [(house.stranger(), Audience::Screen), (event.device(), Audience::Phone)]
            .map(|(browser, audience)| event.enter_by(transport, browser, audience));
        author.until("the cloud", |author| author.staged() == Some(activity));
        author.respond(activity, words(&["wordgone", "Soleil"]));
        others.iter_mut().for_each(|live| live.until("the word", |live| has(live, "wordgone")));
        studio.until("the word", |studio| written(studio).shown.contains_key("wordgone"));
        studio.moderate(hide(activity, "WORDGONE!"));
        for live in &mut others {
            live.heard.clear();
            live.until("that it is gone", |live| !has(live, "wordgone"));
            assert_eq!(shown(live), [("Soleil".to_owned(), 1)]);
            assert_eq!(live.results().respondents, Some(1), "who answered has answered");
            assert!(
                !heard(live, "wordgone"),
                "{transport:?}: not even by a change that takes it away: {:?}",
                live.heard
            );
        }
        // Whoever sends it later, in whatever spelling, and whoever comes in later.
        let mut again = event.phone();
        again.respond(activity, words(&["“Wordgone”", "Mer"]));
        let mut late = [(house.stranger(), Audience::Screen), (event.device(), Audience::Phone)]
            .map(|(browser, audience)| event.enter_by(transport, browser, audience));
        for live in others.iter_mut().chain(&mut late) {
            live.until("the other word", |live| has(live, "Mer"));
            assert!(
                !live.heard.iter().any(|text| text.to_lowercase().contains("wordgone")),
                "{transport:?}: {:?}",
                live.heard
            );
        }
        let page = event.device().get(&event.page("")).body;
        assert!(!page.to_lowercase().contains("wordgone"), "{page}");
        studio.until("both mentions", |studio| {
            written(studio).hidden.values().any(|hidden| *hidden == HiddenWord { count: 2, flagged: false })
        });
        let back = event.enter_by(transport, device, Audience::Phone);
        assert_eq!(back.me().responses[&activity].answer, words(&["wordgone", "Soleil"]), "its own stays its own");

        studio.moderate(restore(activity, "wordgone"));
        others[0].until("the word again", |screen| shown(screen).iter().any(|(_, count)| *count == 2));
    }

    let event = Event::new(&slowly, &[cloud()]);
    let activity = event.activities[0];
    let mut studio = event.open(activity);
    event.phone().respond(activity, words(&["wordgone"]));
    // With the change of the stage all is told that there is.
    studio.steer(Control::Results { activity, visible: true });
    let mut all = [event.phone(), event.screen()];
    all.iter_mut().for_each(|live| live.until("the word", |live| has(live, "wordgone")));
    studio.moderate(hide(activity, "wordgone"));
    all.iter_mut().for_each(|live| live.until("that it is gone", |live| !has(live, "wordgone")));
}

#[test]
fn what_the_word_filter_finds_in_a_cloud_is_shown_to_nobody_until_a_moderator_shows_it() {
    let house = House::shared();
    let event = Event::new(&house, &[cloud()]);
    let activity = event.activities[0];
    let mut studio = open_cloud(&event);
    let (mut author, mut other, mut screen) = (event.phone(), event.phone(), event.screen());
    let receipt = author.respond(activity, words(&["Bullshit", "sh1t", "Soleil"]));
    assert!(matches!(receipt, Outcome::Stored { .. }), "{receipt:?}");
    for live in [&mut other, &mut screen] {
        live.until("the word that nobody minds", |live| has(live, "Soleil"));
        assert!(!heard(live, "ullshit") && !heard(live, "sh1t"), "{:?}", live.heard);
    }
    studio.until("what is hidden", |studio| written(studio).hidden_words == 2);
    assert_eq!(written(&studio).hidden["Bullshit"], HiddenWord { count: 1, flagged: true });
    assert!(!has(&studio, "Bullshit"), "nor in the counts that a facilitator shows around");
    studio.moderate(restore(activity, "bullshit"));
    screen.until("the word", |screen| has(screen, "Bullshit"));

    // Words that the event adds to its filter hide what was sent before.
    let mut queue = moderating(&event);
    queue.configure(|settings| settings.filter.words = vec!["soleil".to_owned()]);
    screen.until("that it is gone", |screen| !has(screen, "Soleil"));
    assert!(has(&screen, "Bullshit"), "what somebody has decided stays");
    queue.configure(|settings| settings.filter.on = false);
    screen.until("all words", |screen| shown(screen).len() == 3);
}

#[test]
fn texts_under_other_are_filtered_hidden_and_merged_too() {
    let house = House::shared();
    let others = Settings::Choice(ChoicePoll { other: true, ..strict_poll() });
    let event = Event::new(&house, &[others, poll()]);
    let activity = event.activities[0];
    let mut studio = open_cloud(&event);
    let own = |text: &str| Answer::Choice(Choice { options: vec![], other: Some(text.to_owned()) });
    for text in ["By train", "by TRAIN", "On the train", "Up yours", "fuck this"] {
        event.phone().respond(activity, own(text));
    }
    let texts = |live: &Live| match live.results().tally {
        Some(Tally::Choice(ChoiceTally { other, texts: Some(texts), .. })) => (other.unwrap_or_default(), texts),
        _ => Default::default(),
    };
    let three = |live: &Live| texts(live).1.len() == 3 && texts(live).0 == 5;
    studio.until("what is shown, and that all are counted", three);
    studio.moderate(hide(activity, "up yours"));
    studio.moderate(merge(activity, "on the train", "By train"));
    studio.until("one text", |studio| texts(studio).1 == [("By train".to_owned(), 3)].into());
    assert_eq!((texts(&studio).0, written(&studio).hidden_words), (5, 2));
    let refusal = studio.act(merge(activity, "By train", "by the SEA!"));
    assert_eq!(refused(&refusal), Some(RefusalCode::Invalid), "what was written is no vote for an option");
    let refusal = studio.act(hide(event.activities[1], "By train"));
    assert_eq!(refused(&refusal), Some(RefusalCode::Invalid), "nobody writes anything there");
}

#[test]
fn a_merged_word_that_was_hidden_or_is_found_is_never_seen() {
    let house = House::shared();
    let event = Event::new(&house, &[cloud()]);
    let activity = event.activities[0];
    let (mut studio, mut screen) = (open_cloud(&event), event.screen());
    let (mut author, mut other) = (event.phone(), event.phone());
    author.respond(activity, words(&["Personnes", "Mer"]));
    other.respond(activity, words(&["wordgone", "Bullshit"]));
    studio.until("all", |studio| written(studio).hidden_words == 1 && has(studio, "wordgone") && has(studio, "Mer"));
    screen.until("what all see", |screen| shown(screen).len() == 3);
    studio.moderate(hide(activity, "wordgone"));
    screen.until("that it is gone", |screen| !has(screen, "wordgone"));
    screen.heard.clear();
    studio.moderate(merge(activity, "wordgone", "Personnes"));
    studio.moderate(merge(activity, "Bullshit", "Nonsense"));
    let spelt = |word: &str, count| (word.to_owned(), count);
    screen.until("the sum", |screen| shown(screen) == [spelt("Mer", 1), spelt("Personnes", 2)]);
    // The only one who has said that word thinks again.
    author.respond(activity, words(&["Mer"]));
    screen.until("the rest", |screen| shown(screen) == [spelt("Mer", 1)]);
    let hidden = |count, flagged| HiddenWord { count, flagged };
    let both = [("Nonsense", hidden(1, true)), ("Personnes", hidden(1, false))];
    let both = both.map(|(word, hidden)| (word.to_owned(), hidden)).into();
    studio.until("what is hidden", |studio| written(studio).hidden == both);
    studio.steer(Control::Reset { activity, round: 1 });
    studio.steer(Control::Results { activity, visible: true });
    other.until("the round", |other| other.results().round == 2);
    other.command(&crate::live::response(activity, 2, words(&["Wordgone", "Bullshit", "Soleil"])));
    screen.until("the only word", |screen| shown(screen) == [spelt("Soleil", 1)]);
    for gone in ["ordgone", "ullshit", "Nonsense"] {
        assert!(!heard(&screen, gone), "{gone}: {:?}", screen.heard);
    }
    studio.moderate(restore(activity, "wordgone"));
    screen.until("what was restored", |screen| has(screen, "Wordgone"));
}

#[test]
fn words_are_merged_restored_and_undone_and_the_ledger_tells() {
    let house = House::shared();
    let event = Event::new(&house, &[cloud()]);
    let activity = event.activities[0];
    let (mut studio, mut screen) = (open_cloud(&event), event.screen());
    event.phone().respond(activity, words(&["Mer", "Océan"]));
    event.phone().respond(activity, words(&["océan", "Sea"]));
    screen.until("three words", |screen| shown(screen).len() == 3);
    let spelt = |word: &str, count| (word.to_owned(), count);
    studio.moderate(merge(activity, "Océan", "Mer"));
    screen.until("two", |screen| shown(screen) == [spelt("Mer", 3), spelt("Sea", 1)]);
    let (command, act) = (cid(), merge(activity, "sea", "mer"));
    let again = parterre_protocol::ClientMessage::Moderate { cid: command, act };
    let first = studio.command(&again);
    screen.until("one", |screen| shown(screen) == [spelt("Mer", 4)]);
    assert_eq!(studio.command(&again), first, "the same command has the same receipt");
    assert_eq!(refused(&studio.act(merge(activity, "mer", "SEA"))), Some(RefusalCode::Invalid), "round in a circle");
    studio.moderate(Act::Undo { cid: command });
    screen.until("two again", |screen| shown(screen) == [spelt("Mer", 3), spelt("Sea", 1)]);
    studio.moderate(restore(activity, "océan"));
    screen.until("all three", |screen| shown(screen).len() == 3);

    let acts = house.owner().get(&event.path("/ledger")).json();
    let did: Vec<_> = acts["acts"].as_array().expect("acts").iter().map(|act| act["act"]["do"].clone()).collect();
    assert_eq!(did, ["restore_word", "undo", "merge_word", "merge_word"]);
    for (language, words) in [("en", "Word Océan merged into Mer"), ("fr", "Mot Océan fusionné avec Mer")] {
        let ledger = house.owner().with("Accept-Language", language).get(&event.path("/export/ledger.csv")).body;
        assert!(ledger.contains(words), "{ledger}");
    }
    assert_eq!(refused(&studio.act(hide(ActivityId::new(event.id.uuid()), "Mer"))), Some(RefusalCode::Unknown));
}

#[test]
fn a_moderator_s_link_sees_to_words_and_to_no_hidden_counts_and_a_phone_does_not() {
    let house = House::shared();
    let event = Event::new(&house, &[cloud(), poll()]);
    let [activity, secret] = event.activities[..] else { panic!("two were made") };
    let mut studio = event.open(activity);
    let (mut phone, mut screen) = (event.phone(), event.screen());
    phone.respond(activity, words(&["wordgone", "Soleil"]));
    let (_, mut linked) = moderator(&event, None);
    linked.until("the words, before all others see them", |linked| written(linked).shown.len() == 2);
    linked.moderate(hide(activity, "wordgone"));
    studio.until("that it is hidden", |studio| written(studio).hidden.contains_key("wordgone"));
    studio.steer(Control::Results { activity, visible: true });
    screen.until("the rest", |screen| shown(screen) == [("Soleil".to_owned(), 1)]);
    assert!(!heard(&screen, "wordgone"));

    for live in [&mut phone, &mut screen] {
        for act in [hide(activity, "Soleil"), restore(activity, "wordgone"), merge(activity, "Soleil", "x")] {
            assert_eq!(refused(&live.act(act)), Some(RefusalCode::Forbidden));
        }
    }
    assert!(!phone.heard.iter().chain(&screen.heard).any(|text| text.contains("\"written\"")));

    studio.steer(Control::Open { activity: secret });
    phone.respond(secret, pick(1));
    linked.until("that somebody has voted", |linked| {
        linked.results().activity == Some(secret) && linked.results().respondents == Some(1)
    });
    assert_eq!((linked.results().tally, linked.results().written), (None, None), "the counts are not for them yet");
}

#[test]
fn what_was_decided_of_words_outlives_a_crash_and_a_new_round() {
    let mut house = House::new(&[]);
    let event = Event::new(&house, &[cloud()]);
    let (id, code, activities) = (event.id, event.code.clone(), event.activities.clone());
    let activity = activities[0];
    let mut studio = open_cloud(&event);
    event.phone().respond(activity, words(&["wordgone", "Ocean", "Mer"]));
    studio.until("the words", |studio| shown(studio).len() == 3);
    studio.moderate(hide(activity, "wordgone"));
    studio.moderate(merge(activity, "Ocean", "Mer"));
    drop(studio);
    house.crash();

    let event = Event { server: &house, id, code, activities };
    let (mut screen, mut studio) = (event.screen(), event.studio());
    screen.until("what is left", |screen| shown(screen) == [("Mer".to_owned(), 2)]);
    assert!(!heard(&screen, "wordgone"));
    studio.steer(Control::Reset { activity, round: 1 });
    studio.until("what was decided, before anybody answers", |studio| {
        written(studio).hidden == [("wordgone".to_owned(), HiddenWord { count: 0, flagged: false })].into()
    });
    let mut phone = event.phone();
    phone.until("the round", |phone| phone.results().round == 2);
    phone.command(&crate::live::response(activity, 2, words(&["Wordgone", "ocean"])));
    studio.until("the answer", |studio| written(studio).shown == [("ocean".to_owned(), 1)].into());
}

#[test]
fn names_pass_the_word_filter() {
    let house = House::shared();
    let named = Event::new(&house, &[]);
    house.owner().ask("PATCH", &named.path(""), &json!({"names": true})).expect(200);
    let join = |name: &str| house.stranger().ask("POST", "/api/v1/join", &json!({"code": named.code, "name": name}));
    let refusal = join("Fuck You");
    assert_eq!(refusal.refusal(), (422, "name_flagged".to_owned()));
    assert!(refusal.body.contains("another"), "{}", refusal.body);
    join("Inès of Scunthorpe").expect(200);
    let form = house.stranger().post(&named.page("/join"), &[("name", "sh1t")]);
    assert_eq!(form.status, 422);
    assert!(form.body.contains("filter"), "{}", form.body);
    // Whoever came in by a name that the filter finds by now keeps it.
    let device = house.stranger();
    let again = || device.ask("POST", "/api/v1/join", &json!({"code": named.code, "name": "Zorg"}));
    again().expect(200);
    moderating(&named).configure(|settings| settings.filter.words = vec!["Zorg".to_owned()]);
    again().expect(200);
    let join_again = |body: &serde_json::Value| device.ask("POST", "/api/v1/join", body).expect(200).json();
    let who = |body: &serde_json::Value| join_again(body)["participant"].clone();
    let participant = who(&json!({"code": named.code, "name": "Zorg"}));
    for body in [
        json!({"code": named.code}),
        json!({"code": named.code, "name": " "}),
        json!({"code": named.code, "name": " Zorg "}),
    ] {
        assert_eq!(who(&body), participant, "{body}");
    }
    assert_eq!(device.post(&named.page("/join"), &[("name", "")]).status, 303);
    assert_eq!(join("zorg").status, 422);
    let other = device.ask("POST", "/api/v1/join", &json!({"code": named.code, "name": "Zorg the second"}));
    assert_eq!(other.refusal(), (422, "name_flagged".to_owned()), "another name is looked at");
}

#[test]
fn a_question_under_a_name_that_the_filter_finds_waits_for_a_moderator() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let mut studio = moderating(&event);
    studio.configure(|settings| (settings.state, settings.review) = (QaState::Open, false));
    let ask = |name: &str| PostCommand::Ask { text: "Who pays?".to_owned(), name: Some(name.to_owned()) };
    let (mut phone, mut other) = (event.phone(), event.phone());
    for name in ["Bullshit Bob", "Zoé"] {
        assert!(matches!(phone.post(ask(name)), Outcome::Stored { .. }));
    }
    studio.until("both", |studio| studio.moderates(1, |_| true) && studio.moderates(2, |_| true));
    assert!(studio.moderates(1, |post| post.flagged && post.state == PostState::Review));
    assert!(studio.moderates(2, |post| !post.flagged && post.state == PostState::Published));
    other.until("the other", |other| other.posts().published == 1);
    assert!(!heard(&other, "Bullshit"), "{:?}", other.heard);
}
