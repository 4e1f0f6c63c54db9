//! A server that is killed in the middle.

use std::{
    fmt::{self, Display, Formatter},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde::Serialize;

use super::Bench;

/// The server was killed in the middle.
#[derive(Clone, Debug, Serialize)]
pub struct KillFigures {
    /// Commands of phones confirmed before.
    pub confirmed_before: u64,
    /// Seconds until the server was ready again.
    pub ready_after: f64,
    /// Seconds until everything that was sent before was confirmed.
    pub confirmed_after: f64,
}

/// A kill whose consequences are not over.
pub struct Killed {
    at: Instant,
    confirmed_before: u64,
    ready_after: f64,
}

impl Killed {
    /// Everything that was sent before is confirmed now.
    pub fn all_confirmed(self) -> KillFigures {
        let Self { at, confirmed_before, ready_after } = self;
        KillFigures { confirmed_before, ready_after, confirmed_after: at.elapsed().as_secs_f64() }
    }
}

impl Bench {
    /// Kills a node (the second of three) once this many commands of phones are confirmed, and
    /// starts it again. An error if they are not confirmed within the limit.
    pub async fn kill_after(&mut self, confirmed: u64, limit: Duration) -> Result<Killed> {
        let crowd = &self.phones.crowd;
        crowd.until("the receipts before the kill", limit, |seen| seen.stored >= confirmed).await?;
        let (at, confirmed_before) = (Instant::now(), crowd.seen().stored);
        let nodes = self.cluster.as_ref().context("only a server of our own can be killed")?.nodes();
        let node = &nodes[nodes.len() / 2];
        let killed = node.kill().await?;
        node.start().await?;
        Ok(Killed { at, confirmed_before, ready_after: killed.elapsed().as_secs_f64() })
    }
}

impl Display for KillFigures {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { confirmed_before, ready_after, confirmed_after } = self;
        writeln!(
            f,
            "  killed after {confirmed_before} receipts; ready again after {ready_after:.2} s, what was sent before \
             confirmed after {confirmed_after:.2} s"
        )
    }
}
