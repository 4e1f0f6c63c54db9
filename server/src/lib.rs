//! Parterre: see ARCHITECTURE.md.

pub mod domain;
pub mod http;
pub mod i18n;
pub mod live;
