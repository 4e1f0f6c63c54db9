//! What is measured and how: delays as percentiles, a process's CPU time and memory from `/proc`.

use std::{cell::Cell, collections::BTreeMap, fmt, fs, rc::Rc, time::Duration};

use anyhow::{Context, Result};
use hdrhistogram::Histogram;
use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;
use tokio::{
    task::{JoinHandle, spawn_local},
    time::sleep,
};

/// Longer delays count as an hour.
const LONGEST_MICROS: u64 = 3_600_000_000;

/// Of the kernel's, in a second, in `stat`.
const TICKS: u64 = 100;

/// Delays as they are collected, to the microsecond, three digits exact.
pub struct Delays(Histogram<u64>);

impl Default for Delays {
    fn default() -> Self {
        Self(Histogram::new_with_bounds(1, LONGEST_MICROS, 3).expect("these bounds are allowed"))
    }
}

impl Delays {
    /// Notes one delay.
    pub fn record(&mut self, delay: Duration) {
        self.0.saturating_record(u64::try_from(delay.as_micros()).unwrap_or(u64::MAX));
    }

    /// Forgets what was noted.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// What was noted, if anything was.
    pub fn percentiles(&self) -> Option<Percentiles> {
        let at = |percentile| self.0.value_at_percentile(percentile) as f64 / 1000.0;
        let max = self.0.max() as f64 / 1000.0;
        (!self.0.is_empty()).then(|| Percentiles {
            count: self.0.len(),
            p50: at(50.0),
            p95: at(95.0),
            p99: at(99.0),
            max,
        })
    }
}

/// How long something took, over all that were measured, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Percentiles {
    /// How many were measured.
    pub count: u64,
    /// Half took no longer.
    pub p50: f64,
    /// 95 of 100 took no longer.
    pub p95: f64,
    /// 99 of 100 took no longer.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

impl fmt::Display for Percentiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { p50, p95, p99, max, .. } = self;
        write!(f, "p50 {p50:>8.1} ms   p95 {p95:>8.1} ms   p99 {p99:>8.1} ms   max {max:>8.1} ms")
    }
}

impl Percentiles {
    /// Of differences in milliseconds, which may be negative.
    pub fn of(mut figures: Vec<f64>) -> Option<Self> {
        figures.sort_by(f64::total_cmp);
        let at = |share: f64| figures[((figures.len() - 1) as f64 * share).ceil() as usize];
        let max = *figures.last()?;
        Some(Self { count: figures.len() as u64, p50: at(0.5), p95: at(0.95), p99: at(0.99), max })
    }
}

/// A running process on this machine, as `/proc` shows it.
#[derive(Clone, Copy, Debug)]
pub struct Process {
    pid: u32,
}

/// CPU time of each thread so far.
pub struct CpuReading(BTreeMap<String, u64>);

impl Process {
    /// The process with this id.
    pub const fn new(pid: u32) -> Self {
        Self { pid }
    }

    /// This program itself.
    pub fn own() -> Self {
        Self::new(std::process::id())
    }

    /// CPU time of every thread until now, to the nanosecond (where the thread is not just running).
    pub fn cpu(self) -> Result<CpuReading> {
        let mut threads = BTreeMap::new();
        for entry in fs::read_dir(format!("/proc/{}/task", self.pid)).context("the process is gone")? {
            let thread = entry?;
            // A thread may end between being listed and being read.
            let Ok(schedstat) = fs::read_to_string(thread.path().join("schedstat")) else { continue };
            let nanos = schedstat.split(' ').next().and_then(|field| field.parse().ok());
            threads.insert(thread.file_name().to_string_lossy().into_owned(), nanos.context("schedstat")?);
        }
        Ok(CpuReading(threads))
    }

    /// CPU time of all threads since `before`.
    pub fn cpu_since(self, before: &CpuReading) -> Result<Duration> {
        let now = self.cpu()?.0;
        let spent = |(thread, nanos): (&String, &u64)| nanos - before.0.get(thread).unwrap_or(&0).min(nanos);
        Ok(Duration::from_nanos(now.iter().map(spent).sum()))
    }

    /// Its id.
    pub const fn pid(self) -> u32 {
        self.pid
    }

    /// The processes that it started and that run.
    pub fn children(self) -> Result<Vec<Self>> {
        let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", self.pid)).context("it is gone")?;
        Ok(children.split_whitespace().filter_map(|pid| pid.parse().ok()).map(Self::new).collect())
    }

