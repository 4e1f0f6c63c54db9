//! Whose password is hashed next: each takes a core for a moment, so they are hashed one after
//! another, and few wait.
//!
//! A request that finds no place is refused at once; when it returns, its waiting time counts from
//! its first attempt. Only few of one network wait. The network with fewer turns goes first, then
//! the one that has waited longer, and it takes the place of another, so a crowd of strangers keeps
//! nobody from elsewhere out. Devices that have signed in before, and holders of a valid secret,
//! have a lane that strangers never enter.

use std::{
    collections::HashMap,
    fmt::Debug,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use parterre_protocol::Millis;
use parterre_system::allowance::ClientNetwork;
use tokio::sync::oneshot;

/// How many wait in one lane.
const WAITING: usize = 8;
/// How many of these are of one network, or of one device.
const WAITING_OF_ONE: usize = 2;
/// How many networks' turns are remembered; beyond that, all start again.
const REMEMBERED: usize = 10_000;

/// The lanes.
#[derive(Debug, Default)]
pub struct Hashing {
    /// An unknown client.
    pub strangers: Lane<ClientNetwork>,
    /// The holder of a secret that this server issued, by the hash that is stored of it.
    pub known: Lane<String>,
}

/// The identity of a waiting request.
pub trait Key: Clone + Debug + Eq + Hash {}
impl<K: Clone + Debug + Eq + Hash> Key for K {}

/// One after another.
#[derive(Clone, Debug)]
pub struct Lane<K: Key>(Arc<Mutex<Inner<K>>>);

#[derive(Debug)]
struct Inner<K: Key> {
    busy: bool,
    waiting: Vec<Waiting<K>>,
    /// How many turns each had.
    turns: HashMap<K, u32>,
}

/// Somebody who waits; in the order in which they came.
#[derive(Debug)]
struct Waiting<K: Key> {
    key: K,
    since: Millis,
    turn: oneshot::Sender<Turn<K>>,
}

/// No place: too many wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoPlace;

/// One's turn; dropped, it is the next one's.
#[derive(Debug)]
pub struct Turn<K: Key>(Option<Lane<K>>);

impl<K: Key> Default for Lane<K> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Inner { busy: false, waiting: Vec::new(), turns: HashMap::new() })))
    }
}

impl<K: Key> Lane<K> {
    /// Waits for a turn, or has no place to wait. `since` is when one first came for it.
    pub async fn turn(&self, key: K, since: Millis) -> Result<Turn<K>, NoPlace> {
        let turn = self.queue(key, since)?;
        // A request that loses its place to another has none.
        turn.await.map_err(|_| NoPlace)
    }

    fn queue(&self, key: K, since: Millis) -> Result<oneshot::Receiver<Turn<K>>, NoPlace> {
        let (sender, turn) = oneshot::channel();
        let mut inner = self.inner();
        if !inner.busy {
            inner.busy = true;
            inner.count(&key);
            drop(inner);
            // Nobody else has the receiver yet.
            let _ = sender.send(Turn(Some(self.clone())));
            return Ok(turn);
        }
        inner.make_place(&key, since)?;
        inner.waiting.push(Waiting { key, since, turn: sender });
        Ok(turn)
    }

