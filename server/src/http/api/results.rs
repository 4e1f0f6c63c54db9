//! `/api/v1/events/{event}/results` and `…/activities/{activity}/results`: what was answered, on
//! stage or not.

use actix_web::{
    HttpResponse,
    web::{Data, Path, Query},
};
use parterre_protocol::{ActivityId, EventId};
use serde::Deserialize;

use crate::{
    app,
    http::{auth::Facilitator, errors::Failure},
    state::AppState,
};

/// Which round is asked for.
#[derive(Debug, Deserialize)]
pub struct RoundQuery {
    /// The current one where there is none.
    round: Option<u32>,
}

/// What results are split by.
#[derive(Debug, Deserialize)]
pub struct ByQuery {
    /// An activity of the event.
    by: Option<ActivityId>,
}

/// `GET /api/v1/events/{event}/results`
pub async fn list(
    state: Data<AppState>,
    facilitator: Facilitator,
    event: Path<EventId>,
    query: Query<ByQuery>,
) -> Result<HttpResponse, Failure> {
    facilitator.event(state.store(), *event).await?;
    let results = app::event_results::of_event(&state, *event, query.by).await?;
    Ok(HttpResponse::Ok().json(results.ok_or_else(Failure::unknown_event)?))
}

/// `GET /api/v1/events/{event}/activities/{activity}/results`
pub async fn show(
    state: Data<AppState>,
    facilitator: Facilitator,
    path: Path<(EventId, ActivityId)>,
    query: Query<RoundQuery>,
) -> Result<HttpResponse, Failure> {
    let (event, activity) = path.into_inner();
    facilitator.event(state.store(), event).await?;
    let results = app::results::of_round(&state, event, activity, query.round).await?;
    Ok(HttpResponse::Ok().json(results.ok_or_else(Failure::unknown_activity)?))
}
