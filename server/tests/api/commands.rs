//! What becomes of commands: stored once, refused with a reason, or asked for again.

use std::{collections::HashSet, time::Instant};

use parterre_protocol::{
    ActivityId, Answer, Choice, ChoicePoll, ClientMessage, CommandId, Control, Outcome, RefusalCode, ServerMessage,
    Settings,
    limits::{COMMANDS_IN_FLIGHT, MESSAGES_BURST},
    posts::QaState,
    topics::{ActivityState, Audience, EventState},
};
use serde_json::json;

use crate::{
    browser::{Browser, HttpResponse as Page},
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
    let strict = Settings::Choice(ChoicePoll { min: 2, max: 2, ..strict_poll() });
    let path = event.path(&format!("/activities/{activity}"));
    house.owner().ask("PUT", &path, &json!({"settings": strict})).expect(200);
    assert_eq!(phone.command(&first), receipt, "after the question became another");
    studio.until("one answer", |studio| studio.results().respondents == Some(1));
}

#[test]
fn another_device_s_command_of_the_same_id_is_a_command_of_its_own() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let activity = event.activities[0];
    let mut studio = event.open(activity);
    let same = response(activity, 1, pick(1));
    assert!(stored(&event.phone().command(&same)) && stored(&event.phone().command(&same)));
    studio.until("both", |studio| studio.results().respondents == Some(2));
}

#[test]
fn an_answer_is_refused_with_the_reason() {
    let house = House::shared();
    let event = Event::new(&house, &[Settings::Choice(strict_poll()), cloud()]);
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
    let messages: Vec<_> = (0..2 * MESSAGES_BURST).map(|_| response(activity, 1, pick(1))).collect();
    messages.iter().for_each(|message| phone.say(message));
    let mut waiting: HashSet<_> = messages.iter().map(id).collect();
    while !waiting.is_empty() {
        if let ServerMessage::Receipt { cid, outcome } = phone.next() {
            assert!(stored(&outcome) || matches!(outcome, Outcome::Later { .. }), "{outcome:?}");
            assert!(waiting.remove(&cid), "one receipt each");
        }
    }
    studio.until("one answer", |studio| studio.results().respondents == Some(1));
}

#[test]
fn a_participant_has_one_pace_whatever_way_its_commands_come() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let activity = event.activities[0];
    let mut studio = event.open(activity);
    let device = event.device();
    let mut tabs = [event.enter(Audience::Phone, &device), event.enter(Audience::Phone, &device)];
    let (began, mut taken, mut put_off) = (Instant::now(), 0, [false; 4]);
    for n in 0.. {
        assert!(n < 5_000, "by each way one is put off at some time: {put_off:?}");
        let answer = response(activity, 1, pick(1 + n % 2));
        let way = usize::from(n % 4);
        let outcome = match way {
            0 | 1 => tabs[way].command(&answer),
            2 => posted(&event, &device, &answer),
            _ => by_form(&event, &device),
        };
        match outcome {
            Outcome::Stored { .. } => taken += 1,
            Outcome::Later { retry_ms } => {
                assert!((100..=1000).contains(&retry_ms), "{retry_ms}");
                put_off[way] = true;
            }
            Outcome::Refused { .. } => panic!("{outcome:?}"),
        }
        if put_off == [true; 4] {
            break;
        }
    }
    let most = MESSAGES_BURST + (began.elapsed().as_millis() / 100) as u32 + 1;
    assert!(taken <= most, "{taken} were taken, and {most} may be");
    studio.until("one answer", |studio| studio.results().respondents == Some(1));
    // Nobody else waits for that.
    assert!(stored(&event.phone().respond(activity, pick(1))));
}

/// The receipt of a command that is sent by an HTTP request.
fn posted(event: &Event, device: &Browser, command: &ClientMessage) -> Outcome {
    let path = format!("/api/v1/live?event={}&as=phone", event.id);
    let command = serde_json::to_value(command).expect("JSON");
    serde_json::from_value(device.ask("POST", &path, &command).expect(200).json()).expect("a receipt")
}

/// What becomes of an answer to the first activity that a page's form sends.
fn by_form(event: &Event, device: &Browser) -> Outcome {
    let (cid, activity) = (cid().to_string(), event.activities[0].to_string());
    let fields = [("cid", &*cid), ("activity", &activity), ("round", "1"), ("kind", "choice"), ("option", "1")];
    let page = device.post(&event.page("/respond"), &fields);
    if page.status == 303 { Outcome::Stored { at: 0 } } else { put_off_by(&page) }
}

