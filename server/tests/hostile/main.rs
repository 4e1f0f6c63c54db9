//! What a hostile client may try, byte by byte against the real program: each attempt on the live
//! connection ends with the close code of `docs/protocol.md` and a closed socket, and none costs
//! the server anything that lasts.

#[path = "../support/data.rs"]
#[allow(dead_code, reason = "what other suites do with it too")]
mod data;
#[path = "../support/process.rs"]
mod process;

mod bodies;
mod client;
mod framing;
mod handshake;
mod memory;
mod mutated;
mod pace;
mod program;
