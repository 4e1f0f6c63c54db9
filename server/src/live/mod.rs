//! The live path: what moves between the database and the phones, screens and studios that are connected right now.
//!
//! Nothing in here knows HTTP; `http` accepts a connection and hands its bytes over.

pub mod frame;
