//! Whether JSON is what a JSON Schema says: as much of that language as our schemas use.

use serde_json::Value;

/// What is wrong with a value by a definition of a schema; nothing if it fits. A word that is not
/// known here is wrong too.
pub(crate) fn problems(schema: &Value, definition: &str, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, &schema["$defs"][definition], value, definition, &mut found);
    found
}

fn check(schema: &Value, rule: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    let Some(words) = rule.as_object() else { return found.push(format!("{place}: no rule")) };
    for (word, meant) in words {
        let fits = match word.as_str() {
            "description" => true,
            "$ref" => {
                let name = meant.as_str().and_then(|path| path.strip_prefix("#/$defs/")).expect("a definition");
                check(schema, &schema["$defs"][name], value, place, found);
                true
            }
            "type" => is(value, meant.as_str().expect("one type")),
            "const" => value == meant,
            "enum" => meant.as_array().is_some_and(|all| all.contains(value)),
            "minimum" => value.as_i64() >= meant.as_i64(),
            "required" => {
                meant.as_array().into_iter().flatten().all(|key| value.get(key.as_str().unwrap_or_default()).is_some())
            }
            "additionalProperties" => {
                let known = rule["properties"].as_object().expect("properties");
                value.as_object().is_none_or(|object| object.keys().all(|key| known.contains_key(key)))
            }
            "properties" => {
                for (key, rule) in meant.as_object().expect("rules") {
                    if let Some(value) = value.get(key) {
                        check(schema, rule, value, &format!("{place}.{key}"), found);
                    }
                }
                true
            }
            "items" => {
                for value in value.as_array().into_iter().flatten() {
                    check(schema, meant, value, &format!("{place}[]"), found);
                }
                true
            }
            _ => false,
        };
        if !fits {
            found.push(format!("{place}: {word} {meant} does not hold of {value}"));
        }
    }
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        _ => false,
    }
}
