//! Whether the database takes what it is for: found out by storing something, and by nothing
//! easier. A database on a full disk still answers every question, and finds room for a line in a
//! page that it has: so what is stored is added, not changed, until it is thrown away with its
//! pages.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use parterre_system::random;
use serde::Serialize;
use tokio::time::timeout;
use uuid::Uuid;

use super::{
    Store, StoreError,
    sql::{batch, query, rows},
};

/// How long the database may take to say that it is there: a balancer that asks has little
/// patience.
const CHECK: Duration = Duration::from_secs(1);
/// How long it may take for as much as a whole batch.
const TRIAL: Duration = Duration::from_secs(3);
/// Bytes of one row: four fill a page of Postgres, which keeps longer ones apart and packed.
const ROW: usize = 1_800;
/// Rows of one check: more than fit into a page that is there already, which says nothing of room
/// for another.
const CHECK_ROWS: usize = 5;
/// What one command of a batch takes, with its share of indexes: more than most.
const COMMAND: usize = 600;
/// The least and the most rows of a trial.
const TRIAL_ROWS: [usize; 2] = [40, 500];
/// After this many checks, the rows that they added are deleted.
const CHECKS_PER_CLEANUP: u32 = 64;

/// Checks that this process has made.
static CHECKS_DONE: AtomicU32 = AtomicU32::new(0);

#[derive(Serialize)]
struct Row {
    id: Uuid,
    padding: String,
}

impl Store {
    /// Whether the database stores something within a second.
    pub async fn check(&self) -> Result<(), StoreError> {
        let check = async {
            if CHECKS_DONE.fetch_add(1, Ordering::Relaxed).is_multiple_of(CHECKS_PER_CLEANUP) {
                self.empty_health().await?;
            }
            self.add_health(CHECK_ROWS).await
        };
        timeout(CHECK, check).await.unwrap_or(Err(StoreError::Silent))
    }

    /// The same for as many bytes as this many commands need. Otherwise a nearly full disk with
    /// room for a few bytes would pass for one that has recovered.
    pub async fn check_room(&self, commands: usize) -> Result<(), StoreError> {
        let [least, most] = TRIAL_ROWS;
        let trial = async {
            self.empty_health().await?;
            self.add_health((commands * COMMAND / ROW).clamp(least, most)).await
        };
        timeout(TRIAL, trial).await.unwrap_or(Err(StoreError::Silent))
    }

    /// Whether the database answers, within a second: what is asked between two checks.
    pub async fn answers(&self) -> Result<(), StoreError> {
        let asked = async {
            let mut db = self.reader().await?;
            query!(db.fetch_one::<(i64,)>("SELECT COUNT(*) FROM workspaces"))?;
            Ok(())
        };
        timeout(CHECK, asked).await.unwrap_or(Err(StoreError::Silent))
    }

    async fn add_health(&self, count: usize) -> Result<(), StoreError> {
        let row = |_| Row { id: random::opaque_id(), padding: "x".repeat(ROW) };
        let batch: Vec<_> = (0..count).map(row).collect();
        let mut tx = self.begin().await?;
        batch!(tx.execute([id uuid, padding text]
            "INSERT INTO health (id, padding) SELECT id, padding FROM batch",
            rows(&batch),
        ))?;
        tx.commit().await
    }

    /// Throws away what was added, with its pages. Postgres keeps the pages of rows that are
    /// deleted; to be rid of them it needs a lock that others may have, who then do the same.
    async fn empty_health(&self) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let locked = query!(tx.execute({
            sqlite "SELECT 1",
            postgres "LOCK TABLE health IN ACCESS EXCLUSIVE MODE NOWAIT"
        }));
        if locked.is_err() {
            return Ok(());
        }
        query!(tx.execute({ sqlite "DELETE FROM health", postgres "TRUNCATE health" }))?;
        tx.commit().await
    }
}
