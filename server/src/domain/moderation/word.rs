//! Acts about the words that people have written: what they change in what was decided of an activity's words.

use parterre_protocol::{
    Act, ActivityId,
    limits::{OPTION_CHARS, WORDS_DECIDED},
};

use super::{Change, invalid, stale};
use crate::domain::{
    Problem, Refusal, text,
    wording::{Decision, Decisions},
};

/// The activity whose words an act is about; none of an act about something else.
pub const fn about_words(act: &Act) -> Option<ActivityId> {
    match act {
        Act::HideWord { activity, .. } | Act::MergeWord { activity, .. } | Act::RestoreWord { activity, .. } => {
            Some(*activity)
        }
        _ => None,
    }
}

/// The activity whose words these changes are about; none of other changes.
pub fn changes_words(changes: &[Change]) -> Option<ActivityId> {
    changes.iter().find_map(|change| match change {
        Change::Word { activity, .. } => Some(*activity),
        _ => None,
    })
}

/// Cleans the word that an act names.
pub(super) fn check_word(word: &str) -> Result<String, Problem> {
    text::filled_line("word", word, OPTION_CHARS)
}

/// What an act about a word, cleaned by [`check_act`](super::check_act), changes in what was decided, or why it cannot be
/// done. Nothing, where it is so already.
pub fn act_on_words(decisions: &Decisions, act: &Act) -> Result<Vec<Change>, Refusal> {
    let (activity, word, to) = match act {
        Act::HideWord { activity, word } => (*activity, word, Decision::Hidden),
        Act::RestoreWord { activity, word } => (*activity, word, Decision::Shown),
        Act::MergeWord { activity, word, into } => {
            if text::word_key(word) == text::word_key(into) {
                return Err(invalid("These are two spellings of one word, and counted together already."));
            }
            if decisions.leads_to(into, word) {
                return Err(invalid("The word to stay is counted as the other one. Restore it first."));
            }
            (*activity, word, Decision::Into(into.clone()))
        }
        _ => return Err(invalid("This act is not about a word.")),
    };
    let before = decisions.of(word).cloned();
    if before.is_none() {
        check_number(decisions)?;
    }
    let change = Change::Word { activity, word: word.clone(), before, after: Some(to) };
    Ok(if change.is_none() { Vec::new() } else { vec![change] })
}

/// Whether something may be decided of one word more.
fn check_number(decisions: &Decisions) -> Result<(), Refusal> {
    if decisions.len() < WORDS_DECIDED {
        return Ok(());
    }
    let decided = format!("Moderators have decided on {WORDS_DECIDED} words of this activity, which is the most.");
    Err(invalid(&format!("{decided} Add this one to the word filter.")))
}

/// What undoing these changes changes, or that something of it was decided anew since.
pub fn undo_on_words(decisions: &Decisions, changes: &[Change]) -> Result<Vec<Change>, Refusal> {
    let turn = |change: &Change| {
        let Change::Word { activity, word, before, after } = change else { return Err(stale()) };
        // What it goes back to may have come to depend on it.
        let leads_round = matches!(before, Some(Decision::Into(into)) if decisions.leads_to(into, word));
        if leads_round || decisions.of(word) != after.as_ref() {
            return Err(stale());
        }
        if after.is_none() {
            check_number(decisions)?;
        }
        let (before, after) = (after.clone(), before.clone());
        Ok(Change::Word { activity: *activity, word: word.clone(), before, after })
    };
    changes.iter().rev().map(turn).collect()
}

/// What is decided with these changes.
pub fn decided(decisions: &Decisions, changes: &[Change]) -> Decisions {
    let mut decisions = decisions.clone();
    for change in changes {
        if let Change::Word { word, after, .. } = change {
            decisions.decide(word, after.clone());
        }
    }
    decisions
}

#[cfg(test)]
mod tests {
    use parterre_protocol::RefusalCode;
    use uuid::Uuid;

    use super::*;

    const ACTIVITY: ActivityId = ActivityId::new(Uuid::nil());

    fn hide(word: &str) -> Act {
        Act::HideWord { activity: ACTIVITY, word: word.to_owned() }
    }

    fn restore(word: &str) -> Act {
        Act::RestoreWord { activity: ACTIVITY, word: word.to_owned() }
    }

    fn merge(word: &str, into: &str) -> Act {
        Act::MergeWord { activity: ACTIVITY, word: word.to_owned(), into: into.to_owned() }
    }

    fn after(decisions: &Decisions, act: &Act) -> Decisions {
        decided(decisions, &act_on_words(decisions, act).unwrap())
    }

    #[test]
    fn a_word_is_hidden_merged_and_restored_and_twice_changes_nothing() {
        let hidden = after(&Decisions::default(), &hide("Idiot"));
        assert_eq!(hidden.of("idiot!"), Some(&Decision::Hidden));
        assert_eq!(act_on_words(&hidden, &hide("IDIOT")), Ok(Vec::new()));
        let merged = after(&hidden, &merge("Idiot", "Genius"));
        assert_eq!(merged.of("idiot"), Some(&Decision::Into("Genius".to_owned())));
        assert_eq!(after(&merged, &restore("idiot")).of("idiot"), Some(&Decision::Shown));
        assert_eq!(merged.len(), 1);
    }

    #[test]
    fn no_word_is_counted_as_itself_not_even_round_about() {
        let merged = after(&after(&Decisions::default(), &merge("a", "b")), &merge("b", "c"));
        for act in [merge("A", "a!"), merge("c", "a"), merge("b", "A")] {
            assert_eq!(act_on_words(&merged, &act).unwrap_err().code, RefusalCode::Invalid, "{act:?}");
        }
    }

    #[test]
    fn only_so_many_words_are_decided_on_and_those_may_still_be_changed() {
        let mut full = Decisions::default();
        (0..WORDS_DECIDED).for_each(|n| full.decide(&format!("word {n}"), Some(Decision::Hidden)));
        let refusal = act_on_words(&full, &hide("one more")).unwrap_err();
        assert!(refusal.message.contains("word filter"), "{}", refusal.message);
        assert_eq!(act_on_words(&full, &restore("Word 1")).unwrap().len(), 1);
    }

    #[test]
    fn an_act_is_undone_unless_the_word_was_decided_on_since() {
        let none = Decisions::default();
        let done = act_on_words(&none, &hide("idiot")).unwrap();
        let hidden = decided(&none, &done);
        let undone = undo_on_words(&hidden, &done).unwrap();
        assert_eq!(decided(&hidden, &undone), none);
        let redone = undo_on_words(&none, &undone).unwrap();
        assert_eq!(decided(&none, &redone), hidden);
        assert_eq!(undo_on_words(&after(&hidden, &restore("idiot")), &done).unwrap_err().code, RefusalCode::Stale);
        let apart = after(&after(&none, &merge("a", "b")), &restore("a"));
        let undone = act_on_words(&after(&none, &merge("a", "b")), &restore("a")).unwrap();
        assert_eq!(undo_on_words(&after(&apart, &merge("b", "a")), &undone).unwrap_err().code, RefusalCode::Stale);
    }
}
