//! What holds of every kind. A kind brings its samples, and these go through the registry.

use std::collections::BTreeMap;

use parterre_protocol::{Millis, ParticipantId};
use proptest::{collection::vec, prelude::*};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::*;
use crate::{answer_sheet::ColumnContent, tally::RunningTally};

/// Settings of a kind and answers to them, to try its rules with.
pub trait Sample: Kind<Settings: Clone, Answer: Debug + 'static> {
    /// Settings that allow as much as there is.
    fn settings() -> Self::Settings;

    /// Any answer, also one that is refused.
    fn answer() -> BoxedStrategy<Self::Answer>;

    /// Of those settings what respondents must not know before the reveal, as it stands in their
    /// JSON. No answer and no other part of the settings may contain it.
    fn secrets() -> &'static [&'static str] {
        &[]
    }

    /// Those settings with other secrets and nothing else changed, where there are any.
    fn with_other_secrets() -> Option<Self::Settings> {
        None
    }
}

/// Any answers of a few participants, in any order.
fn answers<K: Sample>() -> impl Strategy<Value = Vec<(u8, Answer)>> {
    vec((0..6u8, K::answer().prop_map(Into::into)), 0..40)
}

/// The answer as the `n`-th of all is counted, where the kind counts people and where it does not.
fn entry<K: Kind>(n: usize, who: u8, answer: &Answer) -> Entry<'_, Answer> {
    let (participant, elapsed) = (ParticipantId::new(Uuid::from_bytes([who; 16])), n as Millis * 10);
    let by = Respondent { participant, at: 1_000_000 + elapsed, elapsed };
    Entry { answer, by: K::COUNTS_PEOPLE.then_some(by) }
}

#[test]
fn counts_kept_by_changes_equal_a_recount() {
    fn check<K: Sample>() {
        let settings = K::settings().into();
        proptest!(|(answers in answers::<K>())| {
            let (mut tally, mut current) = (RunningTally::empty(&settings), BTreeMap::new());
            for (n, (who, answer)) in answers.iter().enumerate() {
                let entry = entry::<K>(n, *who, answer);
                if let Some(before) = current.insert(who, entry) {
                    tally.remove(before);
                }
                tally.add(entry);
            }
            prop_assert_eq!(tally, RunningTally::count(&settings, current.into_values()));
        });
    }
    check_each_kind!(check);
}

#[test]
fn an_answer_that_is_accepted_is_accepted_again_unchanged() {
    fn check<K: Sample>() {
        let settings = K::check(K::settings()).expect("settings that are allowed").into();
        proptest!(|(answers in answers::<K>())| {
            for (_, answer) in answers {
                if let Ok(accepted) = check_answer(&settings, answer) {
                    prop_assert_eq!(check_answer(&settings, accepted.clone()), Ok(accepted));
                }
            }
        });
    }
    check_each_kind!(check);
}

#[test]
fn settings_prompts_and_answers_are_read_as_they_are_written() {
    fn read<T: Serialize + DeserializeOwned>(it: &T) -> T {
        serde_json::from_str(&serde_json::to_string(it).expect("plain data")).expect("what was written")
    }
    fn check<K: Sample>() {
        let settings = K::settings().into();
        assert_eq!(read(&settings), settings);
        for reveal in [Reveal::Hidden, Reveal::Shown] {
            assert_eq!(read(&prompt(&settings, reveal)), prompt(&settings, reveal));
        }
        proptest!(|(answers in answers::<K>())| {
            for (_, answer) in answers {
                prop_assert_eq!(read(&answer), answer);
            }
        });
    }
    check_each_kind!(check);
}

#[test]
fn settings_and_answers_are_of_the_kind_that_they_name() {
    fn check<K: Sample>() {
        let settings: Settings = K::settings().into();
        let text = serde_json::to_value(&settings).expect("plain data");
        assert_eq!(text["kind"], settings.kind().as_str());
        assert_eq!(prompt(&settings, Reveal::Hidden).kind(), settings.kind());
        let tally = Counts::empty(&settings).tally(ResultLimits { words: 1, others: 1 }, Reveal::Hidden);
        assert_eq!(tally.kind(), settings.kind());
    }
    check_each_kind!(check);
}

#[test]
fn what_is_not_to_be_known_yet_is_in_no_prompt_and_no_tally_before_the_reveal() {
    fn text(it: &impl Serialize) -> String {
        serde_json::to_string(it).expect("plain data")
    }
    fn check<K: Sample>() {
        let settings = K::settings().into();
        let (written, shown) = (text(&settings), text(&prompt(&settings, Reveal::Shown)));
        let limits = ResultLimits { words: 100, others: 100 };
        for secret in K::secrets() {
            assert!(written.contains(secret), "{secret} is no part of the settings: {written}");
            assert!(shown.contains(secret), "{secret} is not revealed: {shown}");
            assert!(!text(&prompt(&settings, Reveal::Hidden)).contains(secret), "the prompt tells {secret}");
        }
        proptest!(|(answers in answers::<K>())| {
            let mut counts = Counts::empty(&settings);
            for (n, (who, answer)) in answers.iter().enumerate() {
                counts.add(entry::<K>(n, *who, answer));
            }
            let tally = text(&counts.tally(limits, Reveal::Hidden));
            for secret in K::secrets() {
                prop_assert!(!tally.contains(secret), "the tally tells {}: {}", secret, tally);
            }
        });
    }
    check_each_kind!(check);
}

