//! Connections that are held by doing next to nothing on them.

use std::{thread, time::Duration};

use crate::{
    client::{Client, TEXT, masked},
    program::Program,
};

/// Far more than the limits of these tests leave time for.
const DRIPS: usize = 1000;
const DRIP: Duration = Duration::from_millis(20);

/// Does next to nothing again and again; whether the server has had enough of it.
fn is_cut(mut drip: impl FnMut() -> bool) -> bool {
    (0..DRIPS).any(|_| {
        thread::sleep(DRIP);
        !drip()
    })
}

#[test]
fn who_takes_a_trickle_of_an_answer_is_cut() {
    let program = Program::start(&[("PARTERRE_LIVE__WRITE_TIMEOUT_MS", "1000")]);
    let mut client = Client::connect(&program);
    let ask = format!("GET /api/v1/netcheck/download?bytes=4000000 HTTP/1.1\r\nHost: {}\r\n\r\n", program.address);
    client.send(ask.as_bytes());
    assert!(client.head().starts_with("HTTP/1.1 200 "));
    let mut writer = client.second_handle();
    // Some 500 bytes a second. That the server has closed shows when it is sent something.
    assert!(is_cut(|| client.listen_for(10).is_some_and(|read| !read.is_empty()) && writer.try_send(b"\r\n")));
}

#[test]
fn who_never_finishes_a_second_request_is_cut() {
    let program =
        Program::start(&[("PARTERRE_LIMITS__HEADER_TIMEOUT_MS", "300"), ("PARTERRE_LIMITS__BODY_TIMEOUT_MS", "300")]);
    for second in ["G", "GET / HTTP/1.1\r\nX-Slow: "] {
        let mut client = Client::connect(&program);
        client.send(format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n{second}", program.address).as_bytes());
        assert!(client.head().starts_with("HTTP/1.1 200 "));
        assert!(is_cut(|| client.try_send(b"x")), "{second:?}");
    }
}

#[test]
fn who_is_idle_between_requests_is_not() {
    let settings = [("PARTERRE_LIMITS__HEADER_TIMEOUT_MS", "300"), ("PARTERRE_LIMITS__BODY_TIMEOUT_MS", "300")];
    let program = Program::start(&settings);
    let mut client = Client::connect(&program);
    for _ in 0..3 {
        client.send(format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", program.address).as_bytes());
        assert!(client.head().starts_with("HTTP/1.1 200 "));
        // The body, and then nothing for longer than a request may take.
        client.listen(Duration::from_millis(100));
        assert_eq!(client.listen(Duration::from_millis(900)), None);
    }
}

/// More connections than the program may have files.
const CROWD: usize = 1_500;

#[test]
fn connections_without_a_request_keep_nobody_out() {
    // What is silent for long would be cut by none of these in the time that this takes.
    let hour = "3600000";
    let settings = [
        ("PARTERRE_LIMITS__HEADER_TIMEOUT_MS", hour),
        ("PARTERRE_LIMITS__BODY_TIMEOUT_MS", hour),
        ("PARTERRE_LIMITS__CONNECTIONS", "50"),
    ];
    let program = Program::start_with_files(600, &settings);
    let health = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", program.address);
    let mut screen = Client::upgrade(&program);
    // One whose answer comes later, and who waits for it.
    let mut waits = Client::connect(&program);
    waits.send(
        format!("GET /api/v1/netcheck/poll?after_ms=3000 HTTP/1.1\r\nHost: {}\r\n\r\n", program.address).as_bytes(),
    );
    let mut held = Vec::new();
    for number in 0..CROWD {
        let mut client = Client::connect(&program);
        match number % 4 {
            0 => {}
            1 => client.send(b"GET / HTTP/1.1\r\nX-Slow: "),
            2 => client.send(b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 99\r\n\r\n"),
            _ => client.send(health.as_bytes()),
        }
        held.push(client);
        if number % 100 == 99 {
            let mut guest = Client::connect(&program);
            guest.send(health.as_bytes());
            assert!(guest.head().starts_with("HTTP/1.1 200 "), "after {number}");
        }
    }
    assert!(waits.head().starts_with("HTTP/1.1 200 "), "a request that is under way is answered");
    screen.send(&masked(TEXT, br#"{"t":"ping"}"#));
    while !screen.frame_of(TEXT).windows(6).any(|part| part == br#""pong""#) {}
}
