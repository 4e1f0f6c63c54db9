//! Every rule of the reader, one by one and then under whatever chance brings.

use parterre_protocol::CloseCode;
use proptest::prelude::*;

use super::*;

const MAX: usize = 1000;
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A client's frame: its first byte, and its payload masked.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        len @ ..126 => frame.push(0x80 | len as u8),
        len @ ..0x1_0000 => {
            frame.push(0x80 | 126);
            frame.extend((len as u16).to_be_bytes());
        }
        len => {
            frame.push(0x80 | 127);
            frame.extend((len as u64).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// Reads all messages in `bytes`.
fn read(reader: &mut Reader, bytes: &[u8]) -> Result<Vec<Incoming<'static>>, CloseCode> {
    let mut bytes = bytes.to_vec();
    let mut rest = &mut bytes[..];
    let mut messages = Vec::new();
    while let Some(message) = reader.next(&mut rest)? {
        messages.push(own(message));
    }
    assert!(rest.is_empty(), "what is not a whole message is taken all the same");
    Ok(messages)
}

fn own(message: Incoming<'_>) -> Incoming<'static> {
    match message {
        Incoming::Text(text) => Incoming::Text(text.into_owned().into()),
        Incoming::Binary(payload) => Incoming::Binary(payload.into_owned().into()),
        Incoming::Ping(payload) => Incoming::Ping(payload.into_owned().into()),
        Incoming::Pong => Incoming::Pong,
        Incoming::Close(code) => Incoming::Close(code),
    }
}

/// How a new connection takes these bytes: at once, and a byte at a time.
fn verdict(bytes: &[u8]) -> Result<Vec<Incoming<'static>>, CloseCode> {
    let at_once = read(&mut Reader::new(MAX), bytes);
    let mut reader = Reader::new(MAX);
    let drips: Result<Vec<_>, _> = bytes.iter().map(|byte| read(&mut reader, &[*byte])).collect();
    assert_eq!(at_once, drips.map(|drips| drips.concat()), "the cut must not matter");
    at_once
}

fn text(text: &str) -> Incoming<'static> {
    Incoming::Text(text.to_owned().into())
}

fn ping(payload: &[u8]) -> Incoming<'static> {
    Incoming::Ping(payload.to_vec().into())
}

#[test]
fn a_text_message_is_read_where_it_lies() {
    let mut bytes = [masked(0x81, "Où ?".as_bytes()), masked(0x81, b"")].concat();
    let mut rest = &mut bytes[..];
    let mut reader = Reader::new(MAX);
    for expected in ["Où ?", ""] {
        let Some(Incoming::Text(std::borrow::Cow::Borrowed(text))) = reader.next(&mut rest).unwrap() else {
            panic!("a borrowed text");
        };
        assert_eq!(text, expected);
    }
    assert_eq!(reader.next(&mut rest), Ok(None));
    assert_eq!(reader.held_bytes(), 0);
}

#[test]
fn a_fragmented_message_takes_control_frames_in_its_middle() {
    let frames = [
        masked(0x01, "caf\u{e9}".as_bytes().split_at(4).0),
        masked(0x89, b"there?"),
        masked(0x00, b""),
        masked(0x8a, b""),
        masked(0x80, "caf\u{e9}s".as_bytes().split_at(4).1),
        masked(0x88, &1001u16.to_be_bytes()),
    ];
    let expected = vec![ping(b"there?"), Incoming::Pong, text("cafés"), Incoming::Close(Some(1001))];
    assert_eq!(verdict(&frames.concat()), Ok(expected));
}

#[test]
fn bytes_after_a_message_stay_for_the_next_call() {
    let mut bytes = [masked(0x81, b"one"), masked(0x81, b"two")].concat();
    let second = masked(0x81, b"two");
    let mut rest = &mut bytes[..];
    assert_eq!(Reader::new(MAX).next(&mut rest), Ok(Some(text("one"))));
    assert_eq!(rest, second);
}

#[test]
fn what_breaks_the_rules_of_framing_is_refused() {
    let start = masked(0x01, b"begun");
    let cases: &[(&str, Vec<u8>)] = &[
        ("reserved bit 1", masked(0xc1, b"x")),
        ("reserved bit 2", masked(0xa1, b"x")),
        ("reserved bit 3", masked(0x91, b"x")),
        ("reserved data opcode", masked(0x83, b"x")),
        ("reserved control opcode", masked(0x8b, b"")),
        ("unmasked", vec![0x81, 0x00]),
        ("continuation of nothing", masked(0x80, b"x")),
        ("text inside a message", [start.clone(), masked(0x81, b"x")].concat()),
        ("binary inside a message", [start, masked(0x82, b"x")].concat()),
        ("fragmented ping", masked(0x09, b"x")),
        ("fragmented close", masked(0x08, b"")),
        ("ping of 126 bytes", masked(0x89, &[b'x'; 126])),
        ("length with the top bit", vec![0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]),
        ("close with half a code", masked(0x88, &[3])),
    ];
    for (case, bytes) in cases {
        assert_eq!(verdict(bytes), Err(CloseCode::Protocol), "{case}");
    }
    assert_eq!(verdict(&masked(0x89, &[b'x'; 125])), Ok(vec![ping(&[b'x'; 125])]));
}

