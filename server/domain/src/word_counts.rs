//! Words that people sent, counted: each word once, however it is spelt, and those that a moderator
//! has merged as one. What is hidden is counted apart from what is shown.
//!
//! A spelling is folded when it comes and when it goes, and the words are kept in their order, so
//! showing the most frequent ones costs the same whether there are ten or fifty thousand. The
//! counts are those of all mentions, in whatever order these came, as long as there are no more
//! different spellings than are held. Beyond that, those that one person alone has sent make room
//! for others: they are then counted together, and not shown.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use parterre_protocol::topics::{HiddenWord, Written};

use super::{
    text::word_key,
    wording::{Screening, Text},
};

/// Different spellings that are held of one activity: ten words of each of 5,000 people who all say
/// something else, some 12 MB.
const MAX_SPELLINGS: usize = 50_000;

/// A word, as all its spellings have it in common, and one of them.
type Spelling = (Text, Text);

/// How often each word was sent.
#[derive(Clone, Debug)]
pub struct WordCounts {
    max_spellings: usize,
    spellings: BTreeMap<Spelling, u32>,
    /// The spellings of each word, the most frequent first, at a tie the first in code point order.
    ranked_spellings: BTreeSet<(Text, Reverse<u32>, Text)>,
    /// The words that all see, by the key of the one as which each is counted.
    shown: Ranked,
    /// The words that are hidden, likewise.
    hidden: Ranked,
    /// What says which of the two a word belongs to, and as what it is counted.
    screening: Screening,
    /// Mentions of spellings that are not held.
    rest: u32,
    /// Spellings that were mentioned once when this was last gathered: the next ones to make room.
    seldom: Vec<Spelling>,
    /// Mentions since then of words that are not held.
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
        self.spellings == other.spellings
            && self.rest == other.rest
            && self.screening == other.screening
            && (&self.shown.counts, &self.hidden.counts) == (&other.shown.counts, &other.hidden.counts)
    }
}

/// Words in their order.
#[derive(Clone, Debug, Default)]
struct Ranked {
    counts: BTreeMap<Text, u32>,
    /// The most frequent first, at a tie the first in code point order.
    order: BTreeSet<(Reverse<u32>, Text)>,
}

impl Ranked {
    fn change(&mut self, word: &Text, change: impl Fn(u32) -> u32) {
        let before = self.counts.get(word).copied().unwrap_or_default();
        let after = change(before);
        self.order.remove(&(Reverse(before), word.clone()));
        if after == 0 {
            self.counts.remove(word);
        } else {
            self.counts.insert(word.clone(), after);
            self.order.insert((Reverse(after), word.clone()));
        }
    }

    /// The first words and their counts.
    fn first(&self, most: usize) -> impl Iterator<Item = (&Text, u32)> {
        self.order.iter().take(most).map(|(Reverse(count), word)| (word, *count))
    }
}

