//! The rules of texts, by the cases that the pages are tried with too, and by their algebra.

use parterre_protocol::limits::bytes_of;
use proptest::prelude::*;
use serde::Deserialize;

use super::*;

/// The cases that the pages' module is tried with too.
#[derive(Deserialize)]
struct Cases {
    clean: Vec<(String, String)>,
    empty: Vec<String>,
    filled: Vec<String>,
    characters: Vec<(String, usize)>,
    same: Vec<Vec<String>>,
    different: Vec<(String, String)>,
    search: Vec<(String, String)>,
}

fn cases() -> Cases {
    serde_json::from_str(include_str!("../../../protocol/text-cases.json")).expect("cases as they are described")
}

const FAMILY: &str = "👨‍👩‍👧‍👦";

#[test]
fn a_line_is_cleaned_and_keeps_what_shapes_its_letters() {
    for (typed, cleaned) in cases().clean {
        assert_eq!(clean(&typed), cleaned, "{typed:?}");
    }
}

#[test]
fn what_shows_nothing_is_empty_and_what_shows_anything_is_not() {
    for text in cases().empty {
        assert!(is_empty(&text), "{text:?}");
        assert_eq!(line("x", &text, 9), Ok(String::new()), "{text:?}");
        assert_eq!(filled_line("x", &text, 9), Err(Problem::Empty { field: "x" }), "{text:?}");
        assert_eq!(word_key(&text), "", "{text:?}");
    }
    for text in cases().filled {
        assert!(!is_empty(&text), "{text:?}");
        assert!(filled_line("x", &text, 9).is_ok(), "{text:?}");
        assert_ne!(word_key(&text), "", "{text:?}");
    }
}

#[test]
fn words_that_are_the_same_have_one_key_and_others_have_two() {
    for words in cases().same {
        for word in &words {
            assert_eq!(word_key(word), word_key(&words[0]), "{word:?} is {:?}", words[0]);
            assert_eq!(word_key(bare_word(&clean(word))), word_key(word), "{word:?}");
        }
    }
    for (one, other) in cases().different {
        assert_ne!(word_key(&one), word_key(&other), "{one:?} is not {other:?}");
    }
}

#[test]
fn a_search_finds_what_is_spelt_in_another_way() {
    for (text, query) in cases().search {
        assert!(fold(&text).contains(&fold(&query)), "{query:?} in {text:?}: {:?} in {:?}", fold(&query), fold(&text));
    }
}

#[test]
fn lengths_are_in_characters_as_people_count_them() {
    for (text, length) in cases().characters {
        assert_eq!(characters(&text), length, "{text:?}");
    }
    assert_eq!(line("x", &FAMILY.repeat(40), 40).unwrap(), FAMILY.repeat(40));
    let long = line("x", &FAMILY.repeat(41), 40).unwrap_err();
    assert_eq!(long, Problem::TooLong { field: "x", max: 40, length: 41 });
    assert_eq!(
        line("x", &"a".repeat(100_000), 40).unwrap_err(),
        Problem::TooLong { field: "x", max: 40, length: 100_000 }
    );
}

#[test]
fn a_character_cannot_carry_a_novel_and_the_refusal_says_so() {
    for marks in [500, 50_000] {
        let stacked = format!("b{}", "\u{30f}".repeat(marks));
        let (max, length) = (bytes_of(5), stacked.len());
        assert_eq!(line("x", &stacked, 5).unwrap_err(), Problem::TooManyBytes { field: "x", max, length });
    }
    assert_eq!([5, 40, 150, 300, 1000].map(bytes_of), [160, 1280, 4800, 4800, 16_000]);
}

#[test]
fn an_optional_line_may_be_blank_but_not_unseen() {
    assert_eq!(seen_line("x", " \u{3000}\n", 9), Ok(String::new()));
    assert_eq!(seen_line("x", " Bar ", 9), Ok("Bar".to_owned()));
    assert_eq!(seen_line("x", "\u{3164}", 9), Err(Problem::Empty { field: "x" }));
}

#[test]
fn a_word_is_shown_without_the_punctuation_around_it() {
    for (word, bare) in [
        ("C++", "C++"),
        ("C#", "C#"),
        ("?!", "?!"),
        ("« Soleil ! ! »", "Soleil"),
        ("海！", "海"),
        ("البحر؟", "البحر"),
        ("‚Ja‘", "Ja"),
        ("Soleil‼\u{fe0f}", "Soleil"),
        ("❤\u{fe0f}", "❤\u{fe0f}"),
        ("❤\u{fe0f}!", "❤\u{fe0f}"),
        ("l’eau", "l’eau"),
        ("<3", "<3"),
    ] {
        assert_eq!(bare_word(word), bare);
    }
}

#[test]
fn options_that_look_different_are_not_merged_by_their_digits() {
    assert_eq!(key("10²"), key("102"));
    assert_ne!(look_key("10²"), look_key("102"));
    assert_ne!(look_key("H₂O"), look_key("H²O"));
    assert_eq!(look_key("１０"), look_key("10"));
    assert_ne!(look_key("Yes!"), look_key("Yes"));
}

#[test]
fn a_password_is_the_same_on_any_keyboard() {
    assert_eq!(password("pâte\u{a0}à\u{3000}choux"), password("pa\u{302}te a\u{300} choux"));
    assert_eq!(password("ｓｅｃｒｅｔ"), "secret");
    assert_ne!(password("Secret"), password("secret"));
    assert_eq!(password(" two  spaces "), " two  spaces ");
}

/// What must hold of every word.
fn assert_a_key_is_its_own_key(text: &str) {
    let word = word_key(text);
    assert_eq!(word_key(&word), word, "the key of the key of {text:?}");
    assert_eq!(word.is_empty(), is_empty(text), "the key {word:?} of {text:?}");
    assert_eq!(word_key(bare_word(&clean(text))), word, "{text:?} without the punctuation around it");
}

/// Whether there is more to a character than that it stands for itself.
fn is_mark_or_changes(c: char) -> bool {
    let by_itself = c.to_string();
    is_empty(&by_itself) || signs::is_punctuation(c) || key(&by_itself) != by_itself
}

#[test]
fn a_key_is_its_own_key_with_every_character_that_changes() {
    for c in (char::MIN..=char::MAX).filter(|c| is_mark_or_changes(*c)) {
        for text in [format!("{c}"), format!("{c}!"), format!("{c}a"), format!("a{c}"), format!("a {c}\u{301}")] {
            assert_a_key_is_its_own_key(&text);
        }
    }
}

proptest! {
    #[test]
    fn a_clean_line_stays_as_it_is(text in "(\\PC|[\u{200b}-\u{200f}\u{301}\u{fe0f}\u{e0061}\u{1f3f4}\u{3164} ]){0,60}") {
        let once = clean(&text);
        prop_assert_eq!(clean(&once), &*once);
        prop_assert_eq!(is_empty(&once), once.is_empty());
    }

    #[test]
    fn a_key_is_its_own_key(text in "(\\PC|[\u{200b}-\u{200f}\u{301}\u{307}iİıßςΣﬁ’!؟ ]){0,40}") {
        assert_a_key_is_its_own_key(&text);
    }

    #[test]
    fn case_makes_no_difference(text in "\\PC{0,20}") {
        prop_assert_eq!(key(&text.to_lowercase()), key(&text));
    }
}
