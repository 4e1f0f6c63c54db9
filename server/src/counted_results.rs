//! The results of events as they were counted last, for all who look at them at a time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use parterre_protocol::EventId;
use parterre_store::{EventResults, StoreError};
use tokio::sync::OnceCell;

/// How long results are shown as they were counted: when an event ends, the whole room looks at
/// once.
const FRESH: Duration = Duration::from_secs(2);
/// The results of how many events are held at most.
const EVENTS: usize = 16;

/// The results that were counted last, by event.
#[derive(Debug, Default)]
pub struct CountedResults(Mutex<HashMap<EventId, Arc<Counted>>>);

/// The results of one event.
#[derive(Debug)]
struct Counted {
    begun: Instant,
    /// Held by whoever counts: all others of the same event wait, and nobody of another one.
    results: OnceCell<Option<Arc<EventResults>>>,
}

impl CountedResults {
    /// The results of an event, counted so where those that are held are too old; `None` if there
    /// is no such event. Whoever asks while they are being counted waits for the same.
    pub async fn of<F>(
        &self,
        event: EventId,
        count: impl FnOnce() -> F,
    ) -> Result<Option<Arc<EventResults>>, StoreError>
    where
        F: Future<Output = Result<Option<EventResults>, StoreError>>,
    {
        let counted = self.place(event);
        let results = counted.results.get_or_try_init(async || Ok(count().await?.map(Arc::new))).await;
        results.cloned()
    }

    fn place(&self, event: EventId) -> Arc<Counted> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, counted| counted.begun.elapsed() < FRESH);
        if held.len() >= EVENTS
            && !held.contains_key(&event)
            && let Some(oldest) = held.iter().min_by_key(|(_, counted)| counted.begun).map(|(event, _)| *event)
        {
            held.remove(&oldest);
        }
        let counted = || Arc::new(Counted { begun: Instant::now(), results: OnceCell::new() });
        Arc::clone(held.entry(event).or_insert_with(counted))
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use uuid::Uuid;

    use super::*;

    fn event(n: u8) -> EventId {
        EventId::new(Uuid::from_bytes([n; 16]))
    }

    #[tokio::test]
    async fn one_counts_for_all_who_ask_at_a_time_and_nobody_waits_for_another_event() {
        let held = CountedResults::default();
        let mut stuck = Box::pin(held.of(event(1), std::future::pending));
        assert!(futures_util::poll!(&mut stuck).is_pending());
        let mut waits =
            Box::pin(held.of(event(1), || -> std::future::Ready<_> { unreachable!("it is being counted") }));
        assert!(futures_util::poll!(&mut waits).is_pending());
        assert!(held.of(event(2), || ready(Ok(None))).await.expect("counted").is_none());
    }

    #[tokio::test]
    async fn a_failure_is_not_held_and_neither_are_more_events_than_may_be() {
        let held = CountedResults::default();
        assert!(held.of(event(1), || ready(Err(StoreError::Unreadable("a test")))).await.is_err());
        for n in 1..=2 * EVENTS as u8 {
            assert!(held.of(event(n), || ready(Ok(None))).await.expect("counted").is_none());
        }
        assert_eq!(held.0.lock().expect("nobody failed").len(), EVENTS);
    }
}
