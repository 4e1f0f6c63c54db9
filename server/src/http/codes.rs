//! Which event a join code leads to: the one way in for all addresses that name a code.
//!
//! Guessing codes means asking for many that no event has. Those are counted, and beyond a large
//! allowance the network that they come from is told to wait. A code that an event has is always
//! served.

use std::time::Duration;

use actix_web::{HttpRequest, http::StatusCode};
use parterre_domain::event::{Event, JoinCode};
use parterre_system::allowance::ClientNetwork;

use super::{errors::Failure, origin::Outside};
use crate::state::AppState;

/// The minimum wait for a client that tries too many codes.
const LEAST_WAIT: Duration = Duration::from_secs(1);

/// The event with this code as people type it, as the database has it.
pub(super) async fn find(state: &AppState, request: &HttpRequest, typed: &str) -> Result<Event, Failure> {
    let code = JoinCode::parse(typed).map_err(|_| Failure::unknown_event())?;
    state.hub.lookups.event_by_code(&code).await?.ok_or_else(|| unknown(state, request))
}

/// The event with this code, from memory, if its room is open on this node.
pub(super) fn open(state: &AppState, typed: &str) -> Option<Event> {
    let room = state.hub.rooms.by_code(&JoinCode::parse(typed).ok()?)?;
    Some(room.state().event.clone())
}

/// Counts a code that no event has.
fn unknown(state: &AppState, request: &HttpRequest) -> Failure {
    state.hub.context.metrics.unknown_codes.inc();
    let network = Outside::of(request).client().map(ClientNetwork::of);
    match state.unknown_codes.take(network, state.began.elapsed()) {
        Ok(()) => Failure::unknown_event(),
        Err(wait) => {
            let message = "Too many unknown codes were tried from this network. Wait a moment, then try again.";
            let failure = Failure::new(StatusCode::TOO_MANY_REQUESTS, "slow_down", message);
            Failure { retry: Some(wait.max(LEAST_WAIT)), ..failure }
        }
    }
}
