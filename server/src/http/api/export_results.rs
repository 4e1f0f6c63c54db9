//! `/api/v1/events/{event}/export/results.…`: all results of an event as one file.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path},
};
use parterre_domain::event::EventKind;
use parterre_protocol::EventId;

use super::archive;
use crate::{
    http::{
        auth::Facilitator,
        errors::Failure,
        export::{
            file_name,
            results::{self, ResultsFormat},
        },
        language::Language,
        sessions,
    },
    security_log::Happening,
    state::AppState,
};

/// `GET /api/v1/events/{event}/export/results.{ending}`: `xlsx`, `zip` or `json`. The response
/// begins when the file is complete, so it has a length, and a download cannot end early unnoticed.
pub async fn export(
    state: Data<AppState>,
    facilitator: Facilitator,
    language: Language,
    request: HttpRequest,
    path: Path<(EventId, String)>,
) -> Result<HttpResponse, Failure> {
    let (id, ending) = path.into_inner();
    let event = facilitator.event(state.store(), id).await?;
    let format = ResultsFormat::parse(&ending).ok_or_else(Failure::not_found)?;
    if event.kind != EventKind::Gathering {
        return Err(Failure::not_found());
    }
    let place = archive::place(&state, &request)?;
    let (t, now, folder) = (language.0, state.clock().now(), state.config.data.clone());
    let answers = state.store().answers_of(id).await?.ok_or_else(Failure::unknown_event)?;
    let file = results::file(answers, format, folder, now, t).await.map_err(failed)?;
    drop(place);
    sessions::note(&state, &request, Happening::Exported, Some(facilitator.0.id));
    let name = file_name(event.code.as_str(), &t.text("export.file.results"), now, &ending);
    Ok(HttpResponse::Ok()
        .content_type(format.media_type())
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(archive::body(file).map_err(failed)?))
}

/// The file could not be made: the log says why.
fn failed(error: impl std::fmt::Display) -> Failure {
    tracing::error!(%error, "the results of an event could not be exported");
    Failure::of_status(StatusCode::INTERNAL_SERVER_ERROR)
}
