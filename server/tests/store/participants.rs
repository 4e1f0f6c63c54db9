//! Joining and coming back.

use parterre::store::{Batch, Join, Joined, Store, TokenHash};
use parterre_protocol::{Control, EventId, ParticipantId};
use uuid::Uuid;

use crate::room::{Host, Room, cloud, picked, said};

fn join(event: EventId, token: &str, name: Option<&str>) -> Join {
    let id = ParticipantId::new(Uuid::new_v4());
    Join { id, event, token: TokenHash::new(event, token), name: name.map(str::to_owned) }
}

async fn commit(store: &Store, joins: &[Join]) -> Vec<Joined> {
    store.commit(&Batch { joins: joins.to_vec(), responses: vec![], posts: vec![] }, 5).await.unwrap().joins
}

pub(crate) async fn a_device_is_one_participant(store: &Store, host: &Host) {
    let (here, there) = (Room::draft(store, host).await, Room::draft(store, host).await);
    let first = join(here.event, "secret", Some("Inès"));
    let joined = commit(store, std::slice::from_ref(&first)).await;
    assert_eq!(joined, [Joined { id: first.id, name: Some("Inès".to_owned()), fresh: true }]);

    let again = commit(store, &[join(here.event, "secret", None)]).await;
    assert_eq!(again, [Joined { id: first.id, name: Some("Inès".to_owned()), fresh: false }]);
    let renamed = commit(store, &[join(here.event, "secret", Some("Inès B."))]).await;
    assert_eq!(renamed, [Joined { id: first.id, name: Some("Inès B.".to_owned()), fresh: false }]);

    let elsewhere = join(there.event, "secret", None);
    assert_ne!(elsewhere.token, first.token, "the same device cannot be recognised in another event");
    assert_eq!(commit(store, std::slice::from_ref(&elsewhere)).await[0].id, elsewhere.id);
    assert_eq!((here.state().await.joined, there.state().await.joined), (1, 1));
}

pub(crate) async fn one_device_twice_in_a_batch_is_one_participant(store: &Store, host: &Host) {
    let room = Room::draft(store, host).await;
    let joins = [
        join(room.event, "one", Some("A")),
        join(room.event, "two", None),
        join(room.event, "one", Some("B")),
        join(room.event, "one", None),
    ];
    let joined = commit(store, &joins).await;
    let (first, second) = (joins[0].id, joins[1].id);
    assert_eq!(joined.iter().map(|joined| joined.id).collect::<Vec<_>>(), [first, second, first, first]);
    assert_eq!(joined.iter().map(|joined| joined.fresh).collect::<Vec<_>>(), [true, true, false, false]);
    assert_eq!((joined[3].name.as_deref(), &joined[1].name), (Some("B"), &None));
    assert_eq!(room.state().await.joined, 2);
}

pub(crate) async fn who_comes_back_finds_their_answers(store: &Store, host: &Host) {
    let room = Room::running(store, host).await;
    let device = join(room.event, "phone", Some("Inès"));
    assert_eq!(store.participant(room.event, &device.token).await.unwrap(), None);
    commit(store, std::slice::from_ref(&device)).await;
    let known = store.participant(room.event, &device.token).await.unwrap().unwrap();
    assert_eq!((known.id, known.name.as_deref(), known.responses.len(), known.rev), (device.id, Some("Inès"), 0, 0));

    room.commit_one(room.pick(device.id, 1), 10).await;
    room.commit_one(room.pick(device.id, 2), 20).await;
    room.steer(Control::Reset { activity: room.poll, round: 1 }).await;
    let mut second_round = room.pick(device.id, 3);
    second_round.round = 2;
    let rev = room.commit(vec![second_round], 30).await.changes[0].rev;

    let known = store.participant(room.event, &device.token).await.unwrap().unwrap();
    let response = &known.responses[&room.poll];
    assert_eq!((response.round, &response.answer, response.at), (2, &picked(&[3], None), 30));
    assert_eq!((known.responses.len(), known.rev), (1, rev));

    let words = room.add(&cloud()).await;
    room.steer(Control::Open { activity: words }).await;
    room.commit_one(room.answer(device.id, words, said(&["mer"])), 40).await;
    let known = store.participant_by_id(room.event, device.id).await.unwrap().unwrap();
    assert_eq!(known.responses[&words].answer, said(&["mer"]));
    assert_eq!(known.responses.len(), 2);
    let elsewhere = Room::draft(store, host).await;
    assert_eq!(store.participant_by_id(elsewhere.event, device.id).await.unwrap(), None);
}

pub(crate) async fn many_devices_are_found_in_their_order_like_each_alone(store: &Store, host: &Host) {
    let (here, there) = (Room::running(store, host).await, Room::running(store, host).await);
    let joins = [join(here.event, "one", Some("Inès")), join(here.event, "two", None), join(there.event, "one", None)];
    commit(store, &joins).await;
    here.commit_one(here.pick(joins[0].id, 1), 10).await;
    here.commit_one(here.pick(joins[0].id, 2), 20).await;
    let words = here.add(&cloud()).await;
    here.steer(Control::Open { activity: words }).await;
    here.commit_one(here.answer(joins[0].id, words, said(&["mer"])), 30).await;
    there.commit_one(there.pick(joins[2].id, 3), 40).await;

    let stranger = (there.event, TokenHash::new(there.event, "two"));
    let [one, two, other] = [&joins[0], &joins[1], &joins[2]].map(|join| (join.event, join.token.clone()));
    let devices = [two, stranger, one.clone(), other, one];
    let found = store.participants(&devices).await.unwrap();
    for ((event, token), found) in devices.iter().zip(&found) {
        assert_eq!(*found, store.participant(*event, token).await.unwrap());
    }
    let found: Vec<_> =
        found.iter().map(|known| known.as_ref().map(|known| (known.id, known.responses.len()))).collect();
    let one = Some((joins[0].id, 2));
    assert_eq!(found, [Some((joins[1].id, 0)), None, one, Some((joins[2].id, 1)), one]);
    assert_eq!(store.participants(&[]).await.unwrap(), []);
}
