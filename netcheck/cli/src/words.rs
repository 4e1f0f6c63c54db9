//! The words, from the catalogues of the pages: nothing is said in a second way here.

use std::collections::{BTreeMap, HashMap};

use netcheck_rules::{Figure, Finding};

/// The catalogues of one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Language {
    /// English
    En,
    /// French
    Fr,
}

impl Language {
    /// The language of this system, by its variables; English where there are no words in it.
    pub(crate) fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(variable).find(|value| !value.is_empty());
        if set.is_some_and(|value| value.starts_with("fr")) { Self::Fr } else { Self::En }
    }

    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
        }
    }

    const fn sources(self) -> [&'static str; 2] {
        match self {
            Self::En => {
                [include_str!("../../../web/i18n/en/netcheck.json"), include_str!("../../../web/i18n/en/program.json")]
            }
            Self::Fr => {
                [include_str!("../../../web/i18n/fr/netcheck.json"), include_str!("../../../web/i18n/fr/program.json")]
            }
        }
    }
}

/// No figure is longer.
const LONGEST: usize = 300;

/// Words of one language.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    pub(crate) language: Language,
    messages: HashMap<String, String>,
}

/// One finding in words; empty where there is nothing to say.
pub(crate) struct Message {
    pub(crate) verdict: String,
    pub(crate) step: String,
    pub(crate) value: String,
    pub(crate) found: String,
    pub(crate) means: String,
    pub(crate) change: String,
    pub(crate) line: String,
}

impl Words {
    pub(crate) fn new(language: Language) -> Self {
        let parse =
            |source| serde_json::from_str::<HashMap<String, String>>(source).expect("a test reads the catalogues");
        Self { language, messages: language.sources().into_iter().flat_map(parse).collect() }
    }

    /// The message with this key, or nothing.
    pub(crate) fn find(&self, key: &str) -> Option<&str> {
        self.messages.get(key).map(String::as_str)
    }

    /// The message with this key; a key without one shows itself.
    pub(crate) fn text(&self, key: &str) -> String {
        self.find(key).unwrap_or(key).to_owned()
    }

    /// The message with `{name}` replaced by its argument.
    pub(crate) fn format(&self, key: &str, arguments: &[(&str, &str)]) -> String {
        arguments.iter().fold(self.text(key), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    /// The server's name or whatever else somebody sent, as it can be shown.
    pub(crate) fn shown(text: &str) -> String {
        text.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
    }

    /// A number as people write it, with one decimal where it is small and has one.
    pub(crate) fn number(&self, value: f64) -> String {
        let value = value.max(0.0);
        let (group, point) = if self.language == Language::Fr { ('\u{202f}', ',') } else { (',', '.') };
        let tenths = (value * 10.0).round();
        if value < 10.0 && tenths % 10.0 != 0.0 {
            return format!("{}{point}{}", (tenths / 10.0).trunc(), tenths % 10.0);
        }
        let digits = format!("{:.0}", value);
        let mut text = String::new();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                text.push(group);
            }
            text.push(digit);
        }
        text
    }

    /// A finding in words.
    pub(crate) fn say(&self, finding: &Finding) -> Message {
        let figures: BTreeMap<&str, String> =
            finding.figures.iter().map(|(name, it)| (*name, self.figure(it))).collect();
        let arguments: Vec<(&str, &str)> = figures.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let say = |part: &str, name: &str| {
            let key = format!("netcheck.{part}.{name}");
            if self.find(&key).is_some() { self.format(&key, &arguments) } else { String::new() }
        };
        let (code, change) = (finding.code.name(), finding.change.map_or("", |change| change.name()));
        Message {
            verdict: self.verdict(finding.verdict),
            step: say("step", finding.step.kind()),
            value: say("value", code),
            found: say("found", code),
            means: say("means", code),
            change: say("change", change),
            line: say("line", change),
        }
    }

    /// What was found, with the step in which.
    pub(crate) fn reason(&self, finding: &Finding) -> String {
        let Message { step, found, .. } = self.say(finding);
        self.format("netcheck.why", &[("step", &step), ("found", &found)])
    }

    /// How a step went.
    pub(crate) fn verdict(&self, verdict: netcheck_rules::Verdict) -> String {
        self.text(&format!("netcheck.verdict.{}", verdict_name(verdict)))
    }

    fn figure(&self, figure: &Figure) -> String {
        match figure {
            Figure::Number(value) => self.number(*value),
            // An impostor must not write control characters to the terminal.
            Figure::Text(text) => Self::shown(text),
        }
    }
}

/// The name of a verdict, as keys have it.
pub(crate) const fn verdict_name(verdict: netcheck_rules::Verdict) -> &'static str {
    match verdict {
        netcheck_rules::Verdict::Success => "success",
        netcheck_rules::Verdict::Skipped => "skipped",
        netcheck_rules::Verdict::Warning => "warning",
        netcheck_rules::Verdict::Failed => "failed",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use netcheck_rules::{Change, Code, Step};

    use super::*;

    #[test]
    fn both_languages_say_everything_with_the_same_arguments() {
        let [english, french] = [Language::En, Language::Fr].map(Words::new);
        let keys = |words: &Words| words.messages.keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(keys(&english), keys(&french));
        let names = |text: &str| -> BTreeSet<String> {
            text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())).collect()
        };
        for (key, text) in &english.messages {
            assert_eq!(names(text), names(&french.messages[key]), "{key}");
        }
        let found = Code::ALL.iter().map(|it| format!("netcheck.found.{}", it.name()));
        let asked = Change::ALL.iter().map(|it| format!("netcheck.line.{}", it.name()));
        let steps = Step::ALL.iter().map(|it| format!("netcheck.step.{}", it.kind()));
        assert_eq!(found.chain(asked).chain(steps).find(|key| english.find(key).is_none()), None);
    }

    #[test]
    fn the_system_says_which_language() {
        let of = |variables: &[(&str, &str)]| {
            Language::of_environment(|name| variables.iter().find(|it| it.0 == name).map(|it| it.1.to_owned()))
        };
        assert_eq!(of(&[]), Language::En);
        assert_eq!(of(&[("LANG", "fr_CH.UTF-8")]), Language::Fr);
        assert_eq!(of(&[("LANG", "fr_CH.UTF-8"), ("LC_ALL", "C")]), Language::En);
    }

    #[test]
    fn numbers_are_written_as_people_do() {
        let [english, french] = [Language::En, Language::Fr].map(Words::new);
        assert_eq!(english.number(2.14), "2.1");
        assert_eq!(french.number(2.14), "2,1");
        assert_eq!(english.number(65_536.0), "65,536");
        assert_eq!(french.number(65_536.0), "65\u{202f}536");
        assert_eq!(english.number(9.96), "10");
        assert_eq!(english.number(f64::NAN), "0");
        assert_eq!(Words::shown("vote\x1b[2J\n.org"), "vote[2J.org");
    }
}
