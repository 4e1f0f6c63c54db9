//! The participant's page. It works without JavaScript: every state is rendered here, and answers
//! are forms. With JavaScript, the same elements become live; each kind's `phone.js` in `web/kinds`
//! renders the same ones again when the stage moves on.
//!
//! A kind's part of the page is in `http::kinds`.

mod questions;

use std::collections::BTreeMap;

use parterre_domain::kinds::{is_blank, is_changeable};
use parterre_protocol::{
    ActivityId, CommandId, Millis, PromptVersion,
    posts::{ActivityRound, PostStatus, QaState},
    topics::{
        ActivityState, Audience, Event, EventState, Me, OwnPost, Posts, Response, Results, Stage, StagedActivity, Topic,
    },
};
use serde_json::Value;

use super::{
    filters,
    script::{self, LiveState, Versioned},
};
use crate::{
    app::join::JoinError,
    http::{
        assets,
        kinds::{self, AnswerForm},
        paths,
        unsent::Unsent,
        words,
    },
    i18n::Locale,
};

use questions::QuestionsView;
pub use questions::{ListView, QuestionDraft, QuestionList};

/// Topics as a participant's page is drawn from.
#[derive(Clone, Copy, Debug)]
pub struct Mine<'a> {
    /// Own name and answers.
    pub me: Versioned<'a, Me>,
    /// The counts, as phones may see them.
    pub results: Versioned<'a, Results>,
    /// The room's questions, as phones may see them.
    pub posts: Versioned<'a, Posts>,
}

/// Why joining did not work, to be said above the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinTrouble {
    /// The event asks for a name and none was given.
    NameNeeded,
    /// The name is too long.
    NameInvalid,
    /// The word filter found something in it.
    NameFlagged,
    /// The server cannot just now.
    Busy,
    /// The browser has not kept the cookie.
    Cookies,
}

/// Somebody who stands in line to join.
#[derive(Clone, Copy, Debug)]
pub struct Queued<'a> {
    /// The name that they gave.
    pub name: &'a str,
    /// What they show when they come again.
    pub retry: &'a str,
}

/// The participant's page.
#[derive(askama::Template)]
#[template(path = "phone.html")]
pub struct PhonePage<'a> {
    t: Locale,
    event: &'a Event,
    view: View,
    trouble: Option<String>,
    /// There for who stands in line to join.
    queued: Option<Queued<'a>>,
    messages: String,
    state: String,
    /// What the kind on stage adds to the head, where one is.
    kind_head: Option<String>,
    /// Whether the room's questions have a tab.
    tabs: bool,
    /// Whether there is a network test.
    has_test: bool,
}

/// What the page shows.
#[derive(Debug)]
enum View {
    /// The form to join.
    Join,
    /// Joined; the event has not started.
    Draft,
    /// Joined; nothing is on stage.
    Waiting,
    /// The event is over.
    Ended,
    /// An activity.
    Activity(Box<ActivityView>),
    /// The room's questions.
    Questions(Box<QuestionsView>),
}

/// An activity as one participant sees it.
#[derive(Debug)]
struct ActivityView {
    /// The id that a command from this page's form will have.
    cid: CommandId,
    id: ActivityId,
    round: u32,
    version: PromptVersion,
    kind: &'static str,
    /// Whether an answer can be given now.
    open: bool,
    /// Until when, in words, where there is an end.
    until: Option<String>,
    /// When the own answer was stored, in UTC, and for machines.
    stored: Option<Stored>,
    /// How many have answered, in words, where results are visible.
    respondents: Option<String>,
    /// What stands in the form and below it, as HTML of the kind.
    form: String,
    below_form: String,
}

#[derive(Debug)]
struct Stored {
    heading: String,
    sentence: String,
}

impl<'a> PhonePage<'a> {
    /// The page of a device that has not joined.
    pub fn joining(t: Locale, stage: Versioned<'a, Stage>, trouble: Option<JoinTrouble>) -> Self {
        let event = &stage.data.event;
        let view = if event.state == EventState::Ended { View::Ended } else { View::Join };
        let trouble = trouble.map(|trouble| t.text(trouble.key()));
        Self::drawn(t, stage, None, view, trouble)
    }

