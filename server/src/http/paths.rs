//! Addresses that several pages and answers name.

use parterre_protocol::{EventId, topics::Audience};

use super::live;

/// The board of a room test.
pub fn board(event: EventId) -> String {
    format!("/studio/room-tests/{event}")
}

/// Where an audience of an event connects; whoever names none is a phone.
pub fn live(event: EventId, audience: Option<Audience>) -> String {
    let named = audience.map(|audience| format!("&as={audience}")).unwrap_or_default();
    format!("{}?event={event}{named}", live::PATH)
}
