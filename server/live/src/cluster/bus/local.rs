//! The bus of a single node: a bounded queue.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;
use parterre_protocol::EventId;
use tokio::sync::{Mutex, mpsc};

use super::{Bus, Notification, Signal};

/// Notifications that may wait. A node that falls behind by more reads the database instead, which
/// is cheaper.
const QUEUE: usize = 4096;

/// The in-process bus.
#[derive(Debug)]
pub struct LocalBus {
    sender: mpsc::Sender<Notification>,
    receiver: Mutex<mpsc::Receiver<Notification>>,
    missed: AtomicBool,
}

impl Default for LocalBus {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        Self { sender, receiver: Mutex::new(receiver), missed: AtomicBool::new(false) }
    }
}

impl Bus for LocalBus {
    fn publish(&self, notification: Notification) {
        if self.sender.try_send(notification).is_err() {
            self.missed.store(true, Ordering::Release);
        }
    }

    fn subscribe(&self, _event: EventId) {}

    fn unsubscribe(&self, _event: EventId) {}

    fn next(&self) -> BoxFuture<'_, Signal> {
        Box::pin(async {
            if self.missed.swap(false, Ordering::AcqRel) {
                return Signal::Lagged;
            }
            match self.receiver.lock().await.recv().await {
                Some(notification) => Signal::Notification(notification),
                None => std::future::pending().await,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{super::Hint, *};

    #[tokio::test]
    async fn a_full_queue_says_that_something_was_missed() {
        let bus = LocalBus::default();
        for rev in 0..=QUEUE as i64 {
            bus.publish(Notification { event: EventId::new(Uuid::nil()), rev, hint: Hint::Resync });
        }
        assert!(matches!(bus.next().await, Signal::Lagged));
        assert!(matches!(bus.next().await, Signal::Notification(Notification { rev: 0, .. })));
    }
}
