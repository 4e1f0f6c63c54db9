//! Who may search an event's questions, and how often: each search goes through all of them.

use std::{sync::Arc, time::Duration};

use actix_web::{
    HttpRequest,
    http::{StatusCode, header::HeaderMap},
};
use parterre_domain::ids::{LinkId, MemberId};
use parterre_protocol::{EventId, Millis, ParticipantId};
use parterre_system::allowance::{Allowance, Allowances, ClientNetwork};
use tokio::sync::Semaphore;

use super::{
    auth::{self, Moderation, Moderator, Speaker},
    errors::Failure,
    origin::Outside,
};
use crate::{background, state::AppState};

/// More than anybody types: a page searches when the typing pauses.
const ALLOWANCE: Allowance = Allowance { burst: 20, interval: Duration::from_millis(500) };
/// The same for all devices of one network together that hold no live connection: a token costs nothing, so who asks for many
/// would have the allowance of many. A whole room on the page without scripts stays below.
const OF_A_NETWORK: Allowance = Allowance { burst: 500, interval: Duration::from_millis(20) };
/// So many searches are under way or wait: a second's, at ten milliseconds each.
const PLACES: usize = 100;
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
pub struct Searches {
    /// Those that are under way or wait; one is under way at a time.
    places: Arc<Semaphore>,
    turn: Arc<Semaphore>,
    each: Allowances<Searcher>,
    networks: Allowances<ClientNetwork>,
}

impl Default for Searches {
    fn default() -> Self {
        let (places, turn) = (Arc::new(Semaphore::new(PLACES)), Arc::new(Semaphore::new(1)));
        Self {
            places,
            turn,
            each: Allowances::new(ALLOWANCE, MAX_SEARCHERS),
            networks: Allowances::new(OF_A_NETWORK, MAX_SEARCHERS),
        }
    }
}

impl Searches {
    /// Searches apart from the workers, one after another: with a thousand questions it takes a moment, in which everybody on a
    /// worker would wait. Where too many wait, it is for later.
    pub async fn apart<T: Send + 'static>(&self, search: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
        let busy = || Failure::busy("Very many search just now. Try again in a moment.", 1);
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| busy())?;
        let turn = Arc::clone(&self.turn).acquire_owned().await.map_err(|_| busy())?;
        let search = move || {
            let found = search();
            // Not before it is done, also where whoever asked has hung up.
            drop((place, turn));
            found
        };
        background::run(search).await.map_err(|error| {
            tracing::error!(%error, "a search failed");
            busy()
        })
    }

    fn take(&self, searcher: Searcher, network: Option<ClientNetwork>, now: Millis) -> Result<(), Failure> {
        let now = Duration::from_millis(now.unsigned_abs());
        let network = network.map_or(Ok(()), |network| self.networks.take(network, now));
        network.and_then(|()| self.each.take(searcher, now)).map_err(|wait| {
            let message = "You have searched very often. Wait a moment, then search again.";
            Failure { retry: Some(wait), ..Failure::new(StatusCode::TOO_MANY_REQUESTS, "slow_down", message) }
        })
    }
}

/// Lets a participant search once more, or says when to come again.
pub fn allow_participant(
    state: &AppState,
    outside: &Outside,
    event: EventId,
    participant: ParticipantId,
) -> Result<(), Failure> {
    let room = state.hub.open_room(event);
    let is_connected = room.is_some_and(|room| !room.seats().connections(participant).is_empty());
    let network = outside.client().filter(|_| !is_connected).map(ClientNetwork::of);
    state.searches.take(Searcher::Participant(participant), network, state.clock().now())
}

/// Lets whoever is in the event search once more: a device that has joined it, whoever may moderate it, a speaker.
pub async fn allow(state: &AppState, request: &HttpRequest, event: EventId) -> Result<(), Failure> {
    let (headers, outside) = (request.headers(), Outside::of(request));
    if let Some(token) = auth::device(&state.devices, headers, &outside) {
        return allow_participant(state, &outside, event, token.participant(event));
    }
    let searcher = invited(state, headers, &outside, event).await?;
    state.searches.take(searcher, None, state.clock().now())
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
            Err(Failure::unauthorised("Join the event first: who has not joined cannot search its questions."))
        }
        Err(failure) => Err(failure),
    }
}

fn is_stranger(failure: &Failure) -> bool {
    matches!(failure.status, StatusCode::UNAUTHORIZED | StatusCode::GONE)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn who_hangs_up_gives_nobody_else_their_turn_before_the_search_is_done() {
        let searches = Searches::default();
        let (done, wait) = channel::<()>();
        let first = searches.apart(move || wait.recv().is_ok());
        // It has begun, and nobody waits for it any more.
        assert!(first.now_or_never().is_none());
        assert_eq!((searches.places.available_permits(), searches.turn.available_permits()), (PLACES - 1, 0));
        let second = searches.apart(|| ());
        done.send(()).expect("the search goes on");
        second.await.expect("its turn");
    }
}
