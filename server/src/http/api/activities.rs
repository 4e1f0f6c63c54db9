//! `/api/v1/events/{event}/activities`: the rundown.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Json, Path},
};
use parterre_domain::{activity::Activity, kinds::check_settings};
use parterre_protocol::{ActivityId, EventId, Rev, Settings, limits::ACTIVITIES_PER_EVENT};
use parterre_store::{Added, Copied};
use parterre_system::random;
use serde::Deserialize;
use serde_json::json;

use crate::{
    http::{auth::Facilitator, errors::Failure},
    state::AppState,
};

/// The body of `POST …/activities`.
#[derive(Debug, Deserialize)]
pub struct NewActivity {
    settings: Settings,
    /// After which activity; at the end where there is none.
    after: Option<ActivityId>,
}

/// The body of `POST …/activities/copy`.
#[derive(Debug, Deserialize)]
pub struct CopiedActivities {
    /// The event in which they are.
    from: EventId,
    activities: Vec<ActivityId>,
}

/// The body of `PUT …/activities/{activity}`.
#[derive(Debug, Deserialize)]
pub struct ActivityChange {
    settings: Settings,
}

/// The body of `PUT …/order`.
#[derive(Debug, Deserialize)]
pub struct NewOrder {
    activities: Vec<ActivityId>,
}

type One = Path<(EventId, ActivityId)>;

/// `POST /api/v1/events/{event}/activities`
pub async fn create(
    state: Data<AppState>,
    facilitator: Facilitator,
    event: Path<EventId>,
    body: Json<NewActivity>,
) -> Result<HttpResponse, Failure> {
    facilitator.event(state.store(), *event).await?;
    let NewActivity { settings, after } = body.into_inner();
    add(&state, *event, &check_settings(settings)?, after).await
}

/// `POST /api/v1/events/{event}/activities/copy`
pub async fn copy(
    state: Data<AppState>,
    facilitator: Facilitator,
    event: Path<EventId>,
    body: Json<CopiedActivities>,
) -> Result<HttpResponse, Failure> {
    facilitator.event(state.store(), *event).await?;
    facilitator.event(state.store(), body.from).await?;
    let now = state.clock().now();
    let new_id = || ActivityId::new(random::ordered_id(now));
    match state.store().copy_activities((body.from, &body.activities), *event, new_id).await? {
        Copied::Done(ids, rev) => {
            state.hub.context.changed(*event, rev);
            Ok(HttpResponse::Created().json(json!({"activities": ids})))
        }
        Copied::Full => Err(full()),
        Copied::Unknown => Err(Failure::unknown_activity()),
    }
}

fn full() -> Failure {
    let message = format!("An event has at most {ACTIVITIES_PER_EVENT} activities. Delete one first.");
    Failure::new(StatusCode::CONFLICT, "full", message)
}

/// `POST /api/v1/events/{event}/activities/{activity}/duplicate`
pub async fn duplicate(state: Data<AppState>, facilitator: Facilitator, path: One) -> Result<HttpResponse, Failure> {
    let (event, id) = path.into_inner();
    let original = find(&state, &facilitator, event, id).await?;
    add(&state, event, &original.settings, Some(id)).await
}

async fn add(
    state: &AppState,
    event: EventId,
    settings: &Settings,
    after: Option<ActivityId>,
) -> Result<HttpResponse, Failure> {
    let id = ActivityId::new(random::ordered_id(state.clock().now()));
    match state.store().add_activity(event, id, settings, after).await? {
        Added::Done(rev) => {
            state.hub.context.changed(event, rev);
            let activity = activity(state, event, id).await?;
            Ok(HttpResponse::Created().json(activity.listed(Some(0))))
        }
        Added::Full => Err(full()),
        Added::Unknown => Err(Failure::unknown_activity()),
    }
}

/// `PUT /api/v1/events/{event}/activities/{activity}`
pub async fn change(
    state: Data<AppState>,
    facilitator: Facilitator,
    path: One,
    body: Json<ActivityChange>,
) -> Result<HttpResponse, Failure> {
    let (event, id) = path.into_inner();
    let current = find(&state, &facilitator, event, id).await?;
    let settings = check_settings(body.into_inner().settings)?;
    if settings.kind() != current.settings.kind() {
        return Err(Failure::new(
            StatusCode::CONFLICT,
            "kind",
            "An activity's kind cannot be changed. Add another activity.",
        ));
    }
    let changed = state.store().change_activity(event, id, &settings).await?;
    let (rev, activity) = changed.ok_or_else(Failure::unknown_activity)?;
    state.hub.context.changed(event, rev);
    Ok(HttpResponse::Ok().json(activity.listed(None)))
}

/// `DELETE /api/v1/events/{event}/activities/{activity}`
pub async fn remove(state: Data<AppState>, facilitator: Facilitator, path: One) -> Result<HttpResponse, Failure> {
    let (event, id) = path.into_inner();
    facilitator.event(state.store(), event).await?;
    changed(&state, event, state.store().delete_activity(event, id, state.clock().now()).await?)?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /api/v1/events/{event}/activities/{activity}/restore`
pub async fn restore(state: Data<AppState>, facilitator: Facilitator, path: One) -> Result<HttpResponse, Failure> {
    let (event, id) = path.into_inner();
    facilitator.event(state.store(), event).await?;
    changed(&state, event, state.store().restore_activity(event, id).await?)?;
    Ok(HttpResponse::NoContent().finish())
}

/// `PUT /api/v1/events/{event}/order`
pub async fn order(
    state: Data<AppState>,
    facilitator: Facilitator,
    event: Path<EventId>,
    body: Json<NewOrder>,
) -> Result<HttpResponse, Failure> {
    facilitator.event(state.store(), *event).await?;
    let stale = || Failure::new(StatusCode::CONFLICT, "stale", "The rundown has changed meanwhile. Load it again.");
    let rev = state.store().order_activities(*event, &body.activities).await?.ok_or_else(stale)?;
    state.hub.context.changed(*event, rev);
    Ok(HttpResponse::NoContent().finish())
}

async fn find(
    state: &AppState,
    facilitator: &Facilitator,
    event: EventId,
    id: ActivityId,
) -> Result<Activity, Failure> {
    facilitator.event(state.store(), event).await?;
    activity(state, event, id).await
}

async fn activity(state: &AppState, event: EventId, id: ActivityId) -> Result<Activity, Failure> {
    let activities = state.store().activities(event).await?;
    activities.into_iter().find(|activity| activity.id == id).ok_or_else(Failure::unknown_activity)
}

fn changed(state: &AppState, event: EventId, rev: Option<Rev>) -> Result<(), Failure> {
    state.hub.context.changed(event, rev.ok_or_else(Failure::unknown_activity)?);
    Ok(())
}
