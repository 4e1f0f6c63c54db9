//! `/speaker/{event}`: what a speaker reads, in large type: the published questions of one label,
//! or all, and nothing else.

use std::collections::BTreeMap;

use parterre_protocol::{
    EventId, LabelId,
    posts::Label,
    topics::{Audience, Event, Posts, Stage, Topic},
};
use serde::Serialize;
use serde_json::Value;

use super::script::{self, Versioned};
use crate::{http::paths, i18n::Locale};

/// The speakers' page. Its script draws everything from the state below and keeps it current over
/// the live connection.
#[derive(askama::Template)]
#[template(path = "speaker.html")]
pub struct SpeakerPage<'a> {
    t: Locale,
    event: &'a Event,
    /// What the link is for.
    about: About<'a>,
    here: String,
    messages: String,
    state: String,
}

/// Which questions a speaker's link shows.
enum About<'a> {
    All,
    Label(&'a Label),
    /// The questions of a label that no longer exists: none.
    Gone,
}

/// What the script begins with.
#[derive(Serialize)]
struct SpeakerState<'a> {
    event: EventId,
    code: &'a str,
    live: String,
    topics: BTreeMap<&'static str, Versioned<'a, Value>>,
    label: Option<&'a Label>,
}

impl<'a> SpeakerPage<'a> {
    /// The page of a link for this label, or for all questions.
    pub fn new(t: Locale, stage: Versioned<'a, Stage>, posts: Versioned<'a, Posts>, label: Option<LabelId>) -> Self {
        let event = &stage.data.event;
        let about = match label {
            None => About::All,
            Some(id) => stage.data.qa.labels.iter().find(|known| known.id == id).map_or(About::Gone, About::Label),
        };
        let label = if let About::Label(label) = about { Some(label) } else { None };
        let (staged, posted) = (script::topic(stage.data), script::topic(posts.data));
        let topics = [
            (script::name(Topic::Stage), Versioned { rev: stage.rev, data: &staged }),
            (script::name(Topic::Posts), Versioned { rev: posts.rev, data: &posted }),
        ];
        let state = script::json(&SpeakerState {
            event: event.id,
            code: &event.code,
            live: paths::live(event.id, Some(Audience::Speaker)),
            topics: topics.into(),
            label,
        });
        let messages = script::messages(t, &["speaker.", "questions.", "common."]);
        Self { t, event, about, here: format!("/speaker/{}", event.id), messages, state }
    }
}
