//! Questions from the room, on the live connection: who learns what of them, and when.

use std::collections::{BTreeMap, BTreeSet};

use parterre_protocol::{
    Act, Control, Outcome, PostCommand, PostId, QaSettings, RefusalCode, Vote,
    posts::{Label, PostState, PostStatus, QaState, Queue, Reason, ReasonCode, WordFilter},
    topics::{Audience, Topic},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::json;

use crate::{
    event::Event,
    house::House,
    live::{Live, cid, refused},
};

const ONE: PostId = PostId::new(1);

/// A studio that sees what there is to moderate.
pub(crate) fn moderating(event: &Event) -> Live {
    let mut studio = event.studio();
    studio.until("the questions", |studio| studio.has(Topic::Moderation));
    studio
}

/// A studio of an event that takes questions.
fn open(event: &Event) -> Live {
    let mut studio = moderating(event);
    studio.configure(|settings| {
        settings.state = QaState::Open;
        let label = |id, name: &str, public| Label { id, name: name.to_owned(), colour: 1, public };
        settings.labels = vec![label(1, "Travel", true), label(2, "wordlabel", false)];
    });
    studio
}

fn publish(studio: &mut Live, post: u32) {
    studio.until("the question", |studio| studio.moderates(post, |_| true));
    studio.moderate(Act::Move { posts: studio.seen(&[post]), to: Queue::Published });
}

#[test]
fn a_question_goes_from_its_author_by_a_moderator_to_all() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let (mut author, mut other, mut screen) = (event.phone(), event.phone(), event.screen());
    let refusal = author.post(PostCommand::Ask { text: "Too early?".to_owned(), name: None });
    assert_eq!(refused(&refusal), Some(RefusalCode::Closed));
    let mut studio = open(&event);
    for live in [&mut author, &mut other, &mut screen] {
        live.until("that questions are taken", |live| live.stage().qa.state == QaState::Open);
    }

    author.ask("Will travel be paid?");
    author.until("its number", |author| author.own(1).is_some_and(|own| own.fate == PostStatus::Waiting));
    studio.until("the question", |studio| studio.moderates(1, |post| post.state == PostState::Review));
    assert!(other.posts().posts.is_empty());

    publish(&mut studio, 1);
    author.until("that it is shown", |author| author.own(1).is_some_and(|own| own.fate == PostStatus::Shown));
    other.until("the question", |other| other.posts().posts.contains_key(&ONE));
    let vote = |vote| PostCommand::Vote { post: ONE, vote };
    assert!(matches!(other.post(vote(Vote::Up)), Outcome::Stored { .. }));
    assert_eq!(refused(&author.post(vote(Vote::None))), Some(RefusalCode::Invalid), "one's own vote stays");
    for live in [&mut author, &mut other, &mut screen] {
        live.until("the vote", |live| live.posts().posts.get(&ONE).is_some_and(|post| post.votes == 2));
    }

    studio.moderate(Act::Highlight { post: Some(ONE) });
    for live in [&mut author, &mut other, &mut screen] {
        live.until("the highlight", |live| live.posts().highlight == Some(ONE));
    }
    studio.steer(Control::Lobby);
    screen.until("the waiting screen", |screen| screen.posts().highlight.is_none());
    studio.moderate(Act::Show { on: true });
    screen.until("the list", |screen| screen.stage().qa.on_screen);
    studio.steer(Control::End);
    other.until("the end", |other| other.stage().qa.state == QaState::Closed);
    assert_eq!(other.posts().summary, None, "nobody said that it is to be shared");
}

#[test]
fn after_the_end_everybody_sees_what_became_of_all_questions_where_the_event_shares_it() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let mut studio = open(&event);
    studio.configure(|settings| settings.share = true);
    let mut phone = event.phone();
    ["Shown?", "Declined?"].iter().for_each(|text| phone.ask(text));
    publish(&mut studio, 1);
    studio.until("both", |studio| studio.moderates(2, |_| true));
    let reason = Some(Reason { code: ReasonCode::OffTopic, text: None });
    studio.moderate(Act::Decline { posts: studio.seen(&[2]), reason });
    phone.until("the question", |phone| phone.posts().published == 1);
    assert_eq!(phone.posts().summary, None, "it is not over");
    studio.steer(Control::End);
    let count = |summary: parterre_protocol::topics::QaSummary| (summary.asked, summary.shown, summary.declined);
    phone.until("the summary", |phone| {
        phone.posts().summary.map(count) == Some((2, 1, BTreeMap::from([(ReasonCode::OffTopic, 1)])))
    });
}

