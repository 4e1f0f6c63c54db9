//! Obstacles of real networks: what is in the way, what it is called, and whom to ask.

use super::{networks::seen_by_a_program, *};

/// The verdicts on taking part and on running the event, and whether each is only so far.
fn so_far(measures: &Measures) -> [(Verdict, bool); 2] {
    let summary = judge(&plan(), measures, 500).summary;
    [summary.take_part, summary.run].map(|answer| (answer.verdict, answer.so_far))
}

#[test]
fn there_is_no_yes_before_what_decides_was_measured() {
    assert_eq!(so_far(&good()), [(YES, false), (YES, false)]);
    type Change = fn(&mut Measures);
    let cases: &[(Change, [(Verdict, bool); 2])] = &[
        (|it| it.download = None, [(YES, false), (OPEN, true)]),
        (|it| it.upload = None, [(YES, false), (OPEN, true)]),
        (|it| it.burst = None, [(YES, false), (OPEN, true)]),
        (|it| it.phones = None, [(YES, false), (OPEN, true)]),
        (|it| it.download = Some(Measurement::Trouble(Trouble::RoomLive)), [(YES, false), (OPEN, true)]),
        (|it| it.cookies = None, [(OPEN, true), (OPEN, true)]),
        (|it| it.delay = None, [(OPEN, true), (OPEN, true)]),
        // The shortest silence is as long as any of a live connection, so it decides; longer ones
        // do not.
        (|it| it.idle.retain(|idle| idle.seconds == 30), [(YES, false), (YES, false)]),
        (|it| it.idle.clear(), [(OPEN, true), (OPEN, true)]),
        (|it| *it = Measures { page: it.page.take(), ..Measures::default() }, [(OPEN, true), (OPEN, true)]),
    ];
    for (change, expected) in cases {
        let mut measures = good();
        change(&mut measures);
        assert_eq!(so_far(&measures), *expected, "{measures:?}");
    }
}

#[test]
fn a_yes_with_a_change_may_still_become_a_no_and_a_no_is_one_at_once() {
    let slow = Measures { websocket: Some(Measurement::Figures(Opened { ms: 9_000.0 })), idle: Vec::new(), ..good() };
    assert_eq!(so_far(&slow), [(WARNING, true), (WARNING, true)]);
    let stripped = Some(Measurement::Figures(Cookies { set: false, sent: true }));
    let none = Measures { page: good().page, cookies: stripped, ..Measures::default() };
    assert_eq!(so_far(&none), [(FAILED, false), (FAILED, false)]);
}

#[test]
fn where_live_connections_are_blocked_the_verdict_waits_for_nothing_more_of_them() {
    let trouble = Trouble::NoAnswer;
    let blocked = Measures {
        websocket: Some(Measurement::Trouble(trouble)),
        messages: Some(Measurement::Trouble(trouble)),
        phones: Some(Measurement::Trouble(trouble)),
        delay: Some(Measurement::Trouble(trouble)),
        burst: Some(Measurement::Trouble(trouble)),
        idle: vec![Idle { seconds: 30, hold: Measurement::Trouble(trouble) }],
        ..good()
    };
    assert_eq!(so_far(&blocked), [(WARNING, false), (WARNING, false)]);
}

#[test]
fn why_a_live_connection_was_refused_is_said_and_asked_of_the_right_desk() {
    for (trouble, code, change) in [
        (Trouble::NoAnswer, Code::WebSocketAround, Change::AllowWebSocket),
        (Trouble::Foreign { status: 302 }, Code::WebSocketPortal, Change::SignIn),
        (Trouble::Foreign { status: 200 }, Code::WebSocketPortal, Change::SignIn),
        (Trouble::Foreign { status: 511 }, Code::WebSocketPortal, Change::SignIn),
        (Trouble::Foreign { status: 403 }, Code::WebSocketFiltered, Change::WebFilter),
        (Trouble::Foreign { status: 407 }, Code::WebSocketSignIn, Change::ProxySignIn),
        (Trouble::Refused { status: 426 }, Code::WebSocketStripped, Change::AllowWebSocket),
        (Trouble::Foreign { status: 502 }, Code::WebSocketGateway, Change::AllowWebSocket),
    ] {
        let to = "https://login.hotel.example/welcome".to_owned();
        let refused = Measures { websocket: Some(Measurement::Trouble(trouble)), sent_to: Some(to.clone()), ..good() };
        let judged = judge(&plan(), &refused, 500);
        let of = |step| judged.findings.iter().find(|finding| finding.step == step).unwrap();
        let finding = of(Step::WebSocket);
        assert_eq!((finding.verdict, finding.code, finding.change), (WARNING, code, Some(change)));
        let portal = if code == Code::WebSocketPortal { (WARNING, Code::PortalLive) } else { (YES, Code::PortalNone) };
        assert_eq!((of(Step::Portal).verdict, of(Step::Portal).code), portal, "{trouble:?}");
        if code == Code::WebSocketPortal {
            assert_eq!(finding.figures["to"], Figure::Text(to));
        }
        let lost = Some(Measurement::Trouble(Trouble::Silent));
        let no_way = Measures { sse: Some(Measurement::Trouble(Trouble::Silent)), poll: lost, ..refused };
        assert_eq!(found(&plan(), &no_way, Step::WebSocket).0, FAILED, "{trouble:?}");
    }
}

