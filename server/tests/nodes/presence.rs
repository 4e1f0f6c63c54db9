//! Who is here, on all nodes: people, not connections, whatever becomes of a node.

use parterre::http::auth::DEVICE_COOKIE;
use parterre_protocol::topics::ActivityState;

use crate::{
    event::{Event, pick, poll},
    house::{Database, House, until},
    live::Live,
};

/// Waits until so many are here, and have ever joined.
fn wait(live: &mut Live, here: u32, joined: u32) {
    live.until(&format!("{here} of {joined} here"), |live| {
        let presence = live.presence();
        (presence.here, presence.joined) == (here, joined)
    });
}

#[test]
fn people_are_counted_once_on_all_nodes_whichever_they_are_connected_to() {
    let database = Database::new();
    let nodes = [(); 3].map(|()| House::new(&database, &[]));
    let event = Event::new(&nodes[0], &[]);
    let mut screens = nodes.each_ref().map(|node| node.screen(&event));
    // Who has only joined is counted by nobody.
    let (inès, olu) = (event.device(), event.device());
    for screen in &mut screens {
        wait(screen, 0, 0);
    }
    let (first, second) = (nodes[0].enter(&event, &inès), nodes[1].enter(&event, &inès));
    let other = nodes[1].enter(&event, &olu);
    for screen in &mut screens {
        wait(screen, 2, 2);
    }
    first.leave();
    // Somebody who comes later on every node shows that all know of who left before.
    let third = nodes[2].enter(&event, &event.device());
    for screen in &mut screens {
        wait(screen, 3, 3);
    }
    second.leave();
    for screen in &mut screens {
        wait(screen, 2, 3);
    }
    other.leave();
    third.leave();
    for screen in &mut screens {
        wait(screen, 0, 3);
    }
}

#[test]
fn of_those_who_are_here_all_nodes_know_how_many_have_answered() {
    let database = Database::new();
    let nodes = [(); 2].map(|()| House::new(&database, &[]));
    let event = Event::new(&nodes[0], &[poll()]);
    let activity = event.activities[0];
    let _studio = event.open(activity);
    let mut screens = nodes.each_ref().map(|node| node.screen(&event));
    let mut told = |here, count| {
        for screen in &mut screens {
            screen.until(&format!("{count} of {here}"), |live| {
                let presence = live.presence();
                presence.here == here && presence.respondents.map(|here| here.count) == Some(count)
            });
        }
    };
    let is_open = |live: &Live| live.stage().activity.is_some_and(|staged| staged.state == ActivityState::Open);
    let mut phones = nodes.each_ref().map(|node| node.enter(&event, &event.device()));
    told(2, 0);
    for (answered, phone) in (1..).zip(&mut phones) {
        phone.until("the open poll", is_open);
        phone.respond(activity, pick(1));
        told(2, answered);
    }
    let [first, second] = phones;
    second.leave();
    told(1, 1);
    // Of the answers in all, which stay two, nobody could tell that.
    let _silent = nodes[1].enter(&event, &event.device());
    told(2, 1);
    first.leave();
    told(1, 0);
    // Whose answer another node has committed than the one that they are connected to.
    let tabs = event.device();
    let (_shows, mut answers) = (nodes[0].enter(&event, &tabs), nodes[1].enter(&event, &tabs));
    told(2, 0);
    answers.until("the open poll", is_open);
    answers.respond(activity, pick(1));
    told(2, 1);
}

#[test]
fn who_was_on_a_killed_node_is_gone_on_the_others_and_is_forgotten() {
    let database = Database::new();
    let nodes = [(); 3].map(|()| House::new(&database, &[("PARTERRE_CLUSTER__NODE_FORGET_MS", "3000")]));
    let event = Event::new(&nodes[0], &[]);
    let mut screens = [nodes[0].screen(&event), nodes[1].screen(&event)];
    let phones: Vec<_> = nodes.iter().map(|node| node.enter(&event, &event.device())).collect();
    for screen in &mut screens {
        wait(screen, 3, 3);
    }
    let [first, second, third] = nodes;
    third.signal("-KILL");
    for screen in &mut screens {
        wait(screen, 2, 3);
    }
    until(|| database.number("SELECT COUNT(*) FROM nodes") == 2);
    until(|| database.number("SELECT COUNT(*) FROM seats") == 2);
    assert!(!third.ended().success());
    until(|| first.counts("parterre_nodes ") == 2.0);
    // Who stops says so.
    second.signal("-TERM");
    assert!(second.ended().success());
    assert_eq!(database.number("SELECT COUNT(*) FROM nodes"), 1);
    assert_eq!(database.number("SELECT COUNT(*) FROM seats"), 1);
    wait(&mut screens[0], 1, 3);
    drop(phones);
}

