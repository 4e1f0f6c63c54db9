//! Records everything that clients do and receive.

use std::{cell::RefCell, rc::Rc};

use parterre_protocol::{CommandId, Outcome, ServerMessage};
use tokio::time::Instant;

use super::{
    history::{History, Time, Who},
    observations::{Frame, Observations},
};
use crate::{
    client::{Client, ConnectOptions},
    crowd::{Crowd, Message, MessageObserver},
};

/// The record of a run.
pub struct Recorder {
    start: Instant,
    /// What clients did, and the replies.
    pub history: RefCell<History>,
    /// What they were shown.
    pub observations: RefCell<Observations>,
    seed: u64,
}

impl Recorder {
    /// Starts recording.
    pub fn new(seed: u64) -> Rc<Self> {
        Rc::new(Self { start: Instant::now(), history: RefCell::default(), observations: RefCell::default(), seed })
    }

    /// A crowd that it observes.
    pub fn crowd(self: &Rc<Self>) -> Rc<Crowd> {
        let crowd = Rc::<Crowd>::default();
        crowd.watch(self.clone());
        crowd
    }

    /// Milliseconds since the start.
    pub fn now(&self) -> Time {
        self.start.elapsed().as_millis().try_into().unwrap_or(Time::MAX)
    }

    /// Connects a client.
    pub fn client(&self, who: Who, crowd: &Rc<Crowd>, way: ConnectOptions) -> Rc<Client> {
        let number = self.history.borrow_mut().client(who);
        Client::start(number, crowd.clone(), way, self.seed)
    }

    /// Records a command of a client: `make` sends it and returns its cid, `message` is the message
    /// with that cid.
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

impl MessageObserver for Recorder {
    fn message(&self, message: &Message<'_>) {
        let at = self.now();
        if let (Some(topic), Some((rev, from))) = (message.topic, message.revs) {
            let (client, history) = (message.client, self.history.borrow());
            if let Some(held) = message.held.get(topic) {
                let frame = Frame { client, at, topic, rev, from, text: message.text, held: &held.data };
                self.observations.borrow_mut().look(&history.clients[client], &frame);
            }
        } else if message.text.starts_with("{\"t\":\"hello\"") {
            self.observations.borrow_mut().reconnected(message.client);
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
