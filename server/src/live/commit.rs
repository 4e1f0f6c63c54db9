//! Grouped commits: answers, questions, votes and joins of all connections are collected for a few milliseconds and
//! committed in one transaction; then each gets its receipt. Nothing is acknowledged before.

use std::sync::Arc;

use parterre_protocol::Outcome;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout_at},
};

use super::{
    bus::{Hint, Notice},
    hub::Hub,
};
use crate::store::{Batch, EventChange, Join, Joined, NewPostCommand, NewResponse};

/// Commands that may wait to be committed; one more is told to come later. At 1,000 a batch of a few milliseconds this
/// is well under a second.
const QUEUE: usize = 65_536;
/// When to send a command again that could not be stored just now.
const RETRY_MS: u32 = 1000;

/// What waits to be committed, and who waits for it.
#[derive(Debug)]
pub enum Request {
    /// An answer.
    Respond(NewResponse, oneshot::Sender<Outcome>),
    /// Something that a participant does with questions.
    Post(NewPostCommand, oneshot::Sender<Outcome>),
    /// A participant's arrival. The answer is none when it could not be stored.
    Join(Join, oneshot::Sender<Option<Joined>>),
    /// The wish to know when all that was queued before is dealt with, which dropping it tells.
    Flush(oneshot::Sender<()>),
}

/// The way to the committing task.
#[derive(Clone, Debug)]
pub struct Committer {
    queue: mpsc::Sender<Request>,
}

impl Committer {
    /// The way, and the end at which [`run`] takes the requests.
    pub fn new() -> (Self, mpsc::Receiver<Request>) {
        let (queue, requests) = mpsc::channel(QUEUE);
        (Self { queue }, requests)
    }

    /// Has an answer committed. Commands are committed in the order in which this is called.
    pub fn respond(&self, response: NewResponse) -> impl Future<Output = Outcome> + use<> {
        let (sender, receipt) = oneshot::channel();
        self.queue(Request::Respond(response, sender), receipt)
    }

    /// Has a command about questions committed, in the same order.
    pub fn post(&self, command: NewPostCommand) -> impl Future<Output = Outcome> + use<> {
        let (sender, receipt) = oneshot::channel();
        self.queue(Request::Post(command, sender), receipt)
    }

    fn queue(&self, request: Request, receipt: oneshot::Receiver<Outcome>) -> impl Future<Output = Outcome> + use<> {
        let queued = self.queue.try_send(request);
        async move {
            let later = Outcome::Later { retry_ms: RETRY_MS };
            if queued.is_ok() { receipt.await.unwrap_or(later) } else { later }
        }
    }

    /// Has a participant's arrival committed; none when it could not be.
    pub async fn join(&self, join: Join) -> Option<Joined> {
        let (sender, joined) = oneshot::channel();
        self.queue.try_send(Request::Join(join, sender)).ok()?;
        joined.await.ok().flatten()
    }

    /// Waits until all that was queued is committed, or could not be, and everyone who waits for it was told.
    pub async fn flush(&self) {
        let (sender, flushed) = oneshot::channel();
        if self.queue.send(Request::Flush(sender)).await.is_ok() {
            // It is dropped then, and says no more than that.
            let _ = flushed.await;
        }
    }
}

/// Commits what comes, batch by batch, until nobody can send any more.
pub async fn run(hub: Arc<Hub>, mut requests: mpsc::Receiver<Request>) {
    let most = hub.settings.commit_rows.get();
    let mut waiting = Vec::new();
    while let Some(first) = requests.recv().await {
        waiting.push(first);
        let close = Instant::now() + hub.settings.commit_window;
        while waiting.len() < most {
            let room = most - waiting.len();
            match timeout_at(close, requests.recv_many(&mut waiting, room)).await {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
        commit(&hub, waiting.drain(..)).await;
    }
}

async fn commit(hub: &Hub, requests: impl Iterator<Item = Request>) {
    let (mut batch, mut answers, mut posts, mut arrivals) = (Batch::default(), Vec::new(), Vec::new(), Vec::new());
    let mut flushed = Vec::new();
    for request in requests {
        match request {
            Request::Respond(response, receipt) => {
                batch.responses.push(response);
                answers.push(receipt);
            }
            Request::Post(command, receipt) => {
                batch.posts.push(command);
                posts.push(receipt);
            }
            Request::Join(join, arrival) => {
                batch.joins.push(join);
                arrivals.push(arrival);
            }
            Request::Flush(sender) => flushed.push(sender),
        }
    }
    let rows = answers.len() + posts.len() + arrivals.len();
    if rows == 0 {
        return;
    }
    let started = Instant::now();
    let committed = match hub.store.commit(&batch, hub.clock.now()).await {
        Ok(committed) => committed,
        Err(error) => {
            tracing::error!(%error, rows, "a batch could not be committed");
            // Dropping the senders tells everyone to come later; the same command is safe to repeat.
            return;
        }
    };
    hub.metrics.commit_rows.observe(rows as f64);
    hub.metrics.commit_seconds.observe(started.elapsed().as_secs_f64());
    hub.metrics.joins.inc_by(arrivals.len() as u64);
    announce(hub, &batch, committed.changes, &committed.joins);
    // Someone who has hung up does not wait for the receipt.
    let (answers, posts) = (answers.into_iter().zip(committed.responses), posts.into_iter().zip(committed.posts));
    for (receipt, outcome) in answers.chain(posts) {
        hub.metrics.commands.at(&outcome).inc();
        let _ = receipt.send(outcome);
    }
    for (arrival, joined) in arrivals.into_iter().zip(committed.joins) {
        let _ = arrival.send(Some(joined));
    }
}

/// Tells the rooms what was committed.
fn announce(hub: &Hub, batch: &Batch, changes: Vec<EventChange>, joins: &[Joined]) {
    changes.into_iter().for_each(|change| hub.publish(change.into()));
    let mut fresh: Vec<_> =
        batch.joins.iter().zip(joins).filter(|(_, joined)| joined.fresh).map(|(join, _)| join.event).collect();
    fresh.sort_unstable();
    for events in fresh.chunk_by(|a, b| a == b) {
        hub.publish(Notice { event: events[0], rev: 0, hint: Hint::Joined(events.len() as u32) });
    }
}
