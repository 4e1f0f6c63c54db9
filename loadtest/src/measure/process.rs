//! A process, as `/proc` shows it.

use std::{collections::BTreeMap, fs, time::Duration};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

/// Of the kernel's, in a second, in `stat`.
const TICKS: u64 = 100;

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

    /// CPU time of every thread until now, to the nanosecond (where the thread is not just
    /// running).
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
        // Behind the name: proc_pid_stat(5) counts from 1 and has the name second, so 16 and 17 are
        // 13 and 14 here.
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
