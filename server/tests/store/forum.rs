//! Whatever happens on whichever node, a forum that is led on by changes alone is the one that the
//! database holds.

use std::collections::{BTreeMap, BTreeSet};

use parterre_domain::{
    forum::Forum,
    post::{Post, VoteCount},
};
use parterre_protocol::{
    Act, CommandId, Control, Outcome, ParticipantId, PostCommand, PostId, QaSettings, Vote,
    posts::{Label, PostRef, PostState, Queue},
};
use parterre_store::{Batch, CommittedChange, NewPostCommand, Store};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::{
    desk::{Desk, number, open},
    moderation::content,
    room::{Host, cid},
};

const RUNS: usize = 12;
const STEPS: usize = 50;
const PHONES: usize = 5;
const POSTS: u32 = 7;
/// The same command may come again, by any node.
const COMMANDS: usize = 200;

#[derive(Clone, Debug)]
enum Step {
    /// What phones send in one batch: command, phone, and what it is.
    Commit(Vec<(usize, usize, PostCommand)>),
    /// An act on these posts.
    Act(usize, Vec<u32>, Did),
    /// An act that is undone at once.
    Regret(Vec<u32>, Did),
    /// Undoes the act so many before the last, whatever has been done since.
    Undo(usize),
    Stage,
}

/// An act without versions, which are those of the moment.
#[derive(Clone, Copy, Debug)]
enum Did {
    Move(Queue),
    Decline,
    Hide,
    Restore,
    Edit,
    Merge,
    Unmerge,
    Label(bool),
    Pin(bool),
    Answered(bool),
    Reply,
    Block(bool),
    Highlight,
    Review(bool),
}

fn any_vote() -> impl Strategy<Value = Vote> {
    prop_oneof![3 => Just(Vote::Up), 1 => Just(Vote::Down), 1 => Just(Vote::None)]
}

fn any_command() -> impl Strategy<Value = PostCommand> {
    let post = || (1..=POSTS).prop_map(number);
    prop_oneof![
        3 => (0..9u8).prop_map(|n| PostCommand::Ask { text: format!("Question {n}?"), name: None }),
        8 => (post(), any_vote()).prop_map(|(post, vote)| PostCommand::Vote { post, vote }),
        1 => post().prop_map(|post| PostCommand::Edit { post, text: "Another?".to_owned() }),
        1 => post().prop_map(|post| PostCommand::Withdraw { post }),
    ]
}

