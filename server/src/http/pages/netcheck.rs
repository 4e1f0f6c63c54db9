//! `/netcheck`: the network test, its reports, and what the network has to let through.

use std::{collections::BTreeMap, fmt::Display};

use netcheck::{Plan, Step};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::script;
use crate::i18n::Locale;

/// The test. Its script measures; the steps stand here already, so that one sees what will be tried.
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
struct State<'a> {
    /// The steps that are quick, in their order.
    quick: Vec<String>,
    idle_s: &'a [u32],
    host: &'a str,
    port: u16,
}

impl NetcheckPage {
    /// The page, for whoever asked by this plan's address.
    pub fn new(t: Locale, plan: &Plan, participants: u32) -> Self {
        let quick = Step::QUICK.iter().map(ToString::to_string).collect();
        let state = State { quick, idle_s: &plan.idle_s, host: &plan.host, port: plan.port };
        Self {
            t,
            here: "/netcheck",
            messages: script::messages(t, &["netcheck.", "problem.too_"]),
            state: script::json(&state),
            participants,
            note: note(t, plan),
            lead: t
                .format("netcheck.lead", &[("minutes", &plan.idle_s.last().map_or(1, |seconds| seconds.div_ceil(60)))]),
        }
    }
}

/// What is to be known before anything is measured: that it is measured where there is no network, or where no phone comes.
fn note(t: Locale, plan: &Plan) -> Option<String> {
    match &plan.phones_at {
        None => Some(t.format("netcheck.found.address_unreachable", &[("host", &plan.host)])),
        Some(at) if plan.this_machine => Some(t.format("netcheck.found.address_this_machine", &[("at", at)])),
        Some(_) => None,
    }
}

/// One finding in words.
pub struct Said {
    /// `success`, `warning`, `failed` or `skipped`.
    verdict: String,
    /// The same in words.
    word: String,
    step: String,
    found: String,
    /// Empty where there is nothing more to it.
    means: String,
    change: String,
    line: String,
    value: String,
}

/// What a document holds of a finding.
#[derive(Debug, Deserialize)]
struct Found {
    step: String,
    verdict: String,
    code: String,
    change: Option<String>,
    figures: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
struct Judged {
    findings: Vec<Found>,
    summary: Summary,
}

#[derive(Debug, Deserialize)]
struct Summary {
    take_part: Answer,
    run: Answer,
    bandwidth: Bandwidth,
}

#[derive(Debug, Deserialize)]
struct Answer {
    verdict: String,
    /// The step that decides it.
    step: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Bandwidth {
    needs: Needs,
}

#[derive(Debug, Deserialize)]
struct Needs {
    down: f64,
    up: f64,
}

#[derive(Debug, Deserialize)]
struct Document {
    made_at: i64,
    place: String,
    server: Option<String>,
    asked_as: Option<String>,
    participants: u32,
    judgement: Judged,
}

/// One of the two questions with its answer.
struct Answered {
    verdict: String,
    /// The same in words.
    word: String,
    question: String,
    answer: String,
    /// Empty where it is yes.
    why: String,
}

/// How a report is checked with what its page offers.
const CHECK: &str = "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in report.json -sigfile report.sig";

/// A report.
#[derive(askama::Template)]
#[template(path = "netcheck-report.html")]
pub struct ReportPage {
    t: Locale,
    here: String,
    id: String,
    /// Where it stays, for paper.
    address: String,
    place: String,
    about: String,
    /// The command that checks the signature.
    check: &'static str,
    answers: [Answered; 2],
    needs: String,
    findings: Vec<Said>,
    /// Whether the test can be made here.
    has_test: bool,
}

impl ReportPage {
    /// With a link to the test, or without one where it is switched off.
    #[must_use]
    pub fn with_test(self, has_test: bool) -> Self {
        Self { has_test, ..self }
    }

