//! A device becomes a participant of an event.
//!
//! A participant is a device with a token that this server has issued. Nothing is stored of it
//! before there is something to keep: a name, where the event asks for one, or the first thing that
//! it sends.

use std::time::Duration;

use parterre_domain::{
    Problem,
    event::{Event, JoinCode},
    text,
};
use parterre_live::admission::Permit;
use parterre_protocol::{ParticipantId, limits::NAME_CHARS, topics::EventState};
use parterre_store::{Join, StoreError};
use parterre_system::allowance::ClientNetwork;

use super::codes::{self, CodeError};
use crate::{device::DeviceToken, state::AppState};

/// A device that asks to join.
#[derive(Clone, Debug)]
pub struct JoinAttempt<'a> {
    /// The event's code.
    pub code: JoinCode,
    /// The name that was given.
    pub name: Option<&'a str>,
    /// The device's token, if it has one of ours.
    pub device: Option<DeviceToken>,
    /// Where it is.
    pub network: Option<ClientNetwork>,
    /// What it shows if it was told when to come.
    pub retry: Option<&'a str>,
}

/// A device that has joined an event.
#[derive(Debug)]
pub struct Arrival {
    /// The event.
    pub event: Event,
    /// The device, by the token that it has shown or by a fresh one.
    pub token: DeviceToken,
    /// Who it is in the event.
    pub participant: ParticipantId,
}

/// Why a device has not joined.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The code leads to no event.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// The event is over.
    #[error("the event has ended")]
    Ended,
    /// The event asks for a name.
    #[error("the event asks for a name")]
    NameNeeded,
    /// This is no name.
    #[error("the name is invalid: {0}")]
    NameInvalid(Problem),
    /// The event's word filter finds something in the name.
    #[error("the word filter does not allow the name")]
    NameFlagged,
    /// Many join at once, and this one's turn comes later.
    #[error("many are joining")]
    Queued {
        /// After which time.
        wait: Duration,
        /// What to show then, for admission before those who have not waited.
        token: String,
    },
    /// Too many names come from its network.
    #[error("too many names from one network")]
    TooManyNames {
        /// After which time the next one is taken.
        wait: Duration,
    },
    /// The name cannot be stored just now.
    #[error("the name could not be stored")]
    NotStored,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl JoinError {
    /// Whether it says nothing of how many can join: what was refused for good took the same time
    /// as what was granted, but this did not.
    const fn is_outage(&self) -> bool {
        match self {
            Self::Code(CodeError::Store(_)) | Self::TooManyNames { .. } | Self::NotStored | Self::Store(_) => true,
            Self::Code(CodeError::Unknown | CodeError::TooMany { .. })
            | Self::Ended
            | Self::NameNeeded
            | Self::NameInvalid(_)
            | Self::NameFlagged
            | Self::Queued { .. } => false,
        }
    }
}

/// Takes a device in as a participant; the same device is the same participant.
pub async fn join(state: &AppState, attempt: JoinAttempt<'_>) -> Result<Arrival, JoinError> {
    // Where the database has nothing to say, nobody waits for others.
    let open = codes::open(state, &attempt.code);
    let arrived = match open.filter(|event| !event.names && event.state != EventState::Ended) {
        Some(event) => Ok(known_as(state, attempt.device, event)),
        None => {
            let permit = line_up(state, &attempt)?;
            let taken_in = take_in(state, attempt).await;
            if !taken_in.as_ref().is_err_and(JoinError::is_outage) {
                permit.done();
            }
            taken_in
        }
    };
    state.hub.context.metrics.joins.inc_by(u64::from(arrived.is_ok()));
    arrived
}

fn known_as(state: &AppState, device: Option<DeviceToken>, event: Event) -> Arrival {
    let token = device.unwrap_or_else(|| state.devices.issue());
    let participant = token.participant(event.id);
    Arrival { event, token, participant }
}

async fn take_in(state: &AppState, attempt: JoinAttempt<'_>) -> Result<Arrival, JoinError> {
    let JoinAttempt { code, name, device, network, .. } = attempt;
    let event = codes::find(state, network, &code).await?;
    if event.state == EventState::Ended {
        return Err(JoinError::Ended);
    }
    let is_known = device.is_some();
    let arrival = known_as(state, device, event);
    if !arrival.event.names {
        return Ok(arrival);
    }
    // Of a device that shows no token of ours nothing is known.
    let kept = if is_known { kept_name(state, &arrival).await? } else { None };
    let name = match checked_name(name.unwrap_or_default()) {
        Ok(name) => name,
        // A participant who has given a name need not give it again.
        Err(JoinError::NameNeeded) if kept.is_some() => return Ok(arrival),
        Err(error) => return Err(error),
    };
    if kept.as_ref() == Some(&name) {
        return Ok(arrival);
    }
    if is_flagged(state, &arrival, &name).await? {
        return Err(JoinError::NameFlagged);
    }
    state.names.take(network, state.began.elapsed()).map_err(|wait| JoinError::TooManyNames { wait })?;
    let join = Join { id: arrival.participant, event: arrival.event.id, name: Some(name) };
    if state.hub.committer.join(join).await { Ok(arrival) } else { Err(JoinError::NotStored) }
}

/// The device's current name in the event. It stays valid even if the word filter would refuse it
/// now: it was accepted before the filter changed, and its questions go to review.
async fn kept_name(state: &AppState, arrival: &Arrival) -> Result<Option<String>, StoreError> {
    let known = state.hub.lookups.participant(arrival.event.id, arrival.participant).await?;
    Ok(known.and_then(|known| known.name))
}

/// Whether the word filter finds something in the name, which others read beside questions.
async fn is_flagged(state: &AppState, arrival: &Arrival, name: &str) -> Result<bool, StoreError> {
    Ok(state.hub.rooms.open(arrival.event.id).await?.is_some_and(|room| room.questions().flags(name)))
}

/// A permit to join now, or a retry time, which is given without asking the database.
fn line_up<'a>(state: &'a AppState, attempt: &JoinAttempt<'_>) -> Result<Permit<'a>, JoinError> {
    let hub = &state.hub;
    let room = hub.rooms.by_code(&attempt.code);
    let limiter = if room.is_some() { &hub.admission.join } else { &hub.admission.find };
    let place = format!("join {}", attempt.code);
    let retried = state.redeems_retry(limiter, &place, attempt.retry);
    limiter.admit(retried, || room).map_err(|wait| {
        hub.context.metrics.admission_rejected.inc();
        JoinError::Queued { wait, token: state.retry_token(&place, wait) }
    })
}

fn checked_name(name: &str) -> Result<String, JoinError> {
    match text::line("name", name, NAME_CHARS).map_err(JoinError::NameInvalid)? {
        name if name.is_empty() => Err(JoinError::NameNeeded),
        name => Ok(name),
    }
}
