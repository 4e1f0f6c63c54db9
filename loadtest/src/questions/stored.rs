//! The questions that the server stores, read page by page.

use std::collections::BTreeMap;

use anyhow::Result;
use parterre_protocol::{
    PostId,
    posts::PostState,
    topics::{ModeratedPost, Posts, ShownPost},
};
use serde::Deserialize;

use super::list::{Page, in_order};
use crate::facilitator::Facilitator;

/// Everything that the server stores, as moderators and the room can read it.
#[derive(Default)]
pub struct Stored {
    /// Every question that was not withdrawn.
    pub posts: BTreeMap<PostId, ModeratedPost>,
    /// The published questions, in order.
    pub popular: Vec<(PostId, ShownPost)>,
}

#[derive(Deserialize)]
struct Queue {
    posts: BTreeMap<PostId, ModeratedPost>,
    next: Option<String>,
}

impl Stored {
    /// Reads all lists to the end.
    pub async fn read(facilitator: &Facilitator) -> Result<Self> {
        let mut stored = Self::default();
        for list in ["review", "reviewed", "published", "bin"] {
            let mut next = Some(String::new());
            while let Some(after) = next {
                let page: Queue = facilitator.read(&format!("moderation?list={list}{after}")).await?;
                stored.posts.extend(page.posts);
                next = page.next.map(|after| format!("&after={after}"));
            }
        }
        let mut next = Some(String::new());
        while let Some(after) = next {
            let page: Page = facilitator.read(&format!("questions?sort=popular{after}")).await?;
            stored.popular.extend(page.posts.into_iter().map(|it| (it.post, it.shown)));
            next = page.next.map(|after| format!("&after={after}"));
        }
        Ok(stored)
    }

    /// The window of this many questions that everybody must hold.
    pub fn window(&self, most: usize, highlight: Option<PostId>) -> Posts {
        let shown = || self.posts.iter().filter(|(_, it)| it.state == PostState::Published && it.merged_into.is_none());
        let open = shown().filter(|(_, it)| !it.answered).map(|(post, it)| (*post, as_shown(it)));
        let mut posts: BTreeMap<_, _> = open.collect();
        let window: Vec<_> = in_order(posts.iter().map(|(post, it)| (*post, it))).into_iter().take(most).collect();
        let answered = shown().count() - posts.len();
        posts.retain(|post, _| window.contains(post) || highlight == Some(*post));
        Posts { posts, highlight, published: shown().count() as u32, answered_posts: answered as u32, summary: None }
    }
}

/// A question as everybody sees it. No label is private in this test.
pub(super) fn as_shown(it: &ModeratedPost) -> ShownPost {
    ShownPost {
        text: it.text.clone(),
        votes: it.votes,
        down: it.down,
        at: it.at,
        name: it.name.clone(),
        labels: it.labels.clone(),
        pinned: it.pinned,
        answered: it.answered,
        edited: it.original.is_some(),
        reply: it.reply.clone(),
    }
}
