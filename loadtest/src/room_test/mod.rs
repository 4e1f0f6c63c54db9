//! A room test: phones in several places and on several networks join, try the network, and send what they find. The board,
//! seen over a studio's live connection, must show all of it, once, also where a node is killed in the middle.

mod phone;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Display, Formatter},
    rc::Rc,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use parterre_protocol::{
    Control, Tally,
    kinds::readings::{Board, Verdict, Verdicts},
    topics::Results,
};
use serde::Serialize;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use self::phone::{Done, Phone};
use crate::{
    bench,
    cluster::{Cluster, Options},
    facilitator::Facilitator,
    http::Address,
    ledger::{Check, Checks},
    measure::{Delays, Percentiles},
    progress,
    report::{checks, line},
};

/// What is not there by then is lost.
const RUN_TIMEOUT: Duration = Duration::from_secs(120);
/// Of so many phones one sends the same reading again, as after a lost receipt.
const AGAIN: usize = 10;
/// The most rows that the board shows; with more phones, when each was shown is not looked at.
const ROWS: usize = 400;

/// What is to be done.
pub struct Plan {
    /// How many phones.
    pub phones: usize,
    /// How many nodes; none: one with a file.
    pub nodes: Option<usize>,
    /// The time over which all come.
    pub spread: Duration,
    /// Whether a node is killed once half of the readings are stored.
    pub kill: bool,
    /// For how long the board stays there at the end.
    pub hold: Duration,
    /// For repeatable choices.
    pub seed: u64,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct RoomTestReport {
    /// Whether every check held.
    pub ok: bool,
    /// Phones that joined.
    pub phones: usize,
    /// Seconds from the first request to join until the last phone was in.
    pub join_seconds: f64,
    /// From a phone's request to join until it had its stage.
    pub join: Option<Percentiles>,
    /// From sending a reading until its receipt.
    pub receipts: Option<Percentiles>,
    /// From sending a reading until the board showed it.
    pub shown: Option<Percentiles>,
    /// Bytes that the board's connection got for each reading.
    pub board_bytes_per_reading: f64,
    /// How the readings are, by the board.
    pub verdicts: Verdicts,
    /// Networks and places on it.
    pub groups: (usize, usize),
    /// Seconds until the killed node was ready again.
    pub killed: Option<f64>,
    /// All that was checked.
    pub checks: Vec<Check>,
}

/// Runs it.
pub async fn run(plan: Plan) -> Result<RoomTestReport> {
    ensure!(plan.phones >= 2, "a room has at least two phones");
    let proxies = usize::from(plan.kill && plan.nodes.is_some());
    let options = Options { nodes: plan.nodes, proxies, seed: plan.seed, ..Options::default() };
    let (cluster, account) = bench::start(options).await?;
    let address = Address::resolve(&cluster.url()).await?;
    let facilitator = Rc::new(Facilitator::begin_room_test(&address, &account, plan.seed).await?);
    if !plan.hold.is_zero() {
        let (url, event) = (cluster.url(), facilitator.event.id);
        println!("{url}/studio/room-tests/{event}\n{} {}", account.email, account.password);
    }
    facilitator.crowd.note().bytes = 0;
    let shown = Rc::new(RefCell::new(BTreeMap::new()));
    let watching = tokio::task::spawn_local(watch(facilitator.clone(), shown.clone()));

    let stored = Rc::new(std::cell::Cell::new(0));
    let began = Instant::now();
    let mut phones = send_out(&plan, &cluster, &facilitator, &stored).await?;
    let killed = if plan.kill { Some(kill(&cluster, plan.phones / 2, &stored).await?) } else { None };
    let mut done = Vec::with_capacity(plan.phones);
    let bar = progress::bar("reading", plan.phones);
    while let Some(phone) = timeout(RUN_TIMEOUT, phones.join_next()).await.context("a phone did not come to an end")? {
        done.push(phone??);
        bar.set(done.len() as u64);
    }
    let join_seconds = done.iter().map(|it| (it.joined - began).as_secs_f64()).fold(0.0, f64::max);

    let all = Checks::default();
    let board = check_board(&facilitator, &done, &all).await?;
    watching.abort();
    check_once(&facilitator, &done, &board, &all).await?;
    sleep(plan.hold).await;
    check_end(&facilitator, &board, &all).await?;
    let bytes = facilitator.crowd.seen().bytes as f64 / done.len() as f64;
    let report = report(&plan, &done, &shown.borrow(), join_seconds, killed, &board, bytes, all);
    done.iter().for_each(|it| it.client.leave());
    Ok(report)
}

/// Every phone comes at a moment of its own, from one of a few addresses.
async fn send_out(
    plan: &Plan,
    cluster: &Cluster,
    facilitator: &Facilitator,
    stored: &Rc<std::cell::Cell<usize>>,
) -> Result<JoinSet<Result<Done>>> {
    let mut addresses = Vec::new();
    for url in cluster.urls() {
        addresses.push(Address::resolve(&url).await?);
    }
    let mut rng = fastrand::Rng::with_seed(plan.seed);
    let mut phones = JoinSet::new();
    for number in 0..plan.phones {
        let address = addresses[number % addresses.len()].clone().asked_from(phone::network_of(number).into());
        let (code, event) = (facilitator.event.code.clone(), facilitator.event.id);
        let phone = Phone { number, address, code, event, seed: plan.seed };
        let (at, stored) = (plan.spread.mul_f64(rng.f64()), stored.clone());
        phones.spawn_local(async move {
            sleep(at).await;
            let done = phone.run().await?;
            stored.set(stored.get() + 1);
            Ok(done)
        });
    }
    Ok(phones)
}

/// Notes when each reading is first on the board.
async fn watch(facilitator: Rc<Facilitator>, shown: Rc<RefCell<BTreeMap<String, Instant>>>) {
    let look = |_: &crate::crowd::CrowdTotals| {
        if let Ok(board) = facilitator.results().map(board_of) {
            let now = Instant::now();
            for key in board.readings.into_keys() {
                shown.borrow_mut().entry(key).or_insert(now);
            }
        }
        false
    };
    // It ends when it is no longer needed.
    drop(facilitator.crowd.until("nothing", RUN_TIMEOUT * 10, look).await);
}

async fn kill(cluster: &Cluster, after: usize, stored: &std::cell::Cell<usize>) -> Result<f64> {
    let waiting = async {
        while stored.get() < after {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(RUN_TIMEOUT, waiting).await.context("half of the readings were not stored")?;
    let nodes = cluster.nodes();
    let node = &nodes[nodes.len() / 2];
    let killed = node.kill().await?;
    node.start().await?;
    Ok(killed.elapsed().as_secs_f64())
}

fn board_of(results: Results) -> Board {
    match results.tally {
        Some(Tally::Readings(board)) => board,
        _ => Board::default(),
    }
}

/// The board must show what the phones were told of their readings.
async fn check_board(facilitator: &Facilitator, done: &[Done], checks: &Checks) -> Result<Board> {
    let count = |like: &dyn Fn(&Done) -> &str| {
        let mut groups: BTreeMap<String, Verdicts> = BTreeMap::new();
        done.iter().for_each(|it| groups.entry(like(it).to_owned()).or_default().count(it.reading.verdict));
        groups
    };
    let (networks, places) = (count(&|it| &it.reading.network), count(&|it| &it.place_key));
    let complete = |results: &Results| board_of(results.clone()).verdicts.total() as usize == done.len();
    let board = board_of(facilitator.results_when(RUN_TIMEOUT, complete).await?);
    checks.equal("the board counts every phone", &(done.len() as u32), &board.phones);
    let mut verdicts = Verdicts::default();
    done.iter().for_each(|it| verdicts.count(it.reading.verdict));
    checks.equal("the board counts the verdicts that the phones were told", &verdicts, &board.verdicts);
    let on_board = board.networks.iter().map(|(key, group)| (key.clone(), group.verdicts)).collect();
    checks.equal("so it does by network", &networks, &on_board);
    let on_board = board.places.iter().map(|(key, group)| (key.clone(), group.verdicts)).collect();
    checks.equal("and by place", &places, &on_board);
    let failed = done.iter().filter(|it| it.reading.verdict == Verdict::Failed).count();
    let blocked = done.iter().filter(|it| it.blocked).count();
    checks.equal("who had no live connection fails, and nobody else", &blocked, &failed);
    if done.len() <= ROWS {
        let sent: BTreeSet<_> = done.iter().map(|it| it.key.clone()).collect();
        checks.equal("every reading is listed once", &sent, &board.readings.keys().cloned().collect());
    }
    Ok(board)
}

/// The same reading sent again gets the same receipt and changes nothing.
async fn check_once(facilitator: &Facilitator, done: &[Done], board: &Board, checks: &Checks) -> Result<()> {
    let mut other = 0;
    for it in done.iter().step_by(AGAIN) {
        other += usize::from(it.send_again().await? != it.receipt);
    }
    checks.equal("a reading that comes again gets the receipt that it had", &0, &other);
    let fresh = facilitator.studio.afresh();
    timeout(RUN_TIMEOUT, fresh.until_joined()).await.context("a fresh board got no state")?;
    let same = |_: &crate::crowd::CrowdTotals| fresh.topics().results().map(board_of).as_ref() == Some(board);
    // Judged by the check, in vain or not.
    drop(fresh.crowd().until("the board", Duration::from_secs(15), same).await);
    let wrong = (fresh.topics().results().map(board_of).as_ref() != Some(board)).then(|| "it shows another".to_owned());
    checks.note("a fresh board shows the same", wrong);
    fresh.leave();
    Ok(())
}

async fn check_end(facilitator: &Facilitator, board: &Board, checks: &Checks) -> Result<()> {
    facilitator.control(Control::End).await?;
    let same = |results: &Results| board_of(results.clone()) == *board;
    let after = facilitator.results_when(Duration::from_secs(15), same).await?;
    checks.equal("the end leaves the board as it was", &board.verdicts, &board_of(after).verdicts);
    let troubles: Vec<_> =
        facilitator.crowd.seen().troubles.iter().map(|(what, times)| format!("{times} × {what}")).collect();
    checks.note("the server did nothing wrong to the board", (!troubles.is_empty()).then(|| troubles.join("; ")));
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "everything that was found, once")]
fn report(
    plan: &Plan,
    done: &[Done],
    shown: &BTreeMap<String, Instant>,
    join_seconds: f64,
    killed: Option<f64>,
    board: &Board,
    bytes: f64,
    checks: Checks,
) -> RoomTestReport {
    let percentiles = |times: &mut dyn Iterator<Item = Duration>| {
        let mut delays = Delays::default();
        times.for_each(|time| delays.record(time));
        delays.percentiles()
    };
    let checks = checks.into_all();
    RoomTestReport {
        ok: checks.iter().all(|check| check.wrong.is_none()),
        phones: plan.phones,
        join_seconds,
        join: percentiles(&mut done.iter().map(|it| it.joining)),
        receipts: percentiles(&mut done.iter().map(|it| it.receipt_after)),
        shown: percentiles(
            &mut done.iter().filter_map(|it| Some(shown.get(&it.key)?.saturating_duration_since(it.sent))),
        ),
        board_bytes_per_reading: bytes,
        verdicts: board.verdicts,
        groups: (board.networks.len(), board.places.len()),
        killed,
        checks,
    }
}

impl Display for RoomTestReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { phones, join_seconds, verdicts, groups, .. } = self;
        let per_second = *phones as f64 / join_seconds;
        writeln!(f, "Room test\n  {phones} phones joined in {join_seconds:.2} s: {per_second:.0} a second")?;
        line(f, "join to stage", self.join.as_ref())?;
        line(f, "reading to receipt", self.receipts.as_ref())?;
        line(f, "reading to board", self.shown.as_ref())?;
        let Verdicts { success, warning, failed, skipped } = verdicts;
        writeln!(f, "  {success} work, {warning} with trouble, {failed} do not, {skipped} not known")?;
        writeln!(
            f,
            "  {} networks, {} places, {:.0} bytes to the board for each reading",
            groups.0, groups.1, self.board_bytes_per_reading
        )?;
        if let Some(seconds) = self.killed {
            writeln!(f, "  killed in the middle, ready again after {seconds:.2} s")?;
        }
        checks(f, &self.checks)
    }
}
