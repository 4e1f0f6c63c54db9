//! Posts that are sent to an activity: they are judged by the activity as it is at that moment,
//! limited and counted apart from the questions, and read back with where they belong.

use std::time::Duration;

use parterre_domain::ids::NodeId;
use parterre_protocol::{
    Act, ActivityId, Control, Outcome, ParticipantId, PostCommand, RefusalCode, Settings, TextWall,
    posts::{ActivityRound, NamePolicy, PostState, Queue},
};
use parterre_store::{Heartbeat, Seat, Seating, Store};
use parterre_system::{clock::Clock, random};

use crate::{
    desk::{Desk, ask, number},
    room::{Host, refused},
};

fn wall(texts_per_person: Option<u8>) -> Settings {
    let title = "What should we stop doing?".to_owned();
    Settings::Open(TextWall { title, texts_per_person, review: false, names: NamePolicy::Anonymous })
}

fn send(activity: ActivityId, round: u32, text: &str) -> PostCommand {
    PostCommand::Send { to: ActivityRound { activity, round }, text: text.to_owned(), name: None }
}

/// A desk whose second activity is a wall, which is open.
async fn open<'a>(store: &'a Store, host: &Host, most: Option<u8>) -> (Desk<'a>, ActivityId) {
    let desk = Desk::open(store, host).await;
    let activity = desk.room.add(&wall(most)).await;
    desk.room.steer(Control::Open { activity }).await;
    (desk, activity)
}

