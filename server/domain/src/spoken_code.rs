//! Join codes that can be said aloud: which syllables they consist of, and which codes are never
//! proposed because they sound like a word that offends.
//!
//! Who hears a code must be able to write it, whether they speak English, French, German, Spanish
//! or Italian. So only those letters are used that are told from each other by ear in all five,
//! and that are written in one way: not `C`, `K` and `Q`, nor `S`, `Z` and `C`, nor `B`, `V` and
//! `W`, nor `J`, `G` and `Y`, and no silent `H`.

use std::sync::LazyLock;

/// First letters of a syllable.
const CONSONANTS: &[u8; 10] = b"BDFGLMNPRT";
/// Second letters.
const VOWELS: &[u8; 5] = b"AEIOU";

/// How many syllables a code has where that many are enough.
pub const SYLLABLES: usize = 3;
/// How many it has where most of the shorter codes are taken.
pub const MORE_SYLLABLES: usize = 4;

/// How far apart the codes are that are tried one after the other. Neither even nor a multiple of
/// five, so that each is reached.
const STRIDE: u64 = 77_777;

/// What offends in one of the five languages, one a line; what follows `#` says nothing.
const OFFENSIVE: &str = include_str!("spoken_code/offensive.txt");

/// How the offensive words sound.
static SOUNDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let words = OFFENSIVE.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    words.filter(|word| !word.is_empty()).map(sound).collect()
});

/// The letters of a code of this many syllables, in capitals. There are 67,553 of three, and some
/// three million of four.
pub fn propose(random: u64, syllables: usize) -> String {
    // From one that is unsayable on, every syllable is another.
    let mut codes = (0..).map(|step: u64| letters(random.wrapping_add(step.wrapping_mul(STRIDE)), syllables));
    let sayable = |code: &String| !offends(code);
    codes.find_map(|code| code.filter(sayable)).expect("most codes are sayable")
}

/// The code at this place in the list of all; nothing where its spelling is ambiguous.
fn letters(place: u64, syllables: usize) -> Option<String> {
    let mut rest = place;
    let mut take = |letters: &[u8]| {
        let letter = letters[(rest % letters.len() as u64) as usize];
        rest /= letters.len() as u64;
        char::from(letter)
    };
    let mut code = String::new();
    for _ in 0..syllables {
        let (consonant, vowel) = (take(CONSONANTS), take(VOWELS));
        // Before these, Italians say what others write with a J.
        if consonant == 'G' && "EI".contains(vowel) {
            return None;
        }
        code.extend([consonant, vowel]);
    }
    // A last E is silent in English and French.
    (!code.ends_with('E')).then_some(code)
}

fn offends(code: &str) -> bool {
    let heard = sound(code);
    SOUNDS.iter().any(|word| heard.contains(word.as_str()))
}

/// How letters sound to an ear that does not listen closely: voiced and voiceless consonants are
/// one, doubled letters are single, an English E is an I.
fn sound(letters: &str) -> String {
    let mut heard = String::new();
    for letter in letters.chars() {
        let sound = match letter.to_ascii_uppercase() {
            'H' => continue,
            'P' => 'B',
            'T' => 'D',
            'C' | 'K' | 'Q' => 'G',
            'V' | 'W' => 'F',
            'Z' => 'S',
            'E' | 'Y' => 'I',
            other => other,
        };
        if !heard.ends_with(sound) {
            heard.push(sound);
        }
    }
    heard
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const ALL_OF_THREE: u64 = 50 * 50 * 50;

    #[test]
    fn a_code_is_made_of_syllables_and_ends_in_a_vowel_that_is_heard() {
        for random in (0..1_000_000_000).step_by(7_654_321) {
            for syllables in [SYLLABLES, MORE_SYLLABLES] {
                let code = propose(random, syllables);
                assert_eq!(code.len(), 2 * syllables, "{code}");
                for syllable in code.as_bytes().chunks(2) {
                    assert!(CONSONANTS.contains(&syllable[0]) && VOWELS.contains(&syllable[1]), "{code}");
                }
                assert!(!code.ends_with('E') && !code.contains("GE") && !code.contains("GI"), "{code}");
            }
        }
    }

    #[test]
    fn there_are_enough_codes_and_each_can_come() {
        let all = (0..ALL_OF_THREE).filter_map(|place| letters(place, SYLLABLES));
        let sayable: HashSet<_> = all.filter(|code| !offends(code)).collect();
        assert_eq!(sayable.len(), 67_553);
        let sample = (0..ALL_OF_THREE).step_by(997).map(|random| propose(random, SYLLABLES));
        assert!(sample.into_iter().all(|code| sayable.contains(&code)));
    }

    #[test]
    fn no_code_sounds_like_a_word_that_offends() {
        for said in ["PUTABO", "BUDANO", "LOPITE", "MABITO", "NEGARU", "FIGALO", "GAGALO", "TETALU", "GULOMI"] {
            assert!(offends(said), "{said}");
        }
        for said in ["MALORI", "LEMANU", "BELIRA"] {
            assert!(!offends(said), "{said}");
        }
    }

    #[test]
    fn a_listed_word_is_long_enough_to_leave_something() {
        let short: Vec<_> = SOUNDS.iter().filter(|word| word.len() < 3).collect();
        assert!(short.is_empty(), "{short:?}");
    }
}
