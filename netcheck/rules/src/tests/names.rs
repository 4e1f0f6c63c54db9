//! Each obstacle has a name of its own.

use super::{
    networks::{figures, seen_by_a_program},
    *,
};

/// A change of a good network, the step that shows it, and what is said of it.
type Obstacle = (fn(&mut Measures), Step, Verdict, Code);

/// Each of these obstacles is found, and what is wrong has something to ask for.
fn all_are_named(network: fn() -> Measures, obstacles: &[Obstacle]) {
    for (obstruct, step, verdict, code) in obstacles {
        let mut measures = network();
        obstruct(&mut measures);
        assert_eq!(found(&plan(), &measures, *step), (*verdict, *code), "{code:?}");
        let judged = judge(&plan(), &measures, 500);
        let finding = judged.findings.iter().find(|finding| finding.step == *step).unwrap();
        assert_eq!(finding.change.is_some(), *verdict > OPEN, "{code:?}: what is wrong has something to ask for");
    }
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
fn each_other_obstacle_is_named() {
    let cases: &[Obstacle] = &[
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
    all_are_named(good, cases);
}

/// Puts a proxy in the way whose tunnel has this outcome.
fn proxy(it: &mut Measures, outcome: Tunnel) {
    it.proxy = Some(Measurement::Figures(Proxy { name: "box:3128".to_owned(), outcome }));
}

/// Has the resolver give this answer, with which no address was tried yet.
fn lookup(it: &mut Measures, outcome: LookupResult, addresses: &[&str]) {
    let addresses = addresses.iter().map(ToString::to_string).collect();
    let lookup = Some(Lookup { resolver: "192.0.2.53".to_owned(), outcome, addresses });
    (it.name, it.addresses) = (Some(Measurement::Figures(Name { ms: 3.0, lookup })), None);
}

#[test]
fn what_only_a_program_sees_is_named() {
    assert_eq!(answers(&seen_by_a_program()), (YES, YES));
    let fine = judge(&plan(), &seen_by_a_program(), 500).findings;
    assert!(fine.iter().all(|finding| finding.verdict == YES), "{fine:?}");
    let cases: &[Obstacle] = &[
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
    all_are_named(seen_by_a_program, cases);
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
