//! A client that no WebSocket gets through to.

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
pub(crate) enum Transport {
    Socket,
    Sse,
    LongPolling,
}

/// A client that hears by the answers to its requests, and speaks by requests.
pub(crate) struct Http {
    browser: Browser,
    query: String,
    /// The stream; none where it asks again and again.
    stream: Option<BufReader<BodyReader<'static>>>,
    /// What came and was not read yet.
    inbox: VecDeque<String>,
    asked: bool,
}

impl Http {
    /// Comes in by this transport.
    pub(crate) fn new(transport: Transport, browser: Browser, query: String, held: &str) -> Self {
        let stream = (transport == Transport::Sse).then(|| {
            let (status, stream) = browser.read(&format!("/api/v1/live/sse?{query}&{held}"));
            assert_eq!(status, 200);
            stream
        });
        Self { browser, query, stream, inbox: VecDeque::new(), asked: false }
    }

    /// Whether it asks again and again, and holds no connection in between.
    pub(crate) fn asks(&self) -> bool {
        self.stream.is_none()
    }

    /// The next message, for a client that holds this.
    pub(crate) fn read(&mut self, held: &HashMap<Topic, (Rev, Value)>) -> String {
        while self.inbox.is_empty() {
            match &mut self.stream {
                Some(stream) => {
                    let mut line = String::new();
                    assert!(stream.read_line(&mut line).expect("a stream") > 0, "the stream is over");
                    self.inbox.extend(line.strip_prefix("data: ").map(|text| text.trim_end().to_owned()));
                }
                None => self.ask(held),
            }
        }
        self.inbox.pop_front().expect("there is one")
    }

    fn ask(&mut self, held: &HashMap<Topic, (Rev, Value)>) {
        let mut query = self.query.clone();
        for (topic, (rev, _)) in held {
            let topic = serde_json::to_value(topic).expect("a name");
            query += &format!("&{}={rev}", topic.as_str().expect("a name"));
        }
        if self.asked {
            query += "&again=1";
        }
        let answer = self.browser.get(&format!("/api/v1/live/poll?{query}")).expect(200);
        let messages: Vec<Box<RawValue>> = serde_json::from_str(&answer.body).expect("a list");
        let texts = messages.iter().map(|message| message.get().to_owned());
        // Every answer begins with a hello.
        self.inbox.extend(texts.filter(|text| !self.asked || !text.contains(r#""t":"hello""#)));
        self.asked = true;
    }

    /// Sends a message; what is answered is heard next.
    pub(crate) fn say(&mut self, message: &ClientMessage) {
        let message = serde_json::to_value(message).expect("a message has text keys only");
        let answer = self.browser.ask("POST", &format!("/api/v1/live?{}", self.query), &message).expect(200);
        self.inbox.push_back(answer.body);
    }
}
