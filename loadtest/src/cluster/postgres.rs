//! A Postgres for one run: fresh, with its defaults, so that whatever it confirms is on the disk.

use std::{
    cell::RefCell,
    fs,
    os::unix::fs::chown,
    path::{Path, PathBuf},
    rc::Rc,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use rustix::process::{Signal, getuid};
use tokio::process::Command;

use super::{
    disk::Disk,
    program::{RunningProgram, command, find, free_port},
};
use crate::measure::Process;

/// What Postgres takes longer for has failed.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// Connections that it takes: those of two dozen nodes.
const CONNECTIONS: &str = "max_connections=500";

/// The user as whom Postgres runs if we are root, because Postgres refuses root.
const USER: &str = "postgres";

/// The way in which Postgres is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Open transactions are rolled back and all is written: SIGINT.
    Fast,
    /// As in a crash: SIGQUIT, and the journal is read at the next start.
    Immediate,
}

/// Special options.
#[derive(Clone, Default)]
pub struct Setup {
    /// Where its tables lie, and not beside its journal, without which it would end: a disk that
    /// can be full.
    pub disk: Option<Rc<Disk>>,
    /// Further environment variables.
    pub env: Vec<(String, String)>,
}

/// A Postgres with one database, `postgres`.
pub struct Postgres {
    program: PathBuf,
    folder: PathBuf,
    port: u16,
    setup: Setup,
    running: RefCell<Option<RunningProgram>>,
}

impl Postgres {
    /// Creates it in this folder and starts it.
    pub async fn run(folder: PathBuf, setup: Setup) -> Result<Self> {
        let folders = debian_folders();
        let found = |program| find(program, &folders);
        let (program, initdb) = found("postgres")
            .zip(found("initdb"))
            .context("this needs the Postgres server: install it, for example with `apt-get install postgresql`")?;
        let tables = setup.disk.as_ref().map(|disk| disk.path().join("tables"));
        tables.iter().try_for_each(fs::create_dir)?;
        if let Some(user) = other_user() {
            let id = async |flag| anyhow::Ok(output(Command::new("id").args([flag, user])).await?.trim().parse()?);
            let (user, group) = (id("-u").await?, id("-g").await?);
            [&folder].into_iter().chain(&tables).try_for_each(|folder| chown(folder, Some(user), Some(group)))?;
        }
        let mut make = command(&initdb, other_user());
        make.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata"]);
        output(make.arg(folder.join("data")).current_dir("/")).await?;
        let postgres = Self { program, folder, port: free_port()?, setup, running: RefCell::default() };
        postgres.start().await?;
        if let Some(tables) = tables {
            postgres.keep_tables_in(&tables).await?;
        }
        Ok(postgres)
    }

    /// Has all tables and indexes from now on made in this folder, which is empty and its own.
    async fn keep_tables_in(&self, folder: &Path) -> Result<()> {
        let psql = find("psql", &debian_folders()).context("this needs Postgres' client `psql`")?;
        let mut set = Command::new(psql);
        set.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &self.url()]);
        set.args(["-c", &format!("CREATE TABLESPACE elsewhere LOCATION '{}'", folder.display())]);
        output(set.args(["-c", "ALTER DATABASE postgres SET default_tablespace = elsewhere"])).await.map(drop)
    }

    /// The disk of its tables, if they have one that can be filled.
    pub fn disk(&self) -> Option<&Disk> {
        self.setup.disk.as_deref()
    }

    /// Its port on 127.0.0.1.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Its address.
    pub fn url(&self) -> String {
        url(self.port)
    }

    /// Starts it again on the same data and port, and waits until it takes connections.
    pub async fn start(&self) -> Result<()> {
        ensure!(self.running.borrow().is_none(), "Postgres runs already");
        // Set by `env`, so that they apply to Postgres, but not to the program that changes the
        // user.
        let mut command = command(Path::new("env"), other_user());
        command.args(self.setup.env.iter().map(|(name, value)| format!("{name}={value}"))).arg(&self.program);
        command.arg("-D").arg(self.folder.join("data")).arg("-k").arg(&self.folder);
        command.args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", CONNECTIONS]);
        let mut running = RunningProgram::start("Postgres", command.current_dir("/"))?;
        running.says("ready to accept connections", START_TIMEOUT).await?;
        *self.running.borrow_mut() = Some(running);
        Ok(())
    }

    /// Stops it.
    pub async fn stop(&self, how: Stop) -> Result<()> {
        let running = self.running.take().context("Postgres is not running")?;
        running.end(how.signal(), START_TIMEOUT).await.map(drop)
    }

    /// Stops it and starts it again.
    pub async fn restart(&self, how: Stop) -> Result<()> {
        self.stop(how).await?;
        self.start().await
    }

    /// Pauses all its processes: SIGSTOP.
    pub fn pause(&self) -> Result<()> {
        // The first one first, so that it starts no more.
        self.signal_family(Signal::STOP)
    }

    /// Resumes them: SIGCONT.
    pub fn resume(&self) -> Result<()> {
        self.signal_family(Signal::CONT)
    }

    fn signal_family(&self, signal: Signal) -> Result<()> {
        let first = self.process()?;
        first.signal(signal)?;
        // One that ends just now needs no signal.
        first.children()?.into_iter().for_each(|process| drop(process.signal(signal)));
        Ok(())
    }

    /// The first of its processes, to be measured with its family.
    pub fn process(&self) -> Result<Process> {
        self.running.borrow().as_ref().context("Postgres is not running")?.process()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(running) = self.running.get_mut() {
            // At this signal, it ends its own processes first, so that nothing writes into the
            // folder that is about to be removed.
            running.end_now(Stop::Immediate.signal(), Duration::from_secs(5));
        }
    }
}

impl Stop {
    const fn signal(self) -> Signal {
        match self {
            Self::Fast => Signal::INT,
            Self::Immediate => Signal::QUIT,
        }
    }
}

/// The address of the database behind a port on 127.0.0.1.
pub fn url(port: u16) -> String {
    format!("postgres://postgres@127.0.0.1:{port}/postgres")
}

/// Where Debian keeps the server's programs, the newest first.
fn debian_folders() -> Vec<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort_by_key(|bin| bin.parent().and_then(Path::file_name)?.to_str()?.parse::<u32>().ok());
    folders.reverse();
    folders
}

fn other_user() -> Option<&'static str> {
    getuid().is_root().then_some(USER)
}

async fn output(command: &mut Command) -> Result<String> {
    let done = command.output().await?;
    ensure!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}
