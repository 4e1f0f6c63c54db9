//! `/studio/events/{event}/results`: everything that came of an event, on one page that also prints.

use askama::Template;
use parterre_domain::{
    kinds,
    result_table::{self, ResultTable},
    segments::MIN_GROUP,
};
use parterre_protocol::{
    ActivityId, EventId, Millis,
    posts::PostState,
    topics::{ActivityState, EventState},
};

use super::{
    table::{Beside, TableView},
    words,
};
use crate::{
    app::{
        event_results::{ActivityTables, EventTables, Question, RoundTable},
        segments::GroupTable,
    },
    http::{export::time::minute, pages::script},
    i18n::Locale,
};

/// Questions that the page lists; all of them are in the export.
const MAX_QUESTIONS: usize = 200;

/// The page.
#[derive(Template)]
#[template(path = "results.html")]
pub(super) struct ResultsPage {
    t: Locale,
    event: EventId,
    here: String,
    studio: String,
    name: String,
    state: &'static str,
    state_label: String,
    /// Until when answers came.
    last: Option<Millis>,
    figures: Vec<(String, String)>,
    activities: Vec<ActivityView>,
    /// The activities that others can be split by: id, title, and whether they are.
    choices: Vec<(String, String, bool)>,
    is_split: bool,
    questions: Vec<QuestionView>,
    questions_label: String,
    /// Where all questions are, if the page does not list them.
    all_questions: Option<String>,
}

struct ActivityView {
    id: ActivityId,
    number: usize,
    title: String,
    kind: String,
    respondents: String,
    is_open: bool,
    times: Option<(Millis, Millis)>,
    table: String,
    /// Whether groups were asked for and are too small to be shown.
    too_few: bool,
}

struct QuestionView {
    text: String,
    name: Option<String>,
    votes: String,
    fate: String,
    class: &'static str,
}

impl ResultsPage {
    /// The page of these results.
    pub(super) fn new(t: Locale, results: &EventTables, by: Option<ActivityId>) -> Self {
        let event = &results.event;
        let studio = format!("/studio/events/{}", event.id);
        let state = match event.state {
            EventState::Draft => "draft",
            EventState::Live => "live",
            EventState::Ended => "ended",
        };
        let last = results.activities.iter().flat_map(|activity| &activity.rounds).filter_map(|round| round.times);
        let questions = results.questions.iter().take(MAX_QUESTIONS).map(|question| QuestionView::new(t, question));
        let activities = results.activities.iter().zip(1..);
        let (_, shown) = results.questions_answered();
        let is_cut = results.questions.len() > MAX_QUESTIONS;
        Self {
            t,
            event: event.id,
            here: format!("{studio}/results"),
            name: event.name.clone(),
            state,
            state_label: t.text(&format!("common.event_state.{state}")),
            last: last.map(|(_, last)| last).max(),
            figures: figures(t, results),
            activities: activities.map(|(activity, number)| ActivityView::new(t, number, activity)).collect(),
            choices: choices(results, by),
            is_split: by.is_some_and(|by| results.split_by.contains(&by)),
            questions: questions.collect(),
            questions_label: t.count("results.questions_shown", shown.try_into().unwrap_or(u32::MAX)),
            all_questions: is_cut.then(|| format!("/api/v1/events/{}/export/questions.csv", event.id)),
            studio,
        }
    }

    fn last_label(&self, at: &Millis) -> String {
        self.t.format("results.last", &[("date", &minute(*at))])
    }

    fn times_label(&self, first: &Millis, last: &Millis) -> String {
        self.t.format("results.times", &[("from", &minute(*first)), ("to", &minute(*last))])
    }

    fn small_groups(&self) -> String {
        self.t.count("results.small_groups", MIN_GROUP)
    }

    fn messages(&self) -> String {
        script::messages(
            self.t,
            &[
                "results.last",
                "results.times",
                "results.stale",
                "results.share.",
                "results.questions",
                "studio.export.",
                "studio.dialog.",
                "studio.toast.",
                "problem.",
            ],
        )
    }
}

