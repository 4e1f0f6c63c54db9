//! What each command does, step by step.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

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
/// The order of the modules and the freshness of generated files are tests of the workspace like
/// any other.
pub(crate) fn test() -> Result<String> {
    let started = Instant::now();
    let untried = install::everything()?;
    format_and_lints()?;
    types()?;
    let mutants = build_mutants()?;
    let nextest = is_there("cargo-nextest");
    run(if nextest { "cargo nextest run --workspace" } else { "cargo test --workspace --lib --bins --tests" })?;
    run("cargo test --quiet --workspace --doc")?;
    println!("\nThe pages, with the server on SQLite:");
    let pages = files("web/tests", ".test.js");
    browser(On::File, &pages)?;
    println!("\nThe tests of the server and its pages again, on Postgres and Redis:");
    let again = Instant::now();
    let tests = if nextest { "cargo nextest run" } else { "cargo test" };
    On::Services.run(&format!("{tests} --workspace --test api --test hostile"))?;
    let again_too: Vec<_> = pages.iter().filter(|page| !WITHOUT_DATA.iter().any(|name| page.ends_with(name))).collect();
    browser(On::Services, &again_too)?;
    let again = again.elapsed().as_secs();
    println!("\nThree nodes with faults:");
    let breaking = Instant::now();
    crowds()?;
    faults(&mutants)?;
    let [all, breaking] = [started, breaking].map(|since| since.elapsed().as_secs());
    Ok(format!(
        "Passed: format, lints, types, tests, {} files of browser tests; {} of them and the server's tests again on \
         Postgres and Redis; faults. {all} s in all, {again} s on Postgres and Redis, {breaking} s with faults.{}",
        pages.len(),
        again_too.len(),
        untried.iter().map(|sentence| format!("\n{sentence}")).collect::<String>(),
    ))
}

/// Builds the server that can be given a fault of its own; says where it is.
///
/// Any test has cargo build all programs of the server with what tests need, as the tests of the
/// workspace do afterwards: so only the server itself is built twice. Those also put the ordinary
/// program in its place again.
fn build_mutants() -> Result<PathBuf> {
    run("cargo test --workspace --features parterre/mutants --test sources --no-run")?;
    let (built, kept) = (target().join("debug/parterre"), target().join("mutants/parterre"));
    let copied = fs::create_dir_all(target().join("mutants")).and_then(|()| fs::copy(&built, &kept));
    copied.map_err(|error| format!("{} cannot be copied to {}: {error}", built.display(), kept.display()))?;
    Ok(kept)
}

/// A small crowd at three nodes: it votes while answers cross from node to node, also without
/// Redis, while the nodes are replaced, and it joins all at once; and a room test, which a kill
/// interrupts. What that costs is measured in releases only.
fn crowds() -> Result {
    let loadtest = target().join("debug/loadtest");
    let loadtest = loadtest.to_str().ok_or("the path of the programs is not Unicode")?;
    for words in [
        "vote --nodes 3 --phones 200 --redis-stop",
        "deploy --phones 60 --pace 2s --offline 60s",
        "join --phones 300 --rate 1",
        "room-test --phones 60 --spread 1s --kill",
    ] {
        let words = words.split_whitespace();
        run_with(&[loadtest].into_iter().chain(words).collect::<Vec<_>>(), &[])?;
    }
    Ok(())
}

/// Faults of all kinds for two minutes, and the trial of whatever judges them.
fn faults(mutants: &Path) -> Result {
    let loadtest = target().join("debug/loadtest");
    let [Some(loadtest), Some(mutants)] = [loadtest.to_str(), mutants.to_str()] else {
        return Err("the path of the programs is not Unicode".to_owned());
    };
    run_with(&[loadtest, "faults", "--nodes", "3", "--minutes", "2", "--phones", "150", "--seed", "21"], &[])?;
    run_with(&[loadtest, "faults", "--mutants", "--program", mutants], &[])
}

