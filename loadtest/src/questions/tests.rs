//! Tests of the checks: they must accept a correct state, and find each possible error.

use std::collections::{BTreeMap, HashMap};

use parterre_protocol::{
    Act, CommandId, Millis, Outcome, PostId, RefusalCode, Vote,
    posts::{PostRef, PostState, PostStatus, Queue},
    topics::{ModeratedPost, ShownPost},
};
use uuid::Uuid;

use super::{
    judge,
    list::in_order,
    model::Model,
    record::{Record, RecordedAct},
    secrets::{Secrets, Token},
    stored::Stored,
};

/// Two questions, 1 of phone 1 and 2 of phone 2, published, and what else happens.
struct Room {
    record: Record,
    numbers: HashMap<Token, PostId>,
    tokens: Vec<Token>,
    deeds: u128,
}

fn post(number: u32) -> PostId {
    PostId::new(number)
}

fn seen(number: u32) -> PostRef {
    PostRef { post: post(number), version: 1 }
}

impl Room {
    fn new() -> Self {
        let (mut secrets, mut room) = (
            Secrets::default(),
            Self { record: Record::default(), numbers: HashMap::new(), tokens: Vec::new(), deeds: 0 },
        );
        for number in [1, 2] {
            let question = secrets.of_phone(number);
            room.tokens.push(question);
            room.numbers.insert(question, post(number as u32));
            room.does(number, RecordedAct::Ask { question }, number as Millis);
        }
        room.acts(Act::Move { posts: vec![seen(1), seen(2)], to: Queue::Published }, 1000);
        room
    }

    fn does(&mut self, by: usize, deed: RecordedAct, at: Millis) {
        self.settles(by, deed, &Outcome::Stored { at });
    }

    fn settles(&mut self, by: usize, deed: RecordedAct, outcome: &Outcome) {
        self.deeds += 1;
        let cid = CommandId::new(Uuid::from_u128(self.deeds));
        self.record.done(cid, by, deed);
        self.record.settled(cid, outcome);
    }

    fn acts(&mut self, act: Act, at: Millis) {
        self.does(0, RecordedAct::Act { act, publishes: Vec::new() }, at);
    }

    fn votes(&mut self, by: usize, number: u32, vote: Vote, at: Millis) {
        self.does(by, RecordedAct::Vote { post: post(number), vote }, at);
    }

    fn model(&self) -> Model {
        Model::of(&self.record, &self.numbers)
    }

    fn counts(&self) -> [(usize, usize); 2] {
        let model = self.model();
        [1, 2].map(|number| model.posts[&post(number)].votes)
    }

    /// What a correct server would store.
    fn stored(&self) -> Stored {
        let model = self.model();
        let there = model.posts.iter().filter(|(_, it)| it.state != PostState::Withdrawn);
        let posts: BTreeMap<_, _> = there
            .map(|(post, it)| {
                let moderated = ModeratedPost {
                    to: None,
                    text: format!("Why {}?", it.token),
                    original: None,
                    state: it.state,
                    version: 1,
                    at: 1,
                    name: None,
                    votes: it.votes.0 as u32,
                    down: None,
                    flagged: false,
                    starred: false,
                    pinned: false,
                    answered: it.answered,
                    labels: Vec::new(),
                    reply: None,
                    reason: None,
                    merged_into: it.merged_into,
                    blocked: false,
                };
                (*post, moderated)
            })
            .collect();
        let mut stored = Stored { posts, popular: Vec::new() };
        let all: BTreeMap<_, ShownPost> = stored.window(usize::MAX, None).posts;
        let order = in_order(all.iter().map(|(post, it)| (*post, it)));
        stored.popular = order.into_iter().map(|post| (post, all[&post].clone())).collect();
        stored
    }

    /// All errors that the checks find in a stored state.
    fn faults(&self, stored: &Stored) -> Vec<&'static str> {
        let model = self.model();
        let found = [
            ("lost", judge::lost(&self.record, &model, stored)),
            ("misplaced", judge::misplaced(&model, stored)),
            ("miscounted", judge::miscounted(&model, stored)),
            ("disordered", judge::disordered(stored)),
        ];
        found.into_iter().filter_map(|(what, wrong)| wrong.map(|_| what)).collect()
    }
}

#[test]
fn a_server_without_fault_is_found_without_fault() {
    let mut room = Room::new();
    room.votes(3, 1, Vote::Up, 2000);
    assert_eq!(room.faults(&room.stored()), [""; 0]);
}

