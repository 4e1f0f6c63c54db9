//! What each command does, step by step.

use std::{fs, time::Instant};

use crate::{
    Result,
    command::{is_there, root, run, run_with, target},
    install,
};

/// The quick look before a commit.
pub(crate) fn check() -> Result<String> {
    format_and_lints()?;
    run("cargo test --quiet --workspace --lib --bins")?;
    types()?;
    Ok("Checked: format, lints, unit tests, types.".to_owned())
}

/// Everything that has to hold before a change is taken.
///
/// The lines between the layers and the freshness of generated files are tests of the workspace like any other.
pub(crate) fn test() -> Result<String> {
    let started = Instant::now();
    install::everything()?;
    format_and_lints()?;
    types()?;
    if is_there("cargo-nextest") {
        run("cargo nextest run --workspace")?;
    } else {
        run("cargo test --workspace --lib --bins --tests")?;
    }
    run("cargo test --quiet --workspace --doc")?;
    let pages = browser()?;
    let seconds = started.elapsed().as_secs();
    Ok(format!("Passed: format, lints, types, tests, {pages} files of browser tests; {seconds} s."))
}

/// What we depend on: licences, advisories, duplicates.
pub(crate) fn audit() -> Result<String> {
    if !is_there("cargo-deny") {
        return Err("please install cargo-deny: cargo install --locked cargo-deny".to_owned());
    }
    run("cargo deny check")?;
    Ok("Audited: licences, advisories, bans, sources.".to_owned())
}

/// Every fuzz target for some seconds.
pub(crate) fn fuzz(seconds: &str) -> Result<String> {
    let seconds: u32 = seconds.parse().map_err(|_| format!("{seconds} is not a number of seconds"))?;
    if !is_there("cargo-fuzz") {
        return Err("please install cargo-fuzz: cargo install --locked cargo-fuzz".to_owned());
    }
    let targets = files("fuzz/fuzz_targets", ".rs");
    for target in &targets {
        let name = target.rsplit('/').next().unwrap_or(target).trim_end_matches(".rs");
        let limit = format!("-max_total_time={seconds}");
        // Stable Rust may use the address sanitizer too when told that it is bootstrapping.
        run_with(&["cargo", "fuzz", "run", name, "--", &limit], &[("RUSTC_BOOTSTRAP", "1")])?;
    }
    Ok(format!("Fuzzed {} targets for {seconds} s each; nothing found.", targets.len()))
}

fn format_and_lints() -> Result {
    run("cargo fmt --all --check")?;
    run("cargo clippy --quiet --workspace --all-targets -- -D warnings")
}

fn types() -> Result {
    install::npm()?;
    run("web/node_modules/.bin/tsc -p web")
}

/// Drives the real program with a real browser; says how many files of tests there were.
///
/// The tests of the workspace have built the program. By itself it would have other features, and be built anew.
fn browser() -> Result<usize> {
    let tests = files("web/tests", ".test.js");
    if tests.is_empty() {
        return Ok(0);
    }
    let program = target().join("debug/parterre");
    let chromium = install::chromium().ok_or("there is no Chromium to drive")?;
    let [Some(program), Some(chromium)] = [program.to_str(), chromium.to_str()] else {
        return Err("the path of the program or of the browser is not Unicode".to_owned());
    };
    let line: Vec<&str> = ["node", "--test"].into_iter().chain(tests.iter().map(String::as_str)).collect();
    run_with(&line, &[("PARTERRE_BIN", program), ("PARTERRE_CHROMIUM", chromium)])?;
    Ok(tests.len())
}

/// The files of a folder with this ending, in order, as paths from the root.
fn files(folder: &str, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut paths: Vec<String> =
        names.filter(|name| name.ends_with(ending)).map(|name| format!("{folder}/{name}")).collect();
    paths.sort();
    paths
}
