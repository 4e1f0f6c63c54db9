//! What a participant may do with posts: ask, reword, take back, vote.

use std::{collections::BTreeMap, sync::Arc};

use parterre_protocol::{
    Millis, ParticipantId, PostCommand, PostId, QaSettings, RefusalCode, Rev, Vote,
    limits::{POSTS_PER_MINUTE, POSTS_WAITING},
    posts::{PostState, QaState, Queue},
    topics::EventState,
};

use super::{Post, PostFields, VoteCount, named, no_downvotes, together};
use crate::{
    Refusal,
    forum::{Forum, ForumChange},
};

/// What is known about who sends a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorHistory {
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
        /// The posts on which the person's row is now `after`: the root, and each of its parts that has one.
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
        Self { id, sent_lately: 0, waiting: 0, votes: BTreeMap::new() }
    }

    /// Takes note of what this person has just done, so that their next command is judged by it.
    pub fn note(&mut self, forum_before: &Forum, deed: &PostWrite) {
        match deed {
            PostWrite::Ask(post) => {
                self.sent_lately += 1;
                self.waiting += usize::from(post.fields.state == PostState::Review);
                self.votes.insert(post.id, Vote::Up);
            }
            PostWrite::Change(post) => {
                let waited = forum_before.post(post.id).is_some_and(|before| before.fields.state == PostState::Review);
                self.waiting += usize::from(post.fields.state == PostState::Review);
                self.waiting = self.waiting.saturating_sub(usize::from(waited));
            }
            PostWrite::Vote { rows, after, .. } => self.votes.extend(rows.iter().map(|post| (*post, *after))),
        }
    }
}

