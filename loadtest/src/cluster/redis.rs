//! A Redis for one run, without persistence.

use std::{cell::RefCell, path::PathBuf, time::Duration};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::program::{RunningProgram, command, find, free_port};
use crate::measure::Process;

/// What Redis takes longer for has failed.
const START_TIMEOUT: Duration = Duration::from_secs(10);

/// A Redis, which runs or was killed.
pub struct Redis {
    program: PathBuf,
    folder: PathBuf,
    port: u16,
    running: RefCell<Option<RunningProgram>>,
}

impl Redis {
    /// Starts it with its files in this folder.
    pub async fn run(folder: PathBuf) -> Result<Self> {
        let program = find("redis-server", &[]).or_else(|| find("valkey-server", &[]));
        let program =
            program.context("this needs Redis: install it, for example with `apt-get install redis-server`")?;
        let redis = Self { program, folder, port: free_port()?, running: RefCell::default() };
        redis.start().await?;
        Ok(redis)
    }

    /// Its port on 127.0.0.1.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Starts it again, empty and on the same port.
    pub async fn start(&self) -> Result<()> {
        ensure!(self.running.borrow().is_none(), "Redis runs already");
        let mut command = command(&self.program, None);
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &self.port.to_string()]);
        command.arg("--dir").arg(&self.folder);
        let mut running = RunningProgram::start("Redis", &mut command)?;
        running.says("eady to accept connections", START_TIMEOUT).await?;
        *self.running.borrow_mut() = Some(running);
        Ok(())
    }

    /// Ends it at once: every subscription is lost.
    pub async fn kill(&self) -> Result<()> {
        self.running.take().context("Redis is not running")?.kill().await
    }

    /// Deletes everything that it holds.
    pub async fn flush(&self) -> Result<()> {
        self.tell("FLUSHALL").await
    }

    /// Closes every connection with a subscription.
    pub async fn end_subscriptions(&self) -> Result<()> {
        self.tell("CLIENT KILL TYPE pubsub").await
    }

    /// Pauses it: SIGSTOP.
    pub fn pause(&self) -> Result<()> {
        self.running.borrow().as_ref().context("Redis is not running")?.signal(Signal::STOP)
    }

    /// Resumes it: SIGCONT.
    pub fn resume(&self) -> Result<()> {
        self.running.borrow().as_ref().context("Redis is not running")?.signal(Signal::CONT)
    }

    async fn tell(&self, command: &str) -> Result<()> {
        let tell = async {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
            stream.write_all(format!("{command}\r\n").as_bytes()).await?;
            let mut answer = [0; 64];
            let length = stream.read(&mut answer).await?;
            let answer = String::from_utf8_lossy(&answer[..length]);
            ensure!(answer.starts_with(['+', ':']), "Redis answered {answer} to {command}");
            Ok(())
        };
        timeout(START_TIMEOUT, tell).await.context("Redis did not answer")?
    }

    /// The process, to be measured.
    pub fn process(&self) -> Result<Process> {
        self.running.borrow().as_ref().context("Redis is not running")?.process()
    }
}