#[test]
fn a_close_has_a_code_that_may_be_sent_and_a_reason_in_utf8() {
    let close = |code: u16, reason: &[u8]| verdict(&masked(0x88, &[&code.to_be_bytes(), reason].concat()));
    assert_eq!(verdict(&masked(0x88, b"")), Ok(vec![Incoming::Close(None)]));
    for code in [1000, 1003, 1007, 1011, 1014, 3000, 4000, 4999] {
        assert_eq!(close(code, "au revoir à tous".as_bytes()), Ok(vec![Incoming::Close(Some(code))]));
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, u16::MAX] {
        assert_eq!(close(code, b""), Err(CloseCode::Protocol), "{code}");
    }
    assert_eq!(close(1000, b"\xff"), Err(CloseCode::NotUtf8));
}

#[test]
fn binary_is_refused_at_its_first_two_bytes() {
    assert_eq!(verdict(&[0x82, 0xff]), Err(CloseCode::Unsupported));
    assert_eq!(verdict(&[0x02, 0x80]), Err(CloseCode::Unsupported));
}

#[test]
fn who_asks_for_it_gets_what_is_no_text() {
    let bytes = |payload: &[u8]| Incoming::Binary(payload.to_vec().into());
    let frames = [
        masked(0x82, b"\xff\x00"),
        masked(0x81, b"text"),
        masked(0x02, b"\xc3"),
        masked(0x89, b"there?"),
        masked(0x80, b"\xff"),
        masked(0x01, b"\xc3"),
        masked(0x80, b"\xa9"),
    ];
    let expected = vec![bytes(b"\xff\x00"), text("text"), ping(b"there?"), bytes(b"\xc3\xff"), text("é")];
    let all = frames.concat();
    assert_eq!(read(&mut Reader::with_binary(MAX), &all), Ok(expected.clone()));
    let mut reader = Reader::with_binary(MAX);
    let drips: Result<Vec<_>, _> = all.iter().map(|byte| read(&mut reader, &[*byte])).collect();
    assert_eq!(drips.map(|drips| drips.concat()), Ok(expected));
    // Text is still text, and the limit is still the limit.
    assert_eq!(read(&mut Reader::with_binary(MAX), &masked(0x81, b"\xff")), Err(CloseCode::NotUtf8));
    assert_eq!(read(&mut Reader::with_binary(MAX), &masked(0x82, &[0; MAX + 1])[..4]), Err(CloseCode::TooBig));
    assert_eq!(binary_frame(b"\xff")[..], *b"\x82\x01\xff");
}

#[test]
fn text_must_be_utf8_and_is_refused_when_it_cannot_become_so() {
    assert_eq!(verdict(&masked(0x81, b"\xc3")), Err(CloseCode::NotUtf8));
    assert_eq!(verdict(&[masked(0x01, b"\xc3"), masked(0x80, b"x")].concat()), Err(CloseCode::NotUtf8));
    let rest_missing = [masked(0x01, "fin: 🌻".as_bytes().split_last().unwrap().1), masked(0x80, b"")];
    assert_eq!(verdict(&rest_missing.concat()), Err(CloseCode::NotUtf8));
    // The message goes on, but nothing can mend it.
    assert_eq!(verdict(&masked(0x01, b"\xed\xa0\x80")), Err(CloseCode::NotUtf8));
    assert_eq!(verdict(&masked(0x81, b"abc\xffabcdef")[..10]), Err(CloseCode::NotUtf8));
}

#[test]
fn a_long_message_is_refused_at_its_header() {
    assert_eq!(verdict(&masked(0x81, &[b'x'; MAX])).map(|messages| messages.len()), Ok(1));
    assert_eq!(verdict(&masked(0x81, &[b'x'; MAX + 1])[..4]), Err(CloseCode::TooBig));
    let tebibyte = [&[0x81, 0xff][..], &(1u64 << 40).to_be_bytes()].concat();
    assert_eq!(verdict(&tebibyte), Err(CloseCode::TooBig));
    let sum = [masked(0x01, &[b'x'; MAX - 5]), masked(0x00, b"12345"), masked(0x89, b"x"), vec![0x80, 0x81]].concat();
    assert_eq!(verdict(&sum), Err(CloseCode::TooBig));
}

#[test]
fn a_message_of_empty_fragments_ends() {
    let start = masked(0x01, b"");
    let endless = masked(0x00, b"").repeat(MAX + 1);
    assert_eq!(verdict(&[start, endless].concat()), Err(CloseCode::TooBig));
}

