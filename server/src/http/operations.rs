//! For those who run the server: is it up, can it serve, how does it do.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header::ContentType},
    web::Data,
};
use tokio::time::timeout;

use super::{auth, errors::Failure, language::Language, pages::message::What, participants::message};
use crate::state::State;

/// How long the database may take to answer: load balancers give up after a few seconds themselves.
const PATIENCE: Duration = Duration::from_secs(1);

/// `GET /healthz`: the process answers.
pub async fn healthy() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::plaintext()).body("ok\n")
}

/// `GET /readyz`: whether people are to be sent here, in words. Without its bus a node serves all who come.
pub async fn ready(state: Data<State>) -> HttpResponse {
    let (status, words) = if state.hub.leaving() {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready: the server is stopping\n")
    } else if !answers(&state).await {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready: the database does not answer\n")
    } else if state.hub.degraded() {
        (
            StatusCode::OK,
            "ready, degraded: the bus between the nodes is lost; what happens on other nodes shows a moment later\n",
        )
    } else {
        (StatusCode::OK, "ready\n")
    };
    HttpResponse::build(status).content_type(ContentType::plaintext()).body(words)
}

/// Whether the database does, in time.
async fn answers(state: &State) -> bool {
    match timeout(PATIENCE, state.store().check()).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            false
        }
        Err(_) => false,
    }
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