#[test]
fn what_is_hidden_is_gone_for_who_comes_in_just_then_and_its_author_learns_it() {
    let house = House::new(&[("PARTERRE_LIVE__POSTS_TICK_MS", "3600000")]);
    let event = Event::new(&house, &[]);
    let (mut studio, mut author) = (open(&event), event.phone());
    author.ask("Is wordgone here?");
    publish(&mut studio, 1);
    // The first publication needs no beat to be waited for: it is marked on the screen's.
    let mut screen = event.screen();
    screen.until("the question", |screen| screen.posts().published == 1);
    studio.until("that it is published", |studio| studio.moderates(1, |post| post.state == PostState::Published));
    studio.moderate(Act::Hide { posts: studio.seen(&[1]) });
    author.until("that it is hidden", |author| author.own(1).is_some_and(|own| own.fate == PostStatus::Hidden));
    screen.until("that it is gone", |screen| screen.posts().published == 0);
    let mut late = event.phone();
    late.catch_up();
    assert!(!late.heard.iter().any(|text| text.contains("wordgone")), "{:?}", late.heard);
}

#[test]
fn a_second_tab_and_a_new_connection_know_ones_own_questions_and_votes() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let mut studio = open(&event);
    let (device, mut other) = (event.device(), event.phone());
    other.ask("By somebody else?");
    publish(&mut studio, 1);
    let (mut first, mut second) = (event.enter(Audience::Phone, &device), event.enter(Audience::Phone, &device));
    first.until("the question", |first| first.posts().published == 1);
    first.ask("My own?");
    assert!(matches!(first.post(PostCommand::Vote { post: ONE, vote: Vote::Up }), Outcome::Stored { .. }));
    let knows = |live: &Live| live.own(2).is_some() && live.me().votes == BTreeMap::from([(ONE, Vote::Up)]);
    second.until("both", knows);
    let third = event.enter(Audience::Phone, &device);
    assert!(knows(&third), "{:?}", third.me());
    // A moderator's act on both is told to the author of one of them only.
    studio.until("both", |studio| studio.moderates(2, |_| true));
    studio.moderate(Act::Block { post: PostId::new(2), on: true });
    second.until("the block", |second| second.me().blocked);
    let refusal = first.post(PostCommand::Ask { text: "Once more?".to_owned(), name: None });
    assert_eq!(refused(&refusal), Some(RefusalCode::Blocked));
    assert!(!other.me().blocked);
}

#[test]
fn nobody_moderates_but_moderators_and_nobody_asks_but_participants() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let (mut studio, mut phone, mut screen) = (open(&event), event.phone(), event.screen());
    phone.ask("May I publish this?");
    studio.until("the question", |studio| studio.moderates(1, |_| true));
    let act = Act::Move { posts: studio.seen(&[1]), to: Queue::Published };
    for live in [&mut phone, &mut screen] {
        assert_eq!(refused(&live.act(act.clone())), Some(RefusalCode::Forbidden));
    }
    for live in [&mut studio, &mut screen] {
        let refusal = live.post(PostCommand::Ask { text: "And I ask?".to_owned(), name: None });
        assert_eq!(refused(&refusal), Some(RefusalCode::Forbidden));
    }
    let mut steering = event.enter(Audience::Screen, &house.owner());
    steering.moderate(act.clone());
    assert_eq!(refused(&studio.act(act)), Some(RefusalCode::Stale), "the facilitator at the screen was first");
    phone.until("the question", |phone| phone.posts().published == 1);
}

/// Something that somebody does; posts by any number.
#[derive(Clone, Debug)]
enum Step {
    Ask(usize, bool),
    Reword(usize, u32),
    Withdraw(usize, u32),
    Vote(usize, u32, Vote),
    Act(u8, Vec<u32>, bool),
}

const PHONES: usize = 3;

fn step() -> impl Strategy<Value = Step> {
    let (phone, post) = (|| 0..PHONES, || 0..12u32);
    prop_oneof![
        5 => (phone(), any::<bool>()).prop_map(|(phone, named)| Step::Ask(phone, named)),
        1 => (phone(), post()).prop_map(|(phone, post)| Step::Reword(phone, post)),
        1 => (phone(), post()).prop_map(|(phone, post)| Step::Withdraw(phone, post)),
        4 => (phone(), post(), prop_oneof![Just(Vote::Up), Just(Vote::None)])
            .prop_map(|(phone, post, vote)| Step::Vote(phone, post, vote)),
        9 => (0..13u8, prop::collection::vec(post(), 1..3), any::<bool>())
            .prop_map(|(what, posts, on)| Step::Act(what, posts, on)),
    ]
}

