//! A facilitator's leave to open many connections from one address, as a room does: signed, good
//! for an hour on every node, no longer than the session by which it was made, and good for nothing
//! else.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header::HeaderMap},
    web::Data,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use parterre_protocol::Millis;
use serde_json::json;

use super::{SwitchedOn, ours};
use crate::{
    http::{
        auth::{self, Facilitator},
        errors::Failure,
        origin::Outside,
    },
    state::AppState,
};

/// How long it is good.
const GOOD: Millis = 60 * 60 * 1000;

/// A token for the facilitator whose session this request carries, and until when it is good.
pub fn make(state: &AppState, request: &HttpRequest) -> Result<(String, Millis), Failure> {
    let session = auth::session_token(request.headers(), &Outside::of(request));
    let session = session.ok_or_else(|| Failure::unauthorised("Sign in first."))?;
    // The stored hash of a session's token does not reveal it.
    let (until, session) = (state.clock().now() + GOOD, auth::session_hash(&session));
    let signature = URL_SAFE_NO_PAD.encode(state.signer.sign(&signed(until, &session)));
    Ok((format!("{until}.{session}.{signature}"), until))
}

/// What is signed: no report begins so.
fn signed(until: Millis, session: &str) -> Vec<u8> {
    format!("netcheck token of the session {session}, good until {until}").into_bytes()
}

/// Whether these headers bear a token that is good at this moment; `None` if they bear none. Only
/// what this server has signed is looked up.
pub(super) async fn is_borne(state: &AppState, headers: &HeaderMap) -> Result<Option<bool>, Failure> {
    let bearer = headers.get("authorization").and_then(|bearer| bearer.to_str().ok()?.strip_prefix("Bearer "));
    let Some(bearer) = bearer else { return Ok(None) };
    Ok(Some(match session_of(state, bearer) {
        Some(session) => state.store().runs_events_by(session, state.clock().now()).await?,
        None => false,
    }))
}

/// The session by which a token was made, if it is one of ours and its time is not over.
fn session_of<'a>(state: &AppState, token: &'a str) -> Option<&'a str> {
    let (until, rest) = token.split_once('.')?;
    let (session, signature) = rest.split_once('.')?;
    let until: Millis = until.parse().ok()?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    let now = state.clock().now();
    let is_ours = (now..=now + GOOD).contains(&until) && state.signer.has_signed(&signed(until, session), &signature);
    is_ours.then_some(session)
}

/// `POST /api/v1/netcheck/token`: for a facilitator, `{"token", "until", "phones"}`.
pub async fn create(
    _: SwitchedOn,
    state: Data<AppState>,
    request: HttpRequest,
    _: Facilitator,
) -> Result<HttpResponse, Failure> {
    let (token, until) = make(&state, &request)?;
    let mut response = ours(&json!({"token": token, "until": until, "phones": state.config.netcheck.phones}));
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}
