//! Processes that are measured together, and their memory over some time.

use std::{cell::Cell, rc::Rc, time::Duration};

use anyhow::Result;
use serde::Serialize;
use tokio::{
    task::{JoinHandle, spawn_local},
    time::sleep,
};

use super::process::{CpuReading, Process};

/// Processes that are measured together, such as all nodes.
#[derive(Clone, Debug, Default)]
pub struct Processes(Vec<Process>);

impl FromIterator<Process> for Processes {
    fn from_iter<T: IntoIterator<Item = Process>>(processes: T) -> Self {
        Self(processes.into_iter().collect())
    }
}

impl IntoIterator for Processes {
    type Item = Process;
    type IntoIter = std::vec::IntoIter<Process>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Processes {
    /// Whether there is no process to measure.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// CPU time of all of them until now.
    pub fn cpu(&self) -> Result<Vec<CpuReading>> {
        self.0.iter().map(|process| process.cpu()).collect()
    }

    /// CPU time of all of them since `before`.
    pub fn cpu_since(&self, before: &[CpuReading]) -> Result<Duration> {
        self.0.iter().zip(before).map(|(process, before)| process.cpu_since(before)).sum()
    }

    /// Memory of all of them, in bytes, as [`Process::memory`].
    pub fn memory(&self) -> Result<u64> {
        self.0.iter().map(|process| process.memory()).sum()
    }

    /// The memory once it has stopped changing: four readings in a row within half a percent, or
    /// the last of 40.
    pub async fn settled_memory(&self) -> Result<u64> {
        const BETWEEN_READINGS: Duration = Duration::from_millis(250);
        let (mut reference, mut steady) = (self.memory()?, 0);
        for _ in 0..40 {
            sleep(BETWEEN_READINGS).await;
            let now = self.memory()?;
            if now.abs_diff(reference) * 200 <= reference {
                steady += 1;
            } else {
                (reference, steady) = (now, 0);
            }
            if steady == 4 {
                break;
            }
        }
        self.memory()
    }
}

/// The memory of processes over some time.
pub struct MemoryWatch {
    processes: Processes,
    before: u64,
    peak: Rc<Cell<u64>>,
    reading: JoinHandle<()>,
}

/// Memory over some time, in bytes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct MemoryOverTime {
    /// Before.
    pub before: u64,
    /// The most that was read.
    pub peak: u64,
    /// At the end.
    pub after: u64,
}

impl MemoryWatch {
    /// Begins to read.
    pub fn start(processes: Processes) -> Result<Self> {
        const BETWEEN_READINGS: Duration = Duration::from_millis(500);
        let before = processes.memory()?;
        let peak = Rc::new(Cell::new(before));
        let (most, read) = (peak.clone(), processes.clone());
        let reading = spawn_local(async move {
            // A process may end first, which is reported elsewhere.
            while let Ok(now) = read.memory() {
                most.set(most.get().max(now));
                sleep(BETWEEN_READINGS).await;
            }
        });
        Ok(Self { processes, before, peak, reading })
    }

    /// Stops sampling. Returns the figures.
    pub fn end(self) -> Result<MemoryOverTime> {
        self.reading.abort();
        let after = self.processes.memory()?;
        Ok(MemoryOverTime { before: self.before, peak: self.peak.get().max(after), after })
    }
}
