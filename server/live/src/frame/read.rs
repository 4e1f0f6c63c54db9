//! Reads the messages of one client out of the bytes of its socket, however they were cut.

use std::{borrow::Cow, mem};

use parterre_protocol::CloseCode;

use super::header::Opcode;
use super::header::{Frame, Header};

/// A whole message or control frame of a client. Borrows from the bytes that were read where it
/// lies in them whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming<'a> {
    /// A text message.
    Text(Cow<'a, str>),
    /// A binary message, to a reader that takes them.
    Binary(Cow<'a, [u8]>),
    /// A ping, to be answered by a pong with the same payload, of up to 125 bytes.
    Ping(Cow<'a, [u8]>),
    /// A pong, asked for or not.
    Pong,
    /// The client closes, with this code if it gave one. Nothing that follows is to be read.
    Close(Option<u16>),
}

/// The state between two reads of one client's socket. It holds memory only while a message is
/// incomplete, and then at most `max_message` bytes and the 125 of a control frame between two
/// fragments; never more than twice what arrived.
#[derive(Debug)]
pub struct Reader {
    /// What has arrived of an unfinished message. A control frame in its middle gathers behind it
    /// until it is whole.
    held: Vec<u8>,
    /// The longest message that is read, in bytes.
    max_message: usize,
    state: ReadState,
    /// Whether messages need not be text.
    takes_binary: bool,
    /// Whether the message that is read now is not.
    binary: bool,
    /// The fragments so far of an unfinished message; none outside one.
    fragments: u32,
}

/// Ten thousand idle connections hold ten thousand of these.
const _: () = assert!(size_of::<Reader>() <= 64);

#[derive(Debug)]
enum ReadState {
    Header(Header),
    Payload(Frame),
}

impl Reader {
    /// A reader for a new connection, which refuses messages of more than `max_message` bytes at
    /// their header.
    pub fn new(max_message: usize) -> Self {
        let state = ReadState::Header(Header::default());
        Self { held: Vec::new(), max_message, state, takes_binary: false, binary: false, fragments: 0 }
    }

    /// The same, which also takes what is no text.
    pub fn with_binary(max_message: usize) -> Self {
        Self { takes_binary: true, ..Self::new(max_message) }
    }

    /// Takes bytes off the front of `bytes`, which were just read from the socket, up to the end of
    /// the next message. `None` when they are used up first. The bytes taken are unmasked in place.
    ///
    /// An error is the code to close with; nothing that follows is to be read.
    pub fn next<'a>(&mut self, bytes: &mut &'a mut [u8]) -> Result<Option<Incoming<'a>>, CloseCode> {
        while let Some(mut frame) = self.frame(bytes)? {
            let here = frame.take(bytes);
            if frame.left > 0 {
                self.state = ReadState::Payload(frame);
                self.hold(frame, here)?;
                break;
            }
            self.state = ReadState::Header(Header::default());
            if frame.opcode.is_control() {
                return self.control(frame, here).map(Some);
            }
            if frame.fin && self.binary {
                return self.binary(frame, here).map(Incoming::Binary).map(Some);
            }
            if frame.fin {
                return self.text(frame, here).map(Incoming::Text).map(Some);
            }
            self.hold(frame, here)?;
            self.fragments += 1;
        }
        Ok(None)
    }

    /// How many bytes of memory are held for an unfinished message; none between messages.
    pub fn held_bytes(&self) -> usize {
        self.held.capacity()
    }

    /// The frame whose payload comes next; `None` until its header is whole.
    fn frame(&mut self, bytes: &mut &mut [u8]) -> Result<Option<Frame>, CloseCode> {
        let header = match &mut self.state {
            ReadState::Payload(frame) => return Ok(Some(*frame)),
            ReadState::Header(header) => header,
        };
        let frame = header.read(bytes, self.max_message - self.held.len(), self.fragments > 0, self.takes_binary)?;
        if let Some(frame) = frame.filter(|frame| frame.opcode.begins_message()) {
            self.binary = frame.opcode == Opcode::Binary;
        }
        // Else a message of empty fragments could go on for ever, unseen by whoever counts
        // messages.
        if frame.is_some() && self.fragments as usize > self.max_message {
            return Err(CloseCode::TooBig);
        }
        Ok(frame)
    }

    /// Keeps a part of a payload until the rest is here.
    fn hold(&mut self, frame: Frame, here: &[u8]) -> Result<(), CloseCode> {
        let before = self.held.len();
        let need = before + here.len();
        // Doubles, so that bytes that drip in are not copied again and again, but not past what the
        // message can become.
        let most = if frame.fin { need + frame.left } else { self.max_message };
        if need > self.held.capacity() {
            let room = (2 * self.held.capacity()).clamp(need, most);
            self.held.reserve_exact(room - before);
        }
        self.held.extend_from_slice(here);
        if frame.opcode.is_control() || self.binary { Ok(()) } else { check_utf8(&self.held, before) }
    }

    /// A text message, whose last bytes are `here`.
    fn text<'a>(&mut self, frame: Frame, here: &'a [u8]) -> Result<Cow<'a, str>, CloseCode> {
        if self.fragments == 0 && here.len() == frame.len {
            return str::from_utf8(here).map(Cow::Borrowed).map_err(|_| CloseCode::NotUtf8);
        }
        self.hold(frame, here)?;
        self.fragments = 0;
        String::from_utf8(mem::take(&mut self.held)).map(Cow::Owned).map_err(|_| CloseCode::NotUtf8)
    }

    /// A binary message, whose last bytes are `here`.
    fn binary<'a>(&mut self, frame: Frame, here: &'a [u8]) -> Result<Cow<'a, [u8]>, CloseCode> {
        if self.fragments == 0 && here.len() == frame.len {
            return Ok(Cow::Borrowed(here));
        }
        self.hold(frame, here)?;
        self.fragments = 0;
        Ok(Cow::Owned(mem::take(&mut self.held)))
    }

    /// A control frame, whose last bytes are `here`.
    fn control<'a>(&mut self, frame: Frame, here: &'a [u8]) -> Result<Incoming<'a>, CloseCode> {
        let payload = if here.len() == frame.len {
            Cow::Borrowed(here)
        } else {
            self.hold(frame, here)?;
            Cow::Owned(self.take_tail(frame.len))
        };
        match frame.opcode {
            Opcode::Ping => Ok(Incoming::Ping(payload)),
            Opcode::Close => close_code(&payload).map(Incoming::Close),
            _ => Ok(Incoming::Pong),
        }
    }

    /// The last `len` bytes held; what is before them stays.
    fn take_tail(&mut self, len: usize) -> Vec<u8> {
        if self.held.len() == len {
            return mem::take(&mut self.held);
        }
        self.held.split_off(self.held.len() - len)
    }
}

/// Refuses text as soon as it cannot become UTF-8 any more. All before `new` has been checked, but
/// a character may straddle it.
fn check_utf8(text: &[u8], new: usize) -> Result<(), CloseCode> {
    let begins_character = |at: &usize| text[*at] >= 0b1100_0000;
    let from = (new.saturating_sub(3)..new).rev().find(begins_character).unwrap_or(new);
    match str::from_utf8(&text[from..]) {
        Err(error) if error.error_len().is_some() => Err(CloseCode::NotUtf8),
        _ => Ok(()),
    }
}

/// The code in a close frame's payload: none, or a code that may be sent (RFC 6455, 7.4) and a
/// reason.
fn close_code(payload: &[u8]) -> Result<Option<u16>, CloseCode> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return if payload.is_empty() { Ok(None) } else { Err(CloseCode::Protocol) };
    };
    let code = u16::from_be_bytes(*code);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(CloseCode::Protocol);
    }
    if str::from_utf8(reason).is_err() {
        return Err(CloseCode::NotUtf8);
    }
    Ok(Some(code))
}
