//! Plan and measures in, findings and the two answers out.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    code::{Change, Code},
    measure::{Hold, HoldOutcome, Measurement, Measures},
    plan::Plan,
    rules,
    step::{Step, Verdict},
    verdict::{self, Summary},
};

/// A figure of a sentence.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Figure {
    /// A number, with one decimal at most.
    Number(f64),
    /// A text that is the same in every language: a name, an address, a hash.
    Text(String),
}

/// What was found in one step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The step.
    pub step: Step,
    /// How it went.
    pub verdict: Verdict,
    /// What was found.
    pub code: Code,
    /// What can be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// The figures of the sentences.
    pub figures: BTreeMap<&'static str, Figure>,
}

impl Finding {
    pub(crate) fn new(step: Step, verdict: Verdict, code: Code) -> Self {
        Self { step, verdict, code, change: None, figures: BTreeMap::new() }
    }

    pub(crate) fn fine(step: Step, code: Code) -> Self {
        Self::new(step, Verdict::Success, code)
    }

    pub(crate) fn skipped(step: Step, code: Code) -> Self {
        Self::new(step, Verdict::Skipped, code)
    }

    pub(crate) fn warning(step: Step, code: Code) -> Self {
        Self::new(step, Verdict::Warning, code)
    }

    pub(crate) fn failed(step: Step, code: Code) -> Self {
        Self::new(step, Verdict::Failed, code)
    }

    /// With something to ask for.
    pub(crate) fn ask(mut self, change: Change) -> Self {
        self.change = Some(change);
        self
    }

    /// With a number: whole from ten on, else with one decimal. What is no number is zero.
    pub(crate) fn number(mut self, name: &'static str, value: f64) -> Self {
        let scale = if value.abs() < 10.0 { 10.0 } else { 1.0 };
        let value = if value.is_finite() { (value * scale).round() / scale } else { 0.0 };
        self.figures.insert(name, Figure::Number(value));
        self
    }

    /// With a text.
    pub(crate) fn text(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.figures.insert(name, Figure::Text(value.into()));
        self
    }
}

/// All that is to be said of a test.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// What was found, in the order of the steps; nothing of steps that were not tried yet.
    pub findings: Vec<Finding>,
    /// The two answers.
    pub summary: Summary,
}

/// What these measures mean for an event with so many participants.
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
