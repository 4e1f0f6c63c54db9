//! The questions and counts that must result from everything that the server has confirmed: an
//! independent implementation of `docs/protocol.md`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use parterre_protocol::{
    Act, Millis, PostId, Vote,
    posts::{PostRef, PostState, PostStatus, Queue},
};

use super::{
    ballots::supporters,
    record::{Entry, Record, RecordedAct},
    secrets::Token,
};

/// A receipt says when something was stored, but not which of two simultaneous commands came first,
/// because the server takes the time before it waits for the lock. Within this time, both orders of
/// an act and a vote are right.
const MOMENT: Millis = 250;

/// An author's own question in `me`: its state, its wording, and what it is merged into.
pub type Own = BTreeMap<PostId, (PostStatus, Option<Token>, Option<PostId>)>;

/// The expected state of a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// The phone that asked.
    pub author: usize,
    /// The token of its wording.
    pub token: Token,
    /// Its state.
    pub state: PostState,
    /// Whether it is marked as answered.
    pub answered: bool,
    /// The question that it was merged into.
    pub merged_into: Option<PostId>,
    /// The fewest and the most votes that it may have. They only differ if the order of an act and
    /// a vote is unknown.
    pub votes: (usize, usize),
}

/// The expected state of all questions.
#[derive(Debug, Default)]
pub struct Model {
    /// By number.
    pub posts: BTreeMap<PostId, Expected>,
    /// The question that is shown full screen.
    pub highlight: Option<PostId>,
    /// Which votes must be refused: those on a group with a question of the voter.
    own: BTreeSet<(usize, PostId)>,
}

impl Model {
    /// The state that results from everything confirmed. `numbers` are those in the authors' `me`,
    /// by the token of any of the question's wordings.
    pub fn of(record: &Record, numbers: &HashMap<Token, PostId>) -> Self {
        let stored = record.stored();
        let mut model = Self::default();
        for (_, entry) in &stored {
            model.take(entry, numbers);
        }
        let counts = [-MOMENT, 0, MOMENT].map(|shift| supporters(&stored, numbers, shift));
        let none = BTreeSet::new();
        for (post, expected) in &mut model.posts {
            let [early, exact, late] = counts.each_ref().map(|counts| counts.get(post).unwrap_or(&none));
            let certain = exact.iter().filter(|who| early.contains(who) && late.contains(who)).count();
            let possible = exact.iter().chain(early).chain(late).collect::<BTreeSet<_>>().len();
            expected.votes = (certain, possible);
        }
        model
    }

