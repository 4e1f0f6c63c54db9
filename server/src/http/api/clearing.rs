//! `/api/v1/events/{event}/answers` and `…/clear`: how much there is, and deleting it.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path, Query},
};
use parterre_protocol::{ActivityId, CommandId, EventId, Outcome, ParticipantId, RefusalCode};
use parterre_store::Actor;
use serde::Deserialize;
use serde_json::json;

use crate::{
    http::{auth::Facilitator, errors::Failure},
    state::AppState,
};

/// Of which activity; of all where there is none.
#[derive(Debug, Deserialize)]
pub struct Scope {
    activity: Option<ActivityId>,
}

/// The body of `POST …/clear`.
#[derive(Debug, Deserialize)]
pub struct Clearing {
    cid: CommandId,
    /// All activities and questions where there is none.
    activity: Option<ActivityId>,
}

/// `GET /api/v1/events/{event}/answers?activity=…`
pub async fn count(
    state: Data<AppState>,
    facilitator: Facilitator,
    id: Path<EventId>,
    of: Query<Scope>,
) -> Result<HttpResponse, Failure> {
    facilitator.event(state.store(), *id).await?;
    let loss = state.store().loss(*id, of.activity).await?;
    Ok(HttpResponse::Ok().json(json!({
        "answers": loss.answers,
        "questions": loss.questions,
        "texts": loss.texts,
        "participants": loss.participants,
    })))
}

/// `POST /api/v1/events/{event}/clear`
pub async fn clear(
    state: Data<AppState>,
    facilitator: Facilitator,
    id: Path<EventId>,
    body: Json<Clearing>,
) -> Result<HttpResponse, Failure> {
    facilitator.event(state.store(), *id).await?;
    let Clearing { cid, activity } = body.into_inner();
    let context = &state.hub.context;
    let actor = Actor::Member(facilitator.0.id);
    let cleared = context.store.clear((*id, activity), actor, cid, &here(&state, *id), context.clock.now()).await?;
    if let Some(rev) = cleared.rev {
        // All nodes read the event again: no notification names all the counts and posts that are
        // gone.
        context.reread(*id, rev);
    }
    match cleared.outcome {
        Outcome::Refused { code: RefusalCode::Forbidden, message } => Err(Failure::forbidden(message)),
        Outcome::Refused { .. } => Err(Failure::unknown_activity()),
        _ => Ok(HttpResponse::NoContent().finish()),
    }
}

/// Who is connected to this node. Of the other nodes the database knows it.
fn here(state: &AppState, event: EventId) -> Vec<ParticipantId> {
    let room = state.hub.rooms.get(event);
    room.map(|room| room.connections_by_participant().everyone().collect()).unwrap_or_default()
}
