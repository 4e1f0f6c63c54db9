//! Searches of questions, each of which goes through all of them: how many are under way, and how
//! often somebody searches.

use std::{sync::Arc, time::Duration};

use parterre_domain::ids::{LinkId, MemberId};
use parterre_protocol::{Millis, ParticipantId};
use parterre_system::allowance::{Allowance, Allowances, ClientNetwork};
use tokio::sync::Semaphore;

use crate::background;

/// More than anybody types: a page searches when the typing pauses.
const ALLOWANCE: Allowance = Allowance { burst: 20, interval: Duration::from_millis(500) };
/// The same for all devices of one network together that have no live connection: a token is free,
/// so a client with many would have many allowances. A whole room using the page without JavaScript
/// stays below this.
const OF_A_NETWORK: Allowance = Allowance { burst: 500, interval: Duration::from_millis(20) };
/// This many searches run or wait: one second's worth, at ten milliseconds each.
const PLACES: usize = 100;
/// Twice as many as connect to a node by its default settings.
const MAX_SEARCHERS: usize = 50_000;

/// Why nothing is searched just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Too many search.
    #[error("too many searches at once")]
    Busy,
    /// The client has searched too often, and can search again after this time.
    #[error("too many searches from one client")]
    TooOften(Duration),
}

/// Someone who searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Searcher {
    /// A participant.
    Participant(ParticipantId),
    /// A member.
    Member(MemberId),
    /// A moderator or a speaker by a private link.
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
    /// Searches apart from the workers, one after another: with a thousand questions it takes a
    /// moment, in which everybody on a worker would wait. Where too many wait, it is for later.
    pub async fn apart<T: Send + 'static>(&self, search: impl FnOnce() -> T + Send + 'static) -> Result<T, Refused> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Refused::Busy)?;
        let turn = Arc::clone(&self.turn).acquire_owned().await.map_err(|_| Refused::Busy)?;
        let search = move || {
            let found = search();
            // Only when it is done, even if the client has disconnected.
            drop((place, turn));
            found
        };
        background::run(search).await.map_err(|error| {
            tracing::error!(%error, "a search failed");
            Refused::Busy
        })
    }

    /// Lets somebody search once more: of a network all of its devices are counted together, where
    /// one is given.
    pub fn take(&self, searcher: Searcher, network: Option<ClientNetwork>, now: Millis) -> Result<(), Refused> {
        let now = Duration::from_millis(now.unsigned_abs());
        let network = network.map_or(Ok(()), |network| self.networks.take(network, now));
        network.and_then(|()| self.each.take(searcher, now)).map_err(Refused::TooOften)
    }
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
