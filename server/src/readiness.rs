//! Whether the database stores, for readiness checks: they are frequent, and each check costs
//! something.

use std::{sync::Arc, time::Duration};

use parterre_store::Store;
use tokio::{sync::Mutex, time::Instant};

/// How long a result is reused by all callers: each check stores something.
const FRESH: Duration = Duration::from_secs(1);

/// The last result and its time, shared by all callers.
#[derive(Debug, Default)]
pub struct LastLook(Arc<Mutex<Option<(Instant, Database)>>>);

/// The state of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// It stores what it is given.
    Stores,
    /// Its disk is full.
    Full,
    /// It does not answer, or does not store.
    Fails,
}

impl LastLook {
    /// Runs the check, or waits for the one that is running. If the caller is dropped, the check
    /// still completes.
    pub async fn at(&self, store: &Store) -> Database {
        let mut last = Arc::clone(&self.0).lock_owned().await;
        if let Some((_, found)) = last.filter(|(when, _)| when.elapsed() < FRESH) {
            drop(last);
            // A database that has gone since then is still noticed.
            return if store.answers().await.is_ok() { found } else { Database::Fails };
        }
        let store = store.clone();
        let look = async move {
            let found = match store.check().await {
                Ok(()) => Database::Stores,
                Err(error) => {
                    tracing::warn!(%error, "not ready");
                    if error.is_full() { Database::Full } else { Database::Fails }
                }
            };
            *last = Some((Instant::now(), found));
            found
        };
        tokio::spawn(look).await.unwrap_or(Database::Fails)
    }
}
