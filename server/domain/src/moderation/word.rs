//! Acts about the words that people have written: what they change in what was decided of an
//! activity's words.

use parterre_protocol::{
    Act, ActivityId, Settings,
    limits::{OPTION_CHARS, WORDS_DECIDED},
    posts::WordFilter,
};

use super::{Change, invalid, stale};
use crate::{
    Problem, Refusal,
    filter::Filter,
    kinds, text,
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

/// The words of an activity, by which an act about them is judged.
#[derive(Clone, Copy, Debug)]
pub struct WordsOf<'a> {
    /// What they answer.
    pub settings: &'a Settings,
    /// What was decided of them.
    pub decisions: &'a Decisions,
    /// The event's word filter.
    pub filter: &'a WordFilter,
}

/// What an act about a word, cleaned by [`check_act`](super::check_act), changes in what was
/// decided, or why it cannot be done. Nothing, where it is so already.
pub fn act_on_words(words: &WordsOf<'_>, act: &Act) -> Result<Vec<Change>, Refusal> {
    let decisions = words.decisions;
    let (activity, word, after) = match act {
        Act::HideWord { activity, word } => (*activity, word, Some(Decision::Hidden)),
        // Only what the filter would hide needs a decision to be shown.
        Act::RestoreWord { activity, word } => {
            let is_found = Filter::new(words.filter).finds(&text::word_key(word));
            (*activity, word, is_found.then_some(Decision::Shown))
        }
        Act::MergeWord { activity, word, into } => (*activity, word, Some(merged(words, word, into)?)),
        _ => return Err(invalid("This action is not about a word.")),
    };
    let before = decisions.of(word).cloned();
    if before.is_none() && after.is_some() {
        check_number(decisions)?;
    }
    let change = Change::Word { activity, word: word.clone(), before, after };
    Ok(if change.is_none() { Vec::new() } else { vec![change] })
}

/// The decision on a word that is merged into another. A hidden word stays hidden: its count moves
/// to the other, its spelling is never shown.
fn merged(words: &WordsOf<'_>, word: &str, into: &str) -> Result<Decision, Refusal> {
    let (decisions, key) = (words.decisions, text::word_key(into));
    if text::word_key(word) == key {
        return Err(invalid("These are two spellings of one word, which are already counted together."));
    }
    if let Some(option) = kinds::option_said(words.settings, into) {
        let listed = format!("“{option}” is one of the options, and a write-in cannot be merged into an option.");
        return Err(invalid(&format!("{listed} Merge it into another write-in, or hide it.")));
    }
    if decisions.leads_to(into, word) {
        return Err(invalid("The word to keep is itself merged into the other. Restore it first."));
    }
    let was_hidden = match decisions.of(word) {
        // It is so already, whatever has become of that one.
        Some(Decision::Into(before)) if text::word_key(before) == key => false,
        _ => decisions.hide(word),
    };
    Ok(if was_hidden { Decision::HiddenInto(into.to_owned()) } else { Decision::Into(into.to_owned()) })
}

/// Whether something may be decided of one word more.
fn check_number(decisions: &Decisions) -> Result<(), Refusal> {
    if decisions.len() < WORDS_DECIDED {
        return Ok(());
    }
    let decided = format!("Moderators have already decided on {WORDS_DECIDED} words of this activity, the maximum.");
    let way =
        "To free a place, restore a hidden or merged word that the word filter does not match, or undo a decision.";
    Err(invalid(&format!("{decided} {way}")))
}