#[test]
fn memory_grows_with_what_arrives_and_is_given_back() {
    let mut reader = Reader::new(MAX);
    let frame = masked(0x81, &[b'x'; MAX]);
    for (at, byte) in frame.iter().enumerate() {
        assert!(reader.held_bytes() <= 2 * at.saturating_sub(7), "{} bytes held after {at}", reader.held_bytes());
        read(&mut reader, &[*byte]).unwrap();
    }
    assert_eq!(reader.held_bytes(), 0);
    let ping = masked(0x89, b"half of it and more");
    let (front, back) = ping.split_at(9);
    read(&mut reader, front).unwrap();
    read(&mut reader, back).unwrap();
    assert_eq!(reader.held_bytes(), 0);
}

#[test]
fn the_server_s_frames_have_the_right_length() {
    assert_eq!(text_frame(b"hi")[..], *b"\x81\x02hi");
    assert_eq!(text_frame(&[b'x'; 125])[..3], *b"\x81\x7dx");
    assert_eq!(text_frame(&[b'x'; 126])[..5], *b"\x81\x7e\x00\x7ex");
    assert_eq!(text_frame(&[b'x'; 0xffff])[..5], *b"\x81\x7e\xff\xffx");
    assert_eq!(text_frame(&[b'x'; 0x1_0000])[..11], *b"\x81\x7f\0\0\0\0\0\x01\0\0x");
    assert_eq!(text_frame(&[b'x'; 0x1_0000]).len(), 0x1_0000 + 10);
    assert_eq!(ping_frame()[..], *b"\x89\x00");
    assert_eq!(pong_frame(b"yes")[..], *b"\x8a\x03yes");
    assert_eq!(close_frame(CloseCode::Restart, "Back soon.")[..], *b"\x88\x0c\x03\xf4Back soon.");
    assert_eq!(close_echo(None)[..], *b"\x88\x00");
    assert_eq!(close_echo(Some(3000))[..], *b"\x88\x02\x0b\xb8");
}

#[test]
fn a_reason_is_cut_between_two_characters() {
    let long = format!("{}é!", "x".repeat(122));
    let frame = close_frame(CloseCode::Gone, &long);
    assert_eq!((frame[1], frame.len()), (124, 126));
    assert!(str::from_utf8(&frame[4..]).is_ok());
}

/// One thing a well-behaved client sends: its frames, and what is to be read.
fn sent() -> impl Strategy<Value = (Vec<Vec<u8>>, Vec<Incoming<'static>>)> {
    let control = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..=CONTROL_BYTES).prop_map(|data| (masked(0x89, &data), ping(&data))),
        prop::collection::vec(any::<u8>(), 0..=CONTROL_BYTES).prop_map(|data| (masked(0x8a, &data), Incoming::Pong)),
    ];
    let between = prop::collection::vec((any::<prop::sample::Index>(), prop::option::of(control)), 0..6);
    ("\\PC{0,250}", between).prop_map(|(message, between)| {
        let mut cuts: Vec<_> = between.iter().map(|(cut, _)| cut.index(message.len() + 1)).collect();
        cuts.sort_unstable();
        let (mut frames, mut read, mut from) = (Vec::new(), Vec::new(), 0);
        for (at, (cut, (_, control))) in cuts.into_iter().zip(between).enumerate() {
            frames.push(masked(u8::from(at == 0), &message.as_bytes()[from..cut]));
            from = cut;
            if let Some((frame, incoming)) = control {
                frames.push(frame);
                read.push(incoming);
            }
        }
        frames.push(masked(0x80 | u8::from(from == 0 && frames.is_empty()), &message.as_bytes()[from..]));
        read.push(text(&message));
        (frames, read)
    })
}

/// Reads `bytes` cut into pieces of these sizes, over and over, checking what is held after each.
fn read_cut(bytes: &[u8], sizes: &[usize]) -> Result<Vec<Incoming<'static>>, CloseCode> {
    let mut reader = Reader::new(MAX);
    let (mut messages, mut rest) = (Vec::new(), bytes);
    for size in sizes.iter().cycle() {
        let (piece, after) = rest.split_at(rest.len().min(*size));
        messages.extend(read(&mut reader, piece)?);
        assert!(reader.held_bytes() <= MAX + CONTROL_BYTES);
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    Ok(messages)
}

proptest! {
    #[test]
    fn what_a_client_sends_is_read_however_it_is_cut(
        sent in prop::collection::vec(sent(), 1..5),
        sizes in prop::collection::vec(1..300usize, 1..8),
    ) {
        let (frames, expected): (Vec<_>, Vec<_>) = sent.into_iter().unzip();
        prop_assert_eq!(read_cut(&frames.concat().concat(), &sizes), Ok(expected.concat()));
    }

    #[test]
    fn no_bytes_make_it_panic_or_hold_more_than_a_message(
        frames in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..300)), 0..6),
        noise in prop::collection::vec(any::<u8>(), 0..40),
        sizes in prop::collection::vec(1..300usize, 1..8),
    ) {
        let mut bytes: Vec<u8> = frames.iter().flat_map(|(first, payload)| masked(*first, payload)).collect();
        bytes.extend(noise);
        let at_once = read(&mut Reader::new(MAX), &bytes);
        prop_assert_eq!(read_cut(&bytes, &sizes), at_once);
    }
}
