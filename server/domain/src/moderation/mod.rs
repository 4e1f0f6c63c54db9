//! What moderators do: whether it may be done, what it changes, and how it is undone.

mod act;
mod check;
#[cfg(test)]
mod tests;
mod undo;
mod word;

use std::{collections::BTreeSet, sync::Arc};

use parterre_protocol::{Act, ActivityId, ParticipantId, PostId, QaSettings, RefusalCode, Rev};
use serde::{Deserialize, Serialize};

pub use self::{
    act::act,
    check::check_act,
    undo::undo,
    word::{WordsOf, about_words, act_on_words, changes_words, decided, undo_on_words},
};
use super::{
    Refusal,
    forum::{Forum, ForumChange},
    post::{Post, PostFields},
    wording::Decision,
};

/// One thing that an act has changed, as the ledger keeps it: from before, to after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Change {
    /// A post.
    Post {
        /// Which.
        post: PostId,
        /// What it was.
        before: PostFields,
        /// What it is now.
        after: PostFields,
    },
    /// The settings.
    Settings {
        /// What they were.
        before: QaSettings,
        /// What they are now.
        after: QaSettings,
    },
    /// What the screen shows full screen.
    Highlight {
        /// What it was.
        before: Option<PostId>,
        /// What it is now.
        after: Option<PostId>,
    },
    /// Whether the screen shows the list.
    OnScreen {
        /// Whether it did.
        before: bool,
        /// Whether it does now.
        after: bool,
    },
    /// Whether a device may not ask.
    Blocked {
        /// Whose.
        participant: ParticipantId,
        /// Whether it was blocked.
        before: bool,
        /// Whether it is now.
        after: bool,
    },
    /// What was decided of a word that people have sent.
    Word {
        /// To which activity.
        activity: ActivityId,
        /// The word.
        word: String,
        /// What was decided of it; none: nothing.
        before: Option<Decision>,
        /// What is decided now.
        after: Option<Decision>,
    },
}

impl Change {
    /// Whether all is as it was.
    fn is_none(&self) -> bool {
        match self {
            Self::Post { before, after, .. } => before == after,
            Self::Settings { before, after } => same_settings(before, after),
            Self::Highlight { before, after } => before == after,
            Self::OnScreen { before, after } | Self::Blocked { before, after, .. } => before == after,
            Self::Word { before, after, .. } => before == after,
        }
    }
}

/// The posts whose groups a forum must hold for [`act`] to judge an action; `None`: all. The
/// highlighted post must always be there too.
pub fn about(act: &Act) -> Option<BTreeSet<PostId>> {
    match act {
        Act::Merge { into, .. } => Some(act.posts().into_iter().chain([into.post]).collect()),
        // Labels that any post has had are not given again.
        Act::Configure { .. } => None,
        act => Some(act.posts().into_iter().collect()),
    }
}

/// The posts whose groups a forum must hold for [`undo`] to judge these changes. The highlighted
/// post must be there too.
pub fn about_changes(changes: &[Change]) -> BTreeSet<PostId> {
    let mut posts = BTreeSet::new();
    for change in changes {
        match change {
            Change::Post { post, before, after } => {
                posts.insert(*post);
                posts.extend(before.merged_into.into_iter().chain(after.merged_into));
            }
            Change::Highlight { before, after } => posts.extend(before.iter().chain(after)),
            Change::Settings { .. } | Change::OnScreen { .. } | Change::Blocked { .. } | Change::Word { .. } => {}
        }
    }
    posts
}

/// The changes for a forum, with the event's version that they produce. Votes are the forum's; the
/// votes of posts that [`regrouped`] names must be recounted.
pub fn forum_changes(forum: &Forum, changes: &[Change], rev: Rev) -> Vec<ForumChange> {
    let of = |change: &Change| match change {
        Change::Post { post, after, .. } => {
            let post = Post { fields: after.clone(), version: rev, ..forum.post(*post)?.clone() };
            Some(ForumChange::Post(Arc::new(post)))
        }
        Change::Settings { after, .. } => Some(ForumChange::Settings(Arc::new(after.clone()))),
        Change::Highlight { after, .. } => Some(ForumChange::Highlight(*after)),
        Change::OnScreen { after, .. } => Some(ForumChange::OnScreen(*after)),
        Change::Blocked { participant, after, .. } => {
            Some(ForumChange::Blocked { participant: *participant, on: *after })
        }
        // No part of the forum.
        Change::Word { .. } => None,
    };
    changes.iter().filter_map(of).collect()
}

/// The posts whose votes are others after the changes, because groups came together or apart.
/// `before` and `after` are the forums without and with the changes.
pub fn regrouped(before: &Forum, after: &Forum, changes: &[Change]) -> BTreeSet<PostId> {
    let mut posts = BTreeSet::new();
    for change in changes {
        let Change::Post { post, before: was, after: is } = change else { continue };
        if was.merged_into != is.merged_into {
            posts.extend([*post, before.root(*post), after.root(*post)]);
        }
    }
    posts
}

/// The changes so far, and what the forum is with them.
struct ChangeSet<'a> {
    forum: &'a Forum,
    with: Forum,
    changes: Vec<Change>,
}

impl<'a> ChangeSet<'a> {
    fn new(forum: &'a Forum) -> Self {
        Self { forum, with: forum.clone(), changes: Vec::new() }
    }

    /// Makes a change, unless it is so already.
    fn make(&mut self, change: Change) {
        if !change.is_none() {
            let changes = [change];
            let rev = self.with.settings.version;
            forum_changes(&self.with, &changes, rev).iter().for_each(|change| self.with.apply(change));
            self.changes.extend(changes);
        }
    }

    /// Takes from the screen what can no longer be shown there.
    fn finish(mut self) -> Vec<Change> {
        let highlight = self.with.highlight;
        if highlight.is_some_and(|post| !self.with.post(post).is_some_and(|post| post.fields.can_be_highlighted())) {
            self.highlight(None);
        }
        self.changes
    }

    fn highlight(&mut self, after: Option<PostId>) {
        let of_highlight = |change: &Change| matches!(change, Change::Highlight { .. });
        self.changes.retain(|change| !of_highlight(change));
        self.with.highlight = self.forum.highlight;
        self.make(Change::Highlight { before: self.forum.highlight, after });
    }
}

/// Whether settings are the same but for when they were made.
fn same_settings(a: &QaSettings, b: &QaSettings) -> bool {
    QaSettings { version: 0, ..a.clone() } == QaSettings { version: 0, ..b.clone() }
}

fn invalid(message: &str) -> Refusal {
    Refusal::new(RefusalCode::Invalid, message)
}

fn stale() -> Refusal {
    Refusal::new(RefusalCode::Stale, "Someone else changed this first.")
}

fn unknown_post() -> Refusal {
    Refusal::new(RefusalCode::Unknown, "This event has no such question.")
}
