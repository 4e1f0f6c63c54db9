//! The vote, with all that a room may go through beside it.

use std::time::Duration;

use anyhow::{Result, ensure};
use loadtest::{
    bench::{Bench, Target},
    broadcast::{self, Beside, Reword},
    cluster::Options,
    cross_node,
    ledger::Checks,
    phones::Joining,
    reconnects::{self, Network},
    report::VoteReport,
    slow_readers,
    vote::{self, VoteFigures},
};

use super::room::{in_a_room, joining};
use crate::cli::VoteOptions;

/// Runs it. True if all checks passed.
pub(super) async fn run(options: VoteOptions) -> Result<bool> {
    let VoteOptions { room, spread, cut_every, offline, minutes, slow_readers, sleep, beside, redis_stop } = options;
    ensure!(slow_readers < room.phones, "there must be more phones than slow readers");
    let (kill, floor) = (room.kill, room.floor);
    let alone = joining(&room, 0);
    let cuts = cut_every.map(|every| Network { every, offline, time: Duration::from_secs_f64(minutes * 60.0) });
    in_a_room(room, slow_readers, async |bench| {
        let (vote, stored) = vote::run(bench, spread, kill).await?;
        let transports = bench.phones.by_transport();
        let others = if beside { Some(Others::vote(bench.addresses.len(), &alone, spread).await?) } else { None };
        let beside = others.as_ref().map(Others::beside).unwrap_or_default();
        let broadcast = broadcast::run(bench, &Reword, Beside { floor, ..beside }).await?;
        let one_node = others.map(|others| others.leave(&bench.checks));
        // Phones reconnect in random order, which would change the cost of a frame.
        let restart_seconds = bench.check_after_restart(&stored).await?;
        let many = bench.addresses.len() > 1;
        let crossing = if many { Some(cross_node::run(bench, redis_stop).await?) } else { None };
        let cuts = match cuts {
            Some(network) => Some(reconnects::run(bench, network).await?),
            None => None,
        };
        let slow_readers = if slow_readers > 0 { Some(slow_readers::run(bench, sleep).await?) } else { None };
        Ok(VoteReport { transports, vote, one_node, broadcast, crossing, cuts, slow_readers, restart_seconds })
    })
    .await
}

/// Nodes that are measured in turns with those of the room.
struct Others {
    /// One node with a file, and as many phones.
    one_node: Bench,
    /// The vote there.
    vote: VoteFigures,
    /// As many nodes as the room has, each for itself with its part of the phones.
    apart: Vec<Bench>,
}

impl Others {
    /// Sets them up, and has all of them vote.
    async fn vote(nodes: usize, joining: &Joining, spread: Duration) -> Result<Self> {
        let (mut one_node, ..) = Bench::set_up(Target::Own(Options::default()), joining).await?;
        let (vote, _) = vote::run(&mut one_node, spread, false).await?;
        let part = Joining { phones: joining.phones / nodes, ..joining.clone() };
        let mut apart = Vec::new();
        for _ in 0..nodes {
            let (mut bench, ..) = Bench::set_up(Target::Own(Options::default()), &part).await?;
            vote::run(&mut bench, spread, false).await?;
            apart.push(bench);
        }
        Ok(Self { one_node, vote, apart })
    }

    /// The broadcast is measured beside them.
    fn beside(&self) -> Beside<'_> {
        Beside { floor: false, one_node: Some(&self.one_node), apart: &self.apart }
    }

    /// Ends them and adds their checks. Returns the figures of the single node.
    fn leave(self, checks: &Checks) -> VoteFigures {
        for bench in self.apart.into_iter().chain([self.one_node]) {
            bench.check_troubles();
            bench.phones.leave();
            let noted = bench.checks.into_all().into_iter();
            noted.for_each(|it| checks.note(format!("one node: {}", it.what), it.wrong));
        }
        self.vote
    }
}
