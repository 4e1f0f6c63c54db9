//! A report of the network test, as a page: what was found, what to ask for, and how it is checked.

use std::{collections::BTreeMap, fmt::Display};

use serde::Deserialize;
use serde_json::Value;

use super::decimal;
use crate::{http::pages::script, i18n::Locale};

/// One finding in words.
struct MessageText {
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
    /// The step, as addresses within the page have it.
    id: String,
}

/// What a document holds of a finding.
#[derive(Debug, Deserialize)]
struct ReportedFinding {
    step: String,
    verdict: String,
    code: String,
    change: Option<String>,
    figures: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
struct Judged {
    findings: Vec<ReportedFinding>,
    summary: Summary,
}

#[derive(Debug, Deserialize)]
struct Summary {
    take_part: ReportedConclusion,
    run: ReportedConclusion,
    bandwidth: Bandwidth,
}

#[derive(Debug, Deserialize)]
struct ReportedConclusion {
    verdict: String,
    #[serde(default)]
    so_far: bool,
    /// The step that decides it.
    step: Option<String>,
    code: Option<String>,
}

impl ReportedConclusion {
    /// The key of its words.
    fn key(&self, question: &str) -> String {
        match (self.so_far, self.verdict.as_str(), self.is_here()) {
            (_, _, true) => "netcheck.not_here".to_owned(),
            (true, "warning", _) => format!("netcheck.{question}.so_far_warning"),
            (true, "skipped", _) => format!("netcheck.{question}.so_far"),
            (_, verdict, _) => format!("netcheck.{question}.{verdict}"),
        }
    }

    /// Whether only the server's own machine was tested, which the step of the address tells.
    fn is_here(&self) -> bool {
        matches!(self.code.as_deref(), Some("address_this_machine" | "address_unreachable"))
    }
}

#[derive(Debug, Deserialize)]
struct Bandwidth {
    needs: Needs,
    down: Option<f64>,
    up: Option<f64>,
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
    #[serde(default)]
    about: About,
    plan: Server,
    judgement: Judged,
}

/// Which server it was.
#[derive(Debug, Default, Deserialize)]
struct Server {
    host: String,
    port: u16,
}

/// What the tester said about it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct About {
    browser: String,
    tested_s: u32,
    zone: String,
    zone_minutes: i64,
}

/// One of the two questions with its answer.
struct ConclusionText {
    verdict: String,
    /// The same in words.
    word: String,
    question: String,
    answer: String,
    /// Empty where it is yes.
    why: String,
    /// The step that it is of.
    step: String,
}

/// How a report is checked with what its page offers.
const CHECK: &str = "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in report.json -sigfile report.sig";

/// A report.
#[derive(askama::Template)]
#[template(path = "netcheck-report.html")]
pub struct ReportPage {
    t: Locale,
    here: String,
    messages: String,
    id: String,
    /// Where it stays, for paper.
    address: String,
    place: String,
    about: String,
    /// The command that checks the signature.
    check: &'static str,
    answers: [ConclusionText; 2],
    needs: String,
    findings: Vec<MessageText>,
    /// What to ask of those who run the network.
    request: String,
    /// By which browser, for how long, when by its clock: what of it is known.
    circumstances: Vec<String>,
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
        let findings: Vec<MessageText> = document.judgement.findings.iter().map(|found| said(t, found)).collect();
        let answer = |key: &str, answer: &ReportedConclusion| {
            let step = answer.step.as_deref();
            let deciding = document.judgement.findings.iter().position(|found| Some(found.step.as_str()) == step);
            ConclusionText {
                word: t.text(&format!("netcheck.verdict.{}", answer.verdict)),
                question: t.text(&format!("netcheck.{key}")),
                answer: t.text(&answer.key(key)),
                why: deciding
                    .filter(|_| !answer.is_here())
                    .map(|at| t.format("netcheck.why", &[("step", &findings[at].step), ("found", &findings[at].found)]))
                    .unwrap_or_default(),
                step: step.unwrap_or_default().to_owned(),
                verdict: answer.verdict.clone(),
            }
        };
        let needs = [summary.bandwidth.needs.down, summary.bandwidth.needs.up].map(|bits| decimal(t, bits / 1e6));
        let [down, up] = &needs;
        let participants = t.number(document.participants);
        let needs = t.format("netcheck.needs", &[("participants", &participants), ("down", down), ("up", up)]);
        let seen = match (summary.bandwidth.down, summary.bandwidth.up) {
            (Some(down), Some(up)) => {
                let [down, up] = [down, up].map(|bits| decimal(t, bits / 1e6));
                format!(" {}", t.format("netcheck.seen", &[("down", &down), ("up", &up)]))
            }
            _ => String::new(),
        };
        let here = format!("/netcheck/reports/{id}");
        Some(Self {
            t,
            messages: script::messages(t, &["netcheck.cop"]),
            address: format!("{base}{here}"),
            here,
            id: id.to_owned(),
            about: t.format(
                if document.server.is_some() { "netcheck.report_of" } else { "netcheck.report_asked_as" },
                &[
                    ("at", &moment(document.made_at)),
                    ("server", &document.server.as_ref().or(document.asked_as.as_ref()).map_or("", String::as_str)),
                    ("participants", &participants),
                ],
            ),
            check: CHECK,
            answers: [answer("take_part", &summary.take_part), answer("run", &summary.run)],
            needs: [needs, seen].concat(),
            request: request(t, &document, &findings),
            circumstances: circumstances(t, &document),
            place: document.place,
            findings,
            has_test: true,
        })
    }
}

