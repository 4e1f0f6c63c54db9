//! An event with three participants, a moderator and a text wall on stage. All go by the rules of
//! the domain; every text is a word of its own, so that it can be told who is shown what.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use parterre_domain::{
    activity::Activity,
    event::{Event, EventKind, JoinCode},
    forum::{Forum, ForumChange},
    ids::WorkspaceId,
    kinds::versions::Versions,
    moderation::{self, Change},
    post::{AuthorHistory, Now, Post, PostFields, PostWrite, VoteCount, judge, together},
    tally::RunningTally,
    timer::Timer,
};
use parterre_protocol::{
    Act, ActivityId, EventId, LabelId, Millis, ParticipantId, PostCommand, PostId, QaSettings, TextWall, Vote,
    posts::{ActivityRound, Label, NamePolicy, PostRef, QaState, Queue, Reason, ReasonCode},
    topics::{ActivityState, Audience, EventState, OwnPost},
};
use parterre_store::{ParticipantRecord, RoomState};
use proptest::prelude::*;
use uuid::Uuid;

use crate::room::effect::Effect;

const PEOPLE: u32 = 3;
/// Of no post's number, time or version, so that it can be searched for.
pub(super) const PRIVATE_LABEL: LabelId = 40_002;
const PRIVATE_NAME: &str = "wordprivate";

/// Something that somebody does. Posts are named by any number, and so is everything else.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Nothing,
    Ask { who: u32, named: bool },
    Send { who: u32, named: bool },
    Reword { who: u32, post: u32 },
    Withdraw { who: u32, post: u32 },
    Vote { who: u32, post: u32, vote: Vote },
    Act { what: u8, posts: Vec<u32>, on: bool },
    Undo { act: u32 },
    Configure { what: u8 },
    Results(bool),
    End(bool),
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let who = || 0..PEOPLE;
    let post = || 0..40u32;
    let vote = prop_oneof![Just(Vote::Up), Just(Vote::Down), Just(Vote::None)];
    prop_oneof![
        8 => (who(), any::<bool>()).prop_map(|(who, named)| Step::Ask { who, named }),
        8 => (who(), any::<bool>()).prop_map(|(who, named)| Step::Send { who, named }),
        2 => (who(), post()).prop_map(|(who, post)| Step::Reword { who, post }),
        2 => (who(), post()).prop_map(|(who, post)| Step::Withdraw { who, post }),
        8 => (who(), post(), vote).prop_map(|(who, post, vote)| Step::Vote { who, post, vote }),
        20 => (0..18u8, prop::collection::vec(post(), 1..4), prop::bool::weighted(0.7))
            .prop_map(|(what, posts, on)| Step::Act { what, posts, on }),
        4 => (0..9u32).prop_map(|act| Step::Undo { act }),
        2 => (0..6u8).prop_map(|what| Step::Configure { what }),
        2 => any::<bool>().prop_map(Step::Results),
        1 => any::<bool>().prop_map(Step::End),
    ]
}

pub(super) struct World {
    pub(super) state: RoomState,
    votes: BTreeMap<(ParticipantId, PostId), Vote>,
    acts: Vec<Vec<Change>>,
    words: u32,
    /// What stands behind every word.
    tail: &'static str,
}

impl World {
    pub(super) fn new() -> Self {
        let label = |id, name: &str, public| Label { id, name: name.to_owned(), colour: 1, public };
        let settings = QaSettings {
            state: QaState::Open,
            labels: vec![label(1, "Travel", true), label(PRIVATE_LABEL, PRIVATE_NAME, false)],
            ..QaSettings::default()
        };
        let event = Event {
            id: EventId::new(Uuid::nil()),
            workspace: WorkspaceId::new(Uuid::nil()),
            name: "Annual meeting".to_owned(),
            code: JoinCode::parse("TULIP").unwrap(),
            kind: EventKind::Gathering,
            state: EventState::Live,
            names: false,
            language: None,
            results_shared: false,
            rev: 1,
            created_at: 0,
        };
        let forum = Arc::new(Forum::new(Arc::new(settings), []));
        let wall = wall();
        let tally = Some(Arc::new(RunningTally::empty(&wall.settings)));
        let state = RoomState {
            event,
            staged: Some(wall.id),
            activities: vec![wall],
            respondents: BTreeMap::new(),
            tally,
            forum,
            joined: PEOPLE,
            answerers: None,
        };
        Self { state, votes: BTreeMap::new(), acts: Vec::new(), words: 0, tail: "" }
    }

