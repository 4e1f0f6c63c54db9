//! The results of a whole event: a page for those who ran it, and the same for programs.

mod own;
mod page;
pub mod shared;
pub mod table;
pub mod words;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use parterre_protocol::EventId;

use super::{
    errors::Failure,
    facilitator_pages::facilitator,
    language::Language,
    pages::message::ErrorPage,
    reply::{html, message},
};
use crate::{app::event_results, state::AppState};

/// `GET /studio/events/{event}/results`
pub async fn page(
    state: Data<AppState>,
    language: Language,
    request: HttpRequest,
    id: Path<EventId>,
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
    match event_results::of_event(&state, *id).await? {
        Some(results) => html(StatusCode::OK, &page::ResultsPage::new(language.0, &results)),
        None => message(language.0, ErrorPage::NoEvent),
    }
}
