//! How the values of the domain are written in the database.

use parterre_domain::{event::EventKind, kinds::versions::Versions, language::LanguageTag, wording::Decisions};
use parterre_protocol::{
    Answer, LabelId, PostId, QaSettings, Settings, Vote,
    posts::{PostState, Queue, Reason},
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

/// The name of an event's kind.
pub(super) const fn event_kind_name(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Gathering => "gathering",
        EventKind::RoomTest => "room_test",
    }
}

/// The event's kind with this name.
pub(super) fn event_kind(name: &str) -> Result<EventKind, StoreError> {
    [EventKind::Gathering, EventKind::RoomTest]
        .into_iter()
        .find(|kind| event_kind_name(*kind) == name)
        .ok_or(StoreError::Unreadable("a kind of event"))
}

/// The language of an event.
pub(super) fn language(tag: &str) -> Result<LanguageTag, StoreError> {
    LanguageTag::parse(tag).map_err(|_| StoreError::Unreadable("a language"))
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

/// The name of a post's state.
pub(super) const fn post_state_name(state: PostState) -> &'static str {
    match state {
        PostState::Review => "review",
        PostState::Reviewed => "reviewed",
        PostState::Published => "published",
        PostState::Declined => "declined",
        PostState::Hidden => "hidden",
        PostState::Withdrawn => "withdrawn",
    }
}

/// The post's state with this name.
pub(super) fn post_state(name: &str) -> Result<PostState, StoreError> {
    use PostState::{Declined, Hidden, Published, Review, Reviewed, Withdrawn};
    [Review, Reviewed, Published, Declined, Hidden, Withdrawn]
        .into_iter()
        .find(|state| post_state_name(*state) == name)
        .ok_or(StoreError::Unreadable("a state of a post"))
}

/// The name of a list of posts.
pub(super) const fn queue_name(queue: Queue) -> &'static str {
    match queue {
        Queue::Review => "review",
        Queue::Reviewed => "reviewed",
        Queue::Published => "published",
    }
}

/// The list of posts with this name.
pub(super) fn queue(name: &str) -> Result<Queue, StoreError> {
    [Queue::Review, Queue::Reviewed, Queue::Published]
        .into_iter()
        .find(|queue| queue_name(*queue) == name)
        .ok_or(StoreError::Unreadable("a list of posts"))
}

/// A vote as a number.
pub(super) const fn vote_number(vote: Vote) -> i64 {
    match vote {
        Vote::Up => 1,
        Vote::None => 0,
        Vote::Down => -1,
    }
}

/// The vote that this number is.
pub(super) fn vote(number: i64) -> Result<Vote, StoreError> {
    [Vote::Up, Vote::None, Vote::Down]
        .into_iter()
        .find(|vote| vote_number(*vote) == number)
        .ok_or(StoreError::Unreadable("a vote"))
}

/// The post with this number.
pub(super) fn post(number: i64) -> PostId {
    PostId::new(count(number))
}

/// The settings of questions, from their JSON.
pub(super) fn qa_settings(text: &str) -> Result<QaSettings, StoreError> {
    from_json("settings of questions", text)
}

/// The labels of a post, from their JSON.
pub(super) fn labels(text: &str) -> Result<Vec<LabelId>, StoreError> {
    from_json("labels of a post", text)
}

/// Why a post was declined, from its JSON.
pub(super) fn reason(text: &str) -> Result<Reason, StoreError> {
    from_json("a reason", text)
}

/// What an activity asks, from its JSON.
pub(super) fn settings(text: &str) -> Result<Settings, StoreError> {
    from_json("settings of an activity", text)
}

/// What was decided of the words of an activity, from its JSON.
pub(super) fn decisions(text: &str) -> Result<Decisions, StoreError> {
    from_json("decisions on words", text)
}

/// The versions of a question, from their JSON.
pub(super) fn versions(text: &str) -> Result<Versions, StoreError> {
    from_json("the versions of a question", text)
}

/// An answer, from its JSON.
pub(super) fn answer(text: &str) -> Result<Answer, StoreError> {
    from_json("an answer", text)
}

/// The JSON of a value that a column keeps as such.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("what is kept as JSON has only texts, numbers, booleans and lists of them")
}

/// A count or a round, all of which begin at 0 or 1 and stay far below the limit.
pub(super) fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A value from its JSON; `what` it is, for the log.
pub(super) fn from_json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Unreadable(what))
}
