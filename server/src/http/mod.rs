//! HTTP: routes, pages, the API and the door of the live connection.

pub mod assets;
mod content_type;
pub mod pages;
