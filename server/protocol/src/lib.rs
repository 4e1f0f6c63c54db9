//! What travels between a Parterre server and its clients, and nothing else.
//!
//! The words are those of `docs/protocol.md`, which tells the same to people who do not read Rust.
//! Everything here is plain data: shapes, limits and codes. What is *allowed* is decided in the
//! server's `domain`.

pub mod client;
pub mod close;
pub mod ids;
pub mod join;
pub mod kinds;
pub mod limits;
pub mod patch;
pub mod posts;
pub mod server;
pub mod texts;
pub mod topics;
#[cfg(test)]
mod typescript;

pub use client::{ClientMessage, Control};
pub use close::CloseCode;
pub use ids::{ActivityId, CommandId, EventId, ParticipantId, PostId};
pub use kinds::{
    Answer, KindName, Prompt, PromptVersion, Settings, Tally,
    choice::{Choice, ChoicePoll, ChoiceTally, OptionId},
    open::TextWall,
    rating::{Rating, RatingTally, Ratings},
    readings::{Reading, Readings, RoomTest},
    words::{WordCloud, Words, WordsTally},
};
pub use posts::{Act, FilterChange, LabelId, PostCommand, QaChange, QaSettings, Vote};
pub use server::{Outcome, RefusalCode, ServerMessage};

/// The version of this protocol, in the `hello` message and in every address (`/api/v1/…`).
///
/// It grows when a client written for the former one would misunderstand something. A field that a
/// client does not know is to be ignored, so fields may be added without a new version.
pub const VERSION: u32 = 1;

/// A moment: milliseconds since 1970-01-01 UTC.
pub type Millis = i64;

/// A topic's version. Given by the database, grows by one or more with every change of the event.
pub type Rev = i64;
