//! The room's phones: how they join, and what applies to all of them.

mod joining;

pub use self::joining::{Dealt, JoinFigures, JoinTimes, Joining, one_more};

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap},
    rc::Rc,
    time::Duration,
};

use parterre_protocol::ActivityId;
use tokio::time::Instant;

use crate::{
    client::{Client, transport::Transport},
    crowd::{Crowd, CrowdTotals, Sighting},
    measure::Delays,
};

/// How often it is looked whether all phones are as they have to be, at least.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// All phones.
pub struct Phones {
    /// Their totals.
    pub crowd: Rc<Crowd>,
    /// Each of them.
    pub all: Vec<Rc<Client>>,
    /// How many of them, the first ones, are to stop reading.
    pub slow_readers: usize,
}

impl Phones {
    /// No phone yet.
    pub fn none(joining: &Joining) -> Self {
        Self { crowd: Rc::default(), all: Vec::with_capacity(joining.phones), slow_readers: joining.slow_readers }
    }

    /// How many there are by how their bytes move now.
    pub fn by_transport(&self) -> BTreeMap<Transport, usize> {
        let mut counts = BTreeMap::new();
        self.all.iter().for_each(|phone| *counts.entry(phone.transport()).or_default() += 1);
        counts
    }

    /// Phones that keep reading.
    pub fn awake(&self) -> &[Rc<Client>] {
        &self.all[self.slow_readers..]
    }

    /// Waits until the condition holds for every phone, looking at each only until it does; gives
    /// back the first phone for which it does not within the limit.
    pub async fn every(&self, limit: Duration, holds: impl Fn(&Client) -> bool) -> Result<(), &Client> {
        self.every_as(limit, || (), |phone, ()| holds(phone)).await
    }

    /// The same, beside something that may still change: then all are looked at again.
    pub async fn every_as<K: PartialEq>(
        &self,
        limit: Duration,
        like: impl Fn() -> K,
        holds: impl Fn(&Client, &K) -> bool,
    ) -> Result<(), &Client> {
        let (next, last) = (Cell::new(0), RefCell::new(None));
        let all_hold = |_: &CrowdTotals| {
            let (mut last, now) = (last.borrow_mut(), like());
            if last.as_ref() != Some(&now) {
                next.set(0);
            }
            while self.all.get(next.get()).is_some_and(|phone| holds(phone, &now)) {
                next.set(next.get() + 1);
            }
            *last = Some(now);
            next.get() == self.all.len()
        };
        let deadline = Instant::now() + limit;
        // Other changes do not notify this crowd, so they are polled.
        while self.crowd.until("every phone", POLL_INTERVAL, &all_hold).await.is_err() {
            if Instant::now() >= deadline {
                return Err(&self.all[next.get()]);
            }
        }
        Ok(())
    }

    /// When each stored answer of the round was made, in order.
    pub fn answers_made(&self, activity: ActivityId, round: u32) -> Vec<Instant> {
        let made = |client: &Rc<Client>| client.confirmed().get(&(activity, round)).map(|confirmed| confirmed.made);
        let mut made: Vec<_> = self.all.iter().filter_map(made).collect();
        made.sort_unstable();
        made
    }

    /// Everyone closes.
    pub fn leave(&self) {
        self.all.iter().for_each(|phone| phone.leave());
    }
}

/// How long answers took to be shown: from the k-th answer to the first frame that counts at least
/// k, for each watching client separately.
pub fn result_delays(made: &[Instant], sightings: &[Sighting], activity: ActivityId, round: u32) -> Delays {
    let mut delays = Delays::default();
    let mut counted = HashMap::<usize, usize>::new();
    for sighting in sightings.iter().filter(|sighting| (sighting.activity, sighting.round) == (activity, round)) {
        let before = counted.entry(sighting.client).or_default();
        let now = made.len().min(sighting.respondents as usize);
        for made in made.get(*before..now).unwrap_or_default() {
            delays.record(sighting.at.saturating_duration_since(*made));
        }
        *before = now.max(*before);
    }
    delays
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kth_answer_is_seen_when_at_least_k_are_counted() {
        let activity: ActivityId = "01930000-0000-7000-8000-000000000001".parse().unwrap();
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let seen = |client, ms, respondents| Sighting { client, at: at(ms), activity, round: 1, respondents };
        let made = [at(0), at(10), at(30)];
        let sightings = [seen(0, 20, 2), seen(0, 25, 2), seen(0, 60, 3), Sighting { round: 2, ..seen(0, 90, 3) }];
        let delays = result_delays(&made, &sightings, activity, 1).percentiles().unwrap();
        assert_eq!(delays.count, 3);
        assert!((delays.max - 30.0).abs() < 0.1 && (delays.p50 - 20.0).abs() < 0.1, "{delays}");
    }
}
