//! For those who run the server: is it up, can it serve, how does it do.

use actix_web::{HttpRequest, HttpResponse, http::header::ContentType, web::Data};

use super::{auth, errors::Failure, language::Language, pages::message::What, participants::message};
use crate::state::State;

/// `GET /healthz`: the process answers.
pub async fn healthy() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::plaintext()).body("ok\n")
}

/// `GET /readyz`: the database answers too, and the server is not stopping.
pub async fn ready(state: Data<State>) -> Result<HttpResponse, Failure> {
    if state.hub.leaving() {
        return Err(Failure::busy("The server is stopping.", 5));
    }
    state.store().check().await?;
    Ok(HttpResponse::Ok().content_type(ContentType::plaintext()).body("ready\n"))
}

/// `GET /metrics`, in the text format of Prometheus.
pub async fn metrics(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    if let Some(token) = &state.config.metrics.token
        && !auth::bears(request.headers(), token.reveal())
    {
        return Err(Failure::unauthorised("Send the token of the setting metrics.token."));
    }
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(state.hub.metrics.render()))
}

/// Any other address.
pub async fn not_found(request: HttpRequest, language: Language) -> Result<HttpResponse, Failure> {
    if request.path().starts_with("/api/") {
        return Err(Failure::not_found());
    }
    message(language.0, What::NotFound)
}
