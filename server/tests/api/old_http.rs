//! HTTP/1.0, as old proxies speak it for a browser: no chunks, no coding, and a body of unknown
//! length ends with its connection.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::Duration,
};

use crate::{
    event::{Event, poll},
    house::House,
};

/// Long past anything that is waited for.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Asks by HTTP/1.0 as a browser's proxy does; gives the head in lower case, and what is to follow.
fn ask(house: &House, path: &str, fields: &str) -> (String, BufReader<TcpStream>) {
    let mut stream = TcpStream::connect(house.address()).expect("the server accepts");
    stream.set_read_timeout(Some(TIMEOUT)).expect("a time that is not zero");
    let request = format!(
        "GET {path} HTTP/1.0\r\nHost: {}\r\nAccept: text/html,*/*\r\nAccept-Encoding: gzip, br\r\n{fields}\r\n",
        house.address()
    );
    stream.write_all(request.as_bytes()).expect("the server reads");
    let (mut reader, mut head) = (BufReader::new(stream), String::new());
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).expect("a head") > 0, "{head}");
    }
    (head.to_lowercase(), reader)
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

fn script_of_the_network_test(house: &House) -> String {
    let page = house.stranger().get("/netcheck").expect(200).body;
    page.split('"').find(|part| part.ends_with("/js/netcheck.js")).expect("the script of the page").to_owned()
}

/// The body behind this head, as long as the head says, or else until the connection ends.
fn whole_body(head: &str, mut rest: BufReader<TcpStream>, path: &str) -> Vec<u8> {
    let mut body = Vec::new();
    match field(head, "content-length").map(|length| length.parse().expect("a number")) {
        Some(length) => rest.take(length).read_to_end(&mut body).map(|read| assert_eq!(read as u64, length, "{path}")),
        // It ends with the connection, whatever was asked for.
        None => rest.read_to_end(&mut body).map(|_| assert_ne!(field(head, "connection"), Some("keep-alive"))),
    }
    .expect("the whole body");
    body
}

#[test]
fn every_answer_is_one_that_http_1_0_can_carry() {
    let house = House::shared();
    let script = script_of_the_network_test(&house);
    for (path, fields) in [
        ("/", ""),
        ("/netcheck", ""),
        (script.as_str(), ""),
        ("/nothing", ""),
        ("/api/v1/netcheck/plan", ""),
        ("/api/v1/netcheck/poll?after_ms=20", ""),
        ("/api/v1/netcheck/sse?count=3&every_ms=20", ""),
        ("/api/v1/netcheck/sse?count=3&every_ms=20", "Connection: keep-alive\r\n"),
        ("/api/v1/netcheck/download?bytes=100000", ""),
    ] {
        let (head, rest) = ask(&house, path, fields);
        assert!(head.starts_with("http/1.0 "), "{path}: {head}");
        assert_eq!(
            (field(&head, "transfer-encoding"), head.contains("gzip"), head.contains("encoding: br")),
            (None, false, false),
            "{path}: {head}"
        );
        let body = whole_body(&head, rest, path);
        let text = String::from_utf8_lossy(&body);
        match path {
            path if path.contains("/sse?") => {
                assert_eq!((text.matches("data: {").count(), text.starts_with("data: ")), (3, true), "{text}");
            }
            "/netcheck" => assert!(
                text.trim_start().starts_with("<!doctype html>") && text.trim_end().ends_with("</html>"),
                "{text}"
            ),
            _ => assert!(!body.is_empty(), "{path}"),
        }
    }
}

#[test]
fn a_stream_of_a_room_goes_on_by_http_1_0() {
    let house = House::shared();
    let event = Event::new(&house, &[poll()]);
    let cookie = format!("Cookie: {}\r\n", event.device().cookie_header());
    let (head, mut stream) = ask(&house, &format!("/api/v1/live/sse?event={}", event.id), &cookie);
    assert_eq!(
        (field(&head, "transfer-encoding"), field(&head, "content-type")),
        (None, Some("text/event-stream")),
        "{head}"
    );
    let mut line = String::new();
    stream.read_line(&mut line).expect("a first message");
    assert!(line.starts_with(r#"data: {"t":"hello""#), "{line}");
    event.open(event.activities[0]);
    while !line.contains(&event.activities[0].to_string()) {
        line.clear();
        assert!(stream.read_line(&mut line).expect("what happens in the room") > 0, "the stream is over");
        assert!(line.trim().is_empty() || line.starts_with("data: ") || line.starts_with(':'), "{line}");
    }
}
