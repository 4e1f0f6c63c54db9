//! The two questions: can I take part, and can I run an event?

use serde::Serialize;

use crate::{
    code::Code,
    judge::Finding,
    measure::{Got, Measures},
    plan::{Needs, Plan},
    rules::rate,
    step::{Step, Verdict},
};

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// Success is yes, warning is yes with a change, failed is no, skipped is not known yet.
    pub verdict: Verdict,
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
    pub take_part: Answer,
    /// Can somebody run an event here, with the whole room on this network?
    pub run: Answer,
    /// The room's bandwidth.
    pub bandwidth: Bandwidth,
}

pub(crate) fn summary(plan: &Plan, all: &Measures, findings: &[Finding], participants: u32) -> Summary {
    let seen = |got: &Option<Got<_>>| match got {
        Some(Got::Figures(transfer)) => Some(rate(transfer) as u64),
        _ => None,
    };
    Summary {
        take_part: answer(findings, takes_part),
        run: answer(findings, |step| !matches!(step, Step::Events | Step::Poll)),
        bandwidth: Bandwidth {
            participants,
            needs: plan.participant.needs(participants),
            down: seen(&all.download),
            up: seen(&all.upload),
            measured: plan.participant.measured,
        },
    }
}

/// Without these there is no yes.
const DECISIVE: [Step; 3] = [Step::Page, Step::WebSocket, Step::Messages];

/// Whether one phone needs what a step tries. The room's bandwidth is the facilitator's to care for, and so is what all of
/// the room does at once.
const fn takes_part(step: Step) -> bool {
    !matches!(step, Step::Download | Step::Upload | Step::Burst | Step::Phones | Step::Events | Step::Poll)
}

fn answer(findings: &[Finding], matters: impl Fn(Step) -> bool) -> Answer {
    let mattering = || findings.iter().filter(|finding| matters(finding.step) && weighs(finding));
    // Of those that are equally grave, the first: what comes later may only follow from it.
    let worst = mattering().map(|finding| finding.verdict).max();
    // Only this machine was tested, and not the venue: that is no yes, however well it went. What fails even so fails there too.
    let here = findings.iter().find(|finding| is_of_this_machine(finding.code));
    if let Some(finding) = here.filter(|_| worst != Some(Verdict::Failed)) {
        return Answer { verdict: Verdict::Skipped, step: Some(finding.step), code: Some(finding.code) };
    }
    let deciding = mattering().find(|finding| Some(finding.verdict) == worst && finding.verdict >= Verdict::Warning);
    if let Some(finding) = deciding {
        return Answer { verdict: finding.verdict, step: Some(finding.step), code: Some(finding.code) };
    }
    let found = |step| findings.iter().any(|finding| finding.step == step && finding.verdict == Verdict::Success);
    let verdict = if DECISIVE.into_iter().all(found) { Verdict::Success } else { Verdict::Skipped };
    Answer { verdict, step: None, code: None }
}

/// Whether it says that the test ran on the server's own machine.
const fn is_of_this_machine(code: Code) -> bool {
    matches!(code, Code::AddressThisMachine | Code::AddressUnreachable)
}

/// Whether a finding changes an answer. What nobody will notice, and what was found only for those who look after the
/// network, does not.
fn weighs(finding: &Finding) -> bool {
    !matches!(
        finding.code,
        Code::IdleClosedKept
            | Code::IdleSilentKept
            | Code::ProtocolInspected
            | Code::CertificateDoubtful
            | Code::ClockOff
            | Code::NameSlow
    )
}
