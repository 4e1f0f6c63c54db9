//! Grouped commits: answers, questions, votes and joins of all connections are collected for a few
//! milliseconds and committed in one transaction; then each gets its receipt. Nothing is
//! acknowledged before.
//!
//! While the database is away nothing is kept for it: each command is told at once when to come
//! again, and only the committing task looks for the database.

pub mod command;
pub(crate) mod lookup;
pub mod steer;
pub mod submit;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use parterre_protocol::Outcome;
use parterre_store::{Batch, Committed, Join, NewPostCommand, NewResponse, Visit};
use parterre_system::{
    mutants::{self, Mutant},
    random,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep, timeout_at},
};

use crate::{
    cluster::bus::{Hint, Notification},
    context::Context,
};

/// Commands that may wait to be committed; one more is told to come later. At 1,000 a batch of a
/// few milliseconds this is well under a second.
const QUEUE: usize = 65_536;
/// When to send a command again that could not be stored just now, at least and at most: the longer
/// the database has been away, the longer it will be.
const RETRY_MS: (u32, u32) = (1000, 4000);
/// How often the committing task looks for a database that is away.
const DATABASE_POLL_INTERVAL: Duration = Duration::from_millis(250);

/// What waits to be committed, and who waits for it.
#[derive(Debug)]
pub enum Request {
    /// An answer.
    Respond(NewResponse, oneshot::Sender<Outcome>),
    /// Something that a participant does with questions.
    Post(NewPostCommand, oneshot::Sender<Outcome>),
    /// A name that somebody gives. There is no answer when it could not be stored.
    Join(Join, oneshot::Sender<()>),
    /// Somebody is in an event. Nobody waits for it.
    Visit(Visit),
    /// The wish to know when all that was queued before is dealt with, which dropping it tells.
    Flush(oneshot::Sender<()>),
}

/// The way to the committing task.
#[derive(Clone, Debug)]
pub struct Committer {
    queue: mpsc::Sender<Request>,
    /// For how many milliseconds the database has been away; 0: it is there.
    away_ms: Arc<AtomicU32>,
}

impl Committer {
    /// The way, and the end at which [`run`] takes the requests.
    pub fn new() -> (Self, mpsc::Receiver<Request>) {
        let (queue, requests) = mpsc::channel(QUEUE);
        (Self { queue, away_ms: Arc::default() }, requests)
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
        let (queued, later) = (self.try_queue(request), self.later());
        async move { if queued { receipt.await.unwrap_or(later) } else { later } }
    }

    fn try_queue(&self, request: Request) -> bool {
        self.away_ms.load(Ordering::Relaxed) == 0 && self.queue.try_send(request).is_ok()
    }

    /// Whether the database did not store what it was given, and has not stored as much since.
    pub fn is_away(&self) -> bool {
        self.away_ms.load(Ordering::Relaxed) > 0
    }

    /// When to come again with what cannot be stored just now: not all at the same moment.
    pub fn later(&self) -> Outcome {
        let (least, most) = RETRY_MS;
        let base = (self.away_ms.load(Ordering::Relaxed) / 2).clamp(least, most);
        Outcome::Later { retry_ms: base + (f64::from(base) * random::fraction() / 2.0) as u32 }
    }

    /// Has a name committed that somebody gives who joins. False when it could not be.
    pub async fn join(&self, join: Join) -> bool {
        let (sender, joined) = oneshot::channel();
        self.try_queue(Request::Join(join, sender)) && joined.await.is_ok()
    }

    /// Has it noted that somebody is in an event. Where that is not possible just now it is left:
    /// it is noted with the next connection, or with the first thing that is sent.
    pub fn visit(&self, visit: Visit) {
        self.try_queue(Request::Visit(visit));
    }

    /// Waits until all that was queued is committed, or could not be, and everyone who waits for it
    /// was told.
    pub async fn flush(&self) {
        let (sender, flushed) = oneshot::channel();
        if self.queue.send(Request::Flush(sender)).await.is_ok() {
            // It is dropped then, and says no more than that.
            let _ = flushed.await;
        }
    }
}

