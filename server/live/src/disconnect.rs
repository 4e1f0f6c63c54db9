//! How a connection ends, and what its client gets to know of it.

use std::time::Duration;

use bytes::Bytes;
use parterre_protocol::{CloseCode, ServerMessage};

use crate::{frame::close_frame, room::topic::encode};

/// How a connection ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disconnect {
    /// The close code.
    pub code: CloseCode,
    /// Why, and what to do.
    pub message: &'static str,
    /// What the `bye` says in its place, where there is more to say.
    pub detail: Option<Box<str>>,
    /// When to come back, where the code says to.
    pub retry: Option<Duration>,
    /// What to show then, to be let in before those who have not waited.
    pub retry_token: Option<Box<str>>,
}

impl Disconnect {
    /// An end with this code and sentence.
    pub const fn new(code: CloseCode, message: &'static str) -> Self {
        Self { code, message, detail: None, retry: None, retry_token: None }
    }

    /// When to come back.
    pub fn retry(self, retry: Duration) -> Self {
        Self { retry: Some(retry), ..self }
    }

    /// What to show when coming back.
    pub fn retry_token(self, token: String) -> Self {
        Self { retry_token: Some(token.into()), ..self }
    }

    /// What the `bye` says where there is more to say.
    pub fn detail(self, detail: String) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// When to come back, in milliseconds.
    pub fn retry_ms(&self) -> Option<u32> {
        self.retry.map(|retry| u32::try_from(retry.as_millis()).unwrap_or(u32::MAX))
    }

    /// All that a client is told: the `bye` message and the close frame.
    pub fn frames(&self) -> [Bytes; 2] {
        [encode(&self.bye()), close_frame(self.code, self.message)]
    }

    /// The `bye` message.
    pub fn bye(&self) -> ServerMessage {
        ServerMessage::Bye {
            code: self.code.code(),
            message: self.detail.as_deref().unwrap_or(self.message).to_owned(),
            retry_ms: self.retry_ms(),
            retry: self.retry_token.as_deref().map(str::to_owned),
        }
    }
}
