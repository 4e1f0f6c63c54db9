//! The time that nodes go by: the database's, less what its clock was set ahead while they went by
//! it.

use std::time::{Duration, Instant};

use parterre_protocol::Millis;
use parterre_system::clock::Reading;
use tokio::time::sleep;
use uuid::Uuid;

use crate::{Store, StoreError, sql::query};

/// How many times a starting node waits for others to report. Some are always just starting or
/// stopping.
const WAITS: usize = 5;

impl Store {
    /// What the database's clock says.
    pub async fn clock(&self) -> Result<Reading, StoreError> {
        let mut db = self.reader().await?;
        let sent = Instant::now();
        let (micros,) = query!(db.fetch_one::<(i64,)>({
            sqlite concat!("SELECT ", clock!(sqlite)),
            postgres concat!("SELECT ", clock!(postgres))
        }))?;
        Ok(Reading { micros, sent, received: Instant::now() })
    }

    /// The same for a node that starts. If no other node has been alive for this long, nobody uses
    /// the corrected time, and the database's clock is right as it is. But nodes that seem dead may
    /// be alive if the clock was set a moment ago, so they get as much time as it takes all of them
    /// to report.
    pub async fn start_clock(&self, forget: Duration, silent: Duration) -> Result<Reading, StoreError> {
        let mut gone = self.seemingly_gone(forget).await?;
        for _ in 0..WAITS {
            if gone.is_empty() {
                break;
            }
            sleep(silent).await;
            let still = self.seemingly_gone(forget).await?;
            if std::mem::replace(&mut gone, still.clone()) == still {
                break;
            }
        }
        let mut tx = self.begin().await?;
        query!(tx.execute(
            {
                sqlite concat!("UPDATE clock SET ahead_ms = 0 WHERE ahead_ms <> 0 AND NOT EXISTS
                                (SELECT 1 FROM nodes WHERE ABS(seen_at - ", clock!(sqlite), " / 1000) <= $1)"),
                postgres concat!("UPDATE clock SET ahead_ms = 0 WHERE ahead_ms <> 0 AND NOT EXISTS
                                  (SELECT 1 FROM nodes WHERE ABS(seen_at - ", clock!(postgres), " / 1000) <= $1)")
            },
            forget.as_millis() as Millis,
        ))?;
        tx.commit().await?;
        self.clock().await
    }

    /// The nodes that were last seen longer ago than this, by the clock, or later than now; and
    /// when.
    async fn seemingly_gone(&self, forget: Duration) -> Result<Vec<(Uuid, Millis)>, StoreError> {
        let mut db = self.reader().await?;
        Ok(query!(db.fetch_all::<(Uuid, Millis)>(
            {
                sqlite concat!("SELECT id, seen_at FROM nodes WHERE ABS(seen_at - ", clock!(sqlite), " / 1000) > $1
                                ORDER BY id"),
                postgres concat!("SELECT id, seen_at FROM nodes WHERE ABS(seen_at - ", clock!(postgres), " / 1000) > $1
                                  ORDER BY id")
            },
            forget.as_millis() as Millis,
        ))?)
    }

    /// Records that the database's clock was set ahead by this many milliseconds, unless another
    /// node has recorded that since this one last read it. All nodes continue with the time that
    /// they had.
    pub async fn take_clock_ahead(&self, known: Millis, by: Millis) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query!(tx.execute("UPDATE clock SET ahead_ms = $1 WHERE ahead_ms = $2", known + by, known))?;
        tx.commit().await
    }
}
