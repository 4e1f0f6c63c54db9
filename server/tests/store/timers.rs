//! What the time does: once, whoever does it, and closed means closed.

use std::time::Duration;

use parterre_protocol::{
    ActivityId, Control, EventId, Millis, RefusalCode,
    topics::{ActivityState, EventState},
};
use parterre_store::{DueTime, Settled, Store};
use tokio::{task::JoinSet, time::timeout};
use uuid::Uuid;

use crate::room::{Host, Room, cid, poll, refused};

/// Later than anything that other tests of the contract leave behind.
const HOUR: Millis = 3_600_000;

fn schedule(activity: ActivityId, opens_at: Option<Millis>, closes_at: Option<Millis>) -> Control {
    Control::Schedule { activity, opens_at, closes_at }
}

async fn moments_of(room: &Room<'_>) -> Vec<Millis> {
    let moments = room.store.moments(1000).await.unwrap();
    assert!(moments.is_sorted_by_key(|moment| moment.at));
    moments.into_iter().filter(|moment| moment.event == room.event).map(|moment| moment.at).collect()
}

pub(crate) async fn moments_are_found_in_order_and_only_where_something_can_happen(store: &Store, host: &Host) {
    let room = Room::draft(store, host).await;
    assert!(moments_of(&room).await.is_empty());
    let second = room.add(&poll(true)).await;
    room.steer(schedule(room.poll, Some(9 * HOUR), Some(10 * HOUR))).await;
    room.steer(schedule(second, None, Some(8 * HOUR))).await;
    assert_eq!(moments_of(&room).await, [8 * HOUR, 9 * HOUR]);
    let first = store.moments(1).await.unwrap();
    assert_eq!(first, [DueTime { event: room.event, at: 8 * HOUR }]);
    store.delete_activity(room.event, second, 3).await.unwrap().unwrap();
    assert_eq!(moments_of(&room).await, [9 * HOUR]);
    store.delete_event(room.event, 4).await.unwrap().unwrap();
    assert!(moments_of(&room).await.is_empty());
    assert_eq!(store.settle(room.event, 99 * HOUR).await.unwrap(), None);
    assert_eq!(store.settle(EventId::new(Uuid::new_v4()), 99 * HOUR).await.unwrap(), None);
}

pub(crate) async fn what_is_due_is_done_once_however_many_try(store: &Store, other_node: &Store, host: &Host) {
    const ROUNDS: Millis = 20;
    let room = Room::draft(store, host).await;
    let mut ids = vec![room.poll];
    for _ in 1..ROUNDS {
        ids.push(room.add(&poll(true)).await);
    }
    // Each opens for a minute of every two.
    for (n, id) in (0..).zip(&ids) {
        room.steer(schedule(*id, Some(HOUR + 2 * n * 60_000), Some(HOUR + (2 * n + 1) * 60_000))).await;
    }
    let mut rev = room.rev().await;
    for moment in 0..2 * ROUNDS {
        let now = HOUR + moment * 60_000;
        assert_eq!(store.settle(room.event, now - 1).await.unwrap(), Some(Settled { rev, changed: false }));
        let mut nodes = JoinSet::new();
        for node in [store, other_node, store, other_node] {
            let (node, event) = (node.clone(), room.event);
            nodes.spawn(async move { node.settle(event, now).await.unwrap().unwrap() });
        }
        let settled = nodes.join_all().await;
        rev += 1;
        assert!(settled.iter().all(|settled| settled.rev == rev), "{settled:?}");
        assert_eq!(settled.iter().filter(|settled| settled.changed).count(), 1, "one did it");
        assert_eq!(room.rev().await, rev, "one moment, one version");
        let state = room.state().await;
        let (place, opens) = (usize::try_from(moment / 2).unwrap(), moment % 2 == 0);
        assert_eq!((state.staged, state.event.state), (Some(ids[place]), EventState::Live));
        let expected = if opens { ActivityState::Open } else { ActivityState::Closed };
        assert_eq!(state.activities[place].state, expected);
    }
    assert!(moments_of(&room).await.is_empty());
}

pub(crate) async fn when_the_time_is_up_nothing_is_counted_though_nobody_has_closed_it(
    store: &Store,
    other_node: &Store,
    host: &Host,
) {
    let room = Room::running(store, host).await;
    let phones = room.join_many(3).await;
    let countdown = Control::Countdown { activity: room.poll, seconds: 60 };
    let end = 60_002;
    room.steer(countdown).await;
    assert_eq!(room.state().await.activities[0].timer.closes_at, Some(end), "a minute after it was begun");
    assert!(matches!(
        room.commit(vec![room.pick(phones[0], 1)], end - 1).await.responses[..],
        [parterre_protocol::Outcome::Stored { .. }]
    ));
    let late = room.pick(phones[1], 1);
    assert_eq!(refused(&room.commit_one(late.clone(), end).await), RefusalCode::Closed);
    assert_eq!(room.state().await.activities[0].state, ActivityState::Open, "nobody has closed it yet");

    // Half a minute more comes too late too, though nobody has closed it; a minute is not begun
    // anew by it.
    let more = schedule(room.poll, None, Some(end + 30_000));
    let steered = other_node.control(room.event, host.member, cid(), &more, end).await.unwrap();
    assert_eq!((refused(&steered.outcome), steered.rev), (RefusalCode::Closed, None));

    // Answers of that moment and the closing at once, on two nodes.
    let rev = room.rev().await;
    let both =
        async { tokio::join!(room.commit_one(room.pick(phones[2], 2), end), other_node.settle(room.event, end)) };
    let (answer, settled) = timeout(Duration::from_secs(30), both).await.expect("nobody waits for the other for ever");
    assert_eq!(refused(&answer), RefusalCode::Closed);
    assert_eq!(settled.unwrap(), Some(Settled { rev: rev + 1, changed: true }));
    assert_eq!(refused(&room.commit_one(late, end).await), RefusalCode::Closed);
    assert_eq!(room.respondents().await, 1);
}

pub(crate) async fn what_comes_back_does_what_was_due_meanwhile(store: &Store, host: &Host) {
    let room = Room::draft(store, host).await;
    let open = room.add(&poll(true)).await;
    room.steer(schedule(room.poll, Some(HOUR), None)).await;
    room.steer(Control::Countdown { activity: open, seconds: 60 }).await;
    for id in [room.poll, open] {
        store.delete_activity(room.event, id, 3).await.unwrap().unwrap();
    }
    assert!(moments_of(&room).await.is_empty());
    for id in [room.poll, open] {
        store.restore_activity(room.event, id).await.unwrap().unwrap();
    }
    assert_eq!(moments_of(&room).await, [HOUR], "what was open is closed, and its countdown is over");
    assert!(store.settle(room.event, 2 * HOUR).await.unwrap().unwrap().changed);
    let state = room.state().await;
    assert_eq!((state.staged, state.activities[0].state), (Some(room.poll), ActivityState::Open));
    assert_eq!(state.activities[1].state, ActivityState::Closed);
}