    /// Gives the turn to the next one.
    fn pass_on(&self) {
        loop {
            let mut inner = self.inner();
            let Some(next) = inner.next() else {
                inner.busy = false;
                return;
            };
            let next = inner.waiting.remove(next);
            inner.count(&next.key);
            drop(inner);
            match next.turn.send(Turn(Some(self.clone()))) {
                Ok(()) => return,
                // Gone without waiting to the end. The turn is still ours, and is not to pass
                // itself on as well.
                Err(mut turn) => turn.0 = None,
            }
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner<K>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Key> Inner<K> {
    fn count(&mut self, key: &K) {
        if self.turns.len() >= REMEMBERED {
            self.turns.clear();
        }
        *self.turns.entry(key.clone()).or_default() += 1;
    }

    /// The order of waiting requests: the smallest goes first.
    fn rank(&self, key: &K, since: Millis) -> (u32, Millis) {
        (self.turns.get(key).copied().unwrap_or(0), since)
    }

    fn rank_of(&self, waiting: &Waiting<K>) -> (u32, Millis) {
        self.rank(&waiting.key, waiting.since)
    }

    /// The next one.
    fn next(&self) -> Option<usize> {
        (0..self.waiting.len()).min_by_key(|&place| self.rank_of(&self.waiting[place]))
    }

    /// Makes sure that one more of this key may wait.
    fn make_place(&mut self, key: &K, since: Millis) -> Result<(), NoPlace> {
        self.waiting.retain(|waiting| !waiting.turn.is_closed());
        if self.waiting.iter().filter(|waiting| waiting.key == *key).count() >= WAITING_OF_ONE {
            return Err(NoPlace);
        }
        if self.waiting.len() < WAITING {
            return Ok(());
        }
        let rank = self.rank(key, since);
        let last = (0..self.waiting.len()).max_by_key(|&place| self.rank_of(&self.waiting[place]));
        let last = last.filter(|&place| self.rank_of(&self.waiting[place]) > rank).ok_or(NoPlace)?;
        self.waiting.remove(last);
        Ok(())
    }
}

impl<K: Key> Drop for Turn<K> {
    fn drop(&mut self) {
        if let Some(lane) = self.0.take() {
            lane.pass_on();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    /// When all come who are not said to have come before.
    const NOW: Millis = 1000;

    #[test]
    fn few_wait_and_few_of_one() {
        let lane = Lane::default();
        let first = lane.turn("a", NOW).now_or_never().unwrap().unwrap();
        let waiting: Vec<_> = ["a", "a", "b", "b", "c", "c", "d", "d"].map(|key| lane.queue(key, NOW).unwrap()).into();
        assert!(lane.queue("a", NOW).is_err(), "two of a wait");
        assert!(lane.queue("b", NOW).is_err(), "two of b wait");
        // A request from another network takes the last place of the network with the most turns,
        // and goes before it.
        let strangers = ["e", "f"].map(|key| lane.queue(key, NOW).unwrap());
        assert!(lane.queue("g", NOW).is_err(), "the others have had none either");
        drop(first);
        let mut turns: Vec<_> = waiting.into_iter().chain(strangers).map(|turn| turn.now_or_never()).collect();
        let held: Vec<usize> = (0..turns.len()).filter(|&place| matches!(turns[place], Some(Ok(_)))).collect();
        assert_eq!(held, [2], "the first of those who had no turn");
        assert!(turns[..2].iter().all(|turn| matches!(turn, Some(Err(_)))), "both of a have lost their places");
        turns.clear();
        assert!(!lane.inner().busy, "those who went away hold nothing up");
    }

    #[test]
    fn who_has_been_coming_for_longer_goes_before_a_crowd() {
        let lane = Lane::default();
        let first = lane.turn(0, NOW).now_or_never().unwrap().unwrap();
        let mut crowd: Vec<_> = (1..=WAITING).map(|key| lane.queue(key, NOW).unwrap()).collect();
        assert!(lane.queue(100, NOW).is_err());
        let again = lane.queue(100, NOW - 1).unwrap();
        let last = crowd.pop().and_then(|turn| turn.now_or_never());
        assert!(matches!(last, Some(Err(_))), "whoever came last makes place");
        drop(first);
        assert!(again.now_or_never().is_some_and(|turn| turn.is_ok()));
    }

    #[test]
    fn a_turn_that_nobody_takes_goes_on() {
        let lane = Lane::default();
        let first = lane.turn("a", NOW).now_or_never().unwrap().unwrap();
        drop(lane.queue("b", NOW).unwrap());
        let third = lane.queue("c", NOW).unwrap();
        drop(first);
        let turn = third.now_or_never().unwrap().unwrap();
        drop(turn);
        assert!(lane.turn("d", NOW).now_or_never().unwrap().is_ok());
    }
}
