//! The program as people run it, in a process of its own, with one event in its database.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, Stdio},
};

use parterre::{
    domain::{
        event::EventSettings,
        ids::{EventId, MemberId, WorkspaceId},
        member::{Email, Member, Role},
    },
    random,
    store::Store,
};
use tempfile::TempDir;

/// When everything here was made.
const THEN: i64 = 1_790_000_000_000;

/// A running server. Killed when dropped.
pub(crate) struct Program {
    pub(crate) address: SocketAddr,
    pub(crate) event: EventId,
    child: Child,
    /// Kept open, so that the program may go on writing to it.
    _stdout: BufReader<ChildStdout>,
    _data: TempDir,
}

impl Program {
    /// Starts the program with these settings, as environment variables, and waits until it listens.
    pub(crate) fn start(settings: &[(&str, &str)]) -> Self {
        let data = TempDir::new().expect("a temporary folder");
        let event = make_event(&data);
        let mut child = Command::new(env!("CARGO_BIN_EXE_parterre"))
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(data.path())
            .env("PARTERRE_WORKERS", "1")
            .env("PARTERRE_LOG__LEVEL", "warn")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("its output is piped"));
        let mut greeting = String::new();
        stdout.read_line(&mut greeting).expect("it says where it is");
        let address =
            greeting.trim().rsplit('/').next().expect("an address at the end").parse().expect("host and port");
        Self { address, event, child, _stdout: stdout, _data: data }
    }

    /// The most memory that the program has used since the last call of [`Program::forget_peak`], in KiB.
    pub(crate) fn peak_kib(&self) -> u64 {
        self.status("VmHWM:")
    }

    /// The memory that the program uses, in KiB. Its peak is counted from here.
    pub(crate) fn forget_peak(&self) -> u64 {
        // proc_pid_clear_refs(5): 5 resets the peak to what is used now.
        fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").expect("the child is ours");
        self.status("VmRSS:")
    }

    fn status(&self, field: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("the program runs");
        let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("the kernel tells");
        line.trim().trim_end_matches(" kB").parse().expect("a number of kB")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself, which the test has seen.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn make_event(data: &TempDir) -> EventId {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let path = data.path().join("parterre.db");
        let store = Store::open(&format!("sqlite://{}", path.display())).await.expect("a new database");
        let workspace = WorkspaceId::new(random::opaque_id());
        let email = Email::parse("ines@example.org").expect("an address");
        let id = MemberId::new(random::opaque_id());
        let owner = Member { id, workspace, name: "Inès".to_owned(), email, role: Role::Owner };
        assert!(store.create_owner(workspace, "Team", &owner, "no password", THEN).await.expect("the owner"));
        let settings = EventSettings::parse("Annual meeting", "TULIP", false).expect("good settings");
        let event = EventId::new(random::opaque_id());
        store.create_event(event, workspace, &settings, THEN).await.expect("stored").expect("the only code");
        store.close().await;
        event
    })
}
