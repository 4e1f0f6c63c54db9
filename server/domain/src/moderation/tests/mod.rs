//! Participants and moderators over a store that is as simple as can be: every vote in a map, every
//! count from nothing.

mod cases;
mod properties;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use parterre_protocol::{
    Act, ActivityId, EventId, Millis, ParticipantId, PostCommand, PostId, QaChange, QaSettings, RefusalCode, Rev,
    TextWall, Vote,
    posts::{ActivityRound, Label, NamePolicy, PostRef, PostState, QaState, Queue, Reason, ReasonCode},
    topics::{ActivityState, EventState},
};
use uuid::Uuid;

use super::*;
use crate::{
    activity::Activity,
    forum::{List, Places, Sort, Viewer},
    kinds::versions::Versions,
    post::{AuthorHistory, Now, VoteCount, judge, together},
    timer::Timer,
};

/// Few enough that they meet.
const PEOPLE: u8 = 5;

fn person(n: u8) -> ParticipantId {
    ParticipantId::new(Uuid::from_bytes([n; 16]))
}

fn settings() -> QaSettings {
    let label = |id| Label { id, name: format!("label {id}"), colour: 1, public: id == 1 };
    QaSettings { state: QaState::Open, downvotes: true, labels: vec![label(1), label(2)], ..QaSettings::default() }
}

/// An open text wall, which reviews nothing.
fn wall() -> Activity {
    let (title, names) = ("What should we stop doing?".to_owned(), NamePolicy::Anonymous);
    Activity {
        id: ActivityId::new(Uuid::nil()),
        event: EventId::new(Uuid::nil()),
        settings: TextWall { title, texts_per_person: None, review: false, names }.into(),
        versions: Versions::default(),
        state: ActivityState::Open,
        round: 1,
        round_opened_at: None,
        results: true,
        timer: Timer::default(),
        words: Arc::default(),
    }
}

/// Where its texts are sent to.
fn to_wall() -> ActivityRound {
    wall().texts().expect("people send texts to a wall")
}

/// What a store keeps, at its simplest.
#[derive(Clone, Debug)]
struct World {
    forum: Forum,
    votes: BTreeMap<(ParticipantId, PostId), Vote>,
    ledger: Vec<Vec<Change>>,
    now: Millis,
    rev: Rev,
}

impl World {
    fn new() -> Self {
        let forum = Forum::new(Arc::new(settings()), []);
        Self { forum, votes: BTreeMap::new(), ledger: Vec::new(), now: 1_000, rev: 1 }
    }

    /// What a store reads of the forum: the groups of these posts and of what is highlighted.
    fn part(&self, posts: impl IntoIterator<Item = PostId>) -> Forum {
        let posts: BTreeSet<_> = posts.into_iter().chain(self.forum.highlight).collect();
        let known = posts.into_iter().filter(|post| self.forum.post(*post).is_some());
        let group: BTreeSet<_> = known.flat_map(|post| self.forum.group(post)).collect();
        let posts = self.forum.posts().filter(|post| group.contains(&post.id)).cloned();
        let mut part = Forum::new(self.forum.settings.clone(), posts);
        (part.highlight, part.on_screen) = (self.forum.highlight, self.forum.on_screen);
        part.blocked = self.forum.blocked.clone();
        part
    }

    /// A post as one sees it now.
    fn seen(&self, post: PostId) -> PostRef {
        PostRef { post, version: self.forum.post(post).unwrap().version }
    }

    /// The votes of a post, counted from nothing.
    fn count(&self, post: PostId) -> VoteCount {
        let mut count = VoteCount::default();
        if self.forum.root(post) == post {
            let group = self.forum.group(post);
            for n in 0..PEOPLE {
                let votes: Vec<_> =
                    group.iter().filter_map(|post| self.votes.get(&(person(n), *post)).copied()).collect();
                count.up += u32::from(votes.contains(&Vote::Up));
                count.down += u32::from(!votes.contains(&Vote::Up) && votes.contains(&Vote::Down));
            }
        }
        count
    }

    fn command(&mut self, who: u8, command: &PostCommand, flagged: bool) -> Result<(), Refusal> {
        let id = person(who);
        let about = match command {
            PostCommand::Ask { .. } | PostCommand::Send { .. } => None,
            PostCommand::Edit { post, .. } | PostCommand::Withdraw { post } | PostCommand::Vote { post, .. } => {
                Some(*post)
            }
        };
        let part = self.part(about);
        let to = match command {
            PostCommand::Send { to, .. } => Some(*to),
            _ => about.and_then(|post| self.forum.post(post)?.to),
        };
        let activity = to.map(|_| wall());
        let votes = self.votes.iter().filter(|((voter, _), _)| *voter == id).map(|((_, post), vote)| (*post, *vote));
        let asker = AuthorHistory { votes: votes.collect(), ..AuthorHistory::new(id) };
        let next = PostId::new(self.forum.posts().count() as u32 + 1);
        let moment = Now { event: EventState::Live, now: self.now, rev: self.rev + 1, next };
        let deed = judge(&part, activity.as_ref(), &asker, command, flagged, moment);
        let by_all = judge(&self.forum, activity.as_ref(), &asker, command, flagged, moment);
        assert_eq!(by_all, deed, "a part of the forum is enough");
        if let Some(deed) = deed? {
            self.rev += 1;
            self.forum.apply(&deed.change());
            let mut noted = asker;
            noted.note(&part, &deed);
            self.votes.extend(noted.votes.into_iter().map(|(post, vote)| ((id, post), vote)));
        }
        Ok(())
    }

