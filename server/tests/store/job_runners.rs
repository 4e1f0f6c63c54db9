//! Runners of several nodes with one database: each job is done, and once; what a node cannot do
//! another does.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use parterre::jobs::{
    attempt::{Attempt, Handlers, JobError, Outcome},
    runner::{Pace, Runner},
};
use parterre_domain::job::{JobKind, MAX_PAUSE};
use parterre_protocol::Millis;
use parterre_store::{NewJob, Store};
use parterre_system::{
    clock::Clock,
    metrics::{JobResult, Metrics},
    random,
};
use tokio::{
    sync::Notify,
    task::{JoinHandle, JoinSet},
    time::sleep,
};

use crate::jobs::{job, node};

const NOW: Millis = 1_790_000_000_000;
/// Any kind does: what is done here is the tests' own, and what recurs is not due while the clock
/// stands.
const KIND: JobKind = JobKind::ExpireReceipts;
const PACE: Pace = Pace {
    concurrency: 3,
    lease: Duration::from_secs(60),
    timeout: Duration::from_secs(600),
    grace: Duration::from_millis(1),
    poll: Duration::from_millis(10),
    again: Duration::from_millis(10),
};

/// What is done for a job, by its payload.
#[derive(Clone, Debug, Default)]
struct Hands {
    done: Arc<Mutex<BTreeMap<String, usize>>>,
    /// Attempts that were begun, and those that have ended in whatever way.
    begun: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
    /// Lets the jobs go on that wait for it.
    gate: Arc<Notify>,
}