fn any_did() -> impl Strategy<Value = Did> {
    let queue = prop_oneof![Just(Queue::Review), Just(Queue::Reviewed), Just(Queue::Published)];
    prop_oneof![
        14 => Just(Did::Merge),
        2 => Just(Did::Unmerge),
        3 => Just(Did::Move(Queue::Published)),
        1 => queue.prop_map(Did::Move),
        1 => Just(Did::Decline),
        1 => Just(Did::Hide),
        2 => Just(Did::Restore),
        1 => Just(Did::Edit),
        1 => any::<bool>().prop_map(Did::Label),
        1 => any::<bool>().prop_map(Did::Pin),
        1 => any::<bool>().prop_map(Did::Answered),
        1 => Just(Did::Reply),
        1 => any::<bool>().prop_map(Did::Block),
        2 => Just(Did::Highlight),
        1 => any::<bool>().prop_map(Did::Review),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let posts = || prop::collection::btree_set(1..=POSTS, 1..4).prop_map(|posts| posts.into_iter().collect::<Vec<_>>());
    let posts = move || posts().prop_shuffle();
    prop_oneof![
        6 => prop::collection::vec((0..COMMANDS, 0..PHONES, any_command()), 1..14).prop_map(Step::Commit),
        5 => (0..COMMANDS, posts(), any_did()).prop_map(|(command, posts, did)| Step::Act(command, posts, did)),
        2 => (posts(), any_did()).prop_map(|(posts, did)| Step::Regret(posts, did)),
        1 => (0..4usize).prop_map(Step::Undo),
        1 => Just(Step::Stage),
    ]
}

fn settings(review: bool) -> QaSettings {
    let label = Label { id: 3, name: "Travel".to_owned(), colour: 2, public: true };
    QaSettings { review, labels: vec![label], ..open() }
}

pub(crate) async fn a_forum_kept_by_changes_is_the_one_that_is_read(store: &Store, other_node: &Store, host: &Host) {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut seen = BTreeSet::new();
    for _ in 0..RUNS {
        let steps = prop::collection::vec(any_step(), STEPS).new_tree(&mut runner).unwrap().current();
        seen.append(&mut run(store, other_node, host, &steps).await);
    }
    let all: BTreeSet<_> = ["merged", "undone", "asked", "voted", "withdrawn", "part of a part"].into();
    assert_eq!(seen, all, "the sequences do not do what they are for");
}

/// What a node keeps.
struct NodeCopy {
    forum: Forum,
    rev: i64,
}

impl NodeCopy {
    fn apply(&mut self, change: &CommittedChange) {
        assert_eq!(change.from, self.rev, "no version is missed");
        assert!(change.rev > change.from && !change.forum.is_empty());
        self.rev = change.rev;
        change.forum.iter().for_each(|change| self.forum.apply(change));
    }
}

async fn run(store: &Store, other_node: &Store, host: &Host, steps: &[Step]) -> BTreeSet<&'static str> {
    let desk = Desk::with(store, host, settings(false)).await;
    let phones = desk.room.join_many(PHONES).await;
    let commands: Vec<_> = (0..COMMANDS).map(|_| cid()).collect();
    let mut kept = NodeCopy { forum: desk.forum().await, rev: desk.room.rev().await };
    let mut happened = BTreeSet::new();
    for (now, step) in (0..).map(|n| n * 20_000).zip(steps) {
        let node = if (now / 20_000) % 2 == 0 { store } else { other_node };
        match step {
            Step::Commit(drawn) => {
                let post = |(command, phone, post): &(usize, usize, PostCommand)| NewPostCommand {
                    cid: commands[*command],
                    event: desk.room.event,
                    participant: phones[*phone],
                    command: post.clone(),
                    flagged: false,
                };
                let batch = Batch { posts: drawn.iter().map(post).collect(), ..Batch::default() };
                let committed = node.commit(&batch, now).await.unwrap();
                committed.changes.iter().for_each(|change| kept.apply(change));
            }
            Step::Act(command, posts, did) => {
                let made = made(*did, posts, &kept.forum);
                act(node, &desk, &mut kept, commands[*command], made).await;
            }
            Step::Regret(posts, did) => {
                let (done, before) = (cid(), kept.forum.clone());
                if act(node, &desk, &mut kept, done, made(*did, posts, &before)).await {
                    assert!(act(node, &desk, &mut kept, cid(), Act::Undo { cid: done }).await, "{did:?} {posts:?}");
                    assert_eq!(content(&kept.forum), content(&before), "{did:?} {posts:?}");
                    assert_eq!(votes(&kept.forum), votes(&before), "{did:?} {posts:?}");
                    happened.insert("undone");
                }
            }
            Step::Undo(back) => {
                let last = node.ledger(desk.room.event, i64::MAX, 9).await.unwrap();
                if let Some(entry) = last.get(*back) {
                    act(node, &desk, &mut kept, cid(), Act::Undo { cid: entry.cid }).await;
                }
            }
            Step::Stage => {
                if let Some(rev) = desk.room.steer(Control::Lobby).await.rev {
                    (kept.forum.highlight, kept.forum.on_screen, kept.rev) = (None, false, rev);
                }
            }
        }
        let state = node.room(desk.room.event).await.unwrap().unwrap();
        assert_eq!(state.forum.as_ref(), &kept.forum, "after {step:?}");
        assert_eq!(state.event.rev, kept.rev);
        happened.extend(what_is_there(&kept.forum));
    }
    everybody_counts_once(store, &desk, &phones, &kept.forum).await;
    happened
}

