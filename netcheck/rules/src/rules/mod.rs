//! The rules, step by step: what figures mean. Each bound says where it comes from.

mod around;
mod channel;
mod live;
mod reach;
mod room;
mod text;
mod trouble;
mod wire;

pub use self::around::is_held;

pub(crate) use room::rate;

use self::trouble::in_the_way;
use crate::{
    change::Change,
    code::Code,
    finding::Finding,
    measure::{Figures, Idle, Measurement, Measures},
    plan::Plan,
    step::{Step, Verdict},
};

/// The finding of a step, unless it has not been tried yet.
pub(crate) fn quick(step: Step, plan: &Plan, all: &Measures, participants: u32) -> Option<Finding> {
    let finding = match step {
        Step::Page => of(step, all, &all.page, |page| reach::page(plan, page)),
        Step::Proxy => of(step, all, &all.proxy, wire::proxy),
        Step::Name => of(step, all, &all.name, |name| reach::name(all, name)),
        Step::Addresses => of(step, all, &all.addresses, |addresses| wire::addresses(all, addresses)),
        Step::Tls => all.tls.as_ref().map(|tls| wire::tls(all, tls)),
        Step::Packets => on_live(step, all, &all.packets, wire::packets),
        Step::Phones => on_live(step, all, &all.phones, channel::phones),
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
        Step::Messages => on_live(step, all, &all.messages, |messages| channel::messages(plan, all, messages)),
        Step::Delay => on_live(step, all, &all.delay, channel::delay),
        Step::Burst => on_live(step, all, &all.burst, channel::burst),
        Step::Resume => on_live(step, all, &all.resume, channel::resume),
        Step::Sse => of(step, all, &all.sse, around::sse).map(mild),
        Step::Poll => of(step, all, &all.poll, around::poll).map(mild),
        Step::Download => of(step, all, &all.download, |took| room::download(plan, took, participants)),
        Step::Upload => of(step, all, &all.upload, |took| room::upload(plan, took, participants)),
        Step::Idle(_) => None,
    };
    finding.map(|finding| match finding.change {
        // Where the line itself is narrow, neither Wi-Fi nor a proxy need be what is slow.
        Some(Change::Delay) if room::is_narrow(all) => finding.ask(Change::Bandwidth),
        _ => finding,
    })
}

/// The result of a silent connection.
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

/// One fallback for WebSocket is enough, and none is needed if WebSocket works, so none of them is
/// a failure. Something that refuses requests does so with others too.
fn mild(finding: Finding) -> Finding {
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

/// The same for steps that need a live connection: if there is none, they have no finding.
fn on_live<T>(step: Step, all: &Measures, got: &Figures<T>, rule: impl FnOnce(&T) -> Finding) -> Option<Finding> {
    match (got, &all.websocket) {
        (Some(Measurement::Trouble(_)), Some(Measurement::Trouble(_))) => Some(Finding::skipped(step, Code::Stopped)),
        _ => of(step, all, got, rule),
    }
}
