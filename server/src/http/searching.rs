//! Who may search an event's questions, and how often: each search goes through all of them.

use std::time::Duration;

use actix_web::{HttpRequest, http::StatusCode};
use parterre_protocol::{EventId, Millis, ParticipantId};

use super::{
    auth::{self, Moderation, Moderator, Speaker},
    errors::Failure,
    origin::Outside,
};
use crate::{
    allowance::{Allowance, Allowances},
    domain::ids::{LinkId, MemberId},
    state::State,
};

/// More than anybody types: a page searches when the typing pauses.
const ALLOWANCE: Allowance = Allowance { burst: 20, interval: Duration::from_millis(500) };
/// Twice as many as connect to a node by its default settings.
const MAX_SEARCHERS: usize = 50_000;

/// Someone who searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Searcher {
    Participant(ParticipantId),
    Member(MemberId),
    Link(LinkId),
}

/// How often each of those who search has done so.
#[derive(Debug)]
pub struct Searches(Allowances<Searcher>);

impl Default for Searches {
    fn default() -> Self {
        Self(Allowances::new(ALLOWANCE, MAX_SEARCHERS))
    }
}

impl Searches {
    /// Lets a participant search once more, or says when to come again.
    pub fn by_participant(&self, participant: ParticipantId, now: Millis) -> Result<(), Failure> {
        self.take(Searcher::Participant(participant), now)
    }

    fn take(&self, searcher: Searcher, now: Millis) -> Result<(), Failure> {
        let now = Duration::from_millis(now.unsigned_abs());
        self.0.take(searcher, now).map_err(|wait| {
            let message = "You have searched very often. Wait a moment, then search again.";
            Failure { retry: Some(wait), ..Failure::new(StatusCode::TOO_MANY_REQUESTS, "slow_down", message) }
        })
    }
}

/// Lets whoever is in the event search once more: a device that has joined it, whoever may moderate it, a speaker.
pub async fn allow(state: &State, request: &HttpRequest, event: EventId) -> Result<(), Failure> {
    let searcher = searcher(state, request, event).await?;
    state.searches.take(searcher, state.clock().now())
}

async fn searcher(state: &State, request: &HttpRequest, event: EventId) -> Result<Searcher, Failure> {
    let (headers, outside) = (request.headers(), Outside::of(request));
    if let Some(token) = auth::device(&state.devices, headers, &outside) {
        return Ok(Searcher::Participant(token.participant(event)));
    }
    match Moderation::from_headers(state, headers, &outside, event).await {
        Ok(Moderation { moderator: Moderator::Member(member), .. }) => return Ok(Searcher::Member(member.id)),
        Ok(Moderation { moderator: Moderator::Link(link), .. }) => return Ok(Searcher::Link(link.id)),
        Err(failure) if is_stranger(&failure) => {}
        Err(failure) => return Err(failure),
    }
    match Speaker::from_headers(state, headers, &outside, event).await {
        Ok(speaker) => Ok(Searcher::Link(speaker.link.id)),
        Err(failure) if is_stranger(&failure) => {
            Err(Failure::unauthorised("Join the event first: who has not joined cannot search its questions."))
        }
        Err(failure) => Err(failure),
    }
}

fn is_stranger(failure: &Failure) -> bool {
    matches!(failure.status, StatusCode::UNAUTHORIZED | StatusCode::GONE)
}
