//! Which rows of a table hold a participant's own answer.

use parterre_domain::{
    kinds::{self, Entry, ResultLimits, Reveal},
    result_table::RowLabel,
    tally::RunningTally,
    text,
};
use parterre_protocol::{Answer, Settings};

/// The labels of those rows, by group: those that a table of this answer alone would have.
pub(super) fn rows(settings: &Settings, answer: &Answer) -> Vec<Vec<RowLabel>> {
    let alone = RunningTally::count(settings, [Entry { answer, by: None }]);
    let everything = ResultLimits { words: usize::MAX, others: usize::MAX };
    let table = kinds::result_table(settings, &alone.view(everything, Reveal::Shown), 1);
    let own = |rows: Vec<parterre_domain::result_table::ResultRow>| {
        rows.into_iter().filter(|row| row.count > 0).map(|row| row.label).collect()
    };
    table.groups.into_iter().map(|group| own(group.rows)).collect()
}

/// Whether two rows are of the same thing: words are, however they are written.
pub(super) fn same(one: &RowLabel, other: &RowLabel) -> bool {
    match (one, other) {
        (RowLabel::Written(one), RowLabel::Written(other)) => text::word_key(one) == text::word_key(other),
        _ => one == other,
    }
}
