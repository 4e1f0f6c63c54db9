//! Events and their codes.

use parterre_domain::{
    event::{EventSettings, JoinCode},
    language::LanguageTag,
};
use parterre_protocol::{Control, EventId, topics::EventState};
use parterre_store::{CodeTaken, Store};
use uuid::Uuid;

use crate::room::{Host, Room, any_code, poll, settings};

pub(crate) async fn an_event_is_made_found_changed_and_listed(store: &Store, host: &Host) {
    let (older, newer) = (EventId::new(Uuid::new_v4()), EventId::new(Uuid::new_v4()));
    let (code, other_code) = (any_code(), any_code());
    let made = store.create_event(older, host.workspace, &settings(&code), 50).await.unwrap().unwrap();
    assert_eq!((made.state, made.created_at, made.names), (EventState::Draft, 50, false));
    store.create_event(newer, host.workspace, &settings(&other_code), 60).await.unwrap().unwrap();
    assert_eq!(store.event(older).await.unwrap().as_ref(), Some(&made));
    assert_eq!(store.event_by_code(&JoinCode::parse(&code).unwrap()).await.unwrap().as_ref(), Some(&made));

    let french = LanguageTag::parse("fr-CA").unwrap();
    let wanted = EventSettings::parse("Été", &code, true).unwrap().held_in(Some(french.clone()));
    let rev = store.change_event(older, &wanted).await.unwrap().unwrap().unwrap();
    let changed = store.event(older).await.unwrap().unwrap();
    assert_eq!((changed.name.as_str(), changed.names, changed.rev), ("Été", true, rev));
    assert_eq!((&made.language, &changed.language), (&None, &Some(french)));
    assert!(rev > made.rev);
    let taken = EventSettings::parse("Été", &other_code, true).unwrap();
    assert_eq!(store.change_event(older, &taken).await.unwrap(), Err(CodeTaken));
    assert_eq!(store.event(older).await.unwrap().unwrap(), changed);

    let room = Room::running(store, host).await;
    room.join_many(3).await;
    let listed = store.events(host.workspace).await.unwrap();
    let ids: Vec<_> = listed.iter().map(|listing| listing.event.id).collect();
    assert_eq!(ids, [newer, older, room.event]);
    assert_eq!((listed[2].activities, listed[2].participants, listed[0].activities), (1, 3, 0));
    assert_eq!(store.event(EventId::new(Uuid::new_v4())).await.unwrap(), None);
}

pub(crate) async fn a_code_is_free_once_its_event_is_deleted(store: &Store, host: &Host) {
    let room = Room::running(store, host).await;
    let code = store.event(room.event).await.unwrap().unwrap().code;
    let next = EventId::new(Uuid::new_v4());
    let wanted = settings(code.as_str());
    assert_eq!(store.create_event(next, host.workspace, &wanted, 1).await.unwrap(), Err(CodeTaken));

    store.delete_event(room.event, 70).await.unwrap().unwrap();
    assert_eq!(store.event(room.event).await.unwrap(), None);
    assert_eq!(store.event_by_code(&code).await.unwrap(), None);
    assert_eq!(store.room(room.event).await.unwrap(), None);
    assert_eq!(store.delete_event(room.event, 71).await.unwrap(), None);
    assert_eq!(store.deleted_event_workspace(room.event).await.unwrap(), Some(host.workspace));

    store.create_event(next, host.workspace, &wanted, 1).await.unwrap().unwrap();
    assert_eq!(store.restore_event(room.event).await.unwrap(), Err(CodeTaken));
    store.delete_event(next, 72).await.unwrap().unwrap();
    let rev = store.restore_event(room.event).await.unwrap().unwrap().unwrap();
    assert_eq!(store.event_by_code(&code).await.unwrap().unwrap().id, room.event);
    assert_eq!(store.restore_event(room.event).await.unwrap(), Ok(Some(rev)));
    assert_eq!(store.deleted_event_workspace(room.event).await.unwrap(), None);
    assert_eq!(store.restore_event(EventId::new(Uuid::new_v4())).await.unwrap(), Ok(None));
}

pub(crate) async fn every_change_has_a_higher_version(store: &Store, host: &Host) {
    let room = Room::running(store, host).await;
    let mut last = room.rev().await;
    let mut higher = |rev: i64| {
        assert!(rev > last, "{rev} after {last}");
        last = rev;
    };
    higher(store.change_activity(room.event, room.poll, &poll(false)).await.unwrap().unwrap().0);
    higher(store.order_activities(room.event, &[room.poll]).await.unwrap().unwrap());
    higher(store.delete_activity(room.event, room.poll, 9).await.unwrap().unwrap());
    higher(store.restore_activity(room.event, room.poll).await.unwrap().unwrap());
    higher(room.steer(Control::Open { activity: room.poll }).await.rev.unwrap());
    let phone = room.join().await;
    let committed = room.commit(vec![room.pick(phone, 1)], 9).await;
    higher(committed.changes[0].rev);
    higher(store.change_event(room.event, &settings(&any_code())).await.unwrap().unwrap().unwrap());
    higher(store.delete_event(room.event, 9).await.unwrap().unwrap());
    higher(store.restore_event(room.event).await.unwrap().unwrap().unwrap());
    assert_eq!(room.rev().await, last);
}
