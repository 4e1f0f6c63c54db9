//! The rules, with the figures of networks as they are.

use serde_json::json;

mod obstacles;

use crate::{plan::Sizes, *};

fn plan() -> Plan {
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
fn good() -> Measures {
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

fn found(plan: &Plan, measures: &Measures, step: Step) -> (Verdict, Code) {
    let judged = judge(plan, measures, 500);
    let finding = judged.findings.iter().find(|finding| finding.step == step).expect("something is said of it");
    (finding.verdict, finding.code)
}

fn answers(measures: &Measures) -> (Verdict, Verdict) {
    let summary = judge(&plan(), measures, 500).summary;
    (summary.take_part.verdict, summary.run.verdict)
}

const WARNING: Verdict = Verdict::Warning;
const FAILED: Verdict = Verdict::Failed;
const YES: Verdict = Verdict::Success;
const OPEN: Verdict = Verdict::Skipped;

#[test]
fn a_good_network_raises_no_alarm() {
    let judged = judge(&plan(), &good(), 500);
    let alarms: Vec<_> = judged.findings.iter().filter(|finding| finding.verdict > OPEN).collect();
    assert!(alarms.is_empty(), "{alarms:?}");
    let steps: Vec<String> = judged.findings.iter().map(|finding| finding.step.to_string()).collect();
    assert_eq!(steps[..3], ["page", "name", "portal"]);
    assert_eq!(steps[20..], ["idle_30", "idle_60", "idle_600"]);
    assert_eq!(answers(&good()), (YES, YES));
}

#[test]
fn nothing_is_said_before_it_is_known() {
    let judged = judge(&plan(), &Measures::default(), 500);
    assert_eq!(judged.findings, []);
    assert_eq!((judged.summary.take_part.verdict, judged.summary.run.verdict), (OPEN, OPEN));
}

#[test]
fn what_measures_the_delay_is_counted_as_people_feel_it() {
    let with = |sent, ms: Vec<f64>| Measures {
        delay: Some(Measurement::Figures(Delay { sent, ms, end: ChannelEnd::Done })),
        ..good()
    };
    let of = |measures: &Measures| found(&plan(), measures, Step::Delay);
    // One slow message of 200 is chance, two are the network's.
    let stalled = |n: usize| {
        let mut ms = vec![20.0; 200 - n];
        ms.extend(vec![1_800.0; n]);
        with(200, ms)
    };
    assert_eq!(of(&stalled(1)), (YES, Code::DelayFine));
    assert_eq!(of(&stalled(2)), (WARNING, Code::DelayStalls));
    assert_eq!(of(&with(200, vec![1_000.0; 200])), (YES, Code::DelayFine));
    assert_eq!(of(&with(200, vec![1_001.0; 200])), (WARNING, Code::DelaySlow));
    assert_eq!(of(&with(200, vec![3_001.0; 200])), (FAILED, Code::DelaySlow));
    assert_eq!(of(&with(200, vec![20.0; 199])), (FAILED, Code::DelayLost));
    assert_eq!(of(&with(200, vec![])), (FAILED, Code::DelayLost));
    // Nobody's figures make it panic.
    assert_eq!(of(&with(u32::MAX, vec![f64::NAN, f64::INFINITY])), (FAILED, Code::DelayLost));

    let judged = judge(&plan(), &with(4, vec![10.0, 30.0, 10.0, 50.0]), 500);
    let delay = judged.findings.iter().find(|finding| finding.step == Step::Delay).unwrap();
    let shown = serde_json::to_value(&delay.figures).unwrap();
    assert_eq!((&shown["p50"], &shown["p95"], &shown["jitter"]), (&json!(10.0), &json!(50.0), &json!(27.0)));
}

#[test]
fn a_cut_of_silence_is_judged_by_what_connections_do_in_it() {
    let with = |seconds, end, ms| Measures {
        idle: vec![Idle { seconds, hold: Measurement::Figures(Hold { end, ms, code: 1006 }) }],
        ..good()
    };
    for (end, ms, verdict, code, run) in [
        (HoldOutcome::Closed, 60_200.0, WARNING, Code::IdleClosedKept, YES),
        // It may have died at once.
        (HoldOutcome::Silent, 600_000.0, FAILED, Code::IdleSilent, FAILED),
        (HoldOutcome::Closed, 20_000.0, WARNING, Code::IdleClosed, WARNING),
        (HoldOutcome::Closed, 2_100.0, FAILED, Code::IdleClosed, FAILED),
        (HoldOutcome::Silent, 20_000.0, FAILED, Code::IdleSilent, FAILED),
        // A cut just at the ping's time is felt now and then.
        (HoldOutcome::Closed, 25_900.0, WARNING, Code::IdleClosed, WARNING),
    ] {
        let measures = with(600, end, ms);
        assert_eq!(found(&plan(), &measures, Step::Idle(600)), (verdict, code), "{end:?} at {ms}");
        assert_eq!(answers(&measures).1, run, "{end:?} at {ms}");
    }
    let mut later = with(600, HoldOutcome::Silent, 600_000.0);
    later.idle.push(Idle {
        seconds: 30,
        hold: Measurement::Figures(Hold { end: HoldOutcome::Survived, ms: 30_000.0, code: 0 }),
    });
    assert_eq!(found(&plan(), &later, Step::Idle(600)), (WARNING, Code::IdleSilentKept));
    assert_eq!(answers(&later).1, YES);
    // Who does not ask for a step is told nothing of it, and of one that is handed in twice once.
    assert!(judge(&plan(), &with(7, HoldOutcome::Closed, 1.0), 500).findings.iter().all(|it| it.step != Step::Idle(7)));
    let mut twice = good();
    twice.idle.extend(good().idle);
    assert_eq!(judge(&plan(), &twice, 500), judge(&plan(), &good(), 500));
}

#[test]
fn a_websocket_that_is_blocked_is_told_from_a_network_without_any_way() {
    let blocked = Some(Measurement::Trouble(Trouble::NoAnswer));
    let measures = Measures {
        websocket: blocked.clone(),
        messages: Some(Measurement::Trouble(Trouble::NoAnswer)),
        delay: Some(Measurement::Trouble(Trouble::NoAnswer)),
        ..good()
    };
    assert_eq!(found(&plan(), &measures, Step::WebSocket), (WARNING, Code::WebSocketAround));
    assert_eq!(found(&plan(), &measures, Step::Delay), (OPEN, Code::Stopped));
    assert_eq!(answers(&measures), (WARNING, WARNING));
    let by_poll = Measures { sse: Some(Measurement::Trouble(Trouble::Silent)), ..measures.clone() };
    assert_eq!(found(&plan(), &by_poll, Step::WebSocket), (WARNING, Code::WebSocketAround));
    let no_way = Measures { poll: Some(Measurement::Trouble(Trouble::Silent)), ..by_poll };
    assert_eq!(found(&plan(), &no_way, Step::WebSocket), (FAILED, Code::WebSocketBlocked));
    assert_eq!(answers(&no_way), (FAILED, FAILED));
    let hold = Measurement::Trouble(Trouble::NoAnswer);
    let silent = Measures { idle: vec![Idle { seconds: 30, hold }], ..measures };
    assert_eq!(found(&plan(), &silent, Step::Idle(30)), (OPEN, Code::Stopped));
    let nothing =
        Measures { websocket: blocked.clone(), seen: Some(Measurement::Trouble(Trouble::NoAnswer)), ..good() };
    assert_eq!(found(&plan(), &nothing, Step::WebSocket), (FAILED, Code::NoAnswer));
    let limited =
        Measures { websocket: blocked, poll: Some(Measurement::Trouble(Trouble::Foreign { status: 429 })), ..good() };
    assert_eq!(found(&plan(), &limited, Step::WebSocket), (FAILED, Code::Limited));
}

#[test]
fn whoever_answers_in_our_place_is_named() {
    for (status, code, portal) in [
        (200, Code::Foreign, Code::PortalFound),
        (302, Code::Foreign, Code::PortalFound),
        (511, Code::Foreign, Code::PortalFound),
        (403, Code::Filtered, Code::PortalNone),
        (407, Code::Filtered, Code::PortalNone),
        (429, Code::Limited, Code::PortalNone),
        (503, Code::Limited, Code::PortalNone),
        (502, Code::Gateway, Code::PortalNone),
        (504, Code::Gateway, Code::PortalNone),
    ] {
        let measures = Measures { poll: Some(Measurement::Trouble(Trouble::Foreign { status })), ..good() };
        let verdict = if code == Code::Gateway { WARNING } else { FAILED };
        assert_eq!(found(&plan(), &measures, Step::Poll), (verdict, code), "{status}");
        assert_eq!(found(&plan(), &measures, Step::Portal).1, portal, "{status}");
    }
    // That our server is busy says nothing of the network, and so it is not known yet.
    let busy = Measures { poll: Some(Measurement::Trouble(Trouble::Busy)), ..good() };
    assert_eq!(found(&plan(), &busy, Step::Poll), (OPEN, Code::Busy));
    assert_eq!(answers(&busy), (YES, YES));
}

#[test]
fn somebody_who_opens_tls_gives_himself_away() {
    let seen = |protocol: &str, header: Option<&str>, trusted| Measures {
        seen: Some(Measurement::Figures(ObservedHttp {
            protocol: protocol.to_owned(),
            trusted,
            proxies: header.map(|name| (name.to_owned(), "1.1 box".to_owned())).into_iter().collect(),
            ..ObservedHttp::default()
        })),
        ..good()
    };
    let (own, behind) = (plan(), Plan { own_tls: false, certificate: None, ..plan() });
    for (plan, measures, code) in [
        (&own, seen("http/1.1", None, false), Code::ProtocolFine),
        (&own, seen("h2", None, false), Code::ProtocolInspected),
        (&own, seen("http/1.1", Some("x-forwarded-for"), false), Code::ProtocolInspected),
        (&own, seen("http/1.1", Some("x-forwarded-for"), true), Code::ProtocolOwnProxy),
        (&behind, seen("h2", Some("x-forwarded-for"), false), Code::ProtocolProxy),
        (&behind, seen("h2", Some("Via"), false), Code::ProtocolInspected),
        (&behind, seen("h2", None, false), Code::ProtocolFine),
    ] {
        assert_eq!(found(plan, &measures, Step::Protocol).1, code, "{measures:?}");
    }
    assert_eq!(found(&own, &seen("h2", None, false), Step::Certificate), (WARNING, Code::CertificateDoubtful));
    assert_eq!(found(&own, &good(), Step::Certificate), (OPEN, Code::CertificateCompare));
    assert_eq!(found(&behind, &good(), Step::Certificate), (OPEN, Code::CertificateUnknown));
}

#[test]
fn events_that_come_in_blocks_are_seen_whatever_the_clocks_say() {
    let with = |asked, at: &[(f64, f64)]| Measures {
        sse: Some(Measurement::Figures(Sse { asked, at: at.to_vec() })),
        ..good()
    };
    let of = |measures: &Measures| found(&plan(), measures, Step::Sse);
    let punctual: Vec<_> = (0..10).map(|n| (f64::from(n) * 200.0, 1e9 + f64::from(n) * 200.0)).collect();
    let blocked: Vec<_> = (0..10).map(|n| (f64::from(n) * 200.0, 1e9 + 1_800.0)).collect();
    assert_eq!(of(&with(10, &punctual)), (YES, Code::SseFine));
    assert_eq!(of(&with(10, &blocked)), (WARNING, Code::SseHeld));
    assert_eq!(of(&with(10, &[])), (WARNING, Code::SseLost));
    assert_eq!(answers(&with(10, &blocked)), (YES, YES));
}

#[test]
fn a_room_needs_the_more_of_arriving_and_voting() {
    let one = Participant { arrive_bytes: 60_000, live_bytes_s: 100, answer_bytes: 1_000, measured: false };
    assert_eq!((one.needs(1).down, one.needs(1).up), (10_000, 1_000));
    assert_eq!(Participant { live_bytes_s: 2_000, ..one }.needs(100).down, 2_000_000);
    assert_eq!(one.needs(u32::MAX).down, 42_949_672_950_000);

    // 500 of the plan's participants need 2.1 Mbit/s.
    assert_eq!(plan().participant.needs(500).down, 2_083_334);
    for (mbit, code) in [(4.2, Code::DownloadFine), (4.1, Code::DownloadShort), (2.0, Code::DownloadLow)] {
        let download = Some(Measurement::Figures(Transfer { bytes: (mbit * 125_000.0) as u64, ms: 1_000.0 }));
        let measures = Measures { download, ..good() };
        assert_eq!(found(&plan(), &measures, Step::Download).1, code, "{mbit}");
        assert_eq!(answers(&measures).0, YES, "one can take part");
    }
}

#[test]
fn each_other_obstacle_is_named() {
    type Change = fn(&mut Measures);
    fn figures<T>(got: &mut Option<Measurement<T>>) -> &mut T {
        match got {
            Some(Measurement::Figures(figures)) => figures,
            _ => panic!("a good network has figures of everything"),
        }
    }
    let cases: &[(Change, Step, Verdict, Code)] = &[
        (|it| figures(&mut it.page).secure = false, Step::Page, FAILED, Code::PageStripped),
        (|it| figures(&mut it.page).port = 8443, Step::Page, YES, Code::PagePort),
        (|it| figures(&mut it.page).slowest_ms = 4_001.0, Step::Page, WARNING, Code::PageSlow),
        (|it| figures(&mut it.page).missing = 1, Step::Page, WARNING, Code::PageMissing),
        (|it| figures(&mut it.name).ms = 1_001.0, Step::Name, WARNING, Code::NameSlow),
        (|it| figures(&mut it.name).ms = 0.0, Step::Name, YES, Code::NameKnown),
        (|it| figures(&mut it.clock).ahead_ms = -30_020.0, Step::Clock, WARNING, Code::ClockOff),
        (|it| figures(&mut it.clock).ahead_ms = 30_009.0, Step::Clock, YES, Code::ClockFine),
        (|it| figures(&mut it.websocket).ms = 3_001.0, Step::WebSocket, WARNING, Code::WebSocketSlow),
        (|it| figures(&mut it.messages).changed = 1, Step::Messages, FAILED, Code::MessagesChanged),
        (|it| figures(&mut it.messages).largest = 1_024, Step::Messages, FAILED, Code::MessagesLarge),
        (|it| figures(&mut it.messages).binary = false, Step::Messages, WARNING, Code::MessagesBinary),
        (|it| figures(&mut it.messages).back = 7, Step::Messages, FAILED, Code::MessagesLost),
        (|it| figures(&mut it.messages).in_order = false, Step::Messages, FAILED, Code::MessagesDisorder),
        (|it| figures(&mut it.burst).came = 199, Step::Burst, FAILED, Code::BurstLost),
        (|it| figures(&mut it.burst).ms = 8_001.0, Step::Burst, WARNING, Code::BurstSlow),
        (|it| figures(&mut it.resume).came = 39, Step::Resume, FAILED, Code::ResumeLost),
        (|it| figures(&mut it.resume).twice = 1, Step::Resume, FAILED, Code::ResumeLost),
        (|it| figures(&mut it.resume).ms = 8_001.0, Step::Resume, WARNING, Code::ResumeSlow),
        (|it| figures(&mut it.poll).ms = 5_001.0, Step::Poll, WARNING, Code::PollLate),
        (|it| figures(&mut it.upload).ms = 100_000.0, Step::Upload, FAILED, Code::UploadLow),
        (|it| figures(&mut it.seen).address = "2001:db8::7".to_owned(), Step::Address, YES, Code::AddressV6),
        (|it| figures(&mut it.seen).address = "nonsense".to_owned(), Step::Address, OPEN, Code::AddressUnknown),
        (|it| figures(&mut it.storage).works = false, Step::Storage, WARNING, Code::StorageNone),
        (|it| figures(&mut it.storage).cookies = false, Step::Storage, FAILED, Code::StorageNoCookies),
        (|it| figures(&mut it.storage).private = true, Step::Storage, YES, Code::StoragePrivate),
    ];
    for (change, step, verdict, code) in cases {
        let mut measures = good();
        change(&mut measures);
        assert_eq!(found(&plan(), &measures, *step), (*verdict, *code), "{code:?}");
        let judged = judge(&plan(), &measures, 500);
        let finding = judged.findings.iter().find(|finding| finding.step == *step).unwrap();
        assert_eq!(finding.change.is_some(), *verdict > OPEN, "{code:?}: what is wrong has something to ask for");
    }
}

/// What a program sees before its first request, on a good network.
fn seen_by_a_program() -> Measures {
    let lookup = Lookup {
        resolver: "192.0.2.53".to_owned(),
        outcome: LookupResult::Found,
        addresses: vec!["198.51.100.4".to_owned(), "2001:db8::4".to_owned()],
    };
    let reached = |address: &str, outcome| ReachedAddresses { address: address.to_owned(), outcome };
    let tls = Tls {
        ms: 20.0,
        versions: vec!["1.3".to_owned(), "1.2".to_owned()],
        sha256: "AB:CD".to_owned(),
        issuer: "R11 (Let's Encrypt)".to_owned(),
        chain: vec!["parterre.example".to_owned()],
        trust: Trust::Public,
        good: None,
        trust_in_time: None,
    };
    Measures {
        proxy: Some(Measurement::Figures(Proxy { name: String::new(), outcome: Tunnel::Direct })),
        name: Some(Measurement::Figures(Name { ms: 12.0, lookup: Some(lookup) })),
        addresses: Some(Measurement::Figures(vec![
            reached("198.51.100.4", Connected::Yes { ms: 9.0 }),
            // Many networks have no IPv6, and nobody misses it.
            reached("2001:db8::4", Connected::NoWay),
        ])),
        tls: Some(Measurement::Figures(tls)),
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

#[test]
fn what_only_a_program_sees_is_named() {
    fn figures<T>(got: &mut Option<Measurement<T>>) -> &mut T {
        match got {
            Some(Measurement::Figures(figures)) => figures,
            _ => panic!("a good network has figures of everything"),
        }
    }
    fn proxy(it: &mut Measures, outcome: Tunnel) {
        it.proxy = Some(Measurement::Figures(Proxy { name: "box:3128".to_owned(), outcome }));
    }
    fn lookup(it: &mut Measures, outcome: LookupResult, addresses: &[&str]) {
        let addresses = addresses.iter().map(ToString::to_string).collect();
        let lookup = Some(Lookup { resolver: "192.0.2.53".to_owned(), outcome, addresses });
        (it.name, it.addresses) = (Some(Measurement::Figures(Name { ms: 3.0, lookup })), None);
    }
    assert_eq!(answers(&seen_by_a_program()), (YES, YES));
    let fine = judge(&plan(), &seen_by_a_program(), 500).findings;
    assert!(fine.iter().all(|finding| finding.verdict == YES), "{fine:?}");
    type Change = fn(&mut Measures);
    let cases: &[(Change, Step, Verdict, Code)] = &[
        (|it| proxy(it, Tunnel::Passed), Step::Proxy, YES, Code::ProxyPassed),
        (|it| proxy(it, Tunnel::SignedIn), Step::Proxy, WARNING, Code::ProxySignedIn),
        (|it| proxy(it, Tunnel::SignIn), Step::Proxy, FAILED, Code::ProxySignIn),
        (|it| proxy(it, Tunnel::Refused { status: 403 }), Step::Proxy, FAILED, Code::ProxyRefused),
        (|it| proxy(it, Tunnel::Away), Step::Proxy, FAILED, Code::ProxyAway),
        (|it| lookup(it, LookupResult::Unknown, &[]), Step::Name, FAILED, Code::NameUnknown),
        (|it| lookup(it, LookupResult::Silent, &[]), Step::Name, FAILED, Code::NameSilent),
        (|it| lookup(it, LookupResult::ByProxy, &[]), Step::Name, OPEN, Code::NameByProxy),
        (|it| lookup(it, LookupResult::Found, &["0.0.0.0"]), Step::Name, FAILED, Code::NameSinkhole),
        (|it| lookup(it, LookupResult::Found, &["127.0.0.1", "::1"]), Step::Name, FAILED, Code::NameSinkhole),
        (|it| lookup(it, LookupResult::Found, &["127.0.0.1", "192.0.2.7"]), Step::Name, YES, Code::NameLooked),
        (|it| figures(&mut it.name).ms = 1_001.0, Step::Name, WARNING, Code::NameSlowBy),
        (|it| figures(&mut it.addresses)[1].outcome = Connected::Silent, Step::Addresses, WARNING, Code::AddressesV6),
        (|it| figures(&mut it.addresses)[0].outcome = Connected::Refused, Step::Addresses, FAILED, Code::AddressesNone),
        (|it| it.tls = Some(Measurement::Trouble(Trouble::NoAnswer)), Step::Tls, FAILED, Code::TlsCut),
        (|it| it.tls = Some(Measurement::Trouble(Trouble::Silent)), Step::Tls, FAILED, Code::TlsSilent),
        (|it| it.tls = Some(Measurement::Trouble(Trouble::Foreign { status: 0 })), Step::Tls, FAILED, Code::TlsForeign),
        (|it| figures(&mut it.packets).stalled = 1_500, Step::Packets, FAILED, Code::PacketsLost),
        (|it| figures(&mut it.phones).opened = 40, Step::Phones, FAILED, Code::PhonesRefused),
        (|it| figures(&mut it.phones).kept = 199, Step::Phones, FAILED, Code::PhonesCut),
        (|it| figures(&mut it.phones).ms = vec![1_001.0], Step::Phones, WARNING, Code::PhonesSlow),
        (
            |it| (figures(&mut it.phones).asked, figures(&mut it.phones).busy) = (201, 1),
            Step::Phones,
            OPEN,
            Code::PhonesBusy,
        ),
    ];
    for (change, step, verdict, code) in cases {
        let mut measures = seen_by_a_program();
        change(&mut measures);
        assert_eq!(found(&plan(), &measures, *step), (*verdict, *code), "{code:?}");
        let judged = judge(&plan(), &measures, 500);
        let finding = judged.findings.iter().find(|finding| finding.step == *step).unwrap();
        assert_eq!(finding.change.is_some(), *verdict > OPEN, "{code:?}: what is wrong has something to ask for");
    }
}

#[test]
fn a_certificate_is_judged_by_whose_it_is_and_who_trusts_it() {
    let (own, behind) = (plan(), Plan { own_tls: false, certificate: None, ..plan() });
    for (plan, sha256, trust, verdict, code) in [
        (&own, "AB:CD", Trust::Public, YES, Code::CertificateSame),
        (&own, "AB:CD", Trust::Device, WARNING, Code::CertificateOwn),
        (&own, "AB:CD", Trust::Nobody, WARNING, Code::CertificateOwn),
        (&own, "AB:CD", Trust::Expired, FAILED, Code::CertificateExpired),
        (&own, "12:34", Trust::Public, YES, Code::CertificateFront),
        (&own, "12:34", Trust::Device, FAILED, Code::CertificateReplaced),
        (&own, "12:34", Trust::Nobody, FAILED, Code::CertificateReplaced),
        (&behind, "12:34", Trust::Public, YES, Code::CertificateTrusted),
        (&behind, "12:34", Trust::Device, WARNING, Code::CertificateDevice),
        (&behind, "12:34", Trust::Nobody, FAILED, Code::CertificateUntrusted),
        (&behind, "12:34", Trust::Name, FAILED, Code::CertificateName),
    ] {
        let mut measures = seen_by_a_program();
        if let Some(Measurement::Figures(tls)) = &mut measures.tls {
            (tls.sha256, tls.trust) = (sha256.to_owned(), trust);
        }
        assert_eq!(found(plan, &measures, Step::Certificate), (verdict, code));
    }
}

#[test]
fn measures_are_what_a_page_hands_in() {
    let text = r#"{"websocket": {"trouble": {"kind": "no_answer"}}, "poll": {"trouble": {"kind": "foreign", "status": 302}},
        "idle": [{"seconds": 30, "hold": {"figures": {"end": "survived", "ms": 30000.4}}}],
        "seen": {"figures": {"protocol": "h2", "proxies": [["via", "1.1 box"]]}}}"#;
    let measures: Measures = serde_json::from_str(text).unwrap();
    assert_eq!(measures.websocket, Some(Measurement::Trouble(Trouble::NoAnswer)));
    assert_eq!(measures.idle[0].seconds, 30);
    assert_eq!(measures.page, None);
    assert!(serde_json::from_str::<Measures>(r#"{"speed": {}}"#).is_err());
    let back = serde_json::to_string(&good()).unwrap();
    assert_eq!(serde_json::from_str::<Measures>(&back).unwrap(), good());
    let finding = &judge(&plan(), &measures, 500).findings[0];
    let shown = serde_json::to_value(finding).unwrap();
    assert_eq!(
        (&shown["step"], &shown["verdict"], &shown["change"]),
        (&json!("portal"), &json!("failed"), &json!("sign_in"))
    );
}

#[test]
fn names_are_different() {
    let mut names: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Code::ALL.len());
}

#[test]
fn what_is_measured_on_the_server_s_own_machine_is_no_yes() {
    let at = Some("http://192.0.2.7:8080".to_owned());
    let here = Plan { this_machine: true, phones_at: at, ..plan() };
    let nowhere = Plan { phones_at: None, ..here.clone() };
    // A warning is a yes, too.
    let slow = Measures { websocket: Some(Measurement::Trouble(Trouble::NoAnswer)), ..good() };
    for (plan, code) in [(&here, Code::AddressThisMachine), (&nowhere, Code::AddressUnreachable)] {
        for measures in [good(), slow.clone()] {
            let judged = judge(plan, &measures, 500);
            for answer in [&judged.summary.take_part, &judged.summary.run] {
                let expected = (Verdict::Skipped, Some(Step::Address), Some(code));
                assert_eq!((answer.verdict, answer.step, answer.code), expected);
            }
        }
    }
    let judged = judge(&here, &good(), 500);
    let found = judged.findings.iter().find(|finding| finding.step == Step::Address).unwrap();
    assert_eq!(found.figures["at"], Figure::Text("http://192.0.2.7:8080".to_owned()));
    // What fails there fails everywhere.
    let blocked = Measures { seen: Some(Measurement::Trouble(Trouble::NoAnswer)), ..good() };
    let answers = |plan| {
        let summary = judge(plan, &blocked, 500).summary;
        (summary.take_part, summary.run)
    };
    assert_eq!(answers(&here), answers(&plan()));
    let lossy = Measures { messages: Some(Measurement::Trouble(Trouble::Silent)), ..good() };
    let answer = judge(&here, &lossy, 500).summary.take_part;
    assert_eq!((answer.verdict, answer.code), (Verdict::Failed, Some(Code::Silent)));
    // By any other address nothing is different.
    assert_eq!(judge(&plan(), &good(), 500).summary.run.verdict, Verdict::Success);
}
