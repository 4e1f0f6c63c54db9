//! A topic's newest version as finished bytes: encoded once per change, shared by every connection.

use std::sync::Arc;

use bytes::Bytes;
use parterre_protocol::{Rev, ServerMessage, patch, topics::Topic};
use parterre_system::mutants::{self, Mutant};
use serde::Serialize;
use serde_json::Value;

use crate::frame::text_frame;

/// One version of a topic, ready to be written to any socket.
#[derive(Debug)]
pub struct Frame {
    /// The version.
    pub rev: Rev,
    /// The whole topic.
    pub full: Bytes,
    /// The version before this one, and the change from it, where that is shorter than the whole.
    pub delta: Option<(Rev, Bytes)>,
}

impl Frame {
    /// The bytes that bring a client from the version it holds (0: none) to this one; none if it is
    /// there already, or further: a page is drawn from what the room holds, which may be newer than
    /// what was published.
    pub fn bytes_from(&self, held: Rev) -> Option<&Bytes> {
        match &self.delta {
            _ if held >= self.rev => None,
            Some((from, delta)) if *from == held => Some(delta),
            _ => Some(&self.full),
        }
    }
}

/// A topic as one audience sees it: makes the frames.
#[derive(Debug)]
pub struct Published {
    topic: Topic,
    value: Value,
    frame: Option<Arc<Frame>>,
}

impl Published {
    /// A topic of which nothing was published yet.
    pub fn new(topic: Topic) -> Self {
        Self { topic, value: Value::Null, frame: None }
    }

    /// The newest frame.
    pub fn frame(&self) -> Option<Arc<Frame>> {
        self.frame.clone()
    }

    /// Like [`Published::publish`], but for everybody the whole topic.
    pub fn publish_whole(&mut self, rev: Rev, content: &impl Serialize) -> bool {
        let made = self.publish(rev, content);
        if let Some(frame) = self.frame.as_mut().filter(|frame| made && frame.delta.is_some()) {
            *frame = Arc::new(Frame { rev: frame.rev, full: frame.full.clone(), delta: None });
        }
        made
    }

    /// Makes a frame of the content at `rev`, unless it says what the newest one says already.
    /// Returns whether it did.
    pub fn publish(&mut self, rev: Rev, content: &impl Serialize) -> bool {
        let value = serde_json::to_value(content).expect("topics have text keys and finite numbers");
        if self.frame.is_some() && value == self.value {
            return false;
        }
        let rev = match &self.frame {
            Some(frame) if mutants::is(Mutant::RevByMemory) => frame.rev + 1,
            None if mutants::is(Mutant::RevByMemory) => 1,
            _ => rev,
        };
        let full = encode(&ServerMessage::Full { topic: self.topic, rev, data: value.clone() });
        let delta = self.frame.as_ref().map(|frame| {
            let patch = patch::diff(&self.value, &value);
            (frame.rev, encode(&ServerMessage::Delta { topic: self.topic, from: frame.rev, rev, patch }))
        });
        let delta = delta.filter(|(_, bytes)| bytes.len() < full.len());
        self.frame = Some(Arc::new(Frame { rev, full, delta }));
        self.value = value;
        true
    }
}

/// A message as finished WebSocket bytes.
pub fn encode(message: &impl Serialize) -> Bytes {
    text_frame(&serde_json::to_vec(message).expect("messages have text keys and finite numbers"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_behind_gets_the_change_and_anyone_else_the_whole() {
        let mut topic = Published::new(Topic::Results);
        let long = "x".repeat(200);
        assert!(topic.publish(4, &json!({"a": long, "n": 1})));
        assert!(topic.publish(7, &json!({"a": long, "n": 2})));
        let frame = topic.frame().unwrap();
        let delta = &frame.delta.as_ref().unwrap().1;
        assert_eq!(frame.bytes_from(4), Some(delta));
        assert_eq!(frame.bytes_from(0), Some(&frame.full));
        assert_eq!(frame.bytes_from(3), Some(&frame.full));
        assert_eq!(frame.bytes_from(7), None);
    }

    #[test]
    fn what_says_the_same_is_not_sent_again() {
        let mut topic = Published::new(Topic::Stage);
        assert!(topic.publish(1, &json!({"n": 1})));
        assert!(!topic.publish(2, &json!({"n": 1})));
        assert_eq!(topic.frame().unwrap().rev, 1);
    }
}
