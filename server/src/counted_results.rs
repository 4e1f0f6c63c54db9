//! The results of events as they were counted last, for all who look at them at a time.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use parterre_protocol::EventId;
use parterre_store::{EventResults, StoreError};
use tokio::sync::Mutex;

/// How long results are shown as they were counted: when an event ends, the whole room looks at
/// once.
const FRESH: Duration = Duration::from_secs(2);
/// The results of how many events are held at most.
const EVENTS: usize = 16;

/// The results that were counted last, by event.
#[derive(Debug, Default)]
pub struct CountedResults(Mutex<HashMap<EventId, (Instant, Arc<EventResults>)>>);

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
        let mut held = self.0.lock().await;
        held.retain(|_, (at, _)| at.elapsed() < FRESH);
        if let Some((_, results)) = held.get(&event) {
            return Ok(Some(Arc::clone(results)));
        }
        let Some(counted) = count().await? else { return Ok(None) };
        let counted = Arc::new(counted);
        if held.len() < EVENTS {
            held.insert(event, (Instant::now(), Arc::clone(&counted)));
        }
        Ok(Some(counted))
    }
}
