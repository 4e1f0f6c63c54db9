//! What clients were shown. Every frame is checked on arrival: its rev must not go backwards, and
//! this version of a topic must be the same for everyone who is shown it. The content of each
//! version is kept once, to be compared with the database after the run.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
};

use parterre_protocol::{
    EventId, PostId, Rev,
    posts::PostState,
    topics::{Audience, Posts, Results, Stage, Topic},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::history::{Time, Who};
use crate::topic_cache::hash;

/// How many violations of each kind are described. Further ones are only counted.
const TOLD: usize = 20;

/// A version of a topic for an audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version {
    /// The event of the client.
    pub event: EventId,
    /// The audience of the client.
    pub audience: AudienceKey,
    /// The topic.
    pub topic: TopicKey,
    /// Its rev.
    pub rev: Rev,
}

/// [`Topic`] with an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TopicKey {
    /// `stage`.
    Stage,
    /// `results`.
    Results,
    /// `posts`.
    Posts,
    /// `moderation`.
    Moderation,
    /// `presence`.
    Presence,
    /// `me`.
    Me,
}

/// [`Audience`] with an order. Studios and moderators see the same questions, but not the same
/// stage.
pub type AudienceKey = &'static str;

impl From<Topic> for TopicKey {
    fn from(topic: Topic) -> Self {
        match topic {
            Topic::Stage => Self::Stage,
            Topic::Results => Self::Results,
            Topic::Posts => Self::Posts,
            Topic::Moderation => Self::Moderation,
            Topic::Presence => Self::Presence,
            Topic::Me => Self::Me,
        }
    }
}

/// The name of an audience.
pub const fn audience(audience: Audience) -> AudienceKey {
    match audience {
        Audience::Phone => "phone",
        Audience::Screen => "screen",
        Audience::Studio => "studio",
        Audience::Moderator => "moderator",
        Audience::Speaker => "speaker",
    }
}

/// The content of a topic.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// `stage`.
    Stage(Stage),
    /// `results`.
    Results(Results),
    /// `posts`.
    Posts(Posts),
    /// `moderation`: where each post was, since which version, with how many votes.
    Moderation(BTreeMap<PostId, (PostState, Rev, u32)>),
    /// Content that does not fit the protocol.
    Unreadable(String),
}

/// The content of a version, as it was first seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// What was shown.
    pub content: Content,
    /// The first client that saw it, by number.
    pub client: usize,
    /// When.
    pub at: Time,
    hash: u64,
}

/// Violations of one rule: how many, and descriptions of the first ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wrongs {
    /// How many.
    pub count: usize,
    /// The first ones.
    pub told: Vec<String>,
}

impl Wrongs {
    /// Records one.
    pub fn note(&mut self, what: impl FnOnce() -> String) {
        self.count += 1;
        if self.told.len() < TOLD {
            self.told.push(what());
        }
    }
}

/// A frame as it arrived.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The client, by number.
    pub client: usize,
    /// When.
    pub at: Time,
    /// The topic.
    pub topic: Topic,
    /// The version that it leads to.
    pub rev: Rev,
    /// For a delta, the version that it applies to.
    pub from: Option<Rev>,
    /// The message.
    pub text: &'a str,
    /// What the client holds after applying it.
    pub held: &'a Value,
}

/// Everything that was seen.
#[derive(Default)]
pub struct Observations {
    /// The content of each version of `stage`, `results`, `posts` and `moderation`.
    pub contents: HashMap<Version, Observation>,
    /// Revs that went backwards.
    pub backwards: Wrongs,
    /// Versions with two different contents or encodings.
    pub differing: Wrongs,
    /// Frames of another event or another participant.
    pub astray: Wrongs,
    /// How many frames there were.
    pub frames: u64,
    /// For each client and topic the highest rev and the hash of its content.
    held: Vec<[(Rev, u64); 6]>,
    /// The hash of the content after a message, by the hashes of the content before and of the
    /// message, so that it is computed once.
    known: HashMap<(u64, u64), u64>,
    /// The hash of each encoded frame, by version and by the version that a delta applies to.
    bytes: HashMap<(Version, Rev), u64>,
}

