//! What goes over a live connection: messages, their delay, bursts, drops; and how many such
//! connections there may be.

use super::room;
use crate::{
    change::Change,
    code::Code,
    finding::Finding,
    measure::{Burst, ChannelEnd, Delay, Measures, Messages, Resume, SAMPLES},
    plan::Plan,
    step::Step,
    wire::Phones,
};

/// The room sees the results move within a second of an answer. Beyond, people ask whether theirs
/// was taken.
const DELAY_MS: f64 = 1_000.0;
/// Beyond, a countdown of some seconds is no longer fair to anybody.
const DELAY_TOO_LONG_MS: f64 = 3_000.0;
/// A message that takes a second more than usual has been lost once on the way, or held.
const STALL_MS: f64 = 1_000.0;
/// Of 200 messages one stall is chance.
const STALLS: usize = 2;
/// What takes longer than a live page waits for an answer is taken for lost by it.
const LATE_MS: f64 = 8_000.0;
/// How a message that is too long for somebody is closed, by RFC 6455.
const TOO_BIG: u16 = 1009;
/// A message that takes longer is noticeably late.
const MESSAGE_MS: f64 = 5_000.0;
/// With this many or more, their joint speed says something about the line; fewer only reveal a
/// limit on their number.
const MANY: u32 = 50;

pub(super) fn messages(plan: &Plan, all: &Measures, it: &Messages) -> Finding {
    let step = Step::Messages;
    let lost = it.sent.saturating_sub(it.back);
    let finding = if it.changed > 0 {
        Finding::failed(step, Code::MessagesChanged).ask(Change::Inspection).number("changed", it.changed.into())
    } else if let ChannelEnd::Closed { code: TOO_BIG } = it.end {
        Finding::failed(step, Code::MessagesTooBig).ask(Change::AllowWebSocket)
    } else if let ChannelEnd::Closed { code } = it.end {
        cut(step, code)
    } else if it.back == 0 {
        Finding::failed(step, Code::MessagesLost).ask(Change::AllowWebSocket).number("lost", lost.into())
    } else if it.largest < plan.sizes.large_bytes && room::is_narrow(all) {
        Finding::failed(step, Code::MessagesSlow).ask(Change::Bandwidth)
    } else if it.largest < plan.sizes.large_bytes {
        Finding::failed(step, Code::MessagesLarge).ask(Change::AllowWebSocket)
    } else if !it.binary {
        Finding::warning(step, Code::MessagesBinary).ask(Change::AllowWebSocket)
    } else if lost > 0 {
        Finding::failed(step, Code::MessagesLost).ask(Change::AllowWebSocket).number("lost", lost.into())
    } else if !it.in_order {
        Finding::failed(step, Code::MessagesDisorder).ask(Change::Inspection)
    } else if it.slowest_ms > MESSAGE_MS {
        Finding::warning(step, Code::MessagesSlow).ask(Change::Bandwidth)
    } else {
        Finding::fine(step, Code::MessagesFine)
    };
    let kilobytes = |bytes: u32| f64::from(bytes) / 1024.0;
    let size = if it.stopped_at > 0 { it.stopped_at } else { plan.sizes.large_bytes };
    let finding = finding.number("sent", it.sent.into()).number("largest", kilobytes(it.largest));
    finding.number("size", kilobytes(size)).number("seconds", it.slowest_ms / 1000.0)
}

pub(super) fn delay(it: &Delay) -> Finding {
    let step = Step::Delay;
    let mut sorted: Vec<f64> = it.ms.iter().copied().filter(|ms| ms.is_finite()).take(SAMPLES).collect();
    sorted.sort_by(f64::total_cmp);
    let sent = (it.sent as usize).min(SAMPLES);
    let back = sorted.len();
    if let (ChannelEnd::Closed { code }, true) = (it.end, back < sent) {
        return cut(step, code);
    }
    if back == 0 {
        return Finding::failed(step, Code::DelayLost).ask(Change::AllowWebSocket).number("lost", sent as f64);
    }
    let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|part| percentile(&sorted, part));
    let stalls = sorted.iter().filter(|ms| **ms > p50 + STALL_MS).count();
    let finding = if back < sent {
        let lost = (sent - back) as f64;
        match it.end {
            ChannelEnd::Late => Finding::failed(step, Code::DelayLate).ask(Change::Delay).number("lost", lost),
            _ => Finding::failed(step, Code::DelayLost).ask(Change::AllowWebSocket).number("lost", lost),
        }
    } else if p95 > DELAY_TOO_LONG_MS {
        Finding::failed(step, Code::DelaySlow).ask(Change::Delay)
    } else if p95 > DELAY_MS {
        Finding::warning(step, Code::DelaySlow).ask(Change::Delay)
    } else if stalls >= STALLS {
        Finding::warning(step, Code::DelayStalls).ask(Change::Delay)
    } else {
        Finding::fine(step, Code::DelayFine)
    };
    let finding = finding.number("p50", p50).number("p95", p95).number("p99", p99);
    finding.number("jitter", jitter(&it.ms)).number("stalls", stalls as f64).number("n", back as f64)
}

