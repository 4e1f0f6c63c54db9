//! A word cloud on a phone.

use std::collections::HashSet;

use askama::Template;
use parterre_domain::{kinds::words::Rules, text};
use parterre_protocol::{WordCloud, Words, WordsTally, kinds::ByKind, limits::WORD_CHARS};

use super::{AnswerForm, FormContext, KindPage, Unreadable};
use crate::i18n::Locale;

impl KindPage for Rules {
    const TEXTS: &[(&str, usize)] = &[("word", WORD_CHARS)];

    fn hint(t: Locale, cloud: &WordCloud) -> String {
        t.count("phone.words_hint", cloud.words_per_person.into())
    }

    fn form(context: &FormContext<'_, Self>) -> String {
        FieldsView::new(context).render().expect("text is written to memory")
    }

    fn below_form(context: &FormContext<'_, Self>) -> String {
        CloudView::new(context).render().expect("text is written to memory")
    }

    fn from_form(form: AnswerForm<'_>) -> Result<Words, Unreadable> {
        Ok(from_form(form.values("word")))
    }
}

/// The fields of a word cloud.
#[derive(Template)]
#[template(path = "words/phone.html")]
struct FieldsView<'a> {
    title: &'a str,
    hint: &'a str,
    open: bool,
    /// One field per word: the own words, then empty ones.
    fields: Vec<Field>,
}

/// The room's words.
#[derive(Template)]
#[template(path = "words/phone-cloud.html")]
struct CloudView {
    t: Locale,
    /// The most frequent words, the first the most frequent, where results are visible.
    cloud: Option<Vec<CloudWord>>,
    /// How many more there are, in words.
    more: Option<String>,
}

/// A field for one word.
#[derive(Debug)]
struct Field {
    /// What it is called for those who do not see it.
    label: String,
    /// The own word, or nothing.
    word: String,
}

/// A word of the room.
#[derive(Debug)]
struct CloudWord {
    /// The word.
    word: String,
    /// How many sent it.
    count: u32,
    /// From 1, small, to 5, large.
    size: u32,
    /// Whether it is one of one's own.
    own: bool,
}

impl<'a> FieldsView<'a> {
    fn new(context: &FormContext<'a, Rules>) -> Self {
        let FormContext { t, prompt: cloud, hint, open, own, .. } = *context;
        let own = own.map_or(&[][..], |own| &own.words);
        let blank = usize::from(cloud.words_per_person).saturating_sub(own.len());
        let words = own.iter().cloned().chain(std::iter::repeat_n(String::new(), blank));
        let fields = words.zip(1..).map(|(word, n)| Field { label: t.count("phone.word_n", n), word }).collect();
        Self { title: &cloud.title, hint, open, fields }
    }
}

impl CloudView {
    fn new(context: &FormContext<'_, Rules>) -> Self {
        let FormContext { t, own, .. } = *context;
        let Some(WordsTally { words, distinct }) = context.tally.and_then(WordsTally::of) else {
            return Self { t, cloud: None, more: None };
        };
        let own: HashSet<_> = own.iter().flat_map(|own| &own.words).map(|own| text::word_key(own)).collect();
        let more = distinct.saturating_sub(words.len().try_into().unwrap_or(u32::MAX));
        let mut words: Vec<_> = words.iter().collect();
        words.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
        let most = words.first().map_or(1, |word| (*word.1).max(1));
        let entry = |(word, count): (&String, &u32)| CloudWord {
            word: word.clone(),
            count: *count,
            size: size(*count, most).min(largest(word)),
            own: own.contains(&text::word_key(word)),
        };
        let cloud = words.into_iter().map(entry).collect();
        Self { t, cloud: Some(cloud), more: (more > 0).then(|| t.count("phone.words_more", more)) }
    }
}

/// The size of a word in five steps, by its count's part of the greatest. While every word was sent
/// once, none stands out.
fn size(count: u32, most: u32) -> u32 {
    if most < 2 { 2 } else { 1 + count.min(most).saturating_mul(5).saturating_sub(1) / most }
}

/// The maximum size of a word with this many letters in a row, so that it fits on one line of a
/// narrow phone.
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
fn from_form<'a>(fields: impl Iterator<Item = &'a str>) -> Words {
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
