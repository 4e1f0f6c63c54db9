//! Plan and measures in, findings and the two answers out.

use serde::Serialize;

use crate::{
    finding::Finding,
    measure::{Hold, HoldOutcome, Measurement, Measures},
    plan::Plan,
    rules,
    step::Step,
    verdict::{self, Summary},
};

/// All findings of a test.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// What was found, in the order of the steps; nothing of steps that were not tried yet.
    pub findings: Vec<Finding>,
    /// The two answers.
    pub summary: Summary,
}

/// What these measurements mean for an event with this many participants.
pub fn judge(plan: &Plan, measures: &Measures, participants: u32) -> Judgement {
    let mut findings: Vec<Finding> =
        Step::ALL.into_iter().filter_map(|step| rules::quick(step, plan, measures, participants)).collect();
    let mut idle: Vec<_> = measures.idle.iter().filter(|idle| plan.silence_s.contains(&idle.seconds)).collect();
    idle.sort_by_key(|idle| idle.seconds);
    idle.dedup_by_key(|idle| idle.seconds);
    let mut survived = 0;
    for idle in idle {
        findings.push(rules::idle(plan, measures, idle, survived));
        if matches!(idle.hold, Measurement::Figures(Hold { end: HoldOutcome::Survived, .. })) {
            survived = idle.seconds;
        }
    }
    for finding in &mut findings {
        // Every request to the firewall's desk names whom it is for.
        *finding = finding.clone().text("host", &plan.host).text("port", plan.port.to_string());
    }
    let summary = verdict::summary(plan, measures, &findings, participants);
    Judgement { findings, summary }
}
