//! The addresses of pages that other pages lead to.

use parterre_protocol::EventId;

/// The board of a room test.
pub fn board(event: EventId) -> String {
    format!("/studio/room-tests/{event}")
}
