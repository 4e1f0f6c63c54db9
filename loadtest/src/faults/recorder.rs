//! Looks at all that clients do and get, and writes it down.

use std::{cell::RefCell, rc::Rc};

use parterre_protocol::{CommandId, Outcome, ServerMessage};
use tokio::time::Instant;

use super::{
    history::{History, Time, Who},
    observations::{Frame, Sights},
};
use crate::{
    client::{Client, ConnectOptions},
    crowd::{Crowd, Message, Watcher},
};

/// Whoever looks on.
pub struct Witness {
    start: Instant,
    /// What clients did and were told.
    pub history: RefCell<History>,
    /// What they were shown.
    pub sights: RefCell<Sights>,
    seed: u64,
}

impl Witness {
    /// Begins to look.
    pub fn new(seed: u64) -> Rc<Self> {
        Rc::new(Self { start: Instant::now(), history: RefCell::default(), sights: RefCell::default(), seed })
    }

    /// A crowd at which it looks.
    pub fn crowd(self: &Rc<Self>) -> Rc<Crowd> {
        let crowd = Rc::<Crowd>::default();
        crowd.watch(self.clone());
        crowd
    }

    /// Milliseconds since the beginning.
    pub fn now(&self) -> Time {
        self.start.elapsed().as_millis().try_into().unwrap_or(Time::MAX)
    }

    /// Has a client connect.
    pub fn client(&self, who: Who, crowd: &Rc<Crowd>, way: ConnectOptions) -> Rc<Client> {
        let number = self.history.borrow_mut().client(who);
        Client::start(number, crowd.clone(), way, self.seed)
    }

    /// Notes what a client does: `make` makes the command and gives its cid, `message` the message
    /// with it.
    pub fn does(
        &self,
        client: &Client,
        make: impl FnOnce(&Client) -> CommandId,
        message: impl FnOnce(CommandId) -> parterre_protocol::ClientMessage,
    ) -> CommandId {
        let cid = make(client);
        self.history.borrow_mut().made(client.number, message(cid), self.now());
        cid
    }
}

impl Watcher for Witness {
    fn message(&self, message: &Message<'_>) {
        let at = self.now();
        if let (Some(topic), Some((rev, from))) = (message.topic, message.revs) {
            let (client, history) = (message.client, self.history.borrow());
            if let Some(held) = message.held.get(topic) {
                let frame = Frame { client, at, topic, rev, from, text: message.text, held: &held.data };
                self.sights.borrow_mut().look(&history.clients[client], &frame);
            }
        } else if message.text.starts_with("{\"t\":\"hello\"") {
            self.sights.borrow_mut().greet(message.client);
        } else if message.text.contains("\"later\"")
            && let Ok(ServerMessage::Receipt { cid, outcome: outcome @ Outcome::Later { .. } }) =
                serde_json::from_str(message.text)
        {
            self.history.borrow_mut().told(cid, &outcome, at);
        }
    }

    fn receipt(&self, cid: CommandId, outcome: &Outcome) {
        let at = self.now();
        self.history.borrow_mut().told(cid, outcome, at);
    }
}
