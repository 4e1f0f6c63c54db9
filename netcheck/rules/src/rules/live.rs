//! What a live connection needs: the upgrade, messages, their delay, silence; and the ways around it.

use super::{in_the_way, reach, trouble_of, troubles};
use crate::{
    code::{Change, Code},
    judge::Finding,
    measure::{
        Burst, ChannelEnd, Delay, Hold, HoldOutcome, Measurement, Measures, Messages, Opened, Poll, Resume, SAMPLES,
        Sse, Trouble,
    },
    plan::Plan,
    step::{Step, Verdict},
    wire::Phones,
};

/// An upgrade costs a few ways out and back; a phone that waits longer shows that it is connecting.
const OPEN_MS: f64 = 3_000.0;
/// The room sees the results move within a second of an answer. Beyond, people ask whether theirs was taken.
const DELAY_MS: f64 = 1_000.0;
/// Beyond, a countdown of some seconds is no longer fair to anybody.
const DELAY_TOO_LONG_MS: f64 = 3_000.0;
/// A message that takes a second more than usual has been lost once on the way, or held.
const STALL_MS: f64 = 1_000.0;
/// Of 200 messages one stall is chance.
const STALLS: usize = 2;
/// What takes longer than a live page waits for an answer is taken for lost by it.
const LATE_MS: f64 = 8_000.0;
/// An event that is this late was held somewhere: it was ready, and others had not come yet.
const HELD_MS: f64 = 1_000.0;
/// How much later than asked an answer may come.
const POLL_MS: f64 = 2_000.0;
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
        // Our server says so to whoever asks without an upgrade.
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

/// Where somebody sends whoever asks: an address, or the status that was answered.
fn to(all: &Measures, trouble: Trouble) -> String {
    match (&all.sent_to, trouble) {
        (Some(to), _) => reach::bounded(to),
        (None, Trouble::Foreign { status }) => format!("HTTP {status}"),
        (None, _) => String::new(),
    }
}

/// Whether pages go on living without WebSocket: by Server-Sent Events, else by long polling.
fn has_way_around(all: &Measures) -> bool {
    let streams = matches!(&all.sse, Some(Measurement::Figures(it)) if sse(it).verdict == Verdict::Success);
    streams || matches!(&all.poll, Some(Measurement::Figures(it)) if poll(it).verdict == Verdict::Success)
}

/// A browser does not tell why a connection was refused: where others are told to be slower, or are refused once there were
/// many, so was this.
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

/// A live connection that was closed in the middle of something.
fn cut(step: Step, code: u16) -> Finding {
    Finding::failed(step, Code::Cut).ask(Change::AllowWebSocket).text("close", code.to_string())
}

/// How a message that is too long for somebody is closed, by RFC 6455.
const TOO_BIG: u16 = 1009;
/// A message that takes longer is late for whoever waits for it.
const MESSAGE_MS: f64 = 5_000.0;

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
    } else if it.largest < plan.sizes.large_bytes && super::is_narrow(all) {
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

/// How many were refused: neither let in, nor without a place at our server, nor only late.
fn missing(it: &Phones) -> u32 {
    it.asked.saturating_sub(it.opened).saturating_sub(it.busy).saturating_sub(it.late)
}

/// From so many on it says something of the line how fast they are together; fewer are to find a limit of their number.
const MANY: u32 = 50;

/// Many from one address, as a room is: whoever allows an address only so many shows here.
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

/// Whether a stream of Server-Sent Events looks as if somebody held it. A device or a network that stalls for a moment makes it look so
/// once: who measures tries again, and what was held twice is held.
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

/// A live connection is never silent for longer than the server's setting for pings, so a cut that comes later is not felt.
/// One that comes sooner has every phone come back each time: no answer is lost, but the room lags behind.
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
