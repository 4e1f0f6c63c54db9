//! The live path: what moves between the database and the phones, screens and studios that are connected right now.
//!
//! Nothing in here knows HTTP; `http` accepts a connection and hands its bytes over.

pub mod admission;
pub mod behind;
pub mod bus;
pub mod carry;
pub mod clock_watch;
pub mod command;
pub mod commit;
pub mod connection;
pub mod effect;
pub mod ending;
pub mod feed;
pub mod frame;
pub mod hub;
pub mod incoming;
pub mod keeper;
pub mod listener;
pub mod lookup;
pub mod me;
pub mod order;
pub mod outgoing;
pub mod places;
pub mod publisher;
pub mod pulse;
pub mod rights;
pub mod room;
pub mod seats;
pub mod timers;
pub mod topic;
pub mod traffic;
pub mod view;
pub mod worker;
