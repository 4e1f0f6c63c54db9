//! A node in its own process: started from the program beside this one, with its own port and
//! folder; stopped, killed, paused and started again as a scenario requires.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitStatus,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use tokio::time::sleep;

use super::program::{RunningProgram, command, folder, free_port};
use crate::{http::Address, measure::Process};

/// A node that is not ready after this long is broken.
const START_LIMIT: Duration = Duration::from_secs(20);

/// A node that is told to stop announces it, drains, and must exit within this time.
const STOP_LIMIT: Duration = Duration::from_secs(40);

/// A node. It can be stopped and started while others use this handle.
pub struct Node {
    program: PathBuf,
    port: u16,
    data: PathBuf,
    settings: Vec<(String, String)>,
    running: RefCell<Option<RunningProgram>>,
}

impl Node {
    /// A node that does not run yet, with its folder within another; `settings` are environment
    /// variables.
    pub fn new(number: usize, program: &Path, within: &Path, settings: Vec<(String, String)>) -> Result<Self> {
        let data = folder(within, &format!("node-{number}"))?;
        let (program, port, running) = (program.to_owned(), free_port()?, RefCell::default());
        Ok(Self { program, port, data, settings, running })
    }

    /// Its port on 127.0.0.1.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Its own address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts it, on the same port and data each time, and waits until it is ready.
    pub async fn start(&self) -> Result<()> {
        self.launch()?;
        self.ready().await
    }

    /// Starts it without waiting.
    pub fn launch(&self) -> Result<()> {
        ensure!(self.running.borrow().is_none(), "the node runs already");
        let mut command = command(&self.program, None);
        command.arg("--listen").arg(format!("127.0.0.1:{}", self.port)).arg("--data").arg(&self.data);
        // The variables of the load test's own environment are not meant for the node.
        command.env_remove("DATABASE_URL").env_remove("REDIS_URL");
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        *self.running.borrow_mut() = Some(RunningProgram::start("the node", &mut command)?);
        Ok(())
    }

    /// Waits until it is ready.
    pub async fn ready(&self) -> Result<()> {
        let address = Address::resolve(&self.url()).await?;
        let deadline = Instant::now() + START_LIMIT;
        while !address.ask("GET", "/readyz", "", &[]).await.is_ok_and(|answer| answer.status == 200) {
            self.running.borrow_mut().as_mut().context("the node is not running")?.still_runs()?;
            ensure!(Instant::now() < deadline, "the node is not ready. {}", self.last_words());
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// The health that it reports, such as `ready` or `degraded: …`.
    pub async fn health(&self) -> Result<String> {
        let answer = Address::resolve(&self.url()).await?.ask("GET", "/readyz", "", &[]).await?;
        Ok(String::from_utf8_lossy(&answer.body).trim().to_owned())
    }

    /// The key of the setup link that it printed.
    pub async fn owner_key(&self) -> Result<String> {
        let mut running = self.running.take().context("the node is not running")?;
        let line = running.says("/setup?key=", START_LIMIT).await;
        *self.running.borrow_mut() = Some(running);
        let line = line?;
        let (_, key) = line.split_once("/setup?key=").context("it was said")?;
        Ok(key.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect())
    }

    /// Ends it like a power failure: SIGKILL, nothing is flushed. Returns when it had ended.
    pub async fn kill(&self) -> Result<Instant> {
        self.take()?.kill().await?;
        Ok(Instant::now())
    }

    /// Ends it like an operator: SIGTERM, and waits until it has exited.
    pub async fn terminate(&self) -> Result<ExitStatus> {
        self.take()?.end(Signal::TERM, STOP_LIMIT).await
    }

    /// Pauses it, like a machine that hangs: SIGSTOP.
    pub fn pause(&self) -> Result<()> {
        self.signal(Signal::STOP)
    }

    /// Resumes it: SIGCONT.
    pub fn resume(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    /// Whether it runs, halted or not.
    pub fn runs(&self) -> bool {
        self.running.borrow_mut().as_mut().is_some_and(|running| running.still_runs().is_ok())
    }

    /// The process, to be measured: its CPU time, memory and file descriptors. Another one after
    /// each start.
    pub fn process(&self) -> Result<Process> {
        self.running.borrow().as_ref().context("the node is not running")?.process()
    }

    /// Its own metrics by name and labels, as it prints them.
    pub async fn metrics(&self) -> Result<BTreeMap<String, f64>> {
        let answer = Address::resolve(&self.url()).await?.ask("GET", "/metrics", "", &[]).await?;
        let text = String::from_utf8_lossy(&answer.body);
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let metric = |line: &str| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        };
        Ok(lines.filter_map(metric).collect())
    }

    /// The last lines that it printed, in words.
    pub fn last_words(&self) -> String {
        self.running.borrow().as_ref().map(RunningProgram::last_words).unwrap_or_default()
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        self.running.borrow().as_ref().context("the node is not running")?.signal(signal)
    }

    fn take(&self) -> Result<RunningProgram> {
        self.running.take().context("the node is not running")
    }
}
