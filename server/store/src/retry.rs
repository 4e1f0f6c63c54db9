//! Retries transient failures, for as long as a client waits for its receipt.

use std::time::Duration;

use parterre_system::random;
use tokio::time::{Instant, sleep, timeout_at};

use super::{Store, StoreError};

/// How long one command may take in all, with all attempts: less than a phone waits before it takes
/// the connection for dead.
pub const RETRY_TIMEOUT: Duration = Duration::from_secs(5);
/// The first pause, doubled each time: a deadlock's other side is through in a few milliseconds.
const INITIAL_BACKOFF: Duration = Duration::from_millis(10);
/// The longest pause: what a database that is back is left waiting.
const LONGEST: Duration = Duration::from_millis(500);

/// Whether something may be done again after nobody can say whether it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Idempotency {
    /// Yes: a repeated command is known by its id, and gets the receipt that it had.
    Safe,
    /// Only after a failure before the end, when it is certain that nothing was done.
    Unsure,
}

impl Store {
    /// Makes attempts until one succeeds, fails for good, or the patience is over. SQLite, which is
    /// never away, waits for its file by itself.
    pub(super) async fn with_retry<T, F>(&self, repeat: Idempotency, attempt: impl Fn() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        if matches!(self, Self::Sqlite(_)) {
            return attempt().await;
        }
        let end = Instant::now() + RETRY_TIMEOUT;
        let mut pause = INITIAL_BACKOFF;
        let mut last = StoreError::Silent;
        loop {
            // An attempt that is given up here may be at its `COMMIT`: the caller knows it by the
            // patience that is over.
            let Ok(done) = timeout_at(end, attempt()).await else { return Err(last) };
            let error = match done {
                Err(error) if error.is_retryable() => error,
                done => return done,
            };
            let wait = pause.mul_f64(0.5 + random::fraction());
            let sure = repeat == Idempotency::Safe || !matches!(error, StoreError::Unknown(_));
            if !sure || matches!(error, StoreError::Database(sqlx::Error::PoolClosed)) || Instant::now() + wait >= end {
                return Err(error);
            }
            tracing::debug!(%error, "retrying");
            last = error;
            sleep(wait).await;
            pause = (pause * 2).min(LONGEST);
        }
    }
}
