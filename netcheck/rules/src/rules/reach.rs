//! Whether the server is reached, and who stands between.

use std::net::IpAddr;

use super::{
    live,
    text::{bounded, listed_v6},
    trouble::{is_portal, troubles},
    wire,
};
use crate::{
    change::Change,
    code::Code,
    finding::Finding,
    measure::{Cookies, Document, Measurement, Measures, Name, ObservedHttp, Page},
    plan::Plan,
    step::Step,
};

/// A page that takes longer is left by people. The 25 KB of a first visit take 1.4 s on a slow 3G
/// connection.
const PAGE_MS: f64 = 4_000.0;
/// A name server within a network answers in milliseconds, one far away in 300.
const NAME_MS: f64 = 1_000.0;
/// The port that every network lets through, if any.
const HTTPS: u16 = 443;

pub(super) fn page(plan: &Plan, page: &Page) -> Finding {
    let step = Step::Page;
    let ms = page.ms.max(page.slowest_ms);
    let finding = if plan.secure && !page.secure {
        Finding::failed(step, Code::PageStripped).ask(Change::Inspection)
    } else if page.missing > 0 {
        Finding::warning(step, Code::PageMissing).ask(Change::AllowHost).number("missing", page.missing.into())
    } else if ms > PAGE_MS {
        Finding::warning(step, Code::PageSlow).ask(Change::Delay)
    } else if !page.secure {
        Finding::fine(step, Code::PagePlain)
    } else if page.port == HTTPS {
        Finding::fine(step, Code::PageFine)
    } else {
        Finding::fine(step, Code::PagePort)
    };
    finding.number("ms", ms)
}

pub(super) fn name(all: &Measures, name: &Name) -> Finding {
    let step = Step::Name;
    if let Some(finding) = name.lookup.as_ref().and_then(|lookup| wire::lookup(all, lookup)) {
        return finding.number("ms", name.ms);
    }
    let finding = if name.ms > NAME_MS {
        match &name.lookup {
            Some(lookup) => wire::said(Finding::warning(step, Code::NameSlowBy), lookup).ask(Change::Dns),
            None => Finding::warning(step, Code::NameSlow).ask(Change::Dns),
        }
    } else if let Some(lookup) = name.lookup.as_ref().filter(|_| name.ms > 0.0) {
        wire::said(Finding::fine(step, Code::NameLooked), lookup)
    } else if name.ms > 0.0 {
        Finding::fine(step, Code::NameFine)
    } else {
        Finding::fine(step, Code::NameKnown)
    };
    finding.number("ms", name.ms)
}

/// Reported after the first answer, and again if a later one comes from someone else.
pub(super) fn portal(all: &Measures) -> Option<Finding> {
    let step = Step::Portal;
    if troubles(all).any(is_portal) {
        return Some(Finding::failed(step, Code::PortalFound).ask(Change::SignIn));
    }
    if let Some(finding) = live::portal(all) {
        return Some(finding);
    }
    match all.seen.as_ref()? {
        Measurement::Figures(_) => Some(Finding::fine(step, Code::PortalNone)),
        Measurement::Trouble(_) => Some(Finding::skipped(step, Code::Stopped)),
    }
}

/// What somebody changes in a page that is always the same, they change in all.
pub(super) fn document(it: &Document) -> Finding {
    let step = Step::Document;
    let finding = match (it.same, it.scripts) {
        (true, _) => Finding::fine(step, Code::DocumentSame),
        (false, 0) => Finding::warning(step, Code::DocumentChanged).ask(Change::Rewriting),
        (false, _) => Finding::warning(step, Code::DocumentScripts).ask(Change::Rewriting),
    };
    finding.number("scripts", it.scripts.into())
}

