//! `/api/v1/events/{event}/export/…`: files of what happened, for the event's facilitators.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path},
};
use parterre_domain::event::Event;
use parterre_protocol::{EventId, Rev};
use parterre_store::{EventMetadata, LedgerEntry};

use crate::{
    background,
    http::{
        auth::Facilitator,
        errors::Failure,
        export::{Export, Format, file_name, ledger::Ledger, questions::Questions, texts::Texts},
        language::Language,
        sessions,
    },
    i18n::Locale,
    security_log::Happening,
    state::AppState,
};

/// Acts that are read from the database at a time.
const ACTS: u32 = 1000;

/// `GET /api/v1/events/{event}/export/{file}`: `questions`, `texts` or `ledger`, as `.xlsx`, `.csv`
/// or `.json`
pub async fn export(
    state: Data<AppState>,
    facilitator: Facilitator,
    language: Language,
    request: HttpRequest,
    path: Path<(EventId, String)>,
) -> Result<HttpResponse, Failure> {
    let (id, file) = path.into_inner();
    let event = facilitator.event(state.store(), id).await?;
    let (what, ending) = file.split_once('.').ok_or_else(Failure::not_found)?;
    let format = Format::parse(ending).ok_or_else(Failure::not_found)?;
    let (code, now) = (event.code.clone(), state.clock().now());
    let (outline, forum) = state.store().forum(id).await?.ok_or_else(Failure::unknown_event)?;
    let EventMetadata { event, activities, .. } = outline;
    let body = match what {
        "questions" => made(language.0, format, move || Questions::new(&event, &forum)).await?,
        "texts" => made(language.0, format, move || Texts::new(&event, &activities, &forum)).await?,
        "ledger" => {
            let acts = acts(&state, &event).await?;
            made(language.0, format, move || Ledger::new(event.code.to_string(), &forum, acts)).await?
        }
        _ => return Err(Failure::not_found()),
    };
    let name = file_name(code.as_str(), &language.0.text(&format!("export.file.{what}")), now, ending);
    sessions::note(&state, &request, Happening::Exported, Some(facilitator.0.id));
    Ok(HttpResponse::Ok()
        .content_type(format.media_type())
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(body))
}

/// All acts of an event, oldest first.
async fn acts(state: &AppState, event: &Event) -> Result<Vec<LedgerEntry>, Failure> {
    let mut all: Vec<LedgerEntry> = Vec::new();
    loop {
        let before = all.last().map_or(Rev::MAX, |last| last.rev);
        let mut some = state.store().ledger(event.id, before, ACTS).await?;
        let more = some.len() == ACTS as usize;
        all.append(&mut some);
        if !more {
            all.reverse();
            return Ok(all);
        }
    }
}

/// The file, made on a thread where it keeps nobody's live connection waiting.
async fn made<E: Export>(
    t: Locale,
    format: Format,
    what: impl FnOnce() -> E + Send + 'static,
) -> Result<Vec<u8>, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        tracing::error!(%error, "an export failed");
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on the server. Try again.")
    };
    let file = background::run(move || what().file(format, t)).await.map_err(|error| failed(&error))?;
    file.map_err(|error| failed(&error))
}
