//! Counts of what stands in the columns of a sheet, by round, kept while it is written: what the
//! formulas of a workbook's summary say before a program has recalculated them.

use std::collections::BTreeMap;

use parterre_domain::{
    answer_sheet::{AnswerCell, AnswerColumn, ColumnContent},
    result_table::RowLabel,
};

/// The counts of a sheet.
#[derive(Debug, Default)]
pub(super) struct SheetCounts {
    rounds: BTreeMap<u32, RoundCounts>,
}

/// The counts of one round.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RoundCounts {
    /// How many answers there are.
    pub(super) answers: u32,
    /// For each column, how often it holds each thing that it can hold: see [`places`].
    pub(super) columns: Vec<Vec<u32>>,
}

impl SheetCounts {
    /// Counts an answer that was given so often in a round.
    pub(super) fn add(&mut self, columns: &[AnswerColumn], round: u32, cells: &[AnswerCell], count: u32) {
        let empty =
            || RoundCounts { answers: 0, columns: columns.iter().map(|column| vec![0; places(column)]).collect() };
        let counts = self.rounds.entry(round).or_insert_with(empty);
        counts.answers += count;
        for ((column, cell), counts) in columns.iter().zip(cells).zip(&mut counts.columns) {
            if let Some(counted) = place(column, cell).and_then(|place| counts.get_mut(place)) {
                *counted += count;
            }
        }
    }

    /// How many answers there are in all.
    pub(super) fn answers(&self) -> u32 {
        self.rounds.values().map(|round| round.answers).sum()
    }

    /// The rounds in which somebody has answered, in order.
    pub(super) fn rounds(&self) -> &BTreeMap<u32, RoundCounts> {
        &self.rounds
    }
}

/// How many different things a column can hold, as far as they are counted.
const fn places(column: &AnswerColumn) -> usize {
    match &column.content {
        ColumnContent::OneOf(texts) => texts.len(),
        ColumnContent::Value(labels) => labels.len(),
        ColumnContent::Picked | ColumnContent::Written => 1,
    }
}

/// Which of these a cell is.
fn place(column: &AnswerColumn, cell: &AnswerCell) -> Option<usize> {
    match (cell, &column.content) {
        (AnswerCell::Empty, _) => None,
        (AnswerCell::OneOf(place), _) => Some(*place),
        (AnswerCell::Value(value), ColumnContent::Value(labels)) => labels.iter().position(|label| is(label, *value)),
        (AnswerCell::Value(_) | AnswerCell::Picked | AnswerCell::Written(_), _) => Some(0),
    }
}

fn is(label: &RowLabel, value: u8) -> bool {
    matches!(label, RowLabel::Value { value: labelled, .. } if *labelled == value)
}
