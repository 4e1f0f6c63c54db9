//! What happens before the first request: the proxy, the name, its addresses, TLS and who is
//! trusted, the size of packets.

use std::net::IpAddr;

use super::{
    text::{bounded, bounded_to, listed},
    trouble::{in_the_way, is_portal},
};
use crate::{
    change::Change,
    code::Code,
    finding::Finding,
    measure::{Measurement, Measures, Trouble},
    plan::Plan,
    step::{Step, Verdict},
    wire::{Connected, Lookup, LookupResult, Packets, Proxy, ReachedAddresses, Tls, Trust, Tunnel},
};

pub(super) fn proxy(it: &Proxy) -> Finding {
    let step = Step::Proxy;
    let finding = match it.outcome {
        Tunnel::Direct => Finding::fine(step, Code::ProxyNone),
        Tunnel::Passed => Finding::fine(step, Code::ProxyPassed),
        // Phones of guests do not know it.
        Tunnel::SignedIn => Finding::warning(step, Code::ProxySignedIn).ask(Change::ProxySignIn),
        Tunnel::SignIn => Finding::failed(step, Code::ProxySignIn).ask(Change::ProxySignIn),
        Tunnel::Refused { status } => {
            Finding::failed(step, Code::ProxyRefused).ask(Change::AllowHost).number("status", status.into())
        }
        Tunnel::Away => Finding::failed(step, Code::ProxyAway).ask(Change::Proxy),
    };
    finding.text("proxy", bounded(&it.name))
}

/// What a resolver said, unless the name was found as it should be, which is judged by the time
/// alone.
pub(super) fn lookup(all: &Measures, it: &Lookup) -> Option<Finding> {
    let step = Step::Name;
    let finding = match it.outcome {
        LookupResult::ByProxy => Finding::skipped(step, Code::NameByProxy),
        LookupResult::Unknown => Finding::failed(step, Code::NameUnknown).ask(Change::DnsAnswer),
        LookupResult::Silent => Finding::failed(step, Code::NameSilent).ask(Change::DnsAnswer),
        LookupResult::Found if is_sinkhole(all, it) => Finding::failed(step, Code::NameSinkhole).ask(Change::DnsAnswer),
        LookupResult::Found => return None,
    };
    Some(said(finding, it))
}

/// With who was asked, and what was said.
pub(super) fn said(finding: Finding, it: &Lookup) -> Finding {
    finding.text("resolver", bounded(&it.resolver)).text("addresses", listed(&it.addresses))
}

/// Filters answer forbidden names with an address that leads nowhere, or to the device itself,
/// where nobody listens.
fn is_sinkhole(all: &Measures, it: &Lookup) -> bool {
    let nowhere =
        |text: &String| text.parse::<IpAddr>().is_ok_and(|address| address.is_unspecified() || address.is_loopback());
    let accepts = match &all.addresses {
        Some(Measurement::Figures(reached)) => reached.iter().any(|it| matches!(it.outcome, Connected::Yes { .. })),
        _ => false,
    };
    !accepts && !it.addresses.is_empty() && it.addresses.iter().all(nowhere)
}

pub(super) fn addresses(all: &Measures, them: &[ReachedAddresses]) -> Finding {
    let step = Step::Addresses;
    let of = |wanted: fn(&Connected) -> bool| {
        let those = them.iter().filter(|it| wanted(&it.outcome)).map(|it| it.address.clone());
        listed(&those.collect::<Vec<_>>())
    };
    let reached = of(|it| matches!(it, Connected::Yes { .. }));
    // Where there is no IPv6, browsers do not try it either.
    let missing = of(|it| matches!(it, Connected::Refused | Connected::Silent));
    let is_missing = |it: &&ReachedAddresses| matches!(it.outcome, Connected::Refused | Connected::Silent);
    let signs_in = matches!(all.seen, Some(Measurement::Trouble(trouble)) if is_portal(trouble));
    let finding = if reached.is_empty() && signs_in {
        // Said where the page to sign in on is.
        Finding::skipped(step, Code::AddressesPortal)
    } else if reached.is_empty() {
        Finding::failed(step, Code::AddressesNone).ask(Change::AllowHost)
    } else if missing.is_empty() {
        Finding::fine(step, Code::AddressesAll)
    } else if them.iter().filter(is_missing).all(|it| it.address.contains(':')) {
        Finding::warning(step, Code::AddressesV6).ask(Change::Ipv6)
    } else {
        Finding::warning(step, Code::AddressesSome).ask(Change::AllowHost)
    };
    let quickest = them.iter().filter_map(|it| match it.outcome {
        Connected::Yes { ms } => Some(ms),
        _ => None,
    });
    let listed = listed(&them.iter().map(|it| it.address.clone()).collect::<Vec<_>>());
    let finding = finding.text("reached", reached).text("missing", missing).text("addresses", listed);
    finding.number("ms", quickest.fold(f64::INFINITY, f64::min))
}

