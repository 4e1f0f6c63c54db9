//! What a server sends: one JSON object per WebSocket text message.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{CommandId, Millis, Rev, topics::Topic};

/// A message from the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum ServerMessage {
    /// The first message on every connection.
    Hello {
        /// The protocol's version.
        v: u32,
        /// The server's clock.
        #[cfg_attr(test, ts(type = "number"))]
        now: Millis,
        /// How long a client may be silent before the server asks whether it is still there, in
        /// milliseconds. A client that cannot see WebSocket pings sends a `ping` of its own about
        /// this often.
        ping_ms: u32,
    },
    /// A whole topic: replaces what the client held.
    Full {
        /// Which topic.
        topic: Topic,
        /// Its version from now on.
        #[cfg_attr(test, ts(type = "number"))]
        rev: Rev,
        /// Its content: the type of [`crate::topics`] with the topic's name.
        #[cfg_attr(test, ts(type = "Stage | Results | Posts | Presence | Moderation | Me"))]
        data: Value,
    },
    /// A change of a topic, to be applied to the version `from` as a JSON merge patch (RFC 7396).
    Delta {
        /// Which topic.
        topic: Topic,
        /// The version that the patch was made for. A client that holds another one ignores the
        /// message and reconnects.
        #[cfg_attr(test, ts(type = "number"))]
        from: Rev,
        /// Its version from now on.
        #[cfg_attr(test, ts(type = "number"))]
        rev: Rev,
        /// The patch.
        patch: Value,
    },
    /// What became of a command.
    Receipt {
        /// The command.
        cid: CommandId,
        /// The outcome.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// The answer to a client's `ping`.
    Pong,
    /// The last message before the server closes the connection, in words; the close code says the
    /// same for programs.
    Bye {
        /// The close code that follows.
        code: u16,
        /// Why, and what to do.
        message: String,
        /// How long to wait before coming back, in milliseconds; absent when coming back is of no
        /// use.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        retry_ms: Option<u32>,
        /// What to put into the address as `retry` when coming back at that moment; there where
        /// many came at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        retry: Option<String>,
    },
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Outcome {
    /// Committed to the database. The same command sent again gets the same receipt.
    Stored {
        /// When it was committed.
        #[cfg_attr(test, ts(type = "number"))]
        at: Millis,
    },
    /// Not done, and sending it again as it is would be of no use.
    Refused {
        /// Why, for programs.
        code: RefusalCode,
        /// Why, and what to do, in plain English.
        message: String,
    },
    /// Not done yet because the server cannot just now: keep it and send it again.
    Later {
        /// How long to wait, in milliseconds.
        retry_ms: u32,
    },
}

/// Why a command was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// The activity is not open for answers, the event is not live, or no questions are taken.
    Closed,
    /// The activity was started again; the command was for a former round.
    Round,
    /// The participant has answered, and this activity allows no change of mind.
    Answered,
    /// The answer does not fit the activity: too many options, too long a word, the wrong kind.
    Invalid,
    /// There is no such activity, question or label in this event.
    Unknown,
    /// What the sender looked at has changed since.
    Stale,
    /// The sender may not do this.
    Forbidden,
    /// This device may not ask questions in this event.
    Blocked,
    /// Too many questions in a short time from this device.
    SlowDown,
}
