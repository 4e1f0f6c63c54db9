//! How nodes that share a database live beside each other: how they hear of each other's changes,
//! who is there, and by what time they go.

pub mod bus;
pub(crate) mod clock_watch;
pub mod heartbeat;
pub(crate) mod listener;
pub mod sync;
