//! Who is here: people, not connections.

use parterre_protocol::{
    Control,
    topics::{Audience, Presence, RespondentsHere},
};

use crate::{
    event::{Event, cloud, pick, poll, words},
    house::House,
    live::Live,
};

fn wait(live: &mut Live, here: u32, joined: u32) {
    live.until("the right presence", |live| live.presence() == Presence { here, joined, ..Presence::default() });
}

#[test]
fn people_are_counted_once_however_many_tabs_they_have_and_until_the_last_is_closed() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let (mut studio, mut screen) = (event.studio(), event.screen());
    wait(&mut studio, 0, 0);
    // Who has only joined is in nobody's way: nothing is kept of them, and nobody counts them.
    let device = event.device();
    wait(&mut studio, 0, 0);
    let (first, second) = (event.enter(Audience::Phone, &device), event.enter(Audience::Phone, &device));
    let other = event.phone();
    for live in [&mut studio, &mut screen] {
        wait(live, 2, 2);
    }
    first.leave();
    other.leave();
    wait(&mut screen, 1, 2);
    // A network that breaks says no goodbye.
    drop(second);
    for live in [&mut studio, &mut screen] {
        wait(live, 0, 2);
    }
    let _back = event.enter(Audience::Phone, &device);
    wait(&mut screen, 1, 2);
    wait(&mut event.screen(), 1, 2);
}

#[test]
fn screens_and_studios_are_no_participants_and_phones_are_not_told() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let (_screen, mut studio, mut phone) = (event.screen(), event.studio(), event.phone());
    wait(&mut studio, 1, 1);
    let _another = event.phone();
    wait(&mut studio, 2, 2);
    phone.catch_up();
    assert!(!phone.heard.iter().any(|text| text.contains("presence")), "{:?}", phone.heard);
}

#[test]
fn of_those_who_are_here_it_is_said_how_many_have_answered() {
    let house = House::shared();
    let event = Event::new(&house, &[poll(), cloud()]);
    let [first, second] = event.activities[..] else { panic!("two activities") };
    let (mut studio, mut screen) = (event.studio(), event.screen());
    assert_eq!(studio.presence().respondents, None, "nothing is on stage");
    let mut told = |activity, round, here, count| {
        for live in [&mut studio, &mut screen] {
            live.until(&format!("{count} of {here}"), |live| {
                let presence = live.presence();
                presence.here == here && presence.respondents == Some(RespondentsHere { activity, round, count })
            });
        }
    };
    let mut steers = event.open(first);
    told(first, 1, 0, 0);
    let gone = event.device();
    let mut leaves = event.enter(Audience::Phone, &gone);
    leaves.respond(first, pick(1));
    told(first, 1, 1, 1);
    let (mut stays, mut silent) = (event.phone(), event.phone());
    stays.respond(first, pick(1));
    stays.respond(first, pick(2));
    told(first, 1, 3, 2);
    leaves.leave();
    told(first, 1, 2, 1);
    steers.until("all answers", |studio| studio.results().respondents == Some(2));
    // Who comes back has answered, without saying anything.
    let back = event.enter(Audience::Phone, &gone);
    told(first, 1, 3, 2);
    back.leave();
    // Words that are taken back are no answer.
    steers.steer(Control::Open { activity: second });
    told(second, 1, 2, 0);
    silent.respond(second, words(&["Mer"]));
    told(second, 1, 2, 1);
    silent.respond(second, words(&[]));
    told(second, 1, 2, 0);
    // What comes on stage again is known; what begins again is not answered.
    steers.steer(Control::Open { activity: first });
    told(first, 1, 2, 1);
    steers.steer(Control::Reset { activity: first, round: 1 });
    told(first, 2, 2, 0);
    steers.steer(Control::Lobby);
    steers.until("nothing on stage", |studio| studio.presence().respondents.is_none());
}
