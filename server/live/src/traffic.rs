//! How much a connection gets in the busiest moments: what whoever plans a venue's network wants to
//! know.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use crate::{admission::capacity::Capacity, context::Context};

/// How long a moment is: longer than everything that comes at intervals, shorter than a vote.
const MOMENT: Duration = Duration::from_secs(10);
/// Of fewer connections, a screen or a studio would decide.
const ENOUGH: usize = 20;

/// Bytes a second that a connection got in the busiest moment so far; zero before any.
#[derive(Debug, Default)]
pub struct Traffic(AtomicU32);

impl Traffic {
    /// The busiest moment, if there was one that says something.
    pub fn busiest(&self) -> Option<u32> {
        Some(self.0.load(Ordering::Relaxed)).filter(|bytes| *bytes > 0)
    }

    /// Takes note of a moment in which so many connections got so many bytes together.
    fn note(&self, bytes: u64, connections: usize) {
        if connections >= ENOUGH {
            let each = bytes / (MOMENT.as_secs() * connections as u64);
            self.0.fetch_max(u32::try_from(each).unwrap_or(u32::MAX), Ordering::Relaxed);
        }
    }
}

/// Looks at one moment after the other, for as long as the server runs.
pub(crate) async fn watch(context: Arc<Context>, capacity: Arc<Capacity>, traffic: Arc<Traffic>) {
    let (mut bytes, mut connections) = (context.metrics.bytes_sent.get(), capacity.connections());
    let mut moment = tokio::time::interval(MOMENT);
    // The first is over at once.
    moment.tick().await;
    loop {
        moment.tick().await;
        let (bytes_now, connections_now) = (context.metrics.bytes_sent.get(), capacity.connections());
        traffic.note(bytes_now - bytes, connections.max(connections_now));
        (bytes, connections) = (bytes_now, connections_now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_moment_of_a_room_counts() {
        let traffic = Traffic::default();
        traffic.note(1_000_000, ENOUGH - 1);
        assert_eq!(traffic.busiest(), None);
        for (bytes, busiest) in [(40_000, 200), (100_000, 500), (20_000, 500)] {
            traffic.note(bytes, ENOUGH);
            assert_eq!(traffic.busiest(), Some(busiest));
        }
    }
}
