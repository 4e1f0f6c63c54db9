//! A running server with its people: an owner, a facilitator of another team, and anybody.

use std::{
    net::SocketAddr,
    path::Path,
    process::{Command, ExitStatus},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use parterre::http::auth::{DEVICE_COOKIE, SESSION_COOKIE, session_hash};
use parterre_domain::ids::MemberId;
use parterre_store::Store;
use parterre_system::random;

use crate::{
    PROGRAM,
    browser::Browser,
    data::{Data, THEN, make_owner},
    event::Server,
    postgres::Postgres,
    process::Process,
};

const OWNER: &str = "session-of-the-owner";
const OTHER_TEAM: &str = "session-of-another-team";
/// When sessions here end: not while a test runs.
const NEVER: i64 = THEN * 2;

/// A server of its own for whoever needs one; most tests share one.
pub(crate) struct House {
    process: Process,
    data: Data,
}

impl House {
    /// The server that tests share for as long as any of them runs. Each test makes events of its
    /// own in it.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<House>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let house = Arc::new(Self::new(&[("PARTERRE_WORKERS", "2")]));
            *shared = Arc::downgrade(&house);
            house
        })
    }

    /// A server with these settings.
    pub(crate) fn new(settings: &[(&str, &str)]) -> Self {
        let data = Data::create();
        data.prepare(async |store| make_people(&data, store).await);
        let process = start(&data, settings);
        Self { process, data }
    }

    /// A server with an SQLite file within this folder, and these settings.
    pub(crate) fn within(folder: &Path, settings: &[(&str, &str)]) -> Self {
        let data = Data::within(folder);
        data.prepare(async |store| make_people(&data, store).await);
        let process = start(&data, settings);
        Self { process, data }
    }

    /// A node of several, with these settings: its database is shared, and has the owner.
    pub(crate) fn of_many(database: &Postgres, settings: &[(&str, &str)]) -> Self {
        let data = Data::at(database.url());
        data.prepare(async |store| {
            if !store.has_owner().await.expect("an answer") {
                let owner = make_owner(store).await;
                store.create_session(&session_hash(OWNER), owner.id, THEN, NEVER).await.expect("a session");
            }
        });
        let process = start(&data, settings);
        Self { process, data }
    }

    /// Ends the server as a loss of power would, and starts it again with the same data.
    pub(crate) fn crash(&mut self) {
        self.process.child.kill().expect("the child is ours");
        self.process.child.wait().expect("it ends");
        self.process = start(&self.data, &[]);
    }

    /// Asks the server to terminate.
    pub(crate) fn terminate(&self) {
        let told = Command::new("kill").args(["-TERM", &self.process.child.id().to_string()]).status();
        assert!(told.expect("kill is there").success());
    }

    /// Waits until the server has ended by itself.
    pub(crate) fn ended(mut self) -> ExitStatus {
        self.process.child.wait().expect("it ends")
    }

    /// A browser that was never here.
    pub(crate) fn stranger(&self) -> Browser {
        Browser::new(self.process.address)
    }

    /// The owner's browser.
    pub(crate) fn owner(&self) -> Browser {
        self.stranger().with_cookie(SESSION_COOKIE, OWNER)
    }

    /// The browser of a facilitator of another team.
    pub(crate) fn other_team(&self) -> Browser {
        self.stranger().with_cookie(SESSION_COOKIE, OTHER_TEAM)
    }

    /// The browser of a device with this token.
    pub(crate) fn device(&self, token: &str) -> Browser {
        self.stranger().with_cookie(DEVICE_COOKIE, token)
    }

    /// What a statement finds in the database, of each row its one text. Ids are to be written as
    /// [`Self::id`] does.
    pub(crate) fn texts(&self, statement: &str) -> Vec<String> {
        self.data.texts(statement)
    }

    /// An id in the text of a statement.
    pub(crate) fn id(&self, id: uuid::Uuid) -> String {
        self.data.id(id)
    }

    /// Where the server is.
    pub(crate) fn address(&self) -> SocketAddr {
        self.process.address
    }
}

impl Server for House {
    fn address(&self) -> SocketAddr {
        self.process.address
    }

    fn owner(&self) -> Browser {
        self.owner()
    }
}

fn start(data: &Data, settings: &[(&str, &str)]) -> Process {
    // Phones and moderators are told as often as screens, so that nobody waits; nobody is pinged,
    // so that silence is found out.
    let usual = [
        ("PARTERRE_LIVE__PHONE_TICK_MS", "100"),
        ("PARTERRE_LIVE__POSTS_TICK_MS", "100"),
        ("PARTERRE_LIVE__MODERATION_TICK_MS", "100"),
        ("PARTERRE_LIVE__PING_MS", "600000"),
    ];
    data.start(PROGRAM, &[&usual, settings].concat())
}

async fn make_people(data: &Data, store: &Store) {
    let owner = make_owner(store).await;
    store.create_session(&session_hash(OWNER), owner.id, THEN, NEVER).await.expect("a session");
    let member = make_other_team(data).await;
    store.create_session(&session_hash(OTHER_TEAM), member, THEN, NEVER).await.expect("a session");
}

/// A second team in the same database, which the server itself does not make yet.
async fn make_other_team(data: &Data) -> MemberId {
    let (workspace, member) = (random::opaque_id(), random::opaque_id());
    let [workspace_id, member_id] = [workspace, member].map(|id| data.id(id));
    data.execute(&format!(
        "INSERT INTO workspaces (id, name, created_at) VALUES ({workspace_id}, 'Others', 0);
         INSERT INTO members (id, workspace_id, name, email, role, password_hash, created_at)
         VALUES ({member_id}, {workspace_id}, 'Olu', 'olu@example.org', 'facilitator', 'no password', 0);"
    ))
    .await;
    MemberId::new(member)
}
