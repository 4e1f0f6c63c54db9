//! What holds of every kind. A kind brings its samples, and these go through the registry.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};
use serde::{Serialize, de::DeserializeOwned};

use super::*;
use crate::tally::RunningTally;

/// Settings of a kind and answers to them, to try its rules with.
pub trait Sample: Kind<Settings: Clone, Answer: Debug + 'static> {
    /// Settings that allow as much as there is.
    fn settings() -> Self::Settings;

    /// Any answer of this participant, also one that is refused.
    fn answer(participant: u8) -> BoxedStrategy<Self::Answer>;
}

/// Any answers of a few participants, in any order.
fn answers<K: Sample>() -> impl Strategy<Value = Vec<(u8, Answer)>> {
    let one = |who| K::answer(who).prop_map(move |answer| (who, answer.into()));
    vec((0..6u8).prop_flat_map(one), 0..40)
}

#[test]
fn counts_kept_by_changes_equal_a_recount() {
    fn check<K: Sample>() {
        let settings = K::settings().into();
        proptest!(|(answers in answers::<K>())| {
            let (mut tally, mut current) = (RunningTally::empty(&settings), BTreeMap::new());
            for (who, answer) in &answers {
                if let Some(before) = current.insert(who, answer) {
                    tally.remove(before);
                }
                tally.add(answer);
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
        assert_eq!(read(&prompt(&settings)), prompt(&settings));
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
        assert_eq!(prompt(&settings).kind(), settings.kind());
        assert_eq!(Counts::empty(&settings).tally(ResultLimits { words: 1, others: 1 }).kind(), settings.kind());
    }
    check_each_kind!(check);
}
