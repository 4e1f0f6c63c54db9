//! The program as people run it, in a process of its own, and who is in its database before it
//! starts.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use parterre_domain::{
    ids::{MemberId, WorkspaceId},
    member::{Email, Member, Role},
};
use parterre_store::Store;
use parterre_system::random;

/// When everything here was made.
pub(crate) const THEN: i64 = 1_790_000_000_000;

/// A running program. Killed when dropped.
pub(crate) struct Process {
    pub(crate) address: SocketAddr,
    pub(crate) child: Child,
    /// Kept open, so that the program may go on writing to it.
    said: BufReader<ChildStdout>,
}

impl Process {
    /// Starts the program with its data in this folder and these settings, as environment
    /// variables, and waits until it listens. Of a database or a bus it knows only by these
    /// settings.
    pub(crate) fn start(data: &Path, settings: &[(&str, &str)]) -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), data, settings).greeted()
    }

    /// Starts the program in the same way, where it may open no more files than these.
    #[allow(dead_code, reason = "one of the programs of tests that have this module needs it")]
    pub(crate) fn start_with_files(files: u32, data: &Path, settings: &[(&str, &str)]) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -n {files}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_parterre")]);
        Self::spawn(shell, SocketAddr::from(([127, 0, 0, 1], 0)), data, settings).greeted()
    }

    fn greeted(mut self) -> Self {
        let greeting = self.next_line();
        self.address = greeting.rsplit('/').next().expect("an address").parse().expect("host and port at the end");
        self
    }

    /// Starts the program at this address in the same way, and does not wait: what it says first is
    /// not read.
    pub(crate) fn start_at(address: SocketAddr, data: &Path, settings: &[(&str, &str)]) -> Self {
        Self::spawn(Command::new(env!("CARGO_BIN_EXE_parterre")), address, data, settings)
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
        let said = BufReader::new(child.stdout.take().expect("its output is piped"));
        Self { address, child, said }
    }

    /// The next line that the program says.
    pub(crate) fn next_line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).expect("it says something in UTF-8");
        line.trim_end().to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, which the test has seen.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes the owner, who cannot sign in with any password.
pub(crate) async fn make_owner(store: &Store) -> Member {
    let workspace = WorkspaceId::new(random::opaque_id());
    let email = Email::parse("ines@example.org").expect("an address");
    let id = MemberId::new(random::opaque_id());
    let owner = Member { id, workspace, name: "Inès".to_owned(), email, role: Role::Owner };
    assert!(store.create_owner(workspace, "Team", &owner, "no password", THEN).await.expect("the owner"));
    owner
}
