//! How far a node is: it serves, it leaves, it drains; and when whoever cannot stay is to come
//! back.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use parterre_protocol::CloseCode;
use parterre_system::random;

use crate::{
    disconnect::Disconnect,
    settings::NodeSettings,
    workers::{WorkerCommand, Workers},
};

/// How far a node is.
#[derive(Debug)]
pub struct Lifecycle {
    started: Instant,
    /// Whether the node is on its way out, and is to be sent nobody any more.
    leaving: AtomicBool,
    /// Whether it takes nobody in any more.
    draining: AtomicBool,
    /// Whether there can be no other node.
    is_single_node: bool,
    /// How long a stopping node takes to send everyone away.
    drain: Duration,
}

impl Lifecycle {
    /// Of a node that starts now.
    pub fn new(settings: &NodeSettings) -> Self {
        Self {
            started: Instant::now(),
            leaving: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            is_single_node: settings.is_single_node,
            drain: settings.live.drain,
        }
    }

    /// For how long the node has been up: a time that never goes back, whatever becomes of the
    /// clock.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// Whether there can be no other node: then who is sent away has to wait until this one is
    /// back.
    pub const fn is_single_node(&self) -> bool {
        self.is_single_node
    }

    /// Whether the node is on its way out, and is to be sent nobody any more.
    pub fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Acquire)
    }

    /// Says that the node is on its way out; it serves all who come none the less.
    pub fn leave(&self) {
        self.leaving.store(true, Ordering::Release);
    }

    /// Takes nobody in any more, and tells every connection to come back: over the drain time, one
    /// after another, where other nodes take them; all at once where this node has to be back
    /// first.
    pub fn drain(&self, workers: &Workers) {
        self.leave();
        self.draining.store(true, Ordering::Release);
        let over = if self.is_single_node { Duration::ZERO } else { self.drain };
        workers.tell_all(|| WorkerCommand::EndAll(over));
    }

    /// Whether newcomers are taken in; else how they are sent away.
    pub fn check_serving(&self) -> Result<(), Disconnect> {
        if self.draining.load(Ordering::Acquire) { Err(self.restart_ending()) } else { Ok(()) }
    }

    /// How a connection ends when the server stops. Other nodes are there at once; a node that is
    /// alone is back in a while.
    pub fn restart_ending(&self) -> Disconnect {
        let retry = if self.is_single_node {
            spread(Duration::from_millis(500), self.drain)
        } else {
            spread(Duration::from_millis(20), Duration::from_millis(480))
        };
        Disconnect::new(CloseCode::Restart, "The server is restarting.").retry(retry)
    }

    /// How a connection ends that is one too many. The next attempt may reach another node, if
    /// there is one.
    pub fn full_ending(&self) -> Disconnect {
        let least = Duration::from_millis(if self.is_single_node { 2_000 } else { 500 });
        Disconnect::new(CloseCode::TryLater, "The server is full just now.").retry(spread(least, least * 2))
    }
}

/// Not all at the same moment.
fn spread(least: Duration, span: Duration) -> Duration {
    least + span.mul_f64(random::fraction())
}
