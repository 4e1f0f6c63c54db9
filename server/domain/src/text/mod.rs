//! Text as people type it: when a line is empty, how long it is, and when two of them are the same.
//!
//! Everything that compares what people typed, or asks whether they typed anything, does it here.

mod same;
mod signs;

use parterre_protocol::limits::bytes_of;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

pub use self::{
    same::{bare_word, fold, fold_keeping, key, look_key, word_key},
    signs::{is_invisible, is_space},
};
use super::Problem;

/// Cleans a line. Refuses more than `max` characters as people count them, or more bytes than that
/// many characters may take; returns an empty line as it is.
pub fn line(field: &'static str, text: &str, max: usize) -> Result<String, Problem> {
    let most = bytes_of(max);
    // Checked before normalising, whose cost grows with the length of the text.
    let clean = if text.len() > 4 * most { text.to_owned() } else { clean(text) };
    let length = characters(&clean);
    if length > max {
        Err(Problem::TooLong { field, max, length })
    } else if clean.len() > most {
        Err(Problem::TooManyBytes { field, max: most, length: clean.len() })
    } else {
        Ok(clean)
    }
}

/// Like [`line`], but refuses an empty one.
pub fn filled_line(field: &'static str, text: &str, max: usize) -> Result<String, Problem> {
    match line(field, text, max)? {
        clean if clean.is_empty() => Err(Problem::Empty { field }),
        clean => Ok(clean),
    }
}

/// Like [`line`], but refuses a line that has characters and none of them visible, because its
/// author believes to have written something. Blanks count as an empty line.
pub fn seen_line(field: &'static str, text: &str, max: usize) -> Result<String, Problem> {
    if text.chars().all(char::is_whitespace) { Ok(String::new()) } else { filled_line(field, text, max) }
}

/// A text as one line, normalised (NFC): runs of white space, control characters and blank
/// characters become one space, none at the ends; invisible characters without effect are removed.
/// A text without visible characters becomes empty.
pub fn clean(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    let mut space = false;
    for c in text.chars() {
        if signs::is_space(c) {
            space = true;
            continue;
        }
        if signs::is_invisible(c) {
            let before = seen.chars().next_back().filter(|_| !space);
            let shapes =
                if signs::is_tag(c) { before.is_some_and(signs::takes_tags) } else { signs::shapes_neighbours(c) };
            if before.is_none() || !shapes {
                continue;
            }
        }
        if space && !seen.is_empty() {
            seen.push(' ');
        }
        space = false;
        seen.push(c);
    }
    if is_empty(&seen) {
        return String::new();
    }
    seen.trim_end_matches(signs::is_nothing_at_the_end).nfc().collect()
}

/// A clean text in compatibility form (NFKC), without invisible characters: for addresses.
pub fn plain(clean: &str) -> String {
    clean.nfkc().filter(|c| !signs::is_invisible(*c)).collect()
}

/// Whether nothing can be seen of a text: there is no sign but blanks, invisible ones, and marks
/// without a letter.
pub fn is_empty(text: &str) -> bool {
    text.chars().all(|c| signs::is_space(c) || signs::is_invisible(c) || signs::is_mark(c))
}

/// How many characters a text has as people count them.
pub fn characters(text: &str) -> usize {
    text.graphemes(true).count()
}

/// A password as it is compared, whatever keyboard it is typed on: like the profile OpaqueString of
/// RFC 8265, with spaces of all kinds as the plain one, and by compatibility (NFKC), so that a
/// full-width letter is the letter. Case stays.
pub fn password(typed: &str) -> String {
    let is_blank = |c: char| c.is_whitespace() && !c.is_control();
    typed.chars().map(|c| if is_blank(c) { ' ' } else { c }).nfkc().collect()
}

#[cfg(test)]
mod tests;
