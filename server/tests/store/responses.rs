//! Commits of answers.

use parterre_protocol::{ActivityId, Control, EventId, Outcome, ParticipantId, RefusalCode};
use parterre_store::{Batch, Join, Store};
use uuid::Uuid;

use crate::room::{Host, Room, cloud, counted, picked, poll, refused, said};

pub(crate) async fn the_same_command_gets_the_same_receipt(store: &Store, host: &Host) {
    let room = Room::running(store, host).await;
    let phone = room.join().await;
    let answer = room.pick(phone, 1);
    assert_eq!(store.stored_at(phone, answer.cid).await.unwrap(), None);
    assert_eq!(room.commit_one(answer.clone(), 10).await, Outcome::Stored { at: 10 });
    assert_eq!(store.stored_at(phone, answer.cid).await.unwrap(), Some(10));
    let state = room.state().await;

    let repeated = room.commit(vec![answer.clone(), answer.clone()], 20).await;
    assert_eq!(repeated.responses, [Outcome::Stored { at: 10 }, Outcome::Stored { at: 10 }]);
    assert!(repeated.changes.is_empty());
    let mut other_content = room.pick(phone, 3);
    other_content.cid = answer.cid;
    assert_eq!(room.commit_one(other_content, 20).await, Outcome::Stored { at: 10 }, "the first one's receipt");
    assert_eq!(room.state().await, state);

    let twice = room.pick(phone, 2);
    let committed = room.commit(vec![twice.clone(), twice], 30).await;
    assert_eq!(committed.responses, [Outcome::Stored { at: 30 }, Outcome::Stored { at: 30 }]);
    assert_eq!(committed.changes[0].answers.len(), 1);

    room.steer(Control::End).await;
    assert_eq!(room.commit_one(answer.clone(), 40).await, Outcome::Stored { at: 10 }, "also after the end");
    store.delete_event(room.event, 50).await.unwrap().unwrap();
    assert_eq!(room.commit_one(answer, 60).await, Outcome::Stored { at: 10 }, "and after the deletion");
}

pub(crate) async fn a_change_of_mind_counts_once(store: &Store, host: &Host) {
    let room = Room::running(store, host).await;
    let phone = room.join().await;
    let before = room.rev().await;
    let first = room.commit(vec![room.pick(phone, 1)], 10).await;
    assert_eq!((first.changes[0].from, first.changes[0].rev), (before, room.rev().await));
    assert_eq!(first.changes[0].answers[0].before, None);

    let more = room.commit(vec![room.pick(phone, 2), room.pick(phone, 3)], 20).await;
    assert_eq!(more.changes[0].from, first.changes[0].rev);
    let steps: Vec<_> =
        more.changes[0].answers.iter().map(|change| (change.before.clone(), change.after.clone())).collect();
    let [one, two, three] = [1, 2, 3].map(|option| picked(&[option], None));
    assert_eq!(steps, [(Some((one, 10)), two.clone()), (Some((two, 20)), three.clone())]);
    assert_eq!(room.tally().await, counted(&poll(true), [&three]));

    let fourth = room.commit(vec![room.pick(phone, 1)], 30).await;
    assert_eq!(fourth.changes[0].answers[0].before, Some((three, 20)), "the last of the batch is the current one");
    assert_eq!(room.respondents().await, 1);
}

pub(crate) async fn some_answers_are_final(store: &Store, host: &Host) {
    let room = Room::draft(store, host).await;
    let last_word = room.add(&poll(false)).await;
    room.steer(Control::Open { activity: last_word }).await;
    let (early, late) = (room.join().await, room.join().await);
    let answer = |phone, option| room.answer(phone, last_word, picked(&[option], None));
    room.commit_one(answer(early, 1), 10).await;
    assert_eq!(refused(&room.commit_one(answer(early, 2), 20).await), RefusalCode::Answered);
    let outcomes = room.commit(vec![answer(late, 3), answer(late, 2), answer(early, 2)], 30).await.responses;
    assert_eq!(outcomes[0], Outcome::Stored { at: 30 });
    assert_eq!((refused(&outcomes[1]), refused(&outcomes[2])), (RefusalCode::Answered, RefusalCode::Answered));
    let both = [picked(&[1], None), picked(&[3], None)];
    assert_eq!(room.tally().await, counted(&poll(false), &both));

    room.steer(Control::Reset { activity: last_word, round: 1 }).await;
    let mut anew = answer(early, 2);
    anew.round = 2;
    assert_eq!(room.commit_one(anew, 40).await, Outcome::Stored { at: 40 }, "a new round, a new answer");
}

pub(crate) async fn taking_words_back_is_not_an_answer(store: &Store, host: &Host) {
    let room = Room::draft(store, host).await;
    let words = room.add(&cloud()).await;
    room.steer(Control::Open { activity: words }).await;
    let (one, two) = (room.join().await, room.join().await);
    room.commit(vec![room.answer(one, words, said(&["mer"])), room.answer(two, words, said(&["Mer", "été"]))], 10)
        .await;
    assert_eq!(room.state().await.respondents[&words], 2);
    room.commit_one(room.answer(two, words, said(&[])), 20).await;
    let state = room.state().await;
    assert_eq!(state.respondents[&words], 1);
    assert_eq!(*state.tally.unwrap(), counted(&cloud(), [&said(&["mer"])]));
}

