//! Names that are given at joining, and coming back.

use parterre::device::{DeviceKey, DeviceToken};
use parterre_protocol::{Control, EventId, Outcome, ParticipantId};
use parterre_store::{Batch, Committed, Join, ParticipantRecord, Store, Visit};
use uuid::Uuid;

use crate::room::{Host, Room, cloud, picked, said};

/// A device that no server has seen.
fn device() -> DeviceToken {
    DeviceKey::open(&DeviceKey::make()).unwrap().issue()
}

fn join(event: EventId, device: &DeviceToken, name: Option<&str>) -> Join {
    Join { id: device.participant(event), event, name: name.map(str::to_owned) }
}

async fn commit(store: &Store, joins: &[Join]) -> Committed {
    store.commit(&Batch { joins: joins.to_vec(), ..Batch::default() }, 5).await.unwrap()
}

pub(crate) async fn a_device_is_one_participant(store: &Store, host: &Host) {
    let (here, there) = (Room::draft(store, host).await, Room::draft(store, host).await);
    let device = device();
    let name = async |room: &Room<'_>| {
        store.participant(room.event, device.participant(room.event)).await.unwrap().unwrap().name
    };
    let first = join(here.event, &device, Some("Inès"));
    assert_eq!(commit(store, std::slice::from_ref(&first)).await.attended, [(here.event, 1)].into());
    assert_eq!(name(&here).await.as_deref(), Some("Inès"));

    let again = commit(store, &[join(here.event, &device, None)]).await;
    assert!(again.attended.is_empty() && again.changes.is_empty(), "{again:?}");
    assert_eq!(name(&here).await.as_deref(), Some("Inès"));
    commit(store, &[join(here.event, &device, Some("Inès B."))]).await;
    assert_eq!(name(&here).await.as_deref(), Some("Inès B."));

    let elsewhere = join(there.event, &device, None);
    assert_ne!(elsewhere.id, first.id, "the same device cannot be recognised in another event");
    commit(store, std::slice::from_ref(&elsewhere)).await;
    assert_eq!(name(&there).await, None);
    assert_eq!((here.state().await.joined, there.state().await.joined), (1, 1));
}

pub(crate) async fn one_device_twice_in_a_batch_is_one_participant(store: &Store, host: &Host) {
    let room = Room::draft(store, host).await;
    let (one, two) = (device(), device());
    let joins = [
        join(room.event, &one, Some("A")),
        join(room.event, &two, None),
        join(room.event, &one, Some("B")),
        join(room.event, &one, None),
    ];
    assert_eq!(commit(store, &joins).await.attended, [(room.event, 2)].into());
    let known = async |device: &DeviceToken| {
        store.participant(room.event, device.participant(room.event)).await.unwrap().unwrap()
    };
    assert_eq!((known(&one).await.name.as_deref(), known(&two).await.name), (Some("B"), None));
    assert_eq!(room.state().await.joined, 2);
}

pub(crate) async fn a_participant_is_stored_with_the_first_thing_it_sends(store: &Store, host: &Host) {
    let room = Room::running(store, host).await;
    let [looks, answers, late] = [(); 3].map(|()| device().participant(room.event));
    let visit = |participant| Visit { event: room.event, participant };
    let visits = async |who: &[ParticipantId]| {
        let visits = who.iter().copied().map(visit).collect();
        store.commit(&Batch { visits, ..Batch::default() }, 5).await.unwrap().attended
    };
    assert_eq!(visits(&[looks, answers, looks]).await, [(room.event, 2)].into());
    assert_eq!(visits(&[looks]).await, [].into(), "who comes back is counted once");
    assert_eq!(store.participant(room.event, looks).await.unwrap(), None, "nothing but that is kept");
    assert_eq!(room.state().await.joined, 2);

    // Somebody answers who was here before, and somebody of whom nothing was heard.
    let responses = vec![room.pick(answers, 1), room.pick(late, 2), room.pick(late, 3)];
    let committed = room.commit(responses, 10).await;
    assert_eq!(committed.responses, [const { Outcome::Stored { at: 10 } }; 3]);
    assert_eq!(committed.attended, [(room.event, 1)].into());
    let known = store.participant(room.event, late).await.unwrap().unwrap();
    assert_eq!(known.responses[&room.poll].answer, picked(&[3], None));
    assert_eq!(ParticipantRecord { responses: [].into(), rev: 0, ..known }, ParticipantRecord::newcomer(late));
    assert_eq!((room.state().await.joined, room.respondents().await), (3, 2));
    assert_eq!(visits(&[late, answers]).await, [].into());

    // What is refused is nothing to keep.
    let refused = device().participant(room.event);
    let mut former_round = room.pick(refused, 1);
    former_round.round = 7;
    room.commit(vec![former_round], 20).await;
    assert_eq!(store.participant(room.event, refused).await.unwrap(), None);
    assert_eq!(room.state().await.joined, 3);
}