/// The download of a line that is too narrow for a room.
fn narrow() -> Option<Measurement<Transfer>> {
    Some(Measurement::Figures(Transfer { bytes: 30_000, ms: 1_000.0 }))
}

/// A network on which the message of 64 KB did not come back.
fn stopped_at_64_kb(largest: u32, end: ChannelEnd) -> Measures {
    Measures {
        messages: Some(Measurement::Figures(Messages {
            sent: 4,
            back: 3,
            changed: 0,
            in_order: true,
            largest,
            binary: false,
            stopped_at: 65_536,
            slowest_ms: 20_000.0,
            end,
        })),
        ..good()
    }
}

#[test]
fn a_slow_line_is_told_from_a_limit_and_a_limit_from_a_cut() {
    for (end, is_narrow, code) in [
        (ChannelEnd::Late, true, Code::MessagesSlow),
        (ChannelEnd::Late, false, Code::MessagesLarge),
        (ChannelEnd::Closed { code: 1009 }, false, Code::MessagesTooBig),
        (ChannelEnd::Closed { code: 1009 }, true, Code::MessagesTooBig),
        (ChannelEnd::Closed { code: 1006 }, false, Code::Cut),
    ] {
        let mut measures = stopped_at_64_kb(16_384, end);
        if is_narrow {
            measures.download = narrow();
        }
        assert_eq!(found(&plan(), &measures, Step::Messages), (FAILED, code), "{end:?}");
    }
    // A handful of bytes is no limit of nothing.
    let judged = judge(&plan(), &stopped_at_64_kb(1_024, ChannelEnd::Closed { code: 1009 }), 500);
    let finding = judged.findings.iter().find(|finding| finding.step == Step::Messages).unwrap();
    assert_eq!((&finding.figures["largest"], &finding.figures["size"]), (&Figure::Number(1.0), &Figure::Number(64.0)));
}

#[test]
fn what_is_late_on_a_narrow_line_is_not_lost_and_what_a_cut_ends_is_not_late() {
    let late = Measures {
        delay: Some(Measurement::Figures(Delay { sent: 200, ms: vec![4_000.0; 150], end: ChannelEnd::Late })),
        burst: Some(Measurement::Figures(Burst { asked: 200, came: 150, ms: 12_000.0, end: ChannelEnd::Late })),
        download: narrow(),
        ..good()
    };
    let judged = judge(&plan(), &late, 500);
    for (step, code) in [(Step::Delay, Code::DelayLate), (Step::Burst, Code::BurstLate)] {
        let finding = judged.findings.iter().find(|finding| finding.step == step).unwrap();
        assert_eq!((finding.verdict, finding.code, finding.change), (FAILED, code, Some(Change::Bandwidth)));
    }
    let cut = ChannelEnd::Closed { code: 1006 };
    let cuts = Measures {
        delay: Some(Measurement::Figures(Delay { sent: 200, ms: vec![20.0; 150], end: cut })),
        burst: Some(Measurement::Figures(Burst { asked: 200, came: 150, ms: 500.0, end: cut })),
        resume: Some(Measurement::Figures(Resume { asked: 40, came: 20, twice: 0, ms: 0.0, end: cut })),
        ..good()
    };
    for step in [Step::Delay, Step::Burst, Step::Resume] {
        assert_eq!(found(&plan(), &cuts, step), (FAILED, Code::Cut));
    }
}

