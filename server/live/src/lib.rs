//! The live path: what moves between the database and the phones, screens and studios that are connected right now.
//!
//! Nothing in here knows HTTP; `http` accepts a connection and hands its bytes over.

pub mod admission;
pub mod bus;
pub mod clock_watch;
pub mod command;
pub mod commit;
pub mod connection;
pub mod connections;
pub mod disconnect;
pub mod effect;
pub mod feed;
pub mod frame;
pub mod heartbeat;
pub mod http_subscriber;
pub mod hub;
pub mod incoming;
pub mod lookup;
pub mod me;
pub mod outgoing;
pub mod places;
pub mod publisher;
pub mod reorder;
pub mod reuse;
pub mod rights;
pub mod room;
pub mod room_task;
pub mod settings;
pub mod sync;
pub mod timers;
pub mod topic;
pub mod traffic;
pub mod view;
pub mod worker;
