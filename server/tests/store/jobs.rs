//! Jobs: whoever claims one has it alone, for a time, and what became of it is what they say.

use parterre_domain::ids::NodeId;
use parterre_protocol::Millis;
use parterre_store::{Aging, ClaimedJob, JobCount, JobStep, NewJob, Progress, Store, Terms};
use parterre_system::random;
use sqlx::{Row as _, postgres::PgPool, sqlite::SqlitePool};
use tokio::task::JoinSet;

use crate::room::Host;

const NOW: Millis = 1_790_000_000_000;
const LEASE: Millis = 60_000;
const HOUR: Millis = 3_600_000;

pub(crate) fn node() -> NodeId {
    NodeId::new(random::opaque_id())
}

/// A job of this kind that is due now, to be done once.
pub(crate) fn job(kind: &'static str) -> NewJob {
    let (id, payload) = (random::opaque_id(), r#"{"n":1}"#.to_owned());
    NewJob { id, kind, unique_key: None, payload, run_at: NOW, repeat_ms: None, max_attempts: 3 }
}

async fn add(store: &Store, job: &NewJob) {
    assert!(store.add_job(job, NOW).await.unwrap());
}

/// What a node gets of a kind at this time.
async fn claim(store: &Store, kind: &'static str, now: Millis) -> Vec<ClaimedJob> {
    store.claim_jobs(node(), &[kind], 10, now, now + LEASE).await.unwrap()
}

/// The one job that a node gets.
async fn claim_one(store: &Store, kind: &'static str, now: Millis) -> ClaimedJob {
    let claimed = claim(store, kind, now).await;
    assert_eq!(claimed.len(), 1, "{claimed:?}");
    claimed[0].clone()
}

/// How many jobs of a kind wait and failed.
async fn counts(store: &Store, kind: &str, now: Millis) -> (u32, u32) {
    let counts = store.count_jobs(now).await.unwrap();
    let count = counts.into_iter().find(|count| count.kind == kind);
    count.map_or((0, 0), |JobCount { waiting, failed, .. }| (waiting, failed))
}

fn step(claimed: &ClaimedJob, next_run: Option<Millis>) -> JobStep {
    JobStep { lease: claimed.lease, renew_until: NOW + 2 * LEASE, next_run }
}

/// A job that is being done, for what is work of one.
pub(crate) async fn begun(store: &Store) -> JobStep {
    let job = job("begun");
    add(store, &job).await;
    let claimed = store.claim_jobs(node(), &["begun"], 1, NOW, NOW + LEASE).await.unwrap();
    step(&claimed[0], None)
}

pub(crate) async fn of_many_who_claim_each_job_is_one_s(store: &Store, other_node: &Store) {
    const JOBS: usize = 60;
    let jobs: Vec<_> = (0..).take(JOBS).map(|n| NewJob { run_at: NOW - n, ..job("crowd") }).collect();
    for job in &jobs {
        add(store, job).await;
    }
    let mut nodes = JoinSet::new();
    for own in [store, other_node, store, other_node] {
        let own = own.clone();
        nodes.spawn(async move {
            let (node, mut claimed) = (node(), Vec::new());
            loop {
                let more = own.claim_jobs(node, &["crowd"], 7, NOW, NOW + LEASE).await.unwrap();
                if more.is_empty() && counts(&own, "crowd", NOW).await.0 as usize == JOBS {
                    let next = own.next_job_at(&["crowd"]).await.unwrap();
                    if next > Some(NOW) {
                        return claimed;
                    }
                }
                assert!(more.len() <= 7);
                claimed.extend(more.into_iter().map(|job| job.id()));
                assert!(claimed.len() <= JOBS, "none comes again");
            }
        });
    }
    let mut claimed: Vec<_> = nodes.join_all().await.into_iter().flatten().collect();
    let mut added: Vec<_> = jobs.iter().map(|job| job.id).collect();
    claimed.sort();
    added.sort();
    assert_eq!(claimed, added);
}

pub(crate) async fn jobs_are_claimed_when_they_are_due_in_their_order(store: &Store) {
    assert_eq!(store.next_job_at(&["order"]).await.unwrap(), None);
    let jobs = [20, 10, 30].map(|later| NewJob { run_at: NOW + later, ..job("order") });
    for job in &jobs {
        add(store, job).await;
    }
    assert_eq!(store.next_job_at(&["order", "none"]).await.unwrap(), Some(NOW + 10));
    assert_eq!(claim(store, "order", NOW + 9).await, []);
    assert_eq!(counts(store, "order", NOW + 9).await, (0, 0));
    assert_eq!(counts(store, "order", NOW + 20).await, (2, 0));
    let claimed = claim(store, "order", NOW + 20).await;
    assert_eq!(claimed.iter().map(ClaimedJob::id).collect::<Vec<_>>(), [jobs[1].id, jobs[0].id]);
    assert_eq!((claimed[0].payload.as_str(), claimed[0].attempt()), (r#"{"n":1}"#, 1));
    assert_eq!(store.next_job_at(&["order"]).await.unwrap(), Some(NOW + 30));
    // Of another release's kinds nothing is taken.
    assert_eq!(store.claim_jobs(node(), &["other", "none"], 9, NOW + 99, NOW + LEASE).await.unwrap(), []);
}

pub(crate) async fn a_lease_that_ends_is_another_s_and_the_former_has_no_say(store: &Store, other_node: &Store) {
    add(store, &job("lease")).await;
    let first = claim_one(store, "lease", NOW).await;
    assert_eq!(store.next_job_at(&["lease"]).await.unwrap(), Some(NOW + LEASE));
    assert!(store.renew_job(first.lease, NOW + 2 * LEASE).await.unwrap());
    assert_eq!(claim(other_node, "lease", NOW + 2 * LEASE - 1).await, []);
    let second = claim_one(other_node, "lease", NOW + 2 * LEASE).await;
    assert_eq!((second.id(), second.attempt()), (first.id(), 2));

    assert!(!store.renew_job(first.lease, NOW + 9 * LEASE).await.unwrap());
    assert!(!store.finish_job(first.lease, None).await.unwrap());
    assert!(!store.retry_job(first.lease, NOW, "late").await.unwrap());
    assert!(!store.fail_job(first.lease, NOW, "late", None).await.unwrap());
    assert!(other_node.finish_job(second.lease, None).await.unwrap());
    assert!(!other_node.finish_job(second.lease, None).await.unwrap(), "once");
    assert_eq!(counts(store, "lease", NOW + 9 * LEASE).await, (0, 0), "nothing of it is left");

    // All its attempts were begun, and the node is gone each time: whoever finds it is to give it
    // up.
    add(store, &job("lease")).await;
    for attempt in 1..=4 {
        let claimed = claim_one(store, "lease", NOW + attempt * LEASE).await;
        assert_eq!((claimed.attempt(), claimed.is_exhausted()), (attempt as u32, attempt > 3));
    }
}

pub(crate) async fn of_one_key_one_job_is_pending(store: &Store, other_node: &Store) {
    let keyed = || job("keyed").with_key("keyed:a");
    let (one, other) = (keyed(), keyed());
    let (first, second) = tokio::join!(store.add_job(&one, NOW), other_node.add_job(&other, NOW));
    assert!(first.unwrap() != second.unwrap(), "one of two at the same time");
    add(store, &job("keyed").with_key("keyed:b")).await;
    let claimed = claim(store, "keyed", NOW).await;
    assert_eq!(claimed.len(), 2);
    assert!(!store.add_job(&keyed(), NOW).await.unwrap(), "while it runs");
    for claimed in claimed {
        assert!(store.finish_job(claimed.lease, None).await.unwrap());
    }
    add(store, &keyed()).await;

    // What failed keeps no other from being tried, whose success makes good for it.
    let claimed = claim_one(store, "keyed", NOW).await;
    assert!(store.fail_job(claimed.lease, NOW, "no", None).await.unwrap());
    for _ in 0..2 {
        add(store, &keyed()).await;
        let claimed = claim_one(store, "keyed", NOW).await;
        assert!(store.fail_job(claimed.lease, NOW, "no again", None).await.unwrap());
        assert_eq!(counts(store, "keyed", NOW).await, (0, 1), "the last counts");
    }
    add(store, &keyed()).await;
    let claimed = claim_one(store, "keyed", NOW).await;
    assert!(store.finish_job(claimed.lease, None).await.unwrap());
    assert_eq!(counts(store, "keyed", NOW).await, (0, 0));
}

/// Why the jobs of this kind that failed did.
async fn errors(url: &str, kind: &str) -> Vec<String> {
    let asked = "SELECT last_error FROM jobs WHERE kind = $1 AND failed_at IS NOT NULL";
    if url.starts_with("sqlite") {
        let db = SqlitePool::connect(url).await.unwrap();
        sqlx::query(asked).bind(kind).fetch_all(&db).await.unwrap().iter().map(|row| row.get(0)).collect()
    } else {
        let db = PgPool::connect(url).await.unwrap();
        sqlx::query(asked).bind(kind).fetch_all(&db).await.unwrap().iter().map(|row| row.get(0)).collect()
    }
}

pub(crate) async fn what_fails_is_tried_again_later_and_stays_once_it_is_given_up(store: &Store, url: &str) {
    add(store, &job("fails")).await;
    for attempt in 1..=2 {
        let claimed = claim_one(store, "fails", NOW + attempt * HOUR).await;
        assert_eq!(i64::from(claimed.attempt()), attempt);
        let again = NOW + (attempt + 1) * HOUR;
        assert!(store.retry_job(claimed.lease, again, "for now").await.unwrap());
        assert_eq!(claim(store, "fails", again - 1).await, []);
        assert_eq!(counts(store, "fails", again - 1).await, (0, 0));
    }
    let last = claim_one(store, "fails", NOW + 3 * HOUR).await;
    assert_eq!((last.attempt(), last.is_exhausted()), (3, false));
    let reason = "é".repeat(10_000);
    assert!(store.fail_job(last.lease, NOW + 3 * HOUR, &reason, None).await.unwrap());
    assert_eq!(claim(store, "fails", NOW + 99 * HOUR).await, []);
    assert_eq!(counts(store, "fails", NOW + 99 * HOUR).await, (0, 1));
    assert_eq!(errors(url, "fails").await, ["é".repeat(300)]);

    // For 30 days.
    let month = 30 * 24 * HOUR;
    for (at, left) in [(NOW + 3 * HOUR + month, 1), (NOW + 3 * HOUR + month + 1, 0)] {
        let (terms, step) = (Terms { now: at, ..NOTHING }, begun(store).await);
        assert_eq!(store.forget_aged(Aging::FailedJobs, &terms, &step).await.unwrap(), Progress::Finished);
        assert_eq!(counts(store, "fails", NOW).await, (0, left));
    }
}

const NOTHING: Terms = Terms { now: 0, room_tests: 0, login_failures: 0, security_events: 0, deleted: 0 };

pub(crate) async fn a_job_that_recurs_is_due_again_in_the_same_row(store: &Store) {
    let recurring = NewJob { repeat_ms: Some(HOUR), ..job("recurs") }.with_key("recurs");
    add(store, &recurring).await;
    let claimed = claim_one(store, "recurs", NOW).await;
    assert_eq!(claimed.repeat_ms, Some(HOUR));
    assert!(store.retry_job(claimed.lease, NOW + 1, "once").await.unwrap());
    let claimed = claim_one(store, "recurs", NOW + 1).await;
    assert!(store.finish_job(claimed.lease, Some(NOW + HOUR)).await.unwrap());
    assert!(!store.finish_job(claimed.lease, Some(NOW + HOUR)).await.unwrap());
    assert_eq!(claim(store, "recurs", NOW + HOUR - 1).await, []);
    let claimed = claim_one(store, "recurs", NOW + HOUR).await;
    assert_eq!((claimed.id(), claimed.attempt()), (recurring.id, 1));

    // Given up, it goes on none the less.
    let next = random::opaque_id();
    assert!(store.fail_job(claimed.lease, NOW + HOUR, "no", Some((next, NOW + 2 * HOUR))).await.unwrap());
    assert_eq!(counts(store, "recurs", NOW + 2 * HOUR).await, (1, 1));
    let claimed = claim_one(store, "recurs", NOW + 2 * HOUR).await;
    assert_eq!((claimed.id(), claimed.attempt(), claimed.repeat_ms), (next, 1, Some(HOUR)));
    assert!(store.finish_job(claimed.lease, Some(NOW + 3 * HOUR)).await.unwrap());
    assert_eq!(counts(store, "recurs", NOW + 3 * HOUR).await, (1, 0));
}

pub(crate) async fn a_node_that_stops_lets_go_of_its_jobs(store: &Store, other_node: &Store) {
    let (stops, stays) = (node(), node());
    for _ in 0..3 {
        add(store, &job("release")).await;
    }
    store.claim_jobs(stops, &["release"], 2, NOW, NOW + LEASE).await.unwrap();
    let kept = other_node.claim_jobs(stays, &["release"], 2, NOW, NOW + LEASE).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(store.release_jobs(stops).await.unwrap(), 2);
    let claimed = claim(other_node, "release", NOW).await;
    assert_eq!(claimed.iter().map(ClaimedJob::attempt).collect::<Vec<_>>(), [1, 1], "it was no attempt of theirs");
    assert!(other_node.finish_job(kept[0].lease, None).await.unwrap());
}

pub(crate) async fn work_of_a_lease_that_is_lost_changes_nothing(store: &Store, other_node: &Store, host: &Host) {
    add(store, &job("exactly")).await;
    let slow = claim_one(store, "exactly", NOW).await;
    let taken = claim_one(other_node, "exactly", NOW + LEASE).await;
    store.create_session("exactly-once", host.member, 1, 10).await.unwrap();
    let (terms, is_there) = (Terms { now: 10, ..NOTHING }, async || store.session("exactly-once", 5).await.unwrap());
    let done = store.forget_aged(Aging::SignIns, &terms, &step(&slow, None)).await.unwrap();
    assert_eq!(done, Progress::Lost);
    assert!(is_there().await.is_some(), "nothing of it lasts");
    let done = other_node.forget_aged(Aging::SignIns, &terms, &step(&taken, None)).await.unwrap();
    assert_eq!(done, Progress::Finished);
    assert!(is_there().await.is_none());
    store.create_session("exactly-once", host.member, 1, 10).await.unwrap();
    let again = other_node.forget_aged(Aging::SignIns, &terms, &step(&taken, None)).await.unwrap();
    assert_eq!(again, Progress::Lost, "finished is finished");
    assert!(is_there().await.is_some());
    store.end_session("exactly-once").await.unwrap();
}

pub(crate) async fn a_node_that_starts_finds_or_adds_what_recurs(store: &Store, other_node: &Store) {
    let lease = std::time::Duration::from_millis(LEASE as u64);
    let recurring = |kind, run_at, every| NewJob { run_at, repeat_ms: Some(every), ..job(kind) }.with_key(kind);
    let both = |run_at, every| ["first", "second"].map(|kind| recurring(kind, run_at, every));
    let (here, there) = (both(NOW + 5, HOUR), both(NOW + 6, HOUR));
    let (one, other) = tokio::join!(store.prepare_jobs(&here, NOW, lease), other_node.prepare_jobs(&there, NOW, lease));
    one.unwrap();
    other.unwrap();
    let kinds = ["first", "second"];
    let added = store.claim_jobs(node(), &kinds, 9, NOW + 6, NOW + LEASE).await.unwrap();
    assert_eq!(added.len(), 2, "each once");
    for job in added {
        assert!(store.finish_job(job.lease, Some(NOW + HOUR)).await.unwrap());
    }

    // What is there stays, unless it recurs otherwise now, or the clock was set back since.
    let next = async || store.next_job_at(&kinds).await.unwrap().unwrap();
    store.prepare_jobs(&both(NOW + 7, HOUR), NOW, lease).await.unwrap();
    assert_eq!(next().await, NOW + HOUR);
    store.prepare_jobs(&both(NOW + 8, HOUR / 2), NOW, lease).await.unwrap();
    assert_eq!(next().await, NOW + 8);
    let back = NOW - 1000 * HOUR;
    store.prepare_jobs(&both(back + 9, HOUR / 2), back, lease).await.unwrap();
    assert_eq!(next().await, back + 9);

    // Nor does anybody wait for a lease that ends far too late, or after a failure for longer than
    // a pause is.
    add(store, &job("stranded")).await;
    claim_one(store, "stranded", NOW).await;
    add(store, &job("paused")).await;
    let paused = claim_one(store, "paused", NOW).await;
    assert!(store.retry_job(paused.lease, NOW + HOUR, "later").await.unwrap());
    store.prepare_jobs(&[], back, lease).await.unwrap();
    for kind in ["stranded", "paused"] {
        assert_eq!(store.next_job_at(&[kind]).await.unwrap(), Some(back), "{kind}");
    }
    // Of several nodes others live, whose leases stay; a file has had one node, which is gone.
    let claimed = claim_one(store, "stranded", NOW).await;
    store.prepare_jobs(&[], NOW, lease).await.unwrap();
    assert_eq!(store.renew_job(claimed.lease, NOW + LEASE).await.unwrap(), store.is_shared());
}