    fn act(&mut self, act: &Act) -> Result<(), Refusal> {
        let part = about(act).map_or_else(|| self.forum.clone(), |posts| self.part(posts));
        let changes = super::act(&part, act, self.now, self.rev + 1);
        assert_eq!(super::act(&self.forum, act, self.now, self.rev + 1), changes, "a part of the forum is enough");
        self.commit(&part, changes?);
        Ok(())
    }

    fn undo(&mut self, changes: &[Change]) -> Result<(), Refusal> {
        let part = self.part(about_changes(changes));
        let undone = super::undo(&part, changes, self.rev + 1);
        assert_eq!(super::undo(&self.forum, changes, self.rev + 1), undone, "a part of the forum is enough");
        self.commit(&part, undone?);
        Ok(())
    }

    fn commit(&mut self, part: &Forum, changes: Vec<Change>) {
        if changes.is_empty() {
            return;
        }
        self.rev += 1;
        let mut after = part.clone();
        for change in forum_changes(part, &changes, self.rev) {
            after.apply(&change);
            self.forum.apply(&change);
        }
        for post in regrouped(part, &after, &changes) {
            let post = Post { votes: self.count(post), ..self.forum.post(post).unwrap().clone() };
            self.forum.apply(&ForumChange::Post(Arc::new(post)));
        }
        self.ledger.push(changes);
    }

    /// All that people see, without the versions of what they see.
    fn substance(&self) -> (Forum, Option<PostId>, bool, BTreeSet<ParticipantId>) {
        let posts = self.forum.posts().map(|post| Post { version: 0, ..(**post).clone() });
        let forum =
            Forum::new(Arc::new(QaSettings { version: 0, ..(*self.forum.settings).clone() }), posts.map(Arc::new));
        (forum, self.forum.highlight, self.forum.on_screen, self.forum.blocked.clone())
    }

    fn check(&self) {
        let forum = &self.forum;
        let mut anew = Forum::new(forum.settings.clone(), forum.posts().cloned());
        (anew.highlight, anew.on_screen, anew.blocked) = (forum.highlight, forum.on_screen, forum.blocked.clone());
        assert_eq!(*forum, anew, "by changes and from nothing");
        for post in forum.posts() {
            assert_eq!(post.votes, self.count(post.id), "{post:?}");
            assert!(post.votes.up + post.votes.down <= PEOPLE.into());
            let root = forum.post(forum.root(post.id)).unwrap();
            assert!(root.fields.merged_into.is_none() && root.votes.up > 0);
            if post.fields.state != PostState::Withdrawn {
                assert_ne!(root.fields.state, PostState::Withdrawn, "what a moderator keeps does not go with another");
            }
            assert_eq!(post.fields.in_bin(), post.fields.binned_from.is_some());
            assert_eq!(post.to, root.to, "what was sent to different places is never one");
            let (fields, votes) = (&post.fields, post.votes);
            let is_plain = fields.labels.is_empty() && fields.answered_at.is_none() && fields.reply.is_none();
            assert!(post.to.is_none() || (is_plain && votes.down == 0), "nobody answers or votes on a text: {post:?}");
        }
        if let Some(post) = forum.highlight {
            let post = forum.post(post).unwrap();
            assert!(post.fields.can_be_highlighted(), "{post:?}");
        }
        self.check_views();
    }

    fn check_views(&self) {
        let forum = &self.forum;
        let is_open = |id: &PostId| {
            let post = forum.post(*id).unwrap();
            post.to.is_none() && post.fields.is_shown()
        };
        let is_shown = |id: &PostId| forum.post(*id).unwrap().fields.is_shown();
        for watcher in [Viewer::Phone, Viewer::Screen, Viewer::Speaker(None), Viewer::Speaker(Some(2))] {
            let window = forum.window(watcher, true);
            assert!(window.posts.keys().chain(&window.highlight).all(is_open));
            let private = window.posts.values().any(|post| post.labels.contains(&2));
            assert!(!private || matches!(watcher, Viewer::Speaker(_)), "a private label");
            if watcher == Viewer::Speaker(Some(2)) {
                assert!(window.posts.values().all(|post| post.labels.contains(&2)));
            }
        }
        let shown = [Sort::Popular, Sort::Recent, Sort::Oldest, Sort::Answered].map(|sort| forum.shown(sort, None, ""));
        assert!(shown.iter().flatten().all(|post| is_open(&post.id)));
        let (questions, texts) = (Places::Questions, Places::Activity(to_wall()));
        for places in [questions, texts, Places::All(&[to_wall()])] {
            let counts = forum.counts(places);
            let lists = [List::Review, List::Reviewed, List::Published, List::Bin]
                .map(|list| forum.list(list, places, "").len() as u32);
            assert_eq!(lists, [counts.review, counts.reviewed, counts.published, counts.bin], "{places:?}");
        }
        let on_wall = forum.shown_texts(to_wall(), usize::MAX);
        let is_on_wall = |post: &&Arc<Post>| post.to == Some(to_wall()) && post.fields.is_shown();
        let expected: Vec<_> = forum.posts().filter(is_on_wall).map(|post| post.id).collect();
        assert!(on_wall.texts.keys().eq(&expected) && on_wall.shown as usize == expected.len());
        assert_eq!(on_wall.highlight, forum.highlight.filter(|post| expected.contains(post)));
        assert!(forum.moderation(BTreeMap::new()).posts.values().all(|post| post.state != PostState::Withdrawn));
        for n in 0..PEOPLE {
            for (id, own) in forum.own(person(n)).0 {
                let post = forum.post(id).unwrap();
                assert_eq!((post.author, &own.text), (person(n), &post.fields.text));
                assert!(own.merged_into.is_none_or(|root| root != id && is_shown(&root)));
                assert!(own.reply.is_none() || is_open(&forum.root(id)));
            }
        }
    }
}
