//! The rules, step by step: what figures mean. Each bound says where it comes from.

mod live;
mod reach;
mod room;
mod wire;

pub use self::live::is_held;

pub(crate) use room::rate;

use crate::{
    code::{Change, Code},
    judge::Finding,
    measure::{Figures, Idle, Measurement, Measures, Trouble},
    plan::Plan,
    step::{Step, Verdict},
};

/// A line below this many bits a second is what delays whatever is tried on it.
const NARROW: f64 = 500_000.0;

/// What is to be said of a step, unless it was not tried yet.
pub(crate) fn quick(step: Step, plan: &Plan, all: &Measures, participants: u32) -> Option<Finding> {
    let finding = match step {
        Step::Page => of(step, all, &all.page, |page| reach::page(plan, page)),
        Step::Proxy => of(step, all, &all.proxy, wire::proxy),
        Step::Name => of(step, all, &all.name, |name| reach::name(all, name)),
        Step::Addresses => of(step, all, &all.addresses, |addresses| wire::addresses(all, addresses)),
        Step::Tls => all.tls.as_ref().map(|tls| wire::tls(all, tls)),
        Step::Packets => on_live(step, all, &all.packets, wire::packets),
        Step::Phones => on_live(step, all, &all.phones, live::phones),
        Step::Portal => reach::portal(all),
        Step::Document => of(step, all, &all.document, reach::document),
        Step::Cookies => of(step, all, &all.cookies, reach::cookies),
        Step::Protocol => of(step, all, &all.seen, |seen| reach::protocol(plan, seen)),
        Step::Certificate => match &all.tls {
            // Who sees it need not compare it by eye.
            Some(Measurement::Figures(tls)) => Some(wire::certificate(plan, all, tls)),
            Some(Measurement::Trouble(_)) => None,
            None => on_answer(step, all, &all.seen, |seen| reach::certificate(plan, seen)),
        },
        Step::Address => on_answer(step, all, &all.seen, |seen| reach::address(plan, all, seen)),
        Step::Clock => on_answer(step, all, &all.clock, room::clock),
        Step::Storage => of(step, all, &all.storage, room::storage),
        Step::WebSocket => live::websocket(all),
        Step::Messages => on_live(step, all, &all.messages, |messages| live::messages(plan, all, messages)),
        Step::Delay => on_live(step, all, &all.delay, live::delay),
        Step::Burst => on_live(step, all, &all.burst, live::burst),
        Step::Resume => on_live(step, all, &all.resume, live::resume),
        Step::Sse => of(step, all, &all.sse, live::sse).map(around),
        Step::Poll => of(step, all, &all.poll, live::poll).map(around),
        Step::Download => of(step, all, &all.download, |took| room::download(plan, took, participants)),
        Step::Upload => of(step, all, &all.upload, |took| room::upload(plan, took, participants)),
        Step::Idle(_) => None,
    };
    finding.map(|finding| match finding.change {
        // Where the line itself is narrow, neither Wi-Fi nor a proxy need be what is slow.
        Some(Change::Delay) if is_narrow(all) => finding.ask(Change::Bandwidth),
        _ => finding,
    })
}

/// Whether the line was measured to be narrow, either way.
fn is_narrow(all: &Measures) -> bool {
    let narrow = |got: &Figures<_>| matches!(got, Some(Measurement::Figures(took)) if rate(took) < NARROW);
    narrow(&all.download) || narrow(&all.upload)
}

/// What became of a silent connection.
///
/// `survived` is the longest shorter silence that was survived, in seconds.
pub(crate) fn idle(plan: &Plan, all: &Measures, idle: &Idle, survived: u32) -> Finding {
    let step = Step::Idle(idle.seconds);
    let finding = match &idle.hold {
        Measurement::Figures(hold) => live::hold(plan, idle.seconds, hold, survived),
        // It could not even begin, of which more is said where live connections are tried.
        Measurement::Trouble(_) if matches!(all.websocket, Some(Measurement::Trouble(_))) => {
            Finding::skipped(step, Code::Stopped)
        }
        Measurement::Trouble(trouble) => in_the_way(step, all, live::told_apart(all, *trouble)),
    };
    finding.number("seconds", idle.seconds.into())
}

/// What the figures mean, or what was in the way of them.
fn of<T>(step: Step, all: &Measures, got: &Figures<T>, rule: impl FnOnce(&T) -> Finding) -> Option<Finding> {
    Some(match got.as_ref()? {
        Measurement::Figures(figures) => rule(figures),
        Measurement::Trouble(trouble) => in_the_way(step, all, live::told_apart(all, *trouble)),
    })
}

