//! What an act changes.

use std::iter;

use parterre_protocol::{
    Act, LabelId, Millis, PostId, QaChange, QaSettings, RefusalCode, Rev,
    posts::{PostRef, PostState, Queue},
};

use super::{Change, ChangeSet, invalid, stale, unknown_post};
use crate::{
    Refusal,
    forum::Forum,
    post::{Post, PostFields},
};

/// What an act, cleaned by [`check_act`](super::check_act), changes in a forum, or why it cannot be
/// done. Nothing, where it is so already.
///
/// The forum may hold only what [`about`](super::about) names. `rev` is the event's version with
/// the act. [`Act::Undo`] is for [`undo`](super::undo), with the changes of the act that it undoes.
pub fn act(forum: &Forum, act: &Act, now: Millis, rev: Rev) -> Result<Vec<Change>, Refusal> {
    let mut draft = ChangeSet::new(forum);
    match act {
        Act::Move { posts, to } => draft.each(posts, |post| moved(post, *to, now))?,
        Act::Decline { posts, reason } => draft.each(posts, |post| {
            let binned = binned(whole(post)?, PostState::Declined);
            Ok(PostFields { reason: reason.clone(), ..binned })
        })?,
        Act::Hide { posts } => draft.each(posts, hidden)?,
        Act::Restore { posts } => draft.each(posts, restored)?,
        Act::Edit { post, text } => draft.each(&[*post], |post| Ok(reworded(post, text)))?,
        Act::Merge { into, posts } => merge(&mut draft, *into, posts)?,
        Act::Unmerge { posts } => draft.each(posts, |post| Ok(PostFields { merged_into: None, ..post.clone() }))?,
        Act::Label { posts, label, on } => {
            if !forum.settings.labels.iter().any(|known| known.id == *label) {
                return Err(Refusal::new(RefusalCode::Unknown, "This event has no such label."));
            }
            questions(forum, posts)?;
            draft.each(posts, |post| Ok(labelled(post, *label, *on)))?;
        }
        Act::Star { posts, on } => draft.each(posts, |post| Ok(PostFields { starred: *on, ..post.clone() }))?,
        Act::Pin { posts, on } => draft.each(posts, |post| Ok(PostFields { pinned: *on, ..whole(post)?.clone() }))?,
        Act::Answered { posts, on } => {
            questions(forum, posts)?;
            draft.each(posts, |post| answered(post, on.then_some(now)))?;
        }
        Act::Reply { post, text } => {
            questions(forum, &[*post])?;
            draft.each(&[*post], |post| {
                let reply = (!text.is_empty()).then(|| text.clone());
                Ok(PostFields { reply, ..whole(post)?.clone() })
            })?;
        }
        Act::Block { post, on } => {
            let participant = present(forum, *post)?.author;
            let before = forum.blocked.contains(&participant);
            draft.make(Change::Blocked { participant, before, after: *on });
        }
        Act::Highlight { post } => {
            if let Some(post) = *post
                && !present(forum, post)?.fields.can_be_highlighted()
            {
                return Err(invalid("Only a published, unanswered question can be shown on the screen."));
            }
            draft.highlight(*post);
        }
        Act::Show { on } => draft.make(Change::OnScreen { before: forum.on_screen, after: *on }),
        Act::Configure { version, settings } => configure(&mut draft, *version, settings, rev)?,
        Act::HideWord { .. } | Act::MergeWord { .. } | Act::RestoreWord { .. } => {
            return Err(invalid("This action is about a word, not a question."));
        }
        Act::Undo { .. } => return Err(invalid("To undo an action, send an undo command.")),
    }
    Ok(draft.finish())
}

impl ChangeSet<'_> {
    /// Changes each of these posts, if all of them are as their sender saw them.
    fn each(
        &mut self,
        posts: &[PostRef],
        change: impl Fn(&PostFields) -> Result<PostFields, Refusal>,
    ) -> Result<(), Refusal> {
        for seen in posts {
            let before = seen_post(self.forum, *seen)?.fields.clone();
            let after = change(&before)?;
            self.make(Change::Post { post: seen.post, before, after });
        }
        Ok(())
    }
}

/// A post that moderators know of.
fn present(forum: &Forum, post: PostId) -> Result<&Post, Refusal> {
    let post = forum.post(post).filter(|post| post.fields.state != PostState::Withdrawn);
    post.ok_or_else(unknown_post)
}

fn seen_post(forum: &Forum, seen: PostRef) -> Result<&Post, Refusal> {
    let post = present(forum, seen.post)?;
    if post.version == seen.version { Ok(post) } else { Err(stale()) }
}

