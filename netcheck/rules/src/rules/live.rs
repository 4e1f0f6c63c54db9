//! A live connection: whether the upgrade is let through, and whether silence is borne.

use super::{
    around::has_way_around,
    channel::missing,
    text::bounded,
    trouble::{in_the_way, trouble_of, troubles},
};
use crate::{
    change::Change,
    code::Code,
    finding::Finding,
    measure::{Hold, HoldOutcome, Measurement, Measures, Opened, Trouble},
    plan::Plan,
    step::{Step, Verdict},
};

/// An upgrade costs a few ways out and back; a phone that waits longer shows that it is connecting.
const OPEN_MS: f64 = 3_000.0;
/// How much later than cut, the cut shows.
const NOTICE_MS: f64 = 1_000.0;
/// Phones that come back more often than this do little else.
const OFTEN_S: f64 = 10.0;

pub(super) fn websocket(all: &Measures) -> Option<Finding> {
    let step = Step::WebSocket;
    let trouble = match all.websocket.as_ref()? {
        Measurement::Figures(Opened { ms }) => {
            let finding = if *ms > OPEN_MS {
                Finding::warning(step, Code::WebSocketSlow).ask(Change::Delay)
            } else {
                Finding::fine(step, Code::WebSocketFine)
            };
            return Some(finding.number("ms", *ms));
        }
        Measurement::Trouble(trouble) => told_apart(all, *trouble),
    };
    // Where pages come through and this does not, it is this that is not let through.
    let alone = if matches!(all.seen, Some(Measurement::Figures(_))) { refused(all, trouble) } else { None };
    let Some((code, change)) = alone else { return Some(in_the_way(step, all, trouble)) };
    let finding = if has_way_around(all) { Finding::warning(step, code) } else { Finding::failed(step, code) };
    let finding = finding.ask(change).text("to", to(all, trouble));
    Some(match trouble {
        Trouble::Foreign { status } | Trouble::Refused { status } => finding.number("status", status.into()),
        _ => finding,
    })
}

/// What it means that live connections are refused where pages are not, and whom to ask.
fn refused(all: &Measures, trouble: Trouble) -> Option<(Code, Change)> {
    Some(match trouble {
        Trouble::NoAnswer | Trouble::Silent if has_way_around(all) => (Code::WebSocketAround, Change::AllowWebSocket),
        Trouble::NoAnswer | Trouble::Silent => (Code::WebSocketBlocked, Change::AllowWebSocket),
        // Our server's answer to a request without an upgrade.
        Trouble::Refused { status: 426 } => (Code::WebSocketStripped, Change::AllowWebSocket),
        Trouble::Foreign { status: 429 | 503 } => return None,
        Trouble::Foreign { status: 407 } => (Code::WebSocketSignIn, Change::ProxySignIn),
        Trouble::Foreign { status: 500..=504 } => (Code::WebSocketGateway, Change::AllowWebSocket),
        Trouble::Foreign { status: 400..=499 } => (Code::WebSocketFiltered, Change::WebFilter),
        Trouble::Foreign { .. } => (Code::WebSocketPortal, Change::SignIn),
        _ => return None,
    })
}

/// Whether a page to sign in on answers in place of live connections alone; how grave that is.
pub(super) fn portal(all: &Measures) -> Option<Finding> {
    let finding = websocket(all).filter(|finding| finding.code == Code::WebSocketPortal)?;
    Some(Finding { step: Step::Portal, code: Code::PortalLive, ..finding })
}

/// Where someone redirects the request: an address, or the status of the answer.
fn to(all: &Measures, trouble: Trouble) -> String {
    match (&all.sent_to, trouble) {
        (Some(to), _) => bounded(to),
        (None, Trouble::Foreign { status }) => format!("HTTP {status}"),
        (None, _) => String::new(),
    }
}

/// A browser does not say why a connection was refused. If other requests were rate-limited, or
/// refused once there were many, so was this.
pub(super) fn told_apart(all: &Measures, trouble: Trouble) -> Trouble {
    if trouble != Trouble::NoAnswer {
        return trouble;
    }
    let limits = |trouble: &Trouble| {
        matches!(trouble, Trouble::Limited { .. } | Trouble::Crowded { .. } | Trouble::Foreign { status: 429 | 503 })
    };
    let live = [trouble_of(&all.messages), trouble_of(&all.delay), trouble_of(&all.burst), trouble_of(&all.resume)];
    if let Some(limit) = troubles(all).chain(live.into_iter().flatten()).find(limits) {
        return limit;
    }
    match &all.phones {
        // A page has found out with many connections what kept it from one.
        Some(Measurement::Figures(phones)) if phones.opened > 0 && missing(phones) > 0 => {
            Trouble::Crowded { after: phones.opened }
        }
        _ => trouble,
    }
}

/// A live connection is never silent for longer than the server's setting for pings, so a cut that
/// comes later is not felt. One that comes sooner has every phone come back each time: no answer is
/// lost, but the room lags behind.
pub(super) fn hold(plan: &Plan, seconds: u32, hold: &Hold, survived: u32) -> Finding {
    let step = Step::Idle(seconds);
    // Of a silent death one knows only that it came after what was survived.
    let lived = if hold.end == HoldOutcome::Silent { f64::from(survived) * 1000.0 } else { hold.ms };
    let kept = lived > f64::from(plan.ping_ms) + NOTICE_MS;
    let after = hold.ms / 1000.0;
    let often = if after < OFTEN_S { Verdict::Failed } else { Verdict::Warning };
    let finding = match (hold.end, kept) {
        (HoldOutcome::Survived, _) => return Finding::fine(step, Code::IdleSurvived),
        (HoldOutcome::Closed, true) => Finding::warning(step, Code::IdleClosedKept),
        (HoldOutcome::Closed, false) => Finding::new(step, often, Code::IdleClosed),
        (HoldOutcome::Silent, true) => Finding::warning(step, Code::IdleSilentKept),
        // A phone finds out only when it asks: this is worse than being closed.
        (HoldOutcome::Silent, false) => Finding::failed(step, Code::IdleSilent),
    };
    finding
        .ask(Change::Idle)
        .text("close", hold.code.to_string())
        .number("after", after)
        .number("ping", f64::from(plan.ping_ms) / 1000.0)
}
