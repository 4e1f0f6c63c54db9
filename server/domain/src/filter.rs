//! The word filter: whether a text holds a word that a moderator is to look at before all see it.
//!
//! It looks for whole words and phrases, in any case and with or without accents, and through the
//! usual disguises: letters spaced out, doubled, starred out, or written as digits. Honest words
//! that only contain another ("Scunthorpe") pass.

use std::collections::{HashMap, HashSet};

use parterre_protocol::posts::WordFilter;

use super::text;
/// The lists and their languages; `words/README.md` says where they come from.
const LISTS: [(&str, &str); 5] = [
    ("en", include_str!("words/en.txt")),
    ("es", include_str!("words/es.txt")),
    ("fr", include_str!("words/fr.txt")),
    ("it", include_str!("words/it.txt")),
    ("pt", include_str!("words/pt.txt")),
];

/// Shorter words than this are found as they are, but in no disguise: too much else looks like
/// them.
const DISGUISED_LETTERS: usize = 4;

/// The languages that have a word list.
pub const fn languages() -> &'static [&'static str] {
    const LANGUAGES: [&str; LISTS.len()] = {
        let mut languages = [""; LISTS.len()];
        let mut i = 0;
        while i < LISTS.len() {
            languages[i] = LISTS[i].0;
            i += 1;
        }
        languages
    };
    &LANGUAGES
}

/// A word filter, ready to look into texts. Made once for each version of the settings.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    words: HashSet<String>,
    /// The words by their runs of letters: `ass` is `as`, with runs of 1 and 2.
    by_runs: HashMap<String, Vec<Vec<usize>>>,
    /// The phrases by their first word, which the lists here leave out.
    phrases: HashMap<String, Vec<Vec<String>>>,
}

impl Filter {
    /// The filter with these settings. One that is off finds nothing.
    pub fn new(settings: &WordFilter) -> Self {
        let mut filter = Self::default();
        if settings.on {
            let chosen = LISTS.iter().filter(|(language, _)| settings.languages.iter().any(|it| it == language));
            chosen.flat_map(|(_, list)| list.lines()).for_each(|word| filter.add(word));
            settings.words.iter().for_each(|word| filter.add(word));
        }
        filter
    }

    /// Whether it finds something in a text.
    pub fn finds(&self, text: &str) -> bool {
        let words = words(text);
        words.iter().enumerate().any(|(at, word)| self.finds_word(word) || self.finds_phrase(word, &words[at + 1..]))
            || self.finds_spaced_out(&words)
    }

    fn add(&mut self, typed: &str) {
        let mut words = words(typed).into_iter();
        let Some(first) = words.next() else { return };
        let rest: Vec<_> = words.collect();
        if rest.is_empty() {
            let (letters, lengths) = runs(&first);
            self.by_runs.entry(letters).or_default().push(lengths);
            self.words.insert(first);
        } else {
            self.phrases.entry(first).or_default().push(rest);
        }
    }

    fn finds_word(&self, word: &str) -> bool {
        self.has(word) || self.finds_drawn_out(word) || self.finds_digits(word) || self.finds_starred(word)
    }

    fn has(&self, word: &str) -> bool {
        self.words.contains(word)
            || word.strip_suffix('s').is_some_and(|one| one.chars().count() > 2 && self.words.contains(one))
    }

    fn finds_phrase(&self, first: &str, following: &[String]) -> bool {
        self.phrases.get(first).is_some_and(|phrases| phrases.iter().any(|rest| following.starts_with(rest)))
    }

    /// `fuuuuck`: no honest word has a letter three times in a row.
    fn finds_drawn_out(&self, word: &str) -> bool {
        let (letters, lengths) = runs(word);
        let fits = |listed: &Vec<usize>| listed.iter().zip(&lengths).all(|(listed, found)| found >= listed);
        lengths.iter().any(|length| *length > 2)
            && self.by_runs.get(&letters).is_some_and(|listed| listed.iter().any(fits))
    }

    /// `sh1t`, if most of it is letters: a road is called A55.
    fn finds_digits(&self, word: &str) -> bool {
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        let length = word.chars().count();
        if letters == length || length < DISGUISED_LETTERS || letters < 2 {
            return false;
        }
        let read = |one: char| word.chars().map(|c| letter(c, one)).collect::<String>();
        self.has(&read('i')) || self.has(&read('l'))
    }

    /// `sh*t`, where the stars stand between letters.
    fn finds_starred(&self, word: &str) -> bool {
        let pattern: Vec<_> = word.chars().collect();
        if !pattern.contains(&'*') || pattern.len() < DISGUISED_LETTERS {
            return false;
        }
        let fits = |listed: &String| {
            listed.chars().count() == pattern.len() && listed.chars().zip(&pattern).all(|(a, b)| *b == '*' || a == *b)
        };
        self.words.iter().any(fits)
    }

    /// `f u c k` or `f.u.c.k`.
    fn finds_spaced_out(&self, words: &[String]) -> bool {
        let is_letter = |word: &String| word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
        words.split(|word| !is_letter(word)).filter(|run| run.len() >= DISGUISED_LETTERS).any(|run| {
            let parts = (DISGUISED_LETTERS..=run.len()).flat_map(|length| run.windows(length));
            parts.into_iter().any(|part| self.has(&part.concat()))
        })
    }
}

/// The words of a text as they are compared. Stars and the like between letters belong to the word.
fn words(text: &str) -> Vec<String> {
    // The tilde of `ñ` makes another letter; all other accents are as easily left out as put.
    let text: Vec<char> = text::fold_keeping(text, |c| c == 'ñ').chars().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (at, &c) in text.iter().enumerate() {
        let next_is_letter = text.get(at + 1).is_some_and(|next| next.is_alphanumeric() || is_inside(*next));
        if is_word_by_itself(c) {
            words.extend([std::mem::take(&mut word), c.to_string()]);
        } else if c.is_alphanumeric() || c == '$' || (is_inside(c) && !word.is_empty() && next_is_letter) {
            word.push(c);
        } else {
            words.push(std::mem::take(&mut word));
        }
    }
    words.push(word);
    words.retain(|word| word.chars().any(char::is_alphanumeric));
    words
}