/// Commits what comes, batch by batch, until nobody can send any more.
pub(crate) async fn run(context: Arc<Context>, committer: Committer, mut requests: mpsc::Receiver<Request>) {
    let most = context.settings.commit_rows.get();
    let mut waiting = Vec::new();
    while let Some(first) = requests.recv().await {
        waiting.push(first);
        let close = Instant::now() + context.settings.commit_window;
        while waiting.len() < most {
            let room = most - waiting.len();
            match timeout_at(close, requests.recv_many(&mut waiting, room)).await {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
        let commands = waiting.len();
        if !commit(&context, &committer, waiting.drain(..)).await {
            wait_out(&context, &committer, &mut requests, commands).await;
        }
    }
}

/// Waits until the database stores again as much as it did not store. What is still in the queue
/// waits for nothing that anybody could tell.
async fn wait_out(context: &Context, committer: &Committer, requests: &mut mpsc::Receiver<Request>, commands: usize) {
    let since = Instant::now();
    let away = &committer.away_ms;
    loop {
        away.store(u32::try_from(since.elapsed().as_millis()).unwrap_or(u32::MAX).max(1), Ordering::Relaxed);
        while let Ok(request) = requests.try_recv() {
            put_off(context, committer, request);
        }
        if context.store.check_room(commands).await.is_ok() {
            break;
        }
        sleep(DATABASE_POLL_INTERVAL).await;
    }
    away.store(0, Ordering::Relaxed);
    tracing::info!(seconds = since.elapsed().as_secs_f64(), "the database stores again");
}

/// Tells whoever waits for a receipt to come again.
fn put_off(context: &Context, committer: &Committer, request: Request) {
    if let Request::Respond(_, receipt) | Request::Post(_, receipt) = request {
        put_off_receipt(context, committer, receipt);
    }
}

fn put_off_receipt(context: &Context, committer: &Committer, receipt: oneshot::Sender<Outcome>) {
    let outcome = committer.later();
    context.metrics.commands.at(&outcome).inc();
    let _ = receipt.send(outcome);
}

/// What is committed together, and who waits for it.
#[derive(Default)]
struct Group {
    batch: Batch,
    /// In the order of the batch.
    answers: Vec<oneshot::Sender<Outcome>>,
    /// In the order of the batch.
    posts: Vec<oneshot::Sender<Outcome>>,
    arrivals: Vec<oneshot::Sender<()>>,
    /// Who is told by dropping these.
    flushed: Vec<oneshot::Sender<()>>,
}

impl Group {
    fn new(requests: impl Iterator<Item = Request>) -> Self {
        let mut group = Self::default();
        for request in requests {
            match request {
                Request::Respond(response, receipt) => {
                    group.batch.responses.push(response);
                    group.answers.push(receipt);
                }
                Request::Post(command, receipt) => {
                    group.batch.posts.push(command);
                    group.posts.push(receipt);
                }
                Request::Join(join, arrival) => {
                    group.batch.joins.push(join);
                    group.arrivals.push(arrival);
                }
                Request::Visit(visit) => group.batch.visits.push(visit),
                Request::Flush(sender) => group.flushed.push(sender),
            }
        }
        group
    }

    fn rows(&self) -> usize {
        self.answers.len() + self.posts.len() + self.arrivals.len() + self.batch.visits.len()
    }
}

/// Commits a batch. False when the database is away.
async fn commit(context: &Context, committer: &Committer, requests: impl Iterator<Item = Request>) -> bool {
    let mut group = Group::new(requests);
    let rows = group.rows();
    if rows == 0 {
        return true;
    }
    let (started, now) = (Instant::now(), context.clock.now());
    if mutants::is(Mutant::AckBeforeCommit) {
        for receipt in group.answers.drain(..).chain(group.posts.drain(..)) {
            let _ = receipt.send(Outcome::Stored { at: now });
        }
    }
    let committed = match context.store.commit(&group.batch, now).await {
        Ok(committed) => committed,
        Err(error) => {
            tracing::error!(%error, rows, "a batch could not be committed");
            // The same command is safe to repeat. Who joins learns it by the end of the channel.
            let receipts = group.answers.into_iter().chain(group.posts);
            receipts.for_each(|receipt| put_off_receipt(context, committer, receipt));
            return !error.is_retryable();
        }
    };
    context.metrics.commit_rows.observe(rows as f64);
    context.metrics.commit_seconds.observe(started.elapsed().as_secs_f64());
    tell(context, group, committed);
    true
}

/// Tells the nodes what was committed, then whoever waits for it.
fn tell(context: &Context, group: Group, committed: Committed) {
    committed.changes.into_iter().for_each(|change| context.publish(change.into()));
    for (event, fresh) in committed.attended {
        context.publish(Notification { event, rev: 0, hint: Hint::Joined(fresh) });
    }
    committed.repeated.iter().for_each(|&(event, rev)| context.reread(event, rev));
    // Someone who has hung up does not wait for the receipt.
    let answers = group.answers.into_iter().zip(committed.responses);
    for (receipt, outcome) in answers.chain(group.posts.into_iter().zip(committed.posts)) {
        context.metrics.commands.at(&outcome).inc();
        let _ = receipt.send(outcome);
    }
    for arrival in group.arrivals {
        let _ = arrival.send(());
    }
}
