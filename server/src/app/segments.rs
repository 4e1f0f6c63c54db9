//! Results by group: each activity's answers split by what people answered to another one, as far
//! as that tells of nobody.

use std::collections::BTreeMap;

use parterre_domain::{
    kinds::{self, ResultLimits, Reveal},
    result_table::{ResultTable, RowLabel},
    segments::{View, shown, suppressed},
    tally::RunningTally,
};
use parterre_protocol::ActivityId;
use parterre_store::AnswersAtFirstEnd;
use serde::Serialize;

/// What is never split: each of these may be one person's.
const NOTHING_WRITTEN: ResultLimits = ResultLimits { words: 0, others: 0 };

/// The results of one group of people.
#[derive(Debug, Serialize)]
pub struct GroupTable {
    /// What they answered to the other activity.
    pub label: RowLabel,
    /// How many of them answered this one.
    pub people: u32,
    /// What they answered.
    pub table: ResultTable,
}

/// The activities whose answers divide people into groups.
pub(super) fn offered(answered: &[AnswersAtFirstEnd]) -> Vec<ActivityId> {
    let divides =
        |one: &&AnswersAtFirstEnd| !one.answers.is_empty() && kinds::segments(&one.activity.settings).is_some();
    answered.iter().filter(divides).map(|one| one.activity.id).collect()
}

/// Each activity's results by the groups of this one that may be shown; nothing of those that are
/// not split.
pub(super) fn split(answered: &[AnswersAtFirstEnd], by: ActivityId) -> BTreeMap<ActivityId, Vec<GroupTable>> {
    let others = answered.iter().filter(|one| one.activity.id != by);
    others.filter_map(|target| Some((target.activity.id, groups(answered, target, by)?))).collect()
}

fn groups(answered: &[AnswersAtFirstEnd], target: &AnswersAtFirstEnd, by: ActivityId) -> Option<Vec<GroupTable>> {
    // In the order in which they were made, which no change of the rundown changes: what was shown
    // once decides what may be shown beside it.
    let mut dividing: Vec<_> = answered.iter().filter(|one| one.activity.id != target.activity.id).collect();
    dividing.sort_by_key(|one| one.activity.id);
    let views = dividing.iter().filter_map(|one| Some((one.activity.id, view(one, target)?)));
    let (ids, views): (Vec<_>, Vec<_>) = views.unzip();
    let place = ids.iter().position(|id| *id == by)?;
    if !shown(&views)[place] {
        return Some(Vec::new());
    }
    let by = answered.iter().find(|one| one.activity.id == by)?;
    let labels = kinds::segments(&by.activity.settings)?;
    let tables = labels.into_iter().enumerate().filter_map(|(group, label)| table(target, &views[place], group, label));
    let tables: Vec<_> = tables.collect();
    let has_rows = |one: &GroupTable| one.table.groups.iter().any(|group| !group.rows.is_empty());
    tables.iter().all(has_rows).then_some(tables)
}

/// Who of those that answered the target is in which group that is large enough.
fn view(one: &AnswersAtFirstEnd, target: &AnswersAtFirstEnd) -> Option<View> {
    let groups = kinds::segments(&one.activity.settings)?.len();
    let of = |person| kinds::segment_of(&one.activity.settings, &one.answers.get(person)?.0);
    Some(suppressed(target.answers.keys().map(of).collect(), groups))
}

fn table(target: &AnswersAtFirstEnd, view: &View, group: usize, label: RowLabel) -> Option<GroupTable> {
    let settings = &target.activity.settings;
    let mut tally = RunningTally::empty(settings);
    for (_, (person, (answer, at))) in view.iter().zip(&target.answers).filter(|(of, _)| **of == Some(group)) {
        tally.add(target.activity.entry(answer, Some((*person, *at))));
    }
    let people = tally.respondents;
    let table = || kinds::result_table(settings, &tally.view(NOTHING_WRITTEN, Reveal::Shown), people);
    (people > 0).then(|| GroupTable { label, people, table: table() })
}