/// Many from one address, like a room: this reveals a limit per address.
pub(super) fn phones(it: &Phones) -> Finding {
    let step = Step::Phones;
    let mut sorted: Vec<f64> = it.ms.iter().copied().filter(|ms| ms.is_finite()).take(SAMPLES).collect();
    sorted.sort_by(f64::total_cmp);
    let p95 = if sorted.is_empty() { 0.0 } else { percentile(&sorted, 0.95) };
    let cut = it.opened.saturating_sub(it.kept);
    let finding = if missing(it) > 0 {
        Finding::failed(step, Code::PhonesRefused).ask(Change::RateLimit)
    } else if cut > 0 {
        Finding::failed(step, Code::PhonesCut).ask(Change::RateLimit)
    } else if p95 > DELAY_MS && it.asked >= MANY {
        Finding::warning(step, Code::PhonesSlow).ask(Change::Bandwidth)
    } else if it.busy > 0 {
        Finding::skipped(step, Code::PhonesBusy)
    } else {
        Finding::fine(step, Code::PhonesFine)
    };
    let finding = finding.number("asked", it.asked.into()).number("opened", it.opened.into());
    finding.number("cut", cut.into()).number("p95", p95)
}

/// How many were refused: not admitted, not turned away by our server, and not merely late.
pub(super) fn missing(it: &Phones) -> u32 {
    it.asked.saturating_sub(it.opened).saturating_sub(it.busy).saturating_sub(it.late)
}

pub(super) fn burst(it: &Burst) -> Finding {
    let step = Step::Burst;
    if let (ChannelEnd::Closed { code }, true) = (it.end, it.came < it.asked) {
        return cut(step, code);
    }
    let finding = if it.came < it.asked && it.came > 0 && it.end == ChannelEnd::Late {
        Finding::failed(step, Code::BurstLate).ask(Change::Bandwidth)
    } else if it.came < it.asked {
        Finding::failed(step, Code::BurstLost).ask(Change::AllowWebSocket)
    } else if it.ms > LATE_MS {
        Finding::warning(step, Code::BurstSlow).ask(Change::Bandwidth)
    } else {
        Finding::fine(step, Code::BurstFine)
    };
    finding.number("asked", it.asked.into()).number("came", it.came.into()).number("ms", it.ms)
}

pub(super) fn resume(it: &Resume) -> Finding {
    let step = Step::Resume;
    if let (ChannelEnd::Closed { code }, true) = (it.end, it.came < it.asked) {
        return cut(step, code);
    }
    let finding = if it.came < it.asked && it.twice == 0 && it.end == ChannelEnd::Late {
        Finding::failed(step, Code::ResumeSlow).ask(Change::Delay)
    } else if it.came < it.asked || it.twice > 0 {
        Finding::failed(step, Code::ResumeLost).ask(Change::AllowWebSocket)
    } else if it.ms > LATE_MS {
        Finding::warning(step, Code::ResumeSlow).ask(Change::Delay)
    } else {
        Finding::fine(step, Code::ResumeFine)
    };
    finding.number("asked", it.asked.into()).number("came", it.came.into()).number("ms", it.ms)
}

/// A live connection that was closed in the middle of something.
fn cut(step: Step, code: u16) -> Finding {
    Finding::failed(step, Code::Cut).ask(Change::AllowWebSocket).text("close", code.to_string())
}

/// The smallest sample that this part of all does not exceed. There is one at least.
fn percentile(sorted: &[f64], part: f64) -> f64 {
    let rank = (sorted.len() as f64 * part).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

/// The mean difference between a message and the one before.
fn jitter(ms: &[f64]) -> f64 {
    let pairs = ms.windows(2).take(SAMPLES);
    let count = pairs.len().max(1) as f64;
    pairs.map(|pair| (pair[1] - pair[0]).abs()).sum::<f64>() / count
}
