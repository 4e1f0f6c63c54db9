//! `/studio`: the facilitator's events.

use std::fmt::Display;

use askama::Template;
use parterre_domain::Problem;
use parterre_protocol::{
    EventId, Millis,
    topics::{Event, EventState},
};

use serde_json::Value;

use super::{address::AddressNotes, form::FieldProblem, script};
use crate::{
    http::{errors::Failure, export::time::minute},
    i18n::Locale,
};

/// The list of events and the form for a new one, which is sent as `POST /studio/events` with
/// `name`.
#[derive(Template)]
#[template(path = "events.html")]
pub struct EventsPage {
    t: Locale,
    address: Option<AddressNotes>,
    here: &'static str,
    member: String,
    /// Those that are not over.
    events: Vec<EventRow>,
    /// Those that are.
    ended: Vec<EventRow>,
    deleted: Vec<DeletedRow>,
    /// For how many days what was deleted is kept.
    days: u32,
    name: String,
    problem: Option<FieldProblem>,
    /// Why an archive was not imported.
    import_problem: Option<String>,
    /// Failed attempts to sign in to the member's account, and since when.
    failed: Option<(u32, Millis)>,
    /// Whether room tests can be made here.
    has_tests: bool,
    /// What stands before a code in a join link.
    join_base: String,
}

/// An event that was deleted and can be brought back.
#[derive(Clone, Debug, PartialEq)]
pub struct DeletedRow {
    /// The event.
    pub id: EventId,
    /// Its name.
    pub name: String,
    /// When it was deleted.
    pub at: Millis,
}

/// One event of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRow {
    /// The event.
    pub event: Event,
    /// How many activities it has.
    pub activities: u64,
    /// How many participants have ever joined it.
    pub participants: u64,
    /// When it was made.
    pub created_at: Millis,
}

impl EventsPage {
    /// With what there is to say of the server's address.
    #[must_use]
    pub fn with_address(self, notes: AddressNotes) -> Self {
        Self { address: Some(notes), ..self }
    }

    /// The list for the member of this name, in the order given (newest first).
    pub fn new(t: Locale, member: &str, events: Vec<EventRow>) -> Self {
        let (member, name) = (member.to_owned(), String::new());
        let (ended, events) = events.into_iter().partition(|row| row.event.state == EventState::Ended);
        Self {
            t,
            address: None,
            here: "/studio",
            member,
            events,
            ended,
            deleted: Vec::new(),
            days: 0,
            name,
            problem: None,
            import_problem: None,
            failed: None,
            has_tests: true,
            join_base: String::new(),
        }
    }

    /// With deleted events, which are kept for this many days.
    #[must_use]
    pub fn with_deleted(self, deleted: Vec<DeletedRow>, days: u32) -> Self {
        Self { deleted, days, ..self }
    }

    /// With a way to room tests, or without one where they are switched off.
    #[must_use]
    pub fn with_tests(self, has_tests: bool) -> Self {
        Self { has_tests, ..self }
    }

    /// With what stands before a code in a join link.
    #[must_use]
    pub fn with_join_base(self, join_base: String) -> Self {
        Self { join_base, ..self }
    }

    /// The list again, with the name that was typed for a new event and its error.
    #[must_use]
    pub fn refused(self, name: &str, problem: &Problem) -> Self {
        let problem = Some(FieldProblem::of(self.t, problem));
        Self { name: name.to_owned(), problem, ..self }
    }

    /// The list again, with the reason for which an archive was not imported.
    #[must_use]
    pub fn not_imported(self, failure: &Failure) -> Self {
        let said: Vec<(&str, String)> = failure.args.iter().map(|(name, value)| (&**name, plain(value))).collect();
        let said: Vec<(&str, &dyn Display)> = said.iter().map(|(name, value)| (*name, value as &dyn Display)).collect();
        let key = format!("studio.import.{}", failure.code);
        let key = if self.t.has(&key) { &key } else { "studio.import.failed" };
        Self { import_problem: Some(self.t.format(key, &said)), ..self }
    }

