//! Commands for developers and continuous integration: `cargo xtask <command>`.
//!
//! Every step is an ordinary program whose command line is printed, so that it can be repeated by
//! hand.

mod command;
mod install;
mod steps;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <command>

  check   format, lints, unit tests, types of the JavaScript: takes a minute, before a commit
  test    everything, with real databases and real browsers; installs what is missing
  audit   licences, known vulnerabilities and duplicate dependencies, with cargo-deny
  fuzz    every fuzz target for a minute (`fuzz <seconds>` for longer), with cargo-fuzz
";

/// What went wrong, as a sentence.
type Result<T = ()> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        ["check"] => steps::check(),
        ["test"] => steps::test(),
        ["audit"] => steps::audit(),
        ["fuzz"] => steps::fuzz("60"),
        ["fuzz", seconds] => steps::fuzz(seconds),
        _ => Err(HELP.to_owned()),
    };
    match outcome {
        Ok(summary) => {
            println!("\n{summary}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("\n{problem}");
            ExitCode::FAILURE
        }
    }
}
