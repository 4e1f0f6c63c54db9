//! The raw figures of each step, as whoever measured hands them in. Times are milliseconds, as fractions where a browser has
//! them; nothing here is believed beyond its bounds.

use serde::{Deserialize, Serialize};

use crate::wire::{Lookup, Packets, Phones, Proxy, ReachedAddresses, Tls};

/// The most samples of one kind that are looked at.
pub(crate) const SAMPLES: usize = 1_000;
/// How much of an address is kept.
const ADDRESS_CHARS: usize = 200;

/// What came of a try: figures, or what was in the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measurement<T> {
    /// It was measured.
    Figures(T),
    /// It was not.
    Trouble(Trouble),
}

/// Why nothing could be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Trouble {
    /// There was no answer: refused, cut, or a name that is not found.
    NoAnswer,
    /// There was no answer in time.
    Silent,
    /// Somebody else answered in our place.
    Foreign {
        /// The HTTP status; 0 where the browser does not tell it.
        status: u16,
    },
    /// Somebody says that there are too many requests.
    Limited {
        /// The HTTP status.
        status: u16,
    },
    /// Our server has too many tests just now.
    Busy,
    /// Our server needs its line for a room just now.
    RoomLive,
    /// Our server makes no tests.
    SwitchedOff,
    /// Our server refused it.
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// Whoever tests stopped it, or their device cannot do it.
    Stopped,
    /// New connections were refused or cut after so many, while those that were open went on.
    Crowded {
        /// How many came about before.
        after: u32,
    },
}

/// How a trial on a live connection ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChannelEnd {
    /// As it was to.
    #[default]
    Done,
    /// Not in time, though the connection stood.
    Late,
    /// The connection was closed in the middle of it.
    Closed {
        /// The close code; 1006 where there was none.
        code: u16,
    },
}

/// All that was measured so far; absent what was not tried yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Measures {
    /// The page.
    pub page: Option<Measurement<Page>>,
    /// The name.
    pub name: Option<Measurement<Name>>,
    /// The proxy that the device is told to use.
    pub proxy: Option<Measurement<Proxy>>,
    /// Each address of the name.
    pub addresses: Option<Measurement<Vec<ReachedAddresses>>>,
    /// What TLS agreed on.
    pub tls: Option<Measurement<Tls>>,
    /// Packets of all sizes.
    pub packets: Option<Measurement<Packets>>,
    /// Many connections from one address.
    pub phones: Option<Measurement<Phones>>,
    /// The clock.
    pub clock: Option<Measurement<Clock>>,
    /// Whether a page came as the server wrote it.
    pub document: Option<Measurement<Document>>,
    /// Whether cookies come and go.
    pub cookies: Option<Measurement<Cookies>>,
    /// Where requests were sent on to by somebody else; a page is not told.
    pub sent_to: Option<String>,
    /// How the server was reached: what the browser says of it, and what the server saw.
    pub seen: Option<Measurement<ObservedHttp>>,
    /// The upgrade.
    pub websocket: Option<Measurement<Opened>>,
    /// Messages out and back.
    pub messages: Option<Measurement<Messages>>,
    /// Their delay.
    pub delay: Option<Measurement<Delay>>,
    /// A burst.
    pub burst: Option<Measurement<Burst>>,
    /// A drop.
    pub resume: Option<Measurement<Resume>>,
    /// A stream.
    pub sse: Option<Measurement<Sse>>,
    /// An answer that was waited for.
    pub poll: Option<Measurement<Poll>>,
    /// What was fetched.
    pub download: Option<Measurement<Transfer>>,
    /// What was sent.
    pub upload: Option<Measurement<Transfer>>,
    /// What is kept.
    pub storage: Option<Measurement<Storage>>,
    /// The silent connections, in any order.
    pub idle: Vec<Idle>,
}

impl Measures {
    /// The same without what nobody looks at: of each kind there may be any number of samples.
    pub fn trimmed(mut self) -> Self {
        if let Some(Measurement::Figures(delay)) = &mut self.delay {
            // Of pairs there is one less than of samples.
            delay.ms.truncate(SAMPLES + 1);
        }
        if let Some(Measurement::Figures(sse)) = &mut self.sse {
            sse.at.truncate(SAMPLES);
        }
        if let Some(sent_to) = &mut self.sent_to {
            *sent_to = sent_to.chars().take(ADDRESS_CHARS).collect();
        }
        self
    }
}

/// Figures of one kind.
pub type Figures<T> = Option<Measurement<T>>;

/// The page and its parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Whether it came by HTTPS.
    pub secure: bool,
    /// From which port.
    pub port: u16,
    /// From the request to the last byte of the page.
    pub ms: f64,
    /// The slowest of its parts.
    pub slowest_ms: f64,
    /// Parts that did not arrive.
    pub missing: u32,
}

