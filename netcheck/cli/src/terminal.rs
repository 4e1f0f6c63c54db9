//! What a test found, as text for a terminal: signs and words say how a step went, and colour
//! repeats it where there is any.

use console::{Style, Term, measure_text_width};
use netcheck_rules::Verdict;

use crate::{report::Document, words::Words};

/// Lines are no longer than this, however wide the terminal is.
const WIDEST: usize = 100;
/// Where output is no terminal, or a narrow one.
const NARROWEST: usize = 40;
/// What findings are set in by.
const INDENT: &str = "    ";

/// All of it.
pub(crate) fn text(words: &Words, document: &Document) -> String {
    let (rows, columns) = Term::stdout().size();
    let width = if rows == 0 { WIDEST } else { usize::from(columns).clamp(NARROWEST, WIDEST) };
    let mut lines = vec![bold(&words.format("program.lead", &[("url", &document.server)])), String::new()];
    for answered in document.answers(words) {
        let verdict = verdict_of(answered.verdict);
        lines.push(format!("{} {} {}", sign(verdict), bold(&answered.question), painted(verdict, &answered.answer)));
        wrap(&answered.why, INDENT, width, &mut lines);
    }
    lines.push(String::new());
    let findings = &document.judgement.findings;
    let said: Vec<_> = findings.iter().map(|finding| (finding, words.say(finding))).collect();
    let widest = said.iter().map(|(_, it)| measure_text_width(&it.step)).max().unwrap_or_default();
    for (finding, it) in &said {
        let gap = " ".repeat(widest - measure_text_width(&it.step));
        let word = painted(finding.verdict, &it.verdict);
        lines.push(
            format!("{} {}{gap}  {word}  {}", sign(finding.verdict), bold(&it.step), it.value).trim_end().to_owned(),
        );
        wrap(&it.found, INDENT, width, &mut lines);
        if finding.verdict >= Verdict::Warning {
            wrap(&it.means, INDENT, width, &mut lines);
        }
    }
    lines.push(String::new());
    wrap(&document.needs(words), "", width, &mut lines);
    lines.extend([String::new(), bold(&words.text("program.request")), document.request(words)]);
    lines.join("\n")
}

/// One test of many, on one line.
pub(crate) fn line(words: &Words, document: &Document) -> String {
    let [take_part, run] = document.answers(words);
    let answer = if run.verdict == "success" { &run.answer } else { &take_part.answer };
    let verdict = verdict_of(run.verdict);
    let said = words.format("program.same", &[("at", &document.at()), ("answer", answer)]);
    let why = [&take_part.why, &run.why].into_iter().find(|why| !why.is_empty());
    format!("{} {} {}", sign(verdict), painted(verdict, &said), why.map_or("", String::as_str)).trim_end().to_owned()
}

fn verdict_of(name: &str) -> Verdict {
    match name {
        "success" => Verdict::Success,
        "warning" => Verdict::Warning,
        "failed" => Verdict::Failed,
        _ => Verdict::Skipped,
    }
}

/// Each has its own shape, for people who see no colours.
fn sign(verdict: Verdict) -> String {
    let sign = match verdict {
        Verdict::Success => "✓",
        Verdict::Skipped => "·",
        Verdict::Warning => "!",
        Verdict::Failed => "✗",
    };
    painted(verdict, sign)
}

fn painted(verdict: Verdict, text: &str) -> String {
    let style = match verdict {
        Verdict::Success => Style::new().green(),
        Verdict::Skipped => Style::new().dim(),
        Verdict::Warning => Style::new().yellow(),
        Verdict::Failed => Style::new().red().bold(),
    };
    style.apply_to(text).to_string()
}

fn bold(text: &str) -> String {
    Style::new().bold().apply_to(text).to_string()
}

/// Breaks a text between words. A word that is longer than a line has one to itself.
fn wrap(text: &str, indent: &str, width: usize, lines: &mut Vec<String>) {
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !line.is_empty() && indent.len() + measure_text_width(&line) + 1 + measure_text_width(word) > width {
            lines.push(format!("{indent}{line}"));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(format!("{indent}{line}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words() {
        let mut lines = Vec::new();
        wrap("déjà vu encore une fois", "  ", 12, &mut lines);
        wrap("AB:CD:EF:01:23:45:67 is it", "  ", 12, &mut lines);
        wrap("", "  ", 12, &mut lines);
        assert_eq!(lines, ["  déjà vu", "  encore une", "  fois", "  AB:CD:EF:01:23:45:67", "  is it"]);
    }
}