/// Characters that stand for a letter when they are inside a word.
const fn is_inside(c: char) -> bool {
    matches!(c, '*' | '@' | '!' | '€')
}

/// In scripts that are written without spaces every character is a word, so that a phrase is found
/// anywhere.
const fn is_word_by_itself(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// The letter that a digit or sign is put for; `one` is what 1 is.
const fn letter(c: char, one: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' => one,
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        c => c,
    }
}

/// The letters of a word, each run of the same one as one, and how long the runs are.
fn runs(word: &str) -> (String, Vec<usize>) {
    let (mut letters, mut lengths) = (String::new(), Vec::new());
    for c in word.chars() {
        match lengths.last_mut() {
            Some(length) if letters.ends_with(c) => *length += 1,
            _ => {
                letters.push(c);
                lengths.push(1);
            }
        }
    }
    (letters, lengths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Filter {
        let languages = languages().iter().map(|language| (*language).to_owned()).collect();
        Filter::new(&WordFilter { on: true, languages, words: Vec::new() })
    }

    fn own(words: &[&str]) -> Filter {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        Filter::new(&WordFilter { on: true, languages: Vec::new(), words })
    }

    #[test]
    fn every_list_is_there_and_each_of_its_lines_is_found() {
        assert_eq!(languages(), ["en", "es", "fr", "it", "pt"]);
        for (language, list) in LISTS {
            let filter = Filter::new(&WordFilter { on: true, languages: vec![language.to_owned()], words: Vec::new() });
            assert!(list.lines().count() > 20, "{language}");
            for word in list.lines() {
                assert!(filter.finds(&format!("So… {}!", word.to_uppercase())), "{word}");
            }
        }
    }

    #[test]
    fn what_nobody_says_politely_goes_to_review_and_so_do_its_disguises() {
        let filter = all();
        for text in [
            "What the fuck is this budget?",
            "WHY ARE YOU ALL ASSHOLES?",
            "Quand est-ce que ces connards partent ?",
            "C'est de la MERDE, non ?",
            "Bande d'enculés !",
            "Va te faire foutre",
            "Nique ta mère",
            "¿Qué coño es esto?",
            "Che cazzo fate?",
            "Que merda é essa?",
            "fuuuuuck",
            "asssshole",
            "f u c k this",
            "what a f.u.c.k.e.r",
            "is this sh1t over?",
            "B!tch",
            "bull$h1t answers",
            "this is sh*t",
            "f**k",
            "ｆｕｃｋ",
            "fu\u{ad}ck",
            "f\u{fa}ck",
            "fu\u{200b}ck",
            "f\u{202e}uck",
            "𝐟𝐮𝐜𝐤",
            "f\u{337}u\u{337}c\u{20dd}k",
            "ﬀuck off, fu\u{e0061}ck",
        ] {
            assert!(filter.finds(text), "{text}");
        }
    }

    #[test]
    fn honest_questions_pass() {
        let filter = all();
        for text in [
            "Will there be a meeting in Scunthorpe?",
            "How do you assess the classic assumptions of this analysis?",
            "Les concerts ont-ils un concept ? Quelles sont les conditions ?",
            "What are the pros and cons?",
            "Pourquoi la pédale d'embrayage grince-t-elle ?",
            "Peut-on réduire le retard des trains ?",
            "Quel est l'impact de l'IA sur la recherche ?",
            "Comment analyser les résultats du calcul ?",
            "¿Cuánto cuesta con descuento? ¿Y el cono de helado?",
            "Where is the cul-de-sac? Is it off the A55 or the M1?",
            "Did she graduate summa cum laude?",
            "Is this a 1st, 2nd or 3rd class ticket, and is it a 5 * hotel?",
            "Is the *new* plan on the intranet, e.g. in section a b c d?",
            "Will Dick Cocker of Essex, Penistone and Arsenal speak?",
            "Der Dickschädel hat bitte Spaß, oder?",
            "Aaaaah, sooooo good! Hmmm, www.example.org?",
            "Qu'en pensent les députés de la disputée réputation ?",
            "Que pensez-vous de la fin du computer dispute ?",
            "Quelle est la couleur de l'écouteur ?",
            "Perché la minchiatura? No: miniatura, con passione.",
            "Wie viel kostet das?",
            "為什麼今天沒有咖啡？",
            "",
        ] {
            assert!(!filter.finds(text), "{text}");
        }
    }

    #[test]
    fn an_events_own_words_are_found_as_words_and_phrases() {
        let filter = own(&["Projet Été", "Zorg", "咖啡", "C3PO", "!!"]);
        for text in ["le PROJET  ETE ?", "What of zorg's?", "為什麼今天沒有咖啡？", "Zorgs!", "z o r g", "c3po"]
        {
            assert!(filter.finds(text), "{text}");
        }
        for text in ["Le projet de cet été ?", "Zorgon", "what!!", "咖 or 啡"] {
            assert!(!filter.finds(text), "{text}");
        }
    }

    #[test]
    fn a_filter_that_is_off_or_empty_finds_nothing() {
        assert!(!own(&[]).finds("What the fuck?"));
        let off = WordFilter { on: false, ..WordFilter::default() };
        assert!(!Filter::new(&off).finds("What the fuck?"));
        assert!(Filter::new(&WordFilter::default()).finds("What the fuck?"));
    }
}
