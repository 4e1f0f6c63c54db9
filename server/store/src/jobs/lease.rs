//! Leases on jobs: claiming, renewing, and recording the result.

use parterre_domain::ids::NodeId;
use parterre_protocol::Millis;
use uuid::Uuid;

use super::kind_rows;
use crate::{
    Store, StoreError, columns,
    retry::Idempotency,
    sql::{Tx, postgres_batch, query, sqlite_batch},
};

/// Characters that are kept of why an attempt failed.
const MAX_ERROR: usize = 300;

/// The right to do a job, for this attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobLease {
    id: Uuid,
    node: NodeId,
    attempt: u32,
}

/// A job that a node is to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedJob {
    /// The right to do it.
    pub lease: JobLease,
    /// Its kind's name.
    pub kind: String,
    /// What it needs to know, as JSON.
    pub payload: String,
    /// How much later to do it again.
    pub repeat_ms: Option<Millis>,
    /// How often to try.
    pub max_attempts: u32,
}

impl ClaimedJob {
    /// Its id.
    pub fn id(&self) -> Uuid {
        self.lease.id
    }

    /// Which attempt this is, from 1.
    pub fn attempt(&self) -> u32 {
        self.lease.attempt
    }

    /// Whether this claim exceeds the allowed attempts, because the node of the last one died: the
    /// job has failed.
    pub fn is_exhausted(&self) -> bool {
        self.lease.attempt > self.max_attempts
    }
}

/// How a transaction that did some of a job's work leaves the job.
#[derive(Clone, Copy, Debug)]
pub struct JobStep {
    /// The right by which it was done.
    pub lease: JobLease,
    /// The new end of the lease, if there is more to do.
    pub renew_until: Millis,
    /// When to run it again if all is done; `None` for a job that runs once.
    pub next_run: Option<Millis>,
}

/// The result of a part of a job's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It lasts, and there is more to do.
    More,
    /// It lasts, and the job is finished.
    Finished,
    /// Nothing of it lasts: the job is another node's, or finished already.
    Lost,
}

row! {
    struct ClaimedRow {
        id: Uuid,
        kind: String,
        payload: String,
        run_at: Millis,
        repeat_ms: Option<Millis>,
        attempts: i64,
        max_attempts: i64,
    }
}

impl Store {
    /// Claims due jobs of these kinds for this node, including jobs that other nodes released: at
    /// most this many, the longest overdue first. Kinds that this release does not know are left to
    /// nodes of other releases.
    pub async fn claim_jobs(
        &self,
        node: NodeId,
        kinds: &[&'static str],
        most: u32,
        now: Millis,
        until: Millis,
    ) -> Result<Vec<ClaimedJob>, StoreError> {
        let mut tx = self.begin().await?;
        // SQLite has one writer at a time; on Postgres nodes claim beside each other, and none
        // waits for another. What is locked there is found once, before anything is changed: a
        // subquery of the update might be run again for each row.
        let mut claimed = query!(tx.fetch_all::<ClaimedRow>(
            {
                sqlite concat!(
                    sqlite_batch!(kind text),
                    "UPDATE jobs SET leased_by = $2, leased_until = $3, attempts = attempts + 1 WHERE id IN
                         (SELECT id FROM jobs WHERE failed_at IS NULL AND COALESCE(leased_until, run_at) <= $4
                              AND kind IN (SELECT kind FROM batch)
                          ORDER BY COALESCE(leased_until, run_at) LIMIT $5)
                     RETURNING id, kind, payload, run_at, repeat_ms, attempts, max_attempts"
                ),
                postgres concat!(
                    postgres_batch!(kind text),
                    ", due AS MATERIALIZED
                         (SELECT id FROM jobs WHERE failed_at IS NULL AND COALESCE(leased_until, run_at) <= $4
                              AND kind IN (SELECT kind FROM batch)
                          ORDER BY COALESCE(leased_until, run_at) LIMIT $5 FOR UPDATE SKIP LOCKED)
                     UPDATE jobs SET leased_by = $2, leased_until = $3, attempts = attempts + 1
                     FROM due WHERE jobs.id = due.id
                     RETURNING jobs.id, kind, payload, run_at, repeat_ms, attempts, max_attempts"
                )
            },
            kind_rows(kinds),
            node.uuid(),
            until,
            now,
            i64::from(most),
        ))?;
        tx.commit().await?;
        claimed.sort_by_key(|row| row.run_at);
        Ok(claimed.into_iter().map(|row| row.claimed_by(node)).collect())
    }

    /// Renews the lease. False if another node holds the job by now or the job no longer exists.
    pub async fn renew_job(&self, lease: JobLease, until: Millis) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let held = renew(&mut tx, lease, until).await?;
        tx.commit().await?;
        Ok(held)
    }