/// One way around WebSocket is enough, and none is needed where that is let through: so none of them fails anything. Whoever
/// turns requests away does so with others too.
fn around(finding: Finding) -> Finding {
    let slow = matches!(finding.code, Code::Silent | Code::Gateway | Code::SseHeld | Code::SseLost);
    if slow { Finding { verdict: finding.verdict.min(Verdict::Warning), ..finding } } else { finding }
}

/// The same of what a plain answer tells beside other things: what was in the way is said of those.
fn on_answer<T>(step: Step, all: &Measures, got: &Figures<T>, rule: impl FnOnce(&T) -> Finding) -> Option<Finding> {
    match got {
        Some(Measurement::Trouble(_)) => Some(Finding::skipped(step, Code::Stopped)),
        got => of(step, all, got, rule),
    }
}

/// The same of what needs a live connection: where there can be none, nothing more is to be said.
fn on_live<T>(step: Step, all: &Measures, got: &Figures<T>, rule: impl FnOnce(&T) -> Finding) -> Option<Finding> {
    match (got, &all.websocket) {
        (Some(Measurement::Trouble(_)), Some(Measurement::Trouble(_))) => Some(Finding::skipped(step, Code::Stopped)),
        _ => of(step, all, got, rule),
    }
}

fn in_the_way(step: Step, all: &Measures, trouble: Trouble) -> Finding {
    let with = |finding: Finding, status: u16| finding.number("status", status.into());
    match trouble {
        Trouble::NoAnswer => Finding::failed(step, Code::NoAnswer).ask(Change::AllowHost),
        Trouble::Silent => Finding::failed(step, Code::Silent).ask(Change::AnswerTime),
        Trouble::Crowded { after } => {
            Finding::failed(step, Code::Crowded).ask(Change::RateLimit).number("after", after.into())
        }
        // These are what proxies say when they will not, cannot, or are asked too much; all else is a page of somebody's.
        Trouble::Foreign { status: status @ (429 | 503) } | Trouble::Limited { status } => {
            with(Finding::failed(step, Code::Limited).ask(Change::RateLimit), status)
        }
        Trouble::Foreign { status: status @ 407 } => {
            with(Finding::failed(step, Code::Filtered).ask(Change::ProxySignIn), status)
        }
        Trouble::Foreign { status: status @ (403 | 405 | 451) } => {
            with(Finding::failed(step, Code::Filtered).ask(Change::WebFilter), status)
        }
        Trouble::Foreign { status: status @ (500 | 502 | 504) } => {
            with(Finding::failed(step, Code::Gateway).ask(Change::AnswerTime), status)
        }
        Trouble::Foreign { status } => match &all.sent_to {
            Some(to) if (300..400).contains(&status) => {
                let finding = Finding::failed(step, Code::ForeignTo).ask(Change::SignIn).text("to", reach::bounded(to));
                with(finding, status)
            }
            _ => with(Finding::failed(step, Code::Foreign).ask(Change::SignIn), status),
        },
        Trouble::Busy => Finding::skipped(step, Code::Busy),
        Trouble::RoomLive => Finding::skipped(step, Code::RoomLive),
        Trouble::SwitchedOff => Finding::skipped(step, Code::SwitchedOff),
        Trouble::Refused { status } => with(Finding::skipped(step, Code::Refused), status),
        Trouble::Stopped => Finding::skipped(step, Code::Stopped),
    }
}

/// Whether a page of somebody's stands in our place, as the rules above have it.
pub(crate) const fn is_portal(trouble: Trouble) -> bool {
    matches!(trouble, Trouble::Foreign { status } if !matches!(status, 403 | 405 | 407 | 429 | 451 | 500 | 502..=504))
}

/// What was in the way of plain requests.
pub(crate) fn troubles(all: &Measures) -> impl Iterator<Item = Trouble> {
    let looks = [trouble_of(&all.seen), trouble_of(&all.clock), trouble_of(&all.document), trouble_of(&all.cookies)];
    let waits = [trouble_of(&all.sse), trouble_of(&all.poll), trouble_of(&all.download), trouble_of(&all.upload)];
    looks.into_iter().chain(waits).flatten()
}

/// What was in the way of one.
fn trouble_of<T>(got: &Figures<T>) -> Option<Trouble> {
    match got {
        Some(Measurement::Trouble(trouble)) => Some(*trouble),
        _ => None,
    }
}
