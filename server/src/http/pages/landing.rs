//! The first page: type the code.

use crate::i18n::Locale;

/// The error of the code that was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeTrouble {
    /// No event has it.
    Unknown,
    /// It cannot be a code.
    Malformed,
    /// No event has it, and nor has any of many others that came from the same network.
    TooMany,
}

/// The landing page.
#[derive(askama::Template)]
#[template(path = "landing.html")]
pub struct LandingPage<'a> {
    t: Locale,
    typed: &'a str,
    trouble: Option<String>,
    /// Whether there is a network test.
    has_test: bool,
}

impl<'a> LandingPage<'a> {
    /// The page as it is at first.
    pub const fn new(t: Locale) -> Self {
        Self { t, typed: "", trouble: None, has_test: true }
    }

    /// The page after a code that leads nowhere.
    pub fn after(t: Locale, typed: &'a str, trouble: CodeTrouble) -> Self {
        let sentence = match trouble {
            CodeTrouble::Unknown => t.format("landing.unknown", &[("code", &typed)]),
            CodeTrouble::Malformed => t.text("landing.malformed"),
            CodeTrouble::TooMany => t.text("landing.too_many"),
        };
        Self { t, typed, trouble: Some(sentence), has_test: true }
    }

    /// With or without a way to the network test.
    #[must_use]
    pub fn with_test(self, has_test: bool) -> Self {
        Self { has_test, ..self }
    }
}
