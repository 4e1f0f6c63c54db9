//! What everybody sees of the posts of an activity.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::PostId;

/// The published texts of an activity whose answers are posts. What is merged into another is not
/// there. The order is: pinned first, then the newest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Texts {
    /// The first of them, and the highlighted one.
    #[serde(deserialize_with = "crate::kinds::ids::by_id")]
    #[cfg_attr(test, ts(type = "Record<string, ShownText>"))]
    pub texts: BTreeMap<PostId, ShownText>,
    /// How many there are, in the list above or not.
    pub shown: u32,
    /// Which one the screen shows large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub highlight: Option<PostId>,
}

/// A published text of an activity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ShownText {
    /// The text.
    pub text: String,
    /// Under what name it was sent, if its author says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub name: Option<String>,
    /// How many people have sent it, or what was merged into it.
    pub people: u32,
    /// Whether it stays before all others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub pinned: bool,
}