    /// Sends it a signal.
    pub fn signal(self, signal: Signal) -> Result<()> {
        let pid = self.pid.try_into().ok().and_then(Pid::from_raw).context("it has no id")?;
        Ok(kill_process(pid, signal)?)
    }

    /// How many threads it has.
    pub fn threads(self) -> Result<usize> {
        Ok(fs::read_dir(format!("/proc/{}/task", self.pid)).context("the process is gone")?.count())
    }

    /// CPU time until now of this process and of those that it started, with those that have ended.
    pub fn cpu_of_family(self) -> Result<Duration> {
        let running = self.children()?;
        // One that ended just now is among those that have.
        let running = [self].into_iter().chain(running).filter_map(|process| process.cpu().ok());
        let nanos: u64 = running.flat_map(|reading| reading.0.into_values()).sum();
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).context("it is gone")?;
        // Behind the name: proc_pid_stat(5) counts from 1 and has the name second, so 16 and 17 are 13 and 14 here.
        let fields = stat.rsplit_once(')').context("stat")?.1.split_whitespace();
        let ended = fields.skip(13).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
        Ok(Duration::from_nanos(nanos) + Duration::from_millis(ended * 1000 / TICKS))
    }

    /// Its open files.
    pub fn fds(self) -> Result<usize> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.pid)).context("the process is gone")?.count())
    }

    /// Resident memory in bytes; a page that is shared with another process counts in proportion.
    pub fn memory(self) -> Result<u64> {
        let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.pid)).context("the process is gone")?;
        let pss = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).context("smaps_rollup has no Pss")?;
        let kilobytes: u64 = pss.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kilobytes * 1024)
    }
}

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
    /// Whether there is nothing to measure.
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

    /// The memory once it has stopped changing: four readings in a row within half a percent, or the last of 40.
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

/// What the memory was over some time, in bytes.
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
            // A process may end first: then its end is told by others.
            while let Ok(now) = read.memory() {
                most.set(most.get().max(now));
                sleep(BETWEEN_READINGS).await;
            }
        });
        Ok(Self { processes, before, peak, reading })
    }

    /// Ends, and gives what was read.
    pub fn end(self) -> Result<MemoryOverTime> {
        self.reading.abort();
        let after = self.processes.memory()?;
        Ok(MemoryOverTime { before: self.before, peak: self.peak.get().max(after), after })
    }
}

/// The middle one of an odd number of figures.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_what_was_recorded() {
        let mut delays = Delays::default();
        assert!(delays.percentiles().is_none());
        (1..=100).for_each(|ms| delays.record(Duration::from_millis(ms)));
        let Percentiles { count, p50, p99, max, .. } = delays.percentiles().unwrap();
        assert_eq!(count, 100);
        for (figure, ms) in [(p50, 50.0), (p99, 99.0), (max, 100.0)] {
            assert!((figure - ms).abs() / ms < 0.001, "{figure} is not {ms}");
        }
    }

    #[test]
    fn percentiles_of_differences_may_be_negative() {
        assert!(Percentiles::of(Vec::new()).is_none());
        let found = Percentiles::of((-10..=90).map(f64::from).collect()).unwrap();
        assert_eq!((found.p50, found.p95, found.p99, found.max, found.count), (40.0, 85.0, 89.0, 90.0, 101));
    }

    #[test]
    fn own_cpu_time_grows_with_work_and_memory_is_seen() {
        let before = Process::own().cpu().unwrap();
        let mut sum = 0u64;
        while Process::own().cpu_since(&before).unwrap() < Duration::from_millis(5) {
            sum = (0..100_000).fold(sum, |sum, n| std::hint::black_box(sum.wrapping_mul(31).wrapping_add(n)));
        }
        assert!(Process::own().memory().unwrap() > 100_000);
    }

    #[test]
    fn a_family_counts_those_who_have_ended() {
        let before = Process::own().cpu_of_family().unwrap();
        let burnt = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
        assert!(std::process::Command::new("sh").args(["-c", burnt]).status().unwrap().success());
        assert!(Process::own().cpu_of_family().unwrap() - before >= Duration::from_millis(20));
        assert!(Process::own().fds().unwrap() >= 3);
    }

    #[test]
    fn the_median_is_the_middle_one() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
    }
}
