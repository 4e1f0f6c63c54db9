//! An event is created, anew or from another one.

use parterre_domain::{
    Problem,
    event::{Event, EventSettings},
    ids::WorkspaceId,
    language::LanguageTag,
};
use parterre_protocol::{ActivityId, EventId};
use parterre_store::{Duplicated, NewDuplicate, StoreError};
use parterre_system::random;

use super::codes;
use crate::state::AppState;

/// An event as it is asked for.
#[derive(Clone, Copy, Debug)]
pub struct NewEvent<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its join code; one is proposed where there is none.
    pub code: Option<&'a str>,
    /// Whether participants give a name.
    pub names: bool,
    /// In which language it is held; empty where that is left open.
    pub language: &'a str,
}

/// Why there is no such event now.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// It would not be a valid one.
    #[error("the event is invalid: {0}")]
    Invalid(#[from] Problem),
    /// Another event has the code.
    #[error("another event has the code")]
    CodeTaken,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Creates an event of a workspace.
pub async fn create(state: &AppState, workspace: WorkspaceId, new: NewEvent<'_>) -> Result<Event, CreateError> {
    let now = state.clock().now();
    let id = EventId::new(random::ordered_id(now));
    let language = LanguageTag::parse_choice(new.language)?;
    for proposed in codes::proposals() {
        let code = new.code.unwrap_or(proposed.as_str());
        let settings = EventSettings::parse(new.name, code, new.names)?.held_in(language.clone());
        match state.store().create_event(id, workspace, &settings, now).await? {
            Ok(event) => return Ok(event),
            Err(_) if new.code.is_some() => break,
            Err(_) => {}
        }
    }
    Err(CreateError::CodeTaken)
}

/// How an event is duplicated.
#[derive(Clone, Copy, Debug)]
pub struct Duplicate<'a> {
    /// Its name; the original's where there is none.
    pub name: Option<&'a str>,
    /// Whether it takes the original's code, which then gets another.
    pub takes_code: bool,
    /// Whether it takes questions as the original does.
    pub with_questions: bool,
}

/// Why there is no duplicate.
#[derive(Debug, thiserror::Error)]
pub enum DuplicateError {
    /// It would not be a valid event.
    #[error("the event is invalid: {0}")]
    Invalid(#[from] Problem),
    /// It was to take the code of an event that is live.
    #[error("the original is live and keeps its code")]
    Live,
    /// No proposed code was free.
    #[error("no code was free")]
    CodeTaken,
    /// The original is gone, or is no event with activities of its own.
    #[error("there is no such event")]
    Unknown,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Creates an event from another one of the same workspace.
pub async fn duplicate(state: &AppState, original: &Event, wanted: Duplicate<'_>) -> Result<Event, DuplicateError> {
    let now = state.clock().now();
    let id = EventId::new(random::ordered_id(now));
    let name = wanted.name.unwrap_or(&original.name);
    for fresh_code in codes::proposals() {
        let EventSettings { name, .. } = EventSettings::parse(name, fresh_code.as_str(), original.names)?;
        let Duplicate { takes_code, with_questions, .. } = wanted;
        let new = NewDuplicate { id, name, fresh_code, takes_code, with_questions };
        let new_id = || ActivityId::new(random::ordered_id(now));
        match state.store().duplicate_event(original.id, &new, new_id, now).await? {
            Duplicated::Done { event, original: moved } => {
                if let Some(rev) = moved {
                    state.hub.context.changed(original.id, rev);
                }
                return Ok(event);
            }
            Duplicated::CodeTaken => {}
            Duplicated::Live => return Err(DuplicateError::Live),
            Duplicated::Unknown => return Err(DuplicateError::Unknown),
        }
    }
    Err(DuplicateError::CodeTaken)
}
