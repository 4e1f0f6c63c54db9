//! A client that sends whatever bytes it is told to, and reads what comes back frame by frame.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};

use parterre_protocol::ServerMessage;

use crate::program::Program;

/// Long past anything that is waited for: a server that is silent for so long has failed the test.
const TIMEOUT: Duration = Duration::from_secs(30);
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The first bytes of whole frames.
pub(crate) const TEXT: u8 = 0x81;
pub(crate) const CLOSE: u8 = 0x88;
pub(crate) const PING: u8 = 0x89;
pub(crate) const PONG: u8 = 0x8a;

/// A frame as clients send them: its first byte, and its payload masked.
pub(crate) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        len @ ..126 => frame.push(0x80 | len as u8),
        len => {
            frame.push(0x80 | 126);
            frame.extend(u16::try_from(len).expect("payloads here are short").to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// The request that opens a live connection of a screen, with these further header lines.
pub(crate) fn handshake(program: &Program, more: &str) -> String {
    format!(
        "GET /api/v1/live?event={}&as=screen HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n",
        program.event, program.address
    )
}

/// How the server ended a connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct End {
    /// The code in its `bye` message.
    pub(crate) bye: Option<u16>,
    /// The code in its close frame.
    pub(crate) close: Option<u16>,
}

/// One TCP connection to the server.
pub(crate) struct Client {
    stream: TcpStream,
}

impl Client {
    /// Connects and says nothing yet.
    pub(crate) fn connect(program: &Program) -> Self {
        let stream = TcpStream::connect(program.address).expect("the server accepts");
        stream.set_read_timeout(Some(TIMEOUT)).expect("a time that is not zero");
        stream.set_write_timeout(Some(TIMEOUT)).expect("a time that is not zero");
        Self { stream }
    }

    /// Opens a live connection.
    pub(crate) fn upgrade(program: &Program) -> Self {
        let mut client = Self::connect(program);
        client.send(handshake(program, "").as_bytes());
        let head = client.head();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        client
    }

    /// Sends all of it.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the server reads");
    }

    /// Sends as long as the server takes it.
    pub(crate) fn try_send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// Another handle of the same connection, to write while this one reads.
    pub(crate) fn second_handle(&self) -> Self {
        Self { stream: self.stream.try_clone().expect("a file descriptor") }
    }

    /// Ends all that waits for this connection, on every handle.
    pub(crate) fn hang_up(&self) {
        // The server may have been faster.
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// The head of an HTTP answer.
    pub(crate) fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte).expect("an answer");
            head.extend(byte);
        }
        String::from_utf8(head).expect("a head is ASCII")
    }

    /// Everything up to the end of the connection.
    pub(crate) fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).expect("the server ends the connection");
        String::from_utf8(rest).expect("text")
    }

    /// Up to so many bytes of what is there; `None` if the connection is broken.
    pub(crate) fn listen_for(&mut self, bytes: usize) -> Option<Vec<u8>> {
        let mut read = vec![0; bytes];
        let count = self.stream.read(&mut read).ok()?;
        read.truncate(count);
        Some(read)
    }

    /// What comes within `wait`; empty at the end of the connection, `None` if nothing comes.
    pub(crate) fn listen(&mut self, wait: Duration) -> Option<Vec<u8>> {
        self.stream.set_read_timeout(Some(wait)).expect("a time that is not zero");
        let mut bytes = [0; 1024];
        match self.stream.read(&mut bytes) {
            Ok(count) => Some(bytes[..count].to_vec()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => None,
            Err(_) => Some(Vec::new()),
        }
    }

    /// The server's next frame: its first byte and its payload.
    pub(crate) fn frame(&mut self) -> (u8, Vec<u8>) {
        let [first, short] = self.exactly();
        let len = match short {
            126 => u16::from_be_bytes(self.exactly()).into(),
            127 => u64::from_be_bytes(self.exactly()) as usize,
            short => usize::from(short),
        };
        let mut payload = vec![0; len];
        self.stream.read_exact(&mut payload).expect("the payload that was announced");
        (first, payload)
    }

    fn exactly<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.stream.read_exact(&mut bytes).expect("a frame; the server said nothing, or closed without a close frame");
        bytes
    }

    /// Reads frames up to the first that begins with this byte; its payload.
    pub(crate) fn frame_of(&mut self, wanted: u8) -> Vec<u8> {
        loop {
            match self.frame() {
                (first, payload) if first == wanted => return payload,
                (CLOSE, payload) => panic!("closed: {payload:?}"),
                _ => {}
            }
        }
    }

    /// The next message that is not about a topic.
    pub(crate) fn message(&mut self) -> ServerMessage {
        loop {
            let message = serde_json::from_slice(&self.frame_of(TEXT)).expect("a message of the protocol");
            if !matches!(message, ServerMessage::Full { .. } | ServerMessage::Delta { .. }) {
                return message;
            }
        }
    }

    /// Reads to the end: the close frame must be the last, and the socket closed after it.
    pub(crate) fn end(&mut self) -> End {
        let mut bye = None;
        loop {
            let (first, payload) = self.frame();
            match first {
                TEXT => {
                    let message = serde_json::from_slice(&payload).expect("a message of the protocol");
                    if let ServerMessage::Bye { code, .. } = message {
                        bye = Some(code);
                    }
                }
                CLOSE => {
                    self.expect_closed();
                    let close = payload.first_chunk().map(|code| u16::from_be_bytes(*code));
                    return End { bye, close };
                }
                _ => {}
            }
        }
    }

    fn expect_closed(&mut self) {
        match self.stream.read(&mut [0]) {
            // A reset, where the server has closed for good while this client was still sending.
            Ok(0) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            other => panic!("the socket is still open after the close frame: {other:?}"),
        }
    }
}
