//! Nodes that share a database: who lives, who sits where, what rooms ask. Times are the database's
//! own, so silence is made by saying how much of it is too much.

use std::time::Duration;

use parterre_domain::ids::NodeId;
use parterre_protocol::{EventId, Outcome, ParticipantId, topics::RespondentsHere};
use parterre_store::{Arriving, Counts, Heartbeat, HeartbeatReply, RoomStatus, Seat, Seating, Store};
use parterre_system::{clock::Clock, random};

use crate::room::{Host, Room};

/// Longer than any test takes.
const AGES: Duration = Duration::from_secs(3600);

fn node() -> NodeId {
    NodeId::new(random::opaque_id())
}

fn people(event: EventId, count: usize) -> Vec<Seat> {
    let seat = |_| Seat { event_id: event, participant_id: ParticipantId::new(random::opaque_id()) };
    (0..count).map(seat).collect()
}

fn changes(sat: &[Seat], left: &[Seat]) -> Seating {
    Seating::Changes { sat: sat.to_vec(), left: left.to_vec() }
}

async fn heartbeat(store: &Store, node: NodeId, event: EventId, seating: Seating) -> Option<HeartbeatReply> {
    let (arriving, rooms) = (Vec::new(), vec![event]);
    store
        .heartbeat(&Heartbeat { node, clock: Clock::system(), seating, arriving, rooms, count: true, silence: AGES })
        .await
        .unwrap()
        .stored()
}

/// Who is here and elsewhere, as a node is told that tells nothing.
async fn presence(store: &Store, node: NodeId, event: EventId) -> (u32, u32) {
    let counts = heartbeat(store, node, event, changes(&[], &[])).await.unwrap().rooms[0].counts.unwrap();
    (counts.here, counts.elsewhere)
}

pub(crate) async fn a_participant_counts_once_however_many_nodes_they_sit_at(
    store: &Store,
    other: &Store,
    host: &Host,
) {
    let event = Room::running(store, host).await.event;
    let (here, there, third) = (node(), node(), node());
    let crowd = people(event, 5);
    assert!(heartbeat(store, here, event, changes(&crowd, &[])).await.is_none(), "it has to tell everything first");
    heartbeat(store, here, event, Seating::All(crowd[..2].to_vec())).await.unwrap();
    heartbeat(other, there, event, Seating::All(crowd[1..4].to_vec())).await.unwrap();
    heartbeat(other, third, event, Seating::All(crowd[2..].to_vec())).await.unwrap();
    assert_eq!(presence(store, here, event).await, (2, 3));
    assert_eq!(presence(store, there, event).await, (3, 2));
    assert_eq!(presence(store, third, event).await, (3, 2));
    // Told twice, and of somebody who never was there.
    for _ in 0..2 {
        heartbeat(store, here, event, changes(&crowd[3..4], &[crowd[0], crowd[4]])).await.unwrap();
    }
    assert_eq!(presence(store, here, event).await, (2, 2));
    assert_eq!(presence(store, there, event).await, (3, 1));
    store.forget_node(third).await.unwrap();
    assert_eq!(presence(store, here, event).await, (2, 1));
    assert!(heartbeat(store, third, event, changes(&[], &[])).await.is_none());
    for node in [here, there] {
        store.forget_node(node).await.unwrap();
    }
}

