//! Deletes expired data, whether or not anyone visits.

use std::time::Duration;

use parterre_domain::guessing::FORGET_MS;
use parterre_protocol::Millis;
use parterre_store::{Aging, KeptReports, Progress, StoreError, Terms};
use tokio::time::sleep;

use super::{
    Worker,
    attempt::{Attempt, JobError, Outcome},
};
use crate::config::{Config, Netcheck};

/// Between two batches everybody else has the database.
const REST: Duration = Duration::from_millis(20);
const DAY: Millis = 24 * 60 * 60 * 1000;

impl Worker {
    pub(super) async fn expire_reports(&self, attempt: &Attempt<'_>) -> Result<Outcome, JobError> {
        let kept = kept_reports(&self.config.netcheck, attempt.now());
        in_batches(|| async { self.context.store.forget_reports(kept, &attempt.step()).await }).await
    }

    pub(super) async fn expire_room_tests(&self, attempt: &Attempt<'_>) -> Result<Outcome, JobError> {
        let terms = terms(&self.config, attempt.now());
        let batch = || async {
            let (progress, gone) = self.context.store.forget_room_tests(&terms, &attempt.step()).await?;
            if progress != Progress::Lost {
                gone.iter().for_each(|(event, rev)| self.context.changed(*event, *rev));
            }
            Ok(progress)
        };
        in_batches(batch).await
    }

    pub(super) async fn erase_deleted_events(&self, attempt: &Attempt<'_>) -> Result<Outcome, JobError> {
        let terms = terms(&self.config, attempt.now());
        in_batches(|| async { self.context.store.forget_deleted(&terms, &attempt.step()).await }).await
    }

    pub(super) async fn expire(&self, what: Aging, attempt: &Attempt<'_>) -> Result<Outcome, JobError> {
        let terms = terms(&self.config, attempt.now());
        in_batches(|| async { self.context.store.forget_aged(what, &terms, &attempt.step()).await }).await
    }
}

/// Does one batch after another, the last of which finishes the job.
async fn in_batches<F>(batch: impl Fn() -> F) -> Result<Outcome, JobError>
where
    F: Future<Output = Result<Progress, StoreError>>,
{
    loop {
        match batch().await? {
            Progress::More => sleep(REST).await,
            Progress::Finished => return Ok(Outcome::Finished),
            Progress::Lost => return Ok(Outcome::Lost),
        }
    }
}

/// Which reports of the network test are kept at this time.
pub fn kept_reports(settings: &Netcheck, now: Millis) -> KeptReports {
    let since = now - DAY * Millis::from(settings.report_days.get());
    KeptReports { since, most: settings.reports.get(), bytes: settings.report_bytes }
}

/// What the settings say at this time.
fn terms(config: &Config, now: Millis) -> Terms {
    let before = |days: u32| now - DAY * Millis::from(days);
    Terms {
        now,
        room_tests: before(config.netcheck.room_test_days.get()),
        login_failures: now - FORGET_MS,
        security_events: before(config.session.log_days.get()),
        deleted: before(config.retention.deleted_days.get()),
    }
}
