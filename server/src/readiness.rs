//! Whether the database stores, for those who ask whether the server is ready: they are many, and each look costs something.

use std::{sync::Arc, time::Duration};

use parterre_store::Store;
use tokio::{sync::Mutex, time::Instant};

/// For how long what was found out of the database holds, for all who ask: each look stores something.
const FRESH: Duration = Duration::from_secs(1);

/// What was found out last of the database, and when; shared by all who ask.
#[derive(Debug, Default)]
pub struct LastLook(Arc<Mutex<Option<(Instant, Database)>>>);

/// How the database does.
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
    /// Looks, or waits for who is at it. Who asks and goes leaves the look to its end.
    pub async fn at(&self, store: &Store) -> Database {
        let mut last = Arc::clone(&self.0).lock_owned().await;
        if let Some((_, found)) = last.filter(|(when, _)| when.elapsed() < FRESH) {
            drop(last);
            // One that has gone since is told of all the same.
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
