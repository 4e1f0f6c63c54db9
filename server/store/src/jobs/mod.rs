//! Background jobs, and which node runs each.
//!
//! A node claims a job by a **lease**, which expires if the node dies. Each claim counts an
//! attempt, and an attempt that is no longer the latest can neither finish nor renew. Work in the
//! database is done **exactly once**, because [`settle`] finishes the job in the transaction of the
//! work: if the lease is lost, the work is rolled back. Work outside it (a mail, a request) is done
//! **at least once**, because a node may die between the work and [`Store::finish_job`].
//!
//! Times come in as arguments, by the clock that all nodes share. A transaction locks its job last,
//! after all else.

mod lease;

use std::time::Duration;

use parterre_protocol::Millis;
use serde::Serialize;
use uuid::Uuid;

pub(super) use self::lease::settle;
pub use self::lease::{ClaimedJob, JobLease, JobStep, Progress};
use parterre_domain::job::{Job, JobKind, MAX_PAUSE};

use super::{
    Store, StoreError, columns,
    retry::Idempotency,
    sql::{Tx, batch, query, rows},
};

/// A job to be added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewJob {
    /// Its id.
    pub id: Uuid,
    /// Its kind's name.
    pub kind: &'static str,
    /// If set, the job is added only while no job with the same key is pending. A running job
    /// counts as pending, so a follow-up for a change that it may not see needs another key.
    pub unique_key: Option<String>,
    /// What it needs to know, as JSON.
    pub payload: String,
    /// When to do it.
    pub run_at: Millis,
    /// How much later to do it again.
    pub repeat_ms: Option<Millis>,
    /// How often to try.
    pub max_attempts: u32,
}

impl NewJob {
    /// This job, to be done once, at this time or soon after.
    pub fn once(id: Uuid, job: &Job, run_at: Millis) -> Self {
        let (kind, payload) = (job.kind(), job.payload());
        let max_attempts = kind.max_attempts();
        Self { id, kind: kind.name(), unique_key: None, payload, run_at, repeat_ms: None, max_attempts }
    }

    /// The only pending one with this key.
    pub fn with_key(self, key: impl Into<String>) -> Self {
        Self { unique_key: Some(key.into()), ..self }
    }

    /// The job of a kind that recurs, first at this time; none of another kind. There is one of
    /// each.
    pub fn recurring(id: Uuid, kind: JobKind, run_at: Millis) -> Option<Self> {
        let (repeat_ms, max_attempts) = (Some(kind.interval()?), kind.max_attempts());
        let (unique_key, kind) = (Some(kind.name().to_owned()), kind.name());
        Some(Self { id, kind, unique_key, payload: "null".to_owned(), run_at, repeat_ms, max_attempts })
    }
}

/// How many jobs of a kind there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobCount {
    /// The kind's name.
    pub kind: String,
    /// Those that are due and not done.
    pub waiting: u32,
    /// Those that were given up.
    pub failed: u32,
}

#[derive(Serialize)]
struct KindRow {
    kind: &'static str,
}

fn kind_rows(kinds: &[&'static str]) -> String {
    rows(&kinds.iter().map(|kind| KindRow { kind }).collect::<Vec<_>>())
}

impl Store {
    /// Adds a job, unless one with the same key is pending. Whether it was added.
    pub async fn add_job(&self, job: &NewJob, now: Millis) -> Result<bool, StoreError> {
        self.with_retry(Idempotency::Unsure, || async {
            let mut tx = self.begin().await?;
            let added = add(&mut tx, job, now).await?;
            tx.commit().await?;
            Ok(added)
        })
        .await
    }

    /// What a node does before it claims any: it adds the recurring jobs that are missing, and
    /// makes good what a clock that was set back between two runs would have wait for ages. A file
    /// has one node, so its leases are of one that is gone.
    pub async fn prepare_jobs(&self, recurring: &[NewJob], now: Millis, lease: Duration) -> Result<(), StoreError> {
        // The clocks of two nodes are never a whole lease apart.
        let longest = if self.is_shared() { now + 2 * lease.as_millis() as Millis } else { Millis::MIN };
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            query!(tx.execute(
                "UPDATE jobs SET leased_by = NULL, leased_until = NULL WHERE failed_at IS NULL AND leased_until > $1",
                longest,
            ))?;
            query!(tx.execute(
                "UPDATE jobs SET run_at = $1
                 WHERE failed_at IS NULL AND leased_until IS NULL AND attempts > 0 AND run_at > $2",
                now,
                now + MAX_PAUSE,
            ))?;
            batch!(tx.execute(
                [id uuid, kind text, unique_key text, payload text, run_at bigint, repeat_ms bigint, max_attempts bigint]
                "INSERT INTO jobs (id, kind, unique_key, payload, run_at, repeat_ms, attempts, max_attempts, created_at)
                 SELECT id, kind, unique_key, payload, run_at, repeat_ms, 0, max_attempts, $2 FROM batch WHERE TRUE
                 ON CONFLICT (unique_key) WHERE unique_key IS NOT NULL AND failed_at IS NULL
                 DO UPDATE SET run_at = excluded.run_at, repeat_ms = excluded.repeat_ms
                 WHERE jobs.leased_by IS NULL
                     AND (jobs.repeat_ms <> excluded.repeat_ms OR jobs.run_at > $2 + excluded.repeat_ms)",
                rows(recurring),
                now,
            ))?;
            tx.commit().await
        })
        .await
    }

    /// When to look for jobs of these kinds again: the next one is due then, or its lease ends.
    pub async fn next_job_at(&self, kinds: &[&'static str]) -> Result<Option<Millis>, StoreError> {
        let mut db = self.reader().await?;
        let next = batch!(db.fetch_optional::<(Millis,)>([kind text]
            "SELECT COALESCE(leased_until, run_at) FROM jobs
             WHERE failed_at IS NULL AND kind IN (SELECT kind FROM batch)
             ORDER BY COALESCE(leased_until, run_at) LIMIT 1",
            kind_rows(kinds),
        ))?;
        Ok(next.map(|(at,)| at))
    }

    /// How many jobs there are of each kind of which there are any.
    pub async fn count_jobs(&self, now: Millis) -> Result<Vec<JobCount>, StoreError> {
        let mut db = self.reader().await?;
        let counted = query!(db.fetch_all::<(String, i64, i64)>(
            "SELECT kind, COUNT(CASE WHEN failed_at IS NULL AND run_at <= $1 THEN 1 END), COUNT(failed_at)
             FROM jobs GROUP BY kind ORDER BY kind",
            now,
        ))?;
        let count = |(kind, waiting, failed)| {
            let (waiting, failed) = (columns::count(waiting), columns::count(failed));
            JobCount { kind, waiting, failed }
        };
        Ok(counted.into_iter().map(count).collect())
    }
}

/// Adds a job in the transaction of what it is about, unless one with the same key is pending.
/// Whether it was added.
pub(super) async fn add(tx: &mut Tx, job: &NewJob, now: Millis) -> Result<bool, StoreError> {
    let added = query!(tx.execute(
        "INSERT INTO jobs (id, kind, unique_key, payload, run_at, repeat_ms, attempts, max_attempts, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8)
         ON CONFLICT DO NOTHING",
        job.id,
        job.kind,
        job.unique_key.as_deref(),
        &job.payload,
        job.run_at,
        job.repeat_ms,
        i64::from(job.max_attempts),
        now,
    ))?;
    Ok(added > 0)
}
