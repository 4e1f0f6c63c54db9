//! Makes the frames that the server sends: whole, unmasked, ready for any number of sockets.

use bytes::{BufMut, Bytes, BytesMut};
use parterre_protocol::CloseCode;

use super::CONTROL_BYTES;

/// The first byte of a frame: the last of its message, with this opcode.
const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

/// A text message in one frame. `payload` is UTF-8.
pub fn text_frame(payload: &[u8]) -> Bytes {
    frame(TEXT, payload)
}

/// The message in a frame that [`text_frame`] made, without a copy.
pub fn message(frame: &Bytes) -> Bytes {
    let header = match frame[1] {
        127 => 10,
        126 => 4,
        _ => 2,
    };
    frame.slice(header..)
}

/// A binary message in one frame.
pub fn binary_frame(payload: &[u8]) -> Bytes {
    frame(BINARY, payload)
}

/// A ping without payload.
pub fn ping_frame() -> Bytes {
    Bytes::from_static(&[PING, 0])
}

/// The answer to a ping with this payload, of up to 125 bytes.
pub fn pong_frame(payload: &[u8]) -> Bytes {
    debug_assert!(payload.len() <= CONTROL_BYTES, "the reader lets no longer ping pass");
    frame(PONG, payload)
}

/// A close frame. A reason of more than 123 bytes is cut, between two characters.
pub fn close_frame(code: CloseCode, reason: &str) -> Bytes {
    let reason = &reason[..reason.floor_char_boundary(CONTROL_BYTES - 2)];
    frame(CLOSE, &[&code.code().to_be_bytes(), reason.as_bytes()].concat())
}

/// The answer to a client's close: its own code, as RFC 6455, 5.5.1 advises.
pub fn close_echo(code: Option<u16>) -> Bytes {
    match code {
        Some(code) => frame(CLOSE, &code.to_be_bytes()),
        None => Bytes::from_static(&[CLOSE, 0]),
    }
}

fn frame(first: u8, payload: &[u8]) -> Bytes {
    let mut bytes = BytesMut::with_capacity(payload.len() + 10);
    bytes.put_u8(first);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(len @ ..126), _) => bytes.put_u8(len),
        (_, Ok(len)) => {
            bytes.put_u8(126);
            bytes.put_u16(len);
        }
        _ => {
            bytes.put_u8(127);
            bytes.put_u64(payload.len() as u64);
        }
    }
    bytes.put_slice(payload);
    bytes.freeze()
}
