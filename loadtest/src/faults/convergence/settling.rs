//! Waits until everything has settled, and measures how long each part took.

use std::{rc::Rc, time::Duration};

use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::{CONVERGENCE_LIMIT, differences, miscounts, wrongs};
use crate::{
    client::Client,
    faults::{check::Verdict, event_setup::EventSetup},
};

/// How often all clients are checked.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// How long after the last fault each condition held, in seconds; `None` if it never did.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Settled {
    /// From the last fault's healing until every client was connected.
    pub connected: Option<f64>,
    /// From the last fault's healing until every command had its receipt.
    pub confirmed: Option<f64>,
    /// From the last fault's healing until all connections held identical topics.
    pub identical: Option<f64>,
    /// From the time when all were connected until presence was exact on all connections.
    pub present: Option<f64>,
}

/// Waits until everything has settled, with a time limit. Returns how long each part took, and what
/// has not settled.
pub async fn settle(gatherings: &[Rc<EventSetup>], time_limit: Duration) -> (Settled, Vec<Verdict>) {
    let mut settling = Settling::begin(gatherings);
    while settling.healed.elapsed() < time_limit {
        settling.look();
        if settling.is_over() {
            break;
        }
        sleep(POLL_INTERVAL).await;
    }
    settling.end()
}

/// What has settled, and what has not.
struct Settling<'a> {
    gatherings: &'a [Rc<EventSetup>],
    /// The clients of each event.
    clients: Vec<Vec<Rc<Client>>>,
    healed: Instant,
    settled: Settled,
    /// When all were connected for the first time.
    connected: Option<Instant>,
    /// When every command had its receipt for the first time.
    confirmed: Option<Instant>,
    /// Clients that are not connected or wait for a receipt, described.
    apart: Vec<String>,
    differing: Vec<String>,
    miscounted: Vec<String>,
}

impl<'a> Settling<'a> {
    fn begin(gatherings: &'a [Rc<EventSetup>]) -> Self {
        Self {
            gatherings,
            clients: gatherings.iter().map(|it| it.clients()).collect(),
            healed: Instant::now(),
            settled: Settled::default(),
            connected: None,
            confirmed: None,
            apart: Vec::new(),
            differing: Vec::new(),
            miscounted: Vec::new(),
        }
    }

    /// Checks all clients once.
    fn look(&mut self) {
        self.look_for_clients();
        let each = || self.gatherings.iter().zip(&self.clients);
        let differing: Vec<_> = each().flat_map(|(it, clients)| differences(it, clients)).collect();
        let miscounted: Vec<_> = each().flat_map(|(it, clients)| miscounts(it, clients)).collect();
        // A condition counts from the last time that it began to hold: if it stops holding, its
        // time is reset.
        let since = |from: Option<Instant>, is_so: bool, so_far: Option<f64>| {
            let from = from.filter(|_| is_so)?;
            so_far.or_else(|| Some(from.elapsed().as_secs_f64()))
        };
        self.settled.identical = since(self.confirmed, differing.is_empty(), self.settled.identical);
        self.settled.present = since(self.connected, miscounted.is_empty(), self.settled.present);
        (self.differing, self.miscounted) = (differing, miscounted);
    }

    /// Clients that are not connected, and clients that wait for a receipt.
    fn look_for_clients(&mut self) {
        let that = |is_so: fn(&Client) -> bool| -> Vec<usize> {
            self.clients.iter().flatten().filter(|client| is_so(client)).map(|client| client.number).collect()
        };
        let (absent, waiting) = (that(|client| !client.is_connected()), that(|client| client.waiting() > 0));
        self.apart.clear();
        if absent.is_empty() {
            self.connected.get_or_insert_with(Instant::now);
            self.settled.connected.get_or_insert_with(|| self.healed.elapsed().as_secs_f64());
        } else {
            self.apart.push(format!("not connected: clients {absent:?}"));
        }
        if !waiting.is_empty() {
            self.apart.push(format!("without receipts: clients {waiting:?}"));
        } else if absent.is_empty() {
            self.confirmed.get_or_insert_with(Instant::now);
            self.settled.confirmed.get_or_insert_with(|| self.healed.elapsed().as_secs_f64());
        }
    }

    fn is_over(&self) -> bool {
        // All may hold the same although the last confirmed command is not shown yet.
        let all_shown = self.confirmed.is_some_and(|confirmed| confirmed.elapsed() > CONVERGENCE_LIMIT);
        self.settled.identical.is_some() && self.settled.present.is_some() && all_shown
    }

    fn end(self) -> (Settled, Vec<Verdict>) {
        let Self { settled, apart, differing, miscounted, .. } = self;
        let all_return = "everybody is connected again, and every command has its receipt";
        let verdicts = vec![
            Verdict::of("all-return", all_return, wrongs(apart)),
            in_time("same-for-all", "all connections hold identical topics within 5 s", settled.identical, differing),
            in_time("presence", "who is here is exact on all connections within 5 s", settled.present, miscounted),
        ];
        (settled, verdicts)
    }
}

fn in_time(name: &'static str, what: &str, after: Option<f64>, apart: Vec<String>) -> Verdict {
    let limit = CONVERGENCE_LIMIT.as_secs_f64();
    let late = after.filter(|after| *after > limit).map(|after| format!("it took {after:.1} s"));
    Verdict::of(name, what, wrongs(apart.into_iter().chain(late).collect()))
}