pub(crate) async fn what_is_not_open_takes_no_answer(store: &Store, host: &Host) {
    let room = Room::draft(store, host).await;
    let phone = room.join().await;
    let rev = room.rev().await;
    assert_eq!(refused(&room.commit_one(room.pick(phone, 1), 1).await), RefusalCode::Closed);
    assert_eq!(room.rev().await, rev, "a refusal has no version");

    room.steer(Control::Open { activity: room.poll }).await;
    let late = room.pick(phone, 1);
    room.steer(Control::Close { activity: room.poll }).await;
    assert_eq!(refused(&room.commit_one(late.clone(), 2).await), RefusalCode::Closed);

    room.steer(Control::Reset { activity: room.poll, round: 1 }).await;
    room.steer(Control::Open { activity: room.poll }).await;
    assert_eq!(refused(&room.commit_one(late, 3).await), RefusalCode::Round);
    assert_eq!(room.respondents().await, 0);

    let unknown = |event, activity| {
        let mut response = room.pick(phone, 1);
        (response.event, response.activity, response.round) = (event, activity, 2);
        response
    };
    let nothing = ActivityId::new(Uuid::new_v4());
    assert_eq!(refused(&room.commit_one(unknown(room.event, nothing), 4).await), RefusalCode::Unknown);
    let elsewhere = Room::running(store, host).await;
    assert_eq!(refused(&room.commit_one(unknown(elsewhere.event, room.poll), 4).await), RefusalCode::Unknown);
    let nowhere = EventId::new(Uuid::new_v4());
    assert_eq!(refused(&room.commit_one(unknown(nowhere, room.poll), 4).await), RefusalCode::Unknown);
    store.delete_event(room.event, 5).await.unwrap().unwrap();
    assert_eq!(refused(&room.commit_one(unknown(room.event, room.poll), 6).await), RefusalCode::Unknown);
}

pub(crate) async fn a_participant_of_another_event_cannot_answer(store: &Store, host: &Host) {
    let (room, elsewhere) = (Room::running(store, host).await, Room::running(store, host).await);
    let neighbour = elsewhere.join().await;
    assert_eq!(refused(&room.commit_one(room.pick(neighbour, 1), 1).await), RefusalCode::Forbidden);
    assert_eq!(room.respondents().await, 0);
}

pub(crate) async fn refusals_in_a_batch_hinder_no_others(store: &Store, host: &Host) {
    let room = Room::running(store, host).await;
    let (one, two) = (room.join().await, room.join().await);
    let mut former_round = room.pick(one, 1);
    former_round.round = 7;
    let strange = room.answer(one, ActivityId::new(Uuid::new_v4()), picked(&[1], None));
    let batch = vec![former_round, room.pick(one, 2), strange, room.pick(two, 3)];
    let committed = room.commit(batch, 10).await;
    assert_eq!(refused(&committed.responses[0]), RefusalCode::Round);
    assert_eq!(refused(&committed.responses[2]), RefusalCode::Unknown);
    assert_eq!(
        (&committed.responses[1], &committed.responses[3]),
        (&Outcome::Stored { at: 10 }, &Outcome::Stored { at: 10 })
    );
    assert_eq!(room.respondents().await, 2);
}

pub(crate) async fn a_batch_spans_events(store: &Store, host: &Host) {
    let rooms = [Room::running(store, host).await, Room::running(store, host).await, Room::running(store, host).await];
    let mut responses = Vec::new();
    for room in &rooms[..2] {
        responses.push(room.pick(room.join().await, 1));
        responses.push(room.pick(room.join().await, 2));
    }
    let newcomer = Join { id: ParticipantId::new(Uuid::new_v4()), event: rooms[2].event, name: None };
    let before = rooms[2].rev().await;
    let committed = store.commit(&Batch { joins: vec![newcomer], responses, ..Batch::default() }, 10).await.unwrap();
    assert_eq!((committed.attended.len(), committed.responses.len(), committed.changes.len()), (1, 4, 2));
    for change in &committed.changes {
        let room = rooms.iter().find(|room| room.event == change.event).unwrap();
        assert_eq!((change.from + 1, change.rev), (change.rev, room.rev().await));
        assert_eq!(change.answers.len(), 2);
        assert_eq!(room.respondents().await, 2);
    }
    assert_eq!(rooms[2].rev().await, before);
}

pub(crate) async fn a_batch_of_a_thousand_is_stored(store: &Store, host: &Host) {
    let room = Room::running(store, host).await;
    let phones = room.join_many(1000).await;
    let answers = phones.iter().enumerate().map(|(n, phone)| room.pick(*phone, (n % 3 + 1) as u16));
    let first: Vec<_> = answers.collect();
    let committed = room.commit(first.clone(), 10).await;
    assert!(committed.responses.iter().all(|outcome| *outcome == Outcome::Stored { at: 10 }));
    assert_eq!(committed.changes[0].answers.len(), 1000);
    assert_eq!(room.tally().await, counted(&poll(true), first.iter().map(|response| &response.answer)));

    let other = "an option of one's own with \"quotes\", 'more', \\ and 🦀";
    let second = phones.iter().map(|phone| room.answer(*phone, room.poll, picked(&[1], Some(other))));
    let committed = room.commit(second.collect(), 20).await;
    assert!(committed.changes[0].answers.iter().all(|change| change.before.is_some()));
    let answer = picked(&[1], Some(other));
    assert_eq!(room.tally().await, counted(&poll(true), vec![&answer; 1000]));
    assert_eq!(room.respondents().await, 1000);
}
