//! The fallback transports of the live connection: Server-Sent Events and long polling.

use std::{
    collections::{HashMap, VecDeque},
    io::{BufRead, BufReader},
};

use parterre_protocol::{ClientMessage, Rev, topics::Topic};
use serde_json::{Value, value::RawValue};
use ureq::BodyReader;

use crate::browser::Browser;

/// A transport to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A WebSocket.
    Socket,
    /// Server-Sent Events and requests.
    Sse,
    /// Long polling and requests.
    LongPolling,
}

/// A connection by a fallback transport.
pub struct Fallback {
    browser: Browser,
    query: String,
    /// The stream; `None` with long polling.
    stream: Option<BufReader<BodyReader<'static>>>,
    /// Messages that arrived and are not read yet.
    inbox: VecDeque<String>,
    /// Whether it has polled before.
    polled: bool,
}

impl Fallback {
    /// Connects by this transport. `query` names event and audience, `held` the revs that the client
    /// holds.
    pub fn new(transport: Transport, browser: Browser, query: String, held: &str) -> Self {
        let stream = (transport == Transport::Sse).then(|| {
            let (status, stream) = browser.read(&format!("/api/v1/live/sse?{query}&{held}"));
            assert_eq!(status, 200);
            stream
        });
        Self { browser, query, stream, inbox: VecDeque::new(), polled: false }
    }

    /// Whether it is long polling, which holds no connection in between.
    pub fn polls(&self) -> bool {
        self.stream.is_none()
    }

    /// The next message for a client that holds these topics.
    pub fn read(&mut self, held: &HashMap<Topic, (Rev, Value)>) -> String {
        while self.inbox.is_empty() {
            match &mut self.stream {
                Some(stream) => {
                    let mut line = String::new();
                    assert!(stream.read_line(&mut line).expect("a stream") > 0, "the stream is over");
                    self.inbox.extend(line.strip_prefix("data: ").map(|text| text.trim_end().to_owned()));
                }
                None => self.poll(held),
            }
        }
        self.inbox.pop_front().expect("there is one")
    }

    fn poll(&mut self, held: &HashMap<Topic, (Rev, Value)>) {
        let mut query = self.query.clone();
        for (topic, (rev, _)) in held {
            let topic = serde_json::to_value(topic).expect("a name");
            query += &format!("&{}={rev}", topic.as_str().expect("a name"));
        }
        if self.polled {
            query += "&again=1";
        }
        let response = self.browser.get(&format!("/api/v1/live/poll?{query}")).expect(200);
        let messages: Vec<Box<RawValue>> = serde_json::from_str(&response.body).expect("a list");
        let texts = messages.iter().map(|message| message.get().to_owned());
        // Every response begins with a hello, which only the first poll passes on.
        self.inbox.extend(texts.filter(|text| !self.polled || !text.contains(r#""t":"hello""#)));
        self.polled = true;
    }

    /// Sends a message. Its response is among the next messages to read.
    pub fn send(&mut self, message: &ClientMessage) {
        let message = serde_json::to_value(message).expect("a message has text keys only");
        let response = self.browser.ask("POST", &format!("/api/v1/live?{}", self.query), &message).expect(200);
        self.inbox.push_back(response.body);
    }
}
