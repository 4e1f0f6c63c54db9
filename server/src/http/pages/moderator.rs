//! `/moderate/{event}`: the moderators' page, for a phone, a tablet or a second screen beside the
//! studio.

use std::collections::BTreeMap;

use parterre_domain::{filter, private_link::Scope};
use parterre_protocol::{
    EventId,
    topics::{Audience, Event, Moderation, Stage, Topic},
};
use serde::Serialize;
use serde_json::Value;

use super::script::{self, Versioned};
use crate::{
    http::{auth::Moderator, paths},
    i18n::Locale,
};

/// The moderators' page. Its script draws everything from the state below and keeps it current over
/// the live connection.
#[derive(askama::Template)]
#[template(path = "moderator.html")]
pub struct ModeratorPage<'a> {
    t: Locale,
    event: &'a Event,
    here: String,
    messages: String,
    state: String,
}

/// The messages that the script may need: some of the studio's, whose dialogs and short messages it
/// shares.
const MESSAGES: [&str; 6] = ["common.", "moderation.", "problem.", "studio.dialog.", "studio.key.", "studio.toast."];

/// What the script begins with.
#[derive(Serialize)]
struct ModeratorState<'a> {
    event: EventId,
    code: &'a str,
    live: String,
    topics: BTreeMap<&'static str, Versioned<'a, Value>>,
    me: Me<'a>,
    /// The languages that the word filter knows.
    languages: &'static [&'static str],
}

/// The viewer of the page.
#[derive(Serialize)]
struct Me<'a> {
    name: &'a str,
    facilitator: bool,
    scope: Scope,
}

impl<'a> ModeratorPage<'a> {
    /// The page for this moderator.
    pub fn new(
        t: Locale,
        stage: Versioned<'a, Stage>,
        moderation: Versioned<'a, Moderation>,
        moderator: &Moderator,
    ) -> Self {
        let event = &stage.data.event;
        let (staged, moderated) = (script::topic(stage.data), script::topic(moderation.data));
        let topics = [
            (script::name(Topic::Stage), Versioned { rev: stage.rev, data: &staged }),
            (script::name(Topic::Moderation), Versioned { rev: moderation.rev, data: &moderated }),
        ];
        let state = script::json(&ModeratorState {
            event: event.id,
            code: &event.code,
            live: paths::live(event.id, Some(Audience::Moderator)),
            topics: topics.into(),
            me: Me { name: moderator.name(), facilitator: moderator.is_facilitator(), scope: moderator.scope() },
            languages: filter::languages(),
        });
        let messages = script::messages(t, &MESSAGES);
        Self { t, event, here: format!("/moderate/{}", event.id), messages, state }
    }
}
