//! What the server has of the machine it runs on: the time, randomness, tasks, figures about
//! itself, and the values that settings are made of. Here alone is the wall clock read and the
//! operating system asked for randomness.
//!
//! This crate holds no rules and stores nothing: the store builds on it, not the other way round.

pub mod allowance;
pub mod clock;
pub mod metrics;
pub mod mutants;
pub mod random;
pub mod settings;
pub mod tasks;
pub mod unreadable;
pub mod utc;
