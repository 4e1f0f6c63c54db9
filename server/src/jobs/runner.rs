//! Claims due jobs and records their results, on every node.
//!
//! It wakes when the next job is due, when one was added or finished on this node, and periodically
//! to find jobs from other nodes. One task does everything, including the jobs, so that nothing
//! continues after it has ended. Its claimed jobs are then released by [`Store::release_jobs`], or
//! by the end of their leases if the node dies.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::{FutureExt, StreamExt, stream::unfold};
use parterre_domain::{
    ids::NodeId,
    job::{JobKind, backoff},
};
use parterre_live::context::Context;
use parterre_protocol::Millis;
use parterre_store::{ClaimedJob, JobLease, NewJob, RETRY_TIMEOUT, Store, StoreError};
use parterre_system::{
    clock::Clock,
    metrics::{JobResult, Metrics},
    random,
};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc},
    time::{Instant, sleep, timeout},
};

use super::attempt::{Attempt, Handlers, JobError, Outcome, after};

/// How much at once, and how often.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Jobs that are done at the same time.
    pub concurrency: usize,
    /// How long others leave a job to a node that does not renew its lease.
    pub lease: Duration,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// How long a handler whose lease is lost may go on: it may have finished the job just now, and
    /// be about to hear of it.
    pub grace: Duration,
    /// How often to look for jobs without a notification. Jobs that a dead node left are done this
    /// much later.
    pub poll: Duration,
    /// How long to wait when the database fails.
    pub again: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            concurrency: 4,
            lease: Duration::from_secs(60),
            timeout: Duration::from_secs(10 * 60),
            grace: RETRY_TIMEOUT,
            poll: Duration::from_secs(10),
            again: Duration::from_secs(2),
        }
    }
}

/// How soon to look again if due jobs were just being claimed by another node.
const CONTENDED: Duration = Duration::from_millis(100);

/// Takes jobs for one node.
#[derive(Debug)]
pub struct Runner<H> {
    /// The node.
    pub node: NodeId,
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// The figures.
    pub metrics: Metrics,
    /// Notified when a job is added.
    pub job_added: Arc<Notify>,
    /// What does the jobs.
    pub handlers: H,
    /// How much at once, and how often.
    pub pace: Pace,
}

/// What the task that takes jobs remembers.
#[derive(Debug, Default)]
struct PollState {
    /// Whether the recurring jobs are there.
    prepared: bool,
    /// When jobs were counted.
    counted: Option<Instant>,
    /// Whether the database failed the last time.
    failing: bool,
}

type Permit = OwnedSemaphorePermit;

impl<H: Handlers> Runner<H> {
    /// One of this node.
    pub fn new(context: &Context, handlers: H) -> Self {
        Self {
            node: context.node,
            store: context.store.clone(),
            clock: context.clock.clone(),
            metrics: context.metrics.clone(),
            job_added: Arc::clone(&context.job_added),
            handlers,
            pace: Pace::default(),
        }
    }

    /// Takes jobs and does them, for as long as the node runs.
    pub async fn run(self) {
        let (taken, queue) = mpsc::channel(self.pace.concurrency);
        let (runner, permits) = (Arc::new(self), Arc::new(Semaphore::new(taken.max_capacity())));
        let queue = unfold(queue, |mut queue| async move { queue.recv().await.map(|taken| (taken, queue)) });
        // Beside the taking: a job that holds the only connection which writes must go on while
        // that is waited for.
        let doing = queue.for_each_concurrent(None, |(claimed, permit): (ClaimedJob, Permit)| {
            let runner = Arc::clone(&runner);
            async move {
                runner.attempt(&claimed).await;
                drop(permit);
                runner.job_added.notify_one();
            }
        });
        tokio::join!(runner.take(&permits, taken), doing);
    }

    /// Takes jobs whenever there is a place for one.
    async fn take(&self, permits: &Arc<Semaphore>, taken: mpsc::Sender<(ClaimedJob, Permit)>) {
        let mut state = PollState::default();
        loop {
            let Ok(permit) = Arc::clone(permits).acquire_owned().await else { return };
            let wait = match self.claim_due(&mut state, 1 + permits.available_permits()).await {
                Ok((claimed, wait)) => {
                    state.failing = false;
                    let free = std::iter::from_fn(|| Arc::clone(permits).try_acquire_owned().ok());
                    for job in claimed.into_iter().zip(std::iter::once(permit).chain(free)) {
                        // There is room for as many as there are places.
                        let _ = taken.send(job).await;
                    }
                    wait
                }
                Err(error) => {
                    if !std::mem::replace(&mut state.failing, true) {
                        tracing::warn!(%error, "cannot claim jobs; retrying");
                    }
                    self.pace.again
                }
            };
            tokio::select! {
                () = sleep(wait) => {}
                () = self.job_added.notified() => {}
            }
        }
    }

