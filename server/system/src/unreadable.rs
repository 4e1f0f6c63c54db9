//! Errors of texts that cannot be parsed, in our own words: never a parser's, and never repeating
//! what a client wrote. Each is the rest of a sentence, such as "lacks the field …".

/// Only this much of a parser's sentence is searched for a field or values.
const MAX_NAME_CHARS: usize = 60;
/// The most that is said of the values that there may be.
const MAX_VALUES_CHARS: usize = 400;

/// The error of a text that should be JSON of a certain shape.
pub fn json(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    if error.is_eof() {
        return if column == 0 { "is empty".to_owned() } else { "is incomplete".to_owned() };
    }
    if !error.is_data() {
        return format!("is not valid JSON at line {line}, column {column}");
    }
    let place = if line > 0 { format!(" at line {line}, column {column}") } else { String::new() };
    data(&error.to_string(), &place)
}

/// The error of the fields of a form or an address, from the parser's sentence.
pub fn fields(complaint: &str) -> String {
    data(complaint, "")
}

fn data(complaint: &str, place: &str) -> String {
    if let Some(field) = missing(complaint) {
        return format!("lacks the field {field:?}");
    }
    match known_values(complaint) {
        Some(values) => format!("has an unknown value{place}: it must be {values}"),
        None => format!("has a value of the wrong type{place}"),
    }
}

/// The field that a parser misses. Its name is one of ours.
fn missing(complaint: &str) -> Option<&str> {
    let name = complaint.strip_prefix("missing field `")?.split_once('`')?.0;
    (name.len() <= MAX_NAME_CHARS).then_some(name)
}

/// The values that a parser knows in place of one that it does not. They are ours, and stand behind
/// what the client wrote.
fn known_values(complaint: &str) -> Option<String> {
    if !complaint.starts_with("unknown variant `") {
        return None;
    }
    let (_, known) = complaint.rsplit_once("`, expected ")?;
    let known = known.rsplit_once('`')?.0;
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    let values = match known.split_last()? {
        (last, []) => format!("\"{last}\""),
        (last, others) => {
            let others: Vec<String> = others.iter().map(|value| format!("\"{value}\"")).collect();
            format!("{} or \"{last}\"", others.join(", "))
        }
    };
    (values.len() <= MAX_VALUES_CHARS).then_some(values)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only read")]
    struct Vote {
        post: u32,
        #[serde(default)]
        vote: VoteKind,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum VoteKind {
        Up,
        Down,
        #[default]
        None,
    }

    #[derive(Debug, Deserialize)]
    #[serde(tag = "t", rename_all = "snake_case")]
    enum Message {
        Vote(#[allow(dead_code, reason = "only read")] Vote),
    }

    #[test]
    fn what_is_wrong_is_said_in_our_own_words() {
        let said = |text: &str| json(&serde_json::from_str::<Vote>(text).unwrap_err());
        assert_eq!(said("{}"), "lacks the field \"post\"");
        assert_eq!(said("{post: 1}"), "is not valid JSON at line 1, column 2");
        assert_eq!(said(""), "is empty");
        assert_eq!(said("{\"post\": 1"), "is incomplete");
        assert_eq!(said(r#"{"post": "secret"}"#), "has a value of the wrong type at line 1, column 17");
        let unknown = said(r#"{"post": 1, "vote": "x`, expected `secret`"}"#);
        assert!(unknown.ends_with(r#": it must be "up", "down" or "none""#), "{unknown}");
    }

    #[test]
    fn a_place_that_is_not_known_is_not_told() {
        let said = |text: &str| json(&serde_json::from_str::<Message>(text).unwrap_err());
        assert_eq!(said(r#"{"t": "vote", "post": "1"}"#), "has a value of the wrong type");
        assert!(said(r#"{"t": "dance"}"#).ends_with(r#": it must be "vote""#));
    }
}