/// What a page says that puts a form off.
fn put_off_by(page: &Page) -> Outcome {
    assert_eq!((page.status.as_u16(), page.header("retry-after")), (429, "1"));
    assert!(page.body.contains("Too many at once. Try again in 1 second."), "{}", page.body);
    Outcome::Later { retry_ms: 1000 }
}

#[test]
fn questions_by_form_keep_the_same_pace_and_what_was_typed_is_kept() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let mut studio = event.studio();
    studio.steer(Control::Start);
    studio.configure(|settings| settings.state = QaState::Open);
    let device = event.device();
    for n in 0.. {
        assert!(n < 5_000, "one is put off at some time");
        let id = cid().to_string();
        let page = device
            .post(&event.page("/questions"), &[("cid", &id), ("do", "ask"), ("text", "Whither then?"), ("sure", "1")]);
        if page.status == 429 {
            put_off_by(&page);
            assert!(page.body.contains("Whither then?"), "{}", page.body);
            break;
        }
    }
}

#[test]
fn of_an_answer_that_was_replaced_only_the_receipt_is_kept() {
    let house = House::shared();
    let event = Event::new(&house, &[cloud()]);
    let activity = event.activities[0];
    let mut studio = event.open(activity);
    let device = event.device();
    let mut phone = event.enter(Audience::Phone, &device);
    let first = response(activity, 1, words(&["verbose"]));
    let receipt = phone.command(&first);
    assert!(stored(&receipt));
    // Also where one commit brings both.
    let (second, third) = (response(activity, 1, words(&["wordy"])), response(activity, 1, words(&["terse"])));
    phone.say(&second);
    phone.say(&third);
    assert!(stored(&phone.receipt(id(&second))) && stored(&phone.receipt(id(&third))));
    let rows = format!("SELECT answer FROM responses WHERE activity_id = {} ORDER BY rev", house.id(activity.uuid()));
    let kept = house.texts(&rows).concat();
    assert!(kept.contains("terse") && !kept.contains("verbose") && !kept.contains("wordy"), "{kept}");
    assert_eq!(phone.command(&first), receipt, "sent again");
    assert_eq!(event.enter(Audience::Phone, &device).me().responses[&activity].answer, words(&["terse"]));
    studio.until("one answer", |studio| studio.results().respondents == Some(1));
}

#[test]
fn a_command_that_cannot_be_read_is_refused_by_its_id_at_the_pace_of_all_others() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let posted = format!("/api/v1/live?event={}&as=phone", event.id);
    let (named, unnamed, ping) = (
        json!({"t": "respond", "cid": cid(), "activity": "the first", "round": "one"}),
        json!({"t": "respond"}),
        json!({"t": "ping"}),
    );
    // Each kind of message alone, by a device of its own, until one comes too soon.
    for (message, once, at_last) in [(&named, 200, 200), (&unnamed, 400, 429), (&ping, 200, 429)] {
        let device = event.device();
        let (began, mut taken) = (Instant::now(), 0);
        let late = loop {
            assert!(taken < 5_000, "one is put off at some time: {message}");
            let answer = device.ask("POST", &posted, message);
            let told = answer.json();
            if told["status"] == "later" || answer.status == 429 {
                break answer;
            }
            assert_eq!(answer.status, once, "{told}");
            if *message == named {
                assert_eq!(
                    (&told["cid"], &told["status"], &told["code"]),
                    (&named["cid"], &json!("refused"), &json!("invalid"))
                );
            }
            taken += 1;
        };
        let most = MESSAGES_BURST + (began.elapsed().as_millis() / 100) as u32 + 1;
        assert!(taken <= most, "{taken} were taken, and {most} may be: {message}");
        assert_eq!(late.status, at_last, "{late:?}");
        let told = late.json();
        assert!(told["retry_ms"].as_u64().is_some_and(|wait| (100..=1000).contains(&wait)), "{told}");
        if *message == named {
            assert_eq!(told["cid"], named["cid"]);
        } else {
            assert_eq!((late.refusal(), late.header("retry-after")), ((429, "slow_down".to_owned()), "1"));
        }
    }
}

#[test]
fn a_receipt_names_a_command_in_lower_case_with_hyphens_and_what_is_no_id_as_it_was_sent() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let device = event.device();
    let posted = format!("/api/v1/live?event={}&as=phone", event.id);
    let id = cid().to_string();
    for (sent, told) in [(id.to_uppercase(), &*id), (id.replace('-', ""), &id), ("17".to_owned(), "17")] {
        let command = json!({"t": "post", "cid": sent, "post": {"do": "ask", "text": "Whither?"}});
        let receipt = device.ask("POST", &posted, &command).expect(200).json();
        assert_eq!((&receipt["cid"], &receipt["status"]), (&json!(told), &json!("refused")), "{sent}");
    }
}
