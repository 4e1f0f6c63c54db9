//! A word cloud on a phone.

use std::collections::HashSet;

use parterre_protocol::{
    Answer, Tally, WordCloud, Words, WordsTally,
    topics::{Response, Results},
};

use crate::{domain::text, i18n::Locale};

/// A word cloud as one participant sees it.
#[derive(Debug)]
pub(super) struct WordsView {
    /// One field per word: the own words, then empty ones.
    pub(super) fields: Vec<Field>,
    /// The most frequent words, the first the most frequent, where results are visible.
    pub(super) cloud: Option<Vec<CloudWord>>,
    /// How many more there are, in words.
    pub(super) more: Option<String>,
}

/// A field for one word.
#[derive(Debug)]
pub(super) struct Field {
    /// What it is called for those who do not see it.
    pub(super) label: String,
    /// The own word, or nothing.
    pub(super) word: String,
}

/// A word of the room.
#[derive(Debug)]
pub(super) struct CloudWord {
    /// The word.
    pub(super) word: String,
    /// How many sent it.
    pub(super) count: u32,
    /// From 1, small, to 5, large.
    pub(super) size: u32,
    /// Whether it is one of one's own.
    pub(super) own: bool,
}

impl WordsView {
    pub(super) fn new(t: Locale, cloud: &WordCloud, own: Option<&Response>, results: Option<&Results>) -> Self {
        let own: &[String] = match own.map(|own| &own.answer) {
            Some(Answer::Words(words)) => &words.words,
            _ => &[],
        };
        let words = match results.and_then(|results| results.tally.as_ref()) {
            Some(Tally::Words(WordsTally { words, distinct })) => Some((words, *distinct)),
            _ => None,
        };
        let more =
            words.map_or(0, |(words, distinct)| distinct.saturating_sub(words.len().try_into().unwrap_or(u32::MAX)));
        let cloud_words = words.map(|(words, _)| {
            let own: HashSet<_> = own.iter().map(|own| text::word_key(own)).collect();
            let mut words: Vec<_> = words.iter().collect();
            words.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
            let most = words.first().map_or(1, |word| (*word.1).max(1));
            let entry = |(word, count): (&String, &u32)| CloudWord {
                word: word.clone(),
                count: *count,
                size: size(*count, most).min(largest(word)),
                own: own.contains(&text::word_key(word)),
            };
            words.into_iter().map(entry).collect()
        });
        let blank = usize::from(cloud.words_per_person).saturating_sub(own.len());
        let words = own.iter().cloned().chain(std::iter::repeat_n(String::new(), blank));
        let fields = words.zip(1..).map(|(word, n)| Field { label: t.count("phone.word_n", n), word }).collect();
        Self { fields, cloud: cloud_words, more: (more > 0).then(|| t.count("phone.words_more", more)) }
    }
}

/// The size of a word in five steps, by its count's part of the greatest. While every word was sent once, none stands out.
fn size(count: u32, most: u32) -> u32 {
    if most < 2 { 2 } else { 1 + count.min(most).saturating_mul(5).saturating_sub(1) / most }
}

/// The largest size of a word with so many letters in a row: so it stays in one line on a narrow phone.
fn largest(word: &str) -> u32 {
    let longest = word.split([' ', '-']).map(|part| part.chars().count()).max().unwrap_or_default();
    match longest {
        26.. => 1,
        21.. => 2,
        17.. => 3,
        13.. => 4,
        _ => 5,
    }
}

/// The words of a form: the fields that hold anything.
pub(super) fn from_form<'a>(fields: impl Iterator<Item = &'a str>) -> Words {
    Words { words: fields.filter(|word| !text::is_empty(word)).map(str::to_owned).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_word_is_the_largest() {
        assert_eq!([1, 20, 21, 50, 100].map(|count| size(count, 100)), [1, 1, 2, 3, 5]);
        assert_eq!(size(1, 1), 2);
    }

    #[test]
    fn a_long_word_is_never_too_large_for_its_line() {
        let sizes =
            ["soup", "anticonstitution", "more trains at night", "Donaudampfschifffahrtsgesellschaft"].map(largest);
        assert_eq!(sizes, [5, 4, 5, 1]);
    }

    #[test]
    fn empty_fields_are_no_words() {
        assert_eq!(from_form(["mer", " ", "", "\u{3164}"].into_iter()).words, ["mer"]);
    }
}