#[test]
fn refused_connections_are_a_limit_where_open_ones_go_on() {
    let crowded = Measures {
        burst: Some(Measurement::Trouble(Trouble::Crowded { after: 18 })),
        resume: Some(Measurement::Trouble(Trouble::Crowded { after: 18 })),
        sse: Some(Measurement::Trouble(Trouble::NoAnswer)),
        ..good()
    };
    for step in [Step::Burst, Step::Resume, Step::Sse] {
        assert_eq!(found(&plan(), &crowded, step), (FAILED, Code::Crowded));
    }
    let answer = judge(&plan(), &crowded, 500).summary.run;
    assert_eq!((answer.step, answer.code), (Some(Step::Burst), Some(Code::Crowded)));
    // A page finds it by opening many.
    let phones = Phones { asked: 18, opened: 15, busy: 0, late: 0, kept: 15, ms: vec![20.0; 15] };
    let page = Measures {
        phones: Some(Measurement::Figures(phones.clone())),
        idle: vec![Idle { seconds: 30, hold: Measurement::Trouble(Trouble::NoAnswer) }],
        ..good()
    };
    assert_eq!(found(&plan(), &page, Step::Phones), (FAILED, Code::PhonesRefused));
    assert_eq!(found(&plan(), &page, Step::Idle(30)), (FAILED, Code::Crowded));
    // On a slow line they are late, and nobody has refused them.
    let late = Measures { phones: Some(Measurement::Figures(Phones { late: 3, ..phones })), ..good() };
    assert_eq!(found(&plan(), &late, Step::Phones), (YES, Code::PhonesFine));
}

#[test]
fn what_proxies_do_to_pages_and_cookies_is_found() {
    let cookies = |set, sent| Measures { cookies: Some(Measurement::Figures(Cookies { set, sent })), ..good() };
    for (set, sent, headers) in
        [(false, true, "Set-Cookie"), (true, false, "Cookie"), (false, false, "Set-Cookie, Cookie")]
    {
        let judged = judge(&plan(), &cookies(set, sent), 500);
        let finding = judged.findings.iter().find(|finding| finding.step == Step::Cookies).unwrap();
        assert_eq!((finding.verdict, finding.code), (FAILED, Code::CookiesStripped));
        assert_eq!(finding.figures["headers"], Figure::Text(headers.to_owned()));
        assert_eq!(judged.summary.take_part.verdict, FAILED);
    }
    let document =
        |same, scripts| Measures { document: Some(Measurement::Figures(Document { same, scripts })), ..good() };
    assert_eq!(found(&plan(), &document(false, 2), Step::Document), (WARNING, Code::DocumentScripts));
    assert_eq!(found(&plan(), &document(false, 0), Step::Document), (WARNING, Code::DocumentChanged));
    assert_eq!(answers(&document(false, 2)), (WARNING, WARNING));
    for (protocol, version, closes, verdict, code) in [
        ("http/1.1", "HTTP/1.0", false, WARNING, Code::ProtocolOld),
        ("http/1.0", "HTTP/1.0", true, WARNING, Code::ProtocolOld),
        ("http/1.1", "HTTP/1.1", true, YES, Code::ProtocolCloses),
    ] {
        let seen = ObservedHttp {
            protocol: protocol.to_owned(),
            version: version.to_owned(),
            closes,
            ..ObservedHttp::default()
        };
        let measures = Measures { seen: Some(Measurement::Figures(seen)), ..good() };
        assert_eq!(found(&plan(), &measures, Step::Protocol), (verdict, code));
    }
}

#[test]
fn a_slow_name_counts_and_is_not_taken_for_a_slow_page() {
    let mut slow = seen_by_a_program();
    if let Some(Measurement::Figures(name)) = &mut slow.name {
        name.ms = 4_000.0;
    }
    let judged = judge(&plan(), &slow, 500);
    let finding = judged.findings.iter().find(|finding| finding.step == Step::Name).unwrap();
    assert_eq!((finding.verdict, finding.code), (WARNING, Code::NameSlowBy));
    assert_eq!(finding.figures["resolver"], Figure::Text("192.0.2.53".to_owned()));
    assert_eq!((judged.summary.take_part.verdict, judged.summary.take_part.step), (WARNING, Some(Step::Name)));
}

