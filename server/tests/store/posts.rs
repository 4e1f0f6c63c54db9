//! What participants do with questions.

use parterre_protocol::{
    Act, Control, EventId, Outcome, ParticipantId, PostCommand, QaSettings, RefusalCode, Vote,
    limits::{POSTS_PER_MINUTE, POSTS_WAITING},
    posts::PostState,
};
use parterre_store::{Batch, Join, NewPostCommand, Store};
use uuid::Uuid;

use crate::{
    desk::{Desk, ask, number, open, vote},
    room::{Host, Room, picked, refused},
};

pub(crate) async fn a_command_is_done_once(store: &Store, host: &Host) {
    let desk = Desk::open(store, host).await;
    let (phone, other) = (desk.room.join().await, desk.room.join().await);
    let asked = desk.command(phone, ask("Why?"));
    assert_eq!(store.stored_at(phone, asked.cid).await.unwrap(), None);
    let committed = desk.commit(vec![asked.clone(), asked.clone()], 10).await;
    assert_eq!(committed.posts, [Outcome::Stored { at: 10 }, Outcome::Stored { at: 10 }]);
    assert_eq!(committed.changes[0].forum.len(), 1, "the same twice in a batch is one question");
    assert_eq!(store.stored_at(phone, asked.cid).await.unwrap(), Some(10));
    let state = desk.room.state().await;
    assert_eq!(state.forum.posts().count(), 1);

    let again = desk.commit(vec![asked.clone()], 20).await;
    assert_eq!((again.posts, again.changes), (vec![Outcome::Stored { at: 10 }], vec![]));
    assert_eq!(again.repeated, [(desk.room.event, state.event.rev)], "the first may have told nobody");
    let mut voted = desk.command(phone, vote(1, Vote::None));
    voted.cid = asked.cid;
    assert_eq!(desk.commit(vec![voted], 20).await.posts, [Outcome::Stored { at: 10 }], "the first one's receipt");
    assert_eq!(desk.room.state().await, state);

    let nothing = desk.command(other, vote(1, Vote::None));
    let rev = desk.room.rev().await;
    assert_eq!(desk.commit(vec![nothing.clone()], 30).await.posts, [Outcome::Stored { at: 30 }]);
    assert_eq!(desk.room.rev().await, rev, "what is so already has no new version");
    desk.send(other, vote(1, Vote::Up), 40).await;
    assert_eq!(desk.commit(vec![nothing], 50).await.posts, [Outcome::Stored { at: 30 }]);
    assert_eq!(desk.votes(1).await, (2, 0), "what comes late and again takes nothing back");

    store.delete_event(desk.room.event, 60).await.unwrap().unwrap();
    assert_eq!(desk.commit(vec![asked], 70).await.posts, [Outcome::Stored { at: 10 }], "also after the deletion");
    assert_eq!(refused(&desk.send(phone, ask("Who?"), 80).await), RefusalCode::Unknown);
}

pub(crate) async fn a_cid_is_one_command_whatever_it_is_about(store: &Store, host: &Host) {
    let desk = Desk::open(store, host).await;
    desk.room.steer(Control::Open { activity: desk.room.poll }).await;
    let phone = desk.room.join().await;
    let answer = desk.room.pick(phone, 1);
    let mut asked = desk.command(phone, ask("Why?"));
    asked.cid = answer.cid;
    let (responses, posts) = (vec![answer], vec![asked]);
    let committed = store.commit(&Batch { responses, posts: posts.clone(), ..Batch::default() }, 10).await.unwrap();
    assert_eq!((committed.posts, committed.changes.len()), (vec![Outcome::Stored { at: 10 }], 1));
    assert_eq!(desk.commit(posts, 20).await.posts, [Outcome::Stored { at: 10 }]);
    assert_eq!(desk.forum().await.posts().count(), 0);

    let asked = desk.command(phone, ask("Why?"));
    let mut answer = desk.room.pick(phone, 2);
    answer.cid = asked.cid;
    desk.commit(vec![asked], 30).await;
    assert_eq!(desk.room.commit_one(answer, 40).await, Outcome::Stored { at: 30 });
    let known = store.participant(desk.room.event, phone).await.unwrap().unwrap();
    assert_eq!(known.responses[&desk.room.poll].answer, picked(&[1], None));
}

