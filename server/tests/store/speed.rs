//! How fast the store is: printed, since a time proves nothing on another machine. What can be
//! compared is the ratio of two things that were done in the same run.

use std::time::{Duration, Instant};

use parterre_domain::ids::NodeId;
use parterre_protocol::{Act, Vote, posts::PostRef};
use parterre_store::{Batch, Heartbeat, Seat, Seating, Store};
use parterre_system::{clock::Clock, random};

use crate::{
    desk::{Desk, ask, number, vote},
    room::{Host, Room},
};

const BATCHES: usize = 10;
/// Questions of a full room, and each phone's votes.
const POSTS: u32 = 2_000;
const VOTES: u32 = 50;
/// Commits of one command.
const SINGLE: usize = 200;

/// Participants of a full room, and how many heartbeats are timed.
const SEATS: usize = 5_000;
const HEARTBEATS: u32 = 20;

fn name(store: &Store) -> &'static str {
    if matches!(store, Store::Sqlite(_)) { "SQLite" } else { "Postgres" }
}

pub(crate) async fn thousands_of_answers(store: &Store, host: &Host) {
    let room = Room::running(store, host).await;
    let phones = room.join_many(1000).await;
    let batches: Vec<Vec<_>> =
        (0..BATCHES).map(|n| phones.iter().map(|phone| room.pick(*phone, (n % 3 + 1) as u16)).collect()).collect();
    let start = Instant::now();
    for batch in batches {
        room.commit(batch, 1).await;
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{}: {:.1} commits of 1,000 answers each a second", name(store), BATCHES as f64 / seconds);
    assert_eq!(room.respondents().await, 1000);
}

pub(crate) async fn thousands_of_questions_and_votes(store: &Store, host: &Host) {
    let desk = Desk::open(store, host).await;
    let authors = desk.room.join_many(POSTS as usize).await;
    let start = Instant::now();
    for authors in authors.chunks(1000) {
        let posts = authors.iter().map(|phone| desk.command(*phone, ask("Will travel be paid for?")));
        desk.commit(posts.collect(), 1).await;
    }
    let asking = start.elapsed().as_secs_f64() / f64::from(POSTS / 1000);

    // Answers and votes by turns, so that both have the same machine and grow with the tables
    // alike.
    let phones = desk.room.join_many(1000).await;
    let room = Room::running(store, host).await;
    let answering = room.join_many(1000).await;
    let (mut answers, mut votes) = (0.0, 0.0);
    for n in 0..VOTES {
        let responses = answering.iter().map(|phone| room.pick(*phone, (n % 3 + 1) as u16)).collect();
        let start = Instant::now();
        room.commit(responses, 1).await;
        answers += start.elapsed().as_secs_f64();
        // The first posts have most of the votes, as in a room.
        let post = |phone: usize| (n + phone as u32 * n) % (POSTS >> (phone % 5)) + 1;
        let posts = phones.iter().enumerate().map(|(n, phone)| desk.command(*phone, vote(post(n), Vote::Up)));
        let batch = Batch { posts: posts.collect(), ..Batch::default() };
        let start = Instant::now();
        store.commit(&batch, 1).await.unwrap();
        votes += start.elapsed().as_secs_f64();
    }
    // In a calm room most commits hold one command.
    let (mut one_answer, mut one_vote) = (0.0, 0.0);
    for phone in 0..SINGLE {
        let start = Instant::now();
        room.commit_one(room.pick(answering[phone], 1), 1).await;
        one_answer += start.elapsed().as_secs_f64();
        let start = Instant::now();
        desk.send(phones[phone], vote(1, Vote::Up), 1).await;
        one_vote += start.elapsed().as_secs_f64();
    }
    let (mut forum, mut reading) = (desk.forum().await, f64::MAX);
    for _ in 0..5 {
        let start = Instant::now();
        forum = desk.forum().await;
        reading = reading.min(start.elapsed().as_secs_f64());
    }
    let start = Instant::now();
    for phone in &phones[..100] {
        store.participant(desk.room.event, *phone).await.unwrap();
    }
    let coming_back = start.elapsed().as_secs_f64() / 100.0;
    let seen = forum.posts().take(200).map(|post| PostRef { post: post.id, version: post.version });
    let start = Instant::now();
    desk.act(Act::Star { posts: seen.collect(), on: true }).await;
    let acting = start.elapsed().as_secs_f64();
    let counted: u32 = forum.posts().map(|post| post.votes.up).sum();
    println!(
        "{}: 1,000 answers {:.1} ms, 1,000 votes {:.1} ms ({:.2} times as long), one answer {:.2} ms, one vote {:.2} ms, 1,000 questions {:.1} ms; {POSTS} questions with \
         {counted} votes read in {:.1} ms at best; a participant with {VOTES} votes in {:.2} ms; an act on 200 of them {:.1} ms",
        name(store),
        1e3 * answers / f64::from(VOTES),
        1e3 * votes / f64::from(VOTES),
        votes / answers,
        1e3 * one_answer / SINGLE as f64,
        1e3 * one_vote / SINGLE as f64,
        1e3 * asking,
        1e3 * reading,
        1e3 * coming_back,
        1e3 * acting,
    );
    assert_eq!(forum.posts().count(), POSTS as usize);
    assert_eq!(forum.post(number(1)).unwrap().votes.down, 0);
}

/// Heartbeats of three nodes that share a full room.
pub(crate) async fn pulses_of_a_full_room(store: &Store, host: &Host) {
    let room = Room::running(store, host).await;
    let mut people = Vec::new();
    while people.len() < SEATS {
        people.extend(room.join_many(1000).await);
    }
    let seats: Vec<_> = people.iter().map(|who| Seat { event_id: room.event, participant_id: *who }).collect();
    let heartbeat = |node, seating, count| Heartbeat {
        node,
        clock: Clock::system(),
        seating,
        arriving: Vec::new(),
        rooms: vec![room.event],
        count,
        silence: Duration::from_secs(3600),
    };
    let third = SEATS / 3;
    let nodes = [(); 3].map(|()| NodeId::new(random::opaque_id()));
    let start = Instant::now();
    for (node, seats) in nodes.iter().zip(seats.chunks(third)) {
        store.heartbeat(&heartbeat(*node, Seating::All(seats.to_vec()), false)).await.unwrap().stored().unwrap();
    }
    let all = start.elapsed() / 3;
    let mut timed = Vec::new();
    for (moving, count) in [(0, false), (0, true), (200, true)] {
        let start = Instant::now();
        for n in 0..HEARTBEATS {
            let (sat, left) = (seats[third..third + moving].to_vec(), Vec::new());
            let seating =
                if n % 2 == 0 { Seating::Changes { sat, left } } else { Seating::Changes { sat: left, left: sat } };
            let reply = store.heartbeat(&heartbeat(nodes[0], seating, count)).await.unwrap().stored().unwrap();
            let here = if n % 2 == 0 { third + moving } else { third };
            let told = reply.rooms[0];
            let told = told.counts.map(|told| (told.here as usize, told.elsewhere as usize, told.joined as usize));
            assert_eq!(told, count.then_some((here, third * 3 - here, SEATS)));
        }
        timed.push(start.elapsed() / HEARTBEATS);
    }
    let [idle, counting, moving] = timed[..] else { panic!("three kinds of heartbeats were timed") };
    println!(
        "{}: a heartbeat with {SEATS} at three nodes: {idle:?}, with counting {counting:?}, with 200 who move {moving:?}; \
         all of one node {all:?}",
        name(store)
    );
    for node in nodes {
        store.forget_node(node).await.unwrap();
    }
}
