//! What becomes of commands: stored once, refused with a reason, or asked for again.

use std::collections::HashSet;

use parterre_protocol::{
    ActivityId, Answer, Choice, ChoicePoll, ClientMessage, CommandId, Control, Outcome, Question, RefusalCode,
    ServerMessage,
    limits::{COMMANDS_IN_FLIGHT, MESSAGES_BURST},
    topics::{ActivityState, Audience, EventState},
};
use serde_json::json;

use crate::{
    event::{Event, cloud, pick, poll, strict_poll, words},
    house::House,
    live::{cid, refused, response},
};

fn stored(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Stored { .. })
}

#[test]
fn a_command_sent_again_gets_the_same_receipt_and_counts_once() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let activity = event.activities[0];
    let mut studio = event.open(activity);
    let device = event.device();
    let mut phone = event.enter(Audience::Phone, &device);
    let (first, second) = (response(activity, 1, pick(1)), response(activity, 1, pick(2)));
    let receipt = phone.command(&first);
    assert!(stored(&receipt), "{receipt:?}");
    assert_eq!(phone.command(&first), receipt, "on the same connection");
    phone.leave();
    let mut phone = event.enter(Audience::Phone, &device);
    assert_eq!(phone.command(&first), receipt, "on another connection");
    assert!(stored(&phone.command(&second)));
    assert_eq!(phone.command(&first), receipt, "after a change of mind");
    phone.catch_up();
    assert_eq!(event.enter(Audience::Phone, &device).me().responses[&activity].answer, pick(2), "which stays");

    studio.steer(Control::Close { activity });
    assert_eq!(phone.command(&first), receipt, "after the close");
    let strict = Question::Choice(ChoicePoll { min: 2, max: 2, ..strict_poll() });
    let path = event.path(&format!("/activities/{activity}"));
    house.owner().ask("PUT", &path, &json!({"question": strict})).expect(200);
    assert_eq!(phone.command(&first), receipt, "after the question became another");
    studio.until("one answer", |studio| studio.results().answered == Some(1));
}

#[test]
fn another_device_s_command_of_the_same_id_is_a_command_of_its_own() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let activity = event.activities[0];
    let mut studio = event.open(activity);
    let same = response(activity, 1, pick(1));
    assert!(stored(&event.phone().command(&same)) && stored(&event.phone().command(&same)));
    studio.until("both", |studio| studio.results().answered == Some(2));
}

#[test]
fn an_answer_is_refused_with_the_reason() {
    let house = House::shared();
    let event = Event::new(&house, &[Question::Choice(strict_poll()), cloud()]);
    let [choice, cloud] = event.activities[..] else { panic!("two were made") };
    let other = Event::new(&house, &[poll()]).activities[0];
    let (mut studio, mut phone) = (event.studio(), event.phone());
    let mut why = |activity: ActivityId, round, answer| refused(&phone.command(&response(activity, round, answer)));
    assert_eq!(why(choice, 1, pick(1)), Some(RefusalCode::Closed), "not yet open");
    studio.steer(Control::Open { activity: choice });
    assert_eq!(why(other, 1, pick(1)), Some(RefusalCode::Unknown), "of another event");
    assert_eq!(why(choice, 2, pick(1)), Some(RefusalCode::Round), "of a round to come");
    let two = Choice { options: vec![1, 2], other: None };
    let own = Choice { options: vec![], other: Some("By train".to_owned()) };
    for wrong in [pick(9), Answer::Choice(two), Answer::Choice(own), words(&["sea"])] {
        assert_eq!(why(choice, 1, wrong.clone()), Some(RefusalCode::Invalid), "{wrong:?}");
    }
    assert_eq!(why(choice, 1, pick(1)), None);
    assert_eq!(why(choice, 1, pick(2)), Some(RefusalCode::Answered), "for good");
    assert_eq!(why(cloud, 1, words(&["sea"])), Some(RefusalCode::Closed), "another one is open");
    studio.steer(Control::Reset { activity: choice, round: 1 });
    assert_eq!(why(choice, 1, pick(2)), Some(RefusalCode::Round), "of a former round");
    assert_eq!(why(choice, 2, pick(2)), None);
    studio.steer(Control::Open { activity: cloud });
    for wrong in [words(&["a", "b", "c", "d"]), words(&[&"x".repeat(41)])] {
        assert_eq!(why(cloud, 1, wrong), Some(RefusalCode::Invalid));
    }
    studio.steer(Control::End);
    assert_eq!(why(cloud, 1, words(&["sea"])), Some(RefusalCode::Closed), "after the end");
}

#[test]
fn only_facilitators_steer_and_only_participants_answer() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let activity = event.activities[0];
    let open = Control::Open { activity };
    let foreign = event.enter(Audience::Screen, &house.other_team());
    for mut client in [event.phone(), event.screen(), foreign] {
        assert_eq!(refused(&client.control(open.clone())), Some(RefusalCode::Forbidden));
    }
    let mut screen = event.enter(Audience::Screen, &house.owner());
    assert_eq!(screen.stage().event.state, EventState::Draft, "nothing was done");
    screen.steer(open);
    screen.until("the activity", |screen| screen.staged() == Some(activity));
    for mut client in [event.screen(), event.studio(), screen] {
        assert_eq!(refused(&client.respond(activity, pick(1))), Some(RefusalCode::Forbidden));
    }
}

