//! The network test: its doors, their bounds, its reports.

use std::{fs, net::TcpStream, process::Command, time::Duration};

use serde_json::{Value, json};
use tungstenite::{Error, HandshakeError, Message, WebSocket, client::IntoClientRequest};

use crate::house::House;

pub(crate) const API: &str = "/api/v1/netcheck";
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
fn the_plan_is_that_of_the_settings() {
    let house = House::new(&[("PARTERRE_NETCHECK__SILENCE_S", "5,2"), ("PARTERRE_LIVE__PING_MS", "12000")]);
    let answer = house.stranger().get(&format!("{API}/plan")).expect(200);
    assert_eq!(answer.header("parterre-netcheck"), "1");
    let plan = answer.json();
    let port = house.address().port();
    assert_eq!(plan["silence_s"], json!([2, 5]));
    assert_eq!((&plan["ping_ms"], &plan["host"], &plan["port"]), (&json!(12_000), &json!("127.0.0.1"), &json!(port)));
    assert_eq!((&plan["secure"], &plan["certificate"]), (&json!(false), &Value::Null));
    assert_eq!(plan["participant"]["measured"], json!(false));
}

#[test]
fn what_is_seen_is_what_came() {
    let house = House::shared();
    let plain = house.stranger().get(&format!("{API}/seen")).json();
    assert_eq!((&plain["address"], &plain["version"]), (&json!("127.0.0.1"), &json!("HTTP/1.1")));
    assert_eq!((&plain["proxies"], &plain["trusted"]), (&json!([]), &json!(false)));
    assert!(plain["now"].is_i64());
    let proxied =
        house.stranger().with("Via", "1.1 box").with("X-Forwarded-For", &"9".repeat(900)).get(&format!("{API}/seen"));
    let proxied = proxied.json();
    assert_eq!(proxied["proxies"][0], json!(["via", "1.1 box"]));
    assert_eq!(proxied["proxies"][1][1], json!("9".repeat(200)));
    // Whom nobody trusts, nobody believes.
    assert_eq!(proxied["address"], json!("127.0.0.1"));

    let house = House::new(&[("PARTERRE_PROXIES", "127.0.0.0/8")]);
    let proxied = house.stranger().with("X-Forwarded-For", "192.0.2.7").get(&format!("{API}/seen")).json();
    assert_eq!((&proxied["address"], &proxied["trusted"]), (&json!("192.0.2.7"), &json!(true)));
}

#[test]
fn measures_are_judged_and_nonsense_is_refused() {
    let house = House::shared();
    let judge = |body: Value| house.stranger().ask("POST", &format!("{API}/judge"), &body);
    let measures = json!({"websocket": {"trouble": {"kind": "no_answer"}}, "seen": {"figures": {"protocol": "h2"}}});
    let judged = judge(json!({"participants": 1000, "measures": measures})).expect(200).json();
    assert_eq!(judged["summary"]["take_part"]["code"], "websocket_blocked");
    assert_eq!(judged["summary"]["bandwidth"]["participants"], 1000);
    for (body, status) in [
        (json!({"measures": {"speed": 9}}), 400),
        (json!({"measures": {"delay": {"figures": {"sent": -1, "ms": []}}}}), 400),
        (json!({"participants": 3}), 400),
        (json!({"participants": 0, "measures": {}}), 422),
        (json!({"participants": 1_000_001, "measures": {}}), 422),
        (json!({"measures": {"delay": {"figures": {"sent": 1, "ms": vec![1.0; 60_000]}}}}), 413),
    ] {
        judge(body).expect(status);
    }
}

