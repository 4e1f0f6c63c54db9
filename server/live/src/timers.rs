//! Does what is due: closes what has counted down, opens what was scheduled.
//!
//! Every node looks after every event, also those of which it has no room, so that what is due
//! happens whichever of them are there. It sleeps until the next moment that it knows of, but at
//! most a second: then it looks for those that were set elsewhere, and for those whose own node is
//! gone. That all nodes wake at the same moment does no harm: the store does each thing once.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use parterre_protocol::{EventId, Millis};
use parterre_store::StoreError;
use tokio::time::sleep;

use crate::context::Context;

/// How often to look for moments that nobody has told of: so much later may something happen after
/// a crash.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// How long to wait when the database fails.
const AGAIN: Duration = Duration::from_millis(250);
/// Moments that are read at once. With more that are due, there is another look at once.
const AT_ONCE: u32 = 64;

/// Does what is due, for as long as the node runs.
pub(crate) async fn run(context: Arc<Context>) {
    let mut timers = Timers { context: &context, unsure: BTreeSet::new(), failing: false };
    loop {
        let wait = timers.turn().await;
        tokio::select! {
            () = sleep(wait) => {}
            () = context.timers.notified() => {}
        }
    }
}

struct Timers<'a> {
    context: &'a Context,
    /// Events of which it is not known whether what was due is done: the database failed just then.
    /// If it is, nobody has been told.
    unsure: BTreeSet<EventId>,
    /// Whether the database failed the last time.
    failing: bool,
}

impl Timers<'_> {
    /// Does what is due now. Returns for how long there is nothing more to do.
    async fn turn(&mut self) -> Duration {
        match self.settle_due().await {
            Ok(wait) => {
                self.failing = false;
                wait
            }
            Err(error) => {
                if !self.failing {
                    tracing::error!(%error, "what is due could not be done; trying again");
                }
                self.failing = true;
                if error.is_retryable() { AGAIN } else { POLL_INTERVAL }
            }
        }
    }

    async fn settle_due(&mut self) -> Result<Duration, StoreError> {
        let moments = self.context.store.moments(AT_ONCE).await?;
        let now = self.context.clock.now();
        // They are in order.
        let (due, ahead) = moments.split_at(moments.partition_point(|moment| moment.at <= now));
        let events: BTreeSet<_> = due.iter().map(|moment| moment.event).chain(self.unsure.iter().copied()).collect();
        let mut changed = false;
        let mut failed = None;
        for event in events {
            // An event that cannot be read keeps no other from its time.
            match self.settle(event).await {
                Ok(done) => changed |= done,
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) => Err(error),
            // What was opened may be about to close.
            None if changed => Ok(Duration::ZERO),
            None => Ok(ahead.first().map_or(POLL_INTERVAL, |next| until(next.at, self.context.clock.now()))),
        }
    }

    /// Does what is due in one event, and tells of it. True where there was anything.
    async fn settle(&mut self, event: EventId) -> Result<bool, StoreError> {
        let unsure = !self.unsure.insert(event);
        let settled = self.context.store.settle(event, self.context.clock.now()).await?;
        self.unsure.remove(&event);
        let Some(settled) = settled else { return Ok(false) };
        if settled.changed || unsure {
            self.context.changed(event, settled.rev);
        }
        if settled.changed {
            self.context.metrics.timers.inc();
        }
        Ok(settled.changed)
    }
}

fn until(at: Millis, now: Millis) -> Duration {
    Duration::from_millis(u64::try_from(at - now).unwrap_or(0)).min(POLL_INTERVAL)
}
