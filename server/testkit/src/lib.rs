//! What the test suites of the server share: databases, Redis and a disk of their own, the program
//! in a process, and clients that use it as browsers and phones do.
//!
//! It does not depend on the package `parterre`, so that a change in the server does not rebuild
//! it. A suite passes the path of the program, `env!("CARGO_BIN_EXE_parterre")`. Whatever cannot
//! go on panics: the test has failed.

pub mod authority;
pub mod browser;
mod command;
pub mod data;
pub mod disk;
pub mod event;
pub mod fallback;
pub mod live;
pub mod ports;
pub mod postgres;
pub mod process;
pub mod redis;
pub mod relay;