#[test]
fn a_test_by_an_address_of_the_servers_own_machine_is_no_yes() {
    let figures = json!({
        "page": {"figures": {"secure": false, "port": 80, "ms": 20, "slowest_ms": 30, "missing": 0}},
        "seen": {"figures": {"protocol": "http/1.1", "version": "HTTP/1.1", "address": "127.0.0.1"}},
        "websocket": {"figures": {"ms": 20}},
        "messages": {"figures": {"sent": 8, "back": 8, "changed": 0, "in_order": true, "largest": 65536, "binary": true}},
        "cookies": {"figures": {"set": true, "sent": true}},
        "delay": {"figures": {"sent": 20, "ms": vec![5.0; 20]}},
        "burst": {"figures": {"asked": 200, "came": 200, "ms": 80.0}},
        "download": {"figures": {"bytes": 2_000_000, "ms": 400}},
        "upload": {"figures": {"bytes": 500_000, "ms": 200}},
        "phones": {"figures": {"asked": 30, "opened": 30, "busy": 0, "kept": 30, "ms": [5.0]}},
        "idle": [{"seconds": 600, "hold": {"figures": {"end": "survived", "ms": 600000}}}],
    });
    let answers = |house: &House, host: &str| {
        let browser = house.stranger().with("Host", host).with("Origin", &format!("http://{host}"));
        let judged = browser.ask("POST", &format!("{API}/judge"), &json!({"measures": figures})).expect(200).json();
        ["take_part", "run"].map(|it| {
            let answer = &judged["summary"][it];
            [&answer["verdict"], &answer["code"]].map(|text| text.as_str().unwrap_or_default().to_owned())
        })
    };
    let yes = ["success", ""].map(str::to_owned);
    let nowhere = ["skipped", "address_unreachable"].map(str::to_owned);
    let house = House::shared();
    assert_eq!(answers(&house, "vote.example.org"), [yes.clone(), yes]);
    for host in ["localhost:8080", "127.0.0.1", "[::1]:8080"] {
        assert_eq!(answers(&house, host), [nowhere.clone(), nowhere.clone()], "{host}");
    }
}

#[test]
fn an_answer_takes_the_time_that_is_asked_for_and_no_more_than_it_may() {
    let house = House::shared();
    let poll = house.stranger().get(&format!("{API}/poll?after_ms=20")).expect(200);
    assert_eq!(poll.json()["after_ms"], 20);
    let stranger = house.stranger().with("Accept-Encoding", "br, gzip");
    let events = stranger.get(&format!("{API}/events?count=5&every_ms=20")).expect(200);
    assert_eq!((events.header("content-type"), events.header("x-accel-buffering")), ("text/event-stream", "no"));
    assert!(events.header("cache-control").contains("no-transform"));
    let events: Vec<Value> = events
        .body
        .split_terminator("\n\n")
        .map(|it| serde_json::from_str(&it["data: ".len()..]).expect("JSON"))
        .collect();
    let times: Vec<i64> = events.iter().map(|event| event["at"].as_i64().expect("a time")).collect();
    assert_eq!(
        events.iter().map(|event| event["n"].as_u64()).collect::<Vec<_>>(),
        (0..5).map(Some).collect::<Vec<_>>()
    );
    assert!(times.is_sorted());
    for path in [
        "poll?after_ms=0",
        "poll?after_ms=10001",
        "events?count=51",
        "events?count=0",
        "events?every_ms=1001",
        "download?bytes=0",
        "download?bytes=4000001",
    ] {
        assert_eq!(
            house.stranger().get(&format!("{API}/{path}")).refusal(),
            (422, "out_of_range".to_owned()),
            "{path}"
        );
    }
    assert_eq!(house.stranger().get(&format!("{API}/poll?after_ms=soon")).refusal().0, 400);
}