/// Tests of scripts alone, of networks, of other browsers, of how large the pages are and of how
/// their text fits: what they see is the same whatever the server keeps its data in. Tests of the
/// store run on both databases by themselves; those of several nodes, of the bus and of proxies
/// start a Postgres and a Redis of their own; those of the domain and the protocol know no
/// database.
const WITHOUT_DATA: [&str; 10] = [
    "/browsers.test.js",
    "/budget.test.js",
    "/cloud.test.js",
    "/fit.test.js",
    "/live.test.js",
    "/netcheck.test.js",
    "/netcheck-program.test.js",
    "/post-order.test.js",
    "/text.test.js",
    "/words.test.js",
];

/// What the server under test keeps its data in.
#[derive(Clone, Copy)]
enum On {
    /// A file of SQLite.
    File,
    /// A Postgres, with a Redis beside it: each started for the one command, on a free port, and
    /// ended with it.
    Services,
}

impl On {
    fn run(self, line: &str) -> Result {
        self.run_with(&line.split_whitespace().collect::<Vec<_>>(), &[])
    }

    /// The tests of the workspace have built the program. Built separately, it would have other
    /// features and be recompiled.
    fn run_with(self, words: &[&str], variables: &[(&str, &str)]) -> Result {
        let loadtest = target().join("debug/loadtest");
        let services = [loadtest.to_str().ok_or("the path of the programs is not Unicode")?, "services", "--"];
        let before = match self {
            Self::File => &[][..],
            Self::Services => &services,
        };
        run_with(&[before, words].concat(), variables)
    }
}

/// What we depend on: licences, advisories, duplicates.
pub(crate) fn audit() -> Result<String> {
    if !is_there("cargo-deny") {
        return Err("cargo-deny is missing. Install it: cargo install --locked cargo-deny".to_owned());
    }
    run("cargo deny check")?;
    Ok("Audited: licences, advisories, bans, sources.".to_owned())
}

/// Every fuzz target for some seconds.
pub(crate) fn fuzz(seconds: &str) -> Result<String> {
    let seconds: u32 = seconds.parse().map_err(|_| format!("{seconds} is not a number of seconds"))?;
    if !is_there("cargo-fuzz") {
        return Err("cargo-fuzz is missing. Install it: cargo install --locked cargo-fuzz".to_owned());
    }
    let targets = files("fuzz/fuzz_targets", ".rs");
    for target in &targets {
        let name = target.rsplit('/').next().unwrap_or(target).trim_end_matches(".rs");
        let limit = format!("-max_total_time={seconds}");
        // Stable Rust can use the address sanitizer when told that it is bootstrapping.
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

/// Drives the real program with a real browser.
///
/// The tests of the workspace have built the program. Built separately, it would have other
/// features and be recompiled.
fn browser(on: On, tests: &[impl AsRef<str>]) -> Result {
    let program = target().join("debug/parterre");
    let chromium = install::chromium().ok_or("no Chromium found. Install it, or name it in PARTERRE_CHROMIUM.")?;
    let [Some(program), Some(chromium)] = [program.to_str(), chromium.to_str()] else {
        return Err("the path of the program or of the browser is not Unicode".to_owned());
    };
    // They mostly wait for pages, so two at once suit two processor cores, of which Node would
    // leave one idle. What waits for what never comes has failed after a quarter of an hour.
    let options = ["--test-concurrency=2", "--test-timeout=900000"];
    let line = ["node", "--test"].into_iter().chain(options).chain(tests.iter().map(AsRef::as_ref));
    // Whom a page keeps out is in its markup and colours: judged once, as it takes a third of the
    // time.
    let axe = if matches!(on, On::File) { "yes" } else { "no" };
    let mut variables = vec![("PARTERRE_BIN", program), ("PARTERRE_CHROMIUM", chromium), ("AXE", axe)];
    let firefox = install::firefox();
    // Without it, its tests say that they are skipped.
    variables.extend(firefox.as_deref().and_then(Path::to_str).map(|path| ("PARTERRE_FIREFOX", path)));
    on.run_with(&line.collect::<Vec<_>>(), &variables)
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
