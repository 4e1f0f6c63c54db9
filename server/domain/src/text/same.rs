//! When two texts are the same.
//!
//! They are where their keys are: `docs/protocol.md` says what that merges. `web/js/text.js` has
//! the same rules for the pages, and `server/protocol/text-cases.json` the cases that both are
//! tried with.

use unicode_normalization::UnicodeNormalization;

use super::{clean, is_empty, signs};

/// The key that all spellings of a text share: compatibility and full case folding, without
/// invisible characters, with plain apostrophes, quotation marks and dashes. Accents and
/// punctuation stay.
pub fn key(text: &str) -> String {
    folded(&clean(text), false)
}

/// Like [`key`], for what people choose from: there a power or an index is not the digit that it is
/// made of.
pub fn look_key(text: &str) -> String {
    folded(&clean(text), true)
}

/// What all spellings of a word have in common: also the punctuation around it makes no difference.
/// What is nothing but punctuation is a word too, and only empty text has an empty key.
pub fn word_key(word: &str) -> String {
    let clean = clean(word);
    let key = folded(&clean, false);
    if is_empty(&key) {
        // An accent by itself, such as `¨`, is a space and a mark by compatibility.
        return clean;
    }
    match bare_word(&key) {
        bare if bare.len() < key.len() => bare.to_owned(),
        _ => key,
    }
}

/// A word without the punctuation around it, which does not tell words apart: `"Soleil!"` is
/// `Soleil`. What is nothing but punctuation stays, so that `C++`, `:)` and `?` can be said.
pub fn bare_word(clean: &str) -> &str {
    // What is punctuation only here, or only in the key, stays in both: a prime, a wave dash, an
    // overline.
    let is_around = |c: char| {
        let is_punctuation_in_a_key = || signs::plain_sign(c).nfkc().map(signs::plain_sign).all(signs::is_punctuation);
        signs::is_space(c) || (signs::is_punctuation(c) && is_punctuation_in_a_key())
    };
    let mut bare = clean.trim_start_matches(|c| is_around(c) || signs::is_invisible(c));
    // An invisible character is removed with a sign that is removed, and stays after a letter,
    // whose look it may change.
    loop {
        let end = bare.trim_end_matches(signs::is_invisible);
        let cut = end.trim_end_matches(is_around);
        if cut.len() == end.len() {
            break;
        }
        bare = cut;
    }
    if says_nothing(bare) { clean } else { bare }
}

/// Whether there is no letter in a text, nor anything else that would tell its key from that of any
/// other sign.
fn says_nothing(text: &str) -> bool {
    text.nfkc().map(signs::plain_sign).all(|c| {
        signs::is_space(c)
            || signs::is_punctuation(c)
            || signs::is_invisible(c)
            || signs::is_mark(c)
            || signs::is_stretch(c)
    })
}

/// What spellings of the same text have in common for a search: the key without accents, with the
/// letters that are one with another's name as that one.
pub fn fold(text: &str) -> String {
    fold_keeping(text, |_| false)
}

/// Like [`fold`], but for letters that keep their accents.
pub fn fold_keeping(text: &str, keeps: impl Fn(char) -> bool) -> String {
    let key = key(text);
    if key.is_ascii() {
        return key;
    }
    let mut folded = String::with_capacity(key.len());
    for c in key.chars() {
        if keeps(c) {
            folded.push(c);
        } else {
            let plain = std::iter::once(c).nfkd().filter(|c| !signs::is_accent(*c)).flat_map(char::to_lowercase);
            plain.for_each(|c| push_plain_letter(&mut folded, c));
        }
    }
    folded
}

fn folded(clean: &str, keeps_raised: bool) -> String {
    if clean.is_ascii() {
        return clean.to_ascii_lowercase().replace('`', "'");
    }
    // Signs are made plain before compatibility takes some apart, and after it, which also makes
    // some.
    let mut marked = String::with_capacity(clean.len());
    for c in clean.chars() {
        marked.extend(signs::raised_or_lowered(c).filter(|_| keeps_raised));
        marked.push(signs::plain_sign(c));
    }
    let seen = marked.nfkc().map(signs::plain_sign).filter(|c| !signs::is_invisible(*c) && !signs::is_stretch(*c));
    let mut cased = String::with_capacity(marked.len());
    seen.for_each(|c| push_folded(&mut cased, c));
    let key: String = cased.nfkc().collect();
    // Compatibility makes spaces too.
    if key.contains(' ') { key.split_whitespace().collect::<Vec<_>>().join(" ") } else { key }
}

/// Full case folding: what has the same capital is the same. The lower case of the capital of the
/// lower case reaches all of it; of the dotted capital I it leaves a dot over an i, which shows as
/// no more than an i.
fn push_folded(text: &mut String, c: char) {
    if c == '\u{307}' && text.ends_with('i') {
        return;
    }
    for c in c.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase) {
        if c != '\u{307}' || !text.ends_with('i') {
            text.push(c);
        }
    }
}

/// Letters that are one letter with another's name, which no decomposition takes apart.
fn push_plain_letter(text: &mut String, c: char) {
    match c {
        'œ' => text.push_str("oe"),
        'æ' => text.push_str("ae"),
        'ø' => text.push('o'),
        'đ' => text.push('d'),
        'ħ' => text.push('h'),
        'ł' => text.push('l'),
        c => text.push(c),
    }
}
