//! Whatever nodes do with jobs, in whatever order, a job has one holder at most, and the database
//! has of it what a plain list has.

use std::collections::BTreeMap;

use parterre_domain::ids::NodeId;
use parterre_protocol::Millis;
use parterre_store::{ClaimedJob, NewJob, Store};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use uuid::Uuid;

use crate::jobs::{job, node};

const RUNS: usize = 6;
const STEPS: usize = 50;
const LEASE: Millis = 50;
const NODES: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    /// Adds a job with one of a few keys or none, due in a while, that recurs or not.
    Add(Option<u8>, Millis, bool),
    /// A node takes at most so many.
    Claim(usize, u32),
    /// Whoever once had a job, so many claims ago, says what became of it.
    Say(usize, Report),
    Release(usize),
    Wait(Millis),
}

#[derive(Clone, Copy, Debug)]
enum Report {
    Renew,
    Finish,
    Retry(Millis),
    Fail,
}

fn any_step() -> impl Strategy<Value = Step> {
    let report = prop_oneof![
        1 => Just(Report::Renew),
        3 => Just(Report::Finish),
        2 => (0..40i64).prop_map(Report::Retry),
        2 => Just(Report::Fail),
    ];
    prop_oneof![
        4 => (prop::option::of(0..3u8), 0..60i64, any::<bool>()).prop_map(|(key, at, recurs)| Step::Add(key, at, recurs)),
        4 => (0..NODES, 1..4u32).prop_map(|(node, most)| Step::Claim(node, most)),
        6 => (0..6usize, report).prop_map(|(ago, report)| Step::Say(ago, report)),
        1 => (0..NODES).prop_map(Step::Release),
        3 => (1..40i64).prop_map(Step::Wait),
    ]
}

/// A job as the list has it.
#[derive(Clone, Debug)]
struct Row {
    key: Option<u8>,
    run_at: Millis,
    recurs: bool,
    attempts: u32,
    lease: Option<(usize, Millis)>,
    failed: bool,
}

impl Row {
    fn due_at(&self) -> Option<Millis> {
        (!self.failed).then(|| self.lease.map_or(self.run_at, |(_, until)| until))
    }

    fn frees(&mut self) {
        self.lease = None;
    }
}

/// The database and the list, with all that was ever claimed.
struct Trial<'a> {
    stores: [&'a Store; 2],
    kind: &'static str,
    nodes: [NodeId; NODES],
    now: Millis,
    rows: BTreeMap<Uuid, Row>,
    claims: Vec<(usize, ClaimedJob)>,
}

pub(crate) async fn whatever_nodes_do_a_job_has_one_holder(store: &Store, other_node: &Store) {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let steps = prop::collection::vec(any_step(), STEPS);
    for run in 0..RUNS {
        let steps = steps.new_tree(&mut runner).unwrap().current();
        let kind: &'static str = Box::leak(format!("model {run}").into_boxed_str());
        let nodes = std::array::from_fn(|_| node());
        let (rows, claims) = (BTreeMap::new(), Vec::new());
        let mut trial = Trial { stores: [store, other_node], kind, nodes, now: 1_000, rows, claims };
        for step in &steps {
            trial.take(step).await;
            trial.compare(&steps).await;
        }
    }
}

