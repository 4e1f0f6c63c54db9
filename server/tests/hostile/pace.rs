//! Connections that are held by doing next to nothing on them.

use std::{thread, time::Duration};

use crate::{client::Client, program::Program};

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
    let program = Program::start(&[("PARTERRE_LIVE__UNREAD_MS", "1000")]);
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
    let program = Program::start(&[("PARTERRE_LIMITS__HEADER_MS", "300"), ("PARTERRE_LIMITS__BODY_MS", "300")]);
    for second in ["G", "GET / HTTP/1.1\r\nX-Slow: "] {
        let mut client = Client::connect(&program);
        client.send(format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n{second}", program.address).as_bytes());
        assert!(client.head().starts_with("HTTP/1.1 200 "));
        assert!(is_cut(|| client.try_send(b"x")), "{second:?}");
    }
}

#[test]
fn who_is_idle_between_requests_is_not() {
    let settings = [("PARTERRE_LIMITS__HEADER_MS", "300"), ("PARTERRE_LIMITS__BODY_MS", "300")];
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
