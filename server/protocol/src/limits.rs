//! The limits that clients must know. Lengths of text are in Unicode grapheme clusters: what people count as characters.

/// An event's name.
pub const EVENT_NAME_CHARS: usize = 120;
/// An activity's title.
pub const TITLE_CHARS: usize = 300;
/// An option of a choice poll, given or own.
pub const OPTION_CHARS: usize = 140;
/// Fewest and most options of a choice poll.
pub const OPTIONS: std::ops::RangeInclusive<usize> = 2..=20;
/// One word of a word cloud; it may be a short phrase.
pub const WORD_CHARS: usize = 40;
/// Fewest and most words per person.
pub const WORDS_PER_PERSON: std::ops::RangeInclusive<u8> = 1..=10;
/// A participant's name.
pub const NAME_CHARS: usize = 40;
/// Length of a join code, in letters.
pub const CODE_LETTERS: std::ops::RangeInclusive<usize> = 4..=10;
/// Activities of one event.
pub const ACTIVITIES_PER_EVENT: usize = 200;
/// The bytes of any one text, however few characters it shows: a character may be made of very many code points.
pub const BYTES_PER_CHAR: usize = 16;
/// The payload of one message from a client, in bytes; more is refused at the frame's header with 1009.
pub const CLIENT_MESSAGE_BYTES: usize = 16 * 1024;
/// Commands of one connection that wait for their receipts at the same time; one more is refused with `later`.
pub const COMMANDS_IN_FLIGHT: usize = 16;
/// Messages per second that a connection may send for long.
pub const MESSAGES_PER_SECOND: u32 = 10;
/// Messages that a connection may send at once, as an outbox does after a time without network.
pub const MESSAGES_BURST: u32 = 60;
/// Connections of one device in one event; one more closes the oldest with 4502.
pub const CONNECTIONS_PER_DEVICE: usize = 8;
