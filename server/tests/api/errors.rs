//! Errors: whatever is asked of an address of the API, in whatever way, an error is JSON with a
//! code and a sentence in plain words; and at the addresses of pages programs are told the same in
//! the same way.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    thread,
};

use parterre::http;
use serde_json::Value;

use crate::{
    event::{Event, poll},
    house::House,
};

/// Methods that are tried at every address, whether it knows them or not.
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"];
/// Methods that have a body.
const WITH_BODY: [&str; 3] = ["POST", "PUT", "PATCH"];
/// Addresses of the API that the table does not have.
const OTHERS: [&str; 9] = [
    "/api",
    "/api/",
    "/api/v1",
    "/api/v1/nothing",
    "/api/v1/join/",
    "/api/v1//join",
    "/api/v2/join",
    "/api/v1/events/%ff",
    "/api/v1/events/a%2Fb/questions",
];
/// What no address takes: of each field one of another kind.
const QUERY: &str = "?event=x&as=1&again=x&list=x&posts=x&before=x&after=%ff&sort=7&label=x&count=x&every_ms=x&after_ms=x&bytes=-1&form=%zz&cookie=%ff";
/// Words of those who wrote the parsers, and marks of sentences that were put together carelessly.
const NOT_PLAIN: [&str; 9] =
    ["Json", "serde", "eserialize", "expected", "error:", "line 0", "..", "invalid type", "variant"];

/// An answer as it came.
struct RawResponse {
    status: u16,
    head: String,
    body: String,
}

/// Sends one request with these headers, and reads the answer to its end.
fn ask(address: SocketAddr, method: &str, path: &str, headers: &str, body: &[u8]) -> RawResponse {
    let mut stream = TcpStream::connect(address).expect("the server accepts");
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n");
    // It may be refused before all of it is sent.
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    // What comes in chunks that are none may end its connection before there is an answer.
    let unanswered = answer.is_empty() && headers.contains("chunked");
    let status = if unanswered { Some(0) } else { head.split(' ').nth(1).and_then(|status| status.parse().ok()) };
    let (head, body) = (head.to_ascii_lowercase(), body.to_owned());
    RawResponse { status: status.unwrap_or_else(|| panic!("{method} {path}: {answer:?}")), head, body }
}

/// What is asked for is refused in JSON, if it is.
fn check(case: &str, response: &RawResponse) {
    if response.status < 400 {
        return;
    }
    assert!(
        response.head.contains("\r\ncontent-type: application/json"),
        "{case}: {} {}",
        response.status,
        response.head
    );
    if case.starts_with("HEAD ") {
        return;
    }
    let body: Value =
        serde_json::from_str(&response.body).unwrap_or_else(|error| panic!("{case}: {error}: {}", response.body));
    let code = body["code"].as_str().unwrap_or_else(|| panic!("{case}: {body}"));
    assert!(code.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '.') && !code.is_empty(), "{case}: {code}");
    let message = body["message"].as_str().unwrap_or_else(|| panic!("{case}: {body}"));
    assert!(message.starts_with(|c: char| c.is_ascii_uppercase()) && message.ends_with('.'), "{case}: {message}");
    assert!(!NOT_PLAIN.iter().any(|words| message.contains(words)), "{case}: {message}");
}

fn body_of(kind: &str, body: &[u8]) -> String {
    format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len())
}