    /// The list with a notice of this many failed attempts to sign in to the member's account since
    /// then.
    #[must_use]
    pub fn failed_sign_ins(self, failed: Option<(u32, Millis)>) -> Self {
        Self { failed, ..self }
    }

    fn failed_label(&self, attempts: &u32, since: &Millis) -> String {
        self.t.format("studio.events.failed", &[("n", attempts), ("date", &minute(*since))])
    }

    fn deleted_label(&self, at: &Millis) -> String {
        self.t.format("studio.events.deleted", &[("date", &minute(*at))])
    }

    fn is_empty(&self) -> bool {
        self.events.is_empty() && self.ended.is_empty()
    }

    fn search_label(&self) -> String {
        self.t.format("studio.events.search", &[("n", &(self.events.len() + self.ended.len()))])
    }

    fn bin_hint(&self) -> String {
        self.t.count("studio.events.bin_hint", self.days)
    }

    /// The first letters of the member's first two names.
    fn initials(&self) -> String {
        let letters = self.member.split_whitespace().filter_map(|word| word.chars().next());
        letters.take(2).flat_map(char::to_uppercase).collect()
    }

    fn about(&self, field: &str) -> Option<String> {
        FieldProblem::about(&self.problem, field)
    }

    fn messages(&self) -> String {
        script::messages(
            self.t,
            &[
                "studio.events.",
                "studio.toast.",
                "studio.delete",
                "studio.dialog.",
                "studio.copy.",
                "studio.clear.",
                "studio.export.",
                "problem.",
            ],
        )
    }
}

impl EventRow {
    fn state(&self) -> &'static str {
        match self.event.state {
            EventState::Draft => "draft",
            EventState::Live => "live",
            EventState::Ended => "ended",
        }
    }

    fn state_label(&self, t: &Locale) -> String {
        t.text(&format!("common.event_state.{}", self.state()))
    }

    fn activities_label(&self, t: &Locale) -> String {
        match self.activities {
            0 => t.text("studio.events.no_activities"),
            n => t.format("studio.events.activities", &[("n", &n)]),
        }
    }

    fn participants_label(&self, t: &Locale) -> String {
        match self.participants {
            0 => t.text("studio.events.nobody"),
            n => t.format("studio.events.participants", &[("n", &n)]),
        }
    }

    /// What is said of the event by its name.
    fn named(&self, t: &Locale, key: &str) -> String {
        t.format(&format!("studio.events.{key}"), &[("name", &self.event.name)])
    }
}

/// An argument of a sentence, as people read it.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        http::pages::preview::{self, event},
        i18n::LOCALES,
    };

    #[test]
    fn events_are_listed_with_their_numbers() {
        let row = |name: &str, code: &str, state, activities, participants| EventRow {
            event: event(name, code, state),
            activities,
            participants,
            created_at: 1_790_000_000_000,
        };
        let rows = vec![
            row("Annual meeting 2026", "TULIP", EventState::Live, 6, 4816),
            row("Team day in Lyon", "BRNTX", EventState::Draft, 1, 0),
            row("Statistics, week 7", "GLADE", EventState::Ended, 9, 212),
        ];
        let html = preview::render("events", &EventsPage::new(LOCALES[0], "Inès", rows));
        assert!(!html.contains("failed-attempts"));
        assert!(html.contains("6 activities") && html.contains("1 activity") && html.contains("TULIP"));
        let (running, ended) = html.split_once("id=\"ended\"").expect("what is over stands apart");
        assert!(running.contains("Team day") && ended.contains("Statistics") && !running.contains("Statistics"));
    }

    #[test]
    fn the_first_event_has_one_field_and_says_what_is_wrong_with_it() {
        let page = EventsPage::new(LOCALES[0], "Inès", Vec::new()).refused("", &Problem::Empty { field: "name" });
        let html = preview::render("events-empty", &page.failed_sign_ins(Some((12, 1_790_000_000_000))));
        assert!(html.contains("12 failed attempts") && html.contains("name=\"attempts\" value=\"12\""));
        assert!(html.contains("aria-describedby=\"name-problem\"") && html.contains("Your first event"));
    }
}