pub(crate) async fn a_heartbeat_tells_what_each_room_needs(store: &Store, other: &Store, host: &Host) {
    let (room, empty) = (Room::running(store, host).await, Room::running(store, host).await);
    let (here, there) = (node(), node());
    let ask = |node, seating, arriving, count| Heartbeat {
        node,
        clock: Clock::system(),
        seating,
        arriving,
        rooms: vec![room.event, EventId::new(random::opaque_id()), empty.event],
        count,
        silence: AGES,
    };
    for _ in 0..3 {
        room.join().await;
    }
    let rev = room.state().await.event.rev;
    let answered = |count| Some(RespondentsHere { activity: room.poll, round: 1, count });
    let nobody = Some(RespondentsHere { activity: empty.poll, round: 1, count: 0 });
    let told = |arriving| vec![Arriving { event_id: room.event, arriving }];
    let crowd = people(room.event, 7);
    let first =
        other.heartbeat(&ask(there, Seating::All(crowd.clone()), told(20), false)).await.unwrap().stored().unwrap();
    assert_eq!(first.rooms.iter().map(|room| room.counts).collect::<Vec<_>>(), [None, None]);
    let told_here =
        store.heartbeat(&ask(here, Seating::All(Vec::new()), told(3), true)).await.unwrap().stored().unwrap();
    assert!(told_here.others >= 1 && told_here.next_silent.unwrap() > AGES / 2);
    let of = |reply: &HeartbeatReply, event| *reply.rooms.iter().find(|room| room.event == event).unwrap();
    assert_eq!(told_here.rooms.len(), 2, "of an event that does not exist there is nothing to tell");
    assert_eq!(
        of(&told_here, room.event),
        RoomStatus {
            event: room.event,
            rev,
            arriving: 20,
            counts: Some(Counts {
                here: 0,
                elsewhere: 7,
                joined: 3,
                answered_here: answered(0),
                answered_elsewhere: answered(0)
            })
        }
    );
    // Of those elsewhere who have answered what is on stage, in its round: not who sits here, nor
    // who has gone.
    let [votes, sits_here, away] = [crowd[0], people(room.event, 1)[0], people(room.event, 1)[0]];
    for seat in [votes, sits_here, away] {
        let answer = room.pick(seat.participant_id, 1);
        assert!(matches!(room.commit_one(answer, 4).await, Outcome::Stored { .. }));
    }
    let told_here =
        store.heartbeat(&ask(here, Seating::All(vec![sits_here]), told(3), true)).await.unwrap().stored().unwrap();
    let counts = of(&told_here, room.event).counts.unwrap();
    assert_eq!((counts.here, counts.elsewhere), (1, 7));
    assert_eq!((counts.answered_here, counts.answered_elsewhere), (answered(1), answered(1)));
    assert_eq!(
        of(&told_here, empty.event).counts,
        Some(Counts { here: 0, elsewhere: 0, joined: 0, answered_here: nobody, answered_elsewhere: nobody })
    );
    other.heartbeat(&ask(there, changes(&[], &[]), told(0), false)).await.unwrap().stored().unwrap();
    let later = store.heartbeat(&ask(here, changes(&[], &[]), Vec::new(), false)).await.unwrap().stored().unwrap();
    assert_eq!(of(&later, room.event).arriving, 0);
    for node in [here, there] {
        store.forget_node(node).await.unwrap();
    }
}

pub(crate) async fn who_is_silent_does_not_count_and_is_forgotten(store: &Store, other: &Store, host: &Host) {
    let event = Room::running(store, host).await.event;
    let (here, sleeper) = (node(), node());
    heartbeat(other, sleeper, event, Seating::All(people(event, 4))).await.unwrap();
    heartbeat(store, here, event, Seating::All(people(event, 1))).await.unwrap();
    assert_eq!(presence(store, here, event).await, (1, 4));
    // Until its sign of life is older than no time at all, which a clock of milliseconds shows
    // after one.
    let (seating, arriving, rooms) = (changes(&[], &[]), Vec::new(), vec![event]);
    let hasty = Heartbeat {
        node: here,
        clock: Clock::system(),
        seating,
        arriving,
        rooms,
        count: true,
        silence: Duration::ZERO,
    };
    loop {
        let told = store.heartbeat(&hasty).await.unwrap().stored().unwrap();
        assert!(told.clock.received >= told.clock.sent && told.clock.micros > 0);
        if told.longest_silence > Duration::ZERO {
            assert_eq!((told.others, told.next_silent), (0, None));
            let counts = told.rooms[0].counts.unwrap();
            assert_eq!((counts.here, counts.elsewhere, counts.joined), (1, 0, 0));
            break;
        }
    }
    assert_eq!(store.forget_silent(AGES).await.unwrap(), 0);
    let (one, two) = tokio::join!(store.forget_silent(Duration::ZERO), other.forget_silent(Duration::ZERO));
    assert!(one.unwrap() + two.unwrap() >= 1);
    assert!(heartbeat(other, sleeper, event, changes(&people(event, 1), &[])).await.is_none(), "it was forgotten");
    heartbeat(store, here, event, Seating::All(Vec::new())).await.unwrap();
    assert_eq!(presence(store, here, event).await, (0, 0), "nothing is left of it");
    heartbeat(other, sleeper, event, Seating::All(people(event, 3))).await.unwrap();
    assert_eq!(presence(store, here, event).await, (0, 3));
    for node in [here, sleeper] {
        store.forget_node(node).await.unwrap();
    }
}

pub(crate) async fn thousands_connect_in_one_heartbeat(store: &Store, other: &Store, host: &Host) {
    let event = Room::running(store, host).await.event;
    let (here, there) = (node(), node());
    let crowd = people(event, 3000);
    heartbeat(store, here, event, Seating::All(Vec::new())).await.unwrap();
    heartbeat(other, there, event, Seating::All(crowd[..2000].to_vec())).await.unwrap();
    heartbeat(store, here, event, changes(&crowd[1000..], &[])).await.unwrap();
    assert_eq!(presence(store, here, event).await, (2000, 1000));
    heartbeat(store, here, event, changes(&[], &crowd)).await.unwrap();
    assert_eq!(presence(store, here, event).await, (0, 2000));
    for node in [here, there] {
        store.forget_node(node).await.unwrap();
    }
}
