//! How an act is undone.

use parterre_protocol::{QaSettings, Rev, posts::PostState};

use super::{Change, ChangeSet, same_settings, stale, unknown_post};
use crate::{Refusal, forum::Forum};

/// What undoing these changes of an act changes: everything is again as it was before, or, where
/// something of it has been changed since, nothing. `rev` is the event's version with it.
///
/// The forum may hold only what [`about_changes`](super::about_changes) names.
pub fn undo(forum: &Forum, changes: &[Change], rev: Rev) -> Result<Vec<Change>, Refusal> {
    let mut draft = ChangeSet::new(forum);
    for change in changes.iter().rev() {
        let (is_untouched, undone) = turned(forum, change, rev)?;
        if !is_untouched {
            return Err(stale());
        }
        draft.make(undone);
    }
    draft.is_sound().then(|| draft.finish()).ok_or_else(stale)
}

/// Whether what a change made is still so, and the change back.
fn turned(forum: &Forum, change: &Change, rev: Rev) -> Result<(bool, Change), Refusal> {
    Ok(match change.clone() {
        Change::Post { post, before, after } => {
            let now = &forum.post(post).ok_or_else(unknown_post)?.fields;
            (*now == after, Change::Post { post, before: after, after: before })
        }
        Change::Settings { before, after } => {
            let now = QaSettings::clone(&forum.settings);
            (
                same_settings(&now, &after),
                Change::Settings { before: now, after: QaSettings { version: rev, ..before } },
            )
        }
        Change::Highlight { before, after } => {
            (forum.highlight == after, Change::Highlight { before: after, after: before })
        }
        Change::OnScreen { before, after } => {
            (forum.on_screen == after, Change::OnScreen { before: after, after: before })
        }
        Change::Blocked { participant, before, after } => {
            let now = forum.blocked.contains(&participant);
            (now == after, Change::Blocked { participant, before: after, after: before })
        }
        // Undone by `undo_on_words`, and never together with what is of the forum.
        word @ Change::Word { .. } => (false, word),
    })
}

impl ChangeSet<'_> {
    /// Whether the changed posts form no cycle, each belongs to a post that moderators see, and the
    /// screen shows what it should again.
    fn is_sound(&self) -> bool {
        self.changes.iter().all(|change| match change {
            Change::Post { post, .. } => {
                let root = self.with.post(self.with.root(*post));
                root.is_some_and(|root| root.fields.merged_into.is_none() && root.fields.state != PostState::Withdrawn)
            }
            Change::Highlight { after: Some(post), .. } => {
                self.with.post(*post).is_some_and(|post| post.fields.can_be_highlighted())
            }
            _ => true,
        })
    }
}
