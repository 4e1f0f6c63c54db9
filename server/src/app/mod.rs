//! The use cases that more than one entrance has, each once: what the API and the forms of pages
//! both do.
//!
//! A use case takes what was parsed and says what became of it, or why not in an error of its own.
//! It knows no request, no response and no text for people: `http` parses, and renders what comes
//! back. What participants send on live connections too is in `parterre_live::submit`; what has one
//! caller stays with its handler.

pub mod archive;
pub mod codes;
pub mod event_results;
pub mod events;
pub mod join;
pub mod results;
pub mod segments;
pub mod sharing;
