//! The pages that people see: what each needs to be drawn, and its handlers.

pub mod events;
pub mod form;
pub mod login;
pub mod message;
#[cfg(test)]
pub(crate) mod preview;
pub mod script;
pub mod setup;
pub mod studio;
