//! Several nodes as real processes on one Postgres, with a Redis or with nothing else between them:
//! what happens on one shows on the others, who is here is right on all of them whatever becomes of
//! any, and what a heartbeat costs.

#![expect(clippy::unwrap_used, reason = "what cannot go on is a failed test")]

#[path = "../api/browser.rs"]
#[expect(dead_code, reason = "shared with the tests of one node")]
mod browser;
#[path = "../api/event.rs"]
#[expect(dead_code, reason = "shared with the tests of one node")]
mod event;
#[path = "../api/live.rs"]
#[expect(dead_code, reason = "shared with the tests of one node")]
mod live;
#[path = "../api/plain.rs"]
#[allow(dead_code, reason = "what the other suite does with it")]
mod plain;
#[path = "../support/ports.rs"]
mod ports;
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/process.rs"]
mod process;

#[path = "../support/redis.rs"]
#[expect(dead_code, reason = "shared with the tests of the bus")]
mod redis;

mod bus;
mod changes;
mod clock;
mod house;
mod jobs;
mod presence;
mod sessions;
mod starting;