#[test]
fn a_wrong_count_and_a_doubled_vote_are_noticed() {
    let mut room = Room::new();
    room.votes(3, 2, Vote::Up, 2000);
    // The same vote again, as another command.
    room.votes(3, 2, Vote::Up, 2100);
    assert_eq!(room.counts(), [(1, 1), (2, 2)]);
    for votes in [1, 3] {
        let mut stored = room.stored();
        stored.posts.get_mut(&post(2)).unwrap().votes = votes;
        assert!(room.faults(&stored).contains(&"miscounted"), "{votes}");
    }
}

#[test]
fn a_lost_and_a_strange_question_are_noticed() {
    let room = Room::new();
    let mut stored = room.stored();
    let lost = stored.posts.remove(&post(1)).unwrap();
    assert!(room.faults(&stored).contains(&"lost"));
    let mut stored = room.stored();
    stored.posts.insert(post(3), lost);
    assert!(room.faults(&stored).contains(&"lost"));
    // Confirmed, but its author never received a number.
    let mut room = Room::new();
    let question = room.tokens[0];
    room.does(5, RecordedAct::Ask { question: Token::of("zqx000009").unwrap() }, 3);
    assert_eq!(room.numbers.get(&question), Some(&post(1)));
    assert!(room.faults(&room.stored()).contains(&"lost"));
}

#[test]
fn an_act_that_was_not_done_is_noticed() {
    let mut room = Room::new();
    let before = room.stored();
    room.acts(Act::Answered { posts: vec![seen(1)], on: true }, 3000);
    assert_eq!(room.faults(&before), ["misplaced"]);
}

#[test]
fn an_order_that_is_not_that_of_the_counts_is_noticed() {
    let mut stored = Room::new().stored();
    stored.popular.swap(0, 1);
    assert!(judge::disordered(&stored).is_some());
}

#[test]
fn a_merged_question_counts_each_person_once_and_an_unmerged_one_those_it_had() {
    let mut room = Room::new();
    room.votes(3, 1, Vote::Up, 2000);
    room.votes(3, 2, Vote::Up, 2000);
    room.votes(4, 1, Vote::Up, 2000);
    room.acts(Act::Merge { into: seen(2), posts: vec![seen(1)] }, 3000);
    assert_eq!(room.counts(), [(0, 0), (4, 4)], "phones 1 to 4, each once");
    // A vote on a merged question counts for the group.
    room.votes(4, 1, Vote::None, 4000);
    room.votes(5, 1, Vote::Up, 4000);
    assert_eq!(room.counts(), [(0, 0), (4, 4)]);
    room.acts(Act::Unmerge { posts: vec![seen(1)] }, 5000);
    assert_eq!(room.counts(), [(2, 2), (3, 3)]);
    assert_eq!(room.faults(&room.stored()), [""; 0]);
}

#[test]
fn a_vote_at_the_moment_of_an_act_may_have_come_before_or_after() {
    let mut room = Room::new();
    room.acts(Act::Merge { into: seen(2), posts: vec![seen(1)] }, 3000);
    room.votes(5, 1, Vote::Up, 3001);
    assert_eq!(room.counts(), [(0, 0), (3, 3)]);
    room.acts(Act::Unmerge { posts: vec![seen(1)] }, 5000);
    assert_eq!(room.counts(), [(1, 2), (1, 2)]);
}

#[test]
fn a_refused_vote_is_right_only_on_what_one_has_asked_oneself() {
    let refused = Outcome::Refused { code: RefusalCode::Invalid, message: String::new() };
    let mut room = Room::new();
    room.acts(Act::Merge { into: seen(2), posts: vec![seen(1)] }, 3000);
    room.settles(1, RecordedAct::Vote { post: post(2), vote: Vote::Up }, &refused);
    assert_eq!(room.model().wrongly_refused(&room.record), None);
    room.settles(3, RecordedAct::Vote { post: post(2), vote: Vote::Up }, &refused);
    assert!(room.model().wrongly_refused(&room.record).unwrap().starts_with("phone 3"));
}

#[test]
fn authors_are_told_what_became_of_their_questions() {
    let mut room = Room::new();
    let token = room.tokens[0];
    room.acts(Act::Merge { into: seen(2), posts: vec![seen(1)] }, 3000);
    room.acts(Act::Answered { posts: vec![seen(2)], on: true }, 4000);
    let own = room.model().own();
    assert_eq!(own[&1], BTreeMap::from([(post(1), (PostStatus::Answered, Some(token), Some(post(2))))]));
}
