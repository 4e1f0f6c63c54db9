//! Nodes that share a database, to be put behind a proxy.

use std::net::{Ipv4Addr, SocketAddr};

use parterre::http::{auth::session_hash, signin::network_key};
use parterre_system::allowance::ClientNetwork;

use crate::{
    PROGRAM,
    data::{Data, THEN, make_owner},
    ports::free_port,
    postgres::Postgres,
    process::Process,
};

/// The owner's session.
pub(crate) const OWNER: &str = "session-of-the-owner";

/// Some nodes. Killed when dropped.
pub(crate) struct Nodes {
    pub(crate) processes: Vec<Option<Process>>,
    data: Data,
    _postgres: Option<Postgres>,
}

impl Nodes {
    /// A database with its owner, on the Postgres server of `DATABASE_URL` or one of its own.
    pub(crate) fn none_yet() -> Self {
        let given = std::env::var("DATABASE_URL").ok();
        let (postgres, url) = given.map_or_else(
            || {
                let own = Postgres::start();
                let url = own.url();
                (Some(own), url)
            },
            |url| (None, url),
        );
        let data = Data::on(&url);
        data.prepare(async |store| {
            let owner = make_owner(store).await;
            store.create_session(&session_hash(OWNER), owner.id, THEN, THEN * 2).await.expect("a session");
        });
        Self { processes: Vec::new(), data, _postgres: postgres }
    }

    /// Starts one more and waits until it listens; its address.
    pub(crate) fn start(&mut self, settings: &[(&str, &str)]) -> SocketAddr {
        // It says only the public address, which is another.
        let mut process = self.data.start_at(PROGRAM, SocketAddr::from(([127, 0, 0, 1], free_port())), settings);
        assert!(process.next_line().starts_with("Parterre is at https://"));
        let address = process.address;
        self.processes.push(Some(process));
        address
    }

    /// How many times somebody from this address's network has failed to sign in.
    pub(crate) fn failures_from(&self, address: Ipv4Addr) -> u32 {
        let key = network_key(ClientNetwork::of(address.into()));
        self.data.prepare(async |store| store.guesses(&key).await.expect("the database answers")).failures
    }
}

/// Waits for a process to end by itself; whether it was content.
pub(crate) fn ended(mut process: Process) -> bool {
    process.child.wait().expect("it is our child").success()
}

/// Asks a process to terminate.
pub(crate) fn terminate(process: &Process) {
    let told = std::process::Command::new("kill").args(["-TERM", &process.child.id().to_string()]).status();
    assert!(told.expect("kill is there").success());
}

/// What a node counts of something now, asked at its own address.
pub(crate) fn counted(node: SocketAddr, metric: &str) -> u64 {
    let answer = ureq::get(format!("http://{node}/metrics")).call().expect("the node answers");
    let text = answer.into_body().read_to_string().expect("text");
    let value = text.lines().find_map(|line| line.strip_prefix(metric)).expect("it is counted");
    value.trim().parse().expect("a number")
}
