//! Who is here: people, not connections.

use parterre_protocol::topics::{Audience, Presence};

use crate::{event::Event, house::House, live::Live};

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
