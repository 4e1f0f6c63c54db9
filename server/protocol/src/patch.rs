//! JSON merge patches (RFC 7396): how a topic's change travels.
//!
//! A topic holds no `null`, since a patch uses it for "remove". Counts are kept in objects, not
//! arrays, because a patch replaces an array whole.

use serde_json::{Map, Value};

/// The patch that turns `old` into `new`, both free of `null` inside objects.
pub fn diff(old: &Value, new: &Value) -> Value {
    let (Value::Object(old), Value::Object(new)) = (old, new) else {
        return new.clone();
    };
    let removed = old.keys().filter(|key| !new.contains_key(*key)).map(|key| (key.clone(), Value::Null));
    let changed = new.iter().filter_map(|(key, value)| match old.get(key) {
        Some(before) if before == value => None,
        Some(before @ Value::Object(_)) if value.is_object() => Some((key.clone(), diff(before, value))),
        // An object that takes the place of something else merges into an empty one: its own
        // content.
        _ => Some((key.clone(), value.clone())),
    });
    Value::Object(removed.chain(changed).collect())
}

/// Applies a patch.
pub fn apply(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            apply(target.entry(key.as_str()).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// Any JSON that a topic may hold.
    fn topic() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            (0..5u32).prop_map(Value::from),
            "[a-c]{0,2}".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[a-d]", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_patch_turns_the_old_into_the_new(old in topic(), new in topic()) {
            let mut patched = old.clone();
            apply(&mut patched, &diff(&old, &new));
            prop_assert_eq!(patched, new);
        }
    }

    #[test]
    fn a_patch_holds_only_what_changed() {
        let old = json!({"activity": "x", "tally": {"counts": {"1": 4, "2": 7}, "other": 1}});
        let new = json!({"activity": "x", "tally": {"counts": {"1": 5, "2": 7}}});
        assert_eq!(diff(&old, &new), json!({"tally": {"counts": {"1": 5}, "other": null}}));
    }
}