#[test]
fn two_presses_of_next_at_once_skip_nothing() {
    let house = House::shared();
    let event = Event::new(&house, &[poll(), cloud()]);
    let [first, last] = event.activities[..] else { panic!("two were made") };
    let (mut one, mut two) = (event.studio(), event.studio());
    one.steer(Control::Next { after: None });
    assert_eq!(refused(&two.control(Control::Next { after: None })), Some(RefusalCode::Stale));
    two.until("the first", |studio| studio.staged() == Some(first));
    two.steer(Control::Next { after: Some(first) });
    two.until("the last", |studio| studio.staged() == Some(last));
    let states = two.stage().rundown.expect("a studio").into_iter().map(|item| item.state);
    assert_eq!(states.collect::<Vec<_>>(), [ActivityState::Closed, ActivityState::Open]);
    assert_eq!(refused(&two.control(Control::Next { after: Some(last) })), Some(RefusalCode::Unknown));
    let again = ClientMessage::Control { cid: cid(), control: Control::Next { after: Some(last) } };
    assert_eq!(refused(&two.command(&again)), Some(RefusalCode::Unknown));
    let lobby = ClientMessage::Control { cid: cid(), control: Control::Lobby };
    let receipt = two.command(&lobby);
    two.steer(Control::Open { activity: first });
    assert_eq!(two.command(&lobby), receipt, "a stored command that comes again changes nothing");
    two.steer(Control::Results { activity: first, visible: true });
    two.until("the newest stage", |studio| studio.stage().activity.is_some_and(|staged| staged.results));
    assert_eq!(two.staged(), Some(first));
}

#[test]
fn an_event_ends_for_all_and_may_begin_again() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let activity = event.activities[0];
    let (mut studio, mut phone) = (event.open(activity), event.phone());
    studio.steer(Control::End);
    phone.until("the end", |phone| phone.stage().event.state == EventState::Ended && phone.staged().is_none());
    assert_eq!(refused(&studio.control(Control::Open { activity })), Some(RefusalCode::Closed));
    studio.steer(Control::Start);
    phone.until("it goes on", |phone| phone.stage().event.state == EventState::Live);
}

#[test]
fn one_more_command_than_may_wait_is_asked_for_again() {
    // Nothing is committed while all of them are sent.
    let house = House::new(&[("PARTERRE_LIVE__COMMIT_WINDOW_MS", "1000")]);
    let event = Event::new(&house, &[poll()]);
    let activity = event.activities[0];
    let _studio = event.open(activity);
    let mut phone = event.phone();
    phone.until("the poll", |phone| phone.staged() == Some(activity));
    let messages: Vec<_> = (0..=COMMANDS_IN_FLIGHT).map(|n| response(activity, 1, pick(1 + n as u16 % 2))).collect();
    messages.iter().for_each(|message| phone.say(message));
    let mut waiting: HashSet<_> = messages.iter().map(id).collect();
    let mut later = Vec::new();
    while !waiting.is_empty() {
        let ServerMessage::Receipt { cid, outcome } = phone.next() else { continue };
        assert!(waiting.remove(&cid), "one receipt each");
        if matches!(outcome, Outcome::Later { retry_ms: 1.. }) {
            later.push(cid);
        } else {
            assert!(stored(&outcome), "{outcome:?}");
        }
    }
    let last = messages.last().expect("there are some");
    assert_eq!(later, [id(last)]);
    assert!(stored(&phone.command(last)), "sent again, it is stored");
}

fn id(message: &ClientMessage) -> CommandId {
    match message {
        ClientMessage::Respond { cid, .. }
        | ClientMessage::Control { cid, .. }
        | ClientMessage::Post { cid, .. }
        | ClientMessage::Moderate { cid, .. } => *cid,
        ClientMessage::Ping => panic!("a ping is no command"),
    }
}

#[test]
fn a_whole_outbox_may_come_at_once_and_each_command_gets_its_receipt() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let activity = event.activities[0];
    let mut studio = event.open(activity);
    let mut phone = event.phone();
    phone.until("the poll", |phone| phone.staged() == Some(activity));
    let messages: Vec<_> = (0..MESSAGES_BURST / 2).map(|_| response(activity, 1, pick(1))).collect();
    messages.iter().for_each(|message| phone.say(message));
    let mut waiting: HashSet<_> = messages.iter().map(id).collect();
    while !waiting.is_empty() {
        if let ServerMessage::Receipt { cid, outcome } = phone.next() {
            assert!(stored(&outcome) || matches!(outcome, Outcome::Later { .. }), "{outcome:?}");
            assert!(waiting.remove(&cid), "one receipt each");
        }
    }
    studio.until("one answer", |studio| studio.results().answered == Some(1));
}
