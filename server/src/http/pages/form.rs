//! Errors of a form, shown beside the field.

use std::fmt::Display;

use parterre_domain::Problem;

use crate::i18n::Locale;

/// A sentence about one field of a form that was sent back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field's name in the form; empty where the sentence is about the whole form.
    pub field: &'static str,
    /// The error and what to do.
    pub sentence: String,
}

impl FieldProblem {
    /// The sentence for a problem of the domain.
    pub fn of(t: Locale, problem: &Problem) -> Self {
        let say = |field, arguments: &[(&str, &dyn Display)]| {
            let own = format!("{}.{field}", problem.key());
            let key = if t.has(&own) { own.as_str() } else { problem.key() };
            Self { field, sentence: t.format(key, arguments) }
        };
        match problem {
            Problem::Empty { field } => say(field, &[]),
            Problem::TooLong { field, max, length } | Problem::TooManyBytes { field, max, length } => {
                say(field, &[("max", max), ("length", length)])
            }
            Problem::OutOfRange { field, min, max, value } => {
                say(field, &[("min", min), ("max", max), ("value", value)])
            }
            Problem::Duplicate { field, value } => say(field, &[("value", value)]),
            Problem::Alike { field, first, value } => say(field, &[("first", first), ("value", value)]),
            Problem::CodeLetters => say("code", &[]),
            Problem::Language => say("language", &[]),
            Problem::Email => say("email", &[]),
            Problem::UnknownOption { option } => say("", &[("option", option)]),
            Problem::NoOther | Problem::WrongKind => say("", &[]),
        }
    }

    /// A sentence about the whole form.
    pub fn whole(sentence: String) -> Self {
        Self { field: "", sentence }
    }

    /// The sentence, if it is about this field.
    pub fn about(problem: &Option<Self>, field: &str) -> Option<String> {
        problem.as_ref().filter(|problem| problem.field == field).map(|problem| problem.sentence.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::LOCALES;

    #[test]
    fn every_problem_is_said_in_words_in_every_language() {
        let problems = [
            Problem::Empty { field: "name" },
            Problem::TooLong { field: "name", max: 120, length: 121 },
            Problem::OutOfRange { field: "password", min: 10, max: 200, value: 4 },
            Problem::Duplicate { field: "options", value: "Sea".to_owned() },
            Problem::TooManyBytes { field: "name", max: 1280, length: 5000 },
            Problem::Alike { field: "options", first: "Sea".to_owned(), value: "SEA".to_owned() },
            Problem::CodeLetters,
            Problem::UnknownOption { option: 9 },
            Problem::NoOther,
            Problem::WrongKind,
            Problem::Email,
        ];
        for t in LOCALES {
            for problem in &problems {
                let sentence = FieldProblem::of(t, problem).sentence;
                assert!(!sentence.contains(['{', '_']), "{}: {sentence}", t.code());
            }
        }
    }
}
