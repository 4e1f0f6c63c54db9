//! One attempt at a job: what a handler is given, and what it answers.

use std::time::Duration;

use parterre_domain::job::{Job, JobKind, next_in};
use parterre_protocol::Millis;
use parterre_store::{ClaimedJob, JobStep, StoreError};
use parterre_system::{clock::Clock, random};
use uuid::Uuid;

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The payload is none that this release can read.
    #[error("this release cannot read the payload")]
    Unreadable,
    /// It took too long.
    #[error("it took too long")]
    TimedOut,
    /// It panicked.
    #[error("it panicked")]
    Panicked,
    /// The node that was at the last attempt is gone.
    #[error("the node that ran it has died")]
    Abandoned,
    /// Something else, in words that are about nobody and hold no secret: they are logged and kept.
    #[error("{0}")]
    Other(String),
}

/// What a handler did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The work, outside of the database: the job is still to be finished.
    Done,
    /// The work, and finished the job with it.
    Finished,
    /// Nothing that lasts: the job is another node's by now.
    Lost,
}

/// What does the jobs.
pub trait Handlers: Send + Sync {
    /// Whether the node takes further ones.
    fn takes_jobs(&self) -> bool;
    /// Does one.
    fn perform(&self, attempt: &Attempt<'_>) -> impl Future<Output = Result<Outcome, JobError>> + Send;
}

/// One attempt at a job.
#[derive(Debug)]
pub struct Attempt<'a> {
    kind: JobKind,
    claimed: &'a ClaimedJob,
    clock: &'a Clock,
    lease: Duration,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(kind: JobKind, claimed: &'a ClaimedJob, clock: &'a Clock, lease: Duration) -> Self {
        Self { kind, claimed, clock, lease }
    }

    pub(super) fn claimed(&self) -> &'a ClaimedJob {
        self.claimed
    }

    /// The job.
    pub fn job(&self) -> Result<Job, JobError> {
        Job::parse(self.kind, &self.claimed.payload).ok_or(JobError::Unreadable)
    }

    /// The job's id, by which a receiver can detect duplicates.
    pub fn id(&self) -> Uuid {
        self.claimed.id()
    }

    /// What it needs to know, as JSON.
    pub fn payload(&self) -> &str {
        &self.claimed.payload
    }

    /// The time.
    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    /// How a transaction that does some of the work is to end: with more to do, or with the job
    /// finished.
    pub fn step(&self) -> JobStep {
        let now = self.now();
        JobStep { lease: self.claimed.lease, renew_until: after(now, self.lease), next_run: self.next_run(now) }
    }

    /// When to do it again; none of a job that is done once.
    pub(super) fn next_run(&self, now: Millis) -> Option<Millis> {
        self.claimed.repeat_ms.map(|interval| now + next_in(interval, random::fraction()))
    }
}

/// The time this much later.
pub(super) fn after(now: Millis, duration: Duration) -> Millis {
    now + duration.as_millis() as Millis
}
