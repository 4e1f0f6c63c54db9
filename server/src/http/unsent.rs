//! Why what was sent by a form of the participant's page was not taken.

use std::time::Duration;

use parterre_domain::Problem;
use parterre_protocol::RefusalCode;

use crate::i18n::Locale;

/// Why it was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// It was refused.
    Refused(RefusalCode),
    /// It came too soon after others; with the time to wait.
    TooSoon(Duration),
    /// A text in it is too long.
    TooLong {
        /// The sentence that says so.
        key: &'static str,
        /// The limit.
        max: usize,
        /// What it has.
        length: usize,
    },
}

impl Unsent {
    /// That a text is too long, where the problem is that.
    pub const fn too_long(problem: &Problem) -> Option<Self> {
        match problem {
            Problem::TooLong { max, length, .. } | Problem::TooManyBytes { max, length, .. } => {
                Some(Self::TooLong { key: problem.key(), max: *max, length: *length })
            }
            _ => None,
        }
    }

    /// After how many seconds to send it again, where that is of use.
    pub const fn retry_after(self) -> Option<u32> {
        match self {
            Self::Refused(_) | Self::TooLong { .. } => None,
            Self::TooSoon(wait) => Some(wait.as_millis().div_ceil(1000) as u32),
        }
    }

    /// The same in words, of an answer.
    pub fn of_answer(self, t: Locale) -> String {
        match self {
            Self::Refused(code) => {
                format!("{}. {}", t.text("phone.not_counted"), t.text(&refusal_key("phone.refused", code)))
            }
            Self::TooSoon(_) | Self::TooLong { .. } => {
                format!("{}. {}", t.text("phone.not_counted"), self.of_question(t))
            }
        }
    }

    /// The same in words, of what is done with questions.
    pub fn of_question(self, t: Locale) -> String {
        match self {
            Self::Refused(code) => {
                let own = refusal_key("questions.refused", code);
                t.text(if t.has(&own) { &own } else { "questions.refused.invalid" })
            }
            Self::TooSoon(_) => t.count("phone.too_soon", self.retry_after().unwrap_or(1)),
            Self::TooLong { key, max, length } => t.format(key, &[("max", &max), ("length", &length)]),
        }
    }
}

/// The message of this area that says why, where there is one.
pub(super) fn refusal_key(area: &str, code: RefusalCode) -> String {
    let code = serde_json::to_value(code).expect("a code is plain data");
    format!("{area}.{}", code.as_str().unwrap_or_default())
}
