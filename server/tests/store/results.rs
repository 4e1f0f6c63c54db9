//! What was answered: any round of any activity is counted as the room counts the one on stage.

use parterre_protocol::{ActivityId, Control, PostCommand, Settings, TextWall, posts::NamePolicy};
use parterre_store::{CountedRound, NewResponse, Store};
use uuid::Uuid;

use crate::{
    desk::Desk,
    room::{Host, Room, cloud, counted, picked, poll, said},
};

async fn count(room: &Room<'_>, activity: ActivityId, round: Option<u32>) -> Option<CountedRound> {
    room.store.counted(room.event, activity, round).await.unwrap()
}

pub(crate) async fn every_round_is_counted_on_stage_or_not(store: &Store, host: &Host) {
    let room = Room::running(store, host).await;
    let people = room.join_many(3).await;
    let first = [picked(&[1], None), picked(&[1, 2], None), picked(&[], Some("Sea"))];
    let answers = first.iter().zip(&people).map(|(answer, who)| room.answer(*who, room.poll, answer.clone()));
    room.commit(answers.collect(), 3).await;
    assert_eq!(count(&room, room.poll, None).await.unwrap().tally, room.tally().await);

    // The second round is empty, and has one answer later; the third has none.
    room.steer(Control::Reset { activity: room.poll, round: 1 }).await;
    room.steer(Control::Open { activity: room.poll }).await;
    let again = NewResponse { round: 2, ..room.pick(people[0], 3) };
    room.commit_one(again, 4).await;
    room.steer(Control::Reset { activity: room.poll, round: 2 }).await;
    let words = room.add(&cloud()).await;
    room.steer(Control::Open { activity: words }).await;
    let said_words = [said(&["mer"]), said(&[])];
    let answers = said_words.iter().zip(&people).map(|(answer, who)| room.answer(*who, words, answer.clone()));
    room.commit(answers.collect(), 5).await;

    let current = count(&room, room.poll, None).await.unwrap();
    assert_eq!(current.rounds, [(1, 3), (2, 1), (3, 0)].into());
    assert_eq!((current.activity.round, current.respondents()), (3, 0));
    let second = count(&room, room.poll, Some(2)).await.unwrap();
    assert_eq!((second.respondents(), second.tally), (1, counted(&poll(true), &[picked(&[3], None)])));
    let earliest = count(&room, room.poll, Some(1)).await.unwrap();
    assert_eq!((earliest.activity.round, earliest.respondents()), (1, 3));
    assert_eq!(earliest.tally, counted(&poll(true), &first));
    room.steer(Control::End).await;
    let cloud_counted = count(&room, words, None).await.unwrap();
    assert_eq!((cloud_counted.respondents(), cloud_counted.tally.respondents), (1, 1), "one has taken it back");
    assert_eq!(cloud_counted.tally, counted(&cloud(), &said_words));

    for round in [Some(0), Some(4)] {
        assert_eq!(count(&room, room.poll, round).await, None, "no such round: {round:?}");
    }
    assert_eq!(count(&room, ActivityId::new(Uuid::new_v4()), None).await, None);
    let elsewhere = Room::draft(store, host).await;
    assert_eq!(count(&elsewhere, room.poll, None).await, None, "it is of another event");
}

pub(crate) async fn texts_of_a_round_are_read_with_who_supports_them(store: &Store, host: &Host) {
    let desk = Desk::open(store, host).await;
    let title = "What should we stop doing?".to_owned();
    let names = NamePolicy::Anonymous;
    let wall = Settings::Open(TextWall { title, texts_per_person: None, review: false, names });
    let activity = desk.room.add(&wall).await;
    desk.room.steer(Control::Open { activity }).await;
    let people = desk.asked(2).await;
    for (who, text) in people.iter().zip(["Late agendas", "Agendas that come late"]) {
        let to = parterre_protocol::posts::ActivityRound { activity, round: 1 };
        desk.send(*who, PostCommand::Send { to, text: text.to_owned(), name: None }, 11).await;
    }
    desk.merge(3, &[4]).await;
    desk.room.steer(Control::Reset { activity, round: 1 }).await;

    let read = count(&desk.room, activity, Some(1)).await.unwrap();
    assert_eq!((read.rounds.clone(), read.respondents()), ([(1, 2), (2, 0)].into(), 2));
    assert_eq!(read.forum.posts().map(|post| post.id.number()).collect::<Vec<_>>(), [3, 4]);
    let all = desk.forum().await;
    assert!(read.forum.posts().all(|post| all.post(post.id) == Some(post)), "counted as among all");
    let current = count(&desk.room, activity, None).await.unwrap();
    assert_eq!((current.respondents(), current.forum.posts().count()), (0, 0));
}
