//! What is done on one node shows on the others, which hear of it by their heartbeats alone.

use parterre_protocol::{Act, ChoiceTally, Control, Outcome, Tally, WordsTally, topics::ActivityState};

use crate::{
    event::{Event, cloud, pick, poll, words},
    house::{Database, House, until},
    live::Live,
};

/// Waits until so many have picked the first option.
fn wait(live: &mut Live, picked: u32) {
    live.until(
        &format!("{picked} answers"),
        |live| matches!(&live.results().tally, Some(Tally::Choice(ChoiceTally { counts, .. })) if counts[&1] == picked),
    );
}

#[test]
fn a_vote_on_one_node_shows_on_the_others() {
    let database = Database::new();
    let nodes = [(); 2].map(|()| House::new(&database, &[]));
    let event = Event::new(&nodes[0], &[poll()]);
    let mut other = nodes[1].screen(&event);
    let mut studio = event.open(event.activities[0]);
    studio.steer(Control::Results { activity: event.activities[0], visible: true });
    let is_open = |live: &Live| live.stage().activity.is_some_and(|staged| staged.state == ActivityState::Open);
    other.until("the open poll", is_open);
    let mut phones = nodes.each_ref().map(|node| node.enter(&event, &event.device()));
    for (voted, phone) in (1..).zip(&mut phones) {
        phone.until("the open poll", is_open);
        assert!(matches!(phone.respond(event.activities[0], pick(1)), Outcome::Stored { .. }));
        for live in [&mut studio, &mut other] {
            wait(live, voted);
        }
    }
    studio.steer(Control::Close { activity: event.activities[0] });
    for live in &mut phones {
        live.until("the closed poll", |live| !is_open(live));
    }
    assert!(nodes[1].counts(r#"parterre_room_resyncs_total{cause="heartbeat"} "#) > 0.0);
    assert_eq!(nodes[1].counts("parterre_nodes "), 2.0);
}

#[test]
fn a_word_that_is_hidden_on_one_node_is_gone_on_the_others() {
    let database = Database::new();
    let nodes = [(); 2].map(|()| House::new(&database, &[]));
    let event = Event::new(&nodes[0], &[cloud()]);
    let activity = event.activities[0];
    let mut screen = nodes[1].screen(&event);
    let mut studio = event.open(activity);
    studio.steer(Control::Results { activity, visible: true });
    let mut phone = nodes[1].enter(&event, &event.device());
    phone.until("the open cloud", |phone| phone.staged() == Some(activity));
    phone.respond(activity, words(&["wordgone", "Océan", "Mer"]));
    let shown = |live: &Live| match live.results().tally {
        Some(Tally::Words(WordsTally { words, .. })) => words.into_iter().collect(),
        _ => Vec::new(),
    };
    screen.until("the words", |screen| shown(screen).len() == 3);
    studio.moderate(Act::HideWord { activity, word: "wordgone".to_owned() });
    studio.moderate(Act::MergeWord { activity, word: "Océan".to_owned(), into: "Mer".to_owned() });
    screen.until("what is left", |screen| shown(screen) == [("Mer".to_owned(), 2)]);
    // A node that comes later reads it.
    let late = House::new(&database, &[]);
    let mut screen = late.screen(&event);
    screen.until("what is left", |screen| shown(screen) == [("Mer".to_owned(), 2)]);
    assert!(!screen.heard.iter().any(|text| text.contains("wordgone")), "{:?}", screen.heard);
}

#[test]
fn a_node_that_is_alone_reads_nothing_again_for_its_own_changes() {
    let database = Database::new();
    let node = House::new(&database, &[]);
    let event = Event::new(&node, &[poll()]);
    let mut studio = event.open(event.activities[0]);
    let mut phone = node.enter(&event, &event.device());
    for _ in 0..5 {
        let heartbeats = node.counts("parterre_heartbeat_seconds_count ");
        // As many as one device may send.
        for _ in 0..8 {
            assert!(matches!(phone.respond(event.activities[0], pick(1)), Outcome::Stored { .. }));
        }
        until(|| node.counts("parterre_heartbeat_seconds_count ") > heartbeats);
    }
    wait(&mut studio, 1);
    assert_eq!(node.counts(r#"parterre_room_resyncs_total{cause="heartbeat"} "#), 0.0);
}