    /// From now on texts are about as long as the limit allows.
    pub(super) fn long_texts(&mut self) {
        self.tail = " Will the association pay the whole way of members who come from overseas, as it did two years ago \
                     when the meeting was in Lisbon, and if it does, from which part of the budget will it be taken, and \
                     who decides about that before the next meeting of the board in spring?";
    }

    fn word(&mut self, what: &str) -> String {
        self.words += 1;
        format!("{what} word{}{}", self.words, self.tail)
    }

    fn now(&self) -> Millis {
        1000 + self.state.event.rev
    }

    /// Carries a step out, if it can be, and says what that means.
    pub(super) fn carry_out(&mut self, step: &Step) -> Effect {
        let mut effect = Effect::default();
        if let Step::End(over) = step {
            self.state.event.state = if *over { EventState::Ended } else { EventState::Live };
            self.state.event.rev += 1;
            effect.is_urgent = true;
            return effect;
        }
        if let Step::Results(visible) = step {
            self.state.activities[0].results = *visible;
            self.state.event.rev += 1;
            effect.is_urgent = true;
            return effect;
        }
        let changes = self.changes(step);
        if !changes.is_empty() {
            self.state.event.rev += 1;
        }
        let forum = Arc::make_mut(&mut self.state.forum);
        for change in &changes {
            effect.note(forum, change);
            forum.apply(change);
        }
        effect
    }

    fn changes(&mut self, step: &Step) -> Vec<ForumChange> {
        match step {
            Step::Nothing | Step::Results(_) | Step::End(_) => Vec::new(),
            Step::Ask { who, named } => {
                let (text, name) = (self.word("text"), named.then(|| self.word("name")));
                self.command(*who, &PostCommand::Ask { text, name })
            }
            Step::Send { who, named } => {
                let (text, name) = (self.word("text"), named.then(|| self.word("name")));
                self.command(*who, &PostCommand::Send { to: self.to_wall(), text, name })
            }
            Step::Reword { who, post } => {
                let (post, text) = (self.post(*post), self.word("text"));
                self.command(*who, &PostCommand::Edit { post, text })
            }
            Step::Withdraw { who, post } => self.command(*who, &PostCommand::Withdraw { post: self.post(*post) }),
            Step::Vote { who, post, vote } => {
                self.command(*who, &PostCommand::Vote { post: self.post(*post), vote: *vote })
            }
            Step::Act { what, posts, on } => {
                let act = self.act(*what, posts, *on);
                let changes = moderation::act(&self.state.forum, &act, self.now(), self.state.event.rev + 1);
                self.moderated(changes.unwrap_or_default())
            }
            Step::Undo { act } => {
                let Some(changes) = self.acts.get(*act as usize % self.acts.len().max(1)) else { return Vec::new() };
                let undone = moderation::undo(&self.state.forum, changes, self.state.event.rev + 1);
                self.moderated(undone.unwrap_or_default())
            }
            Step::Configure { what } => {
                let act = self.configured(*what);
                let changes = moderation::act(&self.state.forum, &act, self.now(), self.state.event.rev + 1);
                self.moderated(changes.unwrap_or_default())
            }
        }
    }

    fn command(&mut self, who: u32, command: &PostCommand) -> Vec<ForumChange> {
        let id = person(who);
        let mut asker = AuthorHistory::new(id);
        let own = self.votes.iter().filter(|((voter, _), _)| *voter == id);
        asker.votes.extend(own.map(|((_, post), vote)| (*post, *vote)));
        let moment = Now {
            event: self.state.event.state,
            now: self.now(),
            rev: self.state.event.rev + 1,
            next: PostId::new(self.state.forum.posts().count() as u32 + 1),
        };
        let post = match command {
            PostCommand::Edit { post, .. } | PostCommand::Withdraw { post } => self.state.forum.post(*post),
            _ => None,
        };
        let is_to_wall = matches!(command, PostCommand::Send { .. }) || post.is_some_and(|post| post.to.is_some());
        let activity = is_to_wall.then(|| &self.state.activities[0]);
        let judged = judge(&self.state.forum, activity, &asker, command, false, moment);
        let Ok(Some(deed)) = judged else { return Vec::new() };
        match &deed {
            PostWrite::Ask(post) => drop(self.votes.insert((id, post.id), Vote::Up)),
            PostWrite::Vote { rows, after, .. } => self.votes.extend(rows.iter().map(|post| ((id, *post), *after))),
            PostWrite::Change(_) => {}
        }
        vec![deed.change()]
    }

