//! Why a connection ends. The code says whether to come back.
//!
//! 1000–1015 are those of RFC 6455. 4000–4499 mean: come back, after `retry_ms`. 4500–4999 mean: do
//! not come back as you are. The reason that travels with the code is the same sentence as in the
//! `bye` message before it, where the connection was still in a state to carry one.

/// A WebSocket close code that this server sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum CloseCode {
    /// The client closed, and this answers it.
    Normal = 1000,
    /// The bytes are not RFC 6455: reserved bits, an unmasked frame, a fragmented control frame.
    Protocol = 1002,
    /// A binary message; this protocol is text.
    Unsupported = 1003,
    /// A text message that is not UTF-8.
    NotUtf8 = 1007,
    /// Not a message of this protocol, or more commands than the limit.
    Policy = 1008,
    /// A message longer than the limit, refused at its header.
    TooBig = 1009,
    /// The server failed in a way it did not foresee.
    Internal = 1011,
    /// The server is stopping or restarting.
    Restart = 1012,
    /// The server is full just now.
    TryLater = 1013,
    /// Nothing was heard from the client for too long, or it did not read.
    Silent = 4000,
    /// What the client held cannot be brought up to date on this connection.
    Resync = 4001,
    /// There is no such event any more.
    Gone = 4500,
    /// The member's session ended, or the device is no longer known: sign in or join again.
    Unauthorised = 4501,
    /// Too many connections from this device: an older one had to go.
    Replaced = 4502,
}

impl CloseCode {
    /// Every code, for documents and tests.
    pub const ALL: [Self; 14] = [
        Self::Normal,
        Self::Protocol,
        Self::Unsupported,
        Self::NotUtf8,
        Self::Policy,
        Self::TooBig,
        Self::Internal,
        Self::Restart,
        Self::TryLater,
        Self::Silent,
        Self::Resync,
        Self::Gone,
        Self::Unauthorised,
        Self::Replaced,
    ];

    /// The number on the wire.
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// Whether a client should come back by itself.
    pub const fn comes_back(self) -> bool {
        matches!(self, Self::Internal | Self::Restart | Self::TryLater | Self::Silent | Self::Resync)
    }
}
