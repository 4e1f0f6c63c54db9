//! The language in which an event is held: in it, voices read what its people write.

use std::fmt;

use super::Problem;

/// Beyond, a tag names more than anybody reads aloud (RFC 5646, 4.4.1).
const MAX_CHARS: usize = 35;

/// A tag of BCP 47, such as `fr` or `pt-BR`, of the right form. Whether somebody speaks it is for
/// browsers to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageTag(String);

impl LanguageTag {
    /// Reads what was entered: two or three letters, then perhaps parts of two to eight letters and
    /// digits.
    pub fn parse(entered: &str) -> Result<Self, Problem> {
        let tag = entered.trim();
        let mut parts = tag.split('-');
        let first = parts
            .next()
            .is_some_and(|part| (2..=3).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_alphabetic()));
        let rest = parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_alphanumeric()));
        if first && rest && tag.len() <= MAX_CHARS { Ok(Self(tag.to_owned())) } else { Err(Problem::Language) }
    }

    /// Reads a choice that may be left open: nothing is no language.
    pub fn parse_choice(entered: &str) -> Result<Option<Self>, Problem> {
        if entered.trim().is_empty() { Ok(None) } else { Self::parse(entered).map(Some) }
    }

    /// As it stands in `lang`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LanguageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The languages that the studio offers, each with its own name for itself, in the order of their
/// tags. Any other can be set through the API.
pub const OFFERED: &[(&str, &str)] = &[
    ("ar", "العربية"),
    ("bg", "български"),
    ("bn", "বাংলা"),
    ("br", "brezhoneg"),
    ("ca", "català"),
    ("cs", "čeština"),
    ("cy", "Cymraeg"),
    ("da", "dansk"),
    ("de", "Deutsch"),
    ("el", "ελληνικά"),
    ("en", "English"),
    ("es", "español"),
    ("et", "eesti"),
    ("eu", "euskara"),
    ("fa", "فارسی"),
    ("fi", "suomi"),
    ("fr", "français"),
    ("ga", "Gaeilge"),
    ("gl", "galego"),
    ("he", "עברית"),
    ("hi", "हिन्दी"),
    ("hr", "hrvatski"),
    ("hu", "magyar"),
    ("hy", "հայերեն"),
    ("id", "Indonesia"),
    ("is", "íslenska"),
    ("it", "italiano"),
    ("ja", "日本語"),
    ("ka", "ქართული"),
    ("ko", "한국어"),
    ("lt", "lietuvių"),
    ("lv", "latviešu"),
    ("mt", "Malti"),
    ("nb", "norsk bokmål"),
    ("nl", "Nederlands"),
    ("nn", "norsk nynorsk"),
    ("pl", "polski"),
    ("pt", "português"),
    ("ro", "română"),
    ("ru", "русский"),
    ("sk", "slovenčina"),
    ("sl", "slovenščina"),
    ("sq", "shqip"),
    ("sr", "српски"),
    ("sv", "svenska"),
    ("sw", "Kiswahili"),
    ("ta", "தமிழ்"),
    ("th", "ไทย"),
    ("tr", "Türkçe"),
    ("uk", "українська"),
    ("ur", "اردو"),
    ("vi", "Tiếng Việt"),
    ("zh-Hans", "简体中文"),
    ("zh-Hant", "繁體中文"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_has_the_form_of_one() {
        for tag in ["fr", "gsw", " pt-BR ", "zh-Hans", "sl-rozaj-biske", "es-419"] {
            assert_eq!(LanguageTag::parse(tag).unwrap().as_str(), tag.trim());
        }
        for no in [
            "f",
            "french",
            "fr_FR",
            "fr-",
            "-fr",
            "fr\"",
            "1a",
            "fr-a",
            "français",
            "aa-bbbbbbbb-cccccccc-dddddddd-eeeeeee",
        ] {
            assert_eq!(LanguageTag::parse(no), Err(Problem::Language), "{no}");
        }
        assert_eq!(LanguageTag::parse_choice(" "), Ok(None));
    }

    #[test]
    fn what_is_offered_can_be_taken() {
        for (tag, name) in OFFERED {
            assert!(LanguageTag::parse(tag).is_ok(), "{name}");
        }
        assert!(OFFERED.is_sorted());
    }
}
