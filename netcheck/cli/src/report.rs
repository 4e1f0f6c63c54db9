//! What a test found, as a document like the server's own reports, and as a page that stands by
//! itself.

use std::{io, path::Path};

use askama::Template;
use netcheck_rules::{Code, Conclusion, Judgement, Measurement, Measures, Plan, Verdict};
use serde::Serialize;

use crate::words::{Message, Words, verdict_name};

/// A test, as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Document {
    /// When it was made, by this device's clock.
    pub(crate) made_at: i64,
    pub(crate) server: String,
    pub(crate) version: &'static str,
    pub(crate) place: String,
    pub(crate) participants: u32,
    pub(crate) plan: Plan,
    pub(crate) measures: Measures,
    pub(crate) judgement: Judgement,
}

impl Document {
    /// The exit code: the worse of the two answers, where “no” is worse than “unknown”.
    pub(crate) fn code(&self) -> u8 {
        let summary = &self.judgement.summary;
        let answers = [summary.take_part.verdict, summary.run.verdict];
        if answers.contains(&Verdict::Failed) {
            2
        } else if answers.contains(&Verdict::Skipped) {
            3
        } else {
            u8::from(answers.contains(&Verdict::Warning))
        }
    }

    /// When it was made: 2026-11-21 22:31 UTC, the same in every language.
    pub(crate) fn at(&self) -> String {
        moment(self.made_at)
    }

    /// Writes it as what the file's name says.
    pub(crate) fn write(&self, words: &Words, file: &Path) -> io::Result<()> {
        let text = if file.extension().is_some_and(|ending| ending == "html") {
            Page::new(words, self).render().map_err(io::Error::other)?
        } else {
            serde_json::to_string_pretty(self)? + "\n"
        };
        std::fs::write(file, text)
    }

    /// One of the two answers in words, with why.
    pub(crate) fn answer(&self, words: &Words, question: &str, answer: &Conclusion) -> ConclusionText {
        let verdict = verdict_name(answer.verdict);
        let deciding = self.judgement.findings.iter().find(|finding| Some(finding.step) == answer.step);
        ConclusionText {
            verdict,
            word: words.verdict(answer.verdict),
            question: words.text(&format!("netcheck.{question}")),
            answer: words.text(&match (answer.so_far, answer.verdict) {
                _ if is_here(answer) => "netcheck.not_here".to_owned(),
                (true, Verdict::Warning) => format!("netcheck.{question}.so_far_warning"),
                (true, Verdict::Skipped) => format!("netcheck.{question}.so_far"),
                _ => format!("netcheck.{question}.{verdict}"),
            }),
            // That it was this machine alone is said once, where its address is.
            why: deciding.filter(|_| !is_here(answer)).map(|finding| words.reason(finding)).unwrap_or_default(),
        }
    }

    /// Both answers in words.
    pub(crate) fn answers(&self, words: &Words) -> [ConclusionText; 2] {
        let summary = &self.judgement.summary;
        [self.answer(words, "take_part", &summary.take_part), self.answer(words, "run", &summary.run)]
    }

    /// What the room needs beside what was seen.
    pub(crate) fn needs(&self, words: &Words) -> String {
        let it = &self.judgement.summary.bandwidth;
        let mbit = |bits: u64| words.number(bits as f64 / 1e6);
        let (down, up) = (mbit(it.needs.down), mbit(it.needs.up));
        let people = words.number(self.participants.into());
        let mut text = words.format(
            "netcheck.needs",
            &[("participants", people.as_str()), ("down", down.as_str()), ("up", up.as_str())],
        );
        if let (Some(down), Some(up)) = (it.down.map(mbit), it.up.map(mbit)) {
            text += " ";
            text += &words.format("netcheck.seen", &[("down", down.as_str()), ("up", up.as_str())]);
        }
        if !matches!(&self.measures.phones, Some(Measurement::Figures(phones)) if phones.asked >= ROOM) {
            text += " ";
            text += &words.text("netcheck.one_device");
        }
        text
    }

    /// What to ask of those who run the network, every change once, as one text.
    pub(crate) fn request(&self, words: &Words) -> String {
        let (host, port) = (Words::shown(&self.plan.host), self.plan.port.to_string());
        let server = [("host", host.as_str()), ("port", port.as_str())];
        let wanted = || self.judgement.findings.iter().filter(|it| it.verdict >= Verdict::Warning);
        let mut changes: Vec<_> = wanted().filter_map(|finding| finding.change).collect();
        let mut known = Vec::new();
        changes.retain(|change| !known.contains(change) && (known.push(*change), true).1);
        if changes.is_empty() {
            let open = self.judgement.summary.run.verdict == Verdict::Skipped;
            return words.format(if open { "netcheck.request_none_yet" } else { "netcheck.request_none" }, &server);
        }
        let mut text = words.format("netcheck.request_opening", &server);
        for change in changes {
            let mut those = wanted().filter(|it| it.change == Some(change)).peekable();
            if let Some(first) = those.peek() {
                let said = words.say(first);
                text += &format!("\n- {}\n  {}", said.change, said.line);
            }
            let mut why: Vec<String> = Vec::new();
            for found in those.map(|finding| words.reason(finding)) {
                if !why.contains(&found) && why.len() < 3 {
                    why.push(found);
                }
            }
            text += &format!("\n  ({})", why.join(" "));
        }
        text
    }
}

/// As many as this are a room, or say as much of one.
const ROOM: u32 = 50;

/// Whether only the server's own machine was tested.
fn is_here(answer: &Conclusion) -> bool {
    matches!(answer.code, Some(Code::AddressThisMachine | Code::AddressUnreachable))
}

/// An answer in words.
pub(crate) struct ConclusionText {
    pub(crate) verdict: &'static str,
    pub(crate) word: String,
    pub(crate) question: String,
    pub(crate) answer: String,
    /// Empty where it is yes.
    pub(crate) why: String,
}

/// The page of a report.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    t: &'a Words,
    place: &'a str,
    url: String,
    made: String,
    answers: [ConclusionText; 2],
    needs: String,
    findings: Vec<(&'static str, Message)>,
    request: String,
}

impl<'a> Page<'a> {
    fn new(words: &'a Words, document: &'a Document) -> Self {
        let people = words.number(document.participants.into());
        let at = document.at();
        let findings = document.judgement.findings.iter().map(|it| (verdict_name(it.verdict), words.say(it))).collect();
        Self {
            t: words,
            place: &document.place,
            url: document.server.clone(),
            made: words.format("program.made", &[("at", at.as_str()), ("participants", people.as_str())]),
            answers: document.answers(words),
            needs: document.needs(words),
            findings,
            request: document.request(words),
        }
    }
}

/// A moment in UTC, by the days since 1970 (the algorithm of Howard Hinnant's `civil_from_days`).
fn moment(millis: i64) -> String {
    let seconds = millis.div_euclid(1000);
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", rest / 3_600, rest / 60 % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_the_same_everywhere() {
        assert_eq!(moment(0), "1970-01-01 00:00 UTC");
        assert_eq!(moment(951_782_400_000), "2000-02-29 00:00 UTC");
        assert_eq!(moment(1_790_000_000_123), "2026-09-21 14:13 UTC");
    }
}