pub(crate) async fn answers_and_questions_of_a_batch_are_one_version(store: &Store, host: &Host) {
    let (desk, other) = (Desk::open(store, host).await, Desk::open(store, host).await);
    desk.room.steer(Control::Open { activity: desk.room.poll }).await;
    let (here, there) = (desk.room.join().await, other.room.join().await);
    let (before, before_other) = (desk.room.rev().await, other.room.rev().await);
    let newcomer = Join { id: ParticipantId::new(Uuid::new_v4()), event: desk.room.event, name: None };
    let posts = vec![desk.command(here, ask("Here?")), other.command(there, ask("There?"))];
    let batch = Batch { joins: vec![newcomer], responses: vec![desk.room.pick(here, 1)], posts, ..Batch::default() };
    let committed = store.commit(&batch, 10).await.unwrap();
    let [first, second] = &committed.changes[..] else { panic!("two events have changed") };
    let (mine, others) = if first.event == desk.room.event { (first, second) } else { (second, first) };
    assert_eq!((mine.from, mine.rev, mine.answers.len(), mine.forum.len()), (before, before + 1, 1, 1));
    assert_eq!((others.from, others.rev, others.forum.len()), (before_other, before_other + 1, 1));
    assert_eq!((desk.room.rev().await, other.room.rev().await), (before + 1, before_other + 1));
    assert_eq!((desk.room.respondents().await, desk.post(1).await.version), (1, before + 1));
    assert_eq!((desk.room.state().await.joined, other.post(1).await.fields.text.as_str()), (2, "There?"));
}

pub(crate) async fn a_question_is_asked_reworded_and_taken_back(store: &Store, host: &Host) {
    let desk = Desk::with(store, host, QaSettings { review: true, ..open() }).await;
    let (phone, other) = (desk.room.join().await, desk.room.join().await);
    let named = PostCommand::Ask { text: "Pourquoi\u{a0}?".to_owned(), name: Some("Inès".to_owned()) };
    let committed = desk.commit(vec![desk.command(phone, named), desk.command(phone, ask("When?"))], 10).await;
    assert_eq!(committed.posts.len(), 2);
    let first = desk.post(1).await;
    assert_eq!((first.author, first.name.as_deref(), first.at), (phone, Some("Inès"), 10));
    assert_eq!((first.fields.text.as_str(), first.fields.state), ("Pourquoi\u{a0}?", PostState::Review));
    assert_eq!((first.votes.up, desk.post(2).await.name), (1, None));

    let reword = |post| PostCommand::Edit { post: number(post), text: "Why so late?".to_owned() };
    let withdraw = |post| PostCommand::Withdraw { post: number(post) };
    assert_eq!(refused(&desk.send(other, reword(1), 20).await), RefusalCode::Unknown, "not one's own");
    assert_eq!(desk.send(phone, reword(1), 20).await, Outcome::Stored { at: 20 });
    assert_eq!(desk.send(phone, withdraw(2), 30).await, Outcome::Stored { at: 30 });
    assert_eq!(desk.post(1).await.fields.text, "Why so late?");
    assert_eq!(desk.post(2).await.fields.state, PostState::Withdrawn);
    desk.publish(&[1]).await;
    assert_eq!(refused(&desk.send(phone, withdraw(1), 60).await), RefusalCode::Closed);
    assert_eq!(desk.post(1).await.fields.published_at, Some(50));
}

pub(crate) async fn a_flood_is_held_back_by_device(store: &Store, host: &Host) {
    let desk = Desk::with(store, host, QaSettings { review: true, ..open() }).await;
    let (phone, other) = (desk.room.join().await, desk.room.join().await);
    let burst = |now| {
        let posts = (0..=POSTS_PER_MINUTE).map(|n| desk.command(phone, ask(&format!("{n} at {now}?"))));
        desk.commit(posts.chain([desk.command(other, ask("And mine?"))]).collect(), now)
    };
    let mut outcomes = burst(1_000).await.posts;
    assert_eq!(outcomes.pop(), Some(Outcome::Stored { at: 1_000 }), "others may");
    assert_eq!(refused(&outcomes.pop().unwrap()), RefusalCode::SlowDown);
    assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Stored { at: 1_000 }));
    assert_eq!(
        refused(&desk.send(phone, ask("Again?"), 60_999).await),
        RefusalCode::SlowDown,
        "read from the database"
    );
    assert_eq!(desk.send(other, ask("Mine again?"), 60_999).await, Outcome::Stored { at: 60_999 });

    let mut now = 0;
    for minute in 1..POSTS_WAITING / POSTS_PER_MINUTE {
        now = 1_000 + 60_000 * minute as i64;
        burst(now).await;
    }
    assert_eq!(refused(&desk.send(phone, ask("One more?"), now + 60_000).await), RefusalCode::SlowDown);
    desk.publish(&[1]).await;
    assert_eq!(desk.send(phone, ask("One more?"), now + 60_000).await, Outcome::Stored { at: now + 60_000 });
}

