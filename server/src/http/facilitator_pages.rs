//! Who can see the pages for facilitators, and where everyone else is redirected.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
};

use super::{
    auth::Facilitator,
    errors::Failure,
    origin::Outside,
    pages::message::ErrorPage,
    reply::{message, see},
};
use crate::{i18n::Locale, state::AppState};

/// The member who opens a facilitators' page; others are redirected to the sign-in page.
pub async fn facilitator(
    state: &AppState,
    t: Locale,
    request: &HttpRequest,
) -> Result<Facilitator, Result<HttpResponse, Failure>> {
    let facilitator = Facilitator::from_headers(state, request.headers(), &Outside::of(request)).await;
    facilitator.map_err(|failure| match failure.status {
        StatusCode::UNAUTHORIZED if has_just_signed_in(request) => Ok(failure.beside(see("/login?cookie=lost"))),
        StatusCode::UNAUTHORIZED => Ok(failure.beside(see("/login"))),
        StatusCode::FORBIDDEN => message(t, ErrorPage::Forbidden),
        _ => Err(failure),
    })
}

/// Whether the browser was redirected here after signing in: the page before was one with such a
/// form. If it has no session, it did not accept the cookie, and would be redirected in a circle
/// without an explanation.
fn has_just_signed_in(request: &HttpRequest) -> bool {
    let before = request.headers().get(header::REFERER).and_then(|referer| referer.to_str().ok());
    let path = before.and_then(|url| url.split_once("://")?.1.split_once('/'));
    path.is_some_and(|(_, path)| ["login", "setup"].contains(&path.split('?').next().unwrap_or_default()))
}
