//! What a client is told of its topics: the whole at first, changes after, nothing twice, and
//! nothing of other events.

use std::thread;

use parterre_protocol::{
    Answer, Choice, ChoicePoll, Control, Outcome, ServerMessage, Settings,
    topics::{Audience, EventState, Topic},
};

use crate::{
    event::{Event, cloud, pick, poll, strict_poll, words},
    house::House,
    live::{Live, response},
};

/// The topics that came, and whether each came whole.
fn updates(live: &Live) -> Vec<(Topic, bool)> {
    let update = |text: &String| match serde_json::from_str(text).expect("a message") {
        ServerMessage::Full { topic, .. } => Some((topic, true)),
        ServerMessage::Delta { topic, .. } => Some((topic, false)),
        _ => None,
    };
    live.heard.iter().filter_map(update).collect()
}

#[test]
fn each_audience_gets_its_own_topics_whole_and_then_their_changes() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let activity = event.activities[0];
    let (mut studio, mut screen, mut phone) = (event.studio(), event.screen(), event.phone());
    for (live, topics) in [
        (&mut phone, &[Topic::Me, Topic::Stage, Topic::Results, Topic::Posts][..]),
        (&mut screen, &[Topic::Stage, Topic::Results, Topic::Posts, Topic::Presence]),
        (&mut studio, &[Topic::Stage, Topic::Results, Topic::Presence]),
    ] {
        live.catch_up();
        let first: Vec<_> = updates(live).into_iter().filter(|(topic, _)| *topic != Topic::Moderation).collect();
        let first: Vec<_> = first.into_iter().take(topics.len()).collect();
        assert_eq!(first, topics.iter().map(|topic| (*topic, true)).collect::<Vec<_>>());
    }
    assert_eq!(studio.stage().rundown.map(|rundown| rundown.len()), Some(1));
    assert_eq!((phone.stage().rundown, screen.stage().rundown), (None, None), "the rundown is the studio's");
    assert_eq!((phone.stage().event.state, phone.staged()), (EventState::Draft, None));

    studio.steer(Control::Open { activity });
    studio.steer(Control::Results { activity, visible: true });
    phone.until("the results are shown", |phone| phone.results().tally.is_some());
    phone.respond(activity, pick(1));
    for live in [&mut studio, &mut screen, &mut phone] {
        live.until("the count", |live| live.results().respondents == Some(1));
        assert_eq!(live.stage().activity.map(|staged| (staged.id, staged.place, staged.of)), Some((activity, 1, 1)));
    }
    let last = updates(&phone).into_iter().rfind(|(topic, _)| *topic == Topic::Results);
    assert_eq!(last, Some((Topic::Results, false)), "a count is a change, not a whole");
}

#[test]
fn who_comes_back_with_what_is_current_is_told_nothing_and_else_only_what_is_new() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let activity = event.activities[0];
    let device = event.device();
    let mut studio = event.open(activity);
    let mut phone = event.enter(Audience::Phone, &device);
    phone.respond(activity, pick(1));
    phone.leave();
    let mut phone = event.enter(Audience::Phone, &device);
    phone.catch_up();

    let mut back = event.connect(&device, &phone.revs()).expect("let in").holding(&phone);
    back.catch_up();
    assert_eq!(updates(&back), []);
    studio.steer(Control::Close { activity });
    back.until("the close", |back| {
        back.stage().activity.is_some_and(|staged| staged.state != phone.stage().activity.expect("open").state)
    });
    assert_eq!(updates(&back)[0], (Topic::Stage, false), "one behind gets the change");

    let mut late = event.connect(&device, &phone.revs()).expect("let in").holding(&phone);
    late.until("the close", |late| late.stage() == back.stage());
    late.catch_up();
    assert!(updates(&late).iter().all(|(topic, _)| *topic == Topic::Stage), "{:?}", late.heard);
}

#[test]
fn a_second_tab_learns_what_the_first_one_answered() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let activity = event.activities[0];
    let _studio = event.open(activity);
    let device = event.device();
    let (mut first, mut second) = (event.enter(Audience::Phone, &device), event.enter(Audience::Phone, &device));
    for option in [1, 2] {
        first.respond(activity, pick(option));
        second.until("the answer", |tab| tab.me().responses.get(&activity).is_some_and(|it| it.answer == pick(option)));
    }
    second.respond(activity, pick(1));
    first.until("the answer", |tab| tab.me().responses.get(&activity).is_some_and(|it| it.answer == pick(1)));
    let other = event.phone();
    assert!(other.me().responses.is_empty(), "other people's answers are not theirs");
}

#[test]
fn who_sends_an_answer_is_told_what_was_stored_where_it_is_not_what_was_sent() {
    let house = House::shared();
    let own = Settings::Choice(ChoicePoll { other: true, ..strict_poll() });
    let event = Event::new(&house, &[own, cloud()]);
    let [choice, cloud] = event.activities[..] else { panic!("two activities") };
    let other = Answer::Choice(Choice { options: Vec::new(), other: Some(" by the SEA ".to_owned()) });
    let mut phone = event.phone();
    for (activity, sent, stored) in [(choice, other, pick(1)), (cloud, words(&["  sea! ", "", "sea"]), words(&["sea"]))]
    {
        let _studio = event.open(activity);
        phone.until("the activity", |phone| phone.staged() == Some(activity));
        assert!(matches!(phone.respond(activity, sent), Outcome::Stored { .. }));
        phone.until("what was stored", |phone| {
            phone.me().responses.get(&activity).is_some_and(|response| response.answer == stored)
        });
    }
}

#[test]
fn two_events_at_once_hear_nothing_of_each_other() {
    let house = House::shared();
    let events = [Event::new(&house, &[poll()]), Event::new(&house, &[poll()])];
    let heard = thread::scope(|scope| {
        let both = events.each_ref().map(|event| scope.spawn(|| busy(event)));
        both.map(|event| event.join().expect("no panic"))
    });
    for (heard, other) in heard.iter().zip([&events[1], &events[0]]) {
        let strange = [other.id.to_string(), other.activities[0].to_string(), other.code.clone()];
        for text in heard {
            assert!(!strange.iter().any(|word| text.contains(word)), "{text}");
        }
        assert!(heard.iter().any(|text| text.contains("\"tally\"")), "there was something to mix up");
    }
}

/// An event in which something happens; all that its clients heard.
fn busy(event: &Event) -> Vec<String> {
    let activity = event.activities[0];
    let (mut studio, mut screen) = (event.studio(), event.screen());
    let mut phones: Vec<Live> = (0..3).map(|_| event.phone()).collect();
    studio.steer(Control::Open { activity });
    studio.steer(Control::Results { activity, visible: true });
    for round in 1..=4 {
        for phone in &mut phones {
            phone.until("the round", |phone| phone.stage().activity.is_some_and(|staged| staged.round == round));
            phone.command(&response(activity, round, pick(1)));
        }
        studio.until("all answers", |studio| studio.results().respondents == Some(3));
        studio.steer(Control::Reset { activity, round });
    }
    screen.until("the last round", |screen| screen.stage().activity.is_some_and(|staged| staged.round == 5));
    [&mut studio, &mut screen].into_iter().chain(&mut phones).flat_map(|live| std::mem::take(&mut live.heard)).collect()
}