pub(crate) async fn who_is_of_another_event_or_blocked_cannot_ask(store: &Store, host: &Host) {
    let (desk, elsewhere) = (Desk::open(store, host).await, Room::draft(store, host).await);
    let stranger = elsewhere.join().await;
    assert_eq!(refused(&desk.send(stranger, ask("Why?"), 10).await), RefusalCode::Forbidden);
    let nowhere = NewPostCommand { event: EventId::new(Uuid::new_v4()), ..desk.command(stranger, ask("Why?")) };
    assert_eq!(refused(&desk.commit(vec![nowhere], 10).await.posts[0]), RefusalCode::Unknown);

    let phone = desk.asked(1).await[0];
    let other = desk.room.join().await;
    assert_eq!(desk.send(other, ask("Why?"), 20).await, Outcome::Stored { at: 20 });
    let known = async || store.participant(desk.room.event, phone).await.unwrap().unwrap();
    let before = known().await.rev;
    let block = |on| Act::Block { post: number(1), on };
    let rev = desk.act(block(true)).await.change.unwrap().rev;
    assert_eq!((known().await.blocked, known().await.rev), (true, rev));
    assert!(rev > before);
    assert_eq!(refused(&desk.send(phone, ask("Why?"), 30).await), RefusalCode::Blocked);
    assert_eq!(desk.send(phone, vote(2, Vote::Up), 30).await, Outcome::Stored { at: 30 }, "voting goes on");
    assert_eq!(desk.forum().await.blocked.into_iter().collect::<Vec<_>>(), [phone]);
    let rev = desk.act(block(false)).await.change.unwrap().rev;
    assert_eq!((known().await.blocked, known().await.rev), (false, rev));
    assert_eq!(desk.send(phone, ask("Why?"), 90_000).await, Outcome::Stored { at: 90_000 });
}

pub(crate) async fn what_is_not_open_takes_no_question(store: &Store, host: &Host) {
    let desk = Desk::with(store, host, QaSettings::default()).await;
    let phone = desk.room.join().await;
    assert_eq!(refused(&desk.send(phone, ask("Why?"), 10).await), RefusalCode::Closed);
    let version = desk.forum().await.settings.version;
    desk.act(Act::Configure { version, settings: open().into() }).await;
    assert_eq!(desk.send(phone, ask("Why?"), 10).await, Outcome::Stored { at: 10 });
    desk.room.steer(Control::End).await;
    assert_eq!(refused(&desk.send(phone, ask("Who?"), 20).await), RefusalCode::Closed);
}

pub(crate) async fn a_person_counts_once_through_merges(store: &Store, host: &Host) {
    let desk = Desk::open(store, host).await;
    let authors = desk.asked(3).await;
    let [a, b, c] = <[ParticipantId; 3]>::try_from(desk.room.join_many(3).await).unwrap();
    let send = |phone, post, thinks| desk.command(phone, vote(post, thinks));
    let votes = vec![
        send(a, 1, Vote::Up),
        send(a, 2, Vote::Up),
        send(b, 1, Vote::Down),
        send(b, 2, Vote::Up),
        send(c, 1, Vote::Down),
        send(c, 3, Vote::Down),
        send(authors[1], 1, Vote::Down),
    ];
    desk.commit(votes, 20).await;
    assert_eq!([desk.votes(1).await, desk.votes(2).await, desk.votes(3).await], [(2, 3), (3, 0), (1, 1)]);

    let merged = desk.merge(1, &[2]).await;
    // The authors of both, a and b; c alone is against it.
    assert_eq!([desk.votes(1).await, desk.votes(2).await], [(4, 1), (0, 0)]);
    assert_eq!(merged.change.unwrap().forum.len(), 2, "the whole is told anew for its votes");
    desk.merge(1, &[3]).await;
    assert_eq!(desk.votes(1).await, (5, 1));

    let change = desk.commit(vec![send(b, 3, Vote::None)], 30).await;
    assert_eq!(change.posts, [Outcome::Stored { at: 30 }]);
    assert_eq!(desk.votes(1).await, (4, 1), "taken back everywhere");
    assert_eq!(refused(&desk.send(authors[2], vote(1, Vote::Down), 30).await), RefusalCode::Invalid, "one's own");
    assert_eq!(refused(&desk.send(authors[0], vote(3, Vote::None), 30).await), RefusalCode::Invalid, "one's own");

    let known = store.participant(desk.room.event, c).await.unwrap().unwrap();
    assert_eq!(known.votes.into_iter().collect::<Vec<_>>(), [(number(1), Vote::Down)], "one vote on the whole");
    let known = store.participant(desk.room.event, authors[1]).await.unwrap().unwrap();
    assert!(known.votes.is_empty(), "nothing on what is partly one's own");

    desk.act(Act::Unmerge { posts: desk.all_seen(&[2, 3]).await }).await;
    assert_eq!([desk.votes(1).await, desk.votes(2).await, desk.votes(3).await], [(2, 2), (2, 0), (1, 1)]);
}

