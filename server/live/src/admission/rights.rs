//! Who is connected by a right that can end: members by their session, holders of private links.
//!
//! A node does not go by what was true when they came in, nor by what it hears: about once a
//! second, and at once when it hears that something of the kind has changed, it asks the database
//! for all of them together, and ends those whose right is no longer good. So a lost notification
//! costs a second, and a forged one an idle question.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use parterre_domain::ids::{LinkId, MemberId};
use parterre_protocol::{CloseCode, EventId, Millis, Rev};
use parterre_store::Right;
use parterre_system::mutants::{self, Mutant};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use crate::{
    cluster::bus::{EVERYWHERE, Hint, Notification},
    context::Context,
    disconnect::Disconnect,
    lock::lock,
    workers::{ConnectionId, WorkerCommand},
};

/// How often all rights are asked for: half of what a session that has ended may go on at most.
const INTERVAL: Duration = Duration::from_secs(1);
/// The shortest time between two questions, however many come in or are told of.
const LEAST: Duration = Duration::from_millis(20);
/// How long the database may take to answer. Without it, what is known to be over is over.
const DEADLINE: Duration = Duration::from_secs(1);

/// The rights by which connections of this node are there.
#[derive(Debug)]
pub struct Rights {
    context: Arc<Context>,
    held: Mutex<HashMap<ConnectionId, HeldRight>>,
    soon: Notify,
}

/// The right of one connection.
#[derive(Clone, Copy, Debug)]
struct HeldRight {
    event: EventId,
    right: Right,
    /// Until when it is good, as the database last said.
    until: Option<Millis>,
}

impl Rights {
    /// Nobody is there yet.
    pub fn new(context: Arc<Context>) -> Self {
        Self { context, held: Mutex::default(), soon: Notify::new() }
    }

    /// A connection is there by this right, which is asked for at once: it may have ended since it
    /// was found good.
    pub fn hold(&self, id: ConnectionId, event: EventId, right: Right) {
        self.held().insert(id, HeldRight { event, right, until: None });
        self.ask_soon();
    }

    /// The connection is gone.
    pub fn release(&self, id: ConnectionId) {
        self.held().remove(&id);
    }

    /// Has all rights asked for at once.
    pub fn ask_soon(&self) {
        self.soon.notify_one();
    }

    fn held(&self) -> MutexGuard<'_, HashMap<ConnectionId, HeldRight>> {
        lock(&self.held)
    }

    /// Takes note of until when a right is good.
    fn note(&self, id: ConnectionId, until: Millis) {
        if let Some(held) = self.held().get_mut(&id) {
            held.until = Some(until);
        }
    }

    /// To be told when sessions of a member have ended, or what the member may do has changed, once
    /// that is committed: every node compares those who are connected with the database now, and
    /// ends whose right is over.
    pub fn end_sessions(&self, member: MemberId) {
        self.ask_soon();
        self.context.publish(Notification { event: EVERYWHERE, rev: 0, hint: Hint::Member(member) });
    }

    /// Ends all connections that came by a private link, on every node. To be told when it was
    /// revoked, which led the event to this version.
    pub fn end_link(&self, event: EventId, link: LinkId, rev: Rev) {
        // Here at once, whatever becomes of the notification.
        self.ask_soon();
        self.context.publish(Notification { event, rev, hint: Hint::LinkEnded(link) });
    }

    /// Asks for all rights together and ends the connections of those that are over. Returns
    /// whether that failed, as it may have before.
    async fn check(&self, failed: bool) -> bool {
        let (ids, held): (Vec<_>, Vec<_>) = self.held().iter().map(|(id, held)| (*id, *held)).unzip();
        if held.is_empty() {
            return failed;
        }
        let now = self.context.clock.now();
        let claims: Vec<_> = held.iter().map(|held| (held.event, held.right)).collect();
        let error = match timeout(DEADLINE, self.context.store.rights(&claims, now)).await {
            Ok(Ok(good)) => {
                for ((id, held), until) in ids.into_iter().zip(held).zip(good) {
                    match until {
                        Some(until) => self.note(id, until),
                        None => self.end_right(id, held.right),
                    }
                }
                return false;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it took too long".to_owned(),
        };
        let over = |held: &HeldRight| held.until.is_some_and(|until| until <= now);
        for (id, held) in ids.into_iter().zip(held).filter(|(_, held)| over(held)) {
            self.end_right(id, held.right);
        }
        if !failed {
            tracing::warn!(error, "whether those who steer and moderate still may could not be asked; trying again");
        }
        true
    }

    fn end_right(&self, id: ConnectionId, right: Right) {
        self.release(id);
        self.context.workers.tell(id, |id| WorkerCommand::End(id, ending(right)));
    }
}

/// Ends connections whose right has ended, for as long as the node runs.
pub async fn watch(rights: Arc<Rights>) {
    let mut fails = false;
    while !mutants::is(Mutant::RightsOfTheHandshake) {
        // Told, or it is time.
        let _ = timeout(INTERVAL, rights.soon.notified()).await;
        fails = rights.check(fails).await;
        sleep(LEAST).await;
    }
}

/// How the connections of a right end.
const fn ending(right: Right) -> Disconnect {
    let message = match right {
        Right::Session { .. } => "You are signed out, or may no longer do this.",
        Right::Link(_) => "This private link is no longer good.",
    };
    Disconnect::new(CloseCode::Unauthorised, message)
}
