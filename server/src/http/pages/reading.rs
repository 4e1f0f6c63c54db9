//! `/e/{code}` of a room test: the page with which a phone tries the network from where it is.

use std::collections::BTreeMap;

use askama::Template;
use netcheck_rules::Plan;
use parterre_protocol::topics::{Audience, EventState, Stage, Topic};
use serde::Serialize;

use super::script::{self, LiveState, Versioned};
use crate::{http::paths, i18n::Locale};

/// The page. Its script measures and sends the reading.
#[derive(Template)]
#[template(path = "reading.html")]
pub struct ReadingPage {
    t: Locale,
    here: String,
    name: String,
    ended: bool,
    state: String,
}

/// What the script begins with.
#[derive(Serialize)]
struct ReadingState<'a> {
    #[serde(flatten)]
    live: LiveState<'a>,
    /// The steps to test.
    plan: &'a Plan,
}

impl ReadingPage {
    /// The page of a device, which may have joined before.
    pub fn new(t: Locale, stage: Versioned<'_, Stage>, joined: bool, plan: &Plan) -> Self {
        let event = &stage.data.event;
        let data = script::topic(stage.data);
        let live = LiveState {
            event: event.id,
            code: &event.code,
            audience: Audience::Phone,
            live: paths::live(event.id, Some(Audience::Phone)),
            joined: Some(joined),
            kinds: Vec::new(),
            can_control: None,
            topics: BTreeMap::from([(script::name(Topic::Stage), Versioned { rev: stage.rev, data: &data })]),
        };
        Self {
            t,
            here: format!("/e/{}", event.code),
            name: event.name.clone(),
            ended: event.state == EventState::Ended,
            state: script::json(&ReadingState { live, plan }),
        }
    }

    fn messages(&self) -> String {
        let found = ["netcheck.found.", "netcheck.means.", "netcheck.change.", "netcheck.step."];
        script::messages(self.t, &[&["reading.", "problem.too_"][..], &found].concat())
    }
}
