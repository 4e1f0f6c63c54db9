//! What a hostile client may try on the live connection, byte by byte against the real program: each attempt ends with
//! the close code of `docs/protocol.md` and a closed socket, and costs the server nothing that lasts.

#[path = "../support/data.rs"]
#[allow(dead_code, reason = "what other suites do with it too")]
mod data;
#[path = "../support/process.rs"]
mod process;

mod client;
mod framing;
mod handshake;
mod memory;
mod program;
