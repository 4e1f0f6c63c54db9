//! Former names of settings. At start, each is refused with its current name. A silently ignored
//! setting would run with its default, and nobody would notice before the day of the event.

use std::collections::HashMap;

use super::{Error, PREFIX, origin_of};

/// Each former name with the present one, as `section.key`.
pub(super) const NAMES: [(&str, &str); 15] = [
    ("database.start_ms", "database.connect_timeout_ms"),
    ("database.statement_ms", "database.statement_timeout_ms"),
    ("database.lock_ms", "database.lock_timeout_ms"),
    ("database.idle_ms", "database.idle_in_transaction_timeout_ms"),
    ("cluster.pulse_ms", "cluster.heartbeat_ms"),
    ("cluster.alone_pulse_ms", "cluster.heartbeat_without_bus_ms"),
    ("cluster.silent_ms", "cluster.node_timeout_ms"),
    ("cluster.forget_ms", "cluster.node_forget_ms"),
    ("limits.admissions", "limits.concurrent_admissions"),
    ("limits.header_ms", "limits.header_timeout_ms"),
    ("limits.body_ms", "limits.body_timeout_ms"),
    ("live.pong_ms", "live.pong_timeout_ms"),
    ("live.unread_ms", "live.write_timeout_ms"),
    ("live.leave_ms", "live.unready_before_drain_ms"),
    ("netcheck.idle_s", "netcheck.silence_s"),
];

/// The environment variable of a setting.
pub(super) fn variable(path: &str) -> String {
    format!("{PREFIX}{}", path.to_uppercase().replace('.', "__"))
}

/// Refuses variables with a former name. Unknown ones are not refused, since hosts set some of
/// their own.
pub(super) fn refuse_variables(environment: &HashMap<String, String>) -> Result<(), Error> {
    let found = NAMES.iter().find(|(former, _)| environment.contains_key(&variable(former)));
    found.map_or(Ok(()), |(former, present)| Err(renamed(&variable(former), &variable(present), "the environment")))
}

/// Refuses keys with a former name in the file.
pub(super) fn refuse_keys(merged: &config::Config) -> Result<(), Error> {
    for (former, present) in NAMES {
        if let Some(origin) = origin_of(merged, former) {
            return Err(renamed(former, present, &origin));
        }
    }
    Ok(())
}

fn renamed(former: &str, present: &str, origin: &str) -> Error {
    Error(format!("`{former}` in {origin} has been renamed: use `{present}`"))
}
