//! What is found in one step, with the figures of its sentences.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    change::Change,
    code::Code,
    step::{Step, Verdict},
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
