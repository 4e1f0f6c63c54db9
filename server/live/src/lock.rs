//! Locks that outlive a panic: each guards what is whole between any two statements, so there is
//! nothing to be afraid of.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks it, also where somebody panicked who held it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