pub(crate) async fn who_comes_back_finds_their_answers(store: &Store, host: &Host) {
    let room = Room::running(store, host).await;
    let device = join(room.event, &device(), Some("Inès"));
    assert_eq!(store.participant(room.event, device.id).await.unwrap(), None);
    commit(store, std::slice::from_ref(&device)).await;
    let known = store.participant(room.event, device.id).await.unwrap().unwrap();
    assert_eq!((known.id, known.name.as_deref(), known.responses.len(), known.rev), (device.id, Some("Inès"), 0, 0));

    room.commit_one(room.pick(device.id, 1), 10).await;
    room.commit_one(room.pick(device.id, 2), 20).await;
    room.steer(Control::Reset { activity: room.poll, round: 1 }).await;
    let mut second_round = room.pick(device.id, 3);
    second_round.round = 2;
    let rev = room.commit(vec![second_round], 30).await.changes[0].rev;

    let known = store.participant(room.event, device.id).await.unwrap().unwrap();
    let response = &known.responses[&room.poll];
    assert_eq!((response.round, &response.answer, response.at), (2, &picked(&[3], None), 30));
    assert_eq!((known.responses.len(), known.rev), (1, rev));

    let words = room.add(&cloud()).await;
    room.steer(Control::Open { activity: words }).await;
    room.commit_one(room.answer(device.id, words, said(&["mer"])), 40).await;
    let known = store.participant(room.event, device.id).await.unwrap().unwrap();
    assert_eq!(known.responses[&words].answer, said(&["mer"]));
    assert_eq!(known.responses.len(), 2);
    let elsewhere = Room::draft(store, host).await;
    assert_eq!(store.participant(elsewhere.event, device.id).await.unwrap(), None);
}

pub(crate) async fn many_participants_are_found_in_their_order_like_each_alone(store: &Store, host: &Host) {
    let (here, there) = (Room::running(store, host).await, Room::running(store, host).await);
    let device = || ParticipantId::new(Uuid::new_v4());
    let join = |event, id, name: Option<&str>| Join { id, event, name: name.map(str::to_owned) };
    let joins =
        [join(here.event, device(), Some("Inès")), join(here.event, device(), None), join(there.event, device(), None)];
    commit(store, &joins).await;
    here.commit_one(here.pick(joins[0].id, 1), 10).await;
    here.commit_one(here.pick(joins[0].id, 2), 20).await;
    let words = here.add(&cloud()).await;
    here.steer(Control::Open { activity: words }).await;
    here.commit_one(here.answer(joins[0].id, words, said(&["mer"])), 30).await;
    there.commit_one(there.pick(joins[2].id, 3), 40).await;

    // Known, but not in this event.
    let stranger = (there.event, joins[1].id);
    let [one, two, other] = [&joins[0], &joins[1], &joins[2]].map(|join| (join.event, join.id));
    let wanted = [two, stranger, one, other, one];
    let found = store.participants(&wanted).await.unwrap();
    for ((event, id), found) in wanted.iter().zip(&found) {
        assert_eq!(*found, store.participant(*event, *id).await.unwrap());
    }
    let found: Vec<_> =
        found.iter().map(|known| known.as_ref().map(|known| (known.id, known.responses.len()))).collect();
    let one = Some((joins[0].id, 2));
    assert_eq!(found, [Some((joins[1].id, 0)), None, one, Some((joins[2].id, 1)), one]);
    assert_eq!(store.participants(&[]).await.unwrap(), []);
}
