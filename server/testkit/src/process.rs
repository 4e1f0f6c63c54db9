//! The program in a process of its own, as people run it.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

/// A running program. Killed when dropped.
pub struct Process {
    /// Where it listens.
    pub address: SocketAddr,
    /// The process.
    pub child: Child,
    /// Kept open, so that the program can keep writing to it.
    output: BufReader<ChildStdout>,
}

impl Process {
    /// Starts the program with its data in this folder and these settings, as environment
    /// variables, and waits until it listens. `DATABASE_URL` and `REDIS_URL` of the test itself do
    /// not reach it.
    pub fn start(program: &str, data: &Path, settings: &[(&str, &str)]) -> Self {
        Self::start_at(program, SocketAddr::from(([127, 0, 0, 1], 0)), data, settings).listening()
    }

    /// Like [`Process::start`], with a limit of open files.
    pub fn start_with_files(program: &str, files: u32, data: &Path, settings: &[(&str, &str)]) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -n {files}; exec \"$0\" \"$@\""), program]);
        Self::spawn(shell, SocketAddr::from(([127, 0, 0, 1], 0)), data, settings).listening()
    }

    /// Reads where it listens from its first line.
    fn listening(mut self) -> Self {
        let line = self.next_line();
        self.address = line.rsplit('/').next().expect("an address").parse().expect("host and port at the end");
        self
    }

    /// Like [`Process::start`], at this address, and without waiting: its first line is not read.
    pub fn start_at(program: &str, address: SocketAddr, data: &Path, settings: &[(&str, &str)]) -> Self {
        Self::spawn(Command::new(program), address, data, settings)
    }

    fn spawn(mut program: Command, address: SocketAddr, data: &Path, settings: &[(&str, &str)]) -> Self {
        let mut child = program
            .args(["--listen", &address.to_string(), "--data"])
            .arg(data)
            .env("PARTERRE_WORKERS", "1")
            .env("PARTERRE_LOG__LEVEL", "warn")
            .env_remove("DATABASE_URL")
            .env_remove("REDIS_URL")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let output = BufReader::new(child.stdout.take().expect("its output is piped"));
        Self { address, child, output }
    }

    /// The next line that the program prints.
    pub fn next_line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it prints UTF-8");
        line.trim_end().to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, as the test knows.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
