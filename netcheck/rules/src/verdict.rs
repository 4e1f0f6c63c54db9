//! The two questions: can I take part, and can I run an event?

use serde::Serialize;

use crate::{
    code::Code,
    finding::Finding,
    measure::{Measurement, Measures},
    plan::{Needs, Plan},
    rules::rate,
    step::{Step, Verdict},
};

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conclusion {
    /// Success is yes, warning is yes with a change, failed is no, skipped is not known yet.
    pub verdict: Verdict,
    /// Whether it is a yes as far as is known, while something that decides it was not measured
    /// yet.
    pub so_far: bool,
    /// The step that decides it, where it is not yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<Step>,
    /// What was found there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
}

/// What the room needs beside what was seen, in bits a second.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bandwidth {
    /// For so many.
    pub participants: u32,
    /// Needed.
    pub needs: Needs,
    /// Seen towards the room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub down: Option<u64>,
    /// Seen from the room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up: Option<u64>,
    /// Whether the need was measured on this server, and not taken from the documents.
    pub measured: bool,
}

/// What the test says as a whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Can somebody take part from here?
    pub take_part: Conclusion,
    /// Can somebody run an event here, with the whole room on this network?
    pub run: Conclusion,
    /// The room's bandwidth.
    pub bandwidth: Bandwidth,
}

pub(crate) fn summary(plan: &Plan, all: &Measures, findings: &[Finding], participants: u32) -> Summary {
    let seen = |got: &Option<Measurement<_>>| match got {
        // What goes through the server's own machine alone is no line.
        Some(Measurement::Figures(transfer)) if !plan.this_machine => Some(rate(transfer) as u64),
        _ => None,
    };
    Summary {
        take_part: answer(plan, findings, &TAKE_PART, takes_part),
        run: answer(plan, findings, &RUN, |step| !matches!(step, Step::Sse | Step::Poll)),
        bandwidth: Bandwidth {
            participants,
            needs: plan.participant.needs(participants),
            down: seen(&all.download),
            up: seen(&all.upload),
            measured: plan.participant.measured,
        },
    }
}

/// Before these are known there is no yes, nor before it is known that a connection bears as much
/// silence as there is.
const TAKE_PART: [Step; 5] = [Step::Page, Step::Cookies, Step::WebSocket, Step::Messages, Step::Delay];
/// The same for the whole room.
const RUN: [Step; 9] = [
    Step::Page,
    Step::Cookies,
    Step::WebSocket,
    Step::Messages,
    Step::Delay,
    Step::Burst,
    Step::Download,
    Step::Upload,
    Step::Phones,
];

/// The silences that have to be tried: up to the first that is as long as a live connection is ever
/// silent.
fn silences(plan: &Plan) -> impl Iterator<Item = Step> {
    let mut all = plan.silence_s.clone();
    all.sort_unstable();
    let enough = all.iter().position(|seconds| u64::from(*seconds) * 1000 >= u64::from(plan.ping_ms));
    let count = enough.map_or(all.len(), |at| at + 1);
    all.into_iter().take(count).map(Step::Idle)
}

/// Whether one phone needs what a step tries. The room's bandwidth is the facilitator's to care
/// for, and so is what all of the room does at once.
const fn takes_part(step: Step) -> bool {
    !matches!(step, Step::Download | Step::Upload | Step::Burst | Step::Phones | Step::Sse | Step::Poll)
}

fn answer(plan: &Plan, findings: &[Finding], deciding: &[Step], matters: impl Fn(Step) -> bool) -> Conclusion {
    let mattering = || findings.iter().filter(|finding| matters(finding.step) && weighs(finding));
    // Of those that are equally grave, the first: what comes later may only follow from it.
    let worst = mattering().map(|finding| finding.verdict).max();
    let of = |finding: &Finding, verdict, so_far| Conclusion {
        verdict,
        so_far,
        step: Some(finding.step),
        code: Some(finding.code),
    };
    // Only this machine was tested, and not the venue: that is no yes, however well it went. What
    // fails even so fails there too.
    let here = findings.iter().find(|finding| is_of_this_machine(finding.code));
    if let Some(finding) = here.filter(|_| worst != Some(Verdict::Failed)) {
        return of(finding, Verdict::Skipped, false);
    }
    let open = |step: &Step| !is_decided(findings, *step);
    let undecided = || deciding.iter().copied().chain(silences(plan)).filter(open);
    let is_open = undecided().next().is_some();
    let bad = mattering().find(|finding| Some(finding.verdict) == worst && finding.verdict >= Verdict::Warning);
    if let Some(finding) = bad {
        return of(finding, finding.verdict, is_open && finding.verdict == Verdict::Warning);
    }
    if !is_open {
        return Conclusion { verdict: Verdict::Success, so_far: false, step: None, code: None };
    }
    let so_far = deciding.iter().any(|step| is_decided(findings, *step));
    // Why it is not known, where that was found: our server is busy, a room needs the line.
    let why = undecided().find_map(|step| findings.iter().find(|finding| finding.step == step));
    let unknown = Conclusion { verdict: Verdict::Skipped, so_far, step: None, code: None };
    why.map_or(unknown, |finding| of(finding, Verdict::Skipped, so_far))
}

/// Whether it is known how a step goes: it was measured, or there can be no live connection on
/// which to do so.
fn is_decided(findings: &[Finding], step: Step) -> bool {
    let verdict = |step| findings.iter().find(|finding| finding.step == step).map(|finding| finding.verdict);
    let live = matches!(step, Step::Messages | Step::Delay | Step::Burst | Step::Phones);
    let opened =
        |it: &Finding| matches!(it.code, Code::WebSocketFine | Code::WebSocketSlow) || it.verdict < Verdict::Warning;
    let blocked = || findings.iter().any(|it| it.step == Step::WebSocket && !opened(it));
    if let Step::Idle(seconds) = step {
        // The result of a longer silence covers shorter ones.
        let longer = |it: &Finding| matches!(it.step, Step::Idle(other) if other >= seconds);
        return blocked() || findings.iter().any(|it| longer(it) && it.verdict != Verdict::Skipped);
    }
    match verdict(step) {
        Some(Verdict::Skipped) => live && blocked(),
        known => known.is_some(),
    }
}

/// Whether it says that the test ran on the server's own machine.
const fn is_of_this_machine(code: Code) -> bool {
    matches!(code, Code::AddressThisMachine | Code::AddressUnreachable)
}

/// Whether a finding changes an answer. What nobody will notice, and what was found only for those
/// who look after the network, does not.
fn weighs(finding: &Finding) -> bool {
    !matches!(
        finding.code,
        Code::IdleClosedKept
            | Code::IdleSilentKept
            | Code::ProtocolInspected
            | Code::CertificateDoubtful
            | Code::ClockOff
            | Code::ClockOffMinutes
            | Code::ClockOffHours
            | Code::ClockOffDays
    )
}