/// The changes that undo these, or a refusal if one of the words has been decided on since.
pub fn undo_on_words(decisions: &Decisions, changes: &[Change]) -> Result<Vec<Change>, Refusal> {
    let turn = |change: &Change| {
        let Change::Word { activity, word, before, after } = change else { return Err(stale()) };
        // What it goes back to may have come to depend on it.
        let leads_round =
            before.as_ref().and_then(Decision::counted_as).is_some_and(|into| decisions.leads_to(into, word));
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
    use parterre_protocol::{ChoicePoll, RefusalCode, WordCloud, kinds::choice::PollOption};
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

    fn try_act(decisions: &Decisions, act: &Act) -> Result<Vec<Change>, Refusal> {
        let cloud = Settings::Words(WordCloud { title: "?".to_owned(), words_per_person: 3 });
        act_on_words(&WordsOf { settings: &cloud, decisions, filter: &WordFilter::default() }, act)
    }

    fn after(decisions: &Decisions, act: &Act) -> Decisions {
        decided(decisions, &try_act(decisions, act).unwrap())
    }

    #[test]
    fn a_word_is_hidden_merged_and_restored_and_twice_changes_nothing() {
        let hidden = after(&Decisions::default(), &hide("Idiot"));
        assert_eq!(hidden.of("idiot!"), Some(&Decision::Hidden));
        assert_eq!(try_act(&hidden, &hide("IDIOT")), Ok(Vec::new()));
        let merged = after(&Decisions::default(), &merge("Idiot", "Genius"));
        assert_eq!(merged.of("idiot"), Some(&Decision::Into("Genius".to_owned())));
        assert_eq!(try_act(&merged, &merge("IDIOT", "Genius")), Ok(Vec::new()));
        assert_eq!(after(&merged, &restore("idiot")), Decisions::default());
    }

    #[test]
    fn only_what_the_filter_finds_needs_a_decision_to_be_shown() {
        let none = Decisions::default();
        assert_eq!(try_act(&none, &restore("walrus")), Ok(Vec::new()), "neither decided on nor found");
        let shown = after(&none, &restore("Bullshit"));
        assert_eq!(shown.of("bullshit"), Some(&Decision::Shown));
        assert_eq!(try_act(&shown, &restore("BULLSHIT")), Ok(Vec::new()));
        for act in [hide("walrus"), merge("walrus", "seal")] {
            assert_eq!(after(&after(&none, &act), &restore("Walrus")), none, "{act:?}");
        }
        for act in [hide("Bullshit"), merge("Bullshit", "seal")] {
            assert_eq!(after(&after(&none, &act), &restore("Bullshit")), shown, "{act:?}");
        }
    }

    #[test]
    fn what_was_hidden_before_a_merge_stays_so_through_every_other_one() {
        let hidden_into = |word: &str| Some(Decision::HiddenInto(word.to_owned()));
        let hidden = after(&Decisions::default(), &hide("walrus"));
        let merged = after(&hidden, &merge("walrus", "seal"));
        assert_eq!(merged.of("walrus").cloned(), hidden_into("seal"));
        assert_eq!(try_act(&merged, &merge("Walrus", "seal")), Ok(Vec::new()));
        assert_eq!(after(&merged, &merge("walrus", "fish")).of("walrus").cloned(), hidden_into("fish"));
        assert_eq!(after(&merged, &restore("walrus")), Decisions::default());
        let done = try_act(&hidden, &merge("walrus", "seal")).unwrap();
        assert_eq!(decided(&merged, &undo_on_words(&merged, &done).unwrap()), hidden);
        // What was hidden because it is counted as a hidden word, too.
        let by_way = after(&after(&Decisions::default(), &merge("calf", "walrus")), &hide("walrus"));
        assert_eq!(try_act(&by_way, &merge("calf", "walrus")), Ok(Vec::new()));
        assert_eq!(after(&by_way, &merge("calf", "seal")).of("calf").cloned(), hidden_into("seal"));
    }

    #[test]
    fn a_text_is_not_merged_into_an_option() {
        let options = [(1, "By train"), (2, "By bus")].map(|(id, text)| PollOption { id, text: text.to_owned() });
        let title = "How?".to_owned();
        let poll = ChoicePoll { title, options: options.into(), min: 1, max: 1, other: true, changeable: true };
        let (decisions, filter) = (Decisions::default(), WordFilter::default());
        let settings = Settings::Choice(poll);
        let words = WordsOf { settings: &settings, decisions: &decisions, filter: &filter };
        for into in ["By train", "by TRAIN!"] {
            let refusal = act_on_words(&words, &merge("On rails", into)).unwrap_err();
            assert_eq!(refusal.code, RefusalCode::Invalid);
            assert!(refusal.message.contains("“By train” is one of the options"), "{}", refusal.message);
        }
        assert_eq!(act_on_words(&words, &merge("On rails", "Railway")).unwrap().len(), 1);
    }

    #[test]
    fn no_word_is_counted_as_itself_not_even_round_about() {
        let merged = after(&after(&Decisions::default(), &merge("a", "b")), &merge("b", "c"));
        for act in [merge("A", "a!"), merge("c", "a"), merge("b", "A")] {
            assert_eq!(try_act(&merged, &act).unwrap_err().code, RefusalCode::Invalid, "{act:?}");
        }
    }

    #[test]
    fn only_so_many_words_are_decided_on_and_those_may_still_be_changed() {
        let mut full = Decisions::default();
        (0..WORDS_DECIDED).for_each(|n| full.decide(&format!("word {n}"), Some(Decision::Hidden)));
        let refusal = try_act(&full, &hide("one more")).unwrap_err();
        assert!(refusal.message.contains("restore a hidden or merged word"), "{}", refusal.message);
        assert_eq!(try_act(&full, &restore("not decided")), Ok(Vec::new()));
        assert_eq!(try_act(&full, &merge("word 1", "word 2")).unwrap().len(), 1);
        let restored = try_act(&full, &restore("Word 1")).unwrap();
        let freed = after(&decided(&full, &restored), &hide("one more"));
        assert_eq!(freed.len(), WORDS_DECIDED);
        assert_eq!(undo_on_words(&freed, &restored).unwrap_err().code, RefusalCode::Invalid, "no place is left");
    }

    #[test]
    fn an_act_is_undone_unless_the_word_was_decided_on_since() {
        let none = Decisions::default();
        let done = try_act(&none, &hide("idiot")).unwrap();
        let hidden = decided(&none, &done);
        let undone = undo_on_words(&hidden, &done).unwrap();
        assert_eq!(decided(&hidden, &undone), none);
        let redone = undo_on_words(&none, &undone).unwrap();
        assert_eq!(decided(&none, &redone), hidden);
        assert_eq!(undo_on_words(&after(&hidden, &restore("idiot")), &done).unwrap_err().code, RefusalCode::Stale);
        let apart = after(&after(&none, &merge("a", "b")), &restore("a"));
        let undone = try_act(&after(&none, &merge("a", "b")), &restore("a")).unwrap();
        assert_eq!(undo_on_words(&after(&apart, &merge("b", "a")), &undone).unwrap_err().code, RefusalCode::Stale);
    }
}
