//! Joining over HTTP: `POST /api/v1/join`.

use serde::{Deserialize, Serialize};

use crate::{ParticipantId, topics::Event};

/// The body of a request to join.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JoinRequest {
    /// The join code, in any case.
    pub code: String,
    /// The participant's name, where the event asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub name: Option<String>,
}

/// The answer to it. Joining again with the same device token gives the same participant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Joined {
    /// The event.
    pub event: Event,
    /// Who one is in it.
    pub participant: ParticipantId,
    /// The device token: whoever holds it is this participant. Sent as `Authorization: Bearer …` or
    /// as the cookie that the answer sets. Not there for the pages of browsers, whose requests have
    /// an `Origin`: they have the cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub token: Option<String>,
    /// The path of the live connection.
    pub live: String,
}

/// The body of every HTTP answer that tells of an error under `/api/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ErrorBody {
    /// Why, for programs.
    pub code: String,
    /// What is wrong and what to do, in plain English.
    pub message: String,
}
