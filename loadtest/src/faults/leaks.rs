//! Resource leaks: the memory, threads and open files of the nodes are sampled during the run, and
//! must not grow with what they have been through.

use std::{collections::BTreeMap, rc::Rc, time::Duration};

use anyhow::Result;
use serde::Serialize;
use tokio::{
    task::{JoinHandle, spawn_local},
    time::sleep,
};

use super::{check::Verdict, history::Time, observations::Wrongs, recorder::Recorder};
use crate::cluster::{Cluster, node::Node};

/// The interval between samples.
const BETWEEN: Duration = Duration::from_secs(2);

/// A process that is younger than this, in milliseconds, has not reached its normal size.
const YOUNG: Time = 3000;

/// How much the open files other than clients' connections may vary: requests, and the pool of
/// database connections.
const MORE_FDS: f64 = 40.0;

/// How much the number of threads may vary.
const MORE_THREADS: usize = 8;

/// A process may use 1.5 times the memory that it used earlier with as many connections, plus this
/// many bytes.
const MORE_MEMORY: u64 = 32 << 20;

/// The resources of a node at some time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Reading {
    /// When.
    pub at: Time,
    /// Which node.
    pub node: usize,
    /// The process id, which changes at each start.
    pub pid: u32,
    /// Its clients' connections, as it counts them.
    pub connections: f64,
    /// Tasks of its main runtime.
    pub tasks: Option<f64>,
    /// Open files.
    pub fds: usize,
    /// Threads.
    pub threads: usize,
    /// Memory in bytes.
    pub memory: u64,
}

/// Samples all nodes during a run.
pub struct Readings {
    readings: Rc<std::cell::RefCell<Vec<Reading>>>,
    reading: JoinHandle<()>,
    cluster: Rc<Cluster>,
    recorder: Rc<Recorder>,
}

impl Readings {
    /// Starts sampling.
    pub fn start(cluster: Rc<Cluster>, recorder: Rc<Recorder>) -> Self {
        let readings = Rc::<std::cell::RefCell<Vec<Reading>>>::default();
        let (notes, all, time) = (readings.clone(), cluster.clone(), recorder.clone());
        let reading = spawn_local(async move {
            loop {
                for (number, node) in all.nodes().iter().enumerate() {
                    // A node that is down or does not answer has no sample.
                    if let Ok(Ok(reading)) = tokio::time::timeout(BETWEEN, read(number, node, time.now())).await {
                        notes.borrow_mut().push(reading);
                    }
                }
                sleep(BETWEEN).await;
            }
        });
        Self { readings, reading, cluster, recorder }
    }

    /// Takes the last samples, runs `leave`, after which no client is connected, and samples again.
    /// Returns all samples and the verdict.
    pub async fn end(self, leave: impl FnOnce()) -> (Vec<Reading>, Verdict) {
        self.reading.abort();
        let (last, mut unread) = self.read_all().await;
        leave();
        let mut left = Vec::new();
        for _ in 0..100 {
            sleep(Duration::from_millis(100)).await;
            let found = self.read_all().await;
            left = found.0;
            if !found.1.is_empty() {
                unread = found.1;
            } else if left.iter().all(|it| it.connections == 0.0 && it.fds as f64 <= base(&last, it.node) + MORE_FDS) {
                break;
            }
        }
        let mut readings = self.readings.take();
        let verdict = judge(&readings, &last, &left, unread);
        readings.extend(last.into_iter().chain(left));
        (readings, verdict)
    }

    /// Samples of all nodes, and the nodes without one.
    async fn read_all(&self) -> (Vec<Reading>, Vec<String>) {
        let (mut readings, mut unread) = (Vec::new(), Vec::new());
        for (number, node) in self.cluster.nodes().iter().enumerate() {
            match read(number, node, self.recorder.now()).await {
                Ok(reading) => readings.push(reading),
                Err(error) => unread.push(format!("node {number} cannot be read at the end: {error:#}")),
            }
        }
        (readings, unread)
    }
}

async fn read(number: usize, node: &Node, at: Time) -> Result<Reading> {
    let metrics = node.metrics().await?;
    let process = node.process()?;
    let connections = metrics.iter().filter(|(name, _)| name.starts_with("parterre_connections{")).map(|(_, it)| it);
    Ok(Reading {
        at,
        node: number,
        pid: process.pid(),
        connections: connections.sum(),
        tasks: metrics.get("parterre_tasks").copied(),
        fds: process.fds()?,
        threads: process.threads()?,
        memory: process.memory()?,
    })
}

