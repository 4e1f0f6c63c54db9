//! The checks: compares the model with what the server stores, and with what phones and screen
//! hold.

use std::collections::{BTreeMap, HashMap};

use parterre_protocol::{
    PostId,
    posts::PostState,
    topics::{Me, ModeratedPost, Posts},
};

use super::{
    list::in_order,
    model::{Expected, Model, Own},
    record::{Record, RecordedAct},
    secrets::Token,
    stored::{Stored, as_shown},
};

/// The numbers of questions in their authors' `me`, by the tokens of the current and of every
/// former wording.
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

/// Every confirmed question must exist once, and no other.
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

/// Every question must be where the confirmed acts put it, with the wording that was confirmed
/// last.
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

/// Every question must have exactly the confirmed votes. A merged question has none of its own.
pub fn miscounted(model: &Model, stored: &Stored) -> Option<String> {
    let mut wrong = stored.posts.iter().filter(|(post, it)| {
        let (fewest, most) = model.posts.get(post).map_or((0, 0), |expected| expected.votes);
        !(fewest..=most).contains(&(it.votes as usize))
    });
    let (post, it) = wrong.next()?;
    let expected = model.posts.get(post).map(|expected| expected.votes);
    Some(format!("question {post} has {} votes, must have {expected:?}; and {} more", it.votes, wrong.count()))
}

/// The pages must be in order and agree with what moderators see.
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

/// A phone's own questions, from its `me`.
pub fn own(me: &Me) -> Own {
    me.posts.iter().map(|(post, own)| (*post, (own.fate, Token::of(&own.text), own.merged_into))).collect()
}

/// A summary of a window: the order and the counts.
pub fn in_short(posts: &Posts) -> String {
    let order = in_order(posts.posts.iter().map(|(post, it)| (*post, it)));
    let counts: Vec<_> = order.iter().map(|post| format!("{post}×{}", posts.posts[post].votes)).collect();
    format!("{} ({} published, highlight {:?})", counts.join(" "), posts.published, posts.highlight)
}

/// What is read after the restart must equal what was read before.
pub fn changed(before: &Stored, after: &Stored) -> Option<String> {
    let (post, it) = before
        .posts
        .iter()
        .find(|(post, it)| after.posts.get(post) != Some(it))
        .or_else(|| after.posts.iter().find(|(post, _)| !before.posts.contains_key(post)))?;
    Some(format!("question {post}: {it:?}, later {:?}", after.posts.get(post)))
}
