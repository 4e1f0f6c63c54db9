//! The big screen. The frame is drawn here, so that the room can join before any script has run;
//! what is on stage is drawn by `web/js/screen.js` from the same topics.

use std::collections::BTreeMap;

use parterre_protocol::{
    posts::QaState,
    topics::{Audience, Event, EventState, Posts, Presence, Results, Stage, Topic},
};

use super::script::{self, LiveState, Versioned};
use crate::{
    http::{kinds, paths},
    i18n::Locale,
};

/// Topics as the screen is drawn from.
#[derive(Clone, Copy, Debug)]
pub struct ScreenTopics<'a> {
    /// What is on stage.
    pub stage: Versioned<'a, Stage>,
    /// The counts, as screens may see them.
    pub results: Versioned<'a, Results>,
    /// The room's questions, as screens may see them.
    pub posts: Versioned<'a, Posts>,
    /// Who is here. Its rev is the server's clock.
    pub presence: Versioned<'a, Presence>,
}

/// The big screen of an event.
#[derive(askama::Template)]
#[template(path = "screen.html")]
pub struct ScreenPage<'a> {
    t: Locale,
    event: &'a Event,
    /// What people type to get here, such as `parterre.example`.
    host: &'a str,
    /// Light for bright rooms; dark otherwise.
    light: bool,
    mode: &'static str,
    here: String,
    messages: String,
    state: String,
}

impl<'a> ScreenPage<'a> {
    /// The screen. `can_control` says whether the one who opened it is a signed-in facilitator of
    /// the event, whose keys then lead through it.
    pub fn new(t: Locale, shown: ScreenTopics<'a>, host: &'a str, light: bool, can_control: bool) -> Self {
        let stage = shown.stage.data;
        let event = &stage.event;
        let mode = mode(stage, shown.posts.data);
        let topics = [
            (Topic::Stage, shown.stage.rev, script::topic(stage)),
            (Topic::Results, shown.results.rev, script::topic(shown.results.data)),
            (Topic::Posts, shown.posts.rev, script::topic(shown.posts.data)),
            (Topic::Presence, shown.presence.rev, script::topic(shown.presence.data)),
        ];
        let state = LiveState {
            event: event.id,
            code: &event.code,
            audience: Audience::Screen,
            live: paths::live(event.id, Some(Audience::Screen)),
            joined: None,
            kinds: kinds::offered().collect(),
            can_control: Some(can_control),
            topics: BTreeMap::from_iter(
                topics.iter().map(|(topic, rev, data)| (script::name(*topic), Versioned { rev: *rev, data })),
            ),
        };
        let state = script::json(&state);
        let messages = script::messages(t, &["screen.", "common.percent", "common.other"]);
        Self { t, event, host, light, mode, here: t.number(shown.presence.data.here), messages, state }
    }
}

/// What the room looks at; `modeOf` in `web/js/screen.js` says the same.
fn mode(stage: &Stage, posts: &Posts) -> &'static str {
    let questions = stage.qa.state != QaState::Off;
    match &stage.activity {
        _ if stage.event.state == EventState::Ended => "ended",
        _ if questions && posts.highlight.is_some() => "highlight",
        _ if questions && stage.qa.on_screen => "list",
        Some(_) => "question",
        None => "waiting",
    }
}