fn said(t: Locale, found: &ReportedFinding) -> MessageText {
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
    MessageText {
        word: say("verdict", &found.verdict),
        step: say("step", kind),
        found: say("found", &found.code),
        means: say("means", &found.code),
        value: say("value", &found.code),
        change: say("change", change),
        line: say("line", change),
        id: found.step.clone(),
        verdict: found.verdict.clone(),
    }
}

/// Every change once with its line, and what was found, as one text.
fn request(t: Locale, document: &Document, findings: &[MessageText]) -> String {
    let server: Vec<(&str, &dyn Display)> =
        vec![("host", &document.plan.host as &dyn Display), ("port", &document.plan.port)];
    let wanted: Vec<(&ReportedFinding, &MessageText)> = (document.judgement.findings.iter().zip(findings))
        .filter(|(found, said)| !said.change.is_empty() && matches!(found.verdict.as_str(), "warning" | "failed"))
        .collect();
    if wanted.is_empty() {
        let open = document.judgement.summary.run.verdict == "skipped";
        return t.format(if open { "netcheck.request_none_yet" } else { "netcheck.request_none" }, &server);
    }
    let mut text = t.format("netcheck.request_opening", &server);
    let mut done: Vec<Option<&str>> = Vec::new();
    for (found, said) in &wanted {
        let change = found.change.as_deref();
        if done.contains(&change) {
            continue;
        }
        done.push(change);
        let mut why: Vec<String> = Vec::new();
        for (_, said) in wanted.iter().filter(|(found, _)| found.change.as_deref() == change) {
            let said = t.format("netcheck.why", &[("step", &said.step), ("found", &said.found)]);
            if why.len() < MOST_REASONS && !why.contains(&said) {
                why.push(said);
            }
        }
        text += &format!("\n- {}\n  {}\n  ({})", said.change, said.line, why.join(" "));
    }
    text
}

/// The maximum number of reasons shown with a change.
const MOST_REASONS: usize = 3;

/// The circumstances of the measurement.
fn circumstances(t: Locale, document: &Document) -> Vec<String> {
    let About { browser, tested_s, zone, zone_minutes } = &document.about;
    let mut all = Vec::new();
    if *tested_s > 0 {
        let minutes = decimal(t, f64::from(*tested_s) / 60.0);
        all.push(t.format("netcheck.report_tested", &[("minutes", &minutes)]));
    }
    if !zone.is_empty() {
        let there = moment(document.made_at + zone_minutes * 60_000);
        all.push(t.format("netcheck.report_zone", &[("at", &there.trim_end_matches(" UTC")), ("zone", zone)]));
    }
    if !browser.is_empty() {
        all.push(t.format("netcheck.report_browser", &[("browser", browser)]));
    }
    all
}

fn figure(t: Locale, value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => decimal(t, value.as_f64().unwrap_or_default()),
    }
}

/// A moment, the same in every language: 2026-11-21 22:31 UTC.
fn moment(millis: i64) -> String {
    crate::http::export::time::minute(millis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::LOCALES;

    #[test]
    fn what_is_no_report_has_no_page() {
        assert_eq!(moment(1_790_000_000_123), "2026-09-21 14:13 UTC");
        assert!(ReportPage::new(LOCALES[0], "http://host", "id", "{}").is_none());
        assert!(ReportPage::new(LOCALES[0], "http://host", "id", "no JSON").is_none());
    }
}
