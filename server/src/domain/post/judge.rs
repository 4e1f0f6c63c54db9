//! What a participant may do with posts: ask, reword, take back, vote.

use std::{collections::BTreeMap, sync::Arc};

use parterre_protocol::{
    Millis, ParticipantId, PostCommand, PostId, QaSettings, RefusalCode, Rev, Vote,
    limits::{POSTS_PER_MINUTE, POSTS_WAITING},
    posts::{PostState, QaState, Queue},
    topics::EventState,
};

use super::{Post, PostFields, VoteCount, named, no_downvotes, together};
use crate::domain::{
    Refusal,
    forum::{Forum, ForumChange},
};

/// What is known about who sends a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    /// Who it is.
    pub id: ParticipantId,
    /// How many posts it has sent within the last minute, withdrawn or not.
    pub sent_lately: usize,
    /// How many of its posts wait in the list `review`.
    pub waiting: usize,
    /// Its last vote on each post, its own posts' included, as far as the command is about their groups.
    pub votes: BTreeMap<PostId, Vote>,
}

/// The moment at which a command is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// How far the event is.
    pub event: EventState,
    /// The server's clock.
    pub now: Millis,
    /// The event's version with the command.
    pub rev: Rev,
    /// The number of a post that the command makes.
    pub next: PostId,
}

/// What an accepted command writes.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// A new post, and its author's vote for it.
    Ask(Post),
    /// A post that its author has changed.
    Change(Post),
    /// One person's vote.
    Vote {
        /// The post that counts it, which is no part of another.
        root: PostId,
        /// The posts on which the person's row is now `after`: the root, and each of its parts that has one.
        rows: Vec<PostId>,
        /// What the person's votes on the group came to.
        before: Vote,
        /// What they come to now.
        after: Vote,
    },
}

impl Deed {
    /// What it changes for all.
    pub fn change(&self) -> ForumChange {
        match self {
            Self::Ask(post) | Self::Change(post) => ForumChange::Post(Arc::new(post.clone())),
            Self::Vote { root, before, after, .. } => {
                ForumChange::Voted { post: *root, before: *before, after: *after }
            }
        }
    }
}

impl Asker {
    /// Somebody of whom nothing is known yet.
    pub const fn new(id: ParticipantId) -> Self {
        Self { id, sent_lately: 0, waiting: 0, votes: BTreeMap::new() }
    }

    /// Takes note of what this person has just done, so that their next command is judged by it.
    pub fn note(&mut self, forum_before: &Forum, deed: &Deed) {
        match deed {
            Deed::Ask(post) => {
                self.sent_lately += 1;
                self.waiting += usize::from(post.fields.state == PostState::Review);
                self.votes.insert(post.id, Vote::Up);
            }
            Deed::Change(post) => {
                let waited = forum_before.post(post.id).is_some_and(|before| before.fields.state == PostState::Review);
                self.waiting += usize::from(post.fields.state == PostState::Review);
                self.waiting = self.waiting.saturating_sub(usize::from(waited));
            }
            Deed::Vote { rows, after, .. } => self.votes.extend(rows.iter().map(|post| (*post, *after))),
        }
    }
}

/// Judges a participant's command, cleaned by [`check_command`](super::check_command), by what is true now. `None`:
/// it is so already, nothing is to be written.
///
/// The forum may hold only what the command is about: the settings, whether the device is blocked, and for a post that it
/// names its group, root and parts. To judge several commands in order, give each deed
/// to [`Asker::note`] and then its [`Deed::change`] to the forum.
///
/// `flagged`: whether the word filter finds something in the text that the command brings.
pub fn judge(
    forum: &Forum,
    asker: &Asker,
    command: &PostCommand,
    flagged: bool,
    moment: Moment,
) -> Result<Option<Deed>, Refusal> {
    let Moment { event, now, rev, next } = moment;
    if event == EventState::Ended {
        return Err(Refusal::new(RefusalCode::Closed, "The event has ended."));
    }
    match command {
        PostCommand::Ask { text, name } => {
            may_ask(forum, asker)?;
            slow_down(asker)?;
            let name = named(&forum.settings, name.clone())?;
            let list = if forum.settings.review || flagged { Queue::Review } else { Queue::Published };
            let fields = PostFields::new(text.clone(), list, now);
            let votes = VoteCount { up: 1, down: 0 };
            Ok(Some(Deed::Ask(Post {
                id: next,
                author: asker.id,
                name,
                at: now,
                flagged,
                version: rev,
                fields,
                votes,
            })))
        }
        PostCommand::Edit { post, text } => {
            may_ask(forum, asker)?;
            let post = waiting(forum, asker, *post)?;
            if post.fields.text == *text {
                return Ok(None);
            }
            // Others may have voted for what it said.
            if post.fields.published_at.is_some() {
                return Err(Refusal::new(
                    RefusalCode::Closed,
                    "This question was shown already: it cannot be reworded.",
                ));
            }
            // What a moderator found good was the former text.
            let fields =
                PostFields { text: text.clone(), original: None, state: PostState::Review, ..post.fields.clone() };
            Ok(Some(Deed::Change(Post { fields, flagged, version: rev, ..post.clone() })))
        }
        PostCommand::Withdraw { post } => {
            if own(forum, asker, *post)?.fields.state == PostState::Withdrawn {
                return Ok(None);
            }
            let post = waiting(forum, asker, *post)?;
            let fields = PostFields { state: PostState::Withdrawn, ..post.fields.clone() };
            Ok(Some(Deed::Change(Post { fields, version: rev, ..post.clone() })))
        }
        PostCommand::Vote { post, vote } => {
            open(&forum.settings)?;
            cast(forum, asker, *post, *vote)
        }
    }
}

