//! The server as browsers and programs see it: over HTTP and on the live connection, each promise
//! of `docs/http.md` and `docs/protocol.md` as behaviour that somebody would notice.

mod account;
mod activities;
mod address;
mod archive;
mod clearing;
mod clock;
mod commands;
mod duplicates;
mod errors;
mod events;
mod export_results;
mod exports;
mod folder;
mod forms;
mod full_disk;
mod guessing;
mod headers;
mod house;
mod imports;
mod join;
mod links;
mod login;
mod netcheck;
mod netcheck_bounds;
mod netcheck_channels;
mod netcheck_reports;
mod network;
mod nodes;
mod old_http;
mod open;
mod origin;
mod places;
mod presence;
mod programs;
mod property;
mod question_forms;
mod question_lists;
mod questions;
mod restart;
mod results;
mod room_tests;
mod schema;
mod sessions;
mod setup;
mod shared_results;
mod socket;
mod stop;
mod storm;
mod texts;
mod timed;
mod timers;
mod topics;
mod transports;
mod written;

use parterre_testkit::{browser, data, disk, event, fallback, live, ports, postgres, process};

/// The server under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_parterre");
