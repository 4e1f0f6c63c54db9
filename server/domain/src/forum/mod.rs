//! All posts of an event, as its room holds them: its questions, and the texts that were sent to
//! its activities.
//!
//! They are numbered, merged and moderated alike, and never shown together: whatever gives a list
//! says of which place.

mod lists;
mod texts;
mod views;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use parterre_protocol::{
    ParticipantId, PostId, QaSettings, Vote,
    posts::{ActivityRound, PostState},
};
use serde::{Deserialize, Serialize};

use self::lists::FoldedTexts;
pub use self::{
    lists::{List, Places, Sort},
    views::Viewer,
};
use super::post::Post;

/// All posts of an event, and how its questions are taken.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Forum {
    /// How questions are taken.
    pub settings: Arc<QaSettings>,
    /// Whether the screen shows the list in place of the stage.
    pub on_screen: bool,
    /// Which post the screen shows full screen.
    pub highlight: Option<PostId>,
    /// The devices that may not ask.
    pub blocked: BTreeSet<ParticipantId>,
    /// Every post that was ever sent.
    posts: BTreeMap<PostId, CachedOrder>,
    /// For each activity in each of its rounds, the texts that were sent to it.
    texts: BTreeMap<ActivityRound, BTreeSet<PostId>>,
    /// For each post that others were merged into, those.
    merged: BTreeMap<PostId, BTreeSet<PostId>>,
    /// For each author, their posts.
    authors: BTreeMap<ParticipantId, BTreeSet<PostId>>,
}

/// A post, and its texts as searches compare them.
#[derive(Clone, Debug)]
struct CachedOrder {
    post: Arc<Post>,
    /// Made when somebody first searches; of one version of the post, whatever votes it gets.
    folded: Arc<OnceLock<FoldedTexts>>,
}

impl PartialEq for CachedOrder {
    fn eq(&self, other: &Self) -> bool {
        self.post == other.post
    }
}

/// One change of a forum. Those of a commit, applied in order, lead from the version before to the
/// one after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ForumChange {
    /// A post came, or is now this; its votes included.
    Post(Arc<Post>),
    /// One person's vote on a post that is not part of another, its parts taken together, is now
    /// another.
    Voted {
        /// The post that counts it.
        post: PostId,
        /// The person's vote before.
        before: Vote,
        /// The person's vote now.
        after: Vote,
    },
    /// The settings are now these.
    Settings(Arc<QaSettings>),
    /// The screen shows this post full screen, or none.
    Highlight(Option<PostId>),
    /// The screen shows the list, or does not.
    OnScreen(bool),
    /// A device may not ask any more, or may again.
    Blocked {
        /// Whose.
        participant: ParticipantId,
        /// Whether it is blocked.
        on: bool,
    },
}

impl Forum {
    /// A forum with these settings and posts.
    pub fn new(settings: Arc<QaSettings>, posts: impl IntoIterator<Item = Arc<Post>>) -> Self {
        let mut forum = Self { settings, ..Self::default() };
        posts.into_iter().for_each(|post| forum.put(post));
        forum
    }

    /// The post with this number.
    pub fn post(&self, post: PostId) -> Option<&Post> {
        self.posts.get(&post).map(|kept| &*kept.post)
    }

    /// All posts by number, withdrawn ones and parts too.
    pub fn posts(&self) -> impl Iterator<Item = &Arc<Post>> {
        self.posts.values().map(|kept| &kept.post)
    }

    /// All questions by number, withdrawn ones and parts too.
    pub fn questions(&self) -> impl Iterator<Item = &Arc<Post>> {
        self.posts().filter(|post| post.to.is_none())
    }

    /// The texts that were sent to an activity in a round, by number, withdrawn ones and parts too.
    pub fn texts(&self, to: ActivityRound) -> impl DoubleEndedIterator<Item = &Arc<Post>> {
        self.texts.get(&to).into_iter().flatten().filter_map(|post| Some(&self.posts.get(post)?.post))
    }

    /// Who has sent a text to an activity in a round and has not taken it back.
    pub fn senders(&self, to: ActivityRound) -> BTreeSet<ParticipantId> {
        let sent = self.texts(to).filter(|post| post.fields.state != PostState::Withdrawn);
        sent.map(|post| post.author).collect()
    }

    /// The posts of this author by number, withdrawn ones too.
    pub fn posts_by(&self, author: ParticipantId) -> impl Iterator<Item = &Arc<Post>> {
        self.authors.get(&author).into_iter().flatten().filter_map(|post| Some(&self.posts.get(post)?.post))
    }