    /// Claims at most this many due jobs. Returns them, and when to look again.
    async fn claim_due(&self, state: &mut PollState, most: usize) -> Result<(Vec<ClaimedJob>, Duration), StoreError> {
        if !self.handlers.takes_jobs() {
            return Ok((Vec::new(), self.pace.poll));
        }
        if !state.prepared {
            self.prepare().await?;
            state.prepared = true;
        }
        if state.counted.is_none_or(|at| at.elapsed() >= self.pace.poll) {
            self.count().await?;
            state.counted = Some(Instant::now());
        }
        let kinds: Vec<_> = JobKind::ALL.iter().map(|kind| kind.name()).collect();
        let next = self.store.next_job_at(&kinds).await?;
        let now = self.clock.now();
        let ahead = next.map_or(self.pace.poll, |at| Duration::from_millis(u64::try_from(at - now).unwrap_or(0)));
        if !ahead.is_zero() {
            return Ok((Vec::new(), ahead.min(self.pace.poll)));
        }
        let until = after(now, self.pace.lease);
        let claimed = self.store.claim_jobs(self.node, &kinds, most as u32, now, until).await?;
        let wait = if claimed.is_empty() { CONTENDED } else { Duration::ZERO };
        Ok((claimed, wait))
    }

    /// Adds the recurring jobs that are missing, spread over their interval.
    async fn prepare(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let recurring = JobKind::ALL.iter().filter_map(|kind| {
            let first = now + (kind.interval()? as f64 * random::fraction()) as Millis;
            NewJob::recurring(random::ordered_id(now), *kind, first)
        });
        self.store.prepare_jobs(&recurring.collect::<Vec<_>>(), now, self.pace.lease).await
    }

    /// Counts the jobs that wait and those that failed.
    async fn count(&self) -> Result<(), StoreError> {
        let counts = self.store.count_jobs(self.clock.now()).await?;
        for kind in JobKind::ALL {
            let count = counts.iter().find(|count| count.kind == kind.name());
            let (waiting, failed) = count.map_or((0, 0), |count| (count.waiting, count.failed));
            self.metrics.jobs_waiting.at(*kind).set(i64::from(waiting));
            self.metrics.jobs_failed.at(*kind).set(i64::from(failed));
        }
        Ok(())
    }

    /// Runs one job and stores its result.
    async fn attempt(&self, claimed: &ClaimedJob) {
        // No others were asked for.
        let Some(kind) = JobKind::parse(&claimed.kind) else { return };
        let attempt = Attempt::new(kind, claimed, &self.clock, self.pace.lease);
        let done = if claimed.is_exhausted() {
            Err(JobError::Abandoned)
        } else {
            tokio::select! {
                biased;
                done = self.perform(&attempt) => done,
                () = self.renew_lease(claimed.lease) => Ok(Outcome::Lost),
            }
        };
        match self.settle(&attempt, done).await {
            Ok(result) => self.metrics.jobs.at(kind, result).inc(),
            Err(error) => {
                let (kind, id) = (kind.name(), claimed.id());
                tracing::warn!(kind, %id, %error, "a job's result could not be stored; its lease will expire");
            }
        }
    }

    async fn perform(&self, attempt: &Attempt<'_>) -> Result<Outcome, JobError> {
        let work = AssertUnwindSafe(self.handlers.perform(attempt)).catch_unwind();
        match timeout(self.pace.timeout, work).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(JobError::Panicked),
            Err(_) => Err(JobError::TimedOut),
        }
    }

    /// Renews a lease for as long as that is possible. Returns when it is lost.
    async fn renew_lease(&self, lease: JobLease) {
        let mut held_until = Instant::now() + self.pace.lease;
        loop {
            sleep(self.pace.lease / 3).await;
            let asked = Instant::now();
            match self.store.renew_job(lease, after(self.clock.now(), self.pace.lease)).await {
                Ok(true) => held_until = asked + self.pace.lease,
                Ok(false) => return sleep(self.pace.grace).await,
                Err(_) if Instant::now() >= held_until => return,
                Err(error) => tracing::debug!(%error, "a lease could not be renewed; retrying"),
            }
        }
    }

    async fn settle(&self, attempt: &Attempt<'_>, done: Result<Outcome, JobError>) -> Result<JobResult, StoreError> {
        let (claimed, now) = (attempt.claimed(), self.clock.now());
        let (kind, id, number) = (&claimed.kind, claimed.id(), claimed.attempt());
        let (held, result) = match done {
            Ok(Outcome::Finished) => (true, JobResult::Done),
            Ok(Outcome::Lost) => (false, JobResult::Lost),
            Ok(Outcome::Done) => (self.store.finish_job(claimed.lease, attempt.next_run(now)).await?, JobResult::Done),
            Err(error) if number < claimed.max_attempts => {
                let run_at = now + backoff(number, random::fraction());
                tracing::warn!(kind, %id, attempt = number, %error, "a job failed; it will be retried");
                (self.store.retry_job(claimed.lease, run_at, &error.to_string()).await?, JobResult::Retried)
            }
            Err(error) => {
                tracing::error!(kind, %id, attempt = number, %error, "a job has failed for good");
                let next = attempt.next_run(now).map(|run_at| (random::ordered_id(now), run_at));
                (self.store.fail_job(claimed.lease, now, &error.to_string(), next).await?, JobResult::Failed)
            }
        };
        Ok(if held { result } else { JobResult::Lost })
    }
}
