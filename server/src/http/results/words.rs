//! The words for what a table of results counts: one place for pages, charts and files.

use parterre_domain::result_table::{GroupHeading, RowLabel, Statistic};

use crate::i18n::Locale;

/// What a row counts.
pub fn label(t: Locale, label: &RowLabel) -> String {
    match label {
        RowLabel::Option { text, .. } | RowLabel::Written(text) => text.clone(),
        RowLabel::Other => t.text("results.other"),
        RowLabel::Value { value, meaning } if meaning.is_empty() => value.to_string(),
        RowLabel::Value { value, meaning } => t.format("results.value", &[("value", value), ("meaning", meaning)]),
    }
}

/// What the rows of a group are counts of; nothing where the title of the activity says it.
pub fn heading(t: Locale, heading: &GroupHeading) -> Option<String> {
    match heading {
        GroupHeading::Title => None,
        GroupHeading::Part(text) => Some(text.clone()),
        GroupHeading::WriteIns => Some(t.text("results.write_ins")),
    }
}

/// A figure with its name.
pub fn statistic(t: Locale, statistic: Statistic) -> String {
    match statistic {
        Statistic::Answers(n) => t.count("results.answers", n),
        Statistic::Mean(mean) => t.format("results.mean", &[("mean", &tenths(t, mean))]),
        Statistic::Median(median) => t.format("results.median", &[("median", &tenths(t, median))]),
        Statistic::Nps(score) => t.format("results.nps", &[("score", &signed(score))]),
    }
}

fn tenths(t: Locale, value: f64) -> String {
    t.tenths((value * 10.0).round().max(0.0) as u64)
}

/// A whole number with a minus sign, not a hyphen, before it.
fn signed(value: f64) -> String {
    let sign = if value.round() < 0.0 { "\u{2212}" } else { "" };
    format!("{sign}{}", value.abs().round())
}

/// A share in percent.
pub fn percent(t: Locale, percent: u32) -> String {
    t.format("common.percent", &[("n", &percent)])
}