#[test]
fn a_wrong_clock_is_told_from_a_certificate_out_of_date() {
    const DAY: f64 = 86_400_000.0;
    let plan = Plan { certificate: None, own_tls: false, ..plan() };
    let of = |ahead: f64, good, in_time| {
        let mut measures = seen_by_a_program();
        if let Some(Measurement::Figures(tls)) = &mut measures.tls {
            (tls.trust, tls.good, tls.trust_in_time) = (Trust::Expired, Some(good), Some(in_time));
        }
        measures.clock = Some(Measurement::Figures(Clock { ahead_ms: ahead, round_trip_ms: 20.0 }));
        measures
    };
    // Three days late: the certificate begins tomorrow by this device, and was good two days ago by
    // the server.
    let late = of(-3.0 * DAY, (DAY, 90.0 * DAY), Trust::Public);
    assert_eq!(found(&plan, &late, Step::Certificate), (FAILED, Code::CertificateClock));
    assert_eq!(found(&plan, &late, Step::Clock), (WARNING, Code::ClockOffDays));
    let early = of(3.0 * DAY, (-90.0 * DAY, -DAY), Trust::Public);
    assert_eq!(found(&plan, &early, Step::Certificate), (FAILED, Code::CertificateClock));
    // Out of date by both, or not to be trusted at any time.
    let over = of(0.0, (-90.0 * DAY, -DAY), Trust::Public);
    assert_eq!(found(&plan, &over, Step::Certificate), (FAILED, Code::CertificateExpired));
    let opened = of(-3.0 * DAY, (DAY, 90.0 * DAY), Trust::Nobody);
    assert_eq!(found(&plan, &opened, Step::Certificate), (FAILED, Code::CertificateUntrusted));
    for (ahead, code) in
        [(60_000.0, Code::ClockOff), (600_000.0, Code::ClockOffMinutes), (0.5 * DAY, Code::ClockOffHours)]
    {
        assert_eq!(found(&plan, &of(ahead, (0.0, DAY), Trust::Public), Step::Clock), (WARNING, code));
    }
}

#[test]
fn addresses_that_drop_ipv6_are_asked_for_as_such() {
    let reached = |address: &str, outcome| ReachedAddresses { address: address.to_owned(), outcome };
    let yes = Connected::Yes { ms: 9.0 };
    for (v4, v6, code, change) in [
        (yes, Connected::Silent, Code::AddressesV6, Change::Ipv6),
        (yes, Connected::Refused, Code::AddressesV6, Change::Ipv6),
        (Connected::Silent, yes, Code::AddressesSome, Change::AllowHost),
        (Connected::Silent, Connected::Silent, Code::AddressesNone, Change::AllowHost),
    ] {
        let addresses = vec![reached("198.51.100.4", v4), reached("2001:db8::4", v6)];
        let measures = Measures { addresses: Some(Measurement::Figures(addresses)), ..seen_by_a_program() };
        let judged = judge(&plan(), &measures, 500);
        let finding = judged.findings.iter().find(|finding| finding.step == Step::Addresses).unwrap();
        assert_eq!((finding.code, finding.change), (code, Some(change)));
    }
    // Before somebody has signed in, no port but that of the page to do so need be open.
    let addresses = vec![reached("198.51.100.4", Connected::Silent)];
    let portal = Measures {
        addresses: Some(Measurement::Figures(addresses)),
        seen: Some(Measurement::Trouble(Trouble::Foreign { status: 302 })),
        ..Measures::default()
    };
    let answer = judge(&plan(), &portal, 500).summary.take_part;
    assert_eq!((answer.verdict, answer.step, answer.code), (FAILED, Some(Step::Portal), Some(Code::PortalFound)));
    // A page cannot tell, and says so where the server has an address of IPv6.
    let both = Plan { addresses: vec!["2001:db8::4".to_owned(), "198.51.100.4".to_owned()], ..plan() };
    assert_eq!(found(&both, &good(), Step::Address), (OPEN, Code::AddressV4Only));
}

#[test]
fn what_never_left_the_server_s_machine_is_not_praised() {
    let here = Plan { this_machine: true, phones_at: None, ..plan() };
    let judged = judge(&here, &good(), 500);
    for step in [Step::Download, Step::Upload] {
        let finding = judged.findings.iter().find(|finding| finding.step == step).unwrap();
        assert_eq!((finding.verdict, finding.code), (OPEN, Code::TransferHere));
    }
    assert_eq!((judged.summary.bandwidth.down, judged.summary.bandwidth.up), (None, None));
}
