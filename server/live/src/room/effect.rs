//! What changes of the questions mean beside other lists: who must hear of them at once, and whose
//! own questions say something else now.

use std::{collections::BTreeSet, sync::Arc};

use parterre_domain::{
    forum::{Forum, ForumChange},
    post::Post,
};
use parterre_protocol::ParticipantId;

/// What changes mean, gathered one by one.
#[derive(Debug, Default)]
pub struct Effect {
    /// Whether everybody is to know at once.
    pub is_urgent: bool,
    /// Whether posts, settings or devices have changed, and not only counts.
    pub is_more_than_votes: bool,
    /// Whose `me` says something else now.
    pub authors: BTreeSet<ParticipantId>,
}

impl Effect {
    /// Takes note of a change that is about to be made.
    pub fn note(&mut self, before: &Forum, change: &ForumChange) {
        match change {
            ForumChange::Voted { .. } => return,
            ForumChange::Post(after) => {
                let former = before.post(after.id);
                self.is_urgent |= former.is_some_and(|former| takes_away(former, after));
                self.authors.extend(authors(before, after));
            }
            ForumChange::Blocked { participant, .. } => drop(self.authors.insert(*participant)),
            ForumChange::Settings(_) | ForumChange::Highlight(_) | ForumChange::OnScreen(_) => self.is_urgent = true,
        }
        self.is_more_than_votes = true;
    }
}

/// Whether something of a post that all could see is not to be seen any more.
fn takes_away(before: &Post, after: &Post) -> bool {
    let (was, is) = (&before.fields, &after.fields);
    let loses_label = || was.labels.iter().any(|label| !is.labels.contains(label));
    was.is_shown() && (!is.is_shown() || was.text != is.text || was.reply != is.reply || loses_label())
}

/// The authors of a post and of all that is part of it.
fn authors(forum: &Forum, post: &Post) -> impl Iterator<Item = ParticipantId> {
    let parts = forum.parts(post.id);
    parts.into_iter().filter_map(|part| forum.post(part)).map(|part| part.author).chain([post.author])
}

/// The authors of posts that are not the same in both, where it is not known how one came of the
/// other.
pub fn authors_of_what_differs(before: &Forum, after: &Forum) -> BTreeSet<ParticipantId> {
    if std::ptr::eq(before, after) {
        return BTreeSet::new();
    }
    let differs = |post: &&Arc<Post>| before.post(post.id).is_none_or(|former| former.version != post.version);
    let mut whose: BTreeSet<_> = after.posts().filter(differs).flat_map(|post| authors(after, post)).collect();
    // Posts go only with all others of their activity or event, when answers are deleted.
    whose.extend(before.posts().filter(|post| after.post(post.id).is_none()).map(|post| post.author));
    whose.extend(before.blocked.symmetric_difference(&after.blocked));
    whose
}
