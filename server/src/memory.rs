//! Gives memory back to the system after a storm. When a room joins, thousands of requests have buffers for a moment; the
//! allocator would keep that memory between the small pieces that stay.

use std::{sync::Arc, time::Duration};

use crate::live::hub::Hub;

/// How often arrivals are counted.
const LOOK: Duration = Duration::from_millis(500);
/// As many arrivals between two looks are a storm.
const STORM: u64 = 50;

/// Waits for storms and tidies after each, for as long as the server runs.
pub async fn tidy(hub: Arc<Hub>) {
    let (mut before, mut stormy) = (0, false);
    let mut look = tokio::time::interval(LOOK);
    loop {
        look.tick().await;
        let arrivals = hub.arrivals();
        let storm = arrivals - before >= STORM;
        before = arrivals;
        if stormy && !storm {
            // The next storm tries again.
            let _ = tokio::task::spawn_blocking(give_back).await;
        }
        stormy = storm;
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "malloc_trim has no safe wrapper; it takes no pointer and may be called at any time")]
fn give_back() {
    // SAFETY: the function only releases free pages of the allocator, under its own locks.
    unsafe { libc::malloc_trim(0) };
}

/// Other allocators give memory back by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
const fn give_back() {}