fn choices(results: &EventTables, by: Option<ActivityId>) -> Vec<(String, String, bool)> {
    let offered = results.activities.iter().filter(|activity| results.split_by.contains(&activity.id));
    let choice = |activity: &ActivityTables| {
        let title = kinds::title(&activity.settings).to_owned();
        (activity.id.to_string(), title, Some(activity.id) == by)
    };
    offered.map(choice).collect()
}

fn figures(t: Locale, results: &EventTables) -> Vec<(String, String)> {
    let EventTables { joined, answered, answers, .. } = *results;
    let mut figures = vec![
        (t.number(joined), t.count("results.figure.joined", joined)),
        (t.number(answers), t.count("results.figure.answers", answers)),
    ];
    if joined > 0 {
        let share = result_table::percent(answered, joined);
        figures.push((words::percent(t, share), t.text("results.figure.answered")));
    }
    let (done, shown) = results.questions_answered();
    if shown > 0 {
        let (done, of) = (done.to_string(), shown.to_string());
        figures
            .push((t.format("results.figure.of", &[("done", &done), ("of", &of)]), t.text("results.figure.questions")));
    }
    figures
}

impl ActivityView {
    fn new(t: Locale, number: usize, activity: &ActivityTables) -> Self {
        let title = kinds::title(&activity.settings).to_owned();
        // The last round in which anybody has answered: a new one may just have begun.
        let answered = activity.rounds.iter().position(|round| round.respondents > 0).unwrap_or_default();
        let is_open = activity.state == ActivityState::Open;
        let first = if is_open { 0 } else { answered };
        let (shown, earlier) = match activity.rounds.get(first..) {
            Some([shown, earlier @ ..]) => (Some(shown), earlier),
            _ => (None, [].as_slice()),
        };
        let headings: Vec<_> = earlier.iter().map(|round| round_label(t, round)).collect();
        let groups = activity.groups.as_deref().unwrap_or_default();
        let of_groups: Vec<_> = groups.iter().map(|group| group_label(t, group)).collect();
        let rounds = headings.iter().zip(earlier.iter().map(|round| &round.table));
        let groups = of_groups.iter().zip(groups.iter().map(|group| &group.table));
        let beside: Vec<_> = groups.chain(rounds).map(|(heading, it)| Beside { heading, table: Some(it) }).collect();
        let empty = ResultTable::default();
        let table = TableView::new(t, &title, shown.map_or(&empty, |round| &round.table), &beside);
        let kind = activity.settings.kind();
        Self {
            id: activity.id,
            number,
            title,
            kind: t.text(&format!("studio.kind.{kind}")),
            respondents: t.count("results.people", shown.map_or(0, |round| round.respondents)),
            is_open,
            too_few: activity.groups.as_ref().is_some_and(Vec::is_empty),
            times: shown.and_then(|round| round.times),
            table: if shown.is_some_and(|round| round.respondents > 0) { table.html() } else { String::new() },
        }
    }
}

/// The group, and how many of it have answered.
fn group_label(t: Locale, group: &GroupTable) -> String {
    let (label, people) = (words::label(t, &group.label), t.number(group.people));
    t.format("results.group", &[("group", &label), ("people", &people)])
}

fn round_label(t: Locale, round: &RoundTable) -> String {
    t.format("results.round", &[("n", &round.round)])
}

impl QuestionView {
    fn new(t: Locale, question: &Question) -> Self {
        let (class, key) = match question.state {
            PostState::Published if question.is_answered => ("good", "answered"),
            PostState::Published => ("", "open"),
            PostState::Review | PostState::Reviewed => ("warn", "review"),
            PostState::Declined => ("", "declined"),
            PostState::Hidden | PostState::Withdrawn => ("", "hidden"),
        };
        Self {
            text: question.text.clone(),
            name: question.name.clone(),
            votes: t.number(question.votes),
            fate: t.text(&format!("results.fate.{key}")),
            class,
        }
    }
}
