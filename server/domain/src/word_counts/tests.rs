//! What is counted of words, and which of them are shown.

use std::sync::Arc;

use parterre_protocol::{Act, ActivityId, Settings, WordCloud, posts::WordFilter};
use proptest::prelude::*;

use super::*;
use crate::{
    filter::Filter,
    moderation::{WordsOf, act_on_words, decided},
    wording::{Decision, Decisions},
};

/// The most frequent words as they are found by counting all mentions anew.
fn recounted(mentions: &[String], most: usize) -> BTreeMap<String, u32> {
    let mut words: BTreeMap<String, BTreeMap<&str, u32>> = BTreeMap::new();
    for mention in mentions {
        *words.entry(word_key(mention)).or_default().entry(mention).or_default() += 1;
    }
    let mut ranked: Vec<_> = words.iter().map(|(word, of)| (Reverse(of.values().sum::<u32>()), word, of)).collect();
    ranked.sort_unstable();
    let shown = ranked.into_iter().take(most).filter_map(|(Reverse(sum), _, of)| {
        let (spelling, _) = of.iter().min_by_key(|(spelling, count)| (Reverse(**count), **spelling))?;
        Some((spelling.to_string(), sum))
    });
    shown.collect()
}

/// Mentions that come, and some of which go again: each is whether one goes, which of those that
/// are there, and a word.
fn mentions() -> impl Strategy<Value = Vec<(bool, prop::sample::Index, String)>> {
    prop::collection::vec((any::<bool>(), any::<prop::sample::Index>(), "[aAéÉ]{1,2}"), 0..80)
}

/// What may happen to a cloud.
#[derive(Clone, Debug)]
enum Step {
    Comes(String),
    Goes(prop::sample::Index),
    Decided(Act),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let word = || "[aAéÉ]{1,2}";
    let activity = ActivityId::new(uuid::Uuid::nil());
    let act = prop_oneof![
        word().prop_map(move |word| Act::HideWord { activity, word }),
        word().prop_map(move |word| Act::RestoreWord { activity, word }),
        (word(), word()).prop_map(move |(word, into)| Act::MergeWord { activity, word, into }),
    ];
    let step = prop_oneof![
        3 => word().prop_map(Step::Comes),
        1 => any::<prop::sample::Index>().prop_map(Step::Goes),
        2 => act.prop_map(Step::Decided),
    ];
    prop::collection::vec(step, 0..40)
}

/// What is shown and what is hidden, word by word and mention by mention.
fn screened(
    there: &[String],
    filter: &Filter,
    decisions: &Decisions,
) -> (BTreeMap<String, u32>, BTreeMap<String, u32>) {
    let mut counts = BTreeMap::<String, (u32, bool)>::new();
    for word in there {
        let (mut end, mut lends) = (word_key(word), true);
        while let Some(decision) = decisions.of(&end) {
            let Some(into) = decision.counted_as() else { break };
            lends &= !matches!(decision, Decision::HiddenInto(_)) && !filter.finds(&end);
            end = word_key(into);
        }
        let (count, has_spelling) = counts.entry(end.clone()).or_default();
        *count += 1;
        *has_spelling |= lends || end == word_key(word);
    }
    let (mut shown, mut hidden) = (BTreeMap::new(), BTreeMap::new());
    for (end, (count, has_spelling)) in counts {
        let is_hidden = match decisions.of(&end) {
            Some(decision) => *decision == Decision::Hidden,
            None => filter.finds(&end),
        };
        (if is_hidden || !has_spelling { &mut hidden } else { &mut shown }).insert(end, count);
    }
    (shown, hidden)
}

