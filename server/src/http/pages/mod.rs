//! The pages that people see: what each needs to be drawn.

pub mod account;
pub mod address;
pub mod events;
mod filters;
pub mod form;
pub mod landing;
pub mod login;
pub mod message;
pub mod moderator;
pub mod netcheck;
pub mod phone;
#[cfg(test)]
pub(crate) mod preview;
pub mod reading;
pub mod room_tests;
pub mod screen;
pub mod script;
pub mod setup;
pub mod speaker;
pub mod studio;
#[cfg(test)]
mod tests;
