//! Work in the background: what each kind of job does.
//!
//! [`runner`] claims due jobs and handles attempts, leases and results. To add a kind, add a line
//! to the registry (`domain::job`) and an arm to the match here.
//!
//! A handler can be cancelled at any await: when the server stops, when its time is up, when its
//! lease is lost. Work in the database happens in a transaction that ends with its
//! [`Attempt::step`], so it is done once; work elsewhere may be repeated, so its receiver must get
//! the job's id.

pub mod attempt;
pub mod retention;
pub mod runner;
pub mod settings;

use std::sync::Arc;

use parterre_domain::job::Job;
use parterre_live::context::Context;
use parterre_store::Aging;

use self::attempt::{Attempt, Handlers, JobError, Outcome};
use crate::config::Config;

/// Does the jobs of this server.
#[derive(Debug)]
pub struct Worker {
    context: Arc<Context>,
    config: Config,
}

impl Worker {
    /// One with these parts and settings.
    pub fn new(context: Arc<Context>, config: Config) -> Self {
        Self { context, config }
    }
}

impl Handlers for Worker {
    fn takes_jobs(&self) -> bool {
        !self.context.lifecycle.is_leaving()
    }

    async fn perform(&self, attempt: &Attempt<'_>) -> Result<Outcome, JobError> {
        match attempt.job()? {
            Job::ExpireReports => self.expire_reports(attempt).await,
            Job::ExpireRoomTests => self.expire_room_tests(attempt).await,
            Job::EraseDeletedEvents => self.erase_deleted_events(attempt).await,
            Job::ExpireSignIns => self.expire(Aging::SignIns, attempt).await,
            Job::ExpireReceipts => self.expire(Aging::Receipts, attempt).await,
            Job::ExpireSecurityLog => self.expire(Aging::SecurityEvents, attempt).await,
            Job::ExpireFailedJobs => self.expire(Aging::FailedJobs, attempt).await,
        }
    }
}
