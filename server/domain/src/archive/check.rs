//! What an archive must be like to be imported: everything in it by the rules of what it stands
//! for, whoever wrote it.
//!
//! Lines come one by one, in the order of [`Part::ALL`]. What is remembered of them has a bound.

use std::collections::{BTreeMap, HashMap, HashSet};

use parterre_protocol::{
    Act, Answer, PostId, QaChange, QaSettings,
    limits::{ACTIVITIES_PER_EVENT, LABELS, NAME_CHARS, POST_CHARS, REASON_CHARS, REPLY_CHARS},
    posts::PostState,
    topics::{ActivityState, EventState},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::{
    ActLine, ActivityLine, FORMAT, Manifest, Part, ParticipantLine, PostLine, ResponseLine, VERSION, VotesLine,
};
use crate::{Problem, Refusal, event::EventSettings, kinds, moderation, post::PostFields, post_rules::PostRules, text};

/// The most participants of an archive, and the most people who have joined its event.
const MAX_PEOPLE: u32 = 200_000;
/// The most posts.
const MAX_POSTS: usize = 100_000;
/// The longest text in an answer that no longer fits what is asked.
const FORMER_TEXT_CHARS: usize = 1_000;

/// Why a line, or the manifest, is refused. The text is for programs and logs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Wrong(pub String);

impl From<Problem> for Wrong {
    fn from(problem: Problem) -> Self {
        Self(problem.to_string())
    }
}

impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Self {
        Self(refusal.message)
    }
}

fn wrong<T>(why: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong(why.into()))
}

/// Why a manifest is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManifestFault {
    /// It is no manifest of an archive.
    Format,
    /// It is of another version of the format.
    Version(u64),
    /// Something in it.
    Wrong(Wrong),
}

/// Reads a manifest. What is live ends by being imported.
pub fn manifest(json: &[u8]) -> Result<Manifest, ManifestFault> {
    let value: Value = serde_json::from_slice(json).map_err(|_| ManifestFault::Format)?;
    if value["format"] != FORMAT {
        return Err(ManifestFault::Format);
    }
    match value["version"].as_u64() {
        Some(version) if version == u64::from(VERSION) => {}
        Some(version) => return Err(ManifestFault::Version(version)),
        None => return Err(ManifestFault::Format),
    }
    let manifest: Manifest =
        serde_json::from_value(value).map_err(|error| ManifestFault::Wrong(Wrong(error.to_string())))?;
    checked(manifest).map_err(ManifestFault::Wrong)
}

fn checked(mut manifest: Manifest) -> Result<Manifest, Wrong> {
    let event = &mut manifest.event;
    let settings = EventSettings::parse(&event.name, &event.code, event.names)?;
    (event.name, event.code) = (settings.name, settings.code.to_string());
    if let Some(language) = &event.language {
        crate::language::LanguageTag::parse(language)?;
    }
    if event.participants > MAX_PEOPLE || event.joined > MAX_PEOPLE {
        return wrong(format!("an event may have at most {MAX_PEOPLE} participants"));
    }
    event.questions = questions(event.questions.clone())?;
    if event.state == EventState::Live {
        event.state = EventState::Ended;
    }
    Ok(manifest)
}

/// The settings of questions, by the rules for those who change them.
fn questions(settings: QaSettings) -> Result<QaSettings, Wrong> {
    let change = QaChange::from(settings);
    match moderation::check_act(Act::Configure { version: 0, settings: change })? {
        Act::Configure { settings, .. } => Ok(QaSettings { version: 1, ..settings.of(QaSettings::default()) }),
        _ => unreachable!("an act that is checked stays what it is"),
    }
}

/// A line that may be imported.
#[derive(Clone, Debug, PartialEq)]
pub enum ArchiveLine {
    /// An activity. None is open.
    Activity(ActivityLine),
    /// A participant.
    Participant(ParticipantLine),
    /// An answer.
    Response(ResponseLine),
    /// A post.
    Post(PostLine),
    /// The votes on a post.
    Votes(VotesLine),
    /// An act, with its place among the acts, and the number of the activity that it is about, whose
    /// id in it is of no meaning.
    Act {
        /// The place, from 1.
        place: u32,
        /// Who did it.
        by: String,
        /// When.
        at: i64,
        /// What was done.
        act: Act,
        /// About which activity.
        activity: Option<u32>,
    },
}

/// What is known of a post once it was read.
#[derive(Clone, Copy, Debug)]
struct Known {
    to: Option<(u32, u32)>,
    merged_into: Option<PostId>,
    is_shown: bool,
}

/// Checks the lines of an archive.
#[derive(Debug)]
pub struct Checker {
    manifest: Manifest,
    activities: Vec<ActivityLine>,
    last_participant: u32,
    /// In which round of which activity the last answer was, and who has answered in it.
    round: (u32, u32),
    answered: HashSet<u32>,
    posts: BTreeMap<PostId, Known>,
    voted: HashSet<PostId>,
    acts: u32,
}

