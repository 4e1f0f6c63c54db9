//! Steering.

use parterre_protocol::{
    Control, EventId, Outcome, RefusalCode,
    topics::{ActivityState, EventState},
};
use parterre_store::Store;
use uuid::Uuid;

use crate::room::{Host, Room, cid, cloud, refused};

pub(crate) async fn a_command_is_done_once(store: &Store, host: &Host) {
    let room = Room::draft(store, host).await;
    let next = room.add(&cloud()).await;
    let before = room.rev().await;
    let (open, again) = (Control::Open { activity: room.poll }, cid());
    let done = store.control(room.event, host.member, again, &open, 100).await.unwrap();
    assert_eq!(done.outcome, Outcome::Stored { at: 100 });
    assert!(done.rev.unwrap() > before);
    let state = room.state().await;
    assert_eq!((state.staged, state.event.state, Some(state.event.rev)), (Some(room.poll), EventState::Live, done.rev));
    assert_eq!((state.activities[0].state, state.activities[1].state), (ActivityState::Open, ActivityState::Draft));

    room.steer(Control::Open { activity: next }).await;
    let moved = room.state().await;
    let repeated = store.control(room.event, host.member, again, &open, 200).await.unwrap();
    assert_eq!((repeated.outcome, repeated.rev), (Outcome::Stored { at: 100 }, None));
    assert!(repeated.repeated.is_some(), "perhaps nobody was told of it then");
    assert_eq!(room.state().await, moved);

    let idle = room.steer(Control::Open { activity: next }).await;
    assert_eq!(idle.rev, None, "what is so already has no new version");
    assert_eq!(room.state().await, moved);
}

pub(crate) async fn a_refusal_changes_nothing(store: &Store, host: &Host) {
    let room = Room::running(store, host).await;
    let before = room.state().await;
    let (stale, again) = (Control::Next { after: None }, cid());
    let steered = store.control(room.event, host.member, again, &stale, 1).await.unwrap();
    assert_eq!((refused(&steered.outcome), steered.rev), (RefusalCode::Stale, None));
    assert_eq!(room.state().await, before);
    // It was not remembered: the same command is judged anew.
    room.steer(Control::Lobby).await;
    let steered = store.control(room.event, host.member, again, &stale, 2).await.unwrap();
    assert_eq!(steered.outcome, Outcome::Stored { at: 2 });

    let nowhere = EventId::new(Uuid::new_v4());
    let steered = store.control(nowhere, host.member, cid(), &Control::Start, 1).await.unwrap();
    assert_eq!(refused(&steered.outcome), RefusalCode::Unknown);
}

pub(crate) async fn deleting_what_is_on_stage_clears_it(store: &Store, host: &Host) {
    let room = Room::running(store, host).await;
    let phone = room.join().await;
    room.commit_one(room.pick(phone, 1), 5).await;
    store.delete_activity(room.event, room.poll, 6).await.unwrap().unwrap();
    let state = room.state().await;
    assert_eq!((state.staged, state.tally, state.activities.len()), (None, None, 0));
    store.restore_activity(room.event, room.poll).await.unwrap().unwrap();
    let state = room.state().await;
    assert_eq!((state.staged, state.activities[0].state), (None, ActivityState::Closed));
    assert_eq!(state.respondents[&room.poll], 1, "with its answers");
}
