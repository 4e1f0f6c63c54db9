//! Which posts are in which list, in what order, and which of them a search finds.

use std::{
    cmp::{Ordering, Reverse},
    sync::Arc,
};

use parterre_protocol::{
    LabelId,
    posts::{PostState, Queue},
    topics::QueueCounts,
};

use super::Forum;
use crate::domain::{post::Post, text};

/// An order of the published posts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// All: pinned first, then the most supported; the answered ones after all others.
    #[default]
    Popular,
    /// All: the newest first.
    Recent,
    /// All: the oldest first.
    Oldest,
    /// Only the answered ones, the last answered first.
    Answered,
}

/// One of the moderators' lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Waiting for a moderator, the oldest first.
    Review,
    /// Found good, the most supported first.
    Reviewed,
    /// Published, the most supported first.
    Published,
    /// Declined and hidden, the last first.
    Bin,
}

impl List {
    /// The list in which a post with this state is; none for withdrawn ones.
    pub const fn of(state: PostState) -> Option<Self> {
        match state {
            PostState::Review => Some(Self::Review),
            PostState::Reviewed => Some(Self::Reviewed),
            PostState::Published => Some(Self::Published),
            PostState::Declined | PostState::Hidden => Some(Self::Bin),
            PostState::Withdrawn => None,
        }
    }
}

impl From<Queue> for List {
    fn from(queue: Queue) -> Self {
        match queue {
            Queue::Review => Self::Review,
            Queue::Reviewed => Self::Reviewed,
            Queue::Published => Self::Published,
        }
    }
}

impl Forum {
    /// What posts are ordered by: votes for less votes against, where there are such.
    pub fn score(&self, post: &Post) -> i64 {
        if self.settings.downvotes { post.votes.score() } else { post.votes.up.into() }
    }

    /// The popular order: pinned first, then by score, then the older first.
    pub fn popular(&self, a: &Post, b: &Post) -> Ordering {
        let key = |post: &Post| (Reverse(post.fields.pinned), Reverse(self.score(post)), post.id);
        key(a).cmp(&key(b))
    }

    /// The published posts of an order, with this label if one is given, that a search finds.
    pub fn shown(&self, sort: Sort, label: Option<LabelId>, query: &str) -> Vec<&Arc<Post>> {
        let query = Query::new(query);
        let mut posts: Vec<_> = self
            .posts()
            .filter(|post| post.fields.is_shown() && label.is_none_or(|label| post.fields.labels.contains(&label)))
            .filter(|post| sort != Sort::Answered || post.fields.answered_at.is_some())
            .filter(|post| query.finds([Some(&post.fields.text), post.name.as_ref(), post.fields.reply.as_ref()]))
            .collect();
        match sort {
            Sort::Oldest => {}
            Sort::Recent => posts.reverse(),
            Sort::Popular => posts.sort_unstable_by(|a, b| {
                let answered = |post: &Post| post.fields.answered_at.is_some();
                answered(a).cmp(&answered(b)).then_with(|| self.popular(a, b))
            }),
            Sort::Answered => posts.sort_unstable_by_key(|post| Reverse((post.fields.answered_at, post.id))),
        }
        posts
    }

    /// The posts of a moderators' list that a search finds in them or in a part of them. Parts are not in lists.
    pub fn list(&self, list: List, query: &str) -> Vec<&Arc<Post>> {
        let query = Query::new(query);
        let says = |post: &Post| {
            let fields = &post.fields;
            let texts = [&post.name, &fields.original, &fields.reply].map(Option::as_ref);
            query.finds([Some(&fields.text)].into_iter().chain(texts))
        };
        let mut posts: Vec<_> = self
            .posts()
            .filter(|post| post.fields.merged_into.is_none() && List::of(post.fields.state) == Some(list))
            .filter(|post| says(post) || self.parts(post.id).into_iter().filter_map(|part| self.post(part)).any(says))
            .collect();
        match list {
            List::Review => {}
            List::Reviewed | List::Published => posts.sort_unstable_by(|a, b| self.popular(a, b)),
            List::Bin => posts.sort_unstable_by_key(|post| Reverse((post.version, post.id))),
        }
        posts
    }

    /// How many posts each moderators' list has.
    pub fn counts(&self) -> QueueCounts {
        let mut counts = QueueCounts::default();
        for post in self.posts().filter(|post| post.fields.merged_into.is_none()) {
            match List::of(post.fields.state) {
                Some(List::Review) => counts.review += 1,
                Some(List::Reviewed) => counts.reviewed += 1,
                Some(List::Published) => counts.published += 1,
                Some(List::Bin) => counts.bin += 1,
                None => {}
            }
        }
        counts
    }
}

/// What somebody searches for: every word of it is to be in what is found, in any case, with or without accents.
struct Query(Vec<String>);

impl Query {
    fn new(typed: &str) -> Self {
        Self(text::fold(typed).split_whitespace().map(str::to_owned).collect())
    }

    fn finds<'a>(&self, texts: impl IntoIterator<Item = Option<&'a String>>) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let texts: Vec<_> = texts.into_iter().flatten().map(|text| text::fold(text)).collect();
        self.0.iter().all(|word| texts.iter().any(|text| text.contains(word.as_str())))
    }
}