pub(super) fn tls(all: &Measures, got: &Measurement<Tls>) -> Finding {
    let step = Step::Tls;
    match got {
        // Who lets nothing through before somebody has signed in cuts this too.
        Measurement::Trouble(_) if matches!(all.seen, Some(Measurement::Trouble(trouble)) if is_portal(trouble)) => {
            Finding::skipped(step, Code::Stopped)
        }
        Measurement::Figures(it) => {
            Finding::fine(step, Code::TlsFine).number("ms", it.ms).text("versions", listed(&it.versions))
        }
        // The address accepts, so it is the name in the first message, or the size of the answer,
        // that is not let through.
        Measurement::Trouble(Trouble::Silent) => Finding::failed(step, Code::TlsSilent).ask(Change::AllowHost),
        Measurement::Trouble(Trouble::Foreign { .. }) => Finding::failed(step, Code::TlsForeign).ask(Change::SignIn),
        Measurement::Trouble(Trouble::NoAnswer) => Finding::failed(step, Code::TlsCut).ask(Change::AllowHost),
        Measurement::Trouble(trouble) => in_the_way(step, all, *trouble),
    }
}

/// The certificate that arrives here beside the one that the server says it shows.
pub(super) fn certificate(plan: &Plan, all: &Measures, it: &Tls) -> Finding {
    let step = Step::Certificate;
    if it.trust == Trust::Expired && is_in_time(all, it) {
        // What is wrong with it beside the time goes before.
        let in_time = Tls { trust: it.trust_in_time.unwrap_or(Trust::Public), ..it.clone() };
        let finding = certificate(plan, all, &in_time);
        return match finding.verdict {
            Verdict::Failed => finding,
            _ => Finding { verdict: Verdict::Failed, code: Code::CertificateClock, ..finding }.ask(Change::Clock),
        };
    }
    let same = plan.certificate.as_ref().map(|own| *own == it.sha256);
    let finding = match (same, it.trust) {
        (_, Trust::Expired) => Finding::failed(step, Code::CertificateExpired).ask(Change::Certificate),
        (Some(true), Trust::Public) => Finding::fine(step, Code::CertificateSame),
        // Nobody decrypts it, and guests' phones warn about it anyway.
        (Some(true), _) => Finding::warning(step, Code::CertificateOwn).ask(Change::Certificate),
        // A house of the server's own, in front of it: no firewall has such a certificate.
        (Some(false), Trust::Public) => Finding::fine(step, Code::CertificateFront),
        (Some(false), _) => Finding::failed(step, Code::CertificateReplaced).ask(Change::Inspection),
        (None, Trust::Public) => Finding::fine(step, Code::CertificateTrusted),
        (None, Trust::Device) => Finding::warning(step, Code::CertificateDevice).ask(Change::Inspection),
        (None, Trust::Name) => Finding::failed(step, Code::CertificateName).ask(Change::SignIn),
        (None, Trust::Nobody) => Finding::failed(step, Code::CertificateUntrusted).ask(Change::Inspection),
    };
    finding.text("issuer", bounded(&it.issuer)).text("sha256", bounded_to(&it.sha256, 95))
}

/// Whether a certificate is good by the server's clock, where this device's was measured to be
/// wrong.
fn is_in_time(all: &Measures, it: &Tls) -> bool {
    let (Some(Measurement::Figures(clock)), Some((from, until))) = (&all.clock, it.good) else { return false };
    // By the server's clock, it is this much earlier.
    it.trust_in_time != Some(Trust::Expired) && (from..=until).contains(&-clock.ahead_ms)
}

pub(super) fn packets(it: &Packets) -> Finding {
    let step = Step::Packets;
    let finding = if it.stalled > 0 {
        Finding::failed(step, Code::PacketsLost).ask(Change::Packets)
    } else {
        Finding::fine(step, Code::PacketsFine)
    };
    finding.number("passed", it.passed.into()).number("stalled", it.stalled.into())
}
