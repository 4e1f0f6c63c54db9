//! Answers that many handlers give: a page, a page that says what happened, a page that leads on, a
//! request to come later.

use std::time::Duration;

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use askama::Template;
use parterre_protocol::CommandId;

use super::{
    errors::Failure,
    pages::{
        landing::{CodeTrouble, LandingPage},
        message::{ErrorPage, MessagePage},
    },
};
use crate::{app::codes::CodeError, i18n::Locale, state::AppState};

/// How much of a code that was typed is shown again: not a novel.
const SHOWN_CHARS: usize = 40;

/// A page as an answer.
pub fn html(status: StatusCode, page: &impl Template) -> Result<HttpResponse, Failure> {
    let body = page.render().map_err(|error| {
        tracing::error!(%error, "a page could not be rendered");
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on the server.")
    })?;
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(body))
}

/// A page that says what happened and shows the way out.
pub fn message(t: Locale, what: ErrorPage) -> Result<HttpResponse, Failure> {
    Ok(Failure::from(what).beside(html(what.status(), &MessagePage::new(t, what))?))
}

/// A page that leads on to another.
pub fn see(location: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish()
}

/// The first page after a code that leads nowhere, with the code in the field.
pub fn after_code<'a>(state: &AppState, t: Locale, code: &'a str, trouble: CodeTrouble) -> LandingPage<'a> {
    let shown = code.char_indices().nth(SHOWN_CHARS).map_or(code, |(end, _)| &code[..end]);
    LandingPage::after(t, shown, trouble).with_test(state.config.netcheck.is_on())
}

/// Where a code leads to no event, people can type another.
pub fn unknown_code(state: &AppState, t: Locale, code: &str, error: CodeError) -> Result<HttpResponse, Failure> {
    let trouble = match error {
        CodeError::Unknown => CodeTrouble::Unknown,
        CodeError::TooMany { .. } => CodeTrouble::TooMany,
        CodeError::Store(_) => return Err(error.into()),
    };
    let failure = Failure::from(error);
    let mut response = html(failure.status, &after_code(state, t, code, trouble))?;
    if let Some(seconds) = failure.retry_after() {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    Ok(failure.beside(response))
}

/// The failure for a device that has not joined.
pub fn join_first() -> Failure {
    Failure::unauthorised("Join the event first.")
}

/// The page of a form that the server cannot store just now.
pub fn busy(t: Locale, retry_ms: u32, cid: Option<CommandId>) -> Result<HttpResponse, Failure> {
    let page = html(ErrorPage::Busy.status(), &MessagePage::new(t, ErrorPage::Busy))?;
    let message = "The server cannot store this right now. Send it again with the same cid.";
    Ok(Failure::later(message, Duration::from_millis(retry_ms.into())).of_command(cid).beside(page))
}
