//! How the values of the domain are written in the database.

use parterre_protocol::{
    Answer, Question,
    topics::{ActivityState, EventState},
};
use serde::{Serialize, de::DeserializeOwned};

use super::StoreError;

/// The name of an event's state.
pub(super) const fn event_state_name(state: EventState) -> &'static str {
    match state {
        EventState::Draft => "draft",
        EventState::Live => "live",
        EventState::Ended => "ended",
    }
}

/// The event's state with this name.
pub(super) fn event_state(name: &str) -> Result<EventState, StoreError> {
    [EventState::Draft, EventState::Live, EventState::Ended]
        .into_iter()
        .find(|state| event_state_name(*state) == name)
        .ok_or(StoreError::Unreadable("a state of an event"))
}

/// The name of an activity's state.
pub(super) const fn activity_state_name(state: ActivityState) -> &'static str {
    match state {
        ActivityState::Draft => "draft",
        ActivityState::Open => "open",
        ActivityState::Closed => "closed",
    }
}

/// The activity's state with this name.
pub(super) fn activity_state(name: &str) -> Result<ActivityState, StoreError> {
    [ActivityState::Draft, ActivityState::Open, ActivityState::Closed]
        .into_iter()
        .find(|state| activity_state_name(*state) == name)
        .ok_or(StoreError::Unreadable("a state of an activity"))
}

/// What an activity asks, from its JSON.
pub(super) fn question(text: &str) -> Result<Question, StoreError> {
    from_json("a question", text)
}

/// An answer, from its JSON.
pub(super) fn answer(text: &str) -> Result<Answer, StoreError> {
    from_json("an answer", text)
}

/// The JSON of a question or an answer.
pub(super) fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("questions and answers have only texts, numbers and booleans")
}

/// A count or a round, all of which begin at 0 or 1 and stay far below the limit.
pub(super) fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn from_json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Unreadable(what))
}