proptest! {
    #[test]
    fn kept_by_changes_equals_counted_anew(mentions in mentions(), most in 0..12_usize) {
        let (mut counts, mut there) = (WordCounts::default(), Vec::<String>::new());
        for (goes, which, word) in mentions {
            if goes && !there.is_empty() {
                counts.remove(&there.swap_remove(which.index(there.len())));
            } else {
                counts.add(&word);
                there.push(word);
            }
            prop_assert_eq!(counts.most_frequent(most), recounted(&there, most));
        }
        let mut anew = WordCounts::default();
        there.iter().for_each(|word| anew.add(word));
        prop_assert_eq!(&counts, &anew);
        prop_assert_eq!(counts.distinct() as usize, recounted(&there, usize::MAX).len());
    }

    /// Words come and go, and moderators decide and think again; at each moment the counts are
    /// those of counting anew.
    #[test]
    fn screened_by_changes_equals_screened_anew(steps in steps(), own in prop::collection::vec("[aé]{1,2}", 0..2)) {
        let filter = WordFilter { on: true, languages: Vec::new(), words: own };
        let finds = Filter::new(&filter);
        let settings = Settings::Words(WordCloud { title: "?".to_owned(), words_per_person: 3 });
        let (mut decisions, mut hidden_by_hand) = (Decisions::default(), BTreeSet::new());
        let (mut counts, mut there) = (WordCounts::default(), Vec::<String>::new());
        counts.screen(&Screening::new(&filter, &Arc::default()));
        for step in steps {
            match step {
                Step::Comes(word) => {
                    counts.add(&word);
                    there.push(word);
                }
                Step::Goes(which) if !there.is_empty() => counts.remove(&there.swap_remove(which.index(there.len()))),
                Step::Goes(_) => {}
                Step::Decided(act) => {
                    let words = WordsOf { settings: &settings, decisions: &decisions, filter: &filter };
                    if let Ok(changes) = act_on_words(&words, &act) {
                        decisions = decided(&decisions, &changes);
                        counts.screen(&counts.screening().with(&Arc::new(decisions.clone())));
                        match act {
                            Act::HideWord { word, .. } => drop(hidden_by_hand.insert(word_key(&word))),
                            Act::RestoreWord { word, .. } => drop(hidden_by_hand.remove(&word_key(&word))),
                            _ => {}
                        }
                    }
                }
            }
            for spelling in counts.most_frequent(usize::MAX).into_keys() {
                let key = word_key(&spelling);
                prop_assert!(there.contains(&spelling), "{} was sent by nobody", spelling);
                prop_assert!(!hidden_by_hand.contains(&key), "{} was hidden", spelling);
                prop_assert!(!finds.finds(&key) || decisions.of(&key) == Some(&Decision::Shown), "{}", spelling);
            }
            let mut anew = WordCounts::default();
            anew.screen(&Screening::new(&filter, &Arc::new(decisions.clone())));
            there.iter().for_each(|word| anew.add(word));
            prop_assert_eq!(&counts, &anew);
            let (shown, hidden) = screened(&there, &finds, &decisions);
            let plain = |ranked: &Ranked| ranked.counts.iter().map(|(word, n)| (word.to_string(), *n)).collect::<BTreeMap<_, _>>();
            prop_assert_eq!((plain(&counts.shown), plain(&counts.hidden)), (shown, hidden));
            prop_assert_eq!(counts.shown.counts.len(), counts.shown.order.len());
            prop_assert_eq!(counts.hidden.counts.len(), counts.hidden.order.len());
        }
        // Another filter, and none, look at all words again.
        let off = Screening::default().with(&Arc::new(decisions.clone()));
        counts.screen(&off);
        let mut anew = WordCounts::default();
        anew.screen(&off);
        there.iter().for_each(|word| anew.add(word));
        prop_assert_eq!(&counts, &anew);
    }

    /// With more different spellings than are held, all mentions are still counted, and none too
    /// often.
    #[test]
    fn what_is_not_held_is_counted_too(mentions in mentions()) {
        let (mut counts, mut there) = (WordCounts::holding(3), Vec::<String>::new());
        for (goes, which, word) in mentions {
            if goes && !there.is_empty() {
                counts.remove(&there.swap_remove(which.index(there.len())));
            } else {
                counts.add(&word);
                there.push(word);
            }
            prop_assert!(counts.spellings.len() <= 3);
            prop_assert_eq!(counts.spellings.len(), counts.ranked_spellings.len());
            prop_assert_eq!(counts.shown.counts.len(), counts.shown.order.len());
            let held: u32 = counts.spellings.values().sum();
            prop_assert_eq!((held + counts.rest) as usize, there.len());
            prop_assert_eq!(held, counts.shown.counts.values().sum::<u32>());
            for ((_, spelling), count) in &counts.spellings {
                prop_assert!(*count as usize <= there.iter().filter(|word| **word == **spelling).count());
            }
        }
    }
}

