//! Gives memory back to the system. When a room joins, thousands of requests have buffers for a
//! moment, which the allocator would keep between the small pieces that stay; and what a password
//! is hashed in is large.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// How often connections are counted.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(500);
/// As many that come or go between two samples are a burst.
const BURST: u64 = 50;

/// Allocations of at least this many bytes come from the system directly and return to it at once:
/// the 19 MiB of a password hash, but not the buffers of requests and responses.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: libc::c_int = 4 << 20;

/// Has the allocator give large pieces back as soon as they are free. By itself it would keep one
/// for each thread that ever had one, for good: it takes the largest that was freed for the measure
/// of what is worth keeping. Before any thread starts.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "mallopt has no safe wrapper; it takes no pointer")]
pub fn give_back_large_pieces() {
    // SAFETY: no other thread allocates yet. What is refused leaves the allocator as it is.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
        // What is free at the end of a thread's memory is kept up to here, as it would be by
        // itself.
        libc::mallopt(libc::M_TRIM_THRESHOLD, 2 * LARGE);
    }
}

/// Other allocators do so by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub const fn give_back_large_pieces() {}

/// Waits for bursts and trims the allocator after each, for as long as the server runs. `turnover`
/// counts the connections that come or go: what they had is free only when they have gone.
pub async fn trim_after_bursts(turnover: Arc<AtomicU64>) {
    let (mut before, mut in_burst) = (0, false);
    let mut samples = tokio::time::interval(SAMPLE_INTERVAL);
    loop {
        samples.tick().await;
        let now = turnover.load(Ordering::Relaxed);
        let goes_on = now - before >= BURST;
        before = now;
        if in_burst && !goes_on {
            // The next burst tries again.
            let _ = tokio::task::spawn_blocking(trim_allocator).await;
        }
        in_burst = goes_on;
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
const fn trim_allocator() {}
