//! The steps of a test, and what can be said of one.

use std::fmt;

use serde::{Serialize, Serializer};

/// One thing that is tried. As text it is `page`, `idle_60` and the like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The page and what belongs to it.
    Page,
    /// The server's name, looked up.
    Name,
    /// The device's clock beside the server's.
    Clock,
    /// Which HTTP goes over the network, and which proxies have a hand in it.
    Protocol,
    /// The certificate that the server shows.
    Certificate,
    /// A page to sign in on, in place of our answers.
    Portal,
    /// A page that is always the same, as it arrives.
    Document,
    /// Cookies, both ways.
    Cookies,
    /// The proxy that the device is configured to use.
    Proxy,
    /// A connection to each address that the name has.
    Addresses,
    /// What is agreed on before the first request.
    Tls,
    /// Packets of all sizes.
    Packets,
    /// Many connections from one address.
    Phones,
    /// The upgrade to a live connection.
    WebSocket,
    /// Messages out and back, of all kinds and sizes.
    Messages,
    /// How long a message takes out and back.
    Delay,
    /// Many messages at once.
    Burst,
    /// A connection that is dropped, and what it missed.
    Resume,
    /// An answer that arrives bit by bit.
    Sse,
    /// An answer that is waited for.
    Poll,
    /// The rate towards the room.
    Download,
    /// The rate from the room.
    Upload,
    /// By which address the server sees the room.
    Address,
    /// What the browser keeps.
    Storage,
    /// A connection that is silent for this many seconds.
    Idle(u32),
}

impl Step {
    /// All but the silent ones, in the order in which they are shown: those of a page, and among
    /// them those that only a program can try.
    pub const ALL: [Self; 24] = [
        Self::Proxy,
        Self::Page,
        Self::Name,
        Self::Addresses,
        Self::Tls,
        Self::Portal,
        Self::Document,
        Self::Cookies,
        Self::Protocol,
        Self::Certificate,
        Self::WebSocket,
        Self::Packets,
        Self::Messages,
        Self::Delay,
        Self::Burst,
        Self::Resume,
        Self::Sse,
        Self::Poll,
        Self::Download,
        Self::Upload,
        Self::Phones,
        Self::Clock,
        Self::Address,
        Self::Storage,
    ];

    /// Those of them that a page can try.
    pub const QUICK: [Self; 20] = [
        Self::Page,
        Self::Name,
        Self::Portal,
        Self::Document,
        Self::Cookies,
        Self::Protocol,
        Self::Certificate,
        Self::WebSocket,
        Self::Messages,
        Self::Delay,
        Self::Burst,
        Self::Resume,
        Self::Sse,
        Self::Poll,
        Self::Download,
        Self::Upload,
        Self::Phones,
        Self::Clock,
        Self::Address,
        Self::Storage,
    ];

    /// What it is, whatever its figures: part of the keys of its messages.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Name => "name",
            Self::Clock => "clock",
            Self::Protocol => "protocol",
            Self::Certificate => "certificate",
            Self::Portal => "portal",
            Self::Document => "document",
            Self::Cookies => "cookies",
            Self::Proxy => "proxy",
            Self::Addresses => "addresses",
            Self::Tls => "tls",
            Self::Packets => "packets",
            Self::Phones => "phones",
            Self::WebSocket => "websocket",
            Self::Messages => "messages",
            Self::Delay => "delay",
            Self::Burst => "burst",
            Self::Resume => "resume",
            Self::Sse => "sse",
            Self::Poll => "poll",
            Self::Download => "download",
            Self::Upload => "upload",
            Self::Address => "address",
            Self::Storage => "storage",
            Self::Idle(_) => "idle",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())?;
        if let Self::Idle(seconds) = self { write!(f, "_{seconds}") } else { Ok(()) }
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The result of a step. Waiting and running are states for the tester's display.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Success,
    /// Nothing can be said, and nothing is wrong by that.
    Skipped,
    /// The event works, and would work better with a change.
    Warning,
    /// Something of the event does not work.
    Failed,
}
