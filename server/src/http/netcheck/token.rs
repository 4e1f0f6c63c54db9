//! A facilitator's leave to open many connections from one address, as a room does: signed, good for an hour on every node, and
//! good for nothing else.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header::HeaderMap},
    web::Data,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use parterre_protocol::Millis;
use serde_json::json;

use super::{SwitchedOn, ours};
use crate::{
    http::{auth::Facilitator, errors::Failure},
    state::State,
};

/// How long it is good.
const GOOD: Millis = 60 * 60 * 1000;

/// A token, and until when it is good.
pub fn make(state: &State) -> (String, Millis) {
    let until = state.clock().now() + GOOD;
    let signature = URL_SAFE_NO_PAD.encode(state.signer.sign(&signed(until)));
    (format!("{until}.{signature}"), until)
}

/// What is signed: no report begins so.
fn signed(until: Millis) -> Vec<u8> {
    format!("netcheck token, good until {until}").into_bytes()
}

/// Whether these headers bear a token that is good; `None` if they bear none.
pub(super) fn is_borne(state: &State, headers: &HeaderMap) -> Option<bool> {
    let bearer = headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")?;
    Some(is_good(state, bearer).unwrap_or(false))
}

fn is_good(state: &State, token: &str) -> Option<bool> {
    let (until, signature) = token.split_once('.')?;
    let until: Millis = until.parse().ok()?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    let now = state.clock().now();
    Some((now..=now + GOOD).contains(&until) && state.signer.has_signed(&signed(until), &signature))
}

/// `POST /api/v1/netcheck/token`: for a facilitator, `{"token", "until", "phones"}`.
pub async fn create(_: SwitchedOn, state: Data<State>, _: Facilitator) -> Result<HttpResponse, Failure> {
    let (token, until) = make(&state);
    let mut response = ours(&json!({"token": token, "until": until, "phones": state.config.netcheck.phones}));
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}