    /// The act with this number on these posts.
    fn act(&mut self, what: u8, posts: &[u32], on: bool) -> Act {
        let posts: BTreeSet<_> = posts.iter().map(|post| self.post(*post)).collect();
        let seen =
            |post: &PostId| PostRef { post: *post, version: self.state.forum.post(*post).map_or(0, |it| it.version) };
        let posts: Vec<_> = posts.iter().map(seen).collect();
        let (first, rest) = (posts[0], posts[1..].to_vec());
        match what {
            0..=4 => Act::Move { posts, to: Queue::Published },
            5 => Act::Move { posts, to: if on { Queue::Review } else { Queue::Reviewed } },
            6 => Act::Decline {
                posts,
                reason: Some(Reason { code: ReasonCode::OffTopic, text: Some(self.word("reason")) }),
            },
            7 => Act::Hide { posts },
            8 => Act::Restore { posts },
            9 => Act::Edit { post: first, text: self.word("text") },
            10 | 11 => Act::Merge { into: first, posts: rest },
            12 => Act::Unmerge { posts },
            13 => Act::Label { posts, label: if self.words.is_multiple_of(2) { 1 } else { PRIVATE_LABEL }, on },
            14 => Act::Pin { posts, on },
            15 => Act::Answered { posts, on },
            16 => Act::Reply { post: first, text: if on { self.word("reply") } else { String::new() } },
            _ if on => Act::Highlight { post: Some(first.post) },
            _ => Act::Block { post: first.post, on: self.words.is_multiple_of(2) },
        }
    }

    fn configured(&self, what: u8) -> Act {
        let mut settings = (*self.state.forum.settings).clone();
        let version = settings.version;
        match what {
            0 => settings.review = !settings.review,
            1 => settings.downvotes = !settings.downvotes,
            2 => settings.share = !settings.share,
            3 => {
                settings.labels.iter_mut().filter(|label| label.id == 1).for_each(|label| label.public = !label.public)
            }
            4 => settings.labels.retain(|label| label.id != 1),
            _ => return Act::Show { on: !self.state.forum.on_screen },
        }
        Act::Configure { version, settings: settings.into() }
    }

    /// The changes of an act, and the votes that are counted anew.
    fn moderated(&mut self, changes: Vec<Change>) -> Vec<ForumChange> {
        let before = &self.state.forum;
        let rev = self.state.event.rev + 1;
        let mut made = moderation::forum_changes(before, &changes, rev);
        let mut after = Forum::clone(before);
        made.iter().for_each(|change| after.apply(change));
        for id in moderation::regrouped(before, &after, &changes) {
            let Some(post) = after.post(id) else { continue };
            let votes = if after.root(id) == id { self.count(&after.group(id)) } else { VoteCount::default() };
            made.push(ForumChange::Post(Arc::new(Post { votes, ..post.clone() })));
        }
        if !changes.is_empty() {
            self.acts.push(changes);
        }
        made
    }

    fn count(&self, group: &BTreeSet<PostId>) -> VoteCount {
        let mut count = VoteCount::default();
        for who in 0..PEOPLE {
            let of = |post: &PostId| self.votes.get(&(person(who), *post)).copied().unwrap_or_default();
            count.change(Vote::None, together(group.iter().map(of)));
        }
        count
    }

    /// Where texts of the wall are sent to.
    fn to_wall(&self) -> ActivityRound {
        self.state.activities[0].texts().expect("people send texts to a wall")
    }

    fn post(&self, any: u32) -> PostId {
        PostId::new(any % (self.state.forum.posts().count() as u32).max(1) + 1)
    }

    /// What each participant is told of their own.
    pub(super) fn mine(&self) -> BTreeMap<ParticipantId, BTreeMap<PostId, OwnPost>> {
        (0..PEOPLE).map(|who| (person(who), self.state.forum.own(person(who)).0)).collect()
    }

