//! The JSON API: one file per resource.

pub mod activities;
pub mod archive;
pub mod clearing;
pub mod events;
pub mod export;
pub mod export_results;
pub mod join;
pub mod links;
pub mod moderation;
pub mod questions;
pub mod readings;
pub mod results;
pub mod shared_results;
