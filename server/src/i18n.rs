//! The message catalogues: every word that a page shows.
//!
//! `web/i18n/<language>/<page>.json` holds one page's messages as `"key": "text with {name}"`, or,
//! where a number decides the form, as `"key": {"one": "{n} person", "other": "{n} people"}` with
//! the CLDR plural category of `n`. Keys begin with the name of their file (`problem.json` also
//! holds `refusal.*`: what an answer or a command met). What only one kind of activity says is in
//! its folder, `web/kinds/<kind>/<language>.json`, with keys that begin with the page's name.
//! English is complete; a key missing elsewhere shows in English.

use std::{borrow::Cow, collections::HashMap, fmt::Display, sync::LazyLock};

use intl_pluralrules::{PluralCategory, PluralRuleType, PluralRules};
use serde::Deserialize;
use unic_langid::LanguageIdentifier;

/// The languages there are, in the order in which they are offered.
pub const LOCALES: [Locale; 2] = [Locale("en"), Locale("fr")];

/// A language of the catalogues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Locale(&'static str);

/// One message.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Message {
    Text(String),
    Plural(HashMap<String, String>),
}

type Catalogue = HashMap<String, Message>;

/// A catalogue's text, with the kind of activity whose words it has, if it is one's.
type Source = (Option<&'static str>, &'static str);

// By the build script: `SOURCES`, the catalogues by language.
include!(concat!(env!("OUT_DIR"), "/catalogues.rs"));

static CATALOGUES: LazyLock<HashMap<&'static str, Catalogue>> = LazyLock::new(|| {
    let all = |files: &[Source]| files.iter().flat_map(|(_, source)| parsed(source)).collect();
    SOURCES.iter().map(|(language, files)| (*language, all(files))).collect()
});

/// The kind of activity whose words these messages are, by key. A page has those of the kinds that
/// it shows.
static KINDS: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let files = SOURCES.iter().flat_map(|(_, files)| *files);
    let keys = |kind, source| parsed(source).into_keys().map(move |key| (key, kind));
    files.filter_map(|(kind, source)| Some(keys((*kind)?, source))).flatten().collect()
});

fn parsed(source: &str) -> Catalogue {
    serde_json::from_str(source).expect("the catalogues are checked by a test")
}

/// What somebody wrote, for a place within a sentence of ours: where it has letters of a script
/// that is written from the right it keeps its own direction, and the sentence its own, by two
/// characters that nobody sees (UAX #9, 2.4).
pub fn isolated(text: &str) -> Cow<'_, str> {
    let from_the_right = |letter| {
        matches!(letter, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
            | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
    };
    if text.contains(from_the_right) { format!("\u{2068}{text}\u{2069}").into() } else { text.into() }
}

impl Locale {
    /// The language with this code, such as `fr`.
    pub fn parse(code: &str) -> Option<Self> {
        LOCALES.into_iter().find(|locale| locale.0 == code)
    }

    /// The best language for a browser's `Accept-Language`; English where none fits.
    pub fn negotiate(accept_language: &str) -> Self {
        let mut wanted: Vec<(f32, &str)> = accept_language
            .split(',')
            .take(20)
            .filter_map(|range| {
                let (tag, weight) = range.split_once(";q=").unwrap_or((range, "1"));
                Some((weight.trim().parse().ok()?, tag.trim()))
            })
            .collect();
        wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
        let primary = |tag: &str| Self::parse(&tag.split('-').next().unwrap_or_default().to_ascii_lowercase());
        wanted.into_iter().find_map(|(weight, tag)| primary(tag).filter(|_| weight > 0.0)).unwrap_or(LOCALES[0])
    }