    /// What the store knows of each participant.
    pub(super) fn known(&self) -> Vec<ParticipantRecord> {
        let of = |id: ParticipantId| ParticipantRecord {
            id,
            name: None,
            responses: BTreeMap::new(),
            votes: self
                .votes
                .iter()
                .filter(|((who, _), _)| *who == id)
                .map(|((_, post), vote)| (*post, *vote))
                .collect(),
            blocked: self.state.forum.blocked.contains(&id),
            rev: self.state.event.rev,
        };
        (0..PEOPLE).map(|who| of(person(who))).collect()
    }

    /// Everything that waits is published.
    pub(super) fn publish_all(&mut self) {
        let posts: Vec<u32> = (0..self.state.forum.posts().count() as u32).collect();
        self.carry_out(&Step::Act { what: 0, posts, on: true });
    }

    /// A published question.
    pub(super) fn put_published(&mut self, number: u32) {
        let text = self.word("text");
        let name = number.is_multiple_of(2).then(|| format!("Somebody {number}"));
        let (id, rev) = (PostId::new(number + 1), self.state.event.rev + 1);
        let fields = PostFields { labels: vec![1], ..PostFields::new(text, Queue::Published, 0) };
        let votes = VoteCount { up: 1, down: 0 };
        let (author, at) = (ParticipantId::new(Uuid::from_u128(number.into())), 1_790_000_000_000);
        let post = Post { id, to: None, author, name, at, flagged: false, version: rev, fields, votes };
        Arc::make_mut(&mut self.state.forum).apply(&ForumChange::Post(Arc::new(post)));
        self.state.event.rev = rev;
    }

    /// Somebody else supports a question.
    pub(super) fn support(&mut self, post: u32) {
        let change = ForumChange::Voted { post: PostId::new(post), before: Vote::None, after: Vote::Up };
        Arc::make_mut(&mut self.state.forum).apply(&change);
        self.state.event.rev += 1;
    }

    /// Fails where a frame holds a word that is not for this audience.
    pub(super) fn check_outside(&self, frame: &str, audience: Audience, label: Option<LabelId>) {
        let sees_wall = audience != Audience::Speaker && self.state.activities[0].results;
        let is_seen = |post: &&Arc<Post>| {
            let has_label = label.is_none_or(|label| post.fields.labels.contains(&label));
            post.fields.is_shown() && if post.to.is_some() { sees_wall } else { has_label }
        };
        let texts = |post: &Arc<Post>| [Some(post.fields.text.clone()), post.name.clone(), post.fields.reply.clone()];
        let shown: Vec<_> = self.state.forum.posts().filter(is_seen).flat_map(texts).flatten().collect();
        let mut allowed: BTreeSet<_> = shown.iter().flat_map(|text| words(text)).collect();
        if audience == Audience::Speaker {
            allowed.insert(PRIVATE_NAME);
        } else {
            assert!(!frame.contains(&PRIVATE_LABEL.to_string()), "{audience}: a private label in {frame}");
        }
        for word in words(frame) {
            assert!(allowed.contains(word), "{audience} {label:?}: {word} in {frame}");
        }
    }

    /// Fails where what a participant is told of their own holds a word of another, or one that is
    /// not for its author.
    pub(super) fn check_own(&self, me: &str, who: ParticipantId) {
        let forum = &self.state.forum;
        let mut texts = Vec::new();
        for post in forum.posts_by(who) {
            let root = forum.post(forum.root(post.id)).unwrap();
            let reason = post.fields.reason.as_ref().and_then(|reason| reason.text.as_ref());
            texts.extend([Some(&post.fields.text), post.name.as_ref()]);
            texts.push(reason.filter(|_| root.id == post.id));
            texts.push(root.fields.reply.as_ref().filter(|_| root.fields.is_shown()));
        }
        let allowed: BTreeSet<_> = texts.into_iter().flatten().flat_map(|text| words(text)).collect();
        for word in words(me) {
            assert!(allowed.contains(word), "{word} in {me}");
        }
    }
}

/// An open text wall, which reviews nothing.
fn wall() -> Activity {
    let (title, names) = ("What should we stop doing?".to_owned(), NamePolicy::Either);
    Activity {
        id: ActivityId::new(Uuid::from_u128(7)),
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

/// The words in a text of which each is only in one.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.starts_with("word"))
}

fn person(who: u32) -> ParticipantId {
    ParticipantId::new(Uuid::from_u128(u128::from(who) + 1))
}
