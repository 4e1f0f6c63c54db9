//! A facilitator signs out on one node while connections of that session control the event on every
//! node and keep sending. Other sessions of the same person must not be affected.
//! `check::signed_out` checks the records.

use std::{cell::RefCell, rc::Rc, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use parterre_protocol::{ClientMessage, CloseCode, Control, topics::Audience};
use tokio::time::{Instant, sleep};

use super::{
    EXPECTED,
    event_setup::EventSetup,
    history::{SignedOut, Time, Who},
    inject::Scene,
    recorder::Recorder,
    schedule::Fault,
};
use crate::{client::Client, cluster::Cluster, crowd::Crowd, facilitator::Session, http::Address};

/// The interval between acts of all connections of the session together: below the rate limit of a
/// member.
const BETWEEN: Duration = Duration::from_millis(150);

/// How many acts of a connection may wait for their receipt.
const MOST_WAITING: usize = 3;

/// How long the session keeps sending after it was signed out: longer than a node may take to close
/// its connections.
const STEERS_ON: Duration = Duration::from_secs(3);

/// For how long and how often signing in and out is retried, whatever else is broken.
const SIGN_IN_TIMEOUT: Duration = Duration::from_secs(60);
const AGAIN: Duration = Duration::from_millis(300);

/// A session with a connection at each node.
struct SessionUnderTest<'a> {
    gathering: &'a EventSetup,
    recorder: &'a Rc<Recorder>,
    session: Session,
    door: Address,
    nodes: Vec<Address>,
    crowd: Rc<Crowd>,
    clients: RefCell<Vec<Rc<Client>>>,
}

impl Scene {
    /// Signs in, controls the event, signs out, and keeps sending.
    pub(super) async fn sign_out(&self, fault: Fault) -> Result<()> {
        let gathering = &self.gatherings[fault.at as usize % self.gatherings.len()];
        let desk = SessionUnderTest::sign_in(&self.cluster, gathering, &self.recorder).await?;
        desk.connect();
        let ended = tokio::select! {
            ended = desk.sign_out(Duration::from_millis(fault.lasts)) => ended,
            () = desk.steer() => Ok(()),
        };
        desk.clients.borrow().iter().for_each(|client| client.leave());
        ended?;
        match desk.trouble() {
            Some(trouble) => bail!("{trouble}"),
            None => Ok(()),
        }
    }
}

impl<'a> SessionUnderTest<'a> {
    async fn sign_in(cluster: &Cluster, gathering: &'a EventSetup, recorder: &'a Rc<Recorder>) -> Result<Self> {
        let door = Address::resolve(&cluster.url()).await?;
        let mut nodes = Vec::new();
        for node in cluster.nodes() {
            nodes.push(Address::resolve(&node.url()).await?);
        }
        let end = Instant::now() + SIGN_IN_TIMEOUT;
        let session = loop {
            match gathering.facilitator.further_session(&door).await {
                Ok(Some(session)) => break session,
                Ok(None) | Err(_) if Instant::now() < end => sleep(AGAIN).await,
                other => break other?.context("signing in was put off for a minute")?,
            }
        };
        let (crowd, clients) = (recorder.crowd(), RefCell::default());
        Ok(Self { gathering, recorder, session, door, nodes, crowd, clients })
    }

    /// Connects to every node; the numbers of the clients.
    fn connect(&self) -> Vec<usize> {
        let mut numbers = Vec::new();
        for (number, address) in self.nodes.iter().enumerate() {
            let name = format!("further session in {} at node {number}", self.gathering.event.name);
            let event = self.gathering.event.id;
            let who = Who { name, event, audience: Audience::Studio, participant: None };
            let way = self.gathering.facilitator.studio_by(&self.session, address);
            let client = self.recorder.client(who, &self.crowd, way);
            numbers.push(client.number);
            self.clients.borrow_mut().push(client);
        }
        numbers
    }

    /// Acts on each connection in turn, even if it is closed.
    async fn steer(&self) {
        for turn in 0.. {
            let client = {
                let clients = self.clients.borrow();
                clients[turn % clients.len()].clone()
            };
            if client.waiting() < MOST_WAITING {
                let (activity, _) = self.gathering.activities[turn % self.gathering.activities.len()];
                let control = Control::Results { activity, visible: turn % 3 > 0 };
                self.recorder.does(
                    &client,
                    |client| client.control(control.clone()),
                    |cid| ClientMessage::Control { cid, control: control.clone() },
                );
            }
            sleep(BETWEEN).await;
        }
    }

    /// Signs out after this time, through the proxy, then connects to every node again with the
    /// ended session.
    async fn sign_out(&self, after: Duration) -> Result<()> {
        sleep(after).await;
        ensure!(!self.was_sent_away(), "a session ended that nobody had signed out");
        let theirs: Vec<_> = self.clients.borrow().iter().map(|client| client.number).collect();
        let asked = self.recorder.now();
        self.note(&theirs, SignedOut { asked, told: Time::MAX });
        let end = Instant::now() + SIGN_IN_TIMEOUT;
        loop {
            match self.session.end(&self.door).await {
                Ok(true) => break,
                Ok(false) | Err(_) if Instant::now() < end => sleep(AGAIN).await,
                other => bail!("signing out was tried for a minute: {other:?}"),
            }
        }
        let ended = SignedOut { asked, told: self.recorder.now() };
        self.note(&theirs, ended);
        self.note(&self.connect(), ended);
        sleep(STEERS_ON).await;
        Ok(())
    }

    fn note(&self, clients: &[usize], ended: SignedOut) {
        let mut history = self.recorder.history.borrow_mut();
        history.signed_out.extend(clients.iter().map(|client| (*client, ended)));
    }

    fn was_sent_away(&self) -> bool {
        self.crowd.seen().troubles.keys().any(|trouble| is_sending_away(trouble))
    }

    /// Troubles other than the end of the session.
    fn trouble(&self) -> Option<String> {
        let seen = self.crowd.seen();
        let expected = |what: &str| is_sending_away(what) || EXPECTED.iter().any(|expected| what.contains(expected));
        seen.troubles.keys().find(|what| !expected(what)).cloned()
    }
}

/// Whether a client was told not to reconnect because it has no permission.
fn is_sending_away(trouble: &str) -> bool {
    let closed = format!("closed with {}", CloseCode::Unauthorised.code());
    trouble.contains(&closed) || trouble.contains("refused to connect: status 401")
}