/// Bodies that nobody understands, each with its headers.
fn bodies() -> Vec<(String, Vec<u8>)> {
    let json = "application/json";
    let form = "application/x-www-form-urlencoded";
    let mut bodies: Vec<(String, Vec<u8>)> = vec![(String::new(), Vec::new())];
    for (kind, body) in [
        (json, ""),
        (json, "{"),
        (json, "[]"),
        (json, "7"),
        (json, "{}"),
        (
            json,
            r#"{"code":1,"name":{},"settings":{"kind":"dance"},"kind":"dance","activities":7,"cid":"x","measures":[]}"#,
        ),
        (json, r#"{"t":"dance","cid":7}"#),
        (form, "cid=x&do=dance&vote=sideways&post=x"),
        ("text/plain", "{}"),
        ("?", "{}"),
    ] {
        bodies.push((body_of(kind, body.as_bytes()), body.into()));
    }
    bodies.push((body_of(json, b"\xff\xfe"), b"\xff\xfe".to_vec()));
    bodies.push((body_of(json, &[b' '; 140_000]), vec![b' '; 140_000]));
    bodies.push((format!("Content-Type: {json}\r\nTransfer-Encoding: chunked\r\n"), b"zz\r\n{}\r\n0\r\n\r\n".to_vec()));
    bodies.push((format!("Content-Type: {json}\r\nContent-Encoding: br\r\nContent-Length: 2\r\n"), b"{}".to_vec()));
    bodies
}

/// The paths of an address of the table: with ids of nothing, and with what is no id.
fn paths(path: &str, code: &str) -> [String; 2] {
    ["00000000-0000-0000-0000-000000000000", "nope"].map(|id| {
        path.split_inclusive('}')
            .map(|part| match part.split_once('{') {
                Some((fixed, "code}")) => format!("{fixed}{code}"),
                Some((fixed, _)) => format!("{fixed}{id}"),
                None => part.to_owned(),
            })
            .collect()
    })
}

/// Asks for all of these at once, as many threads as the machine can bear.
fn all(cases: Vec<(&'static str, String, Vec<String>)>, try_one: impl Fn(&str, &str, &[String]) + Sync) {
    assert!(cases.len() > 100, "{}", cases.len());
    thread::scope(|scope| {
        for some in cases.chunks(cases.len().div_ceil(4)) {
            scope.spawn(|| some.iter().for_each(|(method, path, known)| try_one(method, path, known)));
        }
    });
}

/// Every address of the table of this sort, by every method, with the methods that it knows.
fn cases(code: &str, is_wanted: impl Fn(&str) -> bool, others: &[&str]) -> Vec<(&'static str, String, Vec<String>)> {
    let mut cases = Vec::new();
    for address in http::addresses().iter().filter(|address| is_wanted(address.path())) {
        let known: Vec<String> = address.methods().iter().map(ToString::to_string).collect();
        for path in paths(address.path(), code) {
            cases.extend(METHODS.map(|method| (method, path.clone(), known.clone())));
        }
    }
    cases.extend(others.iter().flat_map(|path| METHODS.map(|method| (method, (*path).to_owned(), Vec::new()))));
    cases
}

#[test]
fn every_error_of_the_api_is_json_in_plain_words_whatever_is_asked() {
    let house = House::new(&[("PARTERRE_WORKERS", "2")]);
    let (address, bodies) = (house.address(), bodies());
    let signed_in = format!("Cookie: {}\r\nOrigin: http://{address}\r\n", house.owner().cookie_header());
    all(cases("NOSUCH", |path| path.starts_with("/api/"), &OTHERS), |method, path, known| {
        let is_known = known.iter().any(|known| known == method);
        let response = ask(address, method, path, &format!("{signed_in}Accept: text/html\r\n"), b"");
        check(&format!("{method} {path}"), &response);
        if !is_known {
            assert!(response.status >= 400, "{method} {path}: {}", response.status);
            return;
        }
        check(&format!("{method} {path} of a stranger"), &ask(address, method, path, "", b""));
        let elsewhere = "Origin: http://evil.example\r\nCookie: parterre_session=x\r\n";
        check(&format!("{method} {path} from elsewhere"), &ask(address, method, path, elsewhere, b""));
        check(&format!("{method} {path} {QUERY}"), &ask(address, method, &format!("{path}{QUERY}"), &signed_in, b""));
        let upgrade = "Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 12\r\n";
        check(&format!("{method} {path} upgraded"), &ask(address, method, path, &format!("{signed_in}{upgrade}"), b""));
        for (headers, body) in bodies.iter().filter(|_| WITH_BODY.contains(&method)) {
            let case = format!("{method} {path} {headers:?} {}", String::from_utf8_lossy(&body[..body.len().min(60)]));
            check(&case, &ask(address, method, path, &format!("{signed_in}{headers}"), body));
        }
    });
}

#[test]
fn a_body_that_does_not_arrive_is_answered_in_json_too() {
    let house = House::new(&[("PARTERRE_LIMITS__BODY_TIMEOUT_MS", "300")]);
    let event = Event::new(&house, &[]);
    let joined = format!("Cookie: {}\r\nOrigin: http://{}\r\n", event.device().cookie_header(), house.address());
    let live = format!("/api/v1/live?event={}", event.id);
    for path in ["/api/v1/join", &*live, "/api/v1/netcheck/judge"] {
        let headers = format!("{joined}Content-Type: application/json\r\nContent-Length: 1000\r\n");
        let response = ask(house.address(), "POST", path, &headers, b"{");
        check(path, &response);
        assert_eq!(response.status, 408, "{path}: {}", response.body);
        assert!(response.body.contains(r#""code":"too_slow""#), "{path}: {}", response.body);
    }
}

#[test]
fn programs_are_told_of_every_failure_in_json_at_the_addresses_of_pages_too() {
    let house = House::new(&[("PARTERRE_WORKERS", "2")]);
    let event = Event::new(&house, &[poll()]);
    let (address, bodies) = (house.address(), bodies());
    let owner = format!("Cookie: {}\r\nOrigin: http://{address}\r\n", house.owner().cookie_header());
    let device = format!("Cookie: {}\r\nOrigin: http://{address}\r\n", event.device().cookie_header());
    let mut cases = cases(
        &event.code,
        |path| !path.starts_with("/api/"),
        &["/nothing", "/e", "/e/NOSUCH", "/e/%ff", "/assets/none"],
    );
    // Who signs out is signed out.
    cases.retain(|(_, path, _)| path != "/logout");
    all(cases, |method, path, known| {
        for who in [&owner, &device, ""] {
            for accept in ["Accept: application/json\r\n", "Accept: */*\r\n", ""] {
                check(
                    &format!("{method} {path} {accept}"),
                    &ask(address, method, path, &format!("{who}{accept}"), b""),
                );
            }
        }
        if !known.iter().any(|known| known == method) {
            return;
        }
        for (headers, body) in bodies.iter().filter(|_| WITH_BODY.contains(&method)) {
            let case = format!("{method} {path} {headers:?} {}", String::from_utf8_lossy(&body[..body.len().min(60)]));
            for who in [&owner, &device] {
                let headers = format!("{who}Accept: application/json\r\n{headers}");
                check(&case, &ask(address, method, path, &headers, body));
            }
        }
    });
}
