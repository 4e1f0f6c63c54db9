//! Before the upgrade: other people's pages, and those who never finish their request.

use std::time::Duration;

use crate::{
    client::{Client, TEXT, handshake, masked},
    program::Program,
};

/// The server's limit for a request's head in these tests.
const HEADER_MS: (&str, &str) = ("PARTERRE_LIMITS__HEADER_TIMEOUT_MS", "300");
/// Bytes that drip in, far more than the limit leaves time for.
const DRIPS: usize = 1000;

#[test]
fn only_the_server_s_own_pages_may_connect() {
    let program = Program::start(&[]);
    for origin in ["http://evil.example", "null", "http://127.0.0.1"] {
        let mut client = Client::connect(&program);
        client.send(handshake(&program, &format!("Origin: {origin}\r\n")).as_bytes());
        let answer = client.rest();
        assert!(answer.starts_with("HTTP/1.1 403 ") && answer.contains(r#""code":"origin""#), "{origin}: {answer}");
    }
    let mut client = Client::connect(&program);
    client.send(handshake(&program, &format!("Origin: http://{}\r\n", program.address)).as_bytes());
    assert!(client.head().starts_with("HTTP/1.1 101 "));
}

#[test]
fn only_get_without_a_body_opens_a_websocket() {
    let program = Program::start(&[]);
    let ask = |method: &str, more: &str| {
        let mut client = Client::connect(&program);
        client.send(handshake(&program, more).replacen("GET", method, 1).as_bytes());
        client.head()
    };
    for method in ["POST", "PUT", "DELETE"] {
        let head = ask(method, "");
        assert!(head.starts_with("HTTP/1.1 400 "), "{method}: {head}");
    }
    // With a body it is no upgrade to begin with, but a request like any other.
    for body in ["Content-Length: 20\r\n", "Transfer-Encoding: chunked\r\n"] {
        let head = ask("GET", body);
        assert!(head.starts_with("HTTP/1.1 4"), "{body}: {head}");
    }
    assert!(ask("GET", "").starts_with("HTTP/1.1 101 "));
}

#[test]
fn frames_may_come_right_behind_the_request() {
    let program = Program::start(&[]);
    let mut client = Client::connect(&program);
    client.send(&[handshake(&program, "").as_bytes(), &masked(TEXT, br#"{"t":"ping"}"#)].concat());
    assert!(client.head().starts_with("HTTP/1.1 101 "));
    assert!(client.frame_of(TEXT).starts_with(br#"{"t":"hello""#));
    while client.frame_of(TEXT) != br#"{"t":"pong"}"# {}
}

#[test]
fn half_a_handshake_is_not_waited_for() {
    let program = Program::start(&[HEADER_MS]);
    for part in ["", "G", handshake(&program, "").trim_end()] {
        let mut client = Client::connect(&program);
        client.send(part.as_bytes());
        let answer = client.rest();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{part:?}: {answer}");
    }
}

#[test]
fn a_handshake_that_drips_in_is_not_waited_for() {
    let program = Program::start(&[HEADER_MS]);
    let mut client = Client::connect(&program);
    client.send(handshake(&program, "X-Slow: ").trim_end().as_bytes());
    let answer = (0..DRIPS).find_map(|_| {
        // What cannot be sent any more shows as an end just below.
        client.try_send(b"x");
        client.listen(Duration::from_millis(20))
    });
    let answer = String::from_utf8(answer.expect("an end within the limit, not when the head is whole")).expect("text");
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{answer}");
}
