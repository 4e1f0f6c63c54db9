//! The systemd unit.

use std::process::Command;

use parterre::config::Config;

use crate::{deployments, file};

/// Tenths of the exposure that `systemd-analyze security` rates from 0 to 10.
const MOST_EXPOSED: &str = "20";

#[test]
fn the_unit_leaves_little_to_whoever_takes_the_program_over() {
    let unit = deployments().join("parterre.service");
    let analyze = |arguments: &[&str]| Command::new("systemd-analyze").args(arguments).arg(&unit).output();
    let Ok(rated) = analyze(&["security", "--offline=true", "--no-pager", "--threshold", MOST_EXPOSED]) else {
        eprintln!("There is no systemd-analyze here: the unit is not rated.");
        return;
    };
    let told = String::from_utf8_lossy(&rated.stdout);
    assert!(rated.status.success(), "over {MOST_EXPOSED} tenths:\n{told}{}", String::from_utf8_lossy(&rated.stderr));
    assert!(told.contains("Overall exposure level"), "{told}");
    let verified = analyze(&["verify"]).expect("it was there a moment ago");
    let complaints = String::from_utf8_lossy(&verified.stderr);
    // Where these tests run, the program is not installed.
    let complaints: Vec<_> = complaints.lines().filter(|line| line.contains("parterre.service:")).collect();
    assert!(complaints.iter().all(|line| line.contains("is not executable")), "{complaints:#?}");
}

#[test]
fn the_unit_may_listen_on_443_as_the_documents_have_it() {
    let unit = file("parterre.service");
    for right in ["AmbientCapabilities=CAP_NET_BIND_SERVICE", "CapabilityBoundingSet=CAP_NET_BIND_SERVICE"] {
        assert!(unit.lines().any(|line| line == right), "{right}");
    }
    // In a user namespace of its own the right would be for that namespace's network alone, of
    // which there is none.
    assert!(!unit.lines().any(|line| line == "PrivateUsers=yes"));
}

#[test]
fn systemd_waits_longer_than_a_node_takes_to_stop_and_gives_it_files_for_all_its_connections() {
    let unit = file("parterre.service");
    let setting = |name: &str| -> u64 {
        let value = unit.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        value.expect("the unit says so").parse().expect("a number")
    };
    let config = Config::default();
    assert!(setting("TimeoutStopSec") >= 2 * config.live.drain.as_secs());
    assert!(setting("LimitNOFILE") >= 2 * config.limits.connections.get() as u64);
}
