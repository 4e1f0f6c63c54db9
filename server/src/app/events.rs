//! An event is created.

use parterre_domain::{
    Problem,
    event::{Event, EventSettings},
    ids::WorkspaceId,
    language::LanguageTag,
};
use parterre_protocol::EventId;
use parterre_store::StoreError;
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
