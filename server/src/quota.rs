//! How much of something may be under way at once, each for a bounded time: whoever does not go on loses the place, not
//! everybody else.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// So many places. Clones share them.
#[derive(Clone, Debug)]
pub struct Quota {
    places: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    /// When each place is free again at the latest.
    until: HashMap<u64, Instant>,
    next: u64,
}

/// A place, free again when this is dropped.
#[derive(Debug)]
pub struct Place {
    quota: Quota,
    key: u64,
}

impl Quota {
    /// So many places, all free.
    pub fn new(places: usize) -> Self {
        Self { places, taken: Arc::default() }
    }

    /// A place for at most so long; none while all are taken.
    pub fn take(&self, most: Duration) -> Option<Place> {
        let now = Instant::now();
        let mut taken = self.taken();
        if taken.until.len() >= self.places {
            taken.until.retain(|_, until| *until > now);
        }
        if taken.until.len() >= self.places {
            return None;
        }
        let key = taken.next;
        taken.next += 1;
        taken.until.insert(key, now + most);
        Some(Place { quota: self.clone(), key })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Keeps the place taken until its time is up, whatever is done in it: so much in so long a time.
    pub fn spend(mut self) {
        self.key = u64::MAX;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.quota.taken().until.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_place_is_free_when_it_is_left_or_its_time_is_up() {
        let quota = Quota::new(2);
        let first = quota.take(MINUTE).unwrap();
        let _stays = quota.take(MINUTE).unwrap();
        assert!(quota.take(MINUTE).is_none());
        drop(first);
        quota.take(MINUTE).unwrap().spend();
        assert!(quota.take(MINUTE).is_none(), "what is spent is not given back");
        tokio::time::advance(MINUTE).await;
        let _third = quota.take(MINUTE).unwrap();
        let _fourth = quota.take(MINUTE).unwrap();
        assert!(quota.take(MINUTE).is_none());
        // Whoever has lost the place takes nobody else's with them.
        drop(_stays);
        assert!(quota.take(MINUTE).is_none());
    }
}
