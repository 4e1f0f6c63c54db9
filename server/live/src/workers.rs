//! The way to the connections of this node: each worker thread has a mailbox, in which others leave
//! what it is to do with the connections that it owns.

use std::{sync::Mutex, time::Duration};

use bytes::Bytes;
use parterre_protocol::{EventId, Rev};
use tokio::sync::mpsc;

use crate::{disconnect::Disconnect, lock::lock};

/// Where a connection is: the worker that owns it, and its place there. The generation tells it
/// from a later connection at the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId {
    /// The worker's index among those of the node.
    pub worker: u16,
    /// The connection's key within the worker.
    pub key: u32,
    /// Counts the connections of the worker.
    pub generation: u32,
}

/// A command to a worker from elsewhere.
#[derive(Debug)]
pub enum WorkerCommand {
    /// End a connection.
    End(ConnectionId, Disconnect),
    /// Give a connection its participant's newest answers.
    Me(ConnectionId, Rev, Bytes),
    /// The participant of a connection has sent something another way.
    Promote(ConnectionId),
    /// End every connection of an event.
    EndEvent(EventId, Disconnect),
    /// The server stops: end every connection over this time, each with its own time to come back.
    EndAll(Duration),
}

/// The mailboxes of all workers.
#[derive(Debug, Default)]
pub struct Workers {
    mailboxes: Mutex<Vec<mpsc::UnboundedSender<WorkerCommand>>>,
}

impl Workers {
    /// Adds a worker. Returns its index and its mailbox.
    pub fn add(&self) -> (u16, mpsc::UnboundedReceiver<WorkerCommand>) {
        // Unbounded, but only ever used for rare words: a second tab's answer, a deleted event, the
        // end.
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut mailboxes = lock(&self.mailboxes);
        mailboxes.push(sender);
        (u16::try_from(mailboxes.len() - 1).expect("a machine has fewer than 65,536 cores"), receiver)
    }

    /// Tells the worker that owns a connection.
    pub fn tell(&self, connection: ConnectionId, command: impl FnOnce(ConnectionId) -> WorkerCommand) {
        if let Some(mailbox) = lock(&self.mailboxes).get(usize::from(connection.worker)) {
            // A worker that is gone has no connections left to tell.
            let _ = mailbox.send(command(connection));
        }
    }

    /// Tells every worker.
    pub fn tell_all(&self, command: impl Fn() -> WorkerCommand) {
        for mailbox in lock(&self.mailboxes).iter() {
            let _ = mailbox.send(command());
        }
    }
}
