//! The header of a client's frame: gathered byte by byte where it has to be, refused as early as it
//! can be.

use parterre_protocol::CloseCode;

use super::{CONTROL_BYTES, HEADER_BYTES};

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    /// Control frames may come in the middle of a fragmented message, and are not fragmented
    /// themselves.
    pub(super) fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }

    /// Whether a message begins with it.
    pub(super) fn begins_message(self) -> bool {
        matches!(self, Self::Text | Self::Binary)
    }
}

/// A frame whose header has been read, and how much of its payload is still to come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) opcode: Opcode,
    /// Whether this is the last frame of its message.
    pub(super) fin: bool,
    /// The mask, turned so that its first byte is for the next byte of payload.
    mask: [u8; 4],
    /// The payload's length, at most the limit of a message.
    pub(super) len: usize,
    /// How much of the payload has not been read yet.
    pub(super) left: usize,
}

impl Frame {
    /// Takes what `bytes` holds of the payload, and unmasks it.
    pub(super) fn take<'a>(&mut self, bytes: &mut &'a mut [u8]) -> &'a [u8] {
        let here = take(bytes, self.left);
        for (at, byte) in here.iter_mut().enumerate() {
            *byte ^= self.mask[at % 4];
        }
        self.mask.rotate_left(here.len() % 4);
        self.left -= here.len();
        here
    }
}

/// As much of a header as has been read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Header {
    bytes: [u8; HEADER_BYTES],
    have: u8,
}

impl Header {
    /// Takes more of the header. `None` until it is whole.
    ///
    /// `room` is how much longer the message may grow; `fragmented` says whether one has begun and
    /// not ended, `binary` whether it need not be text.
    pub(super) fn read(
        &mut self,
        bytes: &mut &mut [u8],
        room: usize,
        fragmented: bool,
        binary: bool,
    ) -> Result<Option<Frame>, CloseCode> {
        if !self.fill(2, bytes) {
            return Ok(None);
        }
        let (fin, opcode) = self.start(fragmented, binary)?;
        let len_bytes = match self.bytes[1] & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        if !self.fill(2 + len_bytes, bytes) {
            return Ok(None);
        }
        let len = self.len(len_bytes)?;
        if !opcode.is_control() && len > room {
            return Err(CloseCode::TooBig);
        }
        if !self.fill(2 + len_bytes + 4, bytes) {
            return Ok(None);
        }
        let mask = self.bytes[2 + len_bytes..][..4].try_into().expect("a mask is four bytes");
        Ok(Some(Frame { opcode, fin, mask, len, left: len }))
    }

    /// Takes bytes until there are `need`; says whether there are.
    fn fill(&mut self, need: usize, bytes: &mut &mut [u8]) -> bool {
        let have = usize::from(self.have);
        let more = take(bytes, need.saturating_sub(have));
        self.bytes[have..][..more.len()].copy_from_slice(more);
        self.have += more.len() as u8;
        usize::from(self.have) >= need
    }

    /// Judges the first two bytes: everything but the length in full.
    fn start(&self, fragmented: bool, binary: bool) -> Result<(bool, Opcode), CloseCode> {
        let [first, second, ..] = self.bytes;
        let (fin, reserved, masked, len) = (first & 0x80 != 0, first & 0x70, second & 0x80 != 0, second & 0x7f);
        if reserved != 0 || !masked {
            return Err(CloseCode::Protocol);
        }
        let opcode = match first & 0x0f {
            0 if fragmented => Opcode::Continuation,
            1 if !fragmented => Opcode::Text,
            2 if !fragmented && binary => Opcode::Binary,
            2 if !fragmented => return Err(CloseCode::Unsupported),
            8 => Opcode::Close,
            9 => Opcode::Ping,
            10 => Opcode::Pong,
            _ => return Err(CloseCode::Protocol),
        };
        if opcode.is_control() && (!fin || usize::from(len) > CONTROL_BYTES) {
            return Err(CloseCode::Protocol);
        }
        Ok((fin, opcode))
    }

    /// The payload's length, once the header's first `2 + len_bytes` bytes are here.
    fn len(&self, len_bytes: usize) -> Result<usize, CloseCode> {
        let [_, short, ..] = self.bytes;
        if len_bytes == 0 {
            return Ok(usize::from(short & 0x7f));
        }
        let long = self.bytes[2..][..len_bytes].iter().fold(0u64, |len, byte| len << 8 | u64::from(*byte));
        // RFC 6455, 5.2: in as few bytes as it needs, and never with the highest bit. One length
        // has one form, or whoever stands between reads another frame than we do.
        let shorter = if len_bytes == 2 { long < 126 } else { long <= u16::MAX.into() };
        if shorter || long >> 63 != 0 {
            return Err(CloseCode::Protocol);
        }
        usize::try_from(long).map_err(|_| CloseCode::TooBig)
    }
}

/// Takes up to `most` bytes off the front.
fn take<'a>(bytes: &mut &'a mut [u8], most: usize) -> &'a mut [u8] {
    let all = std::mem::take(bytes);
    let (front, rest) = all.split_at_mut(most.min(all.len()));
    *bytes = rest;
    front
}
