//! The raw figures of each step, as the tester submits them. Times are in milliseconds, with
//! fractions if a browser has them; nothing here is trusted beyond its bounds.

mod live;
mod requests;

use serde::{Deserialize, Serialize};

pub use self::{
    live::{Burst, ChannelEnd, Delay, Hold, HoldOutcome, Messages, Opened, Poll, Resume, Sse},
    requests::{Clock, Cookies, Document, Name, ObservedHttp, Page, Storage, Transfer},
};

use crate::wire::{Packets, Phones, Proxy, ReachedAddresses, Tls};

/// The maximum number of samples of one kind.
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
    /// The tester stopped it, or their device cannot do it.
    Stopped,
    /// New connections were refused or cut after this many, while open ones stayed.
    Crowded {
        /// How many came about before.
        after: u32,
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
    /// The proxy that the device is configured to use.
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
    /// Where someone else redirected requests; a page cannot see this.
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

/// A silent connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Idle {
    /// For how long it was to be silent.
    pub seconds: u32,
    /// The result.
    pub hold: Measurement<Hold>,
}
