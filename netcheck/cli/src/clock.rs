//! The wall clock of this device, which is itself tested.

use std::time::UNIX_EPOCH;

/// Milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "this is the one place of the program that reads the wall clock")]
pub(crate) fn now_ms() -> f64 {
    std::time::SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64() * 1000.0)
}
