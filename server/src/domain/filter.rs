//! The word filter: whether a text holds a word that is to be looked at by a moderator before all see it.

use parterre_protocol::posts::WordFilter;

/// The languages that have a word list.
pub const fn languages() -> &'static [&'static str] {
    &["en", "fr"]
}

/// A word filter, ready to look into texts. Made once for each version of the settings.
#[derive(Debug, Default)]
pub struct Filter {
    words: Vec<String>,
}

impl Filter {
    /// The filter with these settings.
    pub fn new(settings: &WordFilter) -> Self {
        Self { words: if settings.on { settings.words.clone() } else { Vec::new() } }
    }

    /// Whether it finds something in a text.
    pub fn finds(&self, text: &str) -> bool {
        self.words.iter().any(|word| text.contains(word.as_str()))
    }
}
