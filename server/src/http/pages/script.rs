//! Data that a page hands to its script.

use serde::Serialize;

/// JSON that may stand inside `<script type="application/json">`: nothing in it can end the element or begin a comment.
pub fn data(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).expect("a page's data has text keys and no failing serializer");
    json.replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_typed_cannot_leave_the_script() {
        let json = data(&"</script><!--");
        assert!(!json.contains('<'));
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), "</script><!--");
    }
}
