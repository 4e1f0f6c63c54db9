//! The order of an event's notifications. Nodes commit one after the other, but what they say of it
//! can arrive the other way round: what is ahead of the room is held for a moment, until what lies
//! between has come. What does not come is read.

use std::{collections::BTreeMap, time::Duration};

use parterre_protocol::Rev;
use parterre_system::mutants::{self, Mutant};
use tokio::time::Instant;

use crate::cluster::bus::{Hint, Notification};

/// How long a gap may stay open: notifications that went out together arrive within a few
/// milliseconds of each other.
pub const GAP_TIMEOUT: Duration = Duration::from_millis(150);
/// Notifications that are held at most. Beyond, reading is cheaper.
const MAX_HELD: usize = 256;

/// Notifications that are ahead of the room, and up to where it is known to be behind.
#[derive(Debug, Default)]
pub struct ReorderBuffer {
    /// By the version that each continues.
    held: BTreeMap<Rev, Notification>,
    /// A version that the database has, and when to read it at the latest.
    behind: Option<(Rev, Instant)>,
}

impl ReorderBuffer {
    /// Takes a notification in.
    pub fn hold(&mut self, notification: Notification, now: Instant) {
        let from = match &notification.hint {
            Hint::Changes { from, .. } => *from,
            Hint::MetadataChanged | Hint::LinkEnded(_) => notification.rev - 1,
            // It says nothing to continue with.
            Hint::Resync | Hint::Joined(_) | Hint::Member(_) => return self.expect(notification.rev, now),
        };
        let time_limit = if self.held.len() < MAX_HELD { GAP_TIMEOUT } else { Duration::ZERO };
        self.expect(notification.rev, now + time_limit);
        if self.held.len() < MAX_HELD {
            self.held.insert(from, notification);
        }
    }

    /// Notes that the database has this version, which is to be read at this time if the room has
    /// not heard of it by then.
    pub fn expect(&mut self, rev: Rev, at: Instant) {
        let (known, until) = self.behind.get_or_insert((rev, at));
        (*known, *until) = (rev.max(*known), at.min(*until));
    }

    /// The next notification for a room that is so far: one that continues it. Forgets what the
    /// room knows already.
    pub fn next(&mut self, known: Rev) -> Option<Notification> {
        while let Some(first) = self.held.first_entry() {
            let (from, rev) = (*first.key(), first.get().rev);
            let ignores_gaps = mutants::is(Mutant::GapsIgnored);
            if from > known && !ignores_gaps {
                break;
            }
            let notification = first.remove();
            if (from == known || ignores_gaps) && rev > known {
                return Some(notification);
            }
        }
        None
    }

    /// The room has come so far. While it goes on, what is still missing has time.
    pub fn reached(&mut self, known: Rev, now: Instant) {
        match &mut self.behind {
            Some((rev, _)) if *rev <= known => self.behind = None,
            Some((_, until)) => *until = (*until).max(now + GAP_TIMEOUT),
            None => {}
        }
    }

    /// When the room is to be read; none while nothing is missing.
    pub fn due(&self) -> Option<Instant> {
        self.behind.map(|(_, until)| until)
    }
}

#[cfg(test)]
mod tests {
    use parterre_protocol::EventId;
    use uuid::Uuid;

    use super::*;

    fn notification(from: Rev, rev: Rev) -> Notification {
        let hint = Hint::Changes { from, answers: [].into(), forum: [].into() };
        Notification { event: EventId::new(Uuid::nil()), rev, hint }
    }

    fn outline(rev: Rev) -> Notification {
        Notification { hint: Hint::MetadataChanged, ..notification(0, rev) }
    }

    /// What a room at this version can make of what is held, in order.
    fn continued(order: &mut ReorderBuffer, mut known: Rev, now: Instant) -> Vec<Rev> {
        let mut revs = Vec::new();
        while let Some(notification) = order.next(known) {
            known = notification.rev;
            revs.push(known);
        }
        order.reached(known, now);
        revs
    }

    #[test]
    fn what_comes_in_any_order_is_taken_in_the_order_of_versions() {
        let (mut order, now) = (ReorderBuffer::default(), Instant::now());
        for ahead in [notification(14, 17), outline(14), notification(12, 13)] {
            order.hold(ahead, now);
            assert!(continued(&mut order, 10, now).is_empty());
        }
        assert_eq!(order.due(), Some(now + GAP_TIMEOUT));
        order.hold(notification(10, 12), now);
        assert_eq!(continued(&mut order, 10, now), [12, 13, 14, 17]);
        assert_eq!(order.due(), None, "nothing is missing");
    }

    #[test]
    fn what_is_old_or_doubled_is_forgotten() {
        let (mut order, now) = (ReorderBuffer::default(), Instant::now());
        for held in [notification(5, 8), notification(10, 12), notification(10, 12), notification(9, 11)] {
            order.hold(held, now);
        }
        assert_eq!(continued(&mut order, 10, now), [12]);
        assert_eq!((order.held.len(), order.due()), (0, None));
    }

    #[test]
    fn a_gap_that_does_not_close_is_due_once_and_progress_gives_it_time() {
        let (mut order, now) = (ReorderBuffer::default(), Instant::now());
        order.hold(notification(12, 13), now);
        let later = now + GAP_TIMEOUT / 2;
        order.hold(notification(14, 15), later);
        assert_eq!(order.due(), Some(now + GAP_TIMEOUT), "from when the gap was seen");
        order.reached(11, later);
        assert_eq!(order.due(), Some(later + GAP_TIMEOUT));
        order.reached(15, later);
        assert_eq!(order.due(), None, "it was read");
    }

    #[test]
    fn too_many_ahead_are_read_at_once() {
        let (mut order, now) = (ReorderBuffer::default(), Instant::now());
        (0..1000).for_each(|n| order.hold(notification(100 + 2 * n, 101 + 2 * n), now));
        assert_eq!((order.held.len(), order.due()), (MAX_HELD, Some(now)));
    }
}
