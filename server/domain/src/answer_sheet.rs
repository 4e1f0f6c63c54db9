//! Answers written down one by one, a row each: which columns those of an activity have, and what
//! an answer says in each of them. Made for files, alike for all kinds.
//!
//! There are no words of any language in them but those that people wrote.

use crate::result_table::RowLabel;

/// A column of the answers to one activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerColumn {
    /// What stands above it.
    pub heading: AnswerHeading,
    /// What its cells hold, where they are not empty.
    pub content: ColumnContent,
}

/// What stands above a column of answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerHeading {
    /// It is the whole answer to what the activity asks.
    Answer,
    /// A part of what it asks, in its words: an option, a statement.
    Part(String),
    /// What people wrote in place of an option.
    Other,
    /// One of several words, from 1.
    Word(u8),
}

/// What the cells of a column hold, and so how they can be counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnContent {
    /// One of these texts, which are all different.
    OneOf(Vec<String>),
    /// That the part was picked.
    Picked,
    /// A value of a scale, of which these are all, from the lowest.
    Value(Vec<RowLabel>),
    /// Text of people's own.
    Written,
}

/// What an answer says in one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerCell {
    /// Nothing.
    Empty,
    /// The place of the text among those that the column may hold.
    OneOf(usize),
    /// The part was picked.
    Picked,
    /// This value.
    Value(u8),
    /// This text.
    Written(String),
}

impl AnswerColumn {
    /// A column with this heading and content.
    pub const fn new(heading: AnswerHeading, content: ColumnContent) -> Self {
        Self { heading, content }
    }

    /// Whether a cell may stand in it.
    pub fn holds(&self, cell: &AnswerCell) -> bool {
        match (&self.content, cell) {
            (_, AnswerCell::Empty)
            | (ColumnContent::Picked, AnswerCell::Picked)
            | (ColumnContent::Written, AnswerCell::Written(_)) => true,
            (ColumnContent::OneOf(texts), AnswerCell::OneOf(place)) => *place < texts.len(),
            (ColumnContent::Value(values), AnswerCell::Value(value)) => {
                values.iter().any(|label| matches!(label, RowLabel::Value { value: known, .. } if known == value))
            }
            _ => false,
        }
    }
}

impl AnswerCell {
    /// A text, or nothing.
    pub fn written(text: Option<&str>) -> Self {
        text.map_or(Self::Empty, |text| Self::Written(text.to_owned()))
    }
}
