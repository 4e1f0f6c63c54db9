//! Installs what the tests need and the machine lacks: system packages by apt, and the pages' tools by npm.

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

/// Makes everything available that `cargo xtask test` uses.
pub(crate) fn everything() -> Result {
    let missing = lacking();
    let installed = if missing.is_empty() { Ok(()) } else { apt(&missing) };
    let still = lacking();
    if still.is_empty() {
        // apt also fails where it could not start a server as a service of the machine. The tests start their own, on free ports.
        npm()
    } else {
        installed?;
        Err(format!("please install by hand, newer than apt has it: {}", still.join(", ")))
    }
}

/// Installs the pages' tools, unless exactly those of the lock file are there.
pub(crate) fn npm() -> Result {
    let written = |path: &str| fs::metadata(root().join(path)).and_then(|file| file.modified()).ok();
    let installed = written("web/node_modules/.package-lock.json");
    if installed.is_some() && installed >= written("web/package-lock.json") {
        return Ok(());
    }
    if !is_there("npm") {
        return Err("please install Node.js with npm, or let `cargo xtask test` do it".to_owned());
    }
    run_with(&["npm", "ci", "--prefix", "web"], &[])
}

/// The browser that the tests drive: the one that `PARTERRE_CHROMIUM` names, or what the machine has.
pub(crate) fn chromium() -> Option<PathBuf> {
    let named = env::var_os("PARTERRE_CHROMIUM").map(PathBuf::from);
    named.or_else(|| ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(find))
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
        // An authority that gives certificates, a scanner of whoever speaks TLS, and one who opens it.
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

/// The library by which a program is told another time; it lies in the folder of the machine's architecture.
fn has_faketime() -> bool {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    folders.into_iter().any(|folder| folder.path().join("faketime/libfaketime.so.1").is_file())
}

fn node_version() -> Option<u32> {
    output(&["node", "--version"])?.trim_start_matches('v').split('.').next()?.parse().ok()
}

fn apt(packages: &[&str]) -> Result {
    if !is_there("apt-get") {
        return Err(format!("please install {}: there is no apt-get here to do it", packages.join(", ")));
    }
    // Through `env`, because sudo does not pass variables on.
    let mut apt = vec!["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
    if output(&["id", "-u"]).as_deref() != Some("0") {
        apt.insert(0, "sudo");
    }
    run_with(&[&apt[..], &["update", "-q"]].concat(), &[])?;
    run_with(&[&apt[..], &["install", "-qy", "--no-install-recommends"], packages].concat(), &[])
}
