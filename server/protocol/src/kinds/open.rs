//! The text wall: everybody writes texts of their own, which are moderated and stand side by side.
//!
//! What people send are posts, not answers.

use serde::{Deserialize, Serialize};

pub use self::{NoAnswer as Answer, TextWall as Settings, TextWall as Prompt};
use crate::posts::NamePolicy;
pub use crate::texts::Texts as Tally;

/// A text wall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TextWall {
    /// What is asked.
    pub title: String,
    /// The most texts of one participant, those taken back not counted; absent: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub texts_per_person: Option<u8>,
    /// Whether a moderator approves each text before it is shown.
    pub review: bool,
    /// Under what name people write.
    pub names: NamePolicy,
}

/// What is sent to a text wall is no answer: there is none that it takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct NoAnswer {}
