//! The fallbacks for WebSocket: Server-Sent Events and long polling.

use crate::{
    change::Change,
    code::Code,
    finding::Finding,
    measure::{Measurement, Measures, Poll, SAMPLES, Sse},
    step::{Step, Verdict},
};

/// An event that is this late was held somewhere: it was ready, and others had not come yet.
const HELD_MS: f64 = 1_000.0;
/// How much later than asked an answer may come.
const POLL_MS: f64 = 2_000.0;

/// Whether pages go on living without WebSocket: by Server-Sent Events, else by long polling.
pub(super) fn has_way_around(all: &Measures) -> bool {
    let streams = matches!(&all.sse, Some(Measurement::Figures(it)) if sse(it).verdict == Verdict::Success);
    streams || matches!(&all.poll, Some(Measurement::Figures(it)) if poll(it).verdict == Verdict::Success)
}

pub(super) fn sse(it: &Sse) -> Finding {
    let step = Step::Sse;
    let late = lateness(&it.at);
    let finding = if it.at.len() < it.asked as usize {
        Finding::failed(step, Code::SseLost).ask(Change::Buffering)
    } else if is_held(it) {
        Finding::failed(step, Code::SseHeld).ask(Change::Buffering)
    } else {
        Finding::fine(step, Code::SseFine)
    };
    finding.number("ms", late).number("came", it.at.len() as f64).number("asked", it.asked.into())
}

/// Whether a stream of Server-Sent Events looks as if somebody held it. A device or a network that
/// stalls for a moment makes it look so once: who measures tries again, and what was held twice is
/// held.
pub fn is_held(it: &Sse) -> bool {
    it.at.len() < it.asked as usize || lateness(&it.at) > HELD_MS
}

/// How much later the latest event came than the most punctual one: the two clocks need not agree.
fn lateness(at: &[(f64, f64)]) -> f64 {
    let ways: Vec<f64> = at.iter().take(SAMPLES).map(|(sent, here)| here - sent).filter(|ms| ms.is_finite()).collect();
    let least = ways.iter().copied().reduce(f64::min).unwrap_or(0.0);
    ways.into_iter().map(|way| way - least).fold(0.0, f64::max)
}

pub(super) fn poll(it: &Poll) -> Finding {
    let step = Step::Poll;
    let late = (it.ms - it.asked_ms).max(0.0);
    let finding = if late > POLL_MS {
        Finding::warning(step, Code::PollLate).ask(Change::AnswerTime)
    } else {
        Finding::fine(step, Code::PollFine)
    };
    finding.number("ms", late).number("asked", it.asked_ms / 1000.0)
}