    /// The page of a device that joins after this many seconds, with the name that was given.
    pub fn queued(t: Locale, stage: Versioned<'a, Stage>, seconds: u64, line: Queued<'a>) -> Self {
        let wait = t.count("phone.queued", u32::try_from(seconds).unwrap_or(u32::MAX));
        let trouble = format!("{wait} {}", t.text("phone.queued_press"));
        Self { queued: Some(line), ..Self::drawn(t, stage, None, View::Join, Some(trouble)) }
    }

    /// The page of a participant. `cid` is a fresh id for the answer that its form may send;
    /// `unsent` is why the one just sent was not taken, and `sent` the form that sent it.
    pub fn new(
        t: Locale,
        cid: CommandId,
        stage: Versioned<'a, Stage>,
        mine: Mine<'a>,
        unsent: Option<Unsent>,
        sent: AnswerForm<'_>,
    ) -> Self {
        let (event, staged) = (&stage.data.event, stage.data.activity.as_ref());
        let view = match (event.state, &stage.data.activity) {
            (EventState::Ended, _) => View::Ended,
            (EventState::Draft, None) => View::Draft,
            (_, None) => View::Waiting,
            (_, Some(staged)) => View::Activity(Box::new(ActivityView::new(t, cid, staged, mine, sent))),
        };
        let trouble = unsent.map(|unsent| {
            let of_post = staged.and_then(|staged| kinds::post_unsent(t, &staged.prompt, unsent));
            of_post.unwrap_or_else(|| unsent.of_answer(t))
        });
        Self::drawn(t, stage, Some(mine), view, trouble)
    }

    /// The page of a participant with the room's questions open. `cid` makes a fresh id for each
    /// command that its forms may send; `trouble` is why the one just sent was not taken, in words.
    pub fn with_questions(
        t: Locale,
        cid: &dyn Fn() -> CommandId,
        stage: Versioned<'a, Stage>,
        mine: Mine<'a>,
        asked: &QuestionList<'_>,
        trouble: Option<String>,
    ) -> Self {
        let questions = QuestionsView::new(t, stage.data, mine.posts.data, mine.me.data, asked, cid);
        let view = View::Questions(Box::new(questions));
        Self::drawn(t, stage, Some(mine), view, trouble)
    }

    /// The page; without `mine` it is that of a device that has not joined.
    fn drawn(
        t: Locale,
        stage: Versioned<'a, Stage>,
        mine: Option<Mine<'a>>,
        view: View,
        trouble: Option<String>,
    ) -> Self {
        let event = &stage.data.event;
        let mut topics = BTreeMap::from([versioned(Topic::Stage, stage)]);
        if let Some(mine) = mine {
            let own = [
                versioned(Topic::Results, mine.results),
                versioned(Topic::Posts, mine.posts),
                versioned(Topic::Me, mine.me),
            ];
            topics.extend(own);
        }
        let state = LiveState {
            event: event.id,
            code: &event.code,
            audience: Audience::Phone,
            live: paths::live(event.id, Some(Audience::Phone)),
            joined: Some(mine.is_some()),
            can_control: None,
            kinds: kinds::offered().collect(),
            topics: topics.iter().map(|(name, (rev, data))| (*name, Versioned { rev: *rev, data })).collect(),
        };
        let state = script::json(&state);
        // Also before joining, since the words and the view of the current activity would otherwise
        // come a moment later.
        let staged = stage.data.activity.as_ref().filter(|_| event.state != EventState::Ended);
        let questions = stage.data.qa.state != QaState::Off || mine.is_some_and(|mine| mine.posts.data.published > 0);
        // The words of questions would be the larger part of the page: they come with the scripts
        // that say them.
        let areas = ["phone.", "common.percent", "common.other", "common.said.", "problem.too_"];
        let kind = staged.map(|staged| staged.prompt.kind());
        let messages = script::messages_of(t, &areas, kind, words::is_at_once);
        Self {
            t,
            event,
            view,
            trouble,
            queued: None,
            messages,
            state,
            kind_head: staged.map(|staged| kinds::head(&staged.prompt)),
            tabs: questions && mine.is_some(),
            has_test: true,
        }
    }

    /// With or without a way to the network test.
    #[must_use]
    pub fn with_test(self, has_test: bool) -> Self {
        Self { has_test, ..self }
    }

    /// The address of this page.
    fn here(&self) -> String {
        format!("/e/{}{}", self.event.code, if self.on_questions() { "/questions" } else { "" })
    }

