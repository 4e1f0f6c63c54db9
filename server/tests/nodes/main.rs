//! Several nodes as real processes on one Postgres, with a Redis or with nothing else between them:
//! what happens on one shows on the others, who is here is right on all of them whatever becomes of
//! any, and what a heartbeat costs.

#![expect(clippy::unwrap_used, reason = "what cannot go on is a failed test")]

mod bus;
mod changes;
mod clock;
mod house;
mod jobs;
mod presence;
mod sessions;
mod starting;

use parterre_testkit::{browser, data, event, live, postgres, process, redis};

/// The server under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_parterre");
