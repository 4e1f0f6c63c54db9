//! Two nodes on one database at the same time.

use std::collections::{BTreeSet, HashSet};

use parterre_protocol::{Control, Outcome, ParticipantId, RefusalCode, Vote};
use parterre_store::{Batch, Committed, CommittedChange, NewResponse, Store};
use tokio::task::JoinSet;

use crate::{
    desk::{Desk, ask, vote},
    room::{Host, Room, cid, counted, poll, refused},
};

/// Commits the same batches from both nodes at the same time.
async fn commit_from_both(store: &Store, other_node: &Store, batches: Vec<Vec<NewResponse>>) -> Vec<Committed> {
    let mut tasks = JoinSet::new();
    for (n, responses) in batches.into_iter().enumerate() {
        for node in [store, other_node] {
            let (node, batch) = (node.clone(), Batch { responses: responses.clone(), ..Batch::default() });
            tasks.spawn(async move { node.commit(&batch, n as i64).await.unwrap() });
        }
    }
    tasks.join_all().await
}

pub(crate) async fn answers_committed_twice_at_once_count_once(store: &Store, other_node: &Store, host: &Host) {
    let room = Room::running(store, host).await;
    let phones = room.join_many(50).await;
    let before = room.rev().await;
    let answers = |n: usize| phones.iter().map(|phone| room.pick(*phone, (n % 3 + 1) as u16)).collect();
    let committed = commit_from_both(store, other_node, (0..10).map(answers).collect()).await;

    let mut changes: Vec<_> = committed.iter().flat_map(|committed| &committed.changes).collect();
    changes.sort_by_key(|change| change.rev);
    assert_eq!(changes.len(), 10, "each batch once, whichever node was first");
    let mut rev = before;
    let mut tally = counted(&poll(true), []);
    for change in changes {
        assert_eq!(change.from, rev, "the versions of both nodes make one row");
        rev = change.rev;
        for change in &change.answers {
            change.before.iter().for_each(|(before, _)| tally.remove(before));
            tally.add(&change.after);
        }
    }
    assert_eq!((room.tally().await, room.rev().await), (tally, rev));
    assert_eq!(room.respondents().await, 50);
}

pub(crate) async fn a_close_is_a_barrier(store: &Store, other_node: &Store, host: &Host) {
    let room = Room::running(store, host).await;
    let phones = room.join_many(200).await;
    let batches = phones.chunks(5).map(|phones| phones.iter().map(|phone| room.pick(*phone, 1)).collect());
    let close = Control::Close { activity: room.poll };
    let (committed, closed) = tokio::join!(
        commit_from_both(store, other_node, batches.collect()),
        other_node.control(room.event, host.member, cid(), &close, 999)
    );
    let closed = closed.unwrap().rev.unwrap();
    let mut stored: HashSet<ParticipantId> = HashSet::new();
    for change in committed.iter().flat_map(|committed| &committed.changes) {
        assert!(change.rev < closed, "version {} was accepted after the close at {closed}", change.rev);
        stored.extend(change.answers.iter().map(|change| change.participant));
    }
    for outcome in committed.iter().flat_map(|committed| &committed.responses) {
        match outcome {
            Outcome::Stored { .. } => {}
            Outcome::Refused { code, .. } => assert_eq!(*code, RefusalCode::Closed),
            Outcome::Later { .. } => panic!("the store never puts off"),
        }
    }
    assert_eq!(room.respondents().await as usize, stored.len());
    assert_eq!(room.rev().await, closed);
}

pub(crate) async fn nodes_with_the_same_events_do_not_block_each_other(store: &Store, other_node: &Store, host: &Host) {
    let mut rooms = Vec::new();
    for _ in 0..6 {
        let room = Room::running(store, host).await;
        let phones = room.join_many(8).await;
        rooms.push((room, phones));
    }
    let all: Vec<_> = rooms.iter().flat_map(|(room, phones)| phones.iter().map(|phone| room.pick(*phone, 2))).collect();
    let turned = |n: usize| {
        let mut batch = all.clone();
        batch.rotate_left(n * 7);
        batch
    };
    let committed = commit_from_both(store, other_node, (0..7).map(turned).collect()).await;
    let changed: Vec<_> =
        committed.iter().flat_map(|committed| &committed.changes).map(|change| change.event).collect();
    assert_eq!(changed.len(), 6, "every event was changed by one commit alone");
    assert_eq!(changed.iter().collect::<BTreeSet<_>>().len(), 6);
}

pub(crate) async fn a_room_is_one_moment(store: &Store, other_node: &Store, host: &Host) {
    let room = Room::running(store, host).await;
    let phones = room.join_many(40).await;
    let before = room.rev().await;
    // Each commit adds one answer and one version, so both must always have moved by the same.
    let write = async {
        for phone in &phones {
            let batch = Batch { responses: vec![room.pick(*phone, 1)], ..Batch::default() };
            other_node.commit(&batch, 1).await.unwrap();
        }
    };
    let read = async {
        loop {
            let state = room.state().await;
            let commits = state.event.rev - before;
            assert_eq!(i64::from(state.respondents[&room.poll]), commits);
            assert_eq!(i64::from(state.tally.unwrap().respondents), commits);
            if commits == phones.len() as i64 {
                break;
            }
        }
    };
    tokio::join!(write, read);
}

/// Both nodes get every command, as when phones have come over to the other before they had a
/// receipt.
pub(crate) async fn questions_and_votes_sent_to_two_nodes_are_stored_once(
    store: &Store,
    other_node: &Store,
    host: &Host,
) {
    let desk = Desk::open(store, host).await;
    let phones = desk.room.join_many(60).await;
    let (before, mut forum) = (desk.room.rev().await, desk.forum().await);
    let asks: Vec<_> = phones.iter().map(|phone| desk.command(*phone, ask("Why?"))).collect();
    let votes = phones.iter().enumerate().map(|(n, phone)| {
        let thinks = if n % 3 == 0 { Vote::Down } else { Vote::Up };
        desk.command(*phone, vote(1 + (n as u32 + 30) % 60, thinks))
    });
    let votes: Vec<_> = votes.collect();
    let mut changes: Vec<CommittedChange> = Vec::new();
    for commands in [asks, votes] {
        let mut tasks = JoinSet::new();
        for posts in commands.chunks(7) {
            for node in [store, other_node] {
                let (node, batch) = (node.clone(), Batch { posts: posts.to_vec(), ..Batch::default() });
                tasks.spawn(async move { node.commit(&batch, 5).await.unwrap() });
            }
        }
        let committed = tasks.join_all().await;
        // Whoever votes for what is their own is told so by both.
        let refusals = committed.iter().flat_map(|committed| &committed.posts);
        let refusals: Vec<_> = refusals.filter(|outcome| **outcome != Outcome::Stored { at: 5 }).collect();
        assert!(refusals.iter().all(|outcome| refused(outcome) == RefusalCode::Invalid), "{refusals:?}");
        changes.extend(committed.into_iter().flat_map(|committed| committed.changes));
    }
    changes.sort_by_key(|change| change.rev);
    let mut rev = before;
    for change in &changes {
        assert_eq!(change.from, rev, "the versions of both nodes make one row");
        rev = change.rev;
        change.forum.iter().for_each(|change| forum.apply(change));
    }
    let read = desk.forum().await;
    assert_eq!((read.posts().count(), desk.room.rev().await), (60, rev));
    assert_eq!(read, forum);
}
