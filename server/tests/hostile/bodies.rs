//! Bodies that are small on the way and gigabytes once they are unpacked: nothing unpacks them, at
//! any address.

use std::thread;

use flate2::{Compress, Compression, FlushCompress};
use parterre::http;

use crate::{
    client::Client,
    memory::{forget_peak, peak_kib},
    program::Program,
};

const GIGABYTE: usize = 1 << 30;
/// A gigabyte of blanks in 809 bytes.
const BROTLI: &[u8] = include_bytes!("gigabyte.br");
/// What attempts at every address may leave, in KiB.
const MAX_GROWTH: u64 = 5 * 1024;
/// Attempts at the same time: each is held for a moment by the server, which reads on for whoever
/// is still sending.
const AT_ONCE: usize = 8;
/// Methods whose requests have a body.
const WITH_BODY: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];
/// Addresses that the table does not have.
const OTHERS: [&str; 5] = ["/", "/nothing", "/api/v1/nothing", "/assets/dev/js/phone.js", "/assets/dev/none"];

/// A gigabyte in each coding that servers know.
fn bombs() -> [(&'static str, Vec<u8>); 4] {
    let deflate = deflate();
    let gzip = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &deflate].concat();
    [("br", BROTLI.to_vec()), ("gzip", gzip), ("deflate", deflate), ("zstd", zstd())]
}

/// Blocks of a mebibyte, each of which needs none before it.
fn deflate() -> Vec<u8> {
    let mut block = Vec::with_capacity(64 * 1024);
    let mut compress = Compress::new(Compression::best(), false);
    compress.compress_vec(&vec![b' '; 1 << 20], &mut block, FlushCompress::Full).expect("memory takes all");
    block.repeat(GIGABYTE >> 20)
}

/// A frame of blocks of 128 KiB, each of one byte that is repeated (RFC 8878, 3.1.1.2).
fn zstd() -> Vec<u8> {
    const BLOCK: usize = 128 * 1024;
    let block = |last: bool| {
        let [one, two, three, _] = ((BLOCK as u32) << 3 | 1 << 1 | u32::from(last)).to_le_bytes();
        [one, two, three, b' ']
    };
    let blocks = (1..=GIGABYTE / BLOCK).flat_map(|number| block(number == GIGABYTE / BLOCK));
    [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58].into_iter().chain(blocks).collect()
}

/// Every address that changes something, with a value for each of its variables.
fn addresses(program: &Program) -> Vec<(String, String)> {
    let event = program.event.to_string();
    let path = |path: &str| {
        path.split_inclusive('}')
            .map(|part| {
                part.split_once('{').map_or(part.to_owned(), |(fixed, name)| {
                    fixed.to_owned() + if name == "code}" { "TULIP" } else { &event }
                })
            })
            .collect::<String>()
    };
    let table = http::addresses();
    let all =
        table.iter().flat_map(|address| address.methods().into_iter().map(|method| (method, path(address.path()))));
    all.map(|(method, path)| (method.to_string(), path)).filter(|(method, _)| WITH_BODY.contains(&&**method)).collect()
}

fn send(program: &Program, method: &str, path: &str, codings: &str, body: &[u8]) -> String {
    let mut client = Client::connect(program);
    let kind = if path.starts_with("/api/") { "application/json" } else { "application/x-www-form-urlencoded" };
    client.send(
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n{codings}Connection: close\r\n\r\n",
            program.address,
            body.len()
        )
        .as_bytes(),
    );
    // It may have been refused before all of it was sent.
    client.try_send(body);
    client.rest()
}

fn refused(case: &str, answer: &str) {
    assert!(answer.starts_with("HTTP/1.1 415 "), "{case}: {answer}");
    assert!(answer.contains("\r\naccept-encoding: identity\r\n"), "{case}: {answer}");
    assert!(answer.contains(r#""code":"encoded""#), "{case}: {answer}");
}

#[test]
fn a_gigabyte_in_a_few_bytes_is_unpacked_nowhere() {
    let program = Program::start(&[]);
    let mut addresses = addresses(&program);
    addresses.extend(OTHERS.map(|path| ("POST".to_owned(), path.to_owned())));
    assert!(addresses.len() > 20, "{addresses:?}");
    let bombs = bombs();
    let attempt = |(method, path): &(String, String)| {
        for (coding, bomb) in &bombs {
            let answer = send(&program, method, path, &format!("Content-Encoding: {coding}\r\n"), bomb);
            refused(&format!("{coding} {method} {path}"), &answer);
        }
    };
    let at_once = |all: &[(String, String)]| {
        thread::scope(|scope| {
            for some in all.chunks(all.len().div_ceil(AT_ONCE)) {
                scope.spawn(|| some.iter().for_each(attempt));
            }
        });
    };
    // The first attempts make what all later ones use.
    at_once(&addresses[..AT_ONCE]);
    let before = forget_peak(&program);
    at_once(&addresses);
    let growth = peak_kib(&program).saturating_sub(before);
    assert!(growth < MAX_GROWTH, "{growth} KiB");
}

#[test]
fn a_coding_is_refused_however_it_is_written() {
    let program = Program::start(&[]);
    for codings in [
        "Content-Encoding: GZIP\r\n",
        "content-encoding: x-gzip\r\n",
        "Content-Encoding: identity, br\r\n",
        "Content-Encoding: br, identity\r\n",
        "Content-Encoding: identity\r\nContent-Encoding: br\r\n",
        "Content-Encoding: br\r\nContent-Encoding: identity\r\n",
        "Content-Encoding: gzip, br, zstd\r\n",
        "Content-Encoding: \r\n",
        "Content-Encoding: ,\r\n",
        "Content-Encoding: aes128gcm\r\n",
        "Expect: 100-continue\r\nContent-Encoding: br\r\n",
    ] {
        let answer = send(&program, "POST", "/api/v1/join", codings, BROTLI);
        let answer = answer.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(&answer);
        refused(codings, answer);
    }
    let plain = send(&program, "POST", "/api/v1/join", "Content-Encoding: Identity\r\n", br#"{"code": "NOSUCH"}"#);
    assert!(plain.contains(r#""code":"unknown_event""#), "{plain}");
}

#[test]
fn a_person_is_told_in_a_page() {
    let program = Program::start(&[]);
    let answer = send(&program, "POST", "/login", "Accept: text/html\r\nContent-Encoding: br\r\n", BROTLI);
    assert!(answer.starts_with("HTTP/1.1 415 ") && answer.contains("This request was compressed"), "{answer}");
    assert!(answer.contains("\r\naccept-encoding: identity\r\n"), "{answer}");
}

#[test]
fn the_live_address_refuses_as_all_others_do_and_it_is_counted() {
    let program = Program::start(&[]);
    let refusals = || {
        let metrics = send(&program, "GET", "/metrics", "", b"");
        let count = metrics.lines().find_map(|line| line.strip_prefix("parterre_http_requests_total{status=\"4xx\"} "));
        count.map_or(0, |count| count.trim().parse::<u64>().expect("a number"))
    };
    let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for path in ["/api/v1/live?event=00000000-0000-0000-0000-000000000000&as=screen", "/api/v1/netcheck/channel"] {
        let before = refusals();
        let mut client = Client::connect(&program);
        client.send(
            format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{upgrade}Content-Encoding: br\r\n\r\n", program.address)
                .as_bytes(),
        );
        refused(path, &client.rest());
        assert_eq!(refusals(), before + 1, "{path}");
    }
}
