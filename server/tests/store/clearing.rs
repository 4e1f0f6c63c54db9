//! Answers that are deleted.

use parterre_protocol::{
    ActivityId, Control, Outcome, PostCommand, RefusalCode, Settings, TextWall, Vote,
    posts::{ActivityRound, NamePolicy},
    topics::EventState,
};
use parterre_store::{Actor, ClearOutcome, Loss, Store};

use crate::{
    desk::{Desk, ask, number, vote},
    room::{Host, Room, cid, refused},
};

async fn clear(room: &Room<'_>, activity: Option<ActivityId>) -> ClearOutcome {
    let cleared = room.store.clear((room.event, activity), Actor::Member(room.host), cid(), &[], 50).await.unwrap();
    assert_eq!(cleared.outcome, Outcome::Stored { at: 50 });
    cleared
}

fn wall() -> Settings {
    let title = "What should we stop doing?".to_owned();
    Settings::Open(TextWall { title, texts_per_person: Some(3), review: false, names: NamePolicy::Anonymous })
}

fn send(activity: ActivityId, text: &str) -> PostCommand {
    PostCommand::Send { to: ActivityRound { activity, round: 1 }, text: text.to_owned(), name: None }
}

pub(crate) async fn all_answers_go_and_none_is_counted_again(store: &Store, host: &Host) {
    let desk = Desk::open(store, host).await;
    let room = &desk.room;
    let gone = room.add(&wall()).await;
    room.steer(Control::Open { activity: room.poll }).await;
    let [first, second] = [room.join().await, room.join().await];
    let answer = room.pick(first, 1);
    room.commit(vec![answer.clone(), room.pick(first, 2), room.pick(second, 2)], 3).await;
    let asked = desk.command(first, ask("Who pays?"));
    desk.commit(vec![asked.clone()], 4).await;
    desk.send(second, vote(1, Vote::Up), 5).await;
    desk.publish(&[1]).await;
    room.steer(Control::Reset { activity: room.poll, round: 1 }).await;
    room.steer(Control::Open { activity: gone }).await;
    desk.send(first, send(gone, "Late agendas"), 6).await;
    store.delete_activity(room.event, gone, 7).await.unwrap().unwrap();
    assert_eq!(
        store.loss(room.event, None).await.unwrap(),
        Loss { answers: 2, questions: 1, texts: 1, participants: 2 }
    );

    let rev = clear(room, None).await.rev.unwrap();
    assert_eq!(store.loss(room.event, None).await.unwrap(), Loss::default());
    let state = room.state().await;
    assert_eq!((state.event.state, state.event.rev, state.staged, state.joined), (EventState::Draft, rev, None, 0));
    assert_eq!(state.forum.posts().count(), 0);
    assert!(store.ledger(room.event, i64::MAX, 10).await.unwrap().is_empty());
    let own = store.participant(room.event, first).await.unwrap().unwrap();
    assert!(own.responses.is_empty() && own.rev == rev, "what pages hold of it is older: {own:?}");

    // What was stored comes once more, since its receipt was lost.
    room.steer(Control::Open { activity: room.poll }).await;
    assert_eq!(refused(&room.commit_one(answer, 60).await), RefusalCode::Round);
    assert_eq!(room.respondents().await, 0);
    assert_eq!(desk.commit(vec![asked], 61).await.posts, [Outcome::Stored { at: 4 }]);
    assert_eq!(desk.forum().await.posts().count(), 0);
    // A vote that was on its way is for no other question.
    desk.send(first, ask("Who comes?"), 62).await;
    assert_eq!(refused(&desk.send(second, vote(1, Vote::Up), 63).await), RefusalCode::Unknown);
    assert_eq!(desk.forum().await.posts().map(|post| post.id).collect::<Vec<_>>(), [number(3)]);

    store.restore_activity(room.event, gone).await.unwrap().unwrap();
    room.steer(Control::Open { activity: gone }).await;
    assert_eq!(refused(&desk.send(first, send(gone, "Late agendas"), 64).await), RefusalCode::Round);
}

pub(crate) async fn one_activity_is_cleared_alone(store: &Store, host: &Host) {
    let desk = Desk::open(store, host).await;
    let room = &desk.room;
    let wall = room.add(&wall()).await;
    let participant = room.join().await;
    room.steer(Control::Open { activity: room.poll }).await;
    room.commit(vec![room.pick(participant, 1)], 3).await;
    desk.send(participant, ask("Who pays?"), 4).await;
    room.steer(Control::Open { activity: wall }).await;
    desk.send(participant, send(wall, "Late agendas"), 5).await;

    assert_eq!(store.loss(room.event, Some(wall)).await.unwrap(), Loss { texts: 1, ..Loss::default() });
    clear(room, Some(wall)).await;
    let state = room.state().await;
    assert_eq!((state.event.state, state.staged), (EventState::Live, Some(wall)));
    assert_eq!((state.respondents[&room.poll], state.respondents[&wall]), (1, 0));
    assert_eq!(state.forum.posts().map(|post| post.id).collect::<Vec<_>>(), [number(1)]);

    clear(room, Some(room.poll)).await;
    assert_eq!(room.respondents().await, 0);
    assert_eq!(store.loss(room.event, None).await.unwrap(), Loss { questions: 1, participants: 1, ..Loss::default() });
}

pub(crate) async fn a_clearing_is_done_once(store: &Store, host: &Host) {
    let room = Room::running(store, host).await;
    let (participant, again) = (room.join().await, cid());
    let clear = async |now| {
        store.clear((room.event, None), Actor::Member(host.member), again, &[participant], now).await.unwrap()
    };
    let first = clear(70).await;
    assert_eq!(room.state().await.joined, 1, "who is here still counts");
    room.steer(Control::Open { activity: room.poll }).await;
    let answer = parterre_store::NewResponse { round: 2, ..room.pick(participant, 1) };
    assert!(matches!(room.commit_one(answer, 71).await, Outcome::Stored { .. }));
    let second = clear(72).await;
    assert_eq!(second.outcome, first.outcome);
    assert_eq!(room.respondents().await, 1);

    let stranger = Actor::Member(parterre_domain::ids::MemberId::new(uuid::Uuid::new_v4()));
    let refusal = store.clear((room.event, None), stranger, cid(), &[], 73).await.unwrap();
    assert_eq!(refused(&refusal.outcome), RefusalCode::Forbidden);
    let unknown = store
        .clear((room.event, Some(ActivityId::new(uuid::Uuid::new_v4()))), Actor::Member(host.member), cid(), &[], 74)
        .await
        .unwrap();
    assert_eq!(refused(&unknown.outcome), RefusalCode::Unknown);
    assert_eq!(room.respondents().await, 1);
}
