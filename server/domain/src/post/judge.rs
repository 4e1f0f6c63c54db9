//! What a participant may do with posts: ask, send, reword, take back, vote.

use std::{collections::BTreeMap, sync::Arc};

use parterre_protocol::{
    Millis, ParticipantId, PostCommand, PostId, QaSettings, RefusalCode, Rev, Vote,
    limits::{POSTS_PER_MINUTE, POSTS_WAITING, TEXTS_PER_MINUTE},
    posts::{ActivityRound, PostState, QaState, Queue},
    topics::EventState,
};

use super::{Post, PostFields, VoteCount, no_downvotes, rules_of, together};
use crate::{
    Refusal,
    activity::Activity,
    forum::{Forum, ForumChange},
    post_rules::PostRules,
};

/// What is known about who sends a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorHistory {
    /// Who it is.
    pub id: ParticipantId,
    /// What it has sent, by where to: none for questions.
    pub sent: BTreeMap<Option<ActivityRound>, SentPosts>,
    /// Its last vote on each post, its own posts' included, as far as the command is about their
    /// groups.
    pub votes: BTreeMap<PostId, Vote>,
}

/// How much somebody has sent to one place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SentPosts {
    /// Within the last minute, withdrawn or not.
    pub lately: usize,
    /// Those that wait in the list `review`.
    pub waiting: usize,
    /// All but the withdrawn ones.
    pub all: usize,
}

/// The moment at which a command is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
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
pub enum PostWrite {
    /// A new post, and its author's vote for it.
    Ask(Post),
    /// A post that its author has changed.
    Change(Post),
    /// One person's vote.
    Vote {
        /// The post that counts it, which is no part of another.
        root: PostId,
        /// The posts on which the person's row is now `after`: the root, and each of its parts that
        /// has one.
        rows: Vec<PostId>,
        /// What the person's votes on the group came to.
        before: Vote,
        /// What they come to now.
        after: Vote,
    },
}

impl PostWrite {
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

impl AuthorHistory {
    /// An author about whom nothing is known yet.
    pub const fn new(id: ParticipantId) -> Self {
        Self { id, sent: BTreeMap::new(), votes: BTreeMap::new() }
    }

    /// Takes note of what this person has just done, so that their next command is judged by it.
    pub fn note(&mut self, forum_before: &Forum, deed: &PostWrite) {
        match deed {
            PostWrite::Ask(post) => {
                let sent = self.sent.entry(post.to).or_default();
                sent.lately += 1;
                sent.all += 1;
                sent.waiting += usize::from(post.fields.state == PostState::Review);
                self.votes.insert(post.id, Vote::Up);
            }
            PostWrite::Change(post) => {
                let sent = self.sent.entry(post.to).or_default();
                let waited = forum_before.post(post.id).is_some_and(|before| before.fields.state == PostState::Review);
                sent.waiting += usize::from(post.fields.state == PostState::Review);
                sent.waiting = sent.waiting.saturating_sub(usize::from(waited));
                sent.all = sent.all.saturating_sub(usize::from(post.fields.state == PostState::Withdrawn));
            }
            PostWrite::Vote { rows, after, .. } => self.votes.extend(rows.iter().map(|post| (*post, *after))),
        }
    }
}

/// Judges a participant's command, cleaned by [`check_command`](super::check_command), by the
/// current state. `None`: nothing changes, so nothing needs writing.
///
/// The forum may hold only what the command is about: the settings, whether the device is blocked,
/// and for a post that it names its group, root and parts. To judge several commands in order, give
/// each deed to [`AuthorHistory::note`] and then its [`PostWrite::change`] to the forum.
///
/// `activity` is the one to which the command sends a text or to which the post was sent that it
/// names, where there is such. `flagged`: whether the word filter finds something in the text that
/// the command brings.
pub fn judge(
    forum: &Forum,
    activity: Option<&Activity>,
    asker: &AuthorHistory,
    command: &PostCommand,
    flagged: bool,
    moment: Now,
) -> Result<Option<PostWrite>, Refusal> {
    let Now { event, now, rev, .. } = moment;
    if event == EventState::Ended {
        return Err(Refusal::new(RefusalCode::Closed, "The event has ended."));
    }
    match command {
        PostCommand::Ask { text, name } => {
            open(&forum.settings)?;
            let draft = Draft { to: None, text, name: name.as_ref(), flagged };
            draft.post(forum, &PostRules::from(&*forum.settings), asker, moment)
        }
        PostCommand::Send { to, text, name } => {
            let rules = rules_of(activity)?;
            takes(event, activity, *to, now)?;
            let draft = Draft { to: Some(*to), text, name: name.as_ref(), flagged };
            draft.post(forum, &rules, asker, moment)
        }
        PostCommand::Edit { post, text } => {
            let post = waiting(forum, asker, *post)?;
            match post.to {
                Some(to) => takes(event, activity, to, now)?,
                None => open(&forum.settings)?,
            }
            not_blocked(forum, asker)?;
            if post.fields.text == *text {
                return Ok(None);
            }
            // Others may have voted for what it said.
            if post.fields.published_at.is_some() {
                return Err(Refusal::new(
                    RefusalCode::Closed,
                    "This has already been shown, so it can no longer be edited.",
                ));
            }
            // What a moderator found good was the former text.
            let fields =
                PostFields { text: text.clone(), original: None, state: PostState::Review, ..post.fields.clone() };
            Ok(Some(PostWrite::Change(Post { fields, flagged, version: rev, ..post.clone() })))
        }
        PostCommand::Withdraw { post } => {
            if own(forum, asker, *post)?.fields.state == PostState::Withdrawn {
                return Ok(None);
            }
            let post = waiting(forum, asker, *post)?;
            let fields = PostFields { state: PostState::Withdrawn, ..post.fields.clone() };
            Ok(Some(PostWrite::Change(Post { fields, version: rev, ..post.clone() })))
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
        QaState::Off => Err(Refusal::new(RefusalCode::Closed, "This event does not take questions.")),
    }
}

/// Whether the activity takes texts of this round now.
fn takes(event: EventState, activity: Option<&Activity>, to: ActivityRound, now: Millis) -> Result<(), Refusal> {
    let activity = activity.filter(|activity| activity.id == to.activity);
    let unknown = || Refusal::new(RefusalCode::Unknown, "This event has no such activity.");
    activity.ok_or_else(unknown)?.accepts(to.round, now)?;
    if event != EventState::Live {
        return Err(Refusal::new(RefusalCode::Closed, "The event is not running."));
    }
    Ok(())
}

fn not_blocked(forum: &Forum, asker: &AuthorHistory) -> Result<(), Refusal> {
    if forum.blocked.contains(&asker.id) {
        return Err(Refusal::new(RefusalCode::Blocked, "This device may not send posts in this event."));
    }
    Ok(())
}

/// What somebody wants to send.
struct Draft<'a> {
    to: Option<ActivityRound>,
    text: &'a str,
    name: Option<&'a String>,
    flagged: bool,
}

impl Draft<'_> {
    /// The post that is made of it.
    fn post(
        self,
        forum: &Forum,
        rules: &PostRules,
        author: &AuthorHistory,
        moment: Now,
    ) -> Result<Option<PostWrite>, Refusal> {
        let Self { to, text, name, flagged } = self;
        let Now { now, rev, next, .. } = moment;
        not_blocked(forum, author)?;
        let sent = author.sent.get(&to).copied().unwrap_or_default();
        if rules.most.is_some_and(|most| sent.all >= usize::from(most)) {
            return Err(Refusal::new(RefusalCode::Answered, "This activity takes no more texts from you."));
        }
        slow_down(to, sent)?;
        let name = rules.name(name.cloned())?;
        let list = if rules.review || flagged { Queue::Review } else { Queue::Published };
        let fields = PostFields::new(text.to_owned(), list, now);
        let (author, votes) = (author.id, VoteCount { up: 1, down: 0 });
        Ok(Some(PostWrite::Ask(Post { id: next, to, author, name, at: now, flagged, version: rev, fields, votes })))
    }
}