    /// Makes one change.
    pub fn apply(&mut self, change: &ForumChange) {
        match change {
            ForumChange::Post(post) => self.put(post.clone()),
            ForumChange::Voted { post, before, after } => {
                if let Some(kept) = self.posts.get_mut(post) {
                    Arc::make_mut(&mut kept.post).votes.change(*before, *after);
                }
            }
            ForumChange::Settings(settings) => self.settings = settings.clone(),
            ForumChange::Highlight(post) => self.highlight = *post,
            ForumChange::OnScreen(on) => self.on_screen = *on,
            ForumChange::Blocked { participant, on: true } => {
                self.blocked.insert(*participant);
            }
            ForumChange::Blocked { participant, on: false } => {
                self.blocked.remove(participant);
            }
        }
    }

    /// The post that counts the votes of this one: itself, unless it is part of another.
    pub fn root(&self, post: PostId) -> PostId {
        let mut root = post;
        // Nothing is part of itself by any way, so this ends; the bound keeps a broken database
        // from hanging the room.
        for _ in 0..self.posts.len() {
            match self.post(root).and_then(|post| post.fields.merged_into) {
                Some(into) => root = into,
                None => break,
            }
        }
        root
    }

    /// All that is part of this post, by any way, without itself.
    pub fn parts(&self, post: PostId) -> BTreeSet<PostId> {
        let mut parts = BTreeSet::new();
        let mut open = vec![post];
        while let Some(whole) = open.pop() {
            let merged = self.merged.get(&whole).into_iter().flatten();
            open.extend(merged.filter(|part| **part != post && parts.insert(**part)));
        }
        parts
    }

    /// The group of a post: its root and all parts of that.
    pub fn group(&self, post: PostId) -> BTreeSet<PostId> {
        let root = self.root(post);
        let mut group = self.parts(root);
        group.insert(root);
        group
    }

    fn put(&mut self, post: Arc<Post>) {
        let (id, author, into) = (post.id, post.author, post.fields.merged_into);
        if let Some(to) = post.to {
            self.texts.entry(to).or_default().insert(id);
        }
        let kept = CachedOrder { post, folded: Arc::default() };
        let before = self.posts.insert(id, kept).and_then(|before| before.post.fields.merged_into);
        self.authors.entry(author).or_default().insert(id);
        if before == into {
            return;
        }
        if let Some(parts) = before.and_then(|before| self.merged.get_mut(&before)) {
            parts.remove(&id);
        }
        self.merged.retain(|_, parts| !parts.is_empty());
        if let Some(into) = into {
            self.merged.entry(into).or_default().insert(id);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use parterre_protocol::posts::Queue;
    use uuid::Uuid;

    use super::*;
    use crate::post::{PostFields, VoteCount};

    /// Somebody.
    pub(crate) fn person(n: u8) -> ParticipantId {
        ParticipantId::new(Uuid::from_bytes([n; 16]))
    }

    /// A forum with this many published posts of one author, changed as a test needs them.
    pub(crate) fn forum(posts: u32, change: impl Fn(&mut Post)) -> Forum {
        let posts = (1..=posts).map(|number| {
            let fields = PostFields::new(format!("question {number}"), Queue::Published, 1);
            let (id, author, votes) = (PostId::new(number), person(1), VoteCount { up: 1, down: 0 });
            let mut post = Post { id, to: None, author, name: None, at: 1, flagged: false, version: 1, fields, votes };
            change(&mut post);
            Arc::new(post)
        });
        Forum::new(Arc::default(), posts)
    }

    #[test]
    fn parts_are_followed_to_their_root_and_from_it_however_they_hang_together() {
        let mut forum = forum(4, |post| {
            post.fields.merged_into = [None, Some(1), Some(2), None][post.id.number() as usize - 1].map(PostId::new);
        });
        let id = PostId::new;
        assert_eq!([1, 2, 3, 4, 9].map(|post| forum.root(id(post))), [1, 1, 1, 4, 9].map(id));
        assert_eq!(forum.parts(id(1)), BTreeSet::from([id(2), id(3)]));
        assert_eq!(forum.group(id(3)), BTreeSet::from([id(1), id(2), id(3)]));
        let mut second = forum.post(id(2)).unwrap().clone();
        second.fields.merged_into = None;
        forum.apply(&ForumChange::Post(Arc::new(second)));
        assert_eq!((forum.root(id(3)), forum.parts(id(1))), (id(2), BTreeSet::new()));
    }

    #[test]
    fn a_circle_in_a_broken_database_hangs_nothing() {
        let forum = forum(2, |post| post.fields.merged_into = Some(PostId::new(3 - post.id.number())));
        forum.root(PostId::new(1));
        assert_eq!(forum.parts(PostId::new(1)), BTreeSet::from([PostId::new(2)]));
    }
}
