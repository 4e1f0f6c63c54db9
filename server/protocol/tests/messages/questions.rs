//! One realistic example of everything about the room's questions.

use std::collections::BTreeMap;

use parterre_protocol::{
    Act, PostId, QaSettings, Rev, Vote,
    posts::{
        ActivityRound, Label, NamePolicy, PostRef, PostState, PostStatus, QaState, Queue, Reason, ReasonCode,
        WordFilter,
    },
    topics::{Me, ModeratedActivity, ModeratedPost, Moderation, OwnPost, Posts, QaSummary, QueueCounts, ShownPost},
};

use super::examples::{NOW, cid, me, mood};

const TRAVEL: PostId = PostId::new(17);
const TRAINS: PostId = PostId::new(33);
const RUDE: PostId = PostId::new(40);

fn seen(post: PostId, version: Rev) -> PostRef {
    PostRef { post, version }
}

pub(crate) fn labels() -> Vec<Label> {
    let label = |id, name: &str, colour, public| Label { id, name: name.to_owned(), colour, public };
    vec![label(1, "Travel", 3, true), label(2, "For the treasurer", 5, false)]
}

fn reason() -> Reason {
    Reason { code: ReasonCode::OffTopic, text: Some("Ask the choir of your town.".to_owned()) }
}

fn settings() -> QaSettings {
    let (languages, words) = (vec!["en".to_owned(), "fr".to_owned()], vec!["Zorg".to_owned()]);
    QaSettings {
        version: 9_100,
        state: QaState::Open,
        review: true,
        names: NamePolicy::Either,
        downvotes: true,
        labels: labels(),
        filter: WordFilter { on: true, languages, words },
        share: true,
    }
}

pub(crate) fn acts() -> Vec<Act> {
    let posts = || vec![seen(TRAVEL, 9_120), seen(TRAINS, 9_118)];
    let (post, on) = (seen(TRAVEL, 9_120), true);
    vec![
        Act::Move { posts: posts(), to: Queue::Published },
        Act::Decline { posts: posts(), reason: Some(reason()) },
        Act::Decline { posts: posts(), reason: None },
        Act::Hide { posts: posts() },
        Act::Restore { posts: posts() },
        Act::Edit { post, text: "Will travel be paid for?".to_owned() },
        Act::Merge { into: post, posts: vec![seen(TRAINS, 9_118)] },
        Act::Unmerge { posts: vec![seen(TRAINS, 9_130)] },
        Act::Label { posts: posts(), label: 1, on },
        Act::Star { posts: posts(), on },
        Act::Pin { posts: posts(), on },
        Act::Answered { posts: posts(), on },
        Act::Reply { post, text: "Half of it.".to_owned() },
        Act::Block { post: RUDE, on },
        Act::Highlight { post: Some(TRAVEL) },
        Act::Highlight { post: None },
        Act::Show { on },
        Act::Configure { version: 9_100, settings: settings().into() },
        Act::HideWord { activity: mood(), word: "idiots".to_owned() },
        Act::MergeWord { activity: mood(), word: "ocean".to_owned(), into: "mer".to_owned() },
        Act::RestoreWord { activity: mood(), word: "idiots".to_owned() },
        Act::Undo { cid: cid() },
    ]
}

fn shown() -> ShownPost {
    ShownPost {
        text: "Will travel be paid for members from overseas?".to_owned(),
        votes: 37,
        down: None,
        at: NOW,
        name: Some("Inès".to_owned()),
        labels: vec![1],
        pinned: true,
        answered: true,
        edited: true,
        reply: Some("Half of it.".to_owned()),
    }
}

pub(crate) fn posts() -> Posts {
    let plain = ShownPost {
        text: "Und der Zug?".to_owned(),
        votes: 12,
        down: Some(2),
        name: None,
        labels: Vec::new(),
        pinned: false,
        answered: false,
        edited: false,
        reply: None,
        ..shown()
    };
    let posts = BTreeMap::from([(TRAVEL, shown()), (TRAINS, plain)]);
    Posts { posts, highlight: Some(TRAVEL), published: 812, answered_posts: 30, summary: None }
}

pub(crate) fn posts_after_the_end() -> Posts {
    let declined = BTreeMap::from([(ReasonCode::OffTopic, 3), (ReasonCode::Other, 37)]);
    let summary = Some(QaSummary { asked: 873, shown: 820, answered_posts: 31, declined });
    Posts { posts: BTreeMap::new(), highlight: None, published: 812, answered_posts: 30, summary }
}

/// A question of which everything is set.
fn travel() -> ModeratedPost {
    ModeratedPost {
        to: None,
        text: "Will travel be paid for members from overseas?".to_owned(),
        original: Some("travel???".to_owned()),
        state: PostState::Declined,
        version: 9_120,
        at: NOW,
        name: Some("Inès".to_owned()),
        votes: 37,
        down: Some(2),
        flagged: true,
        starred: true,
        pinned: true,
        answered: true,
        labels: vec![1, 2],
        reply: Some("Half of it.".to_owned()),
        reason: Some(reason()),
        merged_into: Some(TRAINS),
        blocked: true,
    }
}

/// A text of a wall of which nothing is set that need not be.
fn trains() -> ModeratedPost {
    ModeratedPost {
        to: Some(ActivityRound { activity: mood(), round: 1 }),
        text: "Und der Zug?".to_owned(),
        original: None,
        state: PostState::Review,
        name: None,
        down: None,
        flagged: false,
        starred: false,
        pinned: false,
        answered: false,
        labels: Vec::new(),
        reply: None,
        reason: None,
        merged_into: None,
        blocked: false,
        ..travel()
    }
}

pub(crate) fn moderation() -> Moderation {
    let counts = QueueCounts { review: 18, reviewed: 3, published: 812, bin: 40 };
    let posts = BTreeMap::from([(TRAVEL, travel()), (TRAINS, trains())]);
    let wall = ModeratedActivity {
        title: "What should we stop doing?".to_owned(),
        place: 2,
        round: 1,
        staged: true,
        counts: QueueCounts { review: 1, ..QueueCounts::default() },
    };
    let activities = BTreeMap::from([(mood(), wall)]);
    Moderation { settings: settings(), counts, activities, posts, highlight: Some(TRAVEL) }
}

pub(crate) fn me_with_questions() -> Me {
    let answered = OwnPost {
        to: None,
        text: "Will travel be paid for?".to_owned(),
        fate: PostStatus::Answered,
        at: NOW,
        name: Some("Inès".to_owned()),
        edited: true,
        reason: None,
        reply: Some("Half of it.".to_owned()),
        merged_into: Some(TRAVEL),
    };
    let declined = OwnPost {
        to: Some(ActivityRound { activity: mood(), round: 1 }),
        text: "Und der Zug?".to_owned(),
        fate: PostStatus::Declined,
        name: None,
        edited: false,
        reason: Some(reason()),
        reply: None,
        merged_into: None,
        ..answered.clone()
    };
    let posts = BTreeMap::from([(PostId::new(21), answered), (TRAINS, declined)]);
    Me { posts, votes: BTreeMap::from([(RUDE, Vote::Down)]), blocked: true, ..me() }
}