    /// Finishes a job whose work was done elsewhere; one that recurs is due again then. False where
    /// the lease is lost.
    pub async fn finish_job(&self, lease: JobLease, next_run: Option<Millis>) -> Result<bool, StoreError> {
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            let held = finish(&mut tx, lease, next_run).await?;
            tx.commit().await?;
            Ok(held)
        })
        .await
    }

    /// Has a job whose attempt failed tried again at this time. False where the lease is lost.
    pub async fn retry_job(&self, lease: JobLease, run_at: Millis, error: &str) -> Result<bool, StoreError> {
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            let held = query!(tx.execute(
                "UPDATE jobs SET run_at = $4, last_error = $5, leased_by = NULL, leased_until = NULL
                 WHERE id = $1 AND leased_by = $2 AND attempts = $3",
                lease.id,
                lease.node.uuid(),
                i64::from(lease.attempt),
                run_at,
                shortened(error),
            ))?;
            tx.commit().await?;
            Ok(held > 0)
        })
        .await
    }

    /// Gives a job up, which stays to be seen; one that recurs has its next run in another row,
    /// with this id. False where the lease is lost.
    pub async fn fail_job(
        &self,
        lease: JobLease,
        now: Millis,
        error: &str,
        next: Option<(Uuid, Millis)>,
    ) -> Result<bool, StoreError> {
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            let held = query!(tx.execute(
                "UPDATE jobs SET failed_at = $4, last_error = $5, leased_by = NULL, leased_until = NULL
                 WHERE id = $1 AND leased_by = $2 AND attempts = $3",
                lease.id,
                lease.node.uuid(),
                i64::from(lease.attempt),
                now,
                shortened(error),
            ))?;
            if held == 0 {
                return Ok(false);
            }
            forget_earlier_failures(&mut tx, lease.id).await?;
            if let Some((id, run_at)) = next {
                query!(tx.execute(
                    "INSERT INTO jobs
                         (id, kind, unique_key, payload, run_at, repeat_ms, attempts, max_attempts, created_at)
                     SELECT $2, kind, unique_key, payload, $3, repeat_ms, 0, max_attempts, $4 FROM jobs WHERE id = $1",
                    lease.id,
                    id,
                    run_at,
                    now,
                ))?;
            }
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Lets go of all jobs of a node that stops. That is no fault of theirs: their attempts are not
    /// counted.
    pub async fn release_jobs(&self, node: NodeId) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let released = query!(tx.execute(
            "UPDATE jobs SET leased_by = NULL, leased_until = NULL, attempts = attempts - 1 WHERE leased_by = $1",
            node.uuid(),
        ))?;
        tx.commit().await?;
        Ok(released)
    }
}

impl ClaimedRow {
    fn claimed_by(self, node: NodeId) -> ClaimedJob {
        let lease = JobLease { id: self.id, node, attempt: columns::count(self.attempts) };
        let Self { kind, payload, repeat_ms, max_attempts, .. } = self;
        ClaimedJob { lease, kind, payload, repeat_ms, max_attempts: columns::count(max_attempts) }
    }
}

/// Ends a transaction that did some of a job's work: renews the lease where there is `more` to do,
/// else finishes the job. Where the lease is lost, nothing of the work lasts.
pub(crate) async fn settle(mut tx: Tx, step: &JobStep, more: bool) -> Result<Progress, StoreError> {
    let held = if more {
        renew(&mut tx, step.lease, step.renew_until).await?
    } else {
        finish(&mut tx, step.lease, step.next_run).await?
    };
    if !held {
        return Ok(Progress::Lost);
    }
    tx.commit().await?;
    Ok(if more { Progress::More } else { Progress::Finished })
}

async fn renew(tx: &mut Tx, lease: JobLease, until: Millis) -> Result<bool, StoreError> {
    let held = query!(tx.execute(
        "UPDATE jobs SET leased_until = $4 WHERE id = $1 AND leased_by = $2 AND attempts = $3",
        lease.id,
        lease.node.uuid(),
        i64::from(lease.attempt),
        until,
    ))?;
    Ok(held > 0)
}

async fn finish(tx: &mut Tx, lease: JobLease, next_run: Option<Millis>) -> Result<bool, StoreError> {
    let (id, node, attempt) = (lease.id, lease.node.uuid(), i64::from(lease.attempt));
    let held = query!(tx.execute(
        "UPDATE jobs SET run_at = COALESCE($4, run_at), attempts = 0, last_error = NULL,
             leased_by = NULL, leased_until = NULL
         WHERE id = $1 AND leased_by = $2 AND attempts = $3",
        id,
        node,
        attempt,
        next_run,
    ))?;
    if held == 0 {
        return Ok(false);
    }
    forget_earlier_failures(tx, id).await?;
    if next_run.is_none() {
        query!(tx.execute("DELETE FROM jobs WHERE id = $1", id))?;
    }
    Ok(true)
}

/// Only the result of the last job with a key counts. Earlier failures no longer need attention.
async fn forget_earlier_failures(tx: &mut Tx, id: Uuid) -> Result<(), StoreError> {
    query!(tx.execute(
        "DELETE FROM jobs WHERE failed_at IS NOT NULL AND id <> $1
             AND unique_key = (SELECT unique_key FROM jobs WHERE id = $1)",
        id,
    ))?;
    Ok(())
}

fn shortened(error: &str) -> String {
    error.chars().take(MAX_ERROR).collect()
}
