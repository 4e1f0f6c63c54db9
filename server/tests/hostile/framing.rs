//! What is not RFC 6455, not this protocol, or too much of it.

use parterre_protocol::{CloseCode, Outcome, RefusalCode, ServerMessage, limits::FLOOD_BURST};

use crate::{
    client::{CLOSE, Client, End, PING, PONG, TEXT, masked},
    program::Program,
};

/// More than one connection may send at once, in messages.
const FLOOD: usize = 500;

/// Sends this on a new connection, which must end with this code, in words and in the close frame.
fn expect_end(program: &Program, case: &str, sent: &[u8], code: CloseCode) {
    let mut client = Client::upgrade(program);
    client.send(sent);
    let code = Some(code.code());
    assert_eq!(client.end(), End { bye: code, close: code }, "{case}");
}

#[test]
fn a_message_in_fragments_with_a_ping_between_is_understood() {
    let program = Program::start(&[]);
    let mut client = Client::upgrade(&program);
    assert!(matches!(client.message(), ServerMessage::Hello { .. }));
    for byte in [masked(0x01, br#"{"t": "#), masked(PING, b"there?")].concat() {
        client.send(&[byte]);
    }
    assert_eq!(client.frame_of(PONG), b"there?");
    client.send(&masked(0x80, br#""ping"}"#));
    assert_eq!(client.message(), ServerMessage::Pong);
}

#[test]
fn what_is_not_a_websocket_frame_ends_with_1002() {
    let program = Program::start(&[]);
    let begun = masked(0x01, br#"{"t":"#);
    let cases: &[(&str, Vec<u8>)] = &[
        ("unmasked", [&[TEXT, 12][..], br#"{"t":"ping"}"#].concat()),
        ("reserved bit", masked(0xc1, br#"{"t":"ping"}"#)),
        ("reserved data opcode", masked(0x83, b"x")),
        ("reserved control opcode", masked(0x8b, b"")),
        ("text inside a message", [begun.clone(), masked(TEXT, br#"{"t":"ping"}"#)].concat()),
        ("binary inside a message", [begun, masked(0x82, b"x")].concat()),
        ("continuation of nothing", masked(0x80, b"x")),
        ("control frame of 126 bytes", masked(PING, &[b'x'; 126])),
        ("control frame in fragments", masked(0x09, b"x")),
        ("close without a whole code", masked(CLOSE, &[3])),
        ("close with a code that must not be sent", masked(CLOSE, &1005u16.to_be_bytes())),
        ("length in two bytes more than needed", [&[TEXT, 0xfe][..], &125u16.to_be_bytes()].concat()),
        ("length in six bytes more than needed", [&[TEXT, 0xff][..], &65_535u64.to_be_bytes()].concat()),
        ("length with the top bit", [&[TEXT, 0xff][..], &u64::MAX.to_be_bytes()].concat()),
        ("plain HTTP", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec()),
    ];
    for (case, sent) in cases {
        expect_end(&program, case, sent, CloseCode::Protocol);
    }
}

#[test]
fn what_is_not_text_ends_with_1003_or_1007() {
    let program = Program::start(&[]);
    expect_end(&program, "binary", &masked(0x82, br#"{"t":"ping"}"#), CloseCode::Unsupported);
    expect_end(&program, "header of a binary message", &[0x82, 0xfe], CloseCode::Unsupported);
    expect_end(&program, "bad UTF-8", &masked(TEXT, b"{\"t\":\"\xc3\x28\"}"), CloseCode::NotUtf8);
    expect_end(&program, "a surrogate, message unfinished", &masked(0x01, b"\xed\xa0\x80"), CloseCode::NotUtf8);
    expect_end(&program, "reason that is not UTF-8", &masked(CLOSE, b"\x03\xe8\xff"), CloseCode::NotUtf8);
}

#[test]
fn what_is_not_a_message_of_the_protocol_ends_with_1008() {
    let program = Program::start(&[]);
    let nested = "[".repeat(16 * 1024);
    for text in
        ["", "hello", "[]", "{}", r#"{"t":"dance"}"#, r#"{"t":"respond"}"#, r#"{"t":"ping"}{"t":"ping"}"#, &nested]
    {
        expect_end(&program, &text[..text.len().min(40)], &masked(TEXT, text.as_bytes()), CloseCode::Policy);
    }
}

#[test]
fn a_command_that_cannot_be_read_is_refused_by_its_id_and_the_connection_stays() {
    let program = Program::start(&[]);
    let mut client = Client::upgrade(&program);
    assert!(matches!(client.message(), ServerMessage::Hello { .. }));
    let id = "7c0e5a3c-6f0e-4c9b-9c55-2f3a1f6f3a10";
    let nested = format!("\"respond\",\"answer\":{}", "[".repeat(8000));
    for command in [
        "\"dance\"",
        "\"control\",\"control\":{\"do\":\"fly\"}",
        "\"respond\",\"round\":-1",
        "\"respond\",\"round\":NaN",
        "\"post\",\"post\":{\"do\":\"ask\",\"text\":\"\\ud800\"}",
        "\"ping\"}{",
        &nested,
    ] {
        client.send(&masked(TEXT, format!("{{\"cid\":\"{id}\",\"t\":{command}}}").as_bytes()));
        let ServerMessage::Receipt { cid, outcome } = client.message() else { panic!("a receipt for {command}") };
        assert_eq!(cid.to_string(), id);
        assert!(matches!(outcome, Outcome::Refused { code: RefusalCode::Invalid, .. }), "{outcome:?}");
    }
}

#[test]
fn a_flood_of_commands_ends_with_1008() {
    let program = Program::start(&[]);
    let command =
        |n: u32| format!(r#"{{"t":"control","cid":"7c0e5a3c-6f0e-4c9b-9c55-{n:012}","control":{{"do":"lobby"}}}}"#);
    let flood: Vec<u8> = (0..2 * FLOOD_BURST).flat_map(|n| masked(TEXT, command(n).as_bytes())).collect();
    expect_end(&program, "of commands", &flood, CloseCode::Policy);
}

#[test]
fn a_flood_ends_with_1008() {
    let program = Program::start(&[]);
    expect_end(&program, "of pings", &masked(PING, b"x").repeat(FLOOD), CloseCode::Policy);
    expect_end(&program, "of pongs", &masked(PONG, b"").repeat(FLOOD), CloseCode::Policy);
    expect_end(&program, "of messages", &masked(TEXT, br#"{"t":"ping"}"#).repeat(FLOOD), CloseCode::Policy);
}

#[test]
fn a_message_over_the_limit_ends_with_1009_however_it_is_sent() {
    let program = Program::start(&[]);
    let half = [b' '; 9 * 1024];
    expect_end(&program, "at its header", &[TEXT, 0xfe, 0x40, 0x01], CloseCode::TooBig);
    let halves = [masked(0x01, &half), masked(0x00, &half)[..4].to_vec()].concat();
    expect_end(&program, "in fragments", &halves, CloseCode::TooBig);
    let empty = [masked(0x01, b""), masked(0x00, b"").repeat(16 * 1024 + 1)].concat();
    expect_end(&program, "in empty fragments", &empty, CloseCode::TooBig);
}

#[test]
fn a_close_is_answered_with_its_own_code() {
    let program = Program::start(&[]);
    for code in [Some(1000u16), Some(3333), None] {
        let mut client = Client::upgrade(&program);
        let payload: Vec<u8> = code.into_iter().flat_map(u16::to_be_bytes).collect();
        client.send(&masked(CLOSE, &payload));
        assert_eq!(client.end(), End { bye: None, close: code });
    }
}

#[test]
fn who_never_answers_a_ping_ends_with_4000() {
    let program = Program::start(&[("PARTERRE_LIVE__PING_MS", "1000"), ("PARTERRE_LIVE__PONG_TIMEOUT_MS", "1000")]);
    let mut client = Client::upgrade(&program);
    client.frame_of(PING);
    let code = Some(CloseCode::Silent.code());
    assert_eq!(client.end(), End { bye: code, close: code });
}
