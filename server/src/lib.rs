//! Parterre: see ARCHITECTURE.md.

pub mod config;
pub mod domain;
pub mod http;
pub mod i18n;