    /// The lines that have all modules fetched at once that the page begins with.
    fn preload_needs(&self) -> String {
        let questions = self.on_questions().then_some("js/questions/page.js");
        let tabs = if self.tabs { assets::preload("js/phone-tabs.js") } else { String::new() };
        assets::preload_needs(["js/phone.js"].into_iter().chain(questions)) + &tabs
    }

    /// Whether the room's questions are on show.
    fn on_questions(&self) -> bool {
        matches!(self.view, View::Questions(_))
    }

    /// Whether the page may load itself again without script: nothing on it can be lost.
    fn reloads(&self) -> bool {
        match &self.view {
            View::Draft | View::Waiting => true,
            View::Activity(activity) => !activity.open,
            View::Join | View::Ended | View::Questions(_) => false,
        }
    }
}

impl ActivityView {
    fn new(t: Locale, cid: CommandId, staged: &StagedActivity, mine: Mine<'_>, sent: AnswerForm<'_>) -> Self {
        let own = mine.me.data.responses.get(&staged.id).filter(|response| response.round == staged.round);
        let results = mine.results.data;
        let results = (staged.results && results.activity == Some(staged.id) && results.round == staged.round)
            .then_some(results)
            .filter(|results| results.tally.is_some());
        let locked = own.is_some() && !is_changeable(&staged.prompt);
        let open = staged.state == ActivityState::Open && !locked;
        let to = Some(ActivityRound { activity: staged.id, round: staged.round });
        let stands = |post: &OwnPost| post.to == to && post.fate != PostStatus::Withdrawn;
        let has_sent = own.is_some() || mine.me.data.posts.values().any(stands);
        let hint = hint(t, staged, has_sent, locked);
        let (form, below_form) = kinds::form(t, staged, (&hint, open), (mine.me.data, own), results, sent);
        Self {
            cid,
            id: staged.id,
            round: staged.round,
            version: staged.version,
            kind: staged.prompt.kind().as_str(),
            open,
            until: staged.closes_at.map(|at| t.format("phone.until", &[("time", &utc(at))])),
            stored: own.map(|own| Stored::new(t, own)),
            respondents: results.and_then(|results| results.respondents).map(|n| t.count("phone.answered", n)),
            form,
            below_form,
        }
    }
}

impl Stored {
    fn new(t: Locale, own: &Response) -> Self {
        let taken_back = is_blank(&own.answer);
        let heading = t.text(if taken_back { "phone.taken_back" } else { "phone.stored" });
        Self { heading, sentence: t.format("phone.stored_at", &[("time", &utc(own.at))]) }
    }
}

/// A time of day. The server does not know the reader's time zone, so it names its own.
fn utc(at: Millis) -> String {
    let seconds = at.div_euclid(1000).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02} UTC", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

impl JoinTrouble {
    /// What there is to say above the form; none where the page itself says what is the matter.
    pub const fn of(error: &JoinError) -> Option<Self> {
        match error {
            JoinError::NameNeeded => Some(Self::NameNeeded),
            JoinError::NameInvalid(_) => Some(Self::NameInvalid),
            JoinError::NameFlagged => Some(Self::NameFlagged),
            JoinError::TooManyNames { .. } | JoinError::NotStored | JoinError::Store(_) => Some(Self::Busy),
            JoinError::Ended | JoinError::Code(_) | JoinError::Queued { .. } => None,
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::NameNeeded => "phone.join_trouble.name_needed",
            Self::NameInvalid => "phone.join_trouble.name_invalid",
            Self::NameFlagged => "phone.join_trouble.name_flagged",
            Self::Busy => "phone.join_trouble.busy",
            Self::Cookies => "phone.join_trouble.cookies",
        }
    }
}

fn versioned<T: serde::Serialize>(topic: Topic, versioned: Versioned<'_, T>) -> (&'static str, (i64, Value)) {
    (script::name(topic), (versioned.rev, script::topic(versioned.data)))
}

/// What to do, and whether one may change one's mind; or why nothing can be done.
fn hint(t: Locale, staged: &StagedActivity, has_sent: bool, locked: bool) -> String {
    match staged.state {
        ActivityState::Draft => t.text("phone.not_open"),
        ActivityState::Closed => {
            let unanswered = if !has_sent { format!(" {}", t.text("phone.unanswered")) } else { String::new() };
            t.text("phone.closed") + &unanswered
        }
        ActivityState::Open if locked => t.text("phone.locked"),
        ActivityState::Open => kinds::hint(t, &staged.prompt),
    }
}
