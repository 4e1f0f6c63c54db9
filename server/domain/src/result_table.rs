//! Results as tables, alike for all kinds: what pages without script, charts and files are made of.
//!
//! There are no words of any language in them but those that people wrote.

use std::{cmp::Reverse, collections::BTreeMap};

use serde::Serialize;

/// The results of one activity in one round.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ResultTable {
    /// What is counted by itself: the options of a poll, each statement of a rating.
    pub groups: Vec<ResultGroup>,
}

/// Rows that are counted together.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ResultGroup {
    /// What they are counts of.
    pub heading: GroupHeading,
    /// The rows, in the order in which they are shown.
    pub rows: Vec<ResultRow>,
    /// How many rows there are that the table leaves out.
    pub left_out: u32,
    /// How many answers the counts are parts of; none where a share says nothing, as of words.
    pub of: Option<u32>,
    /// What sums the rows up.
    pub statistics: Vec<Statistic>,
}

/// What the rows of a group are counts of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupHeading {
    /// What the activity asks.
    #[default]
    Title,
    /// A part of what it asks, such as a statement, in its words.
    Part(String),
    /// What people wrote who picked none of the options.
    WriteIns,
}

/// One thing that is counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResultRow {
    /// What it is.
    pub label: RowLabel,
    /// How often it was answered.
    pub count: u32,
}

/// What a row counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RowLabel {
    /// An option, by its place from 0, which gives it letter and colour.
    Option {
        /// Its place among the options.
        place: usize,
        /// Its text.
        text: String,
    },
    /// An option of people's own.
    Other,
    /// A value of a scale.
    Value {
        /// The value.
        value: u8,
        /// What its facilitator says that it means; empty where nothing is said.
        meaning: String,
    },
    /// What people wrote.
    Written(String),
}

/// A figure that sums rows up.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// How many answers hold this part.
    Answers(u32),
    /// The mean of the values.
    Mean(f64),
    /// The value in the middle.
    Median(f64),
    /// The Net Promoter Score, from −100 to 100.
    Nps(f64),
}

/// The nearest whole percent, and all only of all; 0 of nothing.
pub fn percent(count: u32, of: u32) -> u32 {
    let (count, of) = (u64::from(count), u64::from(of));
    let most = if count < of { 99 } else { 100 };
    u32::try_from((200 * count + of).checked_div(2 * of).unwrap_or_default().min(most)).unwrap_or(100)
}

/// Written words or texts with their counts, the most frequent first.
pub fn most_frequent(counts: &BTreeMap<String, u32>) -> Vec<ResultRow> {
    let row = |(text, count): (&String, &u32)| ResultRow { label: RowLabel::Written(text.clone()), count: *count };
    let mut rows: Vec<_> = counts.iter().map(row).collect();
    rows.sort_by_key(|row| Reverse(row.count));
    rows
}

impl ResultGroup {
    /// What sums up how often each value was given, from this lowest one on; nothing of no answers.
    pub fn summed_up(lowest: u8, counts: &[u32]) -> Vec<Statistic> {
        let all: u32 = counts.iter().sum();
        if all == 0 {
            return vec![Statistic::Answers(0)];
        }
        let values = || (lowest..).zip(counts).map(|(value, count)| (f64::from(value), *count));
        let sum: f64 = values().map(|(value, count)| value * f64::from(count)).sum();
        let at = |place: u32| {
            let mut seen = 0;
            let found = values().find(|(_, count)| {
                seen += count;
                seen > place
            });
            found.map_or(0.0, |(value, _)| value)
        };
        let median = f64::midpoint(at((all - 1) / 2), at(all / 2));
        vec![Statistic::Answers(all), Statistic::Mean(sum / f64::from(all)), Statistic::Median(median)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_and_safe() {
        assert_eq!(percent(1302, 4200), 31);
        assert_eq!(percent(1, 8), 13);
        assert_eq!(percent(0, 0), 0);
        assert_eq!(percent(399, 400), 99, "not all");
        assert_eq!(percent(u32::MAX, u32::MAX), 100);
    }

    #[test]
    fn values_are_summed_up_from_the_lowest_on() {
        let of = |counts: &[u32]| ResultGroup::summed_up(1, counts);
        let expected =
            |all, mean, median| vec![Statistic::Answers(all), Statistic::Mean(mean), Statistic::Median(median)];
        assert_eq!(of(&[0, 0, 0]), [Statistic::Answers(0)]);
        assert_eq!(of(&[0, 3, 0]), expected(3, 2.0, 2.0));
        assert_eq!(of(&[1, 0, 1]), expected(2, 2.0, 2.0));
        assert_eq!(of(&[2, 0, 0, 1, 1]), expected(4, 2.75, 2.5));
    }
}
