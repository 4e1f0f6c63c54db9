//! Room tests: their readings, and how long they are kept.

use std::collections::BTreeMap;

use parterre_domain::{
    kinds::{ResultLimits, Reveal},
    tally::RunningTally,
};
use parterre_protocol::{
    ActivityId, Answer, EventId, Outcome, Reading, Readings, RefusalCode, RoomTest, Settings, Tally,
    kinds::readings::{NetworkKind, Verdict, Verdicts},
    limits::READINGS_PER_PHONE,
    topics::EventState,
};
use parterre_store::{Committed, Keep, NewRoomTest, Store};
use uuid::Uuid;

use crate::room::{Host, Room, any_code, refused, settings};

/// All that are made here.
const ALL: Keep = Keep { most: 100, since: 0 };

async fn made<'a>(store: &'a Store, host: &Host, keep: Keep, now: i64) -> (Room<'a>, Vec<(EventId, i64)>) {
    let activity_settings = Settings::Readings(RoomTest { title: "Room test".to_owned() });
    let new = NewRoomTest {
        event: EventId::new(Uuid::new_v4()),
        workspace: host.workspace,
        settings: settings(&any_code()),
        activity: ActivityId::new(Uuid::new_v4()),
        activity_settings,
    };
    let (event, gone) = store.add_room_test(&new, keep, now).await.unwrap().unwrap();
    assert_eq!((event.state, event.created_at), (EventState::Live, now));
    (Room { store, event: event.id, poll: new.activity, host: host.member }, gone)
}

fn reading(place: &str, verdict: Verdict, at: i64) -> Answer {
    let reading = Reading {
        place: place.to_owned(),
        network: "192.0.2.7".to_owned(),
        link: NetworkKind::Wifi,
        verdict,
        found: None,
        delay_ms: Some(12),
        at,
    };
    Answer::Readings(Readings { sent: 1, readings: BTreeMap::from([(place.to_lowercase(), reading)]) })
}

async fn board(room: &Room<'_>) -> parterre_protocol::kinds::readings::Board {
    let shown = room.tally().await.view(ResultLimits { words: 0, others: 0 }, Reveal::Shown);
    let Tally::Readings(board) = shown else { panic!("a board") };
    board
}

/// Counts what a commit changed, as a node does.
async fn count(kept: &mut RunningTally, room: &Room<'_>, committed: &Committed) {
    let activity = &room.state().await.activities[0];
    for change in committed.changes.iter().flat_map(|change| &change.answers) {
        if let Some((before, at)) = &change.before {
            kept.remove(activity.entry(before, Some((change.participant, *at))));
        }
        kept.add(activity.entry(&change.after, Some((change.participant, change.at))));
    }
}

pub(crate) async fn readings_of_a_phone_go_on(store: &Store, host: &Host) {
    let (room, _) = made(store, host, ALL, 10).await;
    let (phone, other) = (room.join().await, room.join().await);
    let send = |phone, place: &str, verdict, at| room.answer(phone, room.poll, reading(place, verdict, at));

    // In one batch and in several, of each place the newest stays.
    let first = room
        .commit(vec![send(phone, "Stalls", Verdict::Failed, 1), send(phone, "Balcony", Verdict::Warning, 2)], 20)
        .await;
    assert_eq!(first.responses, [Outcome::Stored { at: 20 }, Outcome::Stored { at: 20 }]);
    let mut kept = RunningTally::empty(&room.state().await.activities[0].settings);
    count(&mut kept, &room, &first).await;
    let again = send(phone, "stalls", Verdict::Success, 3);
    let second = room.commit(vec![again.clone(), send(other, "Bar", Verdict::Success, 4)], 30).await;
    count(&mut kept, &room, &second).await;
    assert_eq!(room.tally().await, kept, "counted by whose they are");
    let found = board(&room).await;
    assert_eq!((found.phones, room.respondents().await), (2, 2));
    assert_eq!(found.verdicts, Verdicts { success: 2, warning: 1, ..Verdicts::default() });
    assert_eq!(found.places.keys().collect::<Vec<_>>(), ["balcony", "bar", "stalls"]);

    // Once, also when it comes again.
    assert_eq!(room.commit_one(again, 40).await, Outcome::Stored { at: 30 });
    assert_eq!(board(&room).await, found);

    for n in 3..READINGS_PER_PHONE {
        let stored = room.commit_one(send(phone, "Stalls", Verdict::Success, n.into()), 50).await;
        assert_eq!(stored, Outcome::Stored { at: 50 });
    }
    let more = room.commit_one(send(phone, "Stalls", Verdict::Success, 99), 60).await;
    assert_eq!(refused(&more), RefusalCode::SlowDown);

    let listed = store.room_tests(host.workspace, ALL).await.unwrap();
    assert_eq!((listed[0].event.id, listed[0].joined, listed[0].verdicts), (room.event, 2, found.verdicts));
    let ids: Vec<_> = store.events(host.workspace).await.unwrap().into_iter().map(|it| it.event.id).collect();
    assert!(!ids.contains(&room.event), "it is no event of the list");
}

pub(crate) async fn readings_are_kept_no_longer_than_their_test(store: &Store, host: &Host) {
    let (old, _) = made(store, host, ALL, 1_000).await;
    let (second, _) = made(store, host, ALL, 2_000).await;
    let (mut phones, mut sent) = (Vec::new(), Vec::new());
    for room in [&old, &second] {
        let phone = room.join().await;
        let answer = room.answer(phone, room.poll, reading("x", Verdict::Success, 1));
        phones.push(phone);
        sent.push(answer.cid);
        room.commit(vec![answer], 3).await;
    }
    let kept = async |n: usize| store.stored_at(phones[n], sent[n]).await.unwrap().is_some();
    assert!(kept(0).await && kept(1).await);

    // Too many, and too old.
    let keep = Keep { most: 2, since: 0 };
    let (third, gone) = made(store, host, keep, 3_000).await;
    assert!(gone.iter().any(|(event, _)| *event == old.event), "{gone:?}");
    let listed = |keep| async move {
        let listed = store.room_tests(host.workspace, keep).await.unwrap();
        listed.into_iter().map(|listing| listing.event.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(ALL).await, [third.event, second.event]);
    assert_eq!(listed(Keep { most: 2, since: 2_500 }).await, [third.event], "what is too old is not shown either");
    assert!(!kept(0).await && kept(1).await);
    assert_eq!(store.room(old.event).await.unwrap(), None);
    let (_, gone) = made(store, host, Keep { most: 9, since: 2_500 }, 4_000).await;
    assert_eq!(gone.into_iter().map(|(event, _)| event).collect::<Vec<_>>(), [second.event]);

    // Deleted by hand it is gone for good; somebody who was just joining does no harm.
    let phone = third.join().await;
    let answer = third.answer(phone, third.poll, reading("x", Verdict::Success, 1));
    third.commit(vec![answer.clone()], 5).await;
    store.delete_event(third.event, 6_000).await.unwrap().unwrap();
    assert_eq!(store.stored_at(phone, answer.cid).await.unwrap(), None);
    assert_eq!(store.deleted_event_workspace(third.event).await.unwrap(), None);
    third.join().await;
    assert_eq!(refused(&third.commit_one(answer, 7).await), RefusalCode::Unknown);
}