impl Checker {
    /// For the lines that belong to this manifest.
    pub fn new(manifest: Manifest) -> Self {
        Self {
            manifest,
            activities: Vec::new(),
            last_participant: 0,
            round: (0, 0),
            answered: HashSet::new(),
            posts: BTreeMap::new(),
            voted: HashSet::new(),
            acts: 0,
        }
    }

    /// Checks the next line of a file.
    pub fn line(&mut self, part: Part, json: &[u8]) -> Result<ArchiveLine, Wrong> {
        Ok(match part {
            Part::Activities => ArchiveLine::Activity(self.activity(read(json)?)?),
            Part::Participants => ArchiveLine::Participant(self.participant(read(json)?)?),
            Part::Responses => ArchiveLine::Response(self.response(read(json)?)?),
            Part::Posts => ArchiveLine::Post(self.post(read(json)?)?),
            Part::Votes => ArchiveLine::Votes(self.votes(read(json)?)?),
            Part::Acts => self.act(read(json)?)?,
        })
    }

    fn activity(&mut self, line: ActivityLine) -> Result<ActivityLine, Wrong> {
        if line.activity as usize != self.activities.len() + 1 || self.activities.len() >= ACTIVITIES_PER_EVENT {
            return wrong(format!("activities are numbered from 1 to {ACTIVITIES_PER_EVENT}"));
        }
        if line.round == 0 || !line.words.is_sound() {
            return wrong("a round or a decision on a word that cannot be");
        }
        let state = if line.state == ActivityState::Open { ActivityState::Closed } else { line.state };
        let line = ActivityLine { settings: kinds::check_settings(line.settings)?, state, ..line };
        self.activities.push(line.clone());
        Ok(line)
    }

    fn participant(&mut self, line: ParticipantLine) -> Result<ParticipantLine, Wrong> {
        self.person(line.participant)?;
        if line.participant <= self.last_participant {
            return wrong("participants are in the order of their numbers");
        }
        self.last_participant = line.participant;
        let name = line.name.map(|name| text::filled_line("name", &name, NAME_CHARS)).transpose()?;
        Ok(ParticipantLine { name, ..line })
    }

    fn response(&mut self, line: ResponseLine) -> Result<ResponseLine, Wrong> {
        self.person(line.participant)?;
        let activity = self.round_of(line.activity, line.round)?;
        if kinds::post_rules(&activity.settings).is_some() {
            return wrong("this activity takes texts, not answers");
        }
        let answer = answer(activity, line.answer)?;
        let round = (line.activity, line.round);
        if round < self.round {
            return wrong("answers are in the order of activities and rounds");
        }
        if round > self.round {
            (self.round, self.answered) = (round, HashSet::new());
        }
        if !self.answered.insert(line.participant) {
            return wrong("a participant has one answer in a round");
        }
        Ok(ResponseLine { answer, ..line })
    }

    fn post(&mut self, line: PostLine) -> Result<PostLine, Wrong> {
        self.person(line.participant)?;
        let last = self.posts.last_key_value().map_or(0, |(last, _)| last.number());
        if line.post.number() <= last || self.posts.len() >= MAX_POSTS {
            return wrong(format!("posts are in the order of their numbers, at most {MAX_POSTS}"));
        }
        let to = match (line.activity, line.round) {
            (None, None) => None,
            (Some(activity), Some(round)) => Some((activity, round)),
            _ => return wrong("activity and round of a text belong together"),
        };
        let rules = match to {
            None => None,
            Some((activity, round)) => Some(self.rules(activity, round)?),
        };
        if rules.is_some() && line.fields.answered_at.is_some() {
            return wrong("a text is not answered");
        }
        let name = line.name.map(|name| text::filled_line("name", &name, NAME_CHARS)).transpose()?;
        let fields = fields(line.fields)?;
        if fields.merged_into == Some(line.post) {
            return wrong("a post is no part of itself");
        }
        let is_shown = fields.is_shown();
        self.posts.insert(line.post, Known { to, merged_into: fields.merged_into, is_shown });
        Ok(PostLine { name, fields, ..line })
    }

    fn votes(&mut self, line: VotesLine) -> Result<VotesLine, Wrong> {
        if !self.posts.contains_key(&line.post) || !self.voted.insert(line.post) {
            return wrong("votes are of a post, in one line");
        }
        let mut voters = HashSet::new();
        for voter in line.up.iter().chain(&line.down) {
            self.person(*voter)?;
            if !voters.insert(*voter) {
                return wrong("a participant votes once on a post");
            }
        }
        Ok(line)
    }

    fn act(&mut self, line: ActLine) -> Result<ArchiveLine, Wrong> {
        let by = text::filled_line("by", &line.by, MAX_ACTOR_CHARS)?;
        let mut value = line.act;
        let Some(fields) = value.as_object_mut() else { return wrong("an act is an object") };
        let mut activity = None;
        if let Some(number) = fields.get("activity") {
            let number = number.as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or_default();
            self.activity_of(number)?;
            activity = Some(number);
            fields.insert("activity".to_owned(), Uuid::nil().to_string().into());
        }
        if fields.get("do").is_some_and(|what| what == "undo") {
            fields.insert("cid".to_owned(), Uuid::nil().to_string().into());
        }
        let act: Act = serde_json::from_value(value).map_err(|error| Wrong(error.to_string()))?;
        self.acts += 1;
        Ok(ArchiveLine::Act { place: self.acts, by, at: line.at, act: moderation::check_act(act)?, activity })
    }