/// Judges a participant's command, cleaned by [`check_command`](super::check_command), by the
/// current state. `None`: nothing changes, so nothing needs writing.
///
/// The forum may hold only what the command is about: the settings, whether the device is blocked, and for a post that it
/// names its group, root and parts. To judge several commands in order, give each deed
/// to [`AuthorHistory::note`] and then its [`PostWrite::change`] to the forum.
///
/// `flagged`: whether the word filter finds something in the text that the command brings.
pub fn judge(
    forum: &Forum,
    asker: &AuthorHistory,
    command: &PostCommand,
    flagged: bool,
    moment: Now,
) -> Result<Option<PostWrite>, Refusal> {
    let Now { event, now, rev, next } = moment;
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
            Ok(Some(PostWrite::Ask(Post {
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
                    "This question has already been shown, so it can no longer be edited.",
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

fn may_ask(forum: &Forum, asker: &AuthorHistory) -> Result<(), Refusal> {
    open(&forum.settings)?;
    if forum.blocked.contains(&asker.id) {
        return Err(Refusal::new(RefusalCode::Blocked, "This device may not ask questions in this event."));
    }
    Ok(())
}

fn slow_down(asker: &AuthorHistory) -> Result<(), Refusal> {
    let message = if asker.sent_lately >= POSTS_PER_MINUTE {
        format!("At most {POSTS_PER_MINUTE} questions a minute. Wait a moment, then send it again.")
    } else if asker.waiting >= POSTS_WAITING {
        format!("{POSTS_WAITING} of your questions are already awaiting review. Wait until some have been reviewed.")
    } else {
        return Ok(());
    };
    Err(Refusal::new(RefusalCode::SlowDown, message))
}

fn unknown() -> Refusal {
    Refusal::new(RefusalCode::Unknown, "This event has no such question.")
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
        PostState::Withdrawn => return closed("You have withdrawn this question."),
        PostState::Published => return closed("This question has already been shown."),
        PostState::Declined | PostState::Hidden => return closed("A moderator has removed this question."),
        PostState::Review | PostState::Reviewed => {}
    }
    // Others' votes may hang on it by now.
    if forum.group(post.id).len() > 1 {
        return closed("A moderator has merged this question with another, so it can no longer be changed.");
    }
    Ok(post)
}

fn cast(forum: &Forum, asker: &AuthorHistory, post: PostId, after: Vote) -> Result<Option<PostWrite>, Refusal> {
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
mod tests {
    use parterre_protocol::posts::NamePolicy;
    use uuid::Uuid;

    use super::*;
    use crate::post::check_command;

    fn person(n: u8) -> ParticipantId {
        ParticipantId::new(Uuid::from_bytes([n; 16]))
    }

    fn forum(settings: QaSettings) -> Forum {
        Forum::new(Arc::new(QaSettings { state: QaState::Open, ..settings }), [])
    }

    fn moment(next: u32) -> Now {
        Now { event: EventState::Live, now: 5_000, rev: 9, next: PostId::new(next) }
    }

    fn ask(name: Option<&str>) -> PostCommand {
        PostCommand::Ask { text: "Why?".to_owned(), name: name.map(str::to_owned) }
    }

    fn vote(post: u32, vote: Vote) -> PostCommand {
        PostCommand::Vote { post: PostId::new(post), vote }
    }

    /// A post that somebody has asked, changed as a test needs it.
    fn with_post(forum: &mut Forum, id: u32, author: u8, change: impl FnOnce(&mut PostFields)) {
        let mut fields = PostFields::new("Why?".to_owned(), Queue::Review, 1);
        change(&mut fields);
        let (id, author, votes) = (PostId::new(id), person(author), VoteCount { up: 1, down: 0 });
        let post = Post { id, author, name: None, at: 1, flagged: false, version: 1, fields, votes };
        forum.apply(&ForumChange::Post(Arc::new(post)));
    }

    fn code(judged: Result<Option<PostWrite>, Refusal>) -> RefusalCode {
        judged.unwrap_err().code
    }

    #[test]
    fn a_question_waits_for_review_unless_there_is_none_and_the_filter_finds_nothing() {
        for (review, flagged, state) in [
            (true, false, PostState::Review),
            (true, true, PostState::Review),
            (false, true, PostState::Review),
            (false, false, PostState::Published),
        ] {
            let forum = forum(QaSettings { review, ..QaSettings::default() });
            let deed = judge(&forum, &AuthorHistory::new(person(1)), &ask(None), flagged, moment(3)).unwrap().unwrap();
            let PostWrite::Ask(post) = &deed else { panic!("{deed:?}") };
            assert_eq!((post.fields.state, post.flagged, post.votes.up), (state, flagged, 1));
            assert_eq!((post.id, post.version, post.at), (PostId::new(3), 9, 5_000));
            assert_eq!(post.fields.published_at, (state == PostState::Published).then_some(5_000));
        }
    }

    #[test]
    fn names_are_as_the_event_has_them() {
        let named = |names, own: Option<&str>, sent: Option<&str>| {
            let settings = QaSettings { names, ..QaSettings::default() };
            match check_command(&settings, own, ask(sent)) {
                Ok(PostCommand::Ask { name, .. }) => Ok(name),
                Ok(other) => panic!("{other:?}"),
                Err(refusal) => Err(refusal.code),
            }
        };
        let ines = || Ok(Some("Inès".to_owned()));
        assert_eq!(named(NamePolicy::Anonymous, Some("Inès"), Some("Inès")), Ok(None));
        assert_eq!(named(NamePolicy::Either, Some("Inès"), None), Ok(None));
        assert_eq!(named(NamePolicy::Either, Some("Inès"), Some("Zorro")), ines());
        assert_eq!(named(NamePolicy::Either, None, Some("  Inès ")), ines());
        assert_eq!(named(NamePolicy::Either, Some("Inès"), Some("  ")), Ok(None));
        assert_eq!(named(NamePolicy::Named, Some("Inès"), None), ines());
        assert_eq!(named(NamePolicy::Named, None, Some("Inès")), ines());
        assert_eq!(named(NamePolicy::Named, None, None), Err(RefusalCode::Invalid));
        // The settings may have changed between the check and the commit.
        let asker = AuthorHistory::new(person(1));
        let named = forum(QaSettings { names: NamePolicy::Named, ..QaSettings::default() });
        assert_eq!(code(judge(&named, &asker, &ask(None), false, moment(1))), RefusalCode::Invalid);
        let anonymous = forum(QaSettings { names: NamePolicy::Anonymous, ..QaSettings::default() });
        let deed = judge(&anonymous, &asker, &ask(Some("Inès")), false, moment(1)).unwrap();
        assert!(matches!(deed, Some(PostWrite::Ask(Post { name: None, .. }))));
    }

    #[test]
    fn nobody_asks_where_it_is_closed_ended_or_blocked_but_a_blocked_device_still_votes() {
        let (asker, live) = (AuthorHistory::new(person(1)), moment(9));
        let mut open = forum(QaSettings::default());
        let draft = Now { event: EventState::Draft, ..live };
        assert!(judge(&open, &asker, &ask(None), false, draft).is_ok());
        let ended = Now { event: EventState::Ended, ..live };
        assert_eq!(code(judge(&open, &asker, &ask(None), false, ended)), RefusalCode::Closed);
        for state in [QaState::Off, QaState::Closed] {
            let closed = Forum::new(Arc::new(QaSettings { state, ..QaSettings::default() }), []);
            assert_eq!(code(judge(&closed, &asker, &ask(None), false, live)), RefusalCode::Closed);
        }
        with_post(&mut open, 1, 2, |fields| fields.state = PostState::Published);
        with_post(&mut open, 2, 1, |_| {});
        open.apply(&ForumChange::Blocked { participant: person(1), on: true });
        let edit = PostCommand::Edit { post: PostId::new(2), text: "Why not?".to_owned() };
        assert_eq!(code(judge(&open, &asker, &ask(None), false, live)), RefusalCode::Blocked);
        assert_eq!(code(judge(&open, &asker, &edit, false, live)), RefusalCode::Blocked);
        assert!(judge(&open, &asker, &vote(1, Vote::Up), false, live).unwrap().is_some());
        let withdraw = PostCommand::Withdraw { post: PostId::new(2) };
        assert!(judge(&open, &asker, &withdraw, false, live).unwrap().is_some());
    }

    #[test]
    fn a_flood_from_one_device_is_slowed_down_within_a_batch_too() {
        let mut forum = forum(QaSettings::default());
        let mut asker = AuthorHistory::new(person(1));
        let mut refused = Vec::new();
        for number in 1..=7 {
            match judge(&forum, &asker, &ask(None), false, moment(number)) {
                Ok(deed) => {
                    let deed = deed.unwrap();
                    asker.note(&forum, &deed);
                    forum.apply(&deed.change());
                }
                Err(refusal) => refused.push((number, refusal.code)),
            }
        }
        assert_eq!(refused, [(6, RefusalCode::SlowDown), (7, RefusalCode::SlowDown)]);
        assert_eq!(asker.waiting, 5);
        let another = AuthorHistory::new(person(2));
        assert!(judge(&forum, &another, &ask(None), false, moment(6)).is_ok());
        let waiting = AuthorHistory { waiting: POSTS_WAITING, ..AuthorHistory::new(person(3)) };
        assert_eq!(code(judge(&forum, &waiting, &ask(None), false, moment(6))), RefusalCode::SlowDown);
        let withdraw = PostCommand::Withdraw { post: PostId::new(1) };
        let deed = judge(&forum, &asker, &withdraw, false, moment(6)).unwrap().unwrap();
        asker.note(&forum, &deed);
        assert_eq!((asker.waiting, asker.sent_lately), (4, 5));
    }

    #[test]
    fn only_what_waits_alone_and_is_ones_own_is_changed_by_its_author() {
        let mut forum = forum(QaSettings::default());
        with_post(&mut forum, 1, 1, |_| {});
        with_post(&mut forum, 2, 2, |_| {});
        with_post(&mut forum, 3, 1, |fields| fields.state = PostState::Published);
        with_post(&mut forum, 4, 1, |fields| fields.merged_into = Some(PostId::new(2)));
        with_post(&mut forum, 5, 1, |fields| fields.published_at = Some(2));
        with_post(&mut forum, 6, 1, |fields| {
            (fields.state, fields.original) = (PostState::Reviewed, Some("why".to_owned()));
        });
        let asker = AuthorHistory::new(person(1));
        let edit = |post: u32| {
            let command = PostCommand::Edit { post: PostId::new(post), text: "How?".to_owned() };
            judge(&forum, &asker, &command, true, moment(9))
        };
        let withdraw =
            |post: u32| judge(&forum, &asker, &PostCommand::Withdraw { post: PostId::new(post) }, false, moment(9));
        let Some(PostWrite::Change(post)) = edit(6).unwrap() else { panic!("not changed") };
        let PostFields { text, original, state, .. } = post.fields;
        assert_eq!((text.as_str(), original, state), ("How?", None, PostState::Review));
        assert!(post.flagged && post.version == 9);
        assert!(edit(1).is_ok() && withdraw(1).is_ok() && withdraw(5).is_ok());
        assert_eq!((code(edit(2)), code(withdraw(2))), (RefusalCode::Unknown, RefusalCode::Unknown));
        assert_eq!((code(edit(7)), code(withdraw(7))), (RefusalCode::Unknown, RefusalCode::Unknown));
        for post in [3, 4] {
            assert_eq!((code(edit(post)), code(withdraw(post))), (RefusalCode::Closed, RefusalCode::Closed), "{post}");
        }
        assert_eq!(code(edit(5)), RefusalCode::Closed);
    }

    #[test]
    fn a_vote_counts_for_the_whole_group_and_never_on_ones_own() {
        let mut forum = forum(QaSettings { downvotes: true, ..QaSettings::default() });
        with_post(&mut forum, 1, 1, |fields| fields.state = PostState::Published);
        with_post(&mut forum, 2, 2, |fields| fields.merged_into = Some(PostId::new(1)));
        with_post(&mut forum, 3, 3, |fields| fields.merged_into = Some(PostId::new(2)));
        with_post(&mut forum, 4, 1, |_| {});
        let judged = |who: u8, votes: &[(u32, Vote)], command: PostCommand| {
            let votes = votes.iter().map(|(post, vote)| (PostId::new(*post), *vote)).collect();
            judge(&forum, &AuthorHistory { votes, ..AuthorHistory::new(person(who)) }, &command, false, moment(9))
        };
        for who in 1..=3 {
            for post in 1..=3 {
                assert_eq!(code(judged(who, &[], vote(post, Vote::None))), RefusalCode::Invalid);
            }
        }
        let deed = judged(5, &[(3, Vote::Up), (2, Vote::Down), (7, Vote::Up)], vote(2, Vote::Down)).unwrap();
        let (root, rows) = (PostId::new(1), [1, 2, 3].map(PostId::new).to_vec());
        assert_eq!(deed, Some(PostWrite::Vote { root, rows, before: Vote::Up, after: Vote::Down }));
        assert_eq!(judged(5, &[(3, Vote::Up)], vote(1, Vote::Up)).unwrap(), None);
        assert_eq!(code(judged(5, &[], vote(4, Vote::Up))), RefusalCode::Unknown);
        assert_eq!(code(judged(5, &[], vote(8, Vote::Up))), RefusalCode::Unknown);
    }

    #[test]
    fn votes_against_are_taken_only_where_there_are_such() {
        let mut forum = forum(QaSettings::default());
        with_post(&mut forum, 1, 1, |fields| fields.state = PostState::Published);
        let asker =
            AuthorHistory { votes: BTreeMap::from([(PostId::new(1), Vote::Down)]), ..AuthorHistory::new(person(2)) };
        assert_eq!(code(judge(&forum, &asker, &vote(1, Vote::Down), false, moment(2))), RefusalCode::Invalid);
        assert!(judge(&forum, &asker, &vote(1, Vote::None), false, moment(2)).unwrap().is_some());
        let refused = check_command(&QaSettings::default(), None, vote(1, Vote::Down)).unwrap_err();
        assert_eq!(refused.code, RefusalCode::Invalid);
    }
}
