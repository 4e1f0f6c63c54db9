//! Words that people sent, counted: each word once, however it is spelt.
//!
//! A spelling is folded when it comes and when it goes, and the words are kept in their order, so showing the most frequent
//! ones costs the same whether there are ten or fifty thousand. The counts are those of all mentions, in whatever order
//! these came, as long as there are no more different spellings than are held. Beyond that, those that one person alone has
//! sent make room for others: they are then counted together, and not shown.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    sync::Arc,
};

use super::text::word_key;

/// Different spellings that are held of one activity: ten words of each of 5,000 people who all say something else, some
/// 12 MB.
const MAX_SPELLINGS: usize = 50_000;

type Text = Arc<str>;
/// A word, as all its spellings have it in common, and one of them.
type Spelling = (Text, Text);

/// How often each word was sent.
#[derive(Clone, Debug)]
pub(super) struct WordCounts {
    max_spellings: usize,
    spellings: BTreeMap<Spelling, u32>,
    /// The spellings of each word, the most frequent first, at a tie the first in code point order.
    ranked_spellings: BTreeSet<(Text, Reverse<u32>, Text)>,
    words: BTreeMap<Text, u32>,
    /// The words, the most frequent first, at a tie the first in code point order.
    ranked_words: BTreeSet<(Reverse<u32>, Text)>,
    /// Mentions of spellings that are not held.
    rest: u32,
    /// Spellings that were mentioned once when this was last gathered: the next ones to make room.
    seldom: Vec<Spelling>,
    /// Mentions since then of what is not held.
    unheld: usize,
}

impl Default for WordCounts {
    fn default() -> Self {
        Self::holding(MAX_SPELLINGS)
    }
}

/// Whatever is waiting to make room.
impl PartialEq for WordCounts {
    fn eq(&self, other: &Self) -> bool {
        self.spellings == other.spellings && self.rest == other.rest
    }
}

impl WordCounts {
    fn holding(max_spellings: usize) -> Self {
        Self {
            max_spellings,
            spellings: BTreeMap::new(),
            ranked_spellings: BTreeSet::new(),
            words: BTreeMap::new(),
            ranked_words: BTreeSet::new(),
            rest: 0,
            seldom: Vec::new(),
            unheld: max_spellings,
        }
    }

    /// Counts a mention.
    pub(super) fn add(&mut self, spelling: &str) {
        let spelling = self.spelling(spelling);
        let is_held = self.spellings.contains_key(&spelling);
        if is_held || self.spellings.len() < self.max_spellings || self.make_room() {
            self.shift(spelling, |count| count + 1);
        } else {
            self.rest += 1;
        }
    }

    /// Takes away a mention that was counted.
    pub(super) fn remove(&mut self, spelling: &str) {
        let spelling = self.spelling(spelling);
        if self.spellings.contains_key(&spelling) {
            self.shift(spelling, |count| count - 1);
        } else {
            self.rest = self.rest.saturating_sub(1);
        }
    }

    /// How many different words there are.
    pub(super) fn distinct(&self) -> u32 {
        u32::try_from(self.words.len()).unwrap_or(u32::MAX)
    }

    /// The most frequent words, each under its most frequent spelling and with the sum of its counts.
    pub(super) fn most_frequent(&self, most: usize) -> BTreeMap<String, u32> {
        let first = self.ranked_words.iter().take(most);
        first.filter_map(|(Reverse(count), word)| Some((self.shown(word)?.to_string(), *count))).collect()
    }

    fn shown(&self, word: &Text) -> Option<&Text> {
        let first = (word.clone(), Reverse(u32::MAX), Text::default());
        let (of, _, spelling) = self.ranked_spellings.range((Bound::Included(first), Bound::Unbounded)).next()?;
        (of == word).then_some(spelling)
    }

    fn spelling(&self, spelling: &str) -> Spelling {
        (word_key(spelling).into(), spelling.into())
    }

    fn shift(&mut self, spelling: Spelling, change: impl Fn(u32) -> u32) {
        let (word, spelt) = spelling.clone();
        let before = self.spellings.get(&spelling).copied().unwrap_or_default();
        let after = change(before);
        self.ranked_spellings.remove(&(word.clone(), Reverse(before), spelt.clone()));
        if after == 0 {
            self.spellings.remove(&spelling);
        } else {
            self.spellings.insert(spelling, after);
            self.ranked_spellings.insert((word.clone(), Reverse(after), spelt));
        }
        let before = self.words.get(&word).copied().unwrap_or_default();
        let after = change(before);
        self.ranked_words.remove(&(Reverse(before), word.clone()));
        if after == 0 {
            self.words.remove(&word);
        } else {
            self.words.insert(word.clone(), after);
            self.ranked_words.insert((Reverse(after), word));
        }
    }

    /// Lets one go that was mentioned once, and has been held for a while: what many people say is soon mentioned again.
    fn make_room(&mut self) -> bool {
        self.unheld += 1;
        // Going through all is paid for by as many mentions as an eighth of them.
        if self.seldom.is_empty() && self.unheld >= self.max_spellings / 8 {
            self.unheld = 0;
            let once = self.spellings.iter().filter(|(_, count)| **count == 1);
            self.seldom = once.map(|(spelling, _)| spelling.clone()).collect();
        }
        while let Some(spelling) = self.seldom.pop() {
            if self.spellings.get(&spelling) == Some(&1) {
                self.shift(spelling, |count| count - 1);
                self.rest += 1;
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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

    /// Mentions that come, and some of which go again: each is whether one goes, which of those that are there, and a word.
    fn mentions() -> impl Strategy<Value = Vec<(bool, prop::sample::Index, String)>> {
        prop::collection::vec((any::<bool>(), any::<prop::sample::Index>(), "[aAéÉ]{1,2}"), 0..80)
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

        /// With more different spellings than are held, all mentions are still counted, and none too often.
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
                prop_assert_eq!(counts.words.len(), counts.ranked_words.len());
                let held: u32 = counts.spellings.values().sum();
                prop_assert_eq!((held + counts.rest) as usize, there.len());
                prop_assert_eq!(held, counts.words.values().sum::<u32>());
                for ((_, spelling), count) in &counts.spellings {
                    prop_assert!(*count as usize <= there.iter().filter(|word| **word == **spelling).count());
                }
            }
        }
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
}
