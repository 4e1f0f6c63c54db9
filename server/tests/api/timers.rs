//! What the time does to an event, as those who are connected see it.

use parterre_protocol::{
    ActivityId, Control, RefusalCode,
    topics::{ActivityState, Audience, EventState, RundownItem},
};

use crate::{
    event::{Event, cloud, pick, poll},
    house::House,
    live::{Live, refused},
};

fn schedule(activity: ActivityId, opens_at: Option<i64>, closes_at: Option<i64>) -> Control {
    Control::Schedule { activity, opens_at, closes_at }
}

fn item(studio: &Live, activity: ActivityId) -> RundownItem {
    let rundown = studio.stage().rundown.expect("a studio");
    rundown.into_iter().find(|item| item.id == activity).expect("it is in the rundown")
}

fn closes_at(client: &Live) -> Option<i64> {
    client.stage().activity.and_then(|staged| staged.closes_at)
}

fn is_closed(client: &Live) -> bool {
    client.stage().activity.is_some_and(|staged| staged.state == ActivityState::Closed)
}

#[test]
fn a_countdown_opens_tells_all_until_when_and_closes_by_itself() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let activity = event.activities[0];
    let (mut studio, mut phone, mut screen) = (event.studio(), event.phone(), event.screen());
    let begun = studio.stored_at(Control::Countdown { activity, seconds: 2 });
    for client in [&mut studio, &mut phone, &mut screen] {
        client.until("the end of the countdown", |client| closes_at(client) == Some(begun + 2000));
    }
    assert_eq!(refused(&phone.respond(activity, pick(1))), None);
    for client in [&mut studio, &mut phone, &mut screen] {
        client.until("the close", |client| is_closed(client) && closes_at(client).is_none());
    }
    assert_eq!(refused(&phone.respond(activity, pick(2))), Some(RefusalCode::Closed));
    studio.until("one answer", |studio| studio.results().respondents == Some(1));
}

#[test]
fn a_countdown_is_made_longer_and_taken_away_and_goes_with_what_it_was_for() {
    let house = House::shared();
    let event = Event::new(&house, &[poll(), cloud()]);
    let [activity, next] = event.activities[..] else { panic!("two were made") };
    let mut studio = event.studio();
    let begun = studio.stored_at(Control::Countdown { activity, seconds: 60 });
    studio.until("a minute", |studio| closes_at(studio) == Some(begun + 60_000));
    let longer = begun + 90_000;
    for _ in 0..2 {
        studio.steer(schedule(activity, None, Some(longer)));
    }
    studio.until("half a minute more, once", |studio| closes_at(studio) == Some(longer));
    studio.steer(schedule(activity, None, None));
    studio.until("no end", |studio| closes_at(studio).is_none());
    studio.steer(Control::Countdown { activity, seconds: 60 });
    studio.steer(Control::Open { activity: next });
    studio.until("the next", |studio| studio.staged() == Some(next));
    assert_eq!((item(&studio, activity).state, item(&studio, activity).closes_at), (ActivityState::Closed, None));
    for (wrong, code) in [
        (Control::Countdown { activity, seconds: 0 }, RefusalCode::Invalid),
        (schedule(activity, None, Some(longer)), RefusalCode::Closed),
        (schedule(next, None, Some(begun)), RefusalCode::Invalid),
    ] {
        assert_eq!(refused(&studio.control(wrong)), Some(code));
    }
}

#[test]
fn a_schedule_is_known_to_studios_alone_and_happens_though_nobody_is_there() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let activity = event.activities[0];
    let mut studio = event.studio();
    let now = studio.stored_at(Control::Lobby);
    studio.steer(schedule(activity, Some(now + 1500), Some(now + 600_000)));
    studio.until("the schedule", |studio| item(studio, activity).opens_at == Some(now + 1500));
    studio.leave();
    // Each comes anew, so that none of them is told by a room that was there all the time.
    let device = event.device();
    let opened = loop {
        let mut phone = event.enter(Audience::Phone, &device);
        if phone.stage().event.state == EventState::Live {
            break phone;
        }
        assert!(phone.staged().is_none() && !phone.heard.iter().any(|text| text.contains("opens_at")));
        phone.until("it opens", |phone| phone.staged().is_some());
        phone.leave();
    };
    assert_eq!((opened.staged(), closes_at(&opened)), (Some(activity), Some(now + 600_000)));
}

#[test]
fn what_was_due_while_no_server_ran_is_done_when_one_runs_again() {
    let mut house = House::new(&[]);
    let (activity, code, id) = {
        let event = Event::new(&house, &[poll()]);
        let mut studio = event.studio();
        studio.steer(Control::Countdown { activity: event.activities[0], seconds: 1 });
        (event.activities[0], event.code.clone(), event.id)
    };
    house.crash();
    let event = Event { server: &house, id, code, activities: vec![activity] };
    let (mut studio, mut phone) = (event.studio(), event.phone());
    studio.until("the close", is_closed);
    assert_eq!(refused(&phone.respond(activity, pick(1))), Some(RefusalCode::Closed));
}