pub(crate) async fn parts_of_parts_follow_the_whole(store: &Store, host: &Host) {
    let desk = Desk::open(store, host).await;
    desk.asked(4).await;
    let phone = desk.room.join().await;
    desk.merge(2, &[3]).await;
    desk.merge(1, &[2]).await;
    assert_eq!(desk.votes(1).await, (3, 0));
    assert_eq!(desk.send(phone, vote(3, Vote::Up), 30).await, Outcome::Stored { at: 30 });
    assert_eq!([desk.votes(1).await, desk.votes(2).await, desk.votes(3).await], [(4, 0), (0, 0), (0, 0)]);
    let known = async || store.participant(desk.room.event, phone).await.unwrap().unwrap();
    assert_eq!(known().await.votes.into_keys().collect::<Vec<_>>(), [number(1)]);

    desk.act(Act::Unmerge { posts: desk.all_seen(&[2]).await }).await;
    assert_eq!([desk.votes(1).await, desk.votes(2).await, desk.votes(3).await], [(2, 0), (2, 0), (0, 0)]);
    let hide = Act::Hide { posts: desk.all_seen(&[1]).await };
    desk.act(hide).await;
    assert_eq!(refused(&desk.send(phone, vote(1, Vote::None), 40).await), RefusalCode::Unknown, "it is not shown");
}

pub(crate) async fn who_comes_back_finds_their_votes(store: &Store, host: &Host) {
    let desk = Desk::open(store, host).await;
    desk.asked(2).await;
    let event = desk.room.event;
    let phone = Join { id: ParticipantId::new(Uuid::new_v4()), event, name: None };
    store.commit(&Batch { joins: vec![phone.clone()], ..Batch::default() }, 10).await.unwrap();
    let known = async || store.participant(event, phone.id).await.unwrap().unwrap();
    assert_eq!((known().await.id, known().await.votes.len(), known().await.rev), (phone.id, 0, 0));
    desk.send(phone.id, ask("Mine?"), 20).await;
    let send = |post, thinks| desk.command(phone.id, vote(post, thinks));
    desk.commit(vec![send(1, Vote::Up), send(2, Vote::Down), send(1, Vote::None), send(1, Vote::Up)], 30).await;
    assert_eq!(known().await.rev, desk.room.rev().await);
    let votes: Vec<_> = known().await.votes.into_iter().collect();
    assert_eq!(votes, [(number(1), Vote::Up), (number(2), Vote::Down)], "one's own is not among them");
    let back = desk.commit(vec![send(2, Vote::None)], 40).await;
    assert_eq!((known().await.votes.len(), known().await.rev), (1, back.changes[0].rev));
    assert_eq!(store.participants(&[(event, phone.id)]).await.unwrap(), [Some(known().await)]);
    assert_eq!(store.participant(event, phone.id).await.unwrap().unwrap(), known().await);
}

pub(crate) async fn a_large_batch_is_judged_in_order(store: &Store, host: &Host) {
    let desk = Desk::open(store, host).await;
    let phones = desk.room.join_many(300).await;
    // Each asks, and all support the first as soon as it is there.
    let posts = phones.iter().enumerate().flat_map(|(n, phone)| {
        let support = desk.command(*phone, vote(1, Vote::Up));
        [desk.command(*phone, ask(&format!("Question {n}?"))), support]
    });
    let posts: Vec<_> = posts.collect();
    let committed = desk.commit(posts.clone(), 10).await;
    let refusals: Vec<_> = committed.posts.iter().filter(|outcome| **outcome != Outcome::Stored { at: 10 }).collect();
    assert_eq!(
        refusals.iter().map(|outcome| refused(outcome)).collect::<Vec<_>>(),
        [RefusalCode::Invalid],
        "one's own"
    );
    assert_eq!(desk.votes(1).await, (300, 0));
    let numbers: Vec<_> = desk.forum().await.posts().map(|post| (post.id, post.author)).collect();
    let expected = phones.iter().enumerate().map(|(n, phone)| (number(n as u32 + 1), *phone));
    assert_eq!(numbers, expected.collect::<Vec<_>>());
    let again = desk.commit(posts, 20).await;
    assert_eq!(again.changes, []);
    assert_eq!(again.posts.iter().filter(|outcome| **outcome == Outcome::Stored { at: 10 }).count(), 599);
}
