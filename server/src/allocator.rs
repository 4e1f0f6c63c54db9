//! Gives memory back to the system. When a room joins, thousands of requests have buffers for a moment, which the allocator
//! would keep between the small pieces that stay; and what a password is hashed in is large.

use std::{sync::Arc, time::Duration};

use crate::live::hub::Hub;

/// How often arrivals are counted.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(500);
/// As many arrivals between two looks are a storm.
const STORM: u64 = 50;

/// Pieces of at least so many bytes are the system's own and go back to it at once: the 19 MiB of a password's hash, and not
/// the buffers of requests and answers.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: libc::c_int = 4 << 20;

/// Has the allocator give large pieces back as soon as they are free. By itself it would keep one for each thread that ever
/// had one, for good: it takes the largest that was freed for the measure of what is worth keeping. Before any thread starts.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "mallopt has no safe wrapper; it takes no pointer")]
pub fn give_back_large_pieces() {
    // SAFETY: no other thread allocates yet. What is refused leaves the allocator as it is.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
        // What is free at the end of a thread's memory is kept up to here, as it would be by itself.
        libc::mallopt(libc::M_TRIM_THRESHOLD, 2 * LARGE);
    }
}

/// Other allocators do so by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub const fn give_back_large_pieces() {}

/// Waits for storms and tidies after each, for as long as the server runs.
pub async fn trim_after_bursts(hub: Arc<Hub>) {
    let (mut before, mut stormy) = (0, false);
    let mut look = tokio::time::interval(SAMPLE_INTERVAL);
    loop {
        look.tick().await;
        let arrivals = hub.arrivals();
        let storm = arrivals - before >= STORM;
        before = arrivals;
        if stormy && !storm {
            // The next storm tries again.
            let _ = tokio::task::spawn_blocking(trim_allocator).await;
        }
        stormy = storm;
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "malloc_trim has no safe wrapper; it takes no pointer and may be called at any time")]
fn trim_allocator() {
    // SAFETY: the function only releases free pages of the allocator, under its own locks.
    unsafe { libc::malloc_trim(0) };
}

/// Other allocators give memory back by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
const fn give_back() {}
