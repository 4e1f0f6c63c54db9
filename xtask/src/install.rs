//! Installs what the tests need and the machine lacks: system packages by apt, and the pages' tools
//! by npm.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::{
    Result,
    command::{find, is_there, output, root, run_with},
};

/// The oldest Node.js that the browser tests run on.
const NODE: u32 = 18;

/// Makes everything available that `cargo xtask test` uses; says which browsers could not be had,
/// and why.
pub(crate) fn everything() -> Result<Vec<String>> {
    let missing = lacking();
    let installed = if missing.is_empty() { Ok(()) } else { apt(&missing) };
    let still = lacking();
    if !still.is_empty() {
        installed?;
        return Err(format!("apt has too old a version; install by hand: {}", still.join(", ")));
    }
    // apt also fails where it could not start a server as a service of the machine. The tests start
    // their own, on free ports.
    let untried = other_browsers();
    npm()?;
    Ok(untried)
}

/// Installs the engines of other phones than Chromium's, which not every archive has: Ubuntu's
/// Firefox is a snap, which keeps to a profile of its own. Gives a sentence for each that is not
/// there in the end; its tests then say that they are skipped.
fn other_browsers() -> Vec<String> {
    type Browser = (fn() -> bool, &'static [&'static str], &'static str);
    let browsers: [Browser; 2] = [
        (
            || firefox().is_some(),
            &["firefox-esr"],
            "Firefox was skipped: neither firefox-esr nor a Firefox other than a snap is installed. Install Mozilla's \
             package, or name a program in PARTERRE_FIREFOX.",
        ),
        (
            has_webkit,
            &["webkit2gtk-driver", "xvfb"],
            "WebKit was skipped: it needs WebKitWebDriver (package webkit2gtk-driver) and Xvfb (package xvfb).",
        ),
    ];
    let mut untried = Vec::new();
    for (is_there, packages, sentence) in browsers {
        let failed = if is_there() { None } else { apt(packages).err() };
        if !is_there() {
            untried.push(failed.map_or_else(|| sentence.to_owned(), |why| format!("{sentence} ({why})")));
        }
    }
    untried
}

/// Installs the pages' tools, unless exactly those of the lock file are there.
pub(crate) fn npm() -> Result {
    let written = |path: &str| fs::metadata(root().join(path)).and_then(|file| file.modified()).ok();
    let installed = written("web/node_modules/.package-lock.json");
    if installed.is_some() && installed >= written("web/package-lock.json") {
        return Ok(());
    }
    if !is_there("npm") {
        return Err("Node.js with npm is missing. Install it, or run `cargo xtask test`, which does.".to_owned());
    }
    run_with(&["npm", "ci", "--prefix", "web"], &[])
}

/// The browser that the tests drive: the one that `PARTERRE_CHROMIUM` names, or what the machine
/// has.
pub(crate) fn chromium() -> Option<PathBuf> {
    let named = env::var_os("PARTERRE_CHROMIUM").map(PathBuf::from);
    named.or_else(|| ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(find))
}

/// The Firefox that the tests drive: the one that `PARTERRE_FIREFOX` names, or what the machine
/// has.
pub(crate) fn firefox() -> Option<PathBuf> {
    let named = env::var_os("PARTERRE_FIREFOX").map(PathBuf::from);
    named.or_else(|| ["firefox-esr", "firefox"].into_iter().filter_map(find).find(|path| !is_snap(path)))
}

/// A snap, or the script in its place that says to install it.
fn is_snap(program: &Path) -> bool {
    let there = fs::canonicalize(program).unwrap_or_else(|_| program.to_owned());
    let script =
        fs::read(&there).is_ok_and(|file| file.starts_with(b"#!") && file.windows(4).any(|word| word == b"snap"));
    script || there.starts_with("/snap") || there.ends_with("snap")
}

/// What drives WebKit, and a display without a screen.
fn has_webkit() -> bool {
    is_there("WebKitWebDriver") && is_there("Xvfb")
}

fn lacking() -> Vec<&'static str> {
    let mut packages = Vec::new();
    if !is_there("postgres") && !has_versions(Path::new("/usr/lib/postgresql")) {
        packages.push("postgresql");
    } else if !is_there("psql") {
        packages.push("postgresql-client");
    }
    if !is_there("redis-server") && !is_there("valkey-server") {
        packages.push("redis-server");
    }
    // Proxies, a name server, and what makes a network forget connections.
    let boxes = [("haproxy", "haproxy"), ("nginx", "nginx"), ("dnsmasq", "dnsmasq-base"), ("nft", "nftables")];
    for (program, package) in boxes {
        // Debian keeps them out of a user's path.
        if !is_there(program) && !Path::new("/usr/sbin").join(program).is_file() {
            packages.push(package);
        }
    }
    if !Path::new("/usr/lib/squid/security_file_certgen").is_file() {
        // Only this one of Debian's two opens TLS.
        packages.push("squid-openssl");
    }
    if !is_there("openssl") {
        packages.push("openssl");
    }
    for (program, package) in [("pebble", "pebble"), ("testssl", "testssl.sh"), ("mitmdump", "mitmproxy")] {
        // A certificate authority, a TLS scanner, and a TLS interceptor.
        if !is_there(program) {
            packages.push(package);
        }
    }
    if !is_there("ip") && !Path::new("/usr/sbin/ip").is_file() {
        // Makes a room's network, within a namespace.
        packages.push("iproute2");
    }
    if !has_faketime() {
        packages.push("faketime");
    }
    if chromium().is_none() {
        // Without a font, text has no width.
        packages.extend(["chromium", "fonts-liberation"]);
    }
    if node_version().is_none_or(|version| version < NODE) {
        packages.extend(["nodejs", "npm"]);
    } else if !is_there("npm") {
        packages.push("npm");
    }
    if !is_there("kill") {
        // Tests end programs with it, and outside of shells a bare machine has none.
        packages.push("procps");
    }
    packages
}

/// Debian keeps Postgres, whose programs are not in the path, in a folder per version.
fn has_versions(folder: &Path) -> bool {
    let versions = fs::read_dir(folder).into_iter().flatten().flatten();
    versions.into_iter().any(|version| version.path().join("bin/postgres").is_file())
}

/// The library that gives a program another time; it is in the folder of the machine's
/// architecture.
fn has_faketime() -> bool {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    folders.into_iter().any(|folder| folder.path().join("faketime/libfaketime.so.1").is_file())
}

fn node_version() -> Option<u32> {
    output(&["node", "--version"])?.trim_start_matches('v').split('.').next()?.parse().ok()
}

fn apt(packages: &[&str]) -> Result {
    if !is_there("apt-get") {
        return Err(format!("missing: {}. There is no apt-get; install by hand.", packages.join(", ")));
    }
    // Through `env`, because sudo does not pass variables on.
    let mut apt = vec!["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
    if output(&["id", "-u"]).as_deref() != Some("0") {
        apt.insert(0, "sudo");
    }
    run_with(&[&apt[..], &["update", "-q"]].concat(), &[])?;
    run_with(&[&apt[..], &["install", "-qy", "--no-install-recommends"], packages].concat(), &[])
}