/// Only questions are labelled and answered: nothing shows that of a text that was sent to an
/// activity.
fn questions(forum: &Forum, posts: &[PostRef]) -> Result<(), Refusal> {
    let is_text = |seen: &PostRef| forum.post(seen.post).is_some_and(|post| post.to.is_some());
    if posts.iter().any(is_text) {
        return Err(invalid("Only questions can be labelled, answered or replied to; this is a text of an activity."));
    }
    Ok(())
}

/// A merged post shares the fate of the post that it is merged into.
fn whole(post: &PostFields) -> Result<&PostFields, Refusal> {
    match post.merged_into {
        None => Ok(post),
        Some(_) => Err(invalid("This question is merged into another. Unmerge it first.")),
    }
}

fn moved(post: &PostFields, to: Queue, now: Millis) -> Result<PostFields, Refusal> {
    if post.in_bin() {
        return Err(invalid("This question is in the bin. Restore it first."));
    }
    let published_at = post.published_at.or((to == Queue::Published).then_some(now));
    Ok(PostFields { state: to.into(), published_at, ..whole(post)?.clone() })
}

fn binned(post: &PostFields, state: PostState) -> PostFields {
    PostFields { state, binned_from: post.queue().or(post.binned_from), ..post.clone() }
}

fn hidden(post: &PostFields) -> Result<PostFields, Refusal> {
    match post.state {
        PostState::Published | PostState::Hidden => Ok(binned(whole(post)?, PostState::Hidden)),
        _ => Err(invalid("Only a published question can be hidden.")),
    }
}

fn restored(post: &PostFields) -> Result<PostFields, Refusal> {
    match post.binned_from {
        Some(list) if post.in_bin() => {
            Ok(PostFields { state: list.into(), binned_from: None, reason: None, ..whole(post)?.clone() })
        }
        _ => Ok(post.clone()),
    }
}

fn reworded(post: &PostFields, text: &str) -> PostFields {
    let original = post.original.clone().unwrap_or_else(|| post.text.clone());
    // The author's own words again: nothing is reworded.
    let original = (original != text).then_some(original);
    PostFields { text: text.to_owned(), original, ..post.clone() }
}

fn labelled(post: &PostFields, label: LabelId, on: bool) -> PostFields {
    let others = post.labels.iter().copied().filter(|other| *other != label);
    let mut labels: Vec<_> = others.chain(iter::once(label).filter(|_| on)).collect();
    labels.sort_unstable();
    PostFields { labels, ..post.clone() }
}

fn answered(post: &PostFields, at: Option<Millis>) -> Result<PostFields, Refusal> {
    if at.is_some() && post.state != PostState::Published {
        return Err(invalid("Only a published question can be marked as answered."));
    }
    let answered_at = at.map(|now| post.answered_at.unwrap_or(now));
    Ok(PostFields { answered_at, ..whole(post)?.clone() })
}

fn merge(draft: &mut ChangeSet<'_>, into: PostRef, posts: &[PostRef]) -> Result<(), Refusal> {
    let stays = seen_post(draft.forum, into)?;
    let target = &stays.fields;
    if posts.iter().any(|part| draft.forum.post(part.post).is_some_and(|part| part.to != stays.to)) {
        return Err(invalid("These were sent to different places. Only what belongs together can be merged."));
    }
    if target.merged_into.is_some() {
        return Err(invalid("The question to keep is itself merged into another."));
    }
    if target.in_bin() {
        return Err(invalid("The question to keep is in the bin. Restore it first."));
    }
    if posts.iter().any(|part| part.post == into.post) {
        return Err(invalid("A question cannot be merged into itself."));
    }
    draft.each(posts, |post| Ok(PostFields { merged_into: Some(into.post), ..post.clone() }))
}

fn configure(draft: &mut ChangeSet<'_>, version: Rev, settings: &QaChange, rev: Rev) -> Result<(), Refusal> {
    let before = QaSettings::clone(&draft.forum.settings);
    if version != before.version {
        return Err(stale());
    }
    let is_new = |label: LabelId| !before.labels.iter().any(|known| known.id == label);
    let used_before = |label: LabelId| draft.forum.posts().any(|post| post.fields.labels.contains(&label));
    let after = QaSettings { version: rev, ..settings.clone().of(before.clone()) };
    if after.labels.iter().any(|label| is_new(label.id) && used_before(label.id)) {
        return Err(invalid("A removed label's number cannot be reused."));
    }
    draft.make(Change::Settings { before, after });
    Ok(())
}
