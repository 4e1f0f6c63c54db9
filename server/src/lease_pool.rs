//! A limit on concurrent use of something, with a time limit for each use: whoever stalls loses the
//! place, not everybody else. A venue is one network, so one network can have all places while no
//! other needs them, and half while others do.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use parterre_system::allowance::ClientNetwork;
use tokio::time::Instant;

/// A pool of places. Clones share it.
#[derive(Clone, Debug)]
pub struct LeasePool {
    places: usize,
    /// How many one network has at most while nobody else asks.
    alone: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    /// When each place is free again at the latest, and whose it is.
    until: HashMap<u64, (Instant, Option<ClientNetwork>)>,
    askers: Askers,
    next: u64,
}

/// For so long others are thought to wait for a place after they have asked.
const OTHERS_WAIT: Duration = Duration::from_secs(120);

/// The last two networks that asked for something, and when.
#[derive(Debug, Default)]
pub struct Askers(Vec<(Option<ClientNetwork>, Instant)>);

impl Askers {
    /// Takes note that somebody asks. Whether others have done so lately.
    pub fn is_shared(&mut self, whose: Option<ClientNetwork>, now: Instant) -> bool {
        self.0.retain(|(asked, at)| *asked != whose && now < *at + OTHERS_WAIT);
        let shared = !self.0.is_empty();
        self.0.push((whose, now));
        if self.0.len() > 2 {
            self.0.remove(0);
        }
        shared
    }
}

/// A place, free again when this is dropped.
#[derive(Debug)]
pub struct Lease {
    pool: LeasePool,
    key: u64,
}

impl LeasePool {
    /// A pool of this many free places.
    pub fn new(places: usize) -> Self {
        Self { places, alone: places, taken: Arc::default() }
    }

    /// A pool of this many places, of which one network never gets more than half: for uses that
    /// last longer than others can wait.
    pub fn halved(places: usize) -> Self {
        Self { alone: places.div_ceil(2), ..Self::new(places) }
    }

    /// A place for at most so long; none while all are taken, or as many as one network may have
    /// while others ask too.
    pub fn take(&self, most: Duration, whose: Option<IpAddr>) -> Option<Lease> {
        let (now, whose) = (Instant::now(), whose.map(ClientNetwork::of));
        let mut taken = self.taken();
        let is_shared = taken.askers.is_shared(whose, now);
        if is_shared || taken.until.len() >= self.alone {
            taken.until.retain(|_, (until, _)| *until > now);
        }
        let theirs = taken.until.values().filter(|(_, holder)| *holder == whose).count();
        let most_theirs = if is_shared { self.places.div_ceil(2) } else { self.alone };
        if taken.until.len() >= self.places || theirs >= most_theirs {
            return None;
        }
        let key = taken.next;
        taken.next += 1;
        taken.until.insert(key, (now + most, whose));
        Some(Lease { pool: self.clone(), key })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    /// Holds the place until its time is up, whatever is done in it: a rate limit.
    pub fn forfeit(mut self) {
        self.key = u64::MAX;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.pool.taken().until.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(address: &str) -> Option<IpAddr> {
        Some(address.parse().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn one_network_has_all_places_until_another_asks() {
        let pool = LeasePool::new(4);
        let (venue, other) = (|| pool.take(MINUTE, at("192.0.2.7")), || pool.take(MINUTE, at("198.51.100.1")));
        let mut places: Vec<_> = (0..4).map(|_| venue().unwrap()).collect();
        assert!(other().is_none(), "all are taken");
        // The next two that are free are not the venue's.
        places.truncate(2);
        assert!(venue().is_none());
        let others = [other().unwrap(), other().unwrap()];
        assert!(other().is_none() && venue().is_none());
        drop(others);
        assert!(venue().is_none(), "others may still wait");
        tokio::time::advance(OTHERS_WAIT).await;
        assert!(venue().is_some(), "nobody else has asked for a while");
    }

    #[tokio::test(start_paused = true)]
    async fn of_what_is_halved_one_network_has_half_whoever_asks() {
        let pool = LeasePool::halved(4);
        let venue = || pool.take(MINUTE, at("192.0.2.7"));
        let (first, _second) = (venue().unwrap(), venue().unwrap());
        assert!(venue().is_none());
        let _other = pool.take(MINUTE, at("198.51.100.1")).unwrap();
        drop(first);
        venue().unwrap().forfeit();
        assert!(venue().is_none());
        tokio::time::advance(MINUTE).await;
        assert!(venue().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_is_free_when_it_is_left_or_its_time_is_up() {
        let pool = LeasePool::new(2);
        let first = pool.take(MINUTE, None).unwrap();
        let _stays = pool.take(MINUTE, None).unwrap();
        assert!(pool.take(MINUTE, None).is_none());
        drop(first);
        pool.take(MINUTE, None).unwrap().forfeit();
        assert!(pool.take(MINUTE, None).is_none(), "what is spent is not given back");
        tokio::time::advance(MINUTE).await;
        let _third = pool.take(MINUTE, None).unwrap();
        let _fourth = pool.take(MINUTE, None).unwrap();
        assert!(pool.take(MINUTE, None).is_none());
        // An expired lease does not release another's place.
        drop(_stays);
        assert!(pool.take(MINUTE, None).is_none());
    }
}
