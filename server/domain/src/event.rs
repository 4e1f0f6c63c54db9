//! Events and their join codes.

use std::fmt;

use parterre_protocol::{
    EventId, Millis, Rev,
    limits::{CODE_LETTERS, EVENT_NAME_CHARS},
    topics::EventState,
};

use super::{Problem, ids::WorkspaceId, language::LanguageTag, spoken_code, text};

/// A join code: 4 to 10 letters A–Z. There are no digits in it, so nothing can be mistaken for a
/// letter.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JoinCode(String);

/// How many bytes of a typed code are considered.
const MOST_TYPED: usize = 512;

impl JoinCode {
    /// Reads a code as people type it: any case and width, with spaces or dashes, with what is not
    /// seen or stands around it, `0` and `1` for `O` and `I`.
    pub fn parse(typed: &str) -> Result<Self, Problem> {
        let key = text::word_key(typed.get(..MOST_TYPED).unwrap_or(typed));
        let letters: String = key
            .chars()
            .filter(|c| *c != ' ' && *c != '-')
            .take(CODE_LETTERS.end() + 1)
            .map(|c| match c {
                '0' => 'O',
                '1' => 'I',
                c => c.to_ascii_uppercase(),
            })
            .collect();
        if !letters.chars().all(|c| c.is_ascii_uppercase()) {
            return Err(Problem::CodeLetters);
        }
        if !CODE_LETTERS.contains(&letters.len()) {
            let (min, max) = (*CODE_LETTERS.start(), *CODE_LETTERS.end());
            return Err(Problem::OutOfRange { field: "code", min, max, value: letters.len() });
        }
        Ok(Self(letters))
    }

    /// Proposes a code of so many syllables, one that can be said aloud, from a random number.
    pub fn propose(random: u64, syllables: usize) -> Self {
        Self(spoken_code::propose(random, syllables))
    }

    /// The code in capitals.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JoinCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an event is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EventKind {
    /// People gather.
    #[default]
    Gathering,
    /// Phones around a room try its network. It has one activity, and pages of its own.
    RoomTest,
}

/// One gathering.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// Its name.
    pub name: String,
    /// Its join code, unique among events that are not deleted.
    pub code: JoinCode,
    /// What it is for.
    pub kind: EventKind,
    /// How far it is.
    pub state: EventState,
    /// Whether a participant gives a name to join.
    pub names: bool,
    /// In which language it is held, if somebody has said.
    pub language: Option<LanguageTag>,
    /// Whether participants see the shared results on their phones once it has ended.
    pub results_shared: bool,
    /// The version of all that is in it.
    pub rev: Rev,
    /// When it was made.
    pub created_at: Millis,
}

impl Event {
    /// The event as everybody may see it.
    pub fn public(&self) -> parterre_protocol::topics::Event {
        parterre_protocol::topics::Event {
            id: self.id,
            name: self.name.clone(),
            code: self.code.to_string(),
            state: self.state,
            names: self.names,
            language: self.language.as_ref().map(LanguageTag::to_string),
            results_shared: self.results_shared,
        }
    }
}

/// What can be set of an event, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct EventSettings {
    /// Its name, 1 to 120 characters.
    pub name: String,
    /// Its join code.
    pub code: JoinCode,
    /// Whether a participant gives a name to join.
    pub names: bool,
    /// In which language it is held, if that is said.
    pub language: Option<LanguageTag>,
}

impl EventSettings {
    /// Checks what was entered; in no language yet.
    pub fn parse(name: &str, code: &str, names: bool) -> Result<Self, Problem> {
        let name = text::filled_line("name", name, EVENT_NAME_CHARS)?;
        Ok(Self { name, code: JoinCode::parse(code)?, names, language: None })
    }

    /// The same of an event that is held in this language.
    pub fn held_in(self, language: Option<LanguageTag>) -> Self {
        Self { language, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        assert_eq!(JoinCode::parse(" tu-lip ").unwrap().as_str(), "TULIP");
        assert_eq!(JoinCode::parse("T0ULI1P").unwrap().as_str(), "TOULIIP");
        for typed in [
            "ｔｕｌｉｐ",
            "ＴＵＬ１Ｐ",
            "tul\u{200b}ip",
            "“tulip”.",
            "tu–lip",
            "tul\u{131}p",
            "TULİP",
            "\u{feff}tulip\u{3164}",
        ] {
            assert_eq!(JoinCode::parse(typed).unwrap().as_str(), "TULIP", "{typed}");
        }
        assert!(JoinCode::parse("tül ip").is_err());
        assert!(JoinCode::parse("abc").is_err());
        assert!(JoinCode::parse("abcdefghijk").is_err());
    }

    #[test]
    fn a_proposed_code_is_one_that_can_be_typed() {
        for random in [0, 1, u64::MAX, 0x1234_5678_9abc_def0] {
            for syllables in [spoken_code::SYLLABLES, spoken_code::MORE_SYLLABLES] {
                let code = JoinCode::propose(random, syllables);
                assert_eq!(JoinCode::parse(code.as_str()).unwrap(), code);
            }
        }
    }
}
