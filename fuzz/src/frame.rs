//! The frame reader: any bytes, cut anywhere, read the same as at once, never panic, and never make
//! it hold more than one message and one control frame, nor more than twice what has arrived.

use parterre_live::frame::{CONTROL_BYTES, Incoming, Reader};
use parterre_protocol::CloseCode;

/// Short, so that inputs of a few kilobytes reach the limit.
const MAX_MESSAGE: usize = 300;

type Verdict = (Vec<String>, Option<CloseCode>);

/// The first eight bytes are the sizes of the pieces, over and over; the rest is what a client
/// sends.
pub fn read(data: &[u8]) {
    let Some((sizes, sent)) = data.split_first_chunk::<8>() else { return };
    assert_eq!(read_cut(sent, sizes), read_cut(sent, &[]));
}

/// What is read of `sent` in pieces of these sizes; at once if there are none.
fn read_cut(sent: &[u8], sizes: &[u8]) -> Verdict {
    let mut reader = Reader::new(MAX_MESSAGE);
    let mut messages = Vec::new();
    let mut sizes = sizes.iter().cycle();
    let (mut rest, mut arrived) = (sent, 0);
    while !rest.is_empty() {
        let size = sizes.next().map_or(rest.len(), |size| usize::from(*size) + 1);
        let (piece, after) = rest.split_at(size.min(rest.len()));
        (rest, arrived) = (after, arrived + piece.len());
        if let Err(code) = read_piece(&mut reader, piece, &mut messages) {
            return (messages, Some(code));
        }
        assert!(reader.held_bytes() <= (MAX_MESSAGE + CONTROL_BYTES).min(2 * arrived), "{} held", reader.held_bytes());
    }
    (messages, None)
}

fn read_piece(reader: &mut Reader, piece: &[u8], messages: &mut Vec<String>) -> Result<(), CloseCode> {
    let mut piece = piece.to_vec();
    let mut bytes = &mut piece[..];
    while let Some(message) = reader.next(&mut bytes)? {
        if let Incoming::Text(text) = &message {
            assert!(text.len() <= MAX_MESSAGE);
        }
        messages.push(format!("{message:?}"));
    }
    assert!(bytes.is_empty());
    Ok(())
}
