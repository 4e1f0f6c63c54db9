//! What a hostile client may try, byte by byte against the real program: each attempt on the live
//! connection ends with the close code of `docs/protocol.md` and a closed socket, and none costs
//! the server anything that lasts.

mod bodies;
mod client;
mod framing;
mod handshake;
mod memory;
mod mutated;
mod pace;
mod program;

use parterre_testkit::{data, process};

/// The server under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_parterre");
