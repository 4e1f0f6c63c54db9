//! Which event a join code leads to: the one way in for all addresses that name a code.
//!
//! Guessing codes means asking for many that no event has. Those are counted, and beyond a large
//! allowance the network that they come from is told to wait. A code that an event has is always
//! served.

use std::{iter, time::Duration};

use parterre_domain::{
    event::{Event, JoinCode},
    spoken_code,
};
use parterre_store::StoreError;
use parterre_system::{allowance::ClientNetwork, random};

use crate::state::AppState;

/// The minimum wait for a client that tries too many codes.
const LEAST_WAIT: Duration = Duration::from_secs(1);
/// How many codes of each length are proposed. Of the short ones there are some 60,000, so on a
/// server with few events the first is free; the long ones are free even at 100,000 events.
const PROPOSALS: usize = 4;

/// Why a code leads to no event.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// No event has it, or it is none.
    #[error("no event has this code")]
    Unknown,
    /// Nor has any event the many others that this network has tried.
    #[error("too many unknown codes were tried from one network")]
    TooMany {
        /// After which time the next one is answered.
        wait: Duration,
    },
    /// The database could not say.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The event with this code, as the database has it.
pub async fn find(state: &AppState, network: Option<ClientNetwork>, code: &JoinCode) -> Result<Event, CodeError> {
    state.hub.lookups.event_by_code(code).await?.ok_or_else(|| unknown(state, network))
}

/// The event with this code, from memory, if its room is open on this node.
pub fn open(state: &AppState, code: &JoinCode) -> Option<Event> {
    let room = state.hub.rooms.by_code(code)?;
    Some(room.state().event.clone())
}

/// Counts a code that no event has.
fn unknown(state: &AppState, network: Option<ClientNetwork>) -> CodeError {
    state.hub.context.metrics.unknown_codes.inc();
    match state.unknown_codes.take(network, state.began.elapsed()) {
        Ok(()) => CodeError::Unknown,
        Err(wait) => CodeError::TooMany { wait: wait.max(LEAST_WAIT) },
    }
}

/// Codes to try for an event, the short ones first. One of them is free.
pub fn proposals() -> impl Iterator<Item = JoinCode> {
    let lengths = [spoken_code::SYLLABLES, spoken_code::MORE_SYLLABLES];
    let lengths = lengths.into_iter().flat_map(|syllables| iter::repeat_n(syllables, PROPOSALS));
    lengths.map(|syllables| JoinCode::propose(random::number(), syllables))
}