/// A question as the test knows it.
#[derive(Default)]
struct TrackedQuestion {
    author: usize,
    /// The words of its text, name and reply as they are now.
    words: [Option<String>; 3],
    /// Whether it was ever published.
    published: bool,
}

const TEXT: usize = 0;
const NAME: usize = 1;
const REPLY: usize = 2;

/// All that happens in an event, told by somebody who was there.
struct Story<'a> {
    event: &'a Event<'a>,
    studio: Live,
    screen: Live,
    phones: Vec<Live>,
    posts: Vec<TrackedQuestion>,
    words: usize,
    acts: usize,
    /// Words that all may have seen.
    public: BTreeSet<String>,
    /// Words that one participant may have seen.
    own: Vec<BTreeSet<String>>,
}

impl<'a> Story<'a> {
    fn new(event: &'a Event<'a>) -> Self {
        let studio = open(event);
        let phones = (0..PHONES).map(|_| event.phone()).collect();
        let own = vec![BTreeSet::new(); PHONES];
        let (posts, public) = (Vec::new(), BTreeSet::new());
        Self { event, studio, screen: event.screen(), phones, posts, words: 0, acts: 0, public, own }
    }

    fn word(&mut self) -> String {
        self.words += 1;
        format!("word{}end", self.words)
    }

    /// The number of a post, if there is any.
    fn number(&self, any: u32) -> Option<u32> {
        let count = self.posts.len() as u32;
        (count > 0).then(|| any % count + 1)
    }

    /// A word has come into a post, in place of the former; where it is published, before all eyes.
    fn put(&mut self, post: u32, place: usize, word: String) {
        let known = &mut self.posts[post as usize - 1];
        self.own[known.author].insert(word.clone());
        if known.published {
            self.public.insert(word.clone());
        }
        known.words[place] = Some(word);
    }

    fn carry_out(&mut self, step: &Step) {
        match *step {
            Step::Ask(phone, named) => {
                let (text, name) = (self.word(), named.then(|| self.word()));
                let command = PostCommand::Ask { text: format!("{text}?"), name: name.clone() };
                if stored(&self.phones[phone].post(command)) {
                    self.posts.push(TrackedQuestion { author: phone, ..TrackedQuestion::default() });
                    let number = self.posts.len() as u32;
                    self.put(number, TEXT, text);
                    name.into_iter().for_each(|name| self.put(number, NAME, name));
                    self.studio.until("the question", |studio| studio.moderates(number, |_| true));
                    self.phones[phone].until("the question", |phone| phone.own(number).is_some());
                }
            }
            Step::Reword(phone, post) => {
                let (Some(post), word) = (self.number(post), self.word()) else { return };
                let command = PostCommand::Edit { post: PostId::new(post), text: format!("{word}?") };
                if stored(&self.phones[phone].post(command)) {
                    self.put(post, TEXT, word);
                }
            }
            Step::Withdraw(phone, post) => {
                let Some(post) = self.number(post) else { return };
                self.phones[phone].post(PostCommand::Withdraw { post: PostId::new(post) });
            }
            Step::Vote(phone, post, vote) => {
                let Some(post) = self.number(post) else { return };
                self.phones[phone].post(PostCommand::Vote { post: PostId::new(post), vote });
            }
            Step::Act(what, ref posts, on) => {
                let posts: BTreeSet<_> = posts.iter().filter_map(|post| self.number(*post)).collect();
                let posts: Vec<_> = posts.into_iter().collect();
                if !posts.is_empty() {
                    self.act(what, &posts, on);
                }
            }
        }
    }

    fn act(&mut self, what: u8, posts: &[u32], on: bool) {
        self.acts += 1;
        if self.acts.is_multiple_of(15) {
            // One connection may not say more than 60 things at once.
            self.studio = moderating(self.event);
        }
        self.studio.catch_up();
        let seen = self.studio.seen(posts);
        let word = self.word();
        let act = match what {
            0..=3 => Act::Move { posts: seen, to: Queue::Published },
            4 => Act::Move { posts: seen, to: Queue::Reviewed },
            5 => Act::Hide { posts: seen },
            6 => Act::Restore { posts: seen },
            7 => {
                let reason = Reason { code: ReasonCode::Other, text: Some(word.clone()) };
                Act::Decline { posts: seen, reason: Some(reason) }
            }
            8 => Act::Edit { post: seen[0], text: format!("{word}!") },
            9 => Act::Reply { post: seen[0], text: format!("{word}.") },
            10 => Act::Label { posts: seen, label: if on { 1 } else { 2 }, on: true },
            11 => Act::Merge { into: seen[0], posts: seen[1..].to_vec() },
            _ => Act::Highlight { post: Some(PostId::new(posts[0])) },
        };
        let publishes = matches!(act, Act::Move { to: Queue::Published, .. } | Act::Restore { .. });
        if !stored(&self.studio.act(act)) {
            return;
        }
        match what {
            // The reason is its author's own; the words of the others are for all where the post is
            // published.
            7 => {
                for post in posts {
                    let author = self.posts[*post as usize - 1].author;
                    self.own[author].insert(word.clone());
                }
            }
            8 => self.put(posts[0], TEXT, word),
            9 => self.put(posts[0], REPLY, word),
            _ => {}
        }
        for post in posts.iter().filter(|_| publishes) {
            let known = &mut self.posts[*post as usize - 1];
            known.published |= what <= 3;
            if known.published {
                self.public.extend(known.words.iter().flatten().cloned());
            }
        }
    }

