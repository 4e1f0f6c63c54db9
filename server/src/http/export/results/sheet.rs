//! The answers to one activity as a table: one row an answer.

use parterre_domain::{
    activity::Activity,
    answer_sheet::{AnswerCell, AnswerColumn, AnswerHeading, ColumnContent},
    event::Event,
    kinds,
};
use parterre_protocol::Millis;
use parterre_store::AnswerRecord;

use super::super::{Cell, Column};
use crate::i18n::Locale;

/// Milliseconds of a minute.
const MINUTE: Millis = 60_000;
/// The most characters of a sheet's name, as spreadsheet programs count them: in UTF-16.
const NAME: usize = 31;
/// Signs that no name of a sheet may contain.
const FORBIDDEN: [char; 7] = ['[', ']', ':', '*', '?', '/', '\\'];

/// The table of an activity's answers.
#[derive(Debug)]
pub(super) struct AnswerSheet {
    /// Its name, unlike all others of the event.
    pub(super) name: String,
    /// Its place in the rundown, from 1.
    pub(super) place: u32,
    /// The activity.
    pub(super) activity: Activity,
    /// What its columns hold that are the kind's own; those before them are of every kind.
    pub(super) answer_columns: Vec<AnswerColumn>,
    /// Whether there are columns for names and times.
    has_names: bool,
    t: Locale,
}

impl AnswerSheet {
    /// The table of this activity, which is at this place of the rundown.
    pub(super) fn new(place: u32, activity: Activity, event: &Event, t: Locale) -> Self {
        let name = sheet_name(place, kinds::title(&activity.settings));
        let answer_columns = kinds::answer_columns(&activity.settings);
        Self { name, place, activity, answer_columns, has_names: event.names, t }
    }

    /// How many columns stand before those of the kind.
    pub(super) const fn columns_before(&self) -> u16 {
        if self.has_names { 3 } else { 1 }
    }

    /// Its columns.
    pub(super) fn columns(&self) -> Vec<Column> {
        let column = |key: &str, width| Column { heading: self.t.text(&format!("export.column.{key}")), width };
        let mut columns = vec![column("round", 8)];
        if self.has_names {
            columns.extend([column("name", 24), column("answered_at", 18)]);
        }
        columns.extend(self.answer_columns.iter().map(|answer| Column {
            heading: heading(answer, self.t),
            width: match answer.content {
                ColumnContent::OneOf(_) | ColumnContent::Written => 40,
                ColumnContent::Picked | ColumnContent::Value(_) => 16,
            },
        }));
        columns
    }

    /// What an answer says in the kind's own columns.
    pub(super) fn cells(&self, record: &AnswerRecord) -> Vec<AnswerCell> {
        kinds::answer_cells(&self.activity.settings, &record.answer)
    }

    /// The row of an answer that says this. Where names are not asked for there is no time either: who stood beside
    /// somebody, or watches the numbers grow, knows when they answered.
    pub(super) fn row(&self, record: &AnswerRecord, answers: Vec<AnswerCell>) -> Vec<Cell> {
        let mut cells = vec![Cell::Number(record.round)];
        if self.has_names {
            cells.extend(match &record.by {
                Some((name, at)) => [Cell::text(Some(name)), Cell::Time(minute(*at))],
                None => [Cell::Empty, Cell::Empty],
            });
        }
        cells.extend(self.answer_columns.iter().zip(answers).map(|(column, cell)| match (cell, &column.content) {
            (AnswerCell::OneOf(place), ColumnContent::OneOf(texts)) => Cell::text(texts.get(place).map(String::as_str)),
            (AnswerCell::Written(text), _) => Cell::text(Some(&text)),
            (AnswerCell::Value(value), _) => Cell::Number(value.into()),
            (AnswerCell::Picked, _) => Cell::Number(1),
            (AnswerCell::Empty | AnswerCell::OneOf(_), _) => Cell::Empty,
        }));
        cells
    }
}

/// The moment without its seconds: enough to find one's way in a meeting, and no fingerprint.
pub(super) const fn minute(at: Millis) -> Millis {
    at.div_euclid(MINUTE) * MINUTE
}

/// What stands above a column.
pub(super) fn heading(column: &AnswerColumn, t: Locale) -> String {
    match &column.heading {
        AnswerHeading::Answer => t.text("export.column.answer"),
        AnswerHeading::Part(text) => text.clone(),
        AnswerHeading::Other => t.text("export.column.other"),
        AnswerHeading::Word(place) => t.format("export.column.word", &[("place", place)]),
    }
}

/// A name that spreadsheet programs accept, and that no other activity's sheet has: the place in
/// the rundown, then as much of the title as fits.
pub(super) fn sheet_name(place: u32, title: &str) -> String {
    let mut name = format!("{place}. ");
    let mut length = name.len();
    for sign in title.chars() {
        let sign = if FORBIDDEN.contains(&sign) || sign.is_control() { ' ' } else { sign };
        length += sign.len_utf16();
        if length > NAME {
            break;
        }
        name.push(sign);
    }
    // An apostrophe at the end would end the name in formulas.
    name.trim_end_matches(|sign: char| sign == '\'' || sign.is_whitespace()).to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_title_gives_a_name_that_spreadsheets_accept(place in 1..500u32, title in "([]\\[:*?/\\\\' a😀]|.){0,40}") {
            let name = sheet_name(place, &title);
            prop_assert!(name.encode_utf16().count() <= NAME && !name.is_empty(), "{:?}", name);
            prop_assert!(!name.contains(FORBIDDEN) && !name.contains(char::is_control), "{:?}", name);
            prop_assert!(!name.starts_with('\'') && !name.ends_with('\''), "{:?}", name);
            let begin = format!("{place}.");
            prop_assert!(name.starts_with(&begin), "{:?}", name);
            prop_assert!(rust_xlsxwriter::Worksheet::new().set_name(&name).is_ok(), "{:?}", name);
            prop_assert_ne!(name.to_lowercase(), sheet_name(place + 1, &title).to_lowercase());
        }
    }

    #[test]
    fn a_name_keeps_what_it_can_of_the_title() {
        assert_eq!(sheet_name(3, "Sea or mountains?"), "3. Sea or mountains");
        assert_eq!(sheet_name(12, "Où dort le comité d’été cette année"), "12. Où dort le comité d’été cet");
    }
}
