//! The files of `config/deployments`, each held to what it is for: the proxies' carry every promise
//! of the protocol with the real programs, the unit leaves little to whoever takes the program
//! over, and what watches the nodes asks for what they count.

mod addresses;
mod client;
mod front;
mod nodes;
mod proxies;
mod unit;
mod watching;

use parterre_testkit::{data, ports, postgres, process};

/// The server under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_parterre");

use std::{fs, path::PathBuf};

/// Where the files are.
fn deployments() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../config/deployments"))
}

/// One of the files.
fn file(name: &str) -> String {
    fs::read_to_string(deployments().join(name)).expect("a file of config/deployments")
}
