//! The results of a whole event: a page for those who ran it, and the same for programs.

mod own;
mod page;
pub mod shared;
pub mod table;
pub mod words;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, Query},
};
use parterre_protocol::{ActivityId, EventId};
use serde::Deserialize;

use super::{
    errors::Failure,
    facilitator_pages::facilitator,
    language::Language,
    pages::message::ErrorPage,
    reply::{html, message},
};
use crate::{app::event_results, state::AppState};

/// What the form of the page asks for.
#[derive(Debug, Deserialize)]
pub struct Comparison {
    /// The activity by whose answers the others are split; empty for none.
    #[serde(default)]
    by: String,
}

/// `GET /studio/events/{event}/results`
pub async fn page(
    state: Data<AppState>,
    language: Language,
    request: HttpRequest,
    id: Path<EventId>,
    query: Query<Comparison>,
) -> Result<HttpResponse, Failure> {
    let facilitator = match facilitator(&state, language.0, &request).await {
        Ok(facilitator) => facilitator,
        Err(answer) => return answer,
    };
    match facilitator.event(state.store(), *id).await {
        Ok(_) => {}
        Err(failure) if failure.status == StatusCode::NOT_FOUND => return message(language.0, ErrorPage::NoEvent),
        Err(failure) => return Err(failure),
    }
    // The first choice of the form is no activity.
    let by = query.by.parse::<ActivityId>().ok();
    match event_results::of_event(&state, *id, by).await? {
        Some(results) => html(StatusCode::OK, &page::ResultsPage::new(language.0, &results, by)),
        None => message(language.0, ErrorPage::NoEvent),
    }
}
