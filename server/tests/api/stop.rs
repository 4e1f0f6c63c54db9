//! A server that stops: nobody is cut off in the middle of something, and everybody knows when to
//! come back.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use parterre_protocol::{ClientMessage, CloseCode, Outcome, ServerMessage};
use serde_json::json;

use crate::{
    event::{Event, pick, poll},
    house::House,
    live::{End, Live, response},
    postgres::Postgres,
};

/// Sends a request to join and leaves it under way: the one worker has read it once it answers
/// another.
fn begin_to_join(house: &House, code: &str) -> TcpStream {
    let mut stream = TcpStream::connect(house.address()).expect("the server accepts");
    let body = format!("{{\"code\":\"{code}\",\"name\":\"Ada\"}}");
    let length = body.len();
    write!(
        stream,
        "POST /api/v1/join HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .expect("the server reads");
    house.stranger().get("/healthz").expect(200);
    stream
}

fn is_short(end: &End) -> bool {
    end.code == CloseCode::Restart.code() && end.retry_ms.is_some_and(|ms| ms <= 500)
}

#[test]
fn a_node_of_several_is_not_ready_at_once_and_serves_until_the_others_are_known_to() {
    let postgres = Postgres::start();
    let other = House::of_many(&postgres, &[]);
    let house = House::of_many(
        &postgres,
        &[("PARTERRE_LIVE__UNREADY_BEFORE_DRAIN_MS", "4000"), ("PARTERRE_LIVE__DRAIN_MS", "500")],
    );
    let event = Event::new(&house, &[poll()]);
    let (studio, mut early) = (event.open(event.activities[0]), event.phone());
    assert_eq!(house.stranger().get("/readyz").expect(200).body, "ready\n");
    house.terminate();
    let told = loop {
        let answer = house.stranger().get("/readyz");
        if answer.status != 200 {
            break answer;
        }
    };
    assert_eq!((told.status.as_u16(), &*told.body), (503, "not ready: the server is stopping\n"));
    assert_eq!(house.stranger().get("/healthz").expect(200).header("connection"), "close");
    let device = event.device();
    let mut late = event.enter(parterre_protocol::topics::Audience::Phone, &device);
    for phone in [&mut early, &mut late] {
        let receipt = phone.command(&response(event.activities[0], 1, pick(1)));
        assert!(matches!(receipt, Outcome::Stored { .. }), "{receipt:?}");
    }
    for client in [studio, early, late] {
        let end = client.end();
        assert!(is_short(&end), "{end:?}");
    }
    // Whoever was sent away finds everything on the other node.
    let there = Event { server: &other, id: event.id, code: event.code.clone(), activities: event.activities.clone() };
    let back = there.enter(
        parterre_protocol::topics::Audience::Phone,
        &other.device(&device.cookie("parterre_device").expect("it has joined")),
    );
    assert_eq!(back.me().responses[&event.activities[0]].answer, pick(1));
    assert!(house.ended().success());
}

#[test]
fn a_node_of_several_sends_its_people_away_one_after_another_and_takes_no_others() {
    let postgres = Postgres::start();
    let settings = [("PARTERRE_LIVE__UNREADY_BEFORE_DRAIN_MS", "0"), ("PARTERRE_LIVE__DRAIN_MS", "6000")];
    let house = House::of_many(&postgres, &settings);
    let event = Event::new(&house, &[poll()]);
    let _studio = event.open(event.activities[0]);
    let device = event.device();
    let mut phones: Vec<Live> = (0..12).map(|_| event.phone()).collect();
    let mut last = phones.pop().expect("twelve");
    house.terminate();
    let end = phones.remove(0).end();
    assert!(is_short(&end), "{end:?}");
    let refused = event.turned_away(&device, "as=phone");
    assert!(is_short(&refused), "{refused:?}");
    let receipt = last.command(&response(event.activities[0], 1, pick(2)));
    assert!(matches!(receipt, Outcome::Stored { .. }), "while some are gone, others are served: {receipt:?}");
    drop(phones);
    assert!(is_short(&last.end()));
    assert!(house.ended().success());
}

#[test]
fn what_was_sent_before_the_word_to_leave_has_its_receipt_before_it() {
    let house = House::new(&[("PARTERRE_LIVE__COMMIT_WINDOW_MS", "700")]);
    let event = Event::new(&house, &[poll()]);
    let _studio = event.open(event.activities[0]);
    let mut phone = event.phone();
    let answer = response(event.activities[0], 1, pick(1));
    phone.say(&answer);
    phone.say(&ClientMessage::Ping);
    while phone.next() != ServerMessage::Pong {}
    house.terminate();
    let ClientMessage::Respond { cid, .. } = answer else { unreachable!("it is one") };
    let receipt = phone.receipt(cid);
    assert!(matches!(receipt, Outcome::Stored { .. }), "{receipt:?}");
    assert_eq!(phone.end().code, CloseCode::Restart.code());
    assert!(house.ended().success());
}

#[test]
fn a_request_that_is_under_way_is_finished() {
    let house = House::new(&[("PARTERRE_LIVE__COMMIT_WINDOW_MS", "700")]);
    let event = Event::new(&house, &[]);
    // A name is stored, which takes a while here.
    house.owner().ask("PATCH", &event.path(""), &json!({"names": true})).expect(200);
    let mut joining = begin_to_join(&house, &event.code);
    house.terminate();
    let mut answer = String::new();
    joining.read_to_string(&mut answer).expect("an answer, and the end of the connection");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("\"participant\""), "{answer}");
    assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
    assert!(house.ended().success());
}

#[test]
fn told_twice_it_stops_at_once() {
    let postgres = Postgres::start();
    let house = House::of_many(&postgres, &[("PARTERRE_LIVE__UNREADY_BEFORE_DRAIN_MS", "600000")]);
    house.terminate();
    while house.stranger().get("/readyz").status == 200 {}
    house.terminate();
    assert!(house.ended().success());
}
