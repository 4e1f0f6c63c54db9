//! The rundown.

use parterre_protocol::{ActivityId, EventId, Settings, limits::ACTIVITIES_PER_EVENT, topics::ActivityState};
use parterre_store::{Added, Store};
use uuid::Uuid;

use crate::room::{Host, Room, cloud, poll};

fn new_id() -> ActivityId {
    ActivityId::new(Uuid::new_v4())
}

async fn rundown(room: &Room<'_>) -> Vec<ActivityId> {
    room.store.activities(room.event).await.unwrap().iter().map(|activity| activity.id).collect()
}

pub(crate) async fn the_rundown_keeps_its_order(store: &Store, host: &Host) {
    let room = Room::draft(store, host).await;
    let (first, third) = (room.poll, room.add(&cloud()).await);
    let second = new_id();
    assert!(matches!(store.add_activity(room.event, second, &cloud(), Some(first)).await, Ok(Added::Done(_))));
    assert_eq!(rundown(&room).await, [first, second, third]);
    let activities = store.activities(room.event).await.unwrap();
    assert_eq!((&activities[0].settings, activities[0].round), (&poll(true), 1));
    assert_eq!((&activities[1].settings, activities[1].state), (&cloud(), ActivityState::Draft));

    let rev = store.order_activities(room.event, &[third, first, second]).await.unwrap();
    assert_eq!(rev, Some(room.rev().await));
    assert_eq!(rundown(&room).await, [third, first, second]);
    for wrong in [&[third, first][..], &[third, first, first], &[third, first, second, new_id()]] {
        assert_eq!(store.order_activities(room.event, wrong).await.unwrap(), None);
    }
    let elsewhere = Room::draft(store, host).await;
    assert_eq!(store.add_activity(elsewhere.event, new_id(), &cloud(), Some(first)).await.unwrap(), Added::Unknown);
    let nowhere = EventId::new(Uuid::new_v4());
    assert_eq!(store.add_activity(nowhere, new_id(), &cloud(), None).await.unwrap(), Added::Unknown);
    assert_eq!(store.order_activities(nowhere, &[]).await.unwrap(), None);
    assert_eq!((rundown(&room).await, Some(room.rev().await)), (vec![third, first, second], rev));
}

pub(crate) async fn a_deleted_activity_comes_back_where_it_was(store: &Store, host: &Host) {
    let room = Room::draft(store, host).await;
    let (first, second, third) = (room.poll, room.add(&cloud()).await, room.add(&cloud()).await);
    store.delete_activity(room.event, second, 5).await.unwrap().unwrap();
    assert_eq!(rundown(&room).await, [first, third]);
    assert_eq!(store.delete_activity(room.event, second, 6).await.unwrap(), None);
    assert_eq!(store.change_activity(room.event, second, &cloud()).await.unwrap(), None);
    assert_eq!(store.add_activity(room.event, new_id(), &cloud(), Some(second)).await.unwrap(), Added::Unknown);
    store.order_activities(room.event, &[third, first]).await.unwrap().unwrap();
    let rev = store.restore_activity(room.event, second).await.unwrap();
    assert_eq!(rundown(&room).await, [third, first, second], "behind what it followed");
    assert_eq!(store.restore_activity(room.event, second).await.unwrap(), rev, "twice is once");
    assert_eq!(store.restore_activity(room.event, new_id()).await.unwrap(), None);
}

pub(crate) async fn a_kind_never_changes(store: &Store, host: &Host) {
    let room = Room::draft(store, host).await;
    let rev = room.rev().await;
    assert_eq!(store.change_activity(room.event, room.poll, &cloud()).await.unwrap(), None);
    assert_eq!(room.rev().await, rev);
    let elsewhere = Room::draft(store, host).await;
    assert_eq!(store.change_activity(elsewhere.event, room.poll, &poll(false)).await.unwrap(), None);
    store.change_activity(room.event, room.poll, &poll(false)).await.unwrap().unwrap();
    let Settings::Choice(changed) = &store.activities(room.event).await.unwrap()[0].settings else { panic!("a poll") };
    assert!(!changed.changeable);
}

pub(crate) async fn a_rundown_has_a_limit(store: &Store, host: &Host) {
    let room = Room::draft(store, host).await;
    for _ in 1..ACTIVITIES_PER_EVENT {
        room.add(&cloud()).await;
    }
    assert_eq!(store.add_activity(room.event, new_id(), &cloud(), None).await.unwrap(), Added::Full);
    store.delete_activity(room.event, room.poll, 5).await.unwrap().unwrap();
    room.add(&cloud()).await;
    assert_eq!(store.restore_activity(room.event, room.poll).await.unwrap(), None);
    assert_eq!(rundown(&room).await.len(), ACTIVITIES_PER_EVENT);
}