fn open(settings: &QaSettings) -> Result<(), Refusal> {
    match settings.state {
        QaState::Open => Ok(()),
        QaState::Closed => Err(Refusal::new(RefusalCode::Closed, "Questions are closed.")),
        QaState::Off => Err(Refusal::new(RefusalCode::Closed, "This event takes no questions.")),
    }
}

fn may_ask(forum: &Forum, asker: &Asker) -> Result<(), Refusal> {
    open(&forum.settings)?;
    if forum.blocked.contains(&asker.id) {
        return Err(Refusal::new(RefusalCode::Blocked, "This device may not ask questions in this event."));
    }
    Ok(())
}

fn slow_down(asker: &Asker) -> Result<(), Refusal> {
    let message = if asker.sent_lately >= POSTS_PER_MINUTE {
        format!("{POSTS_PER_MINUTE} questions in a minute are the most. Wait a little.")
    } else if asker.waiting >= POSTS_WAITING {
        format!("{POSTS_WAITING} of your questions wait for review already. Wait until some are looked at.")
    } else {
        return Ok(());
    };
    Err(Refusal::new(RefusalCode::SlowDown, message))
}

fn unknown() -> Refusal {
    Refusal::new(RefusalCode::Unknown, "There is no such question in this event.")
}

/// One's own post. Others' are as good as not there, so that nobody learns what waits.
fn own<'a>(forum: &'a Forum, asker: &Asker, post: PostId) -> Result<&'a Post, Refusal> {
    let post = forum.post(post).filter(|post| post.author == asker.id);
    Ok(post.ok_or_else(unknown)?)
}

/// One's own post that one may still change.
fn waiting<'a>(forum: &'a Forum, asker: &Asker, post: PostId) -> Result<&'a Post, Refusal> {
    let post = own(forum, asker, post)?;
    let closed = |message: &str| Err(Refusal::new(RefusalCode::Closed, message));
    match post.fields.state {
        PostState::Withdrawn => return closed("You have taken this question back."),
        PostState::Published => return closed("This question is shown already."),
        PostState::Declined | PostState::Hidden => return closed("This question was taken out by a moderator."),
        PostState::Review | PostState::Reviewed => {}
    }
    // Others' votes may hang on it by now.
    if forum.group(post.id).len() > 1 {
        return closed("A moderator has put this question together with another: it can no longer be changed.");
    }
    Ok(post)
}

fn cast(forum: &Forum, asker: &Asker, post: PostId, after: Vote) -> Result<Option<Deed>, Refusal> {
    if after == Vote::Down && !forum.settings.downvotes {
        return Err(no_downvotes());
    }
    let root = forum.root(post);
    if !forum.post(root).is_some_and(|root| root.fields.is_shown()) {
        return Err(unknown());
    }
    let group = forum.group(root);
    let is_author = |post: &PostId| forum.post(*post).is_some_and(|post| post.author == asker.id);
    if group.iter().any(is_author) {
        return Err(Refusal::new(RefusalCode::Invalid, "This is your own question: you support it already."));
    }
    let rows = || group.iter().filter_map(|post| Some((*post, *asker.votes.get(post)?)));
    let before = together(rows().map(|(_, vote)| vote));
    if before == after {
        return Ok(None);
    }
    let parts = rows().map(|(post, _)| post).filter(|post| *post != root);
    Ok(Some(Deed::Vote { root, rows: [root].into_iter().chain(parts).collect(), before, after }))
}