/// A phone is known by its cookie alone.
pub(super) fn cookies(it: &Cookies) -> Finding {
    let step = Step::Cookies;
    let taken: Vec<&str> =
        [(it.set, "Set-Cookie"), (it.sent, "Cookie")].into_iter().filter(|(there, _)| !there).map(|it| it.1).collect();
    if taken.is_empty() {
        return Finding::fine(step, Code::CookiesFine);
    }
    Finding::failed(step, Code::CookiesStripped).ask(Change::Cookies).text("headers", taken.join(", "))
}

pub(super) fn protocol(plan: &Plan, seen: &ObservedHttp) -> Finding {
    let step = Step::Protocol;
    let finding = if is_inspected(plan, seen) {
        Finding::warning(step, Code::ProtocolInspected).ask(Change::Inspection)
    } else if is_old(&seen.version) || is_old(&seen.protocol) {
        Finding::warning(step, Code::ProtocolOld).ask(Change::Http11)
    } else if seen.closes {
        Finding::fine(step, Code::ProtocolCloses)
    } else if seen.trusted {
        Finding::fine(step, Code::ProtocolOwnProxy)
    } else if !seen.proxies.is_empty() {
        Finding::fine(step, Code::ProtocolProxy)
    } else {
        Finding::fine(step, Code::ProtocolFine)
    };
    let protocol = if seen.protocol.is_empty() { &seen.version } else { &seen.protocol };
    let names: Vec<&str> = seen.proxies.iter().map(|(name, _)| name.as_str()).take(8).collect();
    finding.text("protocol", bounded(protocol)).text("headers", bounded(&names.join(", ")))
}

/// Whether this is an HTTP without live connections, and with a connection for each request.
fn is_old(version: &str) -> bool {
    version.eq_ignore_ascii_case("http/1.0")
}

/// Whether somebody opens the TLS between the browser and the server: who only passes it on can
/// neither add header fields nor speak another HTTP than the server does.
fn is_inspected(plan: &Plan, seen: &ObservedHttp) -> bool {
    let adds = seen.proxies.iter().any(|(name, _)| name.eq_ignore_ascii_case("via"));
    let translates = plan.own_tls && matches!(seen.protocol.as_str(), "h2" | "h3");
    plan.secure && !seen.trusted && (adds || translates || (plan.own_tls && !seen.proxies.is_empty()))
}

pub(super) fn certificate(plan: &Plan, seen: &ObservedHttp) -> Finding {
    let step = Step::Certificate;
    match &plan.certificate {
        None => Finding::skipped(step, Code::CertificateUnknown),
        Some(sha256) if is_inspected(plan, seen) => {
            Finding::warning(step, Code::CertificateDoubtful).ask(Change::Inspection).text("sha256", sha256)
        }
        Some(sha256) => Finding::skipped(step, Code::CertificateCompare).text("sha256", sha256),
    }
}

/// What is measured on the server's own machine says nothing of a network, so there is nothing to
/// judge by it.
pub(super) fn address(plan: &Plan, all: &Measures, seen: &ObservedHttp) -> Finding {
    let step = Step::Address;
    if plan.this_machine {
        let finding = match &plan.phones_at {
            Some(at) => Finding::skipped(step, Code::AddressThisMachine).text("at", bounded(at)),
            None => Finding::skipped(step, Code::AddressUnreachable),
        };
        return finding.text("address", bounded(&seen.address));
    }
    let code = match seen.address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        // Only a program can tell whether IPv6 is missing here or drops what is sent.
        Ok(IpAddr::V4(_)) if all.addresses.is_none() && plan.addresses.iter().any(|it| it.contains(':')) => {
            let finding = Finding::skipped(step, Code::AddressV4Only).text("v6", listed_v6(&plan.addresses));
            return finding.text("address", bounded(&seen.address));
        }
        Ok(IpAddr::V4(_)) => Code::AddressV4,
        Ok(IpAddr::V6(_)) => Code::AddressV6,
        Err(_) => return Finding::skipped(step, Code::AddressUnknown),
    };
    Finding::fine(step, code).text("address", bounded(&seen.address))
}