    fn take(&mut self, entry: &Entry, numbers: &HashMap<Token, PostId>) {
        match &entry.deed {
            RecordedAct::Ask { question } => {
                let Some(post) = numbers.get(question) else { return };
                let state = PostState::Review;
                let expected = Expected {
                    author: entry.by,
                    token: *question,
                    state,
                    answered: false,
                    merged_into: None,
                    votes: (1, 1),
                };
                self.posts.insert(*post, expected);
                self.own.insert((entry.by, *post));
            }
            RecordedAct::Edit { post, token, .. } => {
                self.change(*post, |it| (it.token, it.state) = (*token, PostState::Review));
            }
            RecordedAct::Withdraw { post } => self.change(*post, |it| it.state = PostState::Withdrawn),
            RecordedAct::Vote { .. } => {}
            RecordedAct::Act { act, .. } => self.act(act),
        }
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Move { posts, to } => posts.iter().for_each(|it| self.change(it.post, |post| post.state = list(*to))),
            Act::Decline { posts, .. } => {
                posts.iter().for_each(|it| self.change(it.post, |post| post.state = PostState::Declined));
            }
            Act::Answered { posts, on } => {
                posts.iter().for_each(|it| self.change(it.post, |post| post.answered = *on));
                self.leave_screen(posts);
            }
            Act::Merge { into, posts } => {
                for part in posts {
                    self.change(part.post, |post| post.merged_into = Some(into.post));
                }
                self.note_authors(into.post);
                self.leave_screen(posts);
            }
            Act::Highlight { post } => self.highlight = *post,
            Act::Unmerge { posts } => posts.iter().for_each(|it| self.change(it.post, |post| post.merged_into = None)),
            _ => {}
        }
    }

    fn change(&mut self, post: PostId, change: impl FnOnce(&mut Expected)) {
        if let Some(expected) = self.posts.get_mut(&post) {
            change(expected);
        }
    }

    /// A question that is answered or merged is not shown full screen.
    fn leave_screen(&mut self, posts: &[PostRef]) {
        self.highlight = self.highlight.filter(|shown| posts.iter().all(|it| it.post != *shown));
    }

    /// The authors of a group cannot vote on anything in it.
    fn note_authors(&mut self, root: PostId) {
        let group: Vec<_> = self.posts.keys().copied().filter(|post| self.root(*post) == self.root(root)).collect();
        for author in &group {
            let phone = self.posts[author].author;
            self.own.extend(group.iter().map(|post| (phone, *post)));
        }
    }

    /// The question that counts the votes on this one.
    pub fn root(&self, post: PostId) -> PostId {
        match self.posts.get(&post).and_then(|it| it.merged_into) {
            Some(into) => self.root(into),
            None => post,
        }
    }

    /// What each author's `me` must contain.
    pub fn own(&self) -> HashMap<usize, Own> {
        let mut own: HashMap<usize, Own> = HashMap::new();
        for (post, expected) in &self.posts {
            let root = self.root(*post);
            let shown = self.posts.get(&root).is_some_and(|it| it.state == PostState::Published);
            let part_of = (root != *post && shown).then_some(root);
            let told = (self.fate(*post).unwrap_or(PostStatus::Withdrawn), Some(expected.token), part_of);
            own.entry(expected.author).or_default().insert(*post, told);
        }
        own
    }

    fn fate(&self, post: PostId) -> Option<PostStatus> {
        let (own, root) = (self.posts.get(&post)?, self.posts.get(&self.root(post))?);
        Some(match (own.state, root.state) {
            (PostState::Withdrawn, _) | (_, PostState::Withdrawn) => PostStatus::Withdrawn,
            (_, PostState::Review | PostState::Reviewed) => PostStatus::Waiting,
            (_, PostState::Published) if root.answered => PostStatus::Answered,
            (_, PostState::Published) => PostStatus::Shown,
            (_, PostState::Declined) => PostStatus::Declined,
            (_, PostState::Hidden) => PostStatus::Hidden,
        })
    }

    /// A description of the first vote that was refused although its sender had not asked the
    /// question.
    pub fn wrongly_refused(&self, record: &Record) -> Option<String> {
        record.entries().iter().find_map(|entry| match entry.deed {
            RecordedAct::Vote { post, .. } if entry.refused().is_some() && !self.own.contains(&(entry.by, post)) => {
                Some(format!("phone {} did not ask {post}: {:?}", entry.by, entry.receipt))
            }
            _ => None,
        })
    }

    /// The votes that each phone's `me` must contain, on questions that were never merged. For the
    /// others, the counts are checked.
    pub fn votes_of(&self, record: &Record) -> HashMap<usize, BTreeMap<PostId, Vote>> {
        let merged = record.merged();
        let mut votes: HashMap<usize, BTreeMap<PostId, Vote>> = HashMap::new();
        for (_, entry) in record.stored() {
            if let RecordedAct::Vote { post, vote } = entry.deed
                && !merged.contains(&post)
            {
                votes.entry(entry.by).or_default().insert(post, vote);
            }
        }
        votes.values_mut().for_each(|votes| votes.retain(|_, vote| *vote != Vote::None));
        votes
    }
}

const fn list(queue: Queue) -> PostState {
    match queue {
        Queue::Review => PostState::Review,
        Queue::Reviewed => PostState::Reviewed,
        Queue::Published => PostState::Published,
    }
}
