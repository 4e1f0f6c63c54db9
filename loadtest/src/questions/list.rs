//! The list of questions: its order, and its pages as the HTTP API gives them.

use std::cmp::Reverse;

use parterre_protocol::{PostId, topics::ShownPost};
use serde::Deserialize;

/// A page of the list, as the HTTP API gives it.
#[derive(Deserialize)]
pub struct Page {
    /// The questions in order.
    pub posts: Vec<Listed>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// A question in such a page.
#[derive(Deserialize)]
pub struct Listed {
    /// Its number.
    pub post: PostId,
    /// The question.
    #[serde(flatten)]
    pub shown: ShownPost,
}

/// Questions in the order in which they are shown: pinned ones first, then by votes, then by age.
pub fn in_order<'a>(posts: impl Iterator<Item = (PostId, &'a ShownPost)>) -> Vec<PostId> {
    let score = |it: &ShownPost| i64::from(it.votes) - i64::from(it.down.unwrap_or(0));
    let mut posts: Vec<_> = posts.collect();
    posts.sort_by_key(|(post, it)| (it.answered, Reverse(it.pinned), Reverse(score(it)), *post));
    posts.into_iter().map(|(post, _)| post).collect()
}