impl Trial<'_> {
    fn store(&self, node: usize) -> &Store {
        self.stores[node % 2]
    }

    async fn take(&mut self, step: &Step) {
        match *step {
            Step::Add(key, later, recurs) => self.add(key, self.now + later, recurs).await,
            Step::Claim(node, most) => self.claim(node, most).await,
            Step::Say(ago, report) => {
                if let Some(place) = self.claims.len().checked_sub(1 + ago) {
                    let (node, claimed) = self.claims[place].clone();
                    self.say(node, &claimed, report).await;
                }
            }
            Step::Release(node) => {
                let released = self.store(node).release_jobs(self.nodes[node]).await.unwrap();
                let held = self.rows.values_mut().filter(|row| row.lease.is_some_and(|(holder, _)| holder == node));
                let held = held.map(|row| {
                    row.attempts -= 1;
                    row.frees();
                });
                assert_eq!(released as usize, held.count());
                // A node that was started anew is another one.
                self.nodes[node] = crate::jobs::node();
            }
            Step::Wait(millis) => self.now += millis,
        }
    }

    async fn add(&mut self, key: Option<u8>, run_at: Millis, recurs: bool) {
        let unique_key = key.map(|key| format!("{}:{key}", self.kind));
        let new = NewJob { run_at, repeat_ms: recurs.then_some(30), unique_key, ..job(self.kind) };
        let added = self.stores[0].add_job(&new, self.now).await.unwrap();
        let taken = key.is_some() && self.rows.values().any(|row| row.key == key && !row.failed);
        assert_eq!(added, !taken);
        if added {
            self.rows.insert(new.id, Row { key, run_at, recurs, attempts: 0, lease: None, failed: false });
        }
    }

    async fn claim(&mut self, node: usize, most: u32) {
        let (now, until) = (self.now, self.now + LEASE);
        let claimed = self.store(node).claim_jobs(self.nodes[node], &[self.kind], most, now, until).await.unwrap();
        let due_at = |id: &Uuid| self.rows[id].due_at().filter(|at| *at <= now);
        let due: Vec<_> = self.rows.keys().filter_map(due_at).collect();
        assert_eq!(claimed.len(), due.len().min(most as usize));
        let latest = claimed.iter().map(|job| due_at(&job.id()).expect("it was due")).max();
        let earlier = due.iter().filter(|at| Some(**at) < latest).count();
        assert!(earlier < claimed.len().max(1), "the longest due come first");
        for job in claimed {
            let row = self.rows.get_mut(&job.id()).unwrap();
            row.attempts += 1;
            row.lease = Some((node, until));
            assert_eq!((job.attempt(), job.repeat_ms.is_some()), (row.attempts, row.recurs));
            self.claims.push((node, job));
        }
    }

    async fn say(&mut self, node: usize, claimed: &ClaimedJob, report: Report) {
        let (store, lease, now) = (self.store(node).clone(), claimed.lease, self.now);
        let (id, next) = (claimed.id(), claimed.repeat_ms.map(|interval| now + interval));
        // The last claim of a job is the one that counts, while nothing was said of it.
        let last = self.claims.iter().rev().find(|(_, job)| job.id() == id).map(|(_, job)| job.lease);
        let holds = last == Some(lease) && self.rows.get(&id).is_some_and(|row| row.lease.is_some());
        let next_id = Uuid::new_v4();
        let held = match report {
            Report::Renew => store.renew_job(lease, now + LEASE).await,
            Report::Finish => store.finish_job(lease, next).await,
            Report::Retry(pause) => store.retry_job(lease, now + pause, "again").await,
            Report::Fail => store.fail_job(lease, now, "no more", next.map(|next| (next_id, next))).await,
        };
        assert_eq!(held.unwrap(), holds, "{report:?}");
        let Some(mut row) = holds.then(|| self.rows[&id].clone()) else { return };
        match report {
            Report::Renew => row.lease = Some((node, now + LEASE)),
            Report::Retry(pause) => (row.run_at, row.lease) = (now + pause, None),
            Report::Finish | Report::Fail => {
                self.rows.retain(|other, failed| {
                    *other == id || !failed.failed || row.key.is_none() || failed.key != row.key
                });
                row.frees();
                let again = next.map(|run_at| Row { run_at, attempts: 0, ..row.clone() });
                if matches!(report, Report::Fail) {
                    row.failed = true;
                    self.rows.extend(again.map(|row| (next_id, row)));
                } else if let Some(again) = again {
                    row = again;
                } else {
                    self.rows.remove(&id);
                    return;
                }
            }
        }
        self.rows.insert(id, row);
    }

    async fn compare(&self, steps: &[Step]) {
        let next = self.stores[1].next_job_at(&[self.kind]).await.unwrap();
        assert_eq!(next, self.rows.values().filter_map(Row::due_at).min(), "{steps:?}");
        let counts = self.stores[0].count_jobs(self.now).await.unwrap();
        let counted = counts.iter().find(|count| count.kind == self.kind).map(|it| (it.waiting, it.failed));
        let waiting = self.rows.values().filter(|row| !row.failed && row.run_at <= self.now).count() as u32;
        let failed = self.rows.values().filter(|row| row.failed).count() as u32;
        assert_eq!(counted.unwrap_or_default(), (waiting, failed), "{steps:?}");
    }
}
