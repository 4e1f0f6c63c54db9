//! `netcheck https://host`: the network test for a device without a browser. It tries what the page
//! at `/netcheck` tries, and what a browser cannot see: the resolver, every address, TLS and its
//! certificates, proxies, the size of packets. What figures mean is in the crate `netcheck`, what
//! is said in the catalogues of the pages; here is only how it is measured and shown.

mod args;
mod channel;
mod clock;
mod crowd;
mod http;
mod name;
mod plain;
mod plan;
mod progress;
mod proxy;
mod report;
mod route;
mod run;
mod stream;
mod target;
mod terminal;
mod tls;
mod words;

use std::{process::ExitCode, time::Duration};

use anyhow::{Context, Result, anyhow, ensure};
use clap::Parser;
use tokio::{
    signal::ctrl_c,
    time::{Instant, interval, sleep_until},
};

use crate::{
    args::Args,
    progress::Progress,
    report::Document,
    run::{Run, RunOptions},
    tls::Trusted,
    words::{Language, Words},
};

/// The test could not run.
const NOT_MADE: u8 = 3;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // clap prints help to stdout and errors to stderr.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { NOT_MADE } else { 0 });
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = runtime.context("the async runtime cannot start").and_then(|it| it.block_on(test(&args)));
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(NOT_MADE)
        }
    }
}

/// Tests once or repeatedly. Returns the exit code.
async fn test(args: &Args) -> Result<u8> {
    let language = args.lang.unwrap_or_else(|| Language::of_environment(|name| std::env::var(name).ok()));
    let words = Words::new(language);
    let asking = args.asking().map_err(|error| anyhow!(error))?;
    if let Some(phones) = args.phones {
        allow_files(phones)?;
    }
    let trusted = Trusted::load()?;
    let (mut worst, mut before) = (0, None);
    for number in 1.. {
        let began = Instant::now();
        let (document, stopped) = once(args, &words, asking.clone(), &trusted).await;
        worst = worst.max(document.code());
        tell(args, &words, &document, before.as_ref())?;
        if stopped && !args.json {
            println!("\n{}", words.text("program.interrupted"));
        }
        let Some(every) = args.every.filter(|_| !stopped && args.times != Some(number)) else { break };
        before = Some(document);
        tokio::select! {
            () = sleep_until(began + every) => {}
            _ = ctrl_c() => break,
        }
    }
    Ok(worst)
}

/// How many files the rest of a test may have open.
const OTHER_FILES: u64 = 100;

/// Raises the limit of open files so that it covers one connection per phone. Otherwise this system
/// would refuse connections, not the network.
#[cfg(unix)]
fn allow_files(phones: u32) -> Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let needed = u64::from(phones) + OTHER_FILES;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    let hint = || {
        format!(
            "{phones} phones need {needed} open files; this system allows fewer. Raise the limit: ulimit -n {needed}"
        )
    };
    ensure!(maximum.is_none_or(|maximum| maximum >= needed), hint());
    setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum }).with_context(hint)
}

/// Other systems have no such limit.
#[cfg(not(unix))]
fn allow_files(_: u32) -> Result<()> {
    Ok(())
}

/// Runs one test. Also returns whether it was stopped.
async fn once(args: &Args, words: &Words, asking: RunOptions, trusted: &Trusted) -> (Document, bool) {
    let progress = Progress::new(words.clone());
    let mut run = Run::new(asking, trusted, &progress);
    let stopped = {
        let mut ticks = interval(Duration::from_secs(1));
        let go = run.go();
        tokio::pin!(go);
        loop {
            tokio::select! {
                () = &mut go => break false,
                _ = ctrl_c() => break true,
                _ = ticks.tick() => progress.tick(),
            }
        }
    };
    progress.clear();
    let (target, found) = run.end();
    let document = Document {
        made_at: clock::now_ms() as i64,
        server: target.url(),
        version: env!("CARGO_PKG_VERSION"),
        place: args.place.clone(),
        participants: args.participants,
        judgement: netcheck_rules::judge(&found.plan, &found.measures, args.participants),
        plan: found.plan,
        measures: found.measures,
    };
    (document, stopped)
}

/// Prints the result: in full, or as one line if it equals the previous one.
fn tell(args: &Args, words: &Words, document: &Document, before: Option<&Document>) -> Result<()> {
    if args.json {
        let text =
            if args.every.is_some() { serde_json::to_string(document) } else { serde_json::to_string_pretty(document) };
        println!("{}", text?);
    } else if before.is_some_and(|before| codes(before) == codes(document)) {
        println!("{}", terminal::line(words, document));
    } else {
        println!("{}", terminal::text(words, document));
    }
    if let Some(file) = &args.report {
        document.write(words, file).with_context(|| format!("{} cannot be written", file.display()))?;
        if !args.json && before.is_none() {
            println!("\n{}", words.format("program.written", &[("file", &file.display().to_string())]));
        }
    }
    Ok(())
}

/// The findings without their figures.
fn codes(document: &Document) -> Vec<(netcheck_rules::Step, netcheck_rules::Verdict, netcheck_rules::Code)> {
    document.judgement.findings.iter().map(|it| (it.step, it.verdict, it.code)).collect()
}
