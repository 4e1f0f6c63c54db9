//! The network test's channels: WebSockets that send back, send what is asked for, and are silent.

use std::{net::TcpStream, time::Duration};

use serde_json::json;
use tungstenite::{Error, HandshakeError, Message, WebSocket, client::IntoClientRequest};

use crate::{house::House, netcheck::API};

/// Long past anything that is waited for.
const TIMEOUT: Duration = Duration::from_secs(20);

pub(crate) type Channel = WebSocket<TcpStream>;

/// A channel to try things with, or the status of the refusal.
fn channel(house: &House, query: &str, origin: &str) -> Result<Channel, u16> {
    channel_by(house, query, origin, None)
}

/// The same by leave of a token.
pub(crate) fn channel_by(house: &House, query: &str, origin: &str, token: Option<&str>) -> Result<Channel, u16> {
    let address = house.address();
    let mut request = format!("ws://{address}{API}/channel{query}").into_client_request().expect("an address");
    request.headers_mut().insert("Origin", origin.parse().expect("ASCII"));
    if let Some(token) = token {
        request.headers_mut().insert("Authorization", format!("Bearer {token}").parse().expect("ASCII"));
    }
    let stream = TcpStream::connect(address).expect("the server accepts");
    stream.set_read_timeout(Some(TIMEOUT)).expect("a time that is not zero");
    match tungstenite::client(request, stream) {
        Ok((socket, _)) => Ok(socket),
        Err(HandshakeError::Failure(Error::Http(refused))) => Err(refused.status().as_u16()),
        Err(other) => panic!("neither let in nor refused: {other}"),
    }
}

pub(crate) fn open(house: &House, query: &str) -> Channel {
    channel(house, query, &format!("http://{}", house.address())).expect("let in")
}

/// The code with which the server closes, whatever it says before.
pub(crate) fn closed(mut channel: Channel) -> u16 {
    loop {
        match channel.read().expect("the server says something") {
            Message::Close(frame) => return frame.map_or(1005, |frame| frame.code.into()),
            Message::Text(_) | Message::Binary(_) => {}
            other => panic!("the server sent {other:?}"),
        }
    }
}

#[test]
fn a_channel_sends_back_what_it_gets() {
    let house = House::shared();
    let mut channel = open(&house, "");
    let large = "é".repeat(32 * 1024);
    let messages = [
        Message::text("there?"),
        Message::binary(vec![0xff, 0, 0xc3]),
        Message::text(large.clone()),
        Message::binary(vec![9; 64 * 1024]),
        Message::text(""),
    ];
    for message in &messages {
        channel.send(message.clone()).expect("the server reads");
    }
    for message in &messages {
        assert_eq!(channel.read().expect("it comes back"), *message);
    }
    channel.close(None).expect("open");
    assert!(matches!(channel.read(), Ok(Message::Close(_)) | Err(Error::ConnectionClosed)));
}

#[test]
fn a_channel_sends_what_is_asked_for_and_goes_on_where_it_was_left() {
    let house = House::shared();
    let mut channel = open(&house, "?frames=40&bytes=100&every_ms=5");
    let number = |message: Message| {
        let text = message.into_text().expect("text");
        assert_eq!(text.len(), 100);
        text.trim().parse::<u32>().expect("a number")
    };
    let first: Vec<u32> = (0..20).map(|_| number(channel.read().expect("a message"))).collect();
    drop(channel);
    let mut channel = open(&house, "?frames=40&bytes=100&from=20");
    let rest: Vec<u32> = (0..20).map(|_| number(channel.read().expect("a message"))).collect();
    assert_eq!([first, rest].concat(), (0..40).collect::<Vec<_>>());
}

#[test]
fn a_channel_is_silent_by_itself() {
    // Live connections would be asked every second.
    let house = House::new(&[("PARTERRE_LIVE__PING_MS", "1000"), ("PARTERRE_LIVE__PONG_TIMEOUT_MS", "1000")]);
    let mut channel = open(&house, "");
    // Until other connections were asked twice, there is not a byte on this one.
    channel.get_ref().set_read_timeout(Some(Duration::from_millis(2_500))).expect("a time that is not zero");
    let Err(Error::Io(silence)) = channel.read() else { panic!("something was said") };
    assert!(matches!(silence.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut));
    channel.send(Message::text("still there?")).expect("the server reads");
    channel.get_ref().set_read_timeout(Some(TIMEOUT)).expect("a time that is not zero");
    assert_eq!(channel.read().expect("it comes back"), Message::text("still there?"));
}

#[test]
fn a_channel_has_its_bounds() {
    let house = House::shared();
    for query in ["?frames=1001", "?frames=1&bytes=4097", "?every_ms=1001", "?frames=1&from=2", "?frames=many"] {
        assert_eq!(channel(&house, query, &format!("http://{}", house.address())).err(), Some(400), "{query}");
    }
    assert_eq!(channel(&house, "", "http://evil.example").err(), Some(403));
    assert_eq!(house.stranger().get(&format!("{API}/channel")).refusal().0, 426);
    let mut long = open(&house, "");
    // Refused at its header: it may be closed before all was written.
    let _ = long.send(Message::binary(vec![0; 64 * 1024 + 1]));
    assert!(
        matches!(long.read(), Ok(Message::Close(Some(frame))) if u16::from(frame.code) == 1009) || long.read().is_err()
    );
    let mut much = open(&house, "");
    let large = Message::binary(vec![0; 64 * 1024]);
    let sent =
        (0..130).take_while(|_| much.send(large.clone()).is_ok() && matches!(much.read(), Ok(Message::Binary(_))));
    assert!((100..129).contains(&sent.count()), "8 MB and no more");
}

