//! The live path: what moves between the database and the phones, screens and studios that are connected right now.
//!
//! Nothing in here knows HTTP; `http` accepts a connection and hands its bytes over.

pub mod admission;
pub mod cluster;
pub mod commit;
pub mod connection;
pub mod context;
pub mod disconnect;
pub mod frame;
pub mod hub;
pub mod lifecycle;
mod lock;
pub mod room;
pub mod rooms;
pub mod settings;
pub mod timers;
pub mod traffic;
pub mod workers;

pub use self::{
    admission::{places, principal},
    cluster::{bus, heartbeat, sync},
    commit::command,
    connection::{feed, http_subscriber, incoming, worker},
    room::{me, view},
};