/// Counts the end of an attempt, also of one that is given up.
struct Ends(Arc<AtomicUsize>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Handlers for Hands {
    fn takes_jobs(&self) -> bool {
        true
    }

    async fn perform(&self, attempt: &Attempt<'_>) -> Result<Outcome, JobError> {
        let before = self.begun.fetch_add(1, Ordering::SeqCst);
        let _ends = Ends(Arc::clone(&self.ended));
        match (attempt.payload(), before) {
            (r#""waits""#, _) => self.gate.notified().await,
            (r#""fails""#, 0) => return Err(JobError::Other("not today".to_owned())),
            (r#""fails""#, 1) => panic!("as the test has it"),
            (r#""fails""#, _) => std::future::pending().await,
            _ => tokio::task::yield_now().await,
        }
        *self.done.lock().unwrap().entry(attempt.payload().to_owned()).or_default() += 1;
        Ok(Outcome::Done)
    }
}

/// A node that does jobs.
struct Node {
    store: Store,
    clock: Clock,
    metrics: Metrics,
    hands: Hands,
    id: parterre_domain::ids::NodeId,
    task: JoinHandle<()>,
}

impl Node {
    fn start(store: &Store, clock: &Clock, hands: &Hands, pace: Pace) -> Self {
        let (id, metrics, job_added) = (node(), Metrics::new(), Arc::default());
        let (store, clock, hands) = (store.clone(), clock.clone(), hands.clone());
        let runner = Runner {
            node: id,
            store: store.clone(),
            clock: clock.clone(),
            metrics: metrics.clone(),
            job_added,
            handlers: hands.clone(),
            pace,
        };
        Self { store, clock, metrics, hands, id, task: tokio::spawn(runner.run()) }
    }

    /// How many attempts here had this result.
    fn counts(&self, result: JobResult) -> u64 {
        self.metrics.jobs.at(KIND, result).get()
    }

    /// Ends without a word.
    async fn die(&mut self) {
        self.task.abort();
        assert!((&mut self.task).await.unwrap_err().is_cancelled(), "it ran until now");
    }
}

/// Waits until this holds. What never holds runs into the test runner's limit.
async fn until(holds: impl AsyncFn() -> bool) {
    while !holds().await {
        sleep(Duration::from_millis(2)).await;
    }
}

/// Has nothing recur within the hour for which these clocks run.
async fn nothing_recurs(store: &Store) {
    for kind in JobKind::ALL {
        let recurring = NewJob::recurring(random::opaque_id(), *kind, NOW + 3_600_000);
        store.add_job(&recurring.expect("all do so far"), NOW).await.unwrap();
    }
}

async fn add(store: &Store, payload: &str) {
    let job = NewJob { payload: payload.to_owned(), ..job(KIND.name()) };
    assert!(store.add_job(&job, NOW).await.unwrap());
}

/// How many jobs of the kind are due and not done, and how many failed.
async fn left(store: &Store) -> (u32, u32) {
    let counts = store.count_jobs(NOW).await.unwrap();
    counts.iter().find(|count| count.kind == KIND.name()).map_or((0, 0), |count| (count.waiting, count.failed))
}

pub(crate) async fn each_job_is_done_once_by_many_nodes(store: &Store, other_node: &Store) {
    const JOBS: usize = 60;
    nothing_recurs(store).await;
    let (clock, hands) = (Clock::standing(NOW), Hands::default());
    // A file has one node.
    let of = if store.is_shared() { vec![store, other_node, store, other_node] } else { vec![store] };
    let nodes: Vec<_> = of.into_iter().map(|own| Node::start(own, &clock, &hands, PACE)).collect();
    let mut adding = JoinSet::new();
    for own in [store, other_node].map(Store::clone) {
        adding.spawn(async move {
            for n in 0..JOBS / 2 {
                add(&own, &format!("{n}")).await;
            }
        });
    }
    adding.join_all().await;
    until(async || left(store).await == (0, 0)).await;
    until(async || nodes.iter().map(|node| node.counts(JobResult::Done)).sum::<u64>() == JOBS as u64).await;
    assert!(nodes.iter().all(|node| node.counts(JobResult::Lost) == 0));
    let done = hands.done.lock().unwrap().clone();
    assert_eq!(done, (0..JOBS / 2).map(|n| (n.to_string(), 2)).collect(), "two were added of each");
    for mut node in nodes {
        node.die().await;
    }
}

pub(crate) async fn what_a_dead_node_had_begun_another_does(store: &Store, other_node: &Store) {
    nothing_recurs(store).await;
    let (clock, dying, living) = (Clock::standing(NOW), Hands::default(), Hands::default());
    for stops_in_order in [false, true] {
        let mut dies = Node::start(store, &clock, &dying, PACE);
        add(store, r#""waits""#).await;
        until(async || dying.begun.load(Ordering::SeqCst) > dying.ended.load(Ordering::SeqCst)).await;
        dies.die().await;
        assert_eq!(dying.begun.load(Ordering::SeqCst), dying.ended.load(Ordering::SeqCst), "nothing goes on");
        if stops_in_order {
            assert_eq!(store.release_jobs(dies.id).await.unwrap(), 1);
        } else {
            clock.advance(PACE.lease);
        }
        living.gate.notify_one();
        let mut lives = Node::start(other_node, &clock, &living, PACE);
        until(async || lives.counts(JobResult::Done) == 1 && left(store).await == (0, 0)).await;
        lives.die().await;
        clock.advance(Duration::from_secs(1));
    }
    assert!(dying.done.lock().unwrap().is_empty());
}

pub(crate) async fn a_lease_is_renewed_until_it_is_lost(store: &Store, other_node: &Store) {
    nothing_recurs(store).await;
    let lease = Duration::from_millis(60);
    let (clock, hands) = (Clock::standing(NOW), Hands::default());
    let mut node = Node::start(store, &clock, &hands, Pace { lease, ..PACE });
    add(store, r#""waits""#).await;
    until(async || hands.begun.load(Ordering::SeqCst) == 1).await;
    let held_until = async || store.next_job_at(&[KIND.name()]).await.unwrap().unwrap();
    for _ in 0..3 {
        let before = held_until().await;
        node.clock.advance(lease / 2);
        until(async || held_until().await > before).await;
    }
    // Another takes it, as if this node had stood still.
    let taken = node.clock.now() + lease.as_millis() as Millis;
    let theirs = other_node.claim_jobs(crate::jobs::node(), &[KIND.name()], 9, taken, taken + 9_000).await.unwrap();
    let [theirs] = &theirs[..] else { panic!("{theirs:?}") };
    until(async || node.counts(JobResult::Lost) == 1).await;
    assert_eq!((node.hands.ended.load(Ordering::SeqCst), node.counts(JobResult::Done)), (1, 0));
    assert!(other_node.finish_job(theirs.lease, None).await.unwrap());
    node.die().await;
}

pub(crate) async fn attempts_end_in_success_or_in_failure(store: &Store) {
    nothing_recurs(store).await;
    let (clock, hands) = (Clock::standing(NOW), Hands::default());
    let pace = Pace { timeout: Duration::from_millis(40), ..PACE };
    let mut node = Node::start(store, &clock, &hands, pace);
    add(store, r#""fails""#).await;
    for retried in 1..=2 {
        until(async || node.counts(JobResult::Retried) == retried).await;
        assert_eq!(node.counts(JobResult::Failed), 0);
        let next = node.store.next_job_at(&[KIND.name()]).await.unwrap().unwrap();
        assert!(next > clock.now() && next <= clock.now() + MAX_PAUSE, "after a pause");
        clock.advance(Duration::from_millis((next - clock.now()) as u64));
    }
    until(async || node.metrics.jobs_failed.at(KIND).get() == 1).await;
    assert_eq!((node.counts(JobResult::Failed), node.counts(JobResult::Done)), (1, 0));
    assert_eq!((hands.begun.load(Ordering::SeqCst), left(store).await), (3, (0, 1)));
    node.die().await;
}
