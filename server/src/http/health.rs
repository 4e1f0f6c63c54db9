//! For operators: liveness, readiness, metrics.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header::ContentType},
    web::Data,
};

use super::{
    auth, errors::Failure, export::time::iso, language::Language, pages::message::ErrorPage, programs::is_api,
    reply::message,
};
use crate::{readiness::Database, state::AppState};

/// How long the contents of `security.txt` are valid.
const SECURITY_DAYS: i64 = 30;

/// `GET /.well-known/security.txt` (RFC 9116): where to report a vulnerability; 404 if the settings
/// name nobody.
pub async fn security(state: Data<AppState>) -> Result<HttpResponse, Failure> {
    let contact = state.config.security_contact.as_ref().ok_or_else(Failure::not_found)?;
    let expires = iso(state.clock().now() + SECURITY_DAYS * 24 * 60 * 60 * 1000);
    let mut text = format!("Contact: {contact}\nExpires: {expires}\nPreferred-Languages: en, fr\n");
    if let Some(url) = &state.config.public_url {
        text += &format!("Canonical: {url}/.well-known/security.txt\n");
    }
    Ok(HttpResponse::Ok().content_type(ContentType::plaintext()).body(text))
}

/// `GET /healthz`: liveness.
pub async fn healthy() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::plaintext()).body("ok\n")
}

/// `GET /readyz`: readiness, with the reason in words. A node without its bus still serves
/// everyone. A database that answers but cannot store does not count as available.
pub async fn ready(state: Data<AppState>) -> HttpResponse {
    let leaving = state.hub.context.lifecycle.is_leaving();
    let database = if leaving { Database::Fails } else { state.last_look.at(state.store()).await };
    let no = StatusCode::SERVICE_UNAVAILABLE;
    let (status, words) = match database {
        _ if leaving => (no, "not ready: the server is stopping\n"),
        Database::Full => (
            no,
            "not ready: the database's disk is full; free some space, and the server continues without a restart\n",
        ),
        Database::Fails => (no, "not ready: the database does not respond or cannot store\n"),
        Database::Stores if state.hub.committer.is_away() => {
            (no, "not ready: the database could not store the last commit\n")
        }
        Database::Stores if state.hub.context.degraded() => (
            StatusCode::OK,
            "ready, degraded: the bus between the nodes is lost; changes made on other nodes appear a moment later\n",
        ),
        Database::Stores => (StatusCode::OK, "ready\n"),
    };
    HttpResponse::build(status).content_type(ContentType::plaintext()).body(words)
}

/// `GET /metrics`, in Prometheus' text format.
pub async fn metrics(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    if let Some(token) = &state.config.metrics.token
        && !auth::bears(request.headers(), token.reveal())
    {
        return Err(Failure::unauthorised("Send the token of the setting metrics.token."));
    }
    Ok(HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(state.hub.context.metrics.render()))
}

/// Any other address.
pub async fn not_found(request: HttpRequest, language: Language) -> Result<HttpResponse, Failure> {
    if is_api(request.path()) {
        return Err(Failure::not_found());
    }
    message(language.0, ErrorPage::NotFound)
}