#[test]
fn bytes_come_and_go_as_they_are() {
    let house = House::shared();
    let stranger = house.stranger().with("Accept-Encoding", "br, gzip");
    let down = stranger.get(&format!("{API}/download?bytes=300001")).expect(200);
    assert_eq!(down.bytes.len(), 300_001);
    assert_eq!(down.header("content-length"), "300001");
    // Each value is about as frequent as every other: nothing to compress.
    let mut counts = [0usize; 256];
    down.bytes.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    assert!(counts.iter().all(|count| (900..1450).contains(count)), "{counts:?}");
    let up = |bytes: usize| {
        house.stranger().send("POST", &format!("{API}/upload"), "application/octet-stream", &vec![7; bytes])
    };
    assert_eq!(up(200_000).expect(200).json()["bytes"], 200_000);
    assert_eq!(up(0).expect(200).json()["bytes"], 0);
    assert_eq!(up(4_000_001).status, 413);
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
fn a_report_is_signed_and_can_be_checked_by_anybody() {
    let house = House::new(&[]);
    let stranger = house.stranger();
    let measures = json!({"websocket": {"trouble": {"kind": "no_answer"}}, "seen": {"figures": {"protocol": "h2"}},
        "idle": [{"seconds": 60, "hold": {"figures": {"end": "closed", "ms": 20000.0}}}]});
    let draft = json!({"place": " Salle <b>des fêtes</b>\n", "participants": 300, "measures": measures});
    let made = stranger.ask("POST", &format!("{API}/reports"), &draft).expect(201).json();
    let (id, page) = (made["id"].as_str().expect("an id"), made["page"].as_str().expect("a page"));
    assert_eq!((id.len(), page), (43, format!("/netcheck/reports/{id}").as_str()));

    let document = stranger.get(&format!("{API}/reports/{id}")).expect(200);
    let report = document.json();
    assert_eq!((&report["place"], &report["participants"]), (&json!("Salle <b>des fêtes</b>"), &json!(300)));
    assert_eq!(report["judgement"]["summary"]["take_part"]["code"], "websocket_blocked");
    assert_eq!(report["measures"]["websocket"], measures["websocket"]);

    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name);
    fs::write(file("report.json"), &document.bytes).expect("a file");
    fs::write(file("report.sig"), stranger.get(&format!("{API}/reports/{id}/signature")).expect(200).bytes)
        .expect("a file");
    fs::write(file("key.pem"), stranger.get(&format!("{API}/key")).expect(200).bytes).expect("a file");
    // As the page of the report says it.
    let words = "pkeyutl -verify -pubin -inkey key.pem -rawin -in report.json -sigfile report.sig";
    let is_good = || {
        let checked = Command::new("openssl").args(words.split(' ')).current_dir(folder.path()).output();
        checked.expect("this test needs openssl").status.success()
    };
    assert!(is_good());
    fs::write(file("report.json"), document.body.replace("300", "900")).expect("a file");
    assert!(!is_good());

    let page = stranger.get(page).expect(200).body;
    assert!(page.contains("Salle &#60;b&#62;des fêtes&#60;/b&#62;") && page.contains(words), "{page}");
    assert!(page.contains("Pages get through, live connections do not."));
    let french = house.stranger().with("Accept-Language", "fr").get(&format!("/netcheck/reports/{id}")).expect(200);
    assert!(french.body.contains("Les pages passent, pas les connexions en direct."));

    for nothing in [format!("{API}/reports/{}", "x".repeat(43)), format!("{API}/reports/{}/signature", "x".repeat(43))]
    {
        assert_eq!(stranger.get(&nothing).refusal(), (404, "not_found".to_owned()));
    }
    assert_eq!(stranger.get("/netcheck/reports/x").status, 404);
    let long = json!({"place": "x".repeat(121), "measures": {}});
    assert_eq!(stranger.ask("POST", &format!("{API}/reports"), &long).refusal(), (422, "problem.too_long".to_owned()));
}

#[test]
fn a_report_holds_what_is_judged_and_no_more() {
    let house = House::new(&[]);
    let report = |samples: usize, milliseconds: f64| {
        let delay = json!({"figures": {"sent": samples, "ms": vec![milliseconds; samples]}});
        house.stranger().ask("POST", &format!("{API}/reports"), &json!({"measures": {"delay": delay}}))
    };
    let id = report(20_000, 1.5).expect(201).json()["id"].as_str().expect("an id").to_owned();
    let kept = house.stranger().get(&format!("{API}/reports/{id}")).expect(200).body;
    assert!(kept.len() < 8_000, "{} bytes", kept.len());
    // A whole test, with all digits that a browser gives.
    report(200, 12.300000000745058).expect(201);
    let idle: Vec<_> = (0..2_000).map(|n| json!({"seconds": n, "hold": {"trouble": {"kind": "silent"}}})).collect();
    let measures = json!({"measures": {"idle": idle}});
    let refused = house.stranger().ask("POST", &format!("{API}/reports"), &measures);
    assert_eq!(refused.refusal(), (413, "too_large".to_owned()));
}

#[test]
fn reports_are_kept_in_bounds_and_through_a_crash() {
    let mut house = House::new(&[("PARTERRE_NETCHECK__REPORTS", "4"), ("PARTERRE_NETCHECK__TESTS", "8")]);
    let make = |house: &House| house.stranger().ask("POST", &format!("{API}/reports"), &json!({"measures": {}}));
    let ids: Vec<String> =
        (0..3).map(|_| make(&house).expect(201).json()["id"].as_str().expect("an id").to_owned()).collect();
    let there = |house: &House| {
        ids.iter().filter(|id| house.stranger().get(&format!("{API}/reports/{id}")).status == 200).count()
    };
    assert_eq!(there(&house), 2);
    make(&house).expect(201);
    assert_eq!(make(&house).refusal(), (503, "busy".to_owned()), "half of so many in a minute");
    let key = house.stranger().get(&format!("{API}/key")).body;
    house.crash();
    assert_eq!(house.stranger().get(&format!("{API}/key")).body, key);
    assert_eq!(there(&house), 1);
}

