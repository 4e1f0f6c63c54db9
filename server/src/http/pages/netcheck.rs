//! `/netcheck`: the network test, its reports, and what the network has to let through.

mod report;
mod requirements;

use netcheck_rules::{Plan, Step};
use serde::Serialize;

pub use self::{report::ReportPage, requirements::RequirementsPage};

use super::script;
use crate::i18n::Locale;

/// The test. Its script measures; the steps stand here already, so that one sees what will be
/// tried.
#[derive(askama::Template)]
#[template(path = "netcheck.html")]
pub struct NetcheckPage {
    t: Locale,
    here: &'static str,
    messages: String,
    state: String,
    participants: u32,
    lead: String,
    note: Option<String>,
}

/// What the script begins with.
#[derive(Serialize)]
struct NetcheckState<'a> {
    /// The steps that are quick, in their order.
    quick: Vec<String>,
    silence_s: &'a [u32],
    host: &'a str,
    port: u16,
}

impl NetcheckPage {
    /// The page, for a client that requested it at this plan's address.
    pub fn new(t: Locale, plan: &Plan, participants: u32) -> Self {
        let quick = Step::QUICK.iter().map(ToString::to_string).collect();
        let state = NetcheckState { quick, silence_s: &plan.silence_s, host: &plan.host, port: plan.port };
        Self {
            t,
            here: "/netcheck",
            messages: script::messages(t, &["netcheck.", "problem.too_"]),
            state: script::json(&state),
            participants,
            note: note(t, plan),
            lead: t.format(
                "netcheck.lead",
                &[("minutes", &plan.silence_s.last().map_or(1, |seconds| seconds.div_ceil(60)))],
            ),
        }
    }
}

/// Warnings before the test: it would run on the server's own machine, or at an address that phones
/// cannot reach.
fn note(t: Locale, plan: &Plan) -> Option<String> {
    match &plan.phones_at {
        None => Some(t.format("netcheck.found.address_unreachable", &[("host", &plan.host)])),
        Some(at) if plan.this_machine => Some(t.format("netcheck.found.address_this_machine", &[("at", at)])),
        Some(_) => None,
    }
}

/// A number as people write it: whole from ten on, else with one decimal where there is one.
fn decimal(t: Locale, value: f64) -> String {
    let value = value.max(0.0);
    let tenths = (value * 10.0).round();
    if value >= 10.0 || tenths % 10.0 == 0.0 {
        return t.number(value.round().min(f64::from(u32::MAX)) as u32);
    }
    let comma = if t.code() == "fr" { "," } else { "." };
    format!("{}{comma}{}", (tenths / 10.0).trunc(), tenths % 10.0)
}

/// A facilitator's token, in the command that uses it.
#[derive(askama::Template)]
#[template(path = "netcheck-token.html")]
pub struct TokenPage {
    t: Locale,
    here: &'static str,
    lead: String,
    request: String,
    messages: String,
}

impl TokenPage {
    /// The page, for the server at this address, which allows this many test connections.
    pub fn new(t: Locale, server: &str, token: &str, phones: u32) -> Self {
        Self {
            t,
            here: "/netcheck/token",
            lead: t.count("netcheck.token.lead", phones),
            request: format!("NETCHECK_TOKEN={token} netcheck {server} --quick --phones {}", phones.clamp(1, PHONES)),
            messages: script::messages(t, &["netcheck.cop"]),
        }
    }
}

/// This many reveal a limit per address, and no more are suggested.
const PHONES: u32 = 200;

#[cfg(test)]
mod tests {
    use netcheck_rules::{Change, Code};

    use super::*;
    use crate::i18n::LOCALES;

    #[test]
    fn there_are_words_for_all_that_can_be_found_and_asked_for() {
        let found = Code::ALL.iter().map(|code| format!("netcheck.found.{}", code.name()));
        let asked =
            Change::ALL.iter().flat_map(|it| ["change", "line"].map(|part| format!("netcheck.{part}.{}", it.name())));
        let steps = Step::ALL.iter().map(|step| format!("netcheck.step.{}", step.kind()));
        let verdicts = ["success", "skipped", "warning", "failed"];
        let answers =
            verdicts.iter().flat_map(|it| ["verdict", "take_part", "run"].map(|of| format!("netcheck.{of}.{it}")));
        let missing: Vec<String> =
            found.chain(asked).chain(steps).chain(answers).filter(|key| !LOCALES[0].has(key)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn figures_are_written_as_people_do() {
        let [english, french] = LOCALES;
        assert_eq!(decimal(english, 2.14), "2.1");
        assert_eq!(decimal(french, 2.14), "2,1");
        assert_eq!(decimal(english, 2.0), "2");
        assert_eq!(decimal(english, 1234.5), "1,235");
        assert_eq!(decimal(english, -1.0), "0");
    }
}