#[test]
fn merged_words_are_shown_under_the_spelling_of_the_one_they_are_merged_into() {
    let mut counts = WordCounts::default();
    ["Sea", "SEA", "Sea", "Ocean", "Mountains", "Shit"].iter().for_each(|word| counts.add(word));
    let mut decisions = Decisions::default();
    decisions.decide("ocean", Some(Decision::Into("sea".to_owned())));
    decisions.decide("Mountains", Some(Decision::Into("The Alps".to_owned())));
    decisions.decide("Nobody", Some(Decision::Hidden));
    counts.screen(&Screening::new(&WordFilter::default(), &Arc::new(decisions)));
    let texts = |all: &[(&str, u32)]| all.iter().map(|(word, n)| ((*word).to_owned(), *n)).collect::<BTreeMap<_, _>>();
    let written = counts.written(10);
    assert_eq!(written.shown, texts(&[("Sea", 4), ("Mountains", 1)]), "nobody has said the Alps");
    let hidden = |count, flagged| HiddenWord { count, flagged };
    let expected = [("Shit".to_owned(), hidden(1, true)), ("Nobody".to_owned(), hidden(0, false))];
    assert_eq!(written.hidden, BTreeMap::from(expected));
    assert_eq!((written.hidden_words, counts.distinct()), (2, 2));
    let merged = [("Ocean", "Sea"), ("Mountains", "The Alps")].map(|(word, into)| (word.to_owned(), into.to_owned()));
    assert_eq!(written.merged, BTreeMap::from(merged));
    assert_eq!(counts.written(1).hidden.len(), 1);
}

#[test]
fn a_word_that_was_hidden_or_is_found_lends_its_count_and_never_its_spelling() {
    let mut counts = WordCounts::default();
    ["Bullshit", "idiots", "idiots", "Personnes"].iter().for_each(|word| counts.add(word));
    let mut decisions = Decisions::default();
    decisions.decide("bullshit", Some(Decision::Into("Nonsense".to_owned())));
    decisions.decide("idiots", Some(Decision::HiddenInto("Personnes".to_owned())));
    counts.screen(&Screening::new(&WordFilter::default(), &Arc::new(decisions)));
    let hidden = |counts: &WordCounts| counts.written(10).hidden;
    let word = |word: &str, count, flagged| (word.to_owned(), HiddenWord { count, flagged });
    assert_eq!(counts.most_frequent(10), BTreeMap::from([("Personnes".to_owned(), 3)]));
    assert_eq!(hidden(&counts), BTreeMap::from([word("Nonsense", 1, true)]));
    counts.remove("Personnes");
    assert_eq!((counts.most_frequent(10), counts.distinct()), (BTreeMap::new(), 0));
    assert_eq!(hidden(&counts), BTreeMap::from([word("Nonsense", 1, true), word("Personnes", 2, false)]));
    counts.add("personnes");
    counts.add("nonsense");
    let shown = BTreeMap::from([("personnes".to_owned(), 3), ("nonsense".to_owned(), 2)]);
    assert_eq!((counts.most_frequent(10), hidden(&counts)), (shown, BTreeMap::new()));
}

#[test]
fn what_a_room_says_is_seen_among_words_that_nobody_else_says() {
    let mut counts = WordCounts::holding(1_000);
    for number in 0..20_000 {
        counts.add(&format!("junk {number}"));
        if number % 100 == 0 {
            counts.add("Paris");
        }
    }
    assert_eq!(counts.spellings.len(), 1_000);
    let (first, said) = counts.most_frequent(1).into_iter().next().unwrap();
    assert_eq!(first, "Paris");
    assert!(said > 150, "{said} of 200");
}
