//! WebSocket frames (RFC 6455, the server's side): reads what clients send, makes what they are
//! sent.
//!
//! Bytes in, bytes out: nothing here knows a socket or a clock. A connection that is idle holds no
//! buffer, and a frame is refused at its header, before a byte of its payload is kept.

mod header;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::{Incoming, Reader};
pub use write::{binary_frame, close_echo, close_frame, message, ping_frame, pong_frame, text_frame};

/// The longest payload of a control frame (RFC 6455, 5.5).
pub const CONTROL_BYTES: usize = 125;
/// The longest header of a client's frame: two bytes, eight of length, four of mask.
pub const HEADER_BYTES: usize = 14;