    /// Its code, such as `fr`.
    pub const fn code(self) -> &'static str {
        self.0
    }

    /// Whether there is a message with this key.
    pub fn has(self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// The languages other than this one, to be offered in their own words.
    pub fn others(self) -> impl Iterator<Item = Self> {
        LOCALES.into_iter().filter(move |locale| *locale != self)
    }

    /// The message without arguments.
    pub fn text(self, key: &str) -> String {
        self.format(key, &[])
    }

    /// The message with `{name}` replaced by its argument; the argument `n` decides the plural
    /// form.
    pub fn format(self, key: &str, arguments: &[(&str, &dyn Display)]) -> String {
        let Some(message) = self.find(key) else { return key.to_owned() };
        let pattern = match message {
            Message::Text(text) => text,
            Message::Plural(forms) => {
                let n = arguments.iter().find(|(name, _)| *name == "n").map(|(_, n)| n.to_string()).unwrap_or_default();
                forms.get(self.plural(&n)).or_else(|| forms.get("other")).map_or("", |form| form)
            }
        };
        arguments.iter().fold(pattern.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), &isolated(&value.to_string()))
        })
    }

    /// The message for `n` of something: `n` decides the plural form and stands in the text as
    /// people write it.
    pub fn count(self, key: &str, n: u32) -> String {
        self.format(key, &[("n", &n)]).replace(&n.to_string(), &self.number(n))
    }

    /// A number as people write it: 1,848 in English, 1 848 in French.
    pub fn number(self, n: u32) -> String {
        let separator = if self.0 == "fr" { '\u{202f}' } else { ',' };
        let digits = n.to_string();
        let mut text = String::with_capacity(digits.len() * 2);
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                text.push(separator);
            }
            text.push(digit);
        }
        text
    }

    /// A number with one decimal as people write it, given in tenths: 3.9 in English, 3,9 in
    /// French.
    pub fn tenths(self, tenths: u64) -> String {
        let point = if self.0 == "fr" { ',' } else { '.' };
        format!("{}{point}{}", tenths / 10, tenths % 10)
    }

    /// What stands between the cells of a text table: spreadsheet programs go by their system's
    /// list separator, which is a semicolon where the comma begins decimals.
    pub const fn cell_separator(self) -> u8 {
        match self.0.as_bytes() {
            b"fr" => b';',
            _ => b',',
        }
    }

    /// All messages whose key begins with one of the prefixes, as JSON for a page's script. Of what
    /// only one kind of activity says, there are those of the kinds that are wanted.
    pub fn messages(self, prefixes: &[&str], is_wanted: impl Fn(&str) -> bool) -> serde_json::Value {
        let begins = |key: &str| prefixes.iter().any(|prefix| key.starts_with(prefix));
        self.messages_where(|key, kind| begins(key) && kind.is_none_or(&is_wanted))
    }

    /// All messages that are wanted, by key and by the kind whose words they are, if they are
    /// one's.
    pub fn messages_where(self, is_wanted: impl Fn(&str, Option<&str>) -> bool) -> serde_json::Value {
        let keys = CATALOGUES["en"].keys().filter(|key| is_wanted(key, KINDS.get(*key).copied()));
        let entry = |key: &String| {
            let value = match self.find(key)? {
                Message::Text(text) => text.as_str().into(),
                Message::Plural(forms) => serde_json::json!(forms),
            };
            Some((key.clone(), value))
        };
        serde_json::Value::Object(keys.filter_map(entry).collect())
    }

    fn find(self, key: &str) -> Option<&'static Message> {
        CATALOGUES[self.0].get(key).or_else(|| CATALOGUES["en"].get(key))
    }

    fn plural(self, n: &str) -> &'static str {
        let language: LanguageIdentifier = self.0.parse().expect("the languages are listed above");
        let rules =
            PluralRules::create(language, PluralRuleType::CARDINAL).expect("CLDR knows the languages listed above");
        match rules.select(n) {
            Ok(PluralCategory::ZERO) => "zero",
            Ok(PluralCategory::ONE) => "one",
            Ok(PluralCategory::TWO) => "two",
            Ok(PluralCategory::FEW) => "few",
            Ok(PluralCategory::MANY) => "many",
            Ok(PluralCategory::OTHER) | Err(_) => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn placeholders(message: &Message) -> BTreeSet<String> {
        let texts: Vec<&str> = match message {
            Message::Text(text) => vec![text],
            Message::Plural(forms) => vec![&forms["other"]],
        };
        let names = texts.iter().flat_map(|text| text.split('{').skip(1));
        names.filter_map(|rest| rest.split_once('}').map(|(name, _)| name.to_owned())).collect()
    }

    #[test]
    fn every_language_says_everything_with_the_same_arguments() {
        let english = &CATALOGUES["en"];
        for (language, catalogue) in CATALOGUES.iter() {
            assert_eq!(
                catalogue.keys().collect::<BTreeSet<_>>(),
                english.keys().collect::<BTreeSet<_>>(),
                "{language}"
            );
            for (key, message) in catalogue {
                assert_eq!(placeholders(message), placeholders(&english[key]), "{language}: {key}");
            }
        }
    }

    #[test]
    fn the_browsers_first_known_language_is_taken() {
        assert_eq!(Locale::negotiate("de, fr-CH;q=0.8, en;q=0.5").code(), "fr");
        assert_eq!(Locale::negotiate("en;q=0.1,fr;q=0").code(), "en");
        assert_eq!(Locale::negotiate("").code(), "en");
    }

    #[test]
    fn numbers_are_written_as_people_do() {
        assert_eq!(LOCALES[0].number(1_234_567), "1,234,567");
        assert_eq!(LOCALES[1].number(48_160), "48\u{202f}160");
        assert_eq!(LOCALES[0].number(999), "999");
        assert_eq!(LOCALES[0].count("phone.answered", 1), "1 person has answered");
        assert_eq!(LOCALES[0].count("phone.answered", 4200), "4,200 people have answered");
    }

    #[test]
    fn what_people_wrote_keeps_its_direction_within_a_sentence() {
        let said = |code: &str| LOCALES[0].format("landing.unknown", &[("code", &code)]);
        assert!(said("TULIP").contains("code TULIP."));
        assert!(said("\u{5e9}\u{5dc}?").contains("code \u{2068}\u{5e9}\u{5dc}?\u{2069}."));
    }

    #[test]
    fn an_unknown_key_shows_itself() {
        assert_eq!(LOCALES[1].text("no.such.key"), "no.such.key");
    }
}