fn slow_down(to: Option<ActivityRound>, sent: SentPosts) -> Result<(), Refusal> {
    let per_minute = if to.is_some() { TEXTS_PER_MINUTE } else { POSTS_PER_MINUTE };
    let message = if sent.lately >= per_minute {
        format!("At most {per_minute} posts a minute. Wait a moment, then send it again.")
    } else if sent.waiting >= POSTS_WAITING {
        format!("{POSTS_WAITING} of your posts are already awaiting review. Wait until some have been reviewed.")
    } else {
        return Ok(());
    };
    Err(Refusal::new(RefusalCode::SlowDown, message))
}

fn unknown() -> Refusal {
    Refusal::new(RefusalCode::Unknown, "This event has no such post.")
}

/// One's own post. Others' are as good as not there, so that nobody learns what waits.
fn own<'a>(forum: &'a Forum, asker: &AuthorHistory, post: PostId) -> Result<&'a Post, Refusal> {
    let post = forum.post(post).filter(|post| post.author == asker.id);
    post.ok_or_else(unknown)
}

/// One's own post that one may still change.
fn waiting<'a>(forum: &'a Forum, asker: &AuthorHistory, post: PostId) -> Result<&'a Post, Refusal> {
    let post = own(forum, asker, post)?;
    let closed = |message: &str| Err(Refusal::new(RefusalCode::Closed, message));
    match post.fields.state {
        PostState::Withdrawn => return closed("You have withdrawn this."),
        PostState::Published => return closed("This has already been shown."),
        PostState::Declined | PostState::Hidden => return closed("A moderator has removed this."),
        PostState::Review | PostState::Reviewed => {}
    }
    // Others' votes may hang on it by now.
    if forum.group(post.id).len() > 1 {
        return closed("A moderator has merged this with another, so it can no longer be changed.");
    }
    Ok(post)
}

fn cast(forum: &Forum, asker: &AuthorHistory, post: PostId, after: Vote) -> Result<Option<PostWrite>, Refusal> {
    if after == Vote::Down && !forum.settings.downvotes {
        return Err(no_downvotes());
    }
    let root = forum.root(post);
    // Texts of activities take no votes.
    if !forum.post(root).is_some_and(Post::is_shown_question) {
        return Err(unknown());
    }
    let group = forum.group(root);
    let is_author = |post: &PostId| forum.post(*post).is_some_and(|post| post.author == asker.id);
    if group.iter().any(is_author) {
        return Err(Refusal::new(RefusalCode::Invalid, "This is your own question, which you already support."));
    }
    let rows = || group.iter().filter_map(|post| Some((*post, *asker.votes.get(post)?)));
    let before = together(rows().map(|(_, vote)| vote));
    if before == after {
        return Ok(None);
    }
    let parts = rows().map(|(post, _)| post).filter(|post| *post != root);
    Ok(Some(PostWrite::Vote { root, rows: [root].into_iter().chain(parts).collect(), before, after }))
}

#[cfg(test)]
mod tests;
