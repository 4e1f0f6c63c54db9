//! Whether a test may be made here and now: whether there is a network test at all, whether a room
//! needs the line, and whether tests have moved as much as they may.

use std::{
    future::{Ready, ready},
    time::Duration,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::StatusCode, web::Data};

use crate::{http::errors::Failure, state::AppState};

/// After so many seconds it is worth asking again whether a room is still busy.
const ROOM_RETRY: Duration = Duration::from_secs(20);
/// So many times counts what is moved while a room is busy.
const BUSY_WEIGHT: u64 = 10;

/// The network test is not switched off. Every address that takes part in one asks for this.
#[derive(Clone, Copy, Debug)]
pub struct SwitchedOn;

impl SwitchedOn {
    /// From these settings, or the failure if tests are switched off.
    pub fn of(state: &AppState) -> Result<Self, Failure> {
        if state.config.netcheck.is_on() {
            return Ok(Self);
        }
        let message = "The network test is switched off on this server. Its operator can switch it on with the setting netcheck.tests.";
        Err(Failure::new(StatusCode::FORBIDDEN, "switched_off", message))
    }
}

impl FromRequest for SwitchedOn {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request.app_data::<Data<AppState>>().expect("every app has the state")))
    }
}

/// Whether a room of this node needs the line.
pub(super) fn is_room_busy(state: &AppState) -> bool {
    let (people, now) = (state.config.netcheck.busy_phones.get() as usize, state.clock().now());
    state.hub.rooms.all().iter().any(|room| room.is_busy(people, now))
}

/// How many times what a test moves counts just now.
pub(super) fn weight(state: &AppState) -> u64 {
    if is_room_busy(state) { BUSY_WEIGHT } else { 1 }
}

/// 503: not while a room needs the line.
pub(super) fn room_is_live() -> Failure {
    let message = "A room is live on this server. The transfer test has to wait until its activity and its questions are closed or fewer phones are connected. Try again then.";
    Failure { code: "room_live", ..Failure::later(message, ROOM_RETRY) }
}

/// 503: not before bytes are back.
pub(super) fn spent(wait: Duration) -> Failure {
    Failure::later("The network tests' transfer limit per minute is reached. Try again a little later.", wait)
}