/// The name as the device looked it up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Name {
    /// How long the answer took that was gone by; 0 where the device knew it already.
    pub ms: f64,
    /// Who was asked and what was said; a page does not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookup: Option<Lookup>,
}

/// The device's clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clock {
    /// How far it is ahead of the server's.
    pub ahead_ms: f64,
    /// The shortest way out and back: the difference is known to half of it.
    pub round_trip_ms: f64,
}

/// What the browser says of its requests, and what the server saw of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ObservedHttp {
    /// The HTTP that the browser spoke: `http/1.1`, `h2`, `h3`; empty where it does not say.
    pub protocol: String,
    /// The HTTP that reached the server: `HTTP/1.1`.
    pub version: String,
    /// The address that it came from; empty where that is not known.
    pub address: String,
    /// Whether the last hop is a proxy that the server trusts: part of the server's own house.
    pub trusted: bool,
    /// Header fields that only proxies write, by name.
    pub proxies: Vec<(String, String)>,
    /// Whether connections were closed after each answer; a page is not told.
    pub closes: bool,
}

/// A page that is always the same, as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Whether it was what the server wrote, byte for byte.
    pub same: bool,
    /// Scripts in it that the server did not write.
    pub scripts: u32,
}

/// Whether cookies come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cookies {
    /// Whether one that the server sets arrives here.
    pub set: bool,
    /// Whether one that is sent from here arrives at the server.
    pub sent: bool,
}

/// The upgrade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// How long it took.
    pub ms: f64,
}

/// Messages out and back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Messages {
    /// How many were sent.
    pub sent: u32,
    /// How many came back.
    pub back: u32,
    /// How many of these were not what was sent.
    pub changed: u32,
    /// Whether they came back in the order in which they were sent.
    pub in_order: bool,
    /// The longest that came back whole, in bytes.
    pub largest: u32,
    /// Whether binary ones came back.
    pub binary: bool,
    /// The size of the first that did not come back, in bytes; 0 where all did.
    #[serde(default)]
    pub stopped_at: u32,
    /// How long the slowest took.
    #[serde(default)]
    pub slowest_ms: f64,
    /// How it ended.
    #[serde(default)]
    pub end: ChannelEnd,
}

/// How long messages took out and back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delay {
    /// How many were sent.
    pub sent: u32,
    /// Of each that came back, in the order in which they were sent.
    pub ms: Vec<f64>,
    /// How it ended.
    #[serde(default)]
    pub end: ChannelEnd,
}

/// Many messages at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Burst {
    /// How many were asked for.
    pub asked: u32,
    /// How many came, each once.
    pub came: u32,
    /// From the first to the last.
    pub ms: f64,
    /// How it ended.
    #[serde(default)]
    pub end: ChannelEnd,
}

/// A connection that was dropped half-way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resume {
    /// How many messages were to come, before and after.
    pub asked: u32,
    /// How many came.
    pub came: u32,
    /// How many came more than once.
    pub twice: u32,
    /// From the drop to the next message.
    pub ms: f64,
    /// How it ended.
    #[serde(default)]
    pub end: ChannelEnd,
}

/// A stream of Server-Sent Events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sse {
    /// How many were to come.
    pub asked: u32,
    /// Of each that came: when the server sent it, and when it was here, each by a clock of its own.
    pub at: Vec<(f64, f64)>,
}

/// An answer that was waited for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Poll {
    /// How long the server was to wait.
    pub asked_ms: f64,
    /// How long it took.
    pub ms: f64,
}

/// Bytes that went one way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transfer {
    /// How many.
    pub bytes: u64,
    /// In which time.
    pub ms: f64,
}

/// What the browser keeps for the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Storage {
    /// Whether it keeps anything.
    pub works: bool,
    /// Whether it takes cookies.
    pub cookies: bool,
    /// Whether it forgets all when it is closed, as far as one can tell.
    pub private: bool,
}

/// A silent connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Idle {
    /// For how long it was to be silent.
    pub seconds: u32,
    /// What became of it.
    pub hold: Measurement<Hold>,
}

/// What became of a silent connection.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hold {
    /// How it ended.
    pub end: HoldOutcome,
    /// After how many milliseconds.
    pub ms: f64,
    /// The close code where it was closed; 1006 where there was none.
    #[serde(default)]
    pub code: u16,
}

/// How a silent connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldOutcome {
    /// A message still went out and came back.
    Survived,
    /// It was closed by somebody between.
    Closed,
    /// It looked open, and no message came back.
    Silent,
}
