//! A table of results as HTML: the bars are in it, so that one thing is read and seen.

use askama::Template;
use parterre_domain::result_table::{self, ResultGroup, ResultRow, ResultTable, RowLabel};

use super::{own, words};
use crate::i18n::Locale;

/// What stands beside the results in columns of its own: another round, a group of people.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// What it is.
    pub heading: &'a str,
    /// Its counts; none where they are not to be shown.
    pub table: Option<&'a ResultTable>,
}

/// The results of one activity.
#[derive(Template)]
#[template(path = "result-table.html")]
pub struct TableView {
    t: Locale,
    title: String,
    groups: Vec<GroupView>,
}

/// Rows that are counted together.
struct GroupView {
    heading: Option<String>,
    /// Whether there are shares, or only counts.
    has_shares: bool,
    /// The headings of what stands beside.
    beside: Vec<String>,
    rows: Vec<RowView>,
    left_out: Option<String>,
    summary: String,
}

/// One row.
struct RowView {
    /// The letter of an option; none where there is none.
    letter: Option<char>,
    colour: String,
    label: String,
    /// How long the bar is, from 0 to 100.
    bar: u32,
    share: String,
    count: String,
    beside: Vec<String>,
    /// What it counts.
    counted: RowLabel,
    /// Whether the reader has answered so.
    is_own: bool,
}

impl TableView {
    /// The results of the activity of this title, with what stands beside.
    pub fn new(t: Locale, title: &str, table: &ResultTable, beside: &[Beside<'_>]) -> Self {
        let groups = table.groups.iter().enumerate().map(|(place, group)| {
            let beside = beside.iter().map(|it| (it.heading, it.table.and_then(|table| table.groups.get(place))));
            GroupView::new(t, group, &beside.collect::<Vec<_>>())
        });
        Self { t, title: title.to_owned(), groups: groups.filter(|group| !group.rows.is_empty()).collect() }
    }

    /// With those rows marked that hold the reader's own answer, by group.
    #[must_use]
    pub fn with_own(mut self, own: &[Vec<RowLabel>]) -> Self {
        for (group, own) in std::iter::zip(&mut self.groups, own) {
            for row in &mut group.rows {
                row.is_own = own.iter().any(|label| own::same(label, &row.counted));
            }
        }
        self
    }

    /// The same as text.
    pub fn html(&self) -> String {
        self.render().expect("text is written to memory")
    }
}

impl GroupView {
    fn new(t: Locale, group: &ResultGroup, beside: &[(&str, Option<&ResultGroup>)]) -> Self {
        let most = group.rows.iter().map(|row| row.count).max().unwrap_or_default();
        let row = |row: &ResultRow| RowView {
            letter: letter(&row.label),
            colour: colour(&row.label),
            label: words::label(t, &row.label),
            bar: result_table::percent(row.count, group.of.unwrap_or(most)),
            share: group.of.map(|of| words::percent(t, result_table::percent(row.count, of))).unwrap_or_default(),
            count: t.number(row.count),
            beside: beside.iter().map(|(_, other)| cell(t, other.as_ref().copied(), &row.label)).collect(),
            counted: row.label.clone(),
            is_own: false,
        };
        let statistics = group.statistics.iter().map(|it| words::statistic(t, *it));
        Self {
            heading: words::heading(t, &group.heading),
            has_shares: group.of.is_some(),
            beside: beside.iter().map(|(heading, _)| (*heading).to_owned()).collect(),
            rows: group.rows.iter().map(row).collect(),
            left_out: (group.left_out > 0).then(|| t.count("results.left_out", group.left_out)),
            summary: statistics.collect::<Vec<_>>().join(" · "),
        }
    }
}

/// What another group of people said of the same; a dash where that is not told.
fn cell(t: Locale, group: Option<&ResultGroup>, label: &RowLabel) -> String {
    let found = group.and_then(|group| Some((group, group.rows.iter().find(|row| row.label == *label)?)));
    match found {
        Some((ResultGroup { of: Some(0), .. }, _)) | None => t.text("results.nothing"),
        Some((ResultGroup { of: Some(of), .. }, row)) => words::percent(t, result_table::percent(row.count, *of)),
        Some((_, row)) => t.number(row.count),
    }
}

fn letter(label: &RowLabel) -> Option<char> {
    match label {
        RowLabel::Option { place, .. } => ('A'..='Z').nth(*place),
        _ => None,
    }
}

fn colour(label: &RowLabel) -> String {
    match label {
        RowLabel::Option { place, .. } => format!("o{}", place + 1),
        RowLabel::Other => "o-own".to_owned(),
        RowLabel::Value { .. } | RowLabel::Written(_) => "o1".to_owned(),
    }
}
