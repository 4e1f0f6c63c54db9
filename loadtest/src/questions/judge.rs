//! The judge: what must be so, against what the server stores and what phones and screen hold.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use anyhow::Result;
use parterre_protocol::{
    PostId,
    posts::{PostState, PostStatus},
    topics::{Me, ModeratedPost, Posts, ShownPost},
};
use serde::Deserialize;

use super::{
    model::{Expected, Model},
    phones::Page,
    record::{Record, RecordedAct},
    secrets::Token,
};
use crate::facilitator::Facilitator;

/// Everything that the server stores, as moderators and the room may read it page by page.
#[derive(Default)]
pub struct Stored {
    /// Every question that was not taken back.
    pub posts: BTreeMap<PostId, ModeratedPost>,
    /// The published ones in their order.
    pub popular: Vec<(PostId, ShownPost)>,
}

#[derive(Deserialize)]
struct Queue {
    posts: BTreeMap<PostId, ModeratedPost>,
    next: Option<String>,
}

impl Stored {
    /// Reads all lists to their ends.
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

    /// The window of so many that everybody must hold.
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

/// A question as everybody sees it; no label is private in this test.
fn as_shown(it: &ModeratedPost) -> ShownPost {
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

/// Questions in the order in which everybody shows them: pinned, then the most supported, then the older.
pub fn in_order<'a>(posts: impl Iterator<Item = (PostId, &'a ShownPost)>) -> Vec<PostId> {
    let score = |it: &ShownPost| i64::from(it.votes) - i64::from(it.down.unwrap_or(0));
    let mut posts: Vec<_> = posts.collect();
    posts.sort_by_key(|(post, it)| (it.answered, Reverse(it.pinned), Reverse(score(it)), *post));
    posts.into_iter().map(|(post, _)| post).collect()
}

/// The numbers that authors were given, by the token of the wording in their `me` and of every former one.
pub fn numbers<'a>(record: &Record, own: impl Iterator<Item = &'a Me>) -> HashMap<Token, PostId> {
    let posts = own.flat_map(|me| &me.posts);
    let mut numbers: HashMap<_, _> = posts.filter_map(|(post, own)| Some((Token::of(&own.text)?, *post))).collect();
    // A reworded question shows its last wording; it was asked with the first.
    let reworded: BTreeMap<_, _> = record
        .entries()
        .iter()
        .filter_map(|entry| match entry.deed {
            RecordedAct::Edit { post, question, .. } if entry.stored_at().is_some() => Some((question, post)),
            _ => None,
        })
        .collect();
    numbers.extend(reworded);
    numbers
}

/// Every confirmed question must be there once, and no other.
pub fn lost(record: &Record, model: &Model, stored: &Stored) -> Option<String> {
    let asked = record.stored().iter().filter(|(_, entry)| matches!(entry.deed, RecordedAct::Ask { .. })).count();
    if asked != model.posts.len() {
        return Some(format!("{asked} were confirmed, their authors hold {}", model.posts.len()));
    }
    let there = |it: &Expected| it.state != PostState::Withdrawn;
    let missing = model.posts.iter().find(|(post, it)| there(it) != stored.posts.contains_key(post));
    if let Some((post, it)) = missing {
        return Some(format!("question {post} must be {:?}, stored is {:?}", it.state, stored.posts.get(post)));
    }
    let strange = stored.posts.keys().find(|post| !model.posts.contains_key(post))?;
    Some(format!("question {strange} is stored, but nobody was told that it is"))
}

/// Every question must be where the confirmed acts put it, in the wording that was confirmed last.
pub fn misplaced(model: &Model, stored: &Stored) -> Option<String> {
    let differs = |(post, it): &(&PostId, &ModeratedPost)| {
        model.posts.get(post).is_none_or(|expected| {
            (expected.state, expected.answered, expected.merged_into) != (it.state, it.answered, it.merged_into)
                || Token::of(&it.text) != Some(expected.token)
        })
    };
    let (post, it) = stored.posts.iter().find(differs)?;
    Some(format!("question {post} is {it:?}, must be {:?}", model.posts.get(post)))
}

/// Every question must have the votes of those who were told so, each once; a part has none of its own.
pub fn miscounted(model: &Model, stored: &Stored) -> Option<String> {
    let mut wrong = stored.posts.iter().filter(|(post, it)| {
        let (fewest, most) = model.posts.get(post).map_or((0, 0), |expected| expected.votes);
        !(fewest..=most).contains(&(it.votes as usize))
    });
    let (post, it) = wrong.next()?;
    let expected = model.posts.get(post).map(|expected| expected.votes);
    Some(format!("question {post} has {} votes, must have {expected:?}; and {} more", it.votes, wrong.count()))
}

/// The pages must be in order and say what moderators see.
pub fn disordered(stored: &Stored) -> Option<String> {
    let all = stored.window(usize::MAX, None);
    let roots = stored.posts.iter().filter(|(_, it)| it.state == PostState::Published && it.merged_into.is_none());
    let shown: BTreeMap<_, _> = roots.map(|(post, it)| (*post, as_shown(it))).collect();
    let expected = in_order(shown.iter().map(|(post, it)| (*post, it)));
    let found: Vec<_> = stored.popular.iter().map(|(post, _)| *post).collect();
    if expected != found {
        let place = expected.iter().zip(&found).position(|(a, b)| a != b);
        return Some(format!("{} pages’ questions, must be {}; first other at {place:?}", found.len(), all.published));
    }
    let (post, it) = stored.popular.iter().find(|(post, it)| shown.get(post) != Some(it))?;
    Some(format!("question {post} is shown as {it:?}, must be {:?}", shown.get(post)))
}

/// What is one's own, as each author must be told it: what became of each question, its wording, and what it is part of.
pub type Own = BTreeMap<PostId, (PostStatus, Option<Token>, Option<PostId>)>;

/// What a phone's `me` says of its own questions.
pub fn own(me: &Me) -> Own {
    me.posts.iter().map(|(post, own)| (*post, (own.fate, Token::of(&own.text), own.merged_into))).collect()
}

/// A window in short: the order and the counts.
pub fn in_short(posts: &Posts) -> String {
    let order = in_order(posts.posts.iter().map(|(post, it)| (*post, it)));
    let counts: Vec<_> = order.iter().map(|post| format!("{post}×{}", posts.posts[post].votes)).collect();
    format!("{} ({} published, highlight {:?})", counts.join(" "), posts.published, posts.highlight)
}

/// What is read later must be what was read before.
pub fn changed(before: &Stored, after: &Stored) -> Option<String> {
    let (post, it) = before
        .posts
        .iter()
        .find(|(post, it)| after.posts.get(post) != Some(it))
        .or_else(|| after.posts.iter().find(|(post, _)| !before.posts.contains_key(post)))?;
    Some(format!("question {post}: {it:?}, later {:?}", after.posts.get(post)))
}