#[test]
fn a_node_that_slept_so_long_that_it_was_forgotten_tells_everything_anew() {
    let database = Database::new();
    let nodes = [(); 2].map(|()| House::new(&database, &[("PARTERRE_CLUSTER__NODE_FORGET_MS", "3000")]));
    let event = Event::new(&nodes[0], &[]);
    let mut screens = nodes.each_ref().map(|node| node.screen(&event));
    let _phones: Vec<_> = nodes.iter().map(|node| node.enter(&event, &event.device())).collect();
    for screen in &mut screens {
        wait(screen, 2, 2);
    }
    let moved = event.device();
    let _before = nodes[1].enter(&event, &moved);
    wait(&mut screens[0], 3, 3);
    nodes[1].signal("-STOP");
    wait(&mut screens[0], 1, 3);
    // Whose connection hangs on the node that sleeps, comes back elsewhere.
    let _after = nodes[0].enter(&event, &moved);
    wait(&mut screens[0], 2, 3);
    until(|| database.number("SELECT COUNT(*) FROM nodes") == 1);
    nodes[1].signal("-CONT");
    for screen in &mut screens {
        wait(screen, 3, 3);
    }
    assert_eq!(database.number("SELECT COUNT(*) FROM seats"), 4, "one of them sits on both");
}

#[test]
fn who_sits_where_is_told_anew_when_somebody_else_was_at_the_tables() {
    let database = Database::new();
    let nodes = [(); 2].map(|()| House::new(&database, &[]));
    let event = Event::new(&nodes[0], &[]);
    let mut screens = nodes.each_ref().map(|node| node.screen(&event));
    let _phones: Vec<_> = nodes.iter().map(|node| node.enter(&event, &event.device())).collect();
    for screen in &mut screens {
        wait(screen, 2, 2);
    }
    assert_eq!(database.execute("DELETE FROM seats"), 2);
    until(|| database.number("SELECT COUNT(*) FROM seats") == 2);
    assert_eq!(database.execute("WITH emptied AS (DELETE FROM seats) DELETE FROM nodes"), 2);
    until(|| database.number("SELECT COUNT(*) FROM seats, nodes WHERE node_id = id") == 2);
    let _third = nodes[1].enter(&event, &event.device());
    for screen in &mut screens {
        wait(screen, 3, 3);
    }
}

#[test]
fn who_left_while_the_database_was_away_is_gone_when_it_is_back() {
    let mut database = Database::new();
    let nodes = [(); 2].map(|()| House::new(&database, &[]));
    let event = Event::new(&nodes[0], &[]);
    let mut screens = nodes.each_ref().map(|node| node.screen(&event));
    let leaver = nodes[0].enter(&event, &event.device());
    let _stays = nodes[1].enter(&event, &event.device());
    for screen in &mut screens {
        wait(screen, 2, 2);
    }
    database.postgres.crash();
    until(|| nodes.iter().all(|node| node.counts("parterre_heartbeat_failures_total ") >= 2.0));
    leaver.leave();
    database.postgres.resume();
    for screen in &mut screens {
        wait(screen, 1, 2);
    }
    // Shown already while a node was thought dead.
    until(|| database.number("SELECT COUNT(*) FROM seats") == 1);
}

#[test]
fn a_thousand_who_come_at_once_are_told_with_a_few_heartbeats() {
    let database = Database::new();
    let nodes = [(); 2].map(|()| House::new(&database, &[]));
    let event = Event::new(&nodes[0], &[]);
    let mut screens = nodes.each_ref().map(|node| node.screen(&event));
    let devices = database.devices(event.id, 1000);
    for screen in &mut screens {
        wait(screen, 0, 1000);
    }
    // Asleep, the node sees all of them arrive at once.
    let before = nodes[1].counts("parterre_heartbeat_seconds_count ");
    let phones: Vec<_> = devices
        .iter()
        .map(|token| nodes[1].enter(&event, &nodes[1].stranger().with_cookie(DEVICE_COOKIE, token)))
        .collect();
    for screen in &mut screens {
        wait(screen, 1000, 1000);
    }
    assert!(nodes[1].counts("parterre_heartbeat_seconds_count ") > before);
    assert_eq!(database.number("SELECT COUNT(*) FROM seats"), 1000);
    drop(phones);
    for screen in &mut screens {
        wait(screen, 0, 1000);
    }
    until(|| database.number("SELECT COUNT(*) FROM seats") == 0);
}
