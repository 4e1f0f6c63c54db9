//! What a scanner that knows every weakness of TLS finds: Debian's `testssl`, against the real
//! server.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{PROGRAM, TestSite};

/// What it finds worth a word, and we do not. That pages are compressed helps whoever reads along
/// to guess a secret in them only if they can also have a browser load such a page with words of
/// theirs in it: our cookies do not go along with what a page of another site loads.
const KNOWN: &[&str] = &["BREACH"];

/// What it found: the name of each check, how bad it is, and in words.
fn scan(place: &TestSite) -> Vec<[String; 3]> {
    let server = place.data.start(PROGRAM, &[("PARTERRE_TLS__MODE", "self-signed")]);
    let report = place.path("report.json");
    let scanned = Command::new("testssl")
        .args(["--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--fast", "-p", "-s", "-f", "-U"])
        .args(["--jsonfile", &report])
        .arg(server.address.to_string())
        .stdin(Stdio::null())
        .output()
        .expect("testssl is installed");
    let report = std::fs::read_to_string(report).unwrap_or_else(|_| panic!("{scanned:?}"));
    let report: Vec<Value> = serde_json::from_str(&report).unwrap();
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    report.iter().map(|finding| ["id", "severity", "finding"].map(|key| text(finding, key))).collect()
}

#[test]
fn a_scanner_finds_tls_1_2_and_1_3_with_keys_of_the_moment_and_nothing_weak() {
    let found = scan(&TestSite::new());
    let said = |id: &str| found.iter().find(|[it, ..]| it == id).map_or("", |[_, _, said]| said.as_str());
    for version in ["SSLv2", "SSLv3", "TLS1", "TLS1_1"] {
        assert!(said(version).starts_with("not offered"), "{version}: {found:#?}");
    }
    for version in ["TLS1_2", "TLS1_3"] {
        assert!(said(version).starts_with("offered"), "{version}: {found:#?}");
    }
    // Its releases differ in this name.
    let ciphers = found.iter().find(|[id, ..]| id == "PFS_ciphers" || id == "FS_ciphers").map(|[_, _, said]| said);
    let ciphers: Vec<&str> = ciphers.expect("ciphers").split_whitespace().collect();
    let fit = |cipher: &&str| cipher.starts_with("TLS_") || cipher.starts_with("ECDHE-");
    assert!(ciphers.len() > 3 && ciphers.iter().all(fit), "{ciphers:?}");
    // What it could not try is a warning.
    let fine = |severity: &str| ["OK", "INFO", "WARN"].contains(&severity);
    let weak: Vec<_> = found.iter().filter(|[id, severity, _]| !fine(severity) && !KNOWN.contains(&&**id)).collect();
    assert!(weak.is_empty(), "{weak:#?}");
    assert!(
        found.iter().any(|[id, ..]| id == "heartbleed") && !said("scanTime").is_empty(),
        "it came to its end: {found:#?}"
    );
}
