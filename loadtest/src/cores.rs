//! Which cores the simulated phones use, and which the measured processes. They never share one if
//! there are two, so that neither waits for the other and a figure belongs to one side.

use std::sync::OnceLock;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The phones' core and the others; none on a machine with one core.
static SPLIT: OnceLock<Option<(CpuSet, CpuSet)>> = OnceLock::new();

/// Takes the last core for the phones, which are this process, and leaves the rest to the processes
/// that it measures.
pub fn split() {
    SPLIT.get_or_init(|| {
        let all = sched_getaffinity(None).ok()?;
        let own = (0..CpuSet::MAX_CPU).rev().find(|core| all.is_set(*core))?;
        let (mut ours, mut theirs) = (CpuSet::new(), all);
        ours.set(own);
        theirs.unset(own);
        (theirs.count() > 0).then_some((ours, theirs))
    });
    stay(|(ours, _)| ours);
}

/// Starts a process on the cores that are not the phones'.
pub fn apart<T>(start: impl FnOnce() -> T) -> T {
    // A child has the cores of the thread that starts it.
    stay(|(_, theirs)| theirs);
    let started = start();
    stay(|(ours, _)| ours);
    started
}

fn stay(side: impl FnOnce(&(CpuSet, CpuSet)) -> &CpuSet) {
    if let Some(Some(split)) = SPLIT.get()
        && let Err(error) = sched_setaffinity(None, side(split))
    {
        eprintln!("loadtest: the cores cannot be kept apart, so the figures are less sure: {error}");
    }
}
