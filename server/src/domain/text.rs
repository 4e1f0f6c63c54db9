//! One line of text as a person types it, and when two words are the same.

use parterre_protocol::limits::BYTES_PER_CHAR;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::Problem;

/// Cleans a line: NFC, control characters and runs of white space made one space, none at the ends. Refuses what is
/// longer than `max` characters as people count them; an empty line is returned as it is.
pub fn line(field: &'static str, text: &str, max: usize) -> Result<String, Problem> {
    // Looked at before normalising, which costs as much as the text is long.
    if text.len() > 4 * max * BYTES_PER_CHAR {
        return Err(Problem::TooLong { field, max, length: text.graphemes(true).count().max(max + 1) });
    }
    let spaced: String = text.nfc().map(|c| if is_blank(c) { ' ' } else { c }).collect();
    let clean = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    let length = clean.graphemes(true).count();
    if length > max || clean.len() > max * BYTES_PER_CHAR {
        return Err(Problem::TooLong { field, max, length: length.max(max + 1) });
    }
    Ok(clean)
}

/// Like [`line`], but refuses an empty one.
pub fn filled_line(field: &'static str, text: &str, max: usize) -> Result<String, Problem> {
    match line(field, text, max)? {
        clean if clean.is_empty() => Err(Problem::Empty { field }),
        clean => Ok(clean),
    }
}

/// A word without the punctuation around it, which does not tell words apart: `"Soleil!"` is `Soleil`.
/// What is nothing but punctuation stays, so that `C++`, `:)` and `?` can be said.
pub fn bare_word(clean: &str) -> &str {
    let bare = clean.trim_matches(|c: char| {
        c.is_whitespace()
            || c.is_ascii_punctuation() && !matches!(c, '+' | '#' | '@' | '%' | '&')
            || "«»“”„’‘…¿¡".contains(c)
    });
    if bare.is_empty() { clean } else { bare }
}

/// What two spellings of the same word have in common: the lower case. Accents stay.
pub fn word_key(word: &str) -> String {
    word.to_lowercase().nfc().collect()
}

/// What spellings of the same text have in common for a search: lower case, without accents, wide and decorated letters as
/// plain ones.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let plain = text.nfkd().filter(|c| !matches!(c, '\u{300}'..='\u{36f}'));
    plain.flat_map(char::to_lowercase).filter(|c| !matches!(c, '\u{300}'..='\u{36f}')).flat_map(unligature).collect()
}

/// Letters that are one letter with another's name, which no decomposition takes apart.
fn unligature(c: char) -> impl Iterator<Item = char> {
    let letters = match c {
        'œ' => ['o', 'e'],
        'æ' => ['a', 'e'],
        'ß' => ['s', 's'],
        'ø' => ['o', '\0'],
        'ł' => ['l', '\0'],
        '’' => ['\'', '\0'],
        c => [c, '\0'],
    };
    letters.into_iter().filter(|c| *c != '\0')
}

/// Control characters, line separators, and the invisible marks that would let one text look like another.
fn is_blank(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_cleaned_and_counted_as_people_count() {
        assert_eq!(line("x", "  by \n the\tsea ", 20).unwrap(), "by the sea");
        assert_eq!(line("x", "👨‍👩‍👧e\u{301}", 2).unwrap(), "👨‍👩‍👧é");
        assert!(matches!(line("x", "abc", 2), Err(Problem::TooLong { max: 2, length: 3, .. })));
        assert!(matches!(filled_line("x", " \u{202e} ", 2), Err(Problem::Empty { .. })));
    }

    #[test]
    fn one_character_cannot_carry_a_novel() {
        let zalgo = format!("a{}", "\u{301}".repeat(500));
        assert!(line("x", &zalgo, 5).is_err());
    }

    #[test]
    fn a_search_sees_no_difference_in_case_accents_and_ligatures() {
        assert_eq!(fold("Où va le CŒUR d’Élise ?"), "ou va le coeur d'elise ?");
        assert_eq!(fold("Ｗｉｄｅ Straße ŁÓDŹ"), "wide strasse lodz");
    }

    #[test]
    fn words_are_the_same_in_any_case_but_not_without_their_accents() {
        assert_eq!(word_key(bare_word("Soleil!")), word_key("SOLEIL"));
        assert_ne!(word_key("pêche"), word_key("péché"));
        assert_eq!(word_key("E\u{301}te\u{301}"), word_key("été"));
        assert_eq!(bare_word("C++"), "C++");
        assert_eq!(bare_word("?!"), "?!");
        assert_eq!(bare_word("« Soleil ! ! »"), "Soleil");
    }

    proptest! {
        #[test]
        fn a_clean_line_stays_as_it_is(text in "\\PC{0,60}") {
            if let Ok(clean) = line("x", &text, 60) {
                prop_assert_eq!(line("x", &clean, 60).unwrap(), clean);
            }
        }
    }
}
