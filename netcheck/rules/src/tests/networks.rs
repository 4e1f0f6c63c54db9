//! Networks as they are, with the figures that are measured on them.

use super::*;

pub(super) fn plan() -> Plan {
    Plan {
        host: "parterre.example".to_owned(),
        port: 443,
        this_machine: false,
        phones_at: Some("https://parterre.example".to_owned()),
        addresses: Vec::new(),
        secure: true,
        own_tls: true,
        certificate: Some("AB:CD".to_owned()),
        ping_ms: 25_000,
        silence_s: vec![30, 60, 600],
        phones: 500,
        sizes: Sizes {
            messages: 200,
            message_every_ms: 20,
            large_bytes: 65_536,
            burst_frames: 200,
            burst_bytes: 1_000,
            events: 10,
            event_every_ms: 200,
            poll_ms: 3_000,
            download_bytes: 2_000_000,
            upload_bytes: 500_000,
        },
        participant: Participant { arrive_bytes: 25_000, live_bytes_s: 400, answer_bytes: 1_500, measured: false },
    }
}

/// A good network.
pub(super) fn good() -> Measures {
    let held = |seconds: u32| Idle {
        seconds,
        hold: Measurement::Figures(Hold { end: HoldOutcome::Survived, ms: f64::from(seconds) * 1000.0, code: 0 }),
    };
    Measures {
        page: Some(Measurement::Figures(Page { secure: true, port: 443, ms: 41.0, slowest_ms: 60.0, missing: 0 })),
        name: Some(Measurement::Figures(Name { ms: 12.0, lookup: None })),
        proxy: None,
        addresses: None,
        tls: None,
        packets: None,
        phones: Some(Measurement::Figures(Phones {
            asked: 30,
            opened: 30,
            busy: 0,
            late: 0,
            kept: 30,
            ms: vec![20.0; 30],
        })),
        document: Some(Measurement::Figures(Document { same: true, scripts: 0 })),
        cookies: Some(Measurement::Figures(Cookies { set: true, sent: true })),
        sent_to: None,
        clock: Some(Measurement::Figures(Clock { ahead_ms: -310.0, round_trip_ms: 20.0 })),
        seen: Some(Measurement::Figures(ObservedHttp {
            protocol: "http/1.1".to_owned(),
            version: "HTTP/1.1".to_owned(),
            address: "192.0.2.7".to_owned(),
            ..ObservedHttp::default()
        })),
        websocket: Some(Measurement::Figures(Opened { ms: 30.0 })),
        messages: Some(Measurement::Figures(Messages {
            sent: 8,
            back: 8,
            changed: 0,
            in_order: true,
            largest: 65_536,
            binary: true,
            stopped_at: 0,
            slowest_ms: 40.0,
            end: ChannelEnd::Done,
        })),
        delay: Some(Measurement::Figures(Delay {
            sent: 200,
            ms: (0..200).map(|n| 20.0 + f64::from(n % 10)).collect(),
            end: ChannelEnd::Done,
        })),
        burst: Some(Measurement::Figures(Burst { asked: 200, came: 200, ms: 80.0, end: ChannelEnd::Done })),
        resume: Some(Measurement::Figures(Resume { asked: 40, came: 40, twice: 0, ms: 90.0, end: ChannelEnd::Done })),
        sse: Some(Measurement::Figures(Sse { asked: 3, at: vec![(0.0, 900.0), (200.0, 1105.0), (400.0, 1301.0)] })),
        poll: Some(Measurement::Figures(Poll { asked_ms: 3_000.0, ms: 3_040.0 })),
        download: Some(Measurement::Figures(Transfer { bytes: 2_000_000, ms: 400.0 })),
        upload: Some(Measurement::Figures(Transfer { bytes: 500_000, ms: 200.0 })),
        storage: Some(Measurement::Figures(Storage { works: true, cookies: true, private: false })),
        idle: vec![held(600), held(30), held(60)],
    }
}

/// The server's own certificate, which everybody trusts.
fn trusted_tls() -> Tls {
    Tls {
        ms: 20.0,
        versions: vec!["1.3".to_owned(), "1.2".to_owned()],
        sha256: "AB:CD".to_owned(),
        issuer: "R11 (Let's Encrypt)".to_owned(),
        chain: vec!["parterre.example".to_owned()],
        trust: Trust::Public,
        good: None,
        trust_in_time: None,
    }
}

/// What a program sees before its first request, on a good network.
pub(super) fn seen_by_a_program() -> Measures {
    let lookup = Lookup {
        resolver: "192.0.2.53".to_owned(),
        outcome: LookupResult::Found,
        addresses: vec!["198.51.100.4".to_owned(), "2001:db8::4".to_owned()],
    };
    let reached = |address: &str, outcome| ReachedAddresses { address: address.to_owned(), outcome };
    Measures {
        proxy: Some(Measurement::Figures(Proxy { name: String::new(), outcome: Tunnel::Direct })),
        name: Some(Measurement::Figures(Name { ms: 12.0, lookup: Some(lookup) })),
        addresses: Some(Measurement::Figures(vec![
            reached("198.51.100.4", Connected::Yes { ms: 9.0 }),
            // Many networks have no IPv6, and nobody misses it.
            reached("2001:db8::4", Connected::NoWay),
        ])),
        tls: Some(Measurement::Figures(trusted_tls())),
        packets: Some(Measurement::Figures(Packets { passed: 4_000, stalled: 0 })),
        phones: Some(Measurement::Figures(Phones {
            asked: 200,
            opened: 200,
            busy: 0,
            late: 0,
            kept: 200,
            ms: vec![20.0; 400],
        })),
        ..good()
    }
}

/// What was measured, to be changed.
pub(super) fn figures<T>(got: &mut Option<Measurement<T>>) -> &mut T {
    match got {
        Some(Measurement::Figures(figures)) => figures,
        _ => panic!("a good network has figures of everything"),
    }
}