    /// Everybody ends with what somebody sees who comes just now, and has heard nothing that was
    /// not for them.
    fn end(mut self) {
        let (mut fresh_studio, mut fresh) = (moderating(self.event), self.event.phone());
        // A last word, after which all that was before has been told.
        self.studio.moderate(Act::Show { on: true });
        let last = |live: &Live| live.stage().qa.on_screen;
        for live in self.phones.iter_mut().chain([&mut self.studio, &mut self.screen, &mut fresh, &mut fresh_studio]) {
            live.until("the last word", last);
            live.catch_up();
        }
        assert_eq!(self.studio.moderation(), fresh_studio.moderation());
        for phone in &self.phones {
            assert_eq!(phone.posts(), fresh.posts());
        }
        assert_eq!(self.screen.posts().published, fresh.posts().published);
        let nobody = BTreeSet::new();
        let heard = self.phones.iter().zip(&self.own).chain([(&self.screen, &nobody), (&fresh, &nobody)]);
        for (live, own) in heard {
            for text in &live.heard {
                assert!(!live.has(Topic::Moderation));
                for word in words(text) {
                    assert!(self.public.contains(word) || own.contains(word), "{word} in {text}");
                }
            }
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.starts_with("word"))
}

fn stored(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Stored { .. } => true,
        Outcome::Refused { .. } => false,
        Outcome::Later { .. } => panic!("{outcome:?}"),
    }
}

#[test]
fn whatever_is_asked_and_moderated_all_end_with_the_same_and_nobody_hears_what_is_not_for_all() {
    let settings = ["POSTS", "MODERATION", "SCREEN"].map(|rate| (format!("PARTERRE_LIVE__{rate}_TICK_MS"), "5"));
    let house = House::new(&settings.each_ref().map(|(name, value)| (name.as_str(), *value)));
    let config = Config { cases: 12, max_shrink_iters: 0, failure_persistence: None, ..Config::default() };
    let steps = prop::collection::vec(step(), 20..60);
    let checked = TestRunner::new(config).run(&steps, |steps| {
        let event = Event::new(&house, &[]);
        let mut story = Story::new(&event);
        steps.iter().for_each(|step| story.carry_out(step));
        story.end();
        Ok(())
    });
    checked.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn a_setting_that_is_not_named_stays_as_it_is() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let mut studio = open(&event);
    studio.configure(|settings| {
        (settings.review, settings.downvotes, settings.share) = (false, true, true);
        settings.filter.words = vec!["zorg".to_owned()];
    });
    let before = studio.moderation().settings;
    let posted = format!("/api/v1/live?event={}&as=studio", event.id);
    let configure = |version: i64, settings: serde_json::Value| {
        let act = json!({"do": "configure", "version": version, "settings": settings});
        let command = json!({"t": "moderate", "cid": cid(), "act": act});
        house.owner().ask("POST", &posted, &command).expect(200).json()
    };
    let stored = configure(before.version, json!({"state": "closed", "filter": {"on": false}, "labels": null}));
    assert_eq!(stored["status"], "stored", "{stored}");
    studio.until("the change", |studio| studio.moderation().settings.version > before.version);
    let after = studio.moderation().settings;
    let filter = WordFilter { on: false, ..before.filter.clone() };
    assert_eq!(after, QaSettings { version: after.version, state: QaState::Closed, filter, ..before.clone() });
    let stale = configure(before.version, json!({"state": "open"}));
    assert_eq!((&stale["status"], &stale["code"]), (&json!("refused"), &json!("stale")));
    let wrong = configure(after.version, json!({"state": "ajar"}));
    let said = wrong["message"].as_str().expect("a sentence");
    assert!(said.contains(r#"it must be "off", "open" or "closed""#), "{said}");
}
