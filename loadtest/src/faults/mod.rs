//! The fault checker.

pub mod check;
pub mod history;
pub mod schedule;
pub mod sights;
pub mod truth;