/// Acts as the event's host, and says whether that changed something.
async fn act(node: &Store, desk: &Desk<'_>, kept: &mut NodeCopy, cid: CommandId, act: Act) -> bool {
    let acted = node.moderate(desk.room.event, desk.host, cid, &act, 60).await.unwrap();
    assert!(!matches!(acted.outcome, Outcome::Later { .. }));
    acted.change.iter().for_each(|change| kept.apply(change));
    acted.change.is_some()
}

fn made(did: Did, posts: &[u32], forum: &Forum) -> Act {
    let seen = |post: &u32| {
        let version = forum.post(number(*post)).map_or(1, |post| post.version);
        PostRef { post: number(*post), version }
    };
    let (first, all) = (seen(&posts[0]), posts.iter().map(seen).collect::<Vec<_>>());
    match did {
        Did::Move(to) => Act::Move { posts: all, to },
        Did::Decline => Act::Decline { posts: all, reason: None },
        Did::Hide => Act::Hide { posts: all },
        Did::Restore => Act::Restore { posts: all },
        Did::Edit => Act::Edit { post: first, text: "In other words?".to_owned() },
        Did::Merge => Act::Merge { into: first, posts: all[1..].to_vec() },
        Did::Unmerge => Act::Unmerge { posts: all },
        Did::Label(on) => Act::Label { posts: all, label: 3, on },
        Did::Pin(on) => Act::Pin { posts: all, on },
        Did::Answered(on) => Act::Answered { posts: all, on },
        Did::Reply => Act::Reply { post: first, text: "So it is.".to_owned() },
        Did::Block(on) => Act::Block { post: first.post, on },
        Did::Highlight => Act::Highlight { post: Some(first.post) },
        Did::Review(review) => Act::Configure { version: forum.settings.version, settings: settings(review).into() },
    }
}

fn votes(forum: &Forum) -> Vec<VoteCount> {
    forum.posts().map(|post| post.votes).collect()
}

/// The counts of what is shown are those of the people who voted, each of whom is asked in turn.
async fn everybody_counts_once(store: &Store, desk: &Desk<'_>, phones: &[ParticipantId], forum: &Forum) {
    let mut counted: BTreeMap<PostId, VoteCount> = BTreeMap::new();
    for phone in phones {
        let known = store.participant(desk.room.event, *phone).await.unwrap().unwrap();
        assert_eq!(known.blocked, forum.blocked.contains(phone));
        let own: BTreeSet<_> = forum.posts_by(*phone).map(|post| forum.root(post.id)).collect();
        let own = own.into_iter().map(|post| (post, Vote::Up));
        for (post, vote) in own.chain(known.votes) {
            counted.entry(post).or_default().change(Vote::None, vote);
        }
    }
    for post in forum.posts().filter(|post| post.fields.is_shown()) {
        assert_eq!(counted.get(&post.id).copied().unwrap_or_default(), post.votes, "{post:#?}");
    }
    let is_part = |post: &&std::sync::Arc<Post>| post.fields.merged_into.is_some();
    assert!(forum.posts().filter(is_part).all(|post| post.votes == VoteCount::default()));
}

fn what_is_there(forum: &Forum) -> impl Iterator<Item = &'static str> {
    let posts: Vec<_> = forum.posts().collect();
    let into = |post: &Post| post.fields.merged_into;
    let there = [
        ("asked", posts.len() > 3),
        ("merged", posts.iter().any(|post| into(post).is_some())),
        ("part of a part", posts.iter().any(|post| into(post).is_some_and(|whole| forum.root(post.id) != whole))),
        ("voted", posts.iter().any(|post| post.votes.up > 2 && post.votes.down > 0)),
        ("withdrawn", posts.iter().any(|post| post.fields.state == PostState::Withdrawn)),
    ];
    there.into_iter().filter(|(_, is_so)| *is_so).map(|(what, _)| what)
}