impl WordCounts {
    fn holding(max_spellings: usize) -> Self {
        Self {
            max_spellings,
            spellings: BTreeMap::new(),
            ranked_spellings: BTreeSet::new(),
            shown: Ranked::default(),
            hidden: Ranked::default(),
            screening: Screening::default(),
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

    /// What decides which words are shown.
    pub(super) const fn screening(&self) -> &Screening {
        &self.screening
    }

    /// Has this decide from now on. With the same filter as before only those words move that
    /// something was decided of.
    pub(super) fn screen(&mut self, screening: &Screening) {
        let moving: BTreeSet<_> = if screening.filters_like(&self.screening) {
            screening.decided_with(&self.screening)
        } else {
            self.spellings.keys().map(|(word, _)| word.clone()).collect()
        };
        let moving: Vec<_> = moving.into_iter().map(|word| (self.mentions(&word), word)).collect();
        for (count, word) in &moving {
            self.shift_word(word, |before| before.saturating_sub(*count));
        }
        self.screening = screening.clone();
        for (count, word) in &moving {
            self.shift_word(word, |before| before + count);
        }
    }

    /// How many different words are shown.
    pub(super) fn distinct(&self) -> u32 {
        u32::try_from(self.shown.counts.len()).unwrap_or(u32::MAX)
    }

    /// The most frequent words of those that are shown, each under its most frequent spelling and
    /// with the sum of its counts.
    pub(super) fn most_frequent(&self, most: usize) -> BTreeMap<String, u32> {
        self.shown.first(most).map(|(word, count)| (self.spelt(word), count)).collect()
    }

    /// The words as moderators see them: at most this many of each kind.
    pub(super) fn written(&self, most: usize) -> Written {
        let is_sent = |word: &&Text| self.hidden.counts.contains_key(*word);
        let unsent: Vec<_> = self.screening.hidden_by_hand().filter(|word| !is_sent(word)).collect();
        let hidden = self.hidden.first(most).chain(unsent.iter().map(|word| (*word, 0)));
        let hidden = hidden.take(most).map(|(word, count)| {
            let flagged = !self.is_hidden_by_hand(word);
            (self.named(word), HiddenWord { count, flagged })
        });
        let merged = self.screening.merged().map(|(word, into)| (self.named(word), self.named(into)));
        Written {
            shown: self.most_frequent(most),
            hidden: hidden.collect(),
            hidden_words: u32::try_from(self.hidden.counts.len() + unsent.len()).unwrap_or(u32::MAX),
            merged: merged.collect(),
        }
    }

    /// The most frequent spelling in which a word was sent. Where others are counted as it that
    /// nobody has spelt so, the most frequent of theirs that is no secret: what all see was sent by
    /// somebody, whatever a moderator calls it.
    fn spelt(&self, word: &Text) -> String {
        let of_another = || {
            let others = self.screening.joined(word).into_iter().flat_map(|joined| &joined.lending);
            others.max_by_key(|other| (self.mentions(other), Reverse(*other))).and_then(|other| self.sent(other))
        };
        self.sent(word).or_else(of_another).unwrap_or(word).to_string()
    }

    /// Whether it is a moderator's doing that a word is hidden: of the word itself, or of one that
    /// is counted as it.
    fn is_hidden_by_hand(&self, word: &Text) -> bool {
        let withholds = || {
            let joined = self.screening.joined(word).filter(|joined| !joined.hidden);
            joined.is_some_and(|joined| joined.withheld.iter().any(|other| self.sent(other).is_some()))
        };
        self.screening.is_hidden_by_hand(word) || withholds()
    }

    /// A word as moderators know it: as it was sent, or decided on.
    fn named(&self, word: &Text) -> String {
        self.sent(word).or_else(|| self.screening.spelt(word)).unwrap_or(word).to_string()
    }

    /// The most frequent spelling of a word that somebody has sent.
    fn sent(&self, word: &Text) -> Option<&Text> {
        let first = (word.clone(), Reverse(u32::MAX), Text::default());
        let (of, _, spelling) = self.ranked_spellings.range((Bound::Included(first), Bound::Unbounded)).next()?;
        (of == word).then_some(spelling)
    }

    /// How often a word was sent, in whatever spelling.
    fn mentions(&self, word: &Text) -> u32 {
        let first = (word.clone(), Text::default());
        let spellings = self.spellings.range((Bound::Included(first), Bound::Unbounded));
        spellings.take_while(|((of, _), _)| of == word).map(|(_, count)| count).sum()
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
        self.shift_word(&word, change);
    }

    /// Changes the count of a word where it is counted.
    fn shift_word(&mut self, word: &Text, change: impl Fn(u32) -> u32) {
        let word = self.screening.end(word);
        let (from, to) = match self.is_hidden(&word) {
            true => (&mut self.shown, &mut self.hidden),
            false => (&mut self.hidden, &mut self.shown),
        };
        // With the spellings that were sent it may have come to be the other one.
        if let Some(count) = from.counts.get(&word).copied() {
            from.change(&word, |_| 0);
            to.change(&word, |_| count);
        }
        to.change(&word, change);
    }

    /// Whether a word, as which all of it is counted, is hidden: itself, or for want of a spelling
    /// that all may see.
    fn is_hidden(&self, word: &Text) -> bool {
        let is_sent = |word: &Text| self.sent(word).is_some();
        match self.screening.joined(word) {
            Some(joined) => joined.hidden || !(is_sent(word) || joined.lending.iter().any(is_sent)),
            // Words that are already counted have been checked.
            None if self.shown.counts.contains_key(word) => false,
            None => self.hidden.counts.contains_key(word) || self.screening.hides(word),
        }
    }

    /// Lets one go that was mentioned once, and has been held for a while: what many people say is
    /// soon mentioned again.
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
mod tests;
