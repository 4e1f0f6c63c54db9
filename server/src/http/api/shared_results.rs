//! `/api/v1/events/{event}/shared-results`: what of an event's results is shown to others, by a link
//! and on phones.

use std::collections::BTreeSet;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Json, Path},
};
use parterre_domain::shared_results::SharedResults;
use parterre_protocol::{ActivityId, EventId};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::{
    app::sharing::{LinkChange, ShareError, SharingChange, share},
    http::{auth::Facilitator, errors::Failure, origin::Outside, sessions},
    security_log::Happening,
    state::AppState,
};

/// The body of `PATCH …/shared-results`: the changes.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    activities: Option<BTreeSet<ActivityId>>,
    questions: Option<bool>,
    on_phones: Option<bool>,
    /// `null`: none.
    #[serde(default, deserialize_with = "present")]
    link: Option<Option<WantedLink>>,
}

/// Tells `null` from what is absent.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(value: D) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

/// The link as it is asked for.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct WantedLink {
    /// For how many days from now on it shows the results.
    days: usize,
}

/// `GET /api/v1/events/{event}/shared-results`
pub async fn show(
    state: Data<AppState>,
    facilitator: Facilitator,
    request: HttpRequest,
    event: Path<EventId>,
) -> Result<HttpResponse, Failure> {
    facilitator.event(state.store(), *event).await?;
    let shared = state.store().shared_results(*event).await?;
    Ok(HttpResponse::Ok().json(shown(&state, &request, &shared)))
}

/// `PATCH /api/v1/events/{event}/shared-results`
pub async fn change(
    state: Data<AppState>,
    facilitator: Facilitator,
    request: HttpRequest,
    event: Path<EventId>,
    body: Json<Wanted>,
) -> Result<HttpResponse, Failure> {
    facilitator.event(state.store(), *event).await?;
    let Wanted { activities, questions, on_phones, link } = body.into_inner();
    let link = link.map(|link| link.map_or(LinkChange::Revoked, |link| LinkChange::Days(link.days)));
    let shared = share(&state, *event, SharingChange { activities, questions, on_phones, link }).await?;
    sessions::note(&state, &request, Happening::ResultsShared, Some(facilitator.0.id));
    Ok(HttpResponse::Ok().json(shown(&state, &request, &shared)))
}

impl From<ShareError> for Failure {
    fn from(error: ShareError) -> Self {
        match error {
            ShareError::Invalid(problem) => problem.into(),
            ShareError::UnknownActivity(id) => {
                Self::new(StatusCode::NOT_FOUND, "unknown", format!("This event has no activity {id}."))
            }
            ShareError::UnknownEvent => Self::unknown_event(),
            ShareError::Store(error) => error.into(),
        }
    }
}

/// What is shared, with the address of the link while it is good.
fn shown(state: &AppState, request: &HttpRequest, shared: &SharedResults) -> Value {
    let SharedResults { activities, questions, on_phones, link } = shared;
    let mut value = json!({"activities": activities, "questions": questions, "on_phones": on_phones});
    if let Some(link) = link.filter(|link| link.is_good(state.clock().now())) {
        let url = format!("{}/r/{}", Outside::of(request).base(state), state.devices.results_token(link.id));
        value["link"] = json!({"url": url, "expires_at": link.expires_at});
    }
    value
}
