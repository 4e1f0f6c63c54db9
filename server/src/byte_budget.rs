//! A limit on bytes transferred per minute, for all callers together. It holds for every window of
//! a minute.
//!
//! As with the places of a [`crate::lease_pool`], one network may have all of it while nobody else
//! asks; while others do, half.

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use parterre_system::allowance::ClientNetwork;
use tokio::time::Instant;

use crate::lease_pool::Askers;

/// For so long what was spent is gone.
const MINUTE: Duration = Duration::from_secs(60);
/// What one network spends within so long a time is one entry.
const ENTRY: Duration = Duration::from_secs(1);
/// Every request counts as at least this many bytes, which bounds the number of entries.
const LEAST: u64 = 1024;

/// A budget of bytes per minute. Clones share it.
#[derive(Clone, Debug)]
pub struct ByteBudget {
    most: u64,
    spent: Arc<Mutex<Spent>>,
}

#[derive(Debug, Default)]
struct Spent {
    /// What was spent in the last minute, the oldest first.
    entries: VecDeque<Entry>,
    all: u64,
    by_network: HashMap<Option<ClientNetwork>, u64>,
    askers: Askers,
}

#[derive(Debug)]
struct Entry {
    /// When its first bytes were spent, and its last.
    from: Instant,
    until: Instant,
    whose: Option<ClientNetwork>,
    bytes: u64,
}

impl Spent {
    /// Gives back what was spent more than a minute ago.
    fn settle(&mut self, now: Instant) {
        while let Some(entry) = self.entries.pop_front_if(|entry| entry.until + MINUTE <= now) {
            self.all -= entry.bytes;
            if let Some(theirs) = self.by_network.get_mut(&entry.whose) {
                *theirs -= entry.bytes;
                if *theirs == 0 {
                    self.by_network.remove(&entry.whose);
                }
            }
        }
    }

    /// When this many bytes become available again.
    fn back(&self, wanted: u64, of: impl Fn(&Entry) -> bool) -> Option<Instant> {
        let mut back = 0;
        let enough = self.entries.iter().filter(|entry| of(entry)).find(|entry| {
            back += entry.bytes;
            back >= wanted
        });
        enough.map(|entry| entry.until + MINUTE)
    }
}

impl ByteBudget {
    /// The bytes per minute.
    pub fn new(most: u64) -> Self {
        Self { most, spent: Arc::default() }
    }

    /// Spends this many bytes, or returns how long until they are available.
    pub fn spend(&self, bytes: u64, whose: Option<IpAddr>) -> Result<(), Duration> {
        let (now, whose) = (Instant::now(), whose.map(ClientNetwork::of));
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        spent.settle(now);
        let is_shared = spent.askers.is_shared(whose, now);
        let same = spent.entries.back().is_some_and(|last| last.whose == whose && now < last.from + ENTRY);
        let bytes = if same { bytes } else { bytes.max(LEAST) };
        let theirs = spent.by_network.get(&whose).copied().unwrap_or_default();
        let most_theirs = if is_shared { self.most / 2 } else { self.most };
        let (over, over_theirs) =
            ((spent.all + bytes).saturating_sub(self.most), (theirs + bytes).saturating_sub(most_theirs));
        if over > 0 || over_theirs > 0 {
            let all = spent.back(over, |_| true).filter(|_| over > 0);
            let own = spent.back(over_theirs, |entry| entry.whose == whose).filter(|_| over_theirs > 0);
            // More than there ever is comes never, and is asked for by nobody of ours.
            return Err(all.max(own).map_or(MINUTE, |at| at - now));
        }
        spent.all += bytes;
        *spent.by_network.entry(whose).or_default() += bytes;
        match spent.entries.back_mut().filter(|_| same) {
            Some(last) => (last.bytes, last.until) = (last.bytes + bytes, now),
            None => spent.entries.push_back(Entry { from: now, until: now, whose, bytes }),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn at(address: &str) -> Option<IpAddr> {
        Some(address.parse().unwrap())
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn no_minute_has_more_wherever_it_begins() {
        let budget = ByteBudget::new(1_000_000);
        assert_eq!(budget.spend(600_000, None), Ok(()));
        advance(30 * SECOND).await;
        assert_eq!(budget.spend(400_000, None), Ok(()));
        assert_eq!(budget.spend(1, None), Err(30 * SECOND));
        assert_eq!(budget.spend(700_000, None), Err(60 * SECOND));
        advance(30 * SECOND).await;
        assert_eq!(budget.spend(600_000, None), Ok(()));
        assert_eq!(budget.spend(2_000_000, None), Err(MINUTE), "more than there ever is");
    }

    #[tokio::test(start_paused = true)]
    async fn little_at_a_time_is_counted_too_and_comes_back() {
        let budget = ByteBudget::new(1_000_000);
        let mut spent = 0;
        for _ in 0..10_000 {
            spent += u32::from(budget.spend(900, at("192.0.2.7")).is_ok());
            advance(Duration::from_millis(2)).await;
        }
        // In twenty seconds nothing comes back.
        assert!((1_080..=1_111).contains(&spent), "{spent}");
        let entries = budget.spent.lock().unwrap().entries.len();
        assert!(entries <= 21, "{entries} entries for twenty seconds of one network");
        advance(MINUTE + SECOND).await;
        assert_eq!(budget.spend(1_000_000, at("192.0.2.7")), Ok(()));
        assert_eq!(budget.spent.lock().unwrap().by_network.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn one_network_has_all_of_it_until_another_asks() {
        let budget = ByteBudget::new(1_000_000);
        let (venue, other) = (at("192.0.2.7"), at("198.51.100.1"));
        assert_eq!(budget.spend(900_000, venue), Ok(()));
        assert_eq!(budget.spend(500_000, other), Err(MINUTE));
        assert_eq!(budget.spend(50_000, venue), Err(MINUTE), "half is theirs while others ask");
        assert_eq!(budget.spend(100_000, other), Ok(()));
        advance(MINUTE).await;
        assert_eq!(budget.spend(500_000, other), Ok(()));
        assert_eq!(budget.spend(1_024, other), Err(MINUTE));
        assert_eq!(budget.spend(500_000, venue), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_kept_of_a_crowd_of_networks_has_a_bound() {
        let budget = ByteBudget::new(1_000_000);
        for network in 0..10_000_u32 {
            let _ = budget.spend(1, Some(std::net::Ipv4Addr::from_bits(network << 8).into()));
        }
        let spent = budget.spent.lock().unwrap();
        assert!(spent.entries.len() <= 1_000 && spent.by_network.len() <= 1_000, "{} entries", spent.entries.len());
    }
}