    /// The page of this document, on a server with this address; none if it is none.
    pub fn new(t: Locale, base: &str, id: &str, document: &str) -> Option<Self> {
        let document: Document = serde_json::from_str(document).ok()?;
        let summary = &document.judgement.summary;
        let findings: Vec<Said> = document.judgement.findings.iter().map(|found| said(t, found)).collect();
        let answer = |key: &str, answer: &Answer| {
            let step = answer.step.as_deref();
            let deciding = document.judgement.findings.iter().position(|found| Some(found.step.as_str()) == step);
            Answered {
                word: t.text(&format!("netcheck.verdict.{}", answer.verdict)),
                question: t.text(&format!("netcheck.{key}")),
                answer: t.text(&format!("netcheck.{key}.{}", answer.verdict)),
                why: deciding.map(|at| findings[at].found.clone()).unwrap_or_default(),
                verdict: answer.verdict.clone(),
            }
        };
        let needs = [summary.bandwidth.needs.down, summary.bandwidth.needs.up].map(|bits| decimal(t, bits / 1e6));
        let [down, up] = &needs;
        let participants = t.number(document.participants);
        let here = format!("/netcheck/reports/{id}");
        Some(Self {
            t,
            address: format!("{base}{here}"),
            here,
            id: id.to_owned(),
            about: t.format(
                if document.server.is_some() { "netcheck.report_of" } else { "netcheck.report_asked_as" },
                &[
                    ("at", &moment(document.made_at)),
                    ("server", &document.server.or(document.asked_as).unwrap_or_default()),
                    ("participants", &participants),
                ],
            ),
            check: CHECK,
            answers: [answer("take_part", &summary.take_part), answer("run", &summary.run)],
            needs: t.format("netcheck.needs", &[("participants", &participants), ("down", down), ("up", up)]),
            place: document.place,
            findings,
            has_test: true,
        })
    }
}

fn said(t: Locale, found: &Found) -> Said {
    let figures: Vec<(&str, String)> =
        found.figures.iter().map(|(name, value)| (name.as_str(), figure(t, value))).collect();
    let arguments: Vec<(&str, &dyn Display)> =
        figures.iter().map(|(name, text)| (*name, text as &dyn Display)).collect();
    let say = |part: &str, name: &str| {
        let key = format!("netcheck.{part}.{name}");
        if t.has(&key) { t.format(&key, &arguments) } else { String::new() }
    };
    let kind = found.step.split('_').next().unwrap_or_default();
    let change = found.change.as_deref().unwrap_or_default();
    Said {
        word: say("verdict", &found.verdict),
        step: say("step", kind),
        found: say("found", &found.code),
        means: say("means", &found.code),
        value: say("value", &found.code),
        change: say("change", change),
        line: say("line", change),
        verdict: found.verdict.clone(),
    }
}

fn figure(t: Locale, value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => decimal(t, value.as_f64().unwrap_or_default()),
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

/// A moment, the same in every language: 2026-11-21 22:31 UTC.
fn moment(millis: i64) -> String {
    crate::http::export::time::minute(millis)
}

/// What the network has to let through.
#[derive(askama::Template)]
#[template(path = "netcheck-requirements.html")]
pub struct RequirementsPage {
    t: Locale,
    here: &'static str,
    /// What is asked for, line by line: a name, and what it is.
    rows: Vec<(String, String)>,
    request: String,
    messages: String,
    note: Option<String>,
    /// Whether the test can be made here.
    has_test: bool,
}

impl RequirementsPage {
    /// With a link to the test, or without one where it is switched off.
    #[must_use]
    pub fn with_test(self, has_test: bool) -> Self {
        Self { has_test, ..self }
    }

    /// The page of the real settings.
    pub fn new(t: Locale, plan: &Plan, participants: u32) -> Self {
        let needs = plan.participant.needs(participants);
        let [down, up] = [needs.down, needs.up].map(|bits| decimal(t, bits as f64 / 1e6));
        let (n, host, port) = (t.number(participants), &plan.host, plan.port);
        let ping = decimal(t, f64::from(plan.ping_ms) / 1000.0);
        let scheme = if plan.secure { "https" } else { "http" };
        let kind = |key: &str| {
            if plan.secure { format!("netcheck.need.{key}_secure") } else { format!("netcheck.need.{key}_plain") }
        };
        let arguments: Vec<(&str, &dyn Display)> = vec![
            ("host", host),
            ("port", &port),
            ("scheme", &scheme),
            ("ping", &ping),
            ("n", &n),
            ("down", &down),
            ("up", &up),
        ];
        let row = |name: &str, key: &str| (t.text(&format!("netcheck.need.{name}")), t.format(key, &arguments));
        let mut rows = vec![
            row("name", "netcheck.need.name_value"),
            row("port", &kind("port")),
            row("protocols", &kind("protocols")),
            row("websocket", "netcheck.need.websocket_value"),
            row("idle", "netcheck.need.idle_value"),
            row("answers", "netcheck.need.answers_value"),
            row("inspection", "netcheck.need.inspection_value"),
            row("limits", "netcheck.need.limits_value"),
            row("bandwidth", "netcheck.need.bandwidth_value"),
        ];
        if let Some(sha256) = &plan.certificate {
            rows.push((t.text("netcheck.need.certificate"), sha256.clone()));
        }
        let lines = rows.iter().map(|(name, value)| {
            format!("- {}", t.format("netcheck.need.row", &[("name", name as &dyn Display), ("value", value)]))
        });
        let opening = t.format("netcheck.need.opening", &arguments);
        let request = std::iter::once(opening).chain(lines).collect::<Vec<_>>().join("\n");
        let messages = script::messages(t, &["netcheck.cop"]);
        // From where this is read is of no matter to it.
        let note = note(t, plan).filter(|_| plan.phones_at.is_none());
        Self { t, here: "/netcheck/requirements", rows, request, messages, note, has_test: true }
    }
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
    /// The page, for the server at this address, which lets so many test connections in.
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

/// So many show a limit per address, and no more is proposed.
const PHONES: u32 = 200;

#[cfg(test)]
mod tests {
    use netcheck::{Change, Code};

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
        assert_eq!(moment(1_790_000_000_123), "2026-09-21 14:13 UTC");
    }

    #[test]
    fn what_is_no_report_has_no_page() {
        assert!(ReportPage::new(LOCALES[0], "http://host", "id", "{}").is_none());
        assert!(ReportPage::new(LOCALES[0], "http://host", "id", "no JSON").is_none());
    }
}
