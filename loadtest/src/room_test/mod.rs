//! A room test: phones in several places and on several networks join, test the network, and send
//! their readings. The board on a studio's live connection must show each reading once, even if a
//! node is killed.

mod board;
mod phone;
mod report;

pub use self::report::RoomTestReport;

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use self::{
    board::{board_of, check_board, check_end, check_once},
    phone::{Done, Phone},
    report::BoardObservations,
};
use crate::{
    bench,
    cluster::{Cluster, Options},
    crowd::CrowdTotals,
    facilitator::Facilitator,
    http::Address,
    ledger::Checks,
    progress,
};

/// A reading that is not shown within this time is lost.
const RUN_TIMEOUT: Duration = Duration::from_secs(120);

/// The options.
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

    let stored = Rc::new(Cell::new(0));
    let began = Instant::now();
    let phones = send_out(&plan, &cluster, &facilitator, &stored).await?;
    let killed = if plan.kill { Some(kill(&cluster, plan.phones / 2, &stored).await?) } else { None };
    let done = all_done(phones, plan.phones).await?;

    let all = Checks::default();
    let board = check_board(&facilitator, &done, &all).await?;
    watching.abort();
    check_once(&facilitator, &done, &board, &all).await?;
    sleep(plan.hold).await;
    check_end(&facilitator, &board, &all).await?;
    let board_bytes = facilitator.crowd.seen().bytes;
    let seen = BoardObservations { done, began, shown: shown.take(), killed, board, board_bytes };
    seen.done.iter().for_each(|it| it.client.leave());
    Ok(RoomTestReport::of(&seen, all))
}

/// Waits until all phones have finished. Returns what each did.
async fn all_done(mut phones: JoinSet<Result<Done>>, count: usize) -> Result<Vec<Done>> {
    let (mut done, bar) = (Vec::with_capacity(count), progress::bar("reading", count));
    while let Some(phone) = timeout(RUN_TIMEOUT, phones.join_next()).await.context("a phone did not come to an end")? {
        done.push(phone??);
        bar.set(done.len() as u64);
    }
    Ok(done)
}

/// Starts every phone at a random moment, from one of a few addresses.
async fn send_out(
    plan: &Plan,
    cluster: &Cluster,
    facilitator: &Facilitator,
    stored: &Rc<Cell<usize>>,
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
    let look = |_: &CrowdTotals| {
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

async fn kill(cluster: &Cluster, after: usize, stored: &Cell<usize>) -> Result<f64> {
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
