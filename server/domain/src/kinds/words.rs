//! The word cloud: everyone sends a few words, the most frequent grow.

use std::collections::BTreeSet;

use parterre_protocol::{
    Tally, WordCloud, Words, WordsTally,
    limits::{TITLE_CHARS, WORD_CHARS, WORDS_PER_PERSON},
};

use super::{Aggregate, Entry, Kind, ResultLimits, Reveal};
use crate::{
    Problem,
    answer_sheet::{AnswerCell, AnswerColumn, AnswerHeading, ColumnContent},
    result_table::{ResultGroup, ResultTable, most_frequent},
    text,
    word_counts::WordCounts,
};

/// The rules of word clouds.
#[derive(Debug)]
pub enum Rules {}

impl Kind for Rules {
    type Answer = Words;
    type Counts = WordCounts;
    type Prompt = WordCloud;
    type Settings = WordCloud;
    type Tally = WordsTally;

    fn check(cloud: WordCloud) -> Result<WordCloud, Problem> {
        check(cloud)
    }

    fn prompt(cloud: &WordCloud, _: Reveal) -> WordCloud {
        cloud.clone()
    }

    fn title(cloud: &WordCloud) -> &str {
        &cloud.title
    }

    fn check_answer(cloud: &WordCloud, words: Words) -> Result<Words, Problem> {
        check_answer(cloud, words)
    }

    fn is_blank(words: &Words) -> bool {
        words.words.is_empty()
    }

    fn result_table(_: &WordCloud, tally: &WordsTally, _: u32) -> ResultTable {
        let rows = most_frequent(&tally.words);
        let left_out = tally.distinct.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        ResultTable { groups: vec![ResultGroup { rows, left_out, ..ResultGroup::default() }] }
    }

    fn answer_columns(cloud: &WordCloud) -> Vec<AnswerColumn> {
        let heading =
            |place| if cloud.words_per_person == 1 { AnswerHeading::Answer } else { AnswerHeading::Word(place) };
        (1..=cloud.words_per_person).map(|place| AnswerColumn::new(heading(place), ColumnContent::Written)).collect()
    }

    fn answer_cells(cloud: &WordCloud, answer: &Words) -> Vec<AnswerCell> {
        let slots = usize::from(cloud.words_per_person);
        let mut cells: Vec<_> = answer.words.iter().take(slots).map(|word| AnswerCell::written(Some(word))).collect();
        cells.resize(slots, AnswerCell::Empty);
        // People could send more before the setting was lowered: their last column holds the rest.
        if let (Some(last), Some(rest)) = (cells.last_mut(), answer.words.get(slots..).filter(|rest| !rest.is_empty()))
        {
            *last = AnswerCell::Written(format!("{}, {}", answer.words[slots - 1], rest.join(", ")));
        }
        cells
    }

    fn takes_words(_: &WordCloud) -> bool {
        true
    }
}

impl Aggregate<Rules> for WordCounts {
    fn empty(_: &WordCloud) -> Self {
        Self::default()
    }

    fn add(&mut self, entry: Entry<'_, Words>) {
        entry.answer.words.iter().for_each(|word| Self::add(self, word));
    }

    fn remove(&mut self, entry: Entry<'_, Words>) {
        entry.answer.words.iter().for_each(|word| Self::remove(self, word));
    }

    fn words(&self) -> Option<&WordCounts> {
        Some(self)
    }

    fn words_mut(&mut self) -> Option<&mut WordCounts> {
        Some(self)
    }

    fn tally(&self, limits: ResultLimits, _: Reveal) -> Tally {
        Tally::Words(WordsTally { distinct: self.distinct(), words: self.most_frequent(limits.words) })
    }
}

/// Checks a word cloud and cleans its title.
fn check(cloud: WordCloud) -> Result<WordCloud, Problem> {
    let title = text::filled_line("title", &cloud.title, TITLE_CHARS)?;
    let (min, max) = (*WORDS_PER_PERSON.start(), *WORDS_PER_PERSON.end());
    if !WORDS_PER_PERSON.contains(&cloud.words_per_person) {
        let (min, max, value) = (min.into(), max.into(), cloud.words_per_person.into());
        return Err(Problem::OutOfRange { field: "words_per_person", min, max, value });
    }
    Ok(WordCloud { title, ..cloud })
}

/// Checks an answer: at most as many words as allowed, without the punctuation around them; empty
/// ones are left out, and the same word counts once. No word at all is allowed: it takes back what
/// was sent.
fn check_answer(cloud: &WordCloud, answer: Words) -> Result<Words, Problem> {
    let max = usize::from(cloud.words_per_person);
    let out_of_range = |value| Problem::OutOfRange { field: "words", min: 0, max, value };
    if answer.words.len() > usize::from(*WORDS_PER_PERSON.end()) {
        return Err(out_of_range(answer.words.len()));
    }
    let mut seen = BTreeSet::new();
    let mut words = Vec::with_capacity(answer.words.len());
    for typed in &answer.words {
        let clean = text::line("word", typed, WORD_CHARS)?;
        let word = text::bare_word(&clean);
        if !word.is_empty() && seen.insert(text::word_key(word)) {
            words.push(word.to_owned());
        }
    }
    if words.len() > max { Err(out_of_range(words.len())) } else { Ok(Words { words }) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kinds::tests::Sample;

    impl Sample for Rules {
        fn settings() -> WordCloud {
            WordCloud { title: "One word?".to_owned(), words_per_person: 3 }
        }

        fn answer() -> BoxedStrategy<Words> {
            prop::collection::btree_set("[aAéÉ]{1,2}", 0..4)
                .prop_map(|words| Words { words: words.into_iter().collect() })
                .boxed()
        }
    }

    fn answer(words: &[&str]) -> Result<Words, Problem> {
        let cloud = WordCloud { title: "One word?".to_owned(), words_per_person: 2 };
        check_answer(&cloud, Words { words: words.iter().map(|word| (*word).to_owned()).collect() })
    }

    #[test]
    fn the_same_word_counts_once_and_empty_ones_not_at_all() {
        assert_eq!(answer(&["Mer", " mer! ", "", "été"]).unwrap().words, ["Mer", "été"]);
        assert_eq!(answer(&[]).unwrap().words, Vec::<String>::new());
        assert!(matches!(answer(&["a", "b", "c"]), Err(Problem::OutOfRange { max: 2, value: 3, .. })));
    }
}
