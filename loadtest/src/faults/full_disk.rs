//! The database's disk is full: nodes must report it for as long as they cannot store, and recover
//! without a restart.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};

use super::inject::Scene;
use crate::cluster::disk::Disk;

/// How often every node is asked whether it is ready.
const READY_POLL_INTERVAL: Duration = Duration::from_millis(100);

/// A slower readiness check counts as no answer: something else is wrong as well.
const ANSWER: Duration = Duration::from_secs(1);

/// What a node reported.
#[derive(Clone, Copy, Default)]
struct ReadyAnswer {
    ready: usize,
    not_ready: usize,
    nothing: usize,
}

impl Scene {
    /// Fills the disk, and frees the space again.
    pub(super) async fn fill_disk(&self, lasts: Duration) -> Result<()> {
        let postgres = self.cluster.postgres()?;
        let disk = postgres.disk().context("Postgres' tables are on no disk that can be full")?;
        let before = postgres.process()?.pid();
        let said = self.ask_while_full(disk, lasts).await;
        disk.free().await?;
        for (node, said) in said?.into_iter().enumerate() {
            let lied = said.not_ready == 0 && said.nothing == 0;
            ensure!(!lied, "node {node} said {} times that it is ready while the disk was full", said.ready);
        }
        let fallen = self.fallen();
        ensure!(fallen.is_empty(), "the nodes {fallen:?} ended while the disk was full");
        ensure!(postgres.process()?.pid() == before, "Postgres ended while the disk was full");
        Ok(())
    }

    /// Keeps the disk full for this time, and asks every node meanwhile.
    async fn ask_while_full(&self, disk: &Disk, lasts: Duration) -> Result<Vec<ReadyAnswer>> {
        let end = Instant::now() + lasts;
        let mut said = vec![ReadyAnswer::default(); self.cluster.nodes().len()];
        while Instant::now() < end {
            // Also space that was freed since, by a truncated table.
            disk.fill().await?;
            let answers = join_all(self.cluster.nodes().iter().map(|node| timeout(ANSWER, node.health()))).await;
            for (said, answer) in said.iter_mut().zip(answers) {
                match answer {
                    Ok(Ok(health)) if health.starts_with("ready") => said.ready += 1,
                    Ok(Ok(_)) => said.not_ready += 1,
                    _ => said.nothing += 1,
                }
            }
            sleep(READY_POLL_INTERVAL).await;
        }
        Ok(said)
    }
}
