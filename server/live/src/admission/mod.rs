//! How people get in when many come at once: up to a bound at the same time, and the others are
//! told when.
//!
//! Whoever is turned away costs no question to the database. How many are still to come of an event
//! is kept in its room, for those who look at the studio.

pub mod capacity;
pub mod places;
pub mod principal;
pub mod rights;
pub mod rule;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

use parterre_protocol::Millis;
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

use self::rule::AdmissionRule;
use crate::{
    lock::lock,
    room::{Inbound, Room},
    rooms::Rooms,
};

/// How often those who were told a moment are counted again.
const COUNT: Duration = Duration::from_millis(100);
/// How much before the moment that somebody was told they may come: timers are not exact, and nor
/// are the nodes' clocks.
const EARLY: Millis = 250;
/// How late one may be: `Retry-After` is in whole seconds, and networks are slow.
const LATE: Millis = 5_000;
/// Beyond so many, those are forgotten whose moment is over. There are only as many as moments that
/// were signed.
const REMEMBERED: usize = 4_096;

/// Limits how many are let in at the same time, for one kind of request.
#[derive(Debug)]
pub struct AdmissionLimiter {
    rule: Mutex<AdmissionRule<Option<Reservation>>>,
    /// What was shown here by those who came as told, and when they were told to come: each is good
    /// once.
    shown: Mutex<HashMap<Box<str>, Millis>>,
    began: Instant,
    /// Wakes the task that counts who is still to come.
    promised: Arc<Notify>,
}

/// Somebody who was told when to come; counted in the room until then.
#[derive(Debug)]
struct Reservation(Arc<Room>);

/// Leave to go in, which counts as long as it is held.
#[derive(Debug)]
#[must_use = "the place is free again once this is dropped"]
pub struct Permit<'a> {
    limiter: &'a AdmissionLimiter,
    done: bool,
}

/// The limiters of a node.
#[derive(Debug)]
pub struct AdmissionLimiters {
    /// Requests to join events whose rooms are open.
    pub join: AdmissionLimiter,
    /// Requests to join with codes that have to be looked up: whoever guesses holds up nobody whose
    /// event is open.
    pub find: AdmissionLimiter,
    /// Phones' connections.
    pub connect: AdmissionLimiter,
    promised: Arc<Notify>,
}

impl AdmissionLimiters {
    /// Limiters that let in so many at the same time, each.
    pub fn new(most: u32) -> Self {
        let promised = Arc::new(Notify::new());
        let limiter = || AdmissionLimiter {
            rule: Mutex::new(AdmissionRule::new(most)),
            shown: Mutex::default(),
            began: Instant::now(),
            promised: Arc::clone(&promised),
        };
        Self { join: limiter(), find: limiter(), connect: limiter(), promised }
    }
}

impl AdmissionLimiter {
    /// Lets somebody in, or says after how long to come; `retried` says that they come at the
    /// moment that they were given. The room is that of their event, where it is open.
    pub fn admit(&self, retried: bool, room: impl FnOnce() -> Option<Arc<Room>>) -> Result<Permit<'_>, Duration> {
        match lock(&self.rule).admit(self.began.elapsed(), retried, || room().map(Reservation::new)) {
            Ok(()) => Ok(Permit { limiter: self, done: false }),
            Err(wait) => {
                self.promised.notify_one();
                Err(wait)
            }
        }
    }

    /// Whether it is the moment at which somebody was told to come, who shows this for the first
    /// time here. The text is known to be the server's.
    pub fn redeem(&self, shown: &str, moment: Millis, now: Millis) -> bool {
        if !(moment - EARLY..=moment + LATE).contains(&now) {
            return false;
        }
        let mut before = lock(&self.shown);
        if before.len() >= REMEMBERED {
            before.retain(|_, moment| *moment + LATE >= now);
        }
        before.insert(shown.into(), moment).is_none()
    }

    /// How many were told a moment that has not come.
    fn reserved(&self) -> usize {
        lock(&self.rule).advance(self.began.elapsed())
    }
}

impl Permit<'_> {
    /// They are in, or were refused for good after the same work: one more for the rate.
    pub fn done(mut self) {
        self.done = true;
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        lock(&self.limiter.rule).leave(self.limiter.began.elapsed(), self.done);
    }
}

impl Reservation {
    fn new(room: Arc<Room>) -> Self {
        room.arriving.fetch_add(1, Ordering::Relaxed);
        Self(room)
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.0.arriving.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Tells the rooms how many are still to come, for as long as the server runs.
pub async fn count(limiters: Arc<AdmissionLimiters>, rooms: Arc<Rooms>) {
    let AdmissionLimiters { join, find, connect, promised } = &*limiters;
    loop {
        promised.notified().await;
        loop {
            let awaited = join.reserved() + find.reserved() + connect.reserved();
            rooms.each(|room| {
                if room.has_other_arrivals() {
                    room.send(Inbound::Presence);
                }
            });
            if awaited == 0 {
                break;
            }
            sleep(COUNT).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_good_once_when_it_has_come_and_for_a_while() {
        let limiters = AdmissionLimiters::new(1);
        let redeem = |shown: &str, now| limiters.join.redeem(shown, 10_000, now);
        assert!(!redeem("early", 10_000 - EARLY - 1) && !redeem("late", 10_000 + LATE + 1));
        assert!(redeem("one", 10_000 - EARLY), "a refusal does not use it up");
        assert!(redeem("early", 10_000) && redeem("late", 10_000 + LATE));
        assert!(!redeem("one", 10_001) && !redeem("late", 10_000 + LATE), "each is good once");
        assert!(limiters.connect.redeem("one", 10_000, 10_001), "another limiter has not seen it");
        // Only those are forgotten that are good for nothing any more.
        for n in 0..2 * REMEMBERED as i64 {
            assert!(limiters.join.redeem(&format!("many {n}"), 20_000 + n, 20_000 + n));
        }
        assert!(lock(&limiters.join.shown).len() < 2 * REMEMBERED);
        assert!(!limiters.join.redeem("many 8000", 28_000, 28_001));
    }
}
