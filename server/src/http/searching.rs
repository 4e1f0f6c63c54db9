//! Who can search an event's questions, and how often: each search goes through all of them.

use actix_web::{
    HttpRequest,
    http::{StatusCode, header::HeaderMap},
};
use parterre_protocol::{EventId, ParticipantId};
use parterre_system::allowance::ClientNetwork;

use super::{
    auth::{self, Moderation, Moderator, Speaker},
    errors::Failure,
    origin::Outside,
};
use crate::{
    searches::{Refused, Searcher},
    state::AppState,
};

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Busy => Self::busy("Very many people are searching right now. Try again in a moment.", 1),
            Refused::TooOften(wait) => {
                let message = "Too many searches. Wait a moment, then search again.";
                Self { retry: Some(wait), ..Self::new(StatusCode::TOO_MANY_REQUESTS, "slow_down", message) }
            }
        }
    }
}

/// Lets a participant search once more, or says when to come again.
pub fn allow_participant(
    state: &AppState,
    outside: &Outside,
    event: EventId,
    participant: ParticipantId,
) -> Result<(), Failure> {
    let room = state.hub.rooms.get(event);
    let is_connected = room.is_some_and(|room| !room.connections_by_participant().connections(participant).is_empty());
    let network = outside.client().filter(|_| !is_connected).map(ClientNetwork::of);
    Ok(state.searches.take(Searcher::Participant(participant), network, state.clock().now())?)
}

/// Allows anyone in the event one more search: a device that has joined it, a moderator, a speaker.
pub async fn allow(state: &AppState, request: &HttpRequest, event: EventId) -> Result<(), Failure> {
    let (headers, outside) = (request.headers(), Outside::of(request));
    if let Some(token) = auth::device(&state.devices, headers, &outside) {
        return allow_participant(state, &outside, event, token.participant(event));
    }
    let searcher = invited(state, headers, &outside, event).await?;
    Ok(state.searches.take(searcher, None, state.clock().now())?)
}

async fn invited(
    state: &AppState,
    headers: &HeaderMap,
    outside: &Outside,
    event: EventId,
) -> Result<Searcher, Failure> {
    match Moderation::from_headers(state, headers, outside, event).await {
        Ok(Moderation { moderator: Moderator::Member(member), .. }) => return Ok(Searcher::Member(member.id)),
        Ok(Moderation { moderator: Moderator::Link(link), .. }) => return Ok(Searcher::Link(link.id)),
        Err(failure) if is_stranger(&failure) => {}
        Err(failure) => return Err(failure),
    }
    match Speaker::from_headers(state, headers, outside, event).await {
        Ok(speaker) => Ok(Searcher::Link(speaker.link.id)),
        Err(failure) if is_stranger(&failure) => {
            Err(Failure::unauthorised("Join the event first: only participants can search its questions."))
        }
        Err(failure) => Err(failure),
    }
}

fn is_stranger(failure: &Failure) -> bool {
    matches!(failure.status, StatusCode::UNAUTHORIZED | StatusCode::GONE)
}
