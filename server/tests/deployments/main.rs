//! The files of `config/deployments`, each held to what it is for: the proxies' carry every promise
//! of the protocol with the real programs, the unit leaves little to whoever takes the program
//! over, and what watches the nodes asks for what they count.

#[path = "../support/data.rs"]
#[allow(dead_code, reason = "what other suites do with it too")]
mod data;
#[path = "../support/ports.rs"]
mod ports;
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/process.rs"]
mod process;

mod addresses;
mod client;
mod front;
mod nodes;
mod proxies;
mod unit;
mod watching;

use std::{fs, path::PathBuf};

/// Where the files are.
fn deployments() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../config/deployments"))
}

/// One of the files.
fn file(name: &str) -> String {
    fs::read_to_string(deployments().join(name)).expect("a file of config/deployments")
}
