//! A deploy while the room votes: one node after another is told to stop, exits properly, and is
//! restarted, behind a HAProxy that only knows `/readyz`. Nobody may be without a connection for
//! more than a moment.

use std::{
    cell::Cell,
    fmt::{self, Display, Formatter},
    rc::Rc,
    time::Duration,
};

use anyhow::{Context, Result};
use parterre_protocol::Control;
use serde::Serialize;
use tokio::time::{Instant, sleep};

use crate::{
    bench::{Bench, DELIVERY_TIMEOUT, poll},
    lines,
    measure::Percentiles,
    progress,
    vote::keep_voting,
};

/// How long the room votes before the first node stops, and after the last one is back.
const AROUND: Duration = Duration::from_secs(5);

/// How a deploy went.
#[derive(Clone, Debug, Serialize)]
pub struct DeployFigures {
    /// One node after another.
    pub nodes: Vec<NodeFigures>,
    /// Seconds from telling the first node to stop until the last one was ready again.
    pub seconds: f64,
    /// Answers made meanwhile, with the time before and after.
    pub answers: u64,
    /// Answers confirmed as stored.
    pub stored: u64,
    /// How often a phone was asked to send an answer again later.
    pub later: u64,
    /// Connections that were made again.
    pub comebacks: u64,
    /// How often a returning client was told to retry later.
    pub told_to_retry: u64,
    /// From the loss of a connection until the server's `hello` on the next.
    pub without_connection: Option<Percentiles>,
    /// From making an answer until its receipt.
    pub receipts: Option<Percentiles>,
}

/// How a node was replaced.
#[derive(Clone, Debug, Serialize)]
pub struct NodeFigures {
    /// Its exit code; absent if a signal ended it.
    pub exit_code: Option<i32>,
    /// Seconds from SIGTERM until it had exited.
    pub gone_after: f64,
    /// Seconds from its start until it was ready.
    pub ready_after: f64,
}

/// Replaces all nodes while every phone votes again and again, on average once in `pace`.
pub async fn run(bench: &mut Bench, pace: Duration, offline: Duration) -> Result<DeployFigures> {
    let settings = poll("Who goes first?", 4);
    let activity = bench.facilitator.add(&settings).await?;
    bench.facilitator.control(Control::Open { activity }).await?;
    bench.facilitator.control(Control::Results { activity, visible: true }).await?;
    bench.all_hold("every phone to show the poll", |it| it.activity == Some(activity) && it.open && it.results).await?;

    let enough = Rc::new(Cell::new(false));
    let voting = keep_voting(bench, activity, &settings, pace, &enough);
    sleep(AROUND).await;
    let start = Instant::now();
    let nodes = replace_all(bench).await?;
    let seconds = start.elapsed().as_secs_f64();
    sleep(AROUND).await;
    enough.set(true);
    voting.join_all().await;
    bench.all_connected().await?;
    bench.all_confirmed(DELIVERY_TIMEOUT).await?;

    let figures = figures(bench, nodes, seconds);
    check(bench, &figures, offline);
    bench.check_tally(activity, 1, &settings).await?;
    bench.check_final_state().await?;
    bench.check_answers_of_each().await?;
    Ok(figures)
}

/// Replaces one node after another: SIGTERM, exit, start, ready.
async fn replace_all(bench: &Bench) -> Result<Vec<NodeFigures>> {
    let cluster = bench.cluster.as_ref().context("only nodes of our own can be replaced")?;
    let (mut nodes, bar) = (Vec::new(), progress::bar("deploying", cluster.nodes().len()));
    for node in cluster.nodes() {
        let told = Instant::now();
        let status = node.terminate().await?;
        let gone = Instant::now();
        node.start().await?;
        nodes.push(NodeFigures {
            exit_code: status.code(),
            gone_after: (gone - told).as_secs_f64(),
            ready_after: gone.elapsed().as_secs_f64(),
        });
        bar.inc(1);
    }
    Ok(nodes)
}

fn figures(bench: &Bench, nodes: Vec<NodeFigures>, seconds: f64) -> DeployFigures {
    let seen = bench.phones.crowd.seen();
    DeployFigures {
        nodes,
        seconds,
        answers: seen.commands,
        stored: seen.stored,
        later: seen.later,
        comebacks: seen.comebacks,
        told_to_retry: seen.told_to_retry,
        without_connection: seen.without_connection.percentiles(),
        receipts: seen.receipts.percentiles(),
    }
}

fn check(bench: &Bench, figures: &DeployFigures, offline: Duration) {
    let DeployFigures { nodes, answers, stored, without_connection, .. } = figures;
    let codes: Vec<_> = nodes.iter().map(|node| node.exit_code).collect();
    bench.checks.equal("every node ended with 0", &vec![Some(0); codes.len()], &codes);
    bench.checks.equal("every answer was stored, none refused", answers, stored);
    let longest = without_connection.map_or(0.0, |it| it.max);
    let wrong = (longest > offline.as_secs_f64() * 1000.0).then(|| format!("one was for {longest:.0} ms"));
    bench.checks.note(format!("no phone was without a connection for over {} s", offline.as_secs_f64()), wrong);
    let stayed = figures.comebacks < bench.phones.all.len() as u64;
    bench.checks.note(
        "everybody was sent to another node, most of them more than once",
        stayed.then(|| format!("only {} connections were made again", figures.comebacks)),
    );
}

impl Display for DeployFigures {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { nodes, seconds, answers, stored, later, comebacks, told_to_retry, .. } = self;
        writeln!(f, "Deploy\n  {} nodes replaced in {seconds:.1} s", nodes.len())?;
        for (number, node) in nodes.iter().enumerate() {
            let NodeFigures { exit_code, gone_after, ready_after } = node;
            let code = exit_code.map_or_else(|| "a signal".to_owned(), |code| code.to_string());
            writeln!(
                f,
                "  node {number} ended with {code} after {gone_after:.2} s, ready again {ready_after:.2} s later"
            )?;
        }
        writeln!(f, "  {stored} of {answers} answers stored, {later} asked to come again later")?;
        writeln!(f, "  {comebacks} reconnects, {told_to_retry} of them told to retry later")?;
        lines::percentiles(f, "without a connection", self.without_connection.as_ref())?;
        lines::percentiles(f, "receipt", self.receipts.as_ref())
    }
}