impl Observations {
    /// Records a frame.
    pub fn look(&mut self, who: &Who, frame: &Frame<'_>) {
        self.frames += 1;
        if self.held.len() <= frame.client {
            self.held.resize(frame.client + 1, [(0, 0); 6]);
        }
        let topic = TopicKey::from(frame.topic);
        let (highest, before) = self.held[frame.client][topic as usize];
        if frame.rev < highest {
            let Frame { rev, at, .. } = *frame;
            let name = &who.name;
            self.backwards.note(|| format!("{name}: {topic:?} went from rev {highest} to {rev} at {at} ms"));
            return;
        }
        let text = hash(frame.text);
        let key = (if frame.from.is_some() { before } else { 0 }, text);
        let content = *self.known.entry(key).or_insert_with(|| hash_of(frame.held));
        self.held[frame.client][topic as usize] = (frame.rev, content);
        match topic {
            TopicKey::Presence => {}
            TopicKey::Me => self.look_at_me(who, frame),
            _ => self.compare(who, frame, topic, text, content),
        }
    }

    /// A client has a new connection. The rev of presence is the clock of its node, which may be
    /// behind that of another node, so it starts over. All other revs continue.
    pub fn reconnected(&mut self, client: usize) {
        if let Some(held) = self.held.get_mut(client) {
            held[TopicKey::Presence as usize] = (0, 0);
        }
    }

    fn look_at_me(&mut self, who: &Who, frame: &Frame<'_>) {
        let own = frame.held.get("participant").and_then(Value::as_str);
        if own != who.participant.map(|it| it.to_string()).as_deref() {
            self.astray.note(|| format!("{} was sent `me` of {own:?}", who.name));
        }
    }

    fn compare(&mut self, who: &Who, frame: &Frame<'_>, topic: TopicKey, text: u64, hash: u64) {
        let version = Version { event: who.event, audience: audience(who.audience), topic, rev: frame.rev };
        let place = (version, frame.from.unwrap_or(Rev::MIN));
        if *self.bytes.entry(place).or_insert(text) != text {
            let from = frame.from;
            self.differing.note(|| format!("{}: other bytes of {version:?} from {from:?}: {}", who.name, frame.text));
        }
        let Some(seen) = self.contents.get(&version) else {
            let content = content(topic, frame.held);
            if let Content::Stage(stage) = &content
                && stage.event.id != who.event
            {
                self.astray.note(|| format!("{} was sent the stage of {}", who.name, stage.event.id));
            }
            let observation = Observation { content, client: frame.client, at: frame.at, hash };
            self.contents.insert(version, observation);
            return;
        };
        if seen.hash != hash {
            let (first, now) = (&seen.content, content(topic, frame.held));
            let (at, client) = (seen.at, seen.client);
            self.differing
                .note(|| format!("{version:?} was {first:?} for client {client} at {at} ms, for {} {now:?}", who.name));
        }
    }

    /// Every version that was seen, as JSON lines.
    pub fn lines(&self) -> impl Iterator<Item = Value> + '_ {
        let mut observations: Vec<_> = self.contents.iter().collect();
        observations.sort_by_key(|(version, _)| **version);
        observations.into_iter().map(|(version, observation)| {
            serde_json::json!({
                "event": version.event, "audience": version.audience, "topic": version.topic, "rev": version.rev,
                "client": observation.client, "at": observation.at, "content": format!("{:?}", observation.content),
            })
        })
    }

    /// Every version of a topic that was seen, in order.
    pub fn in_order(&self, topic: TopicKey) -> Vec<(&Version, &Observation)> {
        let mut observations: Vec<_> = self.contents.iter().filter(|(version, _)| version.topic == topic).collect();
        observations.sort_by_key(|(version, _)| **version);
        observations
    }
}

fn hash_of(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    // Equal values have their keys in the same order.
    value.to_string().hash(&mut hasher);
    hasher.finish()
}

fn content(topic: TopicKey, held: &Value) -> Content {
    let read = match topic {
        TopicKey::Stage => Stage::deserialize(held).map(Content::Stage),
        TopicKey::Results => Results::deserialize(held).map(Content::Results),
        TopicKey::Posts => Posts::deserialize(held).map(Content::Posts),
        TopicKey::Moderation => parterre_protocol::topics::Moderation::deserialize(held).map(|moderation| {
            let posts = moderation.posts.into_iter();
            Content::Moderation(posts.map(|(post, it)| (post, (it.state, it.version, it.votes))).collect())
        }),
        TopicKey::Presence | TopicKey::Me => return Content::Unreadable(String::new()),
    };
    read.unwrap_or_else(|error| Content::Unreadable(format!("{error}: {held:.300}")))
}
