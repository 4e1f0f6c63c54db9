//! A Redis of our own, which keeps nothing.

use std::{cell::RefCell, path::PathBuf, time::Duration};

use anyhow::{Context, Result, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::program::{Running, command, find, free_port};
use crate::measure::Process;

/// What Redis takes longer for has failed.
const LIMIT: Duration = Duration::from_secs(10);

/// A Redis, which runs or was killed.
pub struct Redis {
    program: PathBuf,
    folder: PathBuf,
    port: u16,
    running: RefCell<Option<Running>>,
}

impl Redis {
    /// Starts it, with what it needs in this folder.
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
        let mut running = Running::start("Redis", &mut command)?;
        running.says("eady to accept connections", LIMIT).await?;
        *self.running.borrow_mut() = Some(running);
        Ok(())
    }

    /// Ends it at once: every subscription is lost.
    pub async fn kill(&self) -> Result<()> {
        self.running.take().context("Redis is not running")?.kill().await
    }

    /// Has it forget everything.
    pub async fn flush(&self) -> Result<()> {
        let flush = async {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
            stream.write_all(b"FLUSHALL\r\n").await?;
            let mut answer = [0; 5];
            stream.read_exact(&mut answer).await?;
            ensure!(&answer == b"+OK\r\n", "Redis answered {}", String::from_utf8_lossy(&answer));
            Ok(())
        };
        timeout(LIMIT, flush).await.context("Redis did not answer")?
    }

    /// The process, to be measured.
    pub fn process(&self) -> Result<Process> {
        self.running.borrow().as_ref().context("Redis is not running")?.process()
    }
}
