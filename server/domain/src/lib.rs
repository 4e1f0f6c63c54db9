//! The rules, and nothing else: what a valid event, activity and answer are, what a facilitator's
//! command does to the stage, what the time does to it, how answers are counted.
//!
//! Pure: no clock, no randomness, no input or output. Whatever depends on those comes in as an
//! argument.

pub mod activity;
pub mod answer_sheet;
pub mod archive;
pub mod device;
pub mod event;
pub mod filter;
pub mod forum;
pub mod guessing;
pub mod ids;
pub mod job;
pub mod kinds;
pub mod language;
pub mod member;
pub mod moderation;
pub mod network;
pub mod post;
pub mod post_rules;
pub mod private_link;
pub mod problem;
pub mod result_table;
pub mod room_test_summary;
pub mod segments;
pub mod shared_results;
pub mod similar;
pub mod spoken_code;
pub mod stage;
pub mod tally;
pub mod text;
pub mod timer;
pub mod word_counts;
pub mod wording;

pub use problem::Problem;

/// A refusal of a command: the code that goes on the wire and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// Why, for programs.
    pub code: parterre_protocol::RefusalCode,
    /// Why, and what to do.
    pub message: String,
}

impl Refusal {
    /// A refusal with this code and sentence.
    pub fn new(code: parterre_protocol::RefusalCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::new(parterre_protocol::RefusalCode::Invalid, problem.to_string())
    }
}

impl From<Refusal> for parterre_protocol::Outcome {
    fn from(refusal: Refusal) -> Self {
        Self::Refused { code: refusal.code, message: refusal.message }
    }
}
