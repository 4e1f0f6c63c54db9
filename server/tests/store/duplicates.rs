//! Events that are made from others.

use parterre_domain::event::{Event, JoinCode};
use parterre_protocol::{ActivityId, Control, EventId, Settings, posts::QaState, topics::EventState};
use parterre_store::{Duplicated, NewDuplicate, Store};
use uuid::Uuid;

use crate::{
    desk::{Desk, open},
    room::{Host, Room, any_code, cloud},
};

fn named(name: &str) -> NewDuplicate {
    NewDuplicate {
        id: EventId::new(Uuid::new_v4()),
        name: name.to_owned(),
        fresh_code: JoinCode::parse(&any_code()).unwrap(),
        takes_code: false,
        with_questions: true,
    }
}

async fn duplicate(store: &Store, original: EventId, new: &NewDuplicate) -> Duplicated {
    store.duplicate_event(original, new, || ActivityId::new(Uuid::new_v4()), 90).await.unwrap()
}

async fn made(store: &Store, original: EventId, new: &NewDuplicate) -> Event {
    match duplicate(store, original, new).await {
        Duplicated::Done { event, .. } => event,
        other => panic!("no duplicate: {other:?}"),
    }
}

pub(crate) async fn a_duplicate_has_what_was_authored_and_nothing_of_what_people_sent(store: &Store, host: &Host) {
    let desk = Desk::with(store, host, open()).await;
    let room = &desk.room;
    let second = room.add(&cloud()).await;
    let gone = room.add(&cloud()).await;
    store.delete_activity(room.event, gone, 5).await.unwrap().unwrap();
    room.steer(Control::Open { activity: room.poll }).await;
    let participant = room.join().await;
    room.commit(vec![room.pick(participant, 1)], 3).await;
    desk.asked(2).await;
    room.steer(Control::Results { activity: room.poll, visible: true }).await;

    let event = made(store, room.event, &named("The next one")).await;
    assert_eq!((event.name.as_str(), event.state, event.created_at), ("The next one", EventState::Draft, 90));
    let (before, after) = (room.state().await, store.room(event.id).await.unwrap().unwrap());
    let settings = |room: &parterre_store::RoomState| {
        room.activities.iter().map(|a| a.settings.clone()).collect::<Vec<Settings>>()
    };
    assert_eq!(settings(&before), settings(&after));
    assert!(
        after
            .activities
            .iter()
            .all(|copy| copy.round == 1 && !copy.results && copy.id != room.poll && copy.id != second)
    );
    assert!(after.respondents.values().all(|respondents| *respondents == 0));
    assert_eq!((after.staged, after.forum.posts().count()), (None, 0));
    assert_eq!(after.forum.settings.state, QaState::Open);
    assert_eq!(after.forum.settings.downvotes, before.forum.settings.downvotes);

    let bare = NewDuplicate { with_questions: false, ..named("Without questions") };
    let event = made(store, room.event, &bare).await;
    assert_eq!(store.room(event.id).await.unwrap().unwrap().forum.settings.state, QaState::Off);
}

pub(crate) async fn a_code_passes_on_and_comes_back_when_the_duplicate_goes(store: &Store, host: &Host) {
    let room = Room::draft(store, host).await;
    let code = store.event(room.event).await.unwrap().unwrap().code;
    let leads_to = async || store.event_by_code(&code).await.unwrap().map(|event| event.id);
    let rev = room.rev().await;

    let taken = NewDuplicate { takes_code: true, ..named("The next one") };
    let event = made(store, room.event, &taken).await;
    assert_eq!((&event.code, leads_to().await), (&code, Some(event.id)));
    let original = store.event(room.event).await.unwrap().unwrap();
    assert_eq!(original.code, taken.fresh_code);
    assert!(original.rev > rev);

    store.delete_event(event.id, 91).await.unwrap().unwrap();
    assert_eq!(leads_to().await, Some(room.event));
}

pub(crate) async fn a_live_event_keeps_its_code(store: &Store, host: &Host) {
    let room = Room::running(store, host).await;
    let before = store.event(room.event).await.unwrap().unwrap();
    let taken = NewDuplicate { takes_code: true, ..named("The next one") };
    assert_eq!(duplicate(store, room.event, &taken).await, Duplicated::Live);
    assert_eq!(store.event(room.event).await.unwrap().unwrap(), before);
    assert_eq!(store.event(taken.id).await.unwrap(), None);
    made(store, room.event, &named("With a code of its own")).await;

    let crowded = NewDuplicate { fresh_code: before.code, ..named("With a code that is taken") };
    assert_eq!(duplicate(store, room.event, &crowded).await, Duplicated::CodeTaken);
    assert_eq!(duplicate(store, EventId::new(Uuid::new_v4()), &named("Of nothing")).await, Duplicated::Unknown);
}