#[test]
fn the_requirements_are_those_of_this_server() {
    let house = House::new(&[("PARTERRE_LIVE__PING_MS", "20000")]);
    let visitor = || house.stranger().with("Host", "vote.example.org:8081");
    let page = visitor().get("/netcheck/requirements").expect(200).body;
    for words in ["vote.example.org", "TCP 8081, outgoing, without TLS", "must be over 20 s"] {
        assert!(page.contains(words), "{words} is not in {page}");
    }
    let french = visitor().with("Accept-Language", "fr").get("/netcheck/requirements").expect(200).body;
    assert!(french.contains("TCP 8081, sortant, sans TLS") && french.contains("4 Mbit/s"), "{french}");
    let test = house.stranger().get("/netcheck").expect(200).body;
    assert!(test.contains("goes on to 10 min"));
}

#[test]
fn cookies_and_a_page_come_as_they_are_and_are_told_beside() {
    let house = House::shared();
    let browser = house.stranger().with_cookie("parterre_netcheck_sent", "abc1");
    let answer = browser.get(&format!("{API}/cookies?set=xyz2")).expect(200);
    assert_eq!(answer.json()["sent"], "abc1");
    assert_eq!(browser.cookie("parterre_netcheck").as_deref(), Some("xyz2"));
    assert_eq!(house.stranger().get(&format!("{API}/cookies?set=xyz2")).json()["sent"], Value::Null);
    for wrong in ["", "a;b", "a%20b", &"x".repeat(41)] {
        assert_eq!(browser.get(&format!("{API}/cookies?set={wrong}")).status, 422, "{wrong}");
    }
    let page = browser.get(&format!("{API}/document")).expect(200);
    assert_eq!((page.header("content-type"), page.header("parterre-netcheck")), ("text/html; charset=utf-8", "1"));
    let told = browser.get(&format!("{API}/document?form=json")).expect(200).json();
    assert_eq!(told["text"].as_str(), Some(page.body.as_str()));
    assert!(!page.body.contains("<script"), "what counts scripts counts none of ours");
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

#[test]
fn a_report_tells_how_it_was_measured_and_what_to_ask_for() {
    let house = House::shared();
    let stranger = house.stranger().with("Host", "vote.example.org").with("Origin", "http://vote.example.org");
    let measures = json!({
        "page": {"figures": {"secure": false, "port": 80, "ms": 20, "slowest_ms": 30, "missing": 0}},
        "cookies": {"figures": {"set": false, "sent": false}},
        "download": {"figures": {"bytes": 2_000_000, "ms": 1000}},
        "upload": {"figures": {"bytes": 500_000, "ms": 1000}},
    });
    let about = json!({"browser": "Firefox/153.0", "tested_s": 90, "zone": "Europe/Zurich", "zone_minutes": 60});
    let draft = json!({"place": "Hall 3", "measures": measures, "about": about});
    let made = stranger.ask("POST", &format!("{API}/reports"), &draft).expect(201).json();
    let page = stranger.get(made["page"].as_str().expect("its page")).expect(200).body;
    for known in [
        "Firefox/153.0",
        "1.5 min",
        "(Europe/Zurich)",
        "This device saw 16 Mbit/s and 4 Mbit/s",
        "pass Cookie and Set-Cookie",
    ] {
        assert!(page.contains(known), "{known}: {page}");
    }
    assert!(page.contains(r##"<a href="#step-cookies">"##) && page.contains(r#"id="step-cookies""#), "{page}");
    for (about, status) in [(json!({"browser": "x".repeat(401)}), 422), (json!({"screen": "x"}), 400)] {
        let draft = json!({"measures": {}, "about": about});
        assert_eq!(stranger.ask("POST", &format!("{API}/reports"), &draft).status, status);
    }
}

#[test]
fn the_requirements_say_all_that_a_network_has_to_let_through() {
    let house = House::new(&[("PARTERRE_NETCHECK__CONTACT", "Ana <Roth>, +41 44 555 01 01")]);
    let page = house.stranger().get("/netcheck/requirements").expect(200).body;
    for said in [
        "Set-Cookie must pass",
        "no UDP",
        "up to 64 KB",
        "new connections per second",
        "IPv6",
        "DNS for",
        "Ana &#60;Roth&#62;",
        "/netcheck on this network",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
}
