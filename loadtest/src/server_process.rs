//! The server under test as a process of our own: started from the program beside this one, on a free port, with a data
//! directory that is removed at the end; killed and started again where a scenario asks for it.

use std::{
    cell::RefCell,
    collections::VecDeque,
    net::TcpListener,
    path::PathBuf,
    process::Stdio,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    sync::oneshot,
    task::spawn_local,
    time::{sleep, timeout},
};

use crate::{cores, http::Address, measure::Process};

/// A server that is not ready after this long is broken.
const START_LIMIT: Duration = Duration::from_secs(20);

/// A server that has been told to stop announces it, drains, and must be gone within this.
const STOP_LIMIT: Duration = Duration::from_secs(40);

/// What is kept of the server's output, to be shown when it fails.
const LINES_KEPT: usize = 40;

/// A server of our own.
pub struct ServerProcess {
    program: PathBuf,
    port: u16,
    data: TempDir,
    child: Child,
    said: Rc<RefCell<VecDeque<String>>>,
}

impl ServerProcess {
    /// Starts the server; gives the key of its setup link too.
    pub async fn start() -> Result<(Self, String)> {
        let program = std::env::current_exe()?.with_file_name("parterre");
        let path = program.display();
        ensure!(program.exists(), "there is no server at {path}: run `cargo build --release --workspace` first");
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let data = TempDir::with_prefix("parterre-loadtest-")?;
        let said = Rc::default();
        let (key_found, key) = oneshot::channel();
        let child = spawn(&program, port, &data, &said, Some(key_found))?;
        let mut server = Self { program, port, data, child, said };
        server.ready().await?;
        let key = timeout(START_LIMIT, key).await.ok().and_then(Result::ok);
        let key =
            key.with_context(|| format!("the server printed no setup link. It said:\n{}", server.last_words()))?;
        Ok((server, key))
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The process, to be measured.
    pub fn process(&self) -> Result<Process> {
        Ok(Process::new(self.child.id().context("the server is not running")?))
    }

    /// Ends it as a power cut would: SIGKILL, nothing is flushed. The time is when it was gone.
    pub async fn kill(&mut self) -> Result<Instant> {
        self.child.kill().await?;
        Ok(Instant::now())
    }

    /// Ends it as an operator would: SIGTERM, and waits until it is gone.
    pub async fn stop(&mut self) -> Result<()> {
        let pid = self.child.id().and_then(|pid| Pid::from_raw(pid.try_into().ok()?));
        kill_process(pid.context("the server is not running")?, Signal::TERM)?;
        let ended = timeout(STOP_LIMIT, self.child.wait()).await;
        let status =
            ended.with_context(|| format!("the server had not stopped {} s after SIGTERM", STOP_LIMIT.as_secs()))??;
        ensure!(status.success(), "the server stopped with {status}. It said:\n{}", self.last_words());
        Ok(())
    }

    /// Starts it again on the same port and data.
    pub async fn start_again(&mut self) -> Result<()> {
        self.child = spawn(&self.program, self.port, &self.data, &self.said, None)?;
        self.ready().await
    }

    /// The last lines that it printed.
    pub fn last_words(&self) -> String {
        self.said.borrow().iter().map(|line| format!("  {line}\n")).collect()
    }

    async fn ready(&mut self) -> Result<()> {
        let address = Address::resolve(&self.url()).await?;
        let deadline = Instant::now() + START_LIMIT;
        loop {
            if address.ask("GET", "/readyz", "", &[]).await.is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended at once with {status}. It said:\n{}", self.last_words());
            }
            ensure!(Instant::now() < deadline, "the server is not ready. It said:\n{}", self.last_words());
            sleep(Duration::from_millis(20)).await;
        }
    }
}

fn spawn(
    program: &PathBuf,
    port: u16,
    data: &TempDir,
    said: &Rc<RefCell<VecDeque<String>>>,
    key_found: Option<oneshot::Sender<String>>,
) -> Result<Child> {
    let mut command = Command::new(program);
    command.arg("--listen").arg(format!("127.0.0.1:{port}")).arg("--data").arg(data.path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = cores::apart(|| command.spawn()).with_context(|| format!("starting {}", program.display()))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    spawn_local(listen(stdout.expect("it is piped"), said.clone(), key_found));
    spawn_local(listen(stderr.expect("it is piped"), said.clone(), None));
    Ok(child)
}

/// Reads the server's output until it ends, so that the server never waits for a full pipe.
async fn listen(
    output: impl AsyncRead + Unpin,
    said: Rc<RefCell<VecDeque<String>>>,
    mut key_found: Option<oneshot::Sender<String>>,
) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some((_, key)) = line.split_once("/setup?key=")
            && let Some(key_found) = key_found.take()
        {
            let key: String = key.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
            // Nobody waits for it any more when the start has failed.
            drop(key_found.send(key));
        }
        let mut said = said.borrow_mut();
        said.push_back(line);
        if said.len() > LINES_KEPT {
            said.pop_front();
        }
    }
}
