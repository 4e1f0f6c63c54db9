//! A program that runs for us: it never outlives this one, its output is kept, and its ports are
//! its own.

use std::{
    cell::RefCell,
    collections::VecDeque,
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    rc::Rc,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    sync::Notify,
    task::spawn_local,
    time::timeout,
};

use crate::{cores, measure::Process};

/// How many lines of a program's output are kept, to be shown if it fails.
const LINES_KEPT: usize = 100;

/// Ports for what listens. The kernel takes those of outgoing connections from 32768 up: a room of
/// phones would soon sit on the port of a node that is down for a moment.
const PORTS: std::ops::Range<u16> = 10_000..32_768;

/// A program that runs.
pub struct RunningProgram {
    child: Child,
    name: &'static str,
    output: Rc<Output>,
}

#[derive(Default)]
struct Output {
    lines: RefCell<VecDeque<String>>,
    more: Notify,
}

/// The command that runs a program as this user, or as ours. The program is killed when this one
/// ends, however it ends.
pub fn command(program: &Path, user: Option<&str>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]);
    if let Some(user) = user {
        command.arg(format!("--reuid={user}")).arg(format!("--regid={user}")).arg("--clear-groups");
    }
    command.arg("--").arg(program).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl RunningProgram {
    /// Starts it, away from the core of the phones.
    pub fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        command.kill_on_drop(true);
        let child = cores::apart(|| command.spawn());
        let mut child = child.with_context(|| format!("starting {name} (by setpriv, of util-linux)"))?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let output = Rc::<Output>::default();
        spawn_local(listen(stdout.expect("it is piped"), output.clone()));
        spawn_local(listen(stderr.expect("it is piped"), output.clone()));
        Ok(Self { child, name, output })
    }

    /// The process, to be measured.
    pub fn process(&self) -> Result<Process> {
        Ok(Process::new(self.child.id().with_context(|| format!("{} has ended", self.name))?))
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid = self.child.id().and_then(|pid| Pid::from_raw(pid.try_into().ok()?));
        Ok(kill_process(pid.with_context(|| format!("{} has ended", self.name))?, signal)?)
    }

    /// Ends it like a power failure, and waits until it has ended.
    pub async fn kill(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Sends it a signal that ends it, and waits until it has exited.
    pub async fn end(mut self, signal: Signal, limit: Duration) -> Result<ExitStatus> {
        self.signal(signal)?;
        match timeout(limit, self.child.wait()).await {
            Ok(status) => Ok(status?),
            Err(_) => bail!("{} runs {} s after {signal:?}. {}", self.name, limit.as_secs(), self.last_words()),
        }
    }

    /// [`Self::end`] for callers that cannot await.
    pub fn end_now(&mut self, signal: Signal, limit: Duration) {
        if self.signal(signal).is_ok() {
            let deadline = std::time::Instant::now() + limit;
            while matches!(self.child.try_wait(), Ok(None)) && std::time::Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }

    /// Waits for a line with this in it, and gives it.
    pub async fn says(&mut self, this: &str, limit: Duration) -> Result<String> {
        let output = self.output.clone();
        let said = async {
            loop {
                let more = output.more.notified();
                if let Some(line) = output.lines.borrow().iter().find(|line| line.contains(this)) {
                    return line.clone();
                }
                more.await;
            }
        };
        tokio::select! {
            said = timeout(limit, said) => {
                said.ok().with_context(|| format!("{} did not say “{this}”. {}", self.name, self.last_words()))
            }
            ended = self.child.wait() => bail!("{} ended at once with {}. {}", self.name, ended?, self.last_words()),
        }
    }

    /// An error if it has ended.
    pub fn still_runs(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("{} ended with {status}. {}", self.name, self.last_words()),
            None => Ok(()),
        }
    }

    /// The last lines that it printed, in words.
    pub fn last_words(&self) -> String {
        let lines = self.output.lines.borrow();
        lines.iter().fold("It said:\n".to_owned(), |words, line| words + "  " + line + "\n")
    }
}

/// Reads a program's output until it ends, so that the program never waits for a full pipe.
async fn listen(from: impl AsyncRead + Unpin, output: Rc<Output>) {
    let mut lines = BufReader::new(from).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let mut kept = output.lines.borrow_mut();
        kept.push_back(line);
        if kept.len() > LINES_KEPT {
            kept.pop_front();
        }
        output.more.notify_waiters();
    }
}

/// A port on which nothing listens, and which no outgoing connection takes.
pub fn free_port() -> Result<u16> {
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    (0..1000).map(|_| fastrand::u16(PORTS)).find(free).context("there is no free port")
}

/// The path of a program: from `PATH`, or in one of these folders.
pub fn find(program: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]).chain(folders.iter().cloned());
    folders.map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Creates a folder for a program.
pub fn folder(within: &Path, name: &str) -> Result<PathBuf> {
    let folder = within.join(name);
    fs::create_dir(&folder).with_context(|| format!("making {}", folder.display()))?;
    Ok(folder)
}
