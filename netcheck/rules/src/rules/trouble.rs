//! What was in the way, and whom to ask about it.

use super::text::bounded;
use crate::{
    change::Change,
    code::Code,
    finding::Finding,
    measure::{Figures, Measurement, Measures, Trouble},
    step::Step,
};

/// What it means for a step that this was in the way of it.
pub(super) fn in_the_way(step: Step, all: &Measures, trouble: Trouble) -> Finding {
    let with = |finding: Finding, status: u16| finding.number("status", status.into());
    match trouble {
        Trouble::NoAnswer => Finding::failed(step, Code::NoAnswer).ask(Change::AllowHost),
        Trouble::Silent => Finding::failed(step, Code::Silent).ask(Change::AnswerTime),
        Trouble::Crowded { after } => {
            Finding::failed(step, Code::Crowded).ask(Change::RateLimit).number("after", after.into())
        }
        // These are what proxies say when they will not, cannot, or are asked too much; all else is
        // a page of somebody's.
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
                let finding = Finding::failed(step, Code::ForeignTo).ask(Change::SignIn).text("to", bounded(to));
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
pub(super) const fn is_portal(trouble: Trouble) -> bool {
    matches!(trouble, Trouble::Foreign { status } if !matches!(status, 403 | 405 | 407 | 429 | 451 | 500 | 502..=504))
}

/// What was in the way of plain requests.
pub(super) fn troubles(all: &Measures) -> impl Iterator<Item = Trouble> {
    let looks = [trouble_of(&all.seen), trouble_of(&all.clock), trouble_of(&all.document), trouble_of(&all.cookies)];
    let waits = [trouble_of(&all.sse), trouble_of(&all.poll), trouble_of(&all.download), trouble_of(&all.upload)];
    looks.into_iter().chain(waits).flatten()
}

/// What was in the way of one.
pub(super) fn trouble_of<T>(got: &Figures<T>) -> Option<Trouble> {
    match got {
        Some(Measurement::Trouble(trouble)) => Some(*trouble),
        _ => None,
    }
}
