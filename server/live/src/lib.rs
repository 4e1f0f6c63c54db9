//! The live path: what moves between the database and the phones, screens and studios that are
//! connected right now.
//!
//! Nothing in here knows HTTP; `http` accepts a connection and hands its bytes over.

pub mod admission;
mod cluster;
mod commit;
pub mod connection;
pub mod context;
pub mod disconnect;
pub mod frame;
pub mod hub;
mod lifecycle;
mod lock;
pub mod room;
mod rooms;
pub mod settings;
mod timers;
mod traffic;
mod workers;

pub use self::{
    admission::{places, principal},
    cluster::{bus, heartbeat, sync},
    commit::{command, steer, submit},
    connection::{feed, http_subscriber, incoming, worker},
    room::{me, view},
};
