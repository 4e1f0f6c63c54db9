//! Who a device is in an event.

use actix_web::HttpRequest;
use parterre_domain::event::Event;
use parterre_store::ParticipantRecord;

use super::{auth, errors::Failure, origin::Outside};
use crate::state::AppState;

/// Who this device is in the event; `None` if it has not joined: it has no token, or the event asks
/// for a name and it has given none.
pub async fn participant(
    state: &AppState,
    request: &HttpRequest,
    event: &Event,
) -> Result<Option<ParticipantRecord>, Failure> {
    let Some(token) = auth::device(&state.devices, request.headers(), &Outside::of(request)) else { return Ok(None) };
    let id = token.participant(event.id);
    let stored = state.hub.lookups.participant(event.id, id).await?;
    Ok(stored.or_else(|| (!event.names).then(|| ParticipantRecord::newcomer(id))))
}
