//! The network test: will an event work in these rooms?
//!
//! A page and a program measure; here is what the figures mean, once for all of them. Pure: figures
//! in, findings out. There are no words for people in here: a finding's code and a change's name
//! are keys of the message catalogues.

#[macro_use]
mod names;

mod change;
mod code;
mod finding;
mod judge;
mod measure;
mod plan;
mod rules;
mod step;
#[cfg(test)]
mod tests;
mod verdict;
mod wire;

pub use change::Change;
pub use code::Code;
pub use finding::{Figure, Finding};
pub use judge::{Judgement, judge};
pub use measure::{
    Burst, ChannelEnd, Clock, Cookies, Delay, Document, Figures, Hold, HoldOutcome, Idle, Measurement, Measures,
    Messages, Name, ObservedHttp, Opened, Page, Poll, Resume, Sse, Storage, Transfer, Trouble,
};
pub use plan::{Needs, Participant, Plan, Sizes};
pub use rules::is_held;
pub use step::{Step, Verdict};
pub use verdict::{Bandwidth, Conclusion, Summary};
pub use wire::{Connected, Lookup, LookupResult, Packets, Phones, Proxy, ReachedAddresses, Tls, Trust, Tunnel};