#[test]
fn tables_of_results_count_what_the_tally_counts() {
    fn check<K: Sample>() {
        let settings: Settings = K::settings().into();
        let limits = ResultLimits { words: 100, others: 100 };
        proptest!(|(answers in answers::<K>())| {
            let accepted = answers.iter().filter_map(|(who, answer)| Some((*who, check_answer(&settings, answer.clone()).ok()?)));
            let current: BTreeMap<_, _> = accepted.collect();
            let tally = RunningTally::count(&settings, current.iter().map(|(who, answer)| entry::<K>(0, *who, answer)));
            let table = result_table(&settings, &tally.view(limits, Reveal::Shown), tally.respondents);
            for group in &table.groups {
                let most = group.of.unwrap_or(tally.respondents);
                prop_assert!(most <= tally.respondents, "{:?}", group);
                prop_assert!(group.rows.iter().all(|row| row.count <= most), "{:?}", group);
            }
        });
    }
    check_each_kind!(check);
}

/// Counts rows in which a cell stands, column by column.
fn counted(rows: &[Vec<AnswerCell>], column: usize, cell: &AnswerCell) -> u32 {
    rows.iter().filter(|cells| cells[column] == *cell).count().try_into().expect("few answers")
}

#[test]
fn rows_of_answers_fit_their_columns_and_count_what_the_tally_counts() {
    fn check<K: Sample>() {
        let settings: Settings = K::settings().into();
        let (columns, limits) = (answer_columns(&settings), ResultLimits { words: 100, others: 100 });
        proptest!(|(answers in answers::<K>())| {
            let accepted: Vec<_> =
                answers.iter().filter_map(|(_, answer)| check_answer(&settings, answer.clone()).ok()).collect();
            let rows: Vec<_> = accepted.iter().map(|answer| answer_cells(&settings, answer)).collect();
            for cells in &rows {
                prop_assert_eq!(cells.len(), columns.len());
                prop_assert!(columns.iter().zip(cells).all(|(column, cell)| column.holds(cell)), "{:?}", cells);
            }
            let tally = RunningTally::count(&settings, accepted.iter().map(|answer| entry::<K>(0, 0, answer)));
            let groups = result_table(&settings, &tally.view(limits, Reveal::Shown), tally.respondents).groups;
            let options = || groups[0].rows.iter().map(|row| row.count);
            for (at, column) in columns.iter().enumerate() {
                match &column.content {
                    ColumnContent::OneOf(texts) => {
                        let counts = (0..texts.len()).map(|place| counted(&rows, at, &AnswerCell::OneOf(place)));
                        prop_assert!(counts.eq(options().take(texts.len())), "{:?}", rows);
                    }
                    ColumnContent::Picked => {
                        prop_assert_eq!(Some(counted(&rows, at, &AnswerCell::Picked)), options().nth(at));
                    }
                    ColumnContent::Value(_) => for row in &groups[at].rows {
                        let RowLabel::Value { value, .. } = row.label else { panic!("{row:?}") };
                        prop_assert_eq!(counted(&rows, at, &AnswerCell::Value(value)), row.count);
                    },
                    ColumnContent::Written => {}
                }
            }
        });
    }
    check_each_kind!(check);
}

/// A distance or a rank tells a secret too, though it is not the secret itself.
#[test]
fn nothing_that_respondents_see_before_the_reveal_depends_on_what_is_not_to_be_known_yet() {
    fn check<K: Sample>() {
        let other = K::with_other_secrets();
        assert_eq!(other.is_some(), !K::secrets().is_empty(), "a kind has secrets, or it has none");
        let Some(other) = other else { return };
        let (settings, other): (Settings, Settings) = (K::settings().into(), other.into());
        assert_ne!(prompt(&settings, Reveal::Shown), prompt(&other, Reveal::Shown));
        assert_eq!(prompt(&settings, Reveal::Hidden), prompt(&other, Reveal::Hidden));
        let limits = ResultLimits { words: 100, others: 100 };
        proptest!(|(answers in answers::<K>())| {
            let [mut counts, mut others] = [&settings, &other].map(Counts::empty);
            for (n, (who, answer)) in answers.iter().enumerate() {
                let judged = check_answer(&settings, answer.clone());
                prop_assert_eq!(judged, check_answer(&other, answer.clone()), "whether it is taken");
                counts.add(entry::<K>(n, *who, answer));
                others.add(entry::<K>(n, *who, answer));
            }
            prop_assert_eq!(counts.tally(limits, Reveal::Hidden), others.tally(limits, Reveal::Hidden));
        });
    }
    check_each_kind!(check);
}