#[test]
fn there_are_so_many_tests_at_once_whoever_they_are() {
    let house = House::new(&[("PARTERRE_NETCHECK__TESTS", "1"), ("PARTERRE_NETCHECK__SILENCE_S", "1")]);
    let mut channels: Vec<Channel> = (0..3).map(|_| open(&house, "")).collect();
    assert_eq!(closed(open(&house, "")), 1013);
    // Those who are in are not disturbed, and whoever leaves makes room.
    channels[0].send(Message::text("there?")).expect("the server reads");
    assert_eq!(channels[0].read().expect("it comes back"), Message::text("there?"));
    let mut last = channels.pop().expect("there are three");
    last.close(None).expect("open");
    while last.read().is_ok() {}
    drop(last);
    let let_in = || open(&house, "?frames=1").read().expect("a message") == Message::text("0");
    assert!(std::iter::repeat_with(let_in).any(|let_in| let_in), "there is room again");

    // A stream that nobody reads keeps its place for a while only; until then it is taken.
    let waits: Vec<_> = (0..2)
        .map(|_| {
            let mut stream = TcpStream::connect(house.address()).expect("the server accepts");
            std::io::Write::write_all(
                &mut stream,
                b"GET /api/v1/netcheck/poll?after_ms=10000 HTTP/1.1\r\nHost: a\r\n\r\n",
            )
            .expect("sent");
            stream
        })
        .collect();
    let busy = || house.stranger().get(&format!("{API}/poll?after_ms=1"));
    let refused = std::iter::repeat_with(busy).find(|answer| answer.status != 200).expect("the others arrive");
    assert_eq!((refused.refusal(), refused.header("retry-after")), ((503, "busy".to_owned()), "20"));
    drop(waits);
}

#[test]
fn a_facilitators_token_opens_more_channels_up_to_its_own_bound() {
    let settings =
        [("PARTERRE_NETCHECK__TESTS", "1"), ("PARTERRE_NETCHECK__SILENCE_S", "1"), ("PARTERRE_NETCHECK__PHONES", "5")];
    let house = House::new(&settings);
    let made = house.owner().ask("POST", &format!("{API}/token"), &json!({})).expect(201).json();
    let token = made["token"].as_str().expect("a token").to_owned();
    assert_eq!(made["phones"], json!(5));
    assert_eq!(house.stranger().get(&format!("{API}/plan")).json()["phones"], json!(5));
    let origin = format!("http://{}", house.address());
    let by = |token: &str| channel_by(&house, "", &origin, Some(token));

    // Those without one have their own places, and neither takes the other's.
    let others: Vec<Channel> = (0..3).map(|_| open(&house, "")).collect();
    let mut phones: Vec<Channel> = (0..5).map(|_| by(&token).expect("let in")).collect();
    for phone in &mut phones {
        phone.send(Message::text("there?")).expect("the server reads");
        assert_eq!(phone.read().expect("it comes back"), Message::text("there?"));
    }
    assert_eq!(closed(by(&token).expect("let in")), 1013);
    assert_eq!(closed(open(&house, "")), 1013);
    drop((others, phones));

    // One that was changed, or is a signature of something else, is none.
    let parts: Vec<&str> = token.split('.').collect();
    let [until, session, signature] = parts[..] else { panic!("{token}") };
    let later = until.parse::<i64>().expect("a moment") + 1;
    for wrong in [
        "x",
        ".",
        "..",
        &format!("{later}.{session}.{signature}"),
        &format!("{until}.{}.{signature}", session.replace('a', "b").replace('0', "1")),
        &format!("{until}.{session}.{}", &signature[1..]),
        &format!("{until}.{session}."),
        &format!("{until}.{signature}"),
    ] {
        assert_eq!(by(wrong).err(), Some(401), "{wrong}");
    }
    assert_eq!(
        house.stranger().ask("POST", &format!("{API}/token"), &json!({})).refusal(),
        (401, "unauthorised".to_owned())
    );
    assert_eq!(house.stranger().get("/netcheck/token").leads(), (303, "/login"));
    let page = house.owner().get("/netcheck/token").expect(200).body;
    assert!(page.contains(&format!("netcheck {origin} --quick --phones 5")), "{page}");
}

#[test]
fn a_facilitators_token_ends_with_the_session_that_made_it() {
    let house = House::new(&[]);
    let origin = format!("http://{}", house.address());
    let owner = house.owner();
    let token = owner.ask("POST", &format!("{API}/token"), &json!({})).expect(201).json();
    let token = token["token"].as_str().expect("a token").to_owned();
    let page = owner.get("/netcheck/token").expect(200).body;
    let shown = page.split_once("NETCHECK_TOKEN=").and_then(|(_, rest)| rest.split_once(' ')).expect("a command").0;
    for token in [&token, shown] {
        drop(channel_by(&house, "", &origin, Some(token)).expect("let in"));
    }
    owner.post("/logout", &[]).expect(303);
    for token in [&token, shown] {
        assert_eq!(channel_by(&house, "", &origin, Some(token)).err(), Some(401));
    }
}

#[test]
fn one_of_many_connections_has_a_place_apart_and_for_a_moment() {
    let house = House::new(&[("PARTERRE_NETCHECK__TESTS", "1"), ("PARTERRE_NETCHECK__SILENCE_S", "1")]);
    let crowd: Vec<Channel> = (0..32).map(|_| open(&house, "?crowd=true")).collect();
    // One more is told so, and others still have their places.
    assert_eq!(closed(open(&house, "?crowd=true")), 1013);
    let mut other = open(&house, "");
    other.send(Message::text("there?")).expect("sent");
    assert_eq!(other.read().expect("an answer"), Message::text("there?"));
    drop(crowd);
}