    /// Whether all of it belongs together, once every line was read: for each post the one at the
    /// end of the chain of those that it is a part of.
    pub fn finish(&self) -> Result<HashMap<PostId, PostId>, Wrong> {
        let event = &self.manifest.event;
        if event.staged.is_some_and(|staged| self.activity_of(staged).is_err()) {
            return wrong("the activity on stage is not there");
        }
        if let Some(highlight) = event.highlight
            && !self.posts.get(&highlight).is_some_and(|post| post.is_shown)
        {
            return wrong("the post on the screen is not shown to all");
        }
        self.posts.keys().map(|post| Ok((*post, self.root(*post)?))).collect()
    }

    fn root(&self, post: PostId) -> Result<PostId, Wrong> {
        let mut at = post;
        // No chain is longer than there are posts; longer ones lead round in a circle. Of many
        // posts in one long chain, looking at each would take too long: moderators make none so long.
        for _ in 0..MAX_CHAIN {
            let here = &self.posts[&at];
            let Some(into) = here.merged_into else { return Ok(at) };
            if self.posts.get(&into).is_none_or(|whole| whole.to != here.to) {
                return wrong(format!("post {post} is part of one that is not there"));
            }
            at = into;
        }
        wrong(format!("post {post} is part of a chain that does not end"))
    }

    fn person(&self, number: u32) -> Result<(), Wrong> {
        if (1..=self.manifest.event.participants).contains(&number) {
            Ok(())
        } else {
            wrong("there is no participant with this number")
        }
    }

    fn activity_of(&self, number: u32) -> Result<&ActivityLine, Wrong> {
        let found = (number as usize).checked_sub(1).and_then(|place| self.activities.get(place));
        found.ok_or_else(|| Wrong("there is no activity with this number".to_owned()))
    }

    fn round_of(&self, activity: u32, round: u32) -> Result<&ActivityLine, Wrong> {
        let activity = self.activity_of(activity)?;
        if (1..=activity.round).contains(&round) { Ok(activity) } else { wrong("there is no such round") }
    }

    fn rules(&self, activity: u32, round: u32) -> Result<PostRules, Wrong> {
        let activity = self.round_of(activity, round)?;
        kinds::post_rules(&activity.settings).ok_or_else(|| Wrong("this activity takes answers, not texts".to_owned()))
    }
}

/// The longest name of who acted: a member's.
const MAX_ACTOR_CHARS: usize = 200;
/// The longest chain of posts that are part of one another.
const MAX_CHAIN: usize = 1_000;

fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, Wrong> {
    serde_json::from_slice(json).map_err(|error| Wrong(error.to_string()))
}

/// An answer, cleaned. One that no longer fits what is asked, since that was changed after it was
/// given, is kept as it was: then it holds no text that could not have come from a phone.
fn answer(activity: &ActivityLine, answer: Answer) -> Result<Answer, Wrong> {
    if answer.kind() != activity.settings.kind() {
        return wrong("the answer is of another kind than the activity");
    }
    match kinds::check_answer(&activity.settings, answer.clone()) {
        Ok(clean) => Ok(clean),
        Err(problem) => {
            let value = serde_json::to_value(&answer).expect("plain data");
            if has_clean_texts(&value) { Ok(answer) } else { Err(problem.into()) }
        }
    }
}

fn has_clean_texts(value: &Value) -> bool {
    match value {
        Value::String(said) => text::line("answer", said, FORMER_TEXT_CHARS).is_ok_and(|clean| clean == *said),
        Value::Array(values) => values.iter().all(has_clean_texts),
        Value::Object(fields) => fields.values().all(has_clean_texts),
        _ => true,
    }
}

fn fields(fields: PostFields) -> Result<PostFields, Wrong> {
    if fields.state == PostState::Withdrawn {
        return if fields.text.is_empty() {
            Ok(super::withdrawn_fields(fields))
        } else {
            wrong("a post that was taken back has no text")
        };
    }
    if fields.binned_from.is_some() != fields.in_bin() {
        return wrong("what is in the bin, and nothing else, comes from a list");
    }
    if fields.labels.len() > LABELS {
        return wrong(format!("a post has at most {LABELS} labels"));
    }
    let reason = match fields.reason {
        Some(mut reason) => {
            reason.text = reason.text.map(|said| text::filled_line("reason", &said, REASON_CHARS)).transpose()?;
            Some(reason)
        }
        None => None,
    };
    let filled = |field, said: Option<String>, max| said.map(|said| text::filled_line(field, &said, max)).transpose();
    Ok(PostFields {
        text: text::filled_line("text", &fields.text, POST_CHARS)?,
        original: filled("original", fields.original, POST_CHARS)?,
        reply: filled("reply", fields.reply, REPLY_CHARS)?,
        reason,
        ..fields
    })
}