/// Open files at the end that are not clients' connections.
fn base(last: &[Reading], node: usize) -> f64 {
    last.iter().find(|it| it.node == node).map_or(0.0, |it| it.fds as f64 - it.connections)
}

/// Compares the last samples of every node, before and after all clients have left, with earlier
/// ones of the same process.
fn judge(readings: &[Reading], last: &[Reading], left: &[Reading], unread: Vec<String>) -> Verdict {
    let mut wrongs = Wrongs::default();
    unread.into_iter().for_each(|it| wrongs.note(|| it));
    let mut processes: BTreeMap<(usize, u32), Vec<&Reading>> = BTreeMap::new();
    for reading in readings {
        processes.entry((reading.node, reading.pid)).or_default().push(reading);
    }
    for now in last {
        let before = processes.get(&(now.node, now.pid)).map_or(&[][..], Vec::as_slice);
        let born = before.first().map_or(Time::MAX, |first| first.at);
        let alike = |it: &&&Reading| it.at >= born + YOUNG && it.connections >= 0.8 * now.connections;
        // A process that was started at the very end has had no time to leak.
        let Some(then) = before.iter().find(alike) else { continue };
        if now.fds as f64 - now.connections > then.fds as f64 - then.connections + MORE_FDS {
            wrongs.note(|| format!("open files: {now:?}, before: {then:?}"));
        }
        if now.threads > then.threads + MORE_THREADS {
            wrongs.note(|| format!("threads: {now:?}, before: {then:?}"));
        }
        if now.memory > then.memory + then.memory / 2 + MORE_MEMORY {
            wrongs.note(|| format!("memory: {now:?}, before: {then:?}"));
        }
        if let Some((now_tasks, then_tasks)) = now.tasks.zip(then.tasks)
            && now_tasks > then_tasks * 1.5 + 50.0
        {
            wrongs.note(|| format!("tasks: {now:?}, before: {then:?}"));
        }
    }
    for gone in left {
        if gone.connections > 0.0 || gone.fds as f64 > base(last, gone.node) + MORE_FDS {
            wrongs.note(|| format!("everybody has left: {gone:?}"));
        }
    }
    Verdict::of("no-leaks", "no node keeps more memory, threads, tasks or files than before", wrongs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(at: Time, connections: f64, fds: usize, memory: u64) -> Reading {
        Reading { at, node: 0, pid: 7, connections, tasks: None, fds, threads: 9, memory }
    }

    #[test]
    fn a_node_that_keeps_what_it_had_is_found_without_fault() {
        let before = [reading(0, 0.0, 30, 9 << 20), reading(9000, 100.0, 131, 40 << 20)];
        let verdict =
            judge(&before, &[reading(99_000, 110.0, 150, 50 << 20)], &[reading(99_900, 0.0, 35, 40 << 20)], vec![]);
        assert_eq!(verdict.told, [""; 0]);
    }

    #[test]
    fn files_memory_and_threads_that_are_kept_are_noticed() {
        let before = [reading(0, 0.0, 30, 9 << 20), reading(9000, 100.0, 131, 40 << 20)];
        let left = [reading(99_900, 0.0, 35, 40 << 20)];
        let wrong = |last: Reading, left: &[Reading]| judge(&before, &[last], left, vec![]).wrong;
        assert_eq!(wrong(reading(99_000, 110.0, 250, 50 << 20), &left), 1);
        assert_eq!(wrong(reading(99_000, 110.0, 150, 99 << 20), &left), 1);
        assert_eq!(wrong(Reading { threads: 30, ..reading(99_000, 110.0, 150, 50 << 20) }, &left), 1);
        assert_eq!(wrong(reading(99_000, 110.0, 150, 50 << 20), &[reading(99_900, 0.0, 135, 40 << 20)]), 1);
        assert_eq!(wrong(reading(99_000, 110.0, 150, 50 << 20), &[reading(99_900, 3.0, 35, 40 << 20)]), 1);
        assert_eq!(judge(&before, &[], &[], vec!["node 0 is down".to_owned()]).wrong, 1);
    }
}