pub(crate) async fn a_text_belongs_to_its_activity_and_a_question_to_none(store: &Store, host: &Host) {
    let (desk, activity) = open(store, host, Some(3)).await;
    let [phone, other] = [desk.room.join().await, desk.room.join().await];
    let batch = vec![
        desk.command(phone, send(activity, 1, "Late agendas")),
        desk.command(phone, ask("Who pays?")),
        desk.command(other, send(activity, 1, "Long speeches")),
    ];
    let committed = desk.commit(batch, 10).await;
    assert!(committed.posts.iter().all(|outcome| *outcome == Outcome::Stored { at: 10 }), "{committed:?}");
    let mut kept = desk.forum().await;
    let to = ActivityRound { activity, round: 1 };
    let places: Vec<_> = kept.posts().map(|post| post.to).collect();
    assert_eq!(places, [Some(to), None, Some(to)]);
    assert_eq!(kept.texts(to).map(|post| post.id.number()).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(kept.senders(to), [phone, other].into());

    let state = desk.room.state().await;
    assert_eq!(state.respondents[&activity], 2, "two people have sent something");
    let mut answerers = state.answerers.unwrap();
    answerers.sort_unstable();
    let mut both = vec![phone, other];
    both.sort_unstable();
    assert_eq!(answerers, both);

    // Merged, hidden and undone like any post, and only that.
    let done = desk.merge(1, &[3]).await;
    done.change.unwrap().forum.iter().for_each(|change| kept.apply(change));
    assert_eq!(desk.forum().await, kept);
    assert_eq!(desk.votes(1).await, (2, 0), "two people have sent it");
    let (into, posts) = (desk.seen(1).await, desk.all_seen(&[2]).await);
    let mixed = desk.try_act(desk.link, Act::Merge { into, posts }).await;
    assert_eq!(refused(&mixed.outcome), RefusalCode::Invalid);
    assert_eq!(desk.forum().await, kept, "nothing of the question has changed");
}

pub(crate) async fn texts_are_limited_by_their_activity_and_apart_from_questions(store: &Store, host: &Host) {
    let (desk, activity) = open(store, host, Some(2)).await;
    let phone = desk.room.join().await;
    // As many questions as a minute has room for hinder no text.
    for n in 0..5 {
        desk.send(phone, ask(&format!("Question {n}?")), 10).await;
    }
    assert_eq!(refused(&desk.send(phone, ask("One more?"), 11).await), RefusalCode::SlowDown);
    let both = vec![desk.command(phone, send(activity, 1, "One")), desk.command(phone, send(activity, 1, "Two"))];
    let more = vec![desk.command(phone, send(activity, 1, "Three"))];
    let committed = desk.commit(both.into_iter().chain(more).collect(), 12).await;
    assert_eq!(committed.posts[..2], [Outcome::Stored { at: 12 }, Outcome::Stored { at: 12 }]);
    assert_eq!(refused(&committed.posts[2]), RefusalCode::Answered, "within one batch too");
    assert_eq!(refused(&desk.send(phone, send(activity, 1, "Three"), 13).await), RefusalCode::Answered);
    // What one takes back makes room; it must still wait for that.
    let posts = desk.all_seen(&[6]).await;
    desk.act(Act::Move { posts, to: Queue::Review }).await;
    let withdrawn = desk.send(phone, PostCommand::Withdraw { post: number(6) }, 14).await;
    assert_eq!(withdrawn, Outcome::Stored { at: 14 });
    assert_eq!(desk.post(6).await.fields.state, PostState::Withdrawn);
    assert_eq!(desk.send(phone, send(activity, 1, "Three"), 15).await, Outcome::Stored { at: 15 });
}

pub(crate) async fn a_text_is_taken_by_an_open_activity_of_its_event_in_its_round(store: &Store, host: &Host) {
    let (desk, activity) = open(store, host, None).await;
    let (elsewhere, foreign) = open(store, host, None).await;
    let phone = desk.room.join().await;
    let try_to = async |activity, round| refused(&desk.send(phone, send(activity, round, "x"), 20).await);
    assert_eq!(try_to(foreign, 1).await, RefusalCode::Unknown);
    assert_eq!(try_to(desk.room.poll, 1).await, RefusalCode::Invalid, "it takes answers");
    assert_eq!(try_to(activity, 2).await, RefusalCode::Round);
    let again = desk.command(phone, send(activity, 1, "x"));
    for _ in 0..2 {
        assert_eq!(desk.commit(vec![again.clone()], 21).await.posts, [Outcome::Stored { at: 21 }]);
    }
    assert_eq!(desk.forum().await.posts().count(), 1, "the same command is one text");
    let posts = desk.all_seen(&[1]).await;
    desk.act(Act::Move { posts, to: Queue::Review }).await;
    desk.room.steer(Control::Close { activity }).await;
    assert_eq!(try_to(activity, 1).await, RefusalCode::Closed);
    let edit = PostCommand::Edit { post: number(1), text: "y".to_owned() };
    assert_eq!(refused(&desk.send(phone, edit, 22).await), RefusalCode::Closed);
    desk.room.steer(Control::Reset { activity, round: 1 }).await;
    assert_eq!(desk.room.state().await.respondents[&activity], 0, "another round");
    assert_eq!(elsewhere.forum().await.posts().count(), 0);
}

pub(crate) async fn who_has_sent_a_text_counts_among_those_who_are_here(store: &Store, host: &Host) {
    let (desk, activity) = open(store, host, None).await;
    let crowd = desk.room.join_many(3).await;
    let node = NodeId::new(random::opaque_id());
    let seat = |who: &ParticipantId| Seat { event_id: desk.room.event, participant_id: *who };
    for phone in &crowd[..2] {
        desk.send(*phone, send(activity, 1, "x"), 30).await;
    }
    let beat = async |seating| {
        let (arriving, rooms, silence) = (Vec::new(), vec![desk.room.event], Duration::from_secs(3600));
        let clock = Clock::system();
        let heartbeat = Heartbeat { node, clock, seating, arriving, rooms, count: true, silence };
        store.heartbeat(&heartbeat).await.unwrap().stored().unwrap().rooms[0].counts.unwrap()
    };
    let counts = beat(Seating::All(crowd[1..].iter().map(seat).collect())).await;
    assert_eq!(counts.answered_here.map(|here| (here.activity, here.count)), Some((activity, 1)));
    store.forget_node(node).await.unwrap();
}
