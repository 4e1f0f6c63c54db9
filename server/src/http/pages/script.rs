//! What a live page hands its script: the messages in the reader's language, and the topics that it
//! was drawn from.

use std::collections::BTreeMap;

use parterre_protocol::{
    EventId, KindName, Rev,
    topics::{Audience, Topic},
};
use serde::Serialize;
use serde_json::Value;

use crate::i18n::Locale;

/// A topic's content and the rev it has.
#[derive(Debug, Serialize)]
pub struct Versioned<'a, T> {
    /// The version.
    pub rev: Rev,
    /// The content.
    pub data: &'a T,
}

// Copied as the reference that it is, which a derive would not allow for any `T`.
impl<T> Clone for Versioned<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Versioned<'_, T> {}

/// The state that a page's script starts from: it connects with these revs and so gets only what is
/// newer.
#[derive(Debug, Serialize)]
pub struct LiveState<'a> {
    /// The event.
    pub event: EventId,
    /// Its join code.
    pub code: &'a str,
    /// As which page.
    #[serde(rename = "as")]
    pub audience: Audience,
    /// The path of the live connection.
    pub live: String,
    /// Whether this device has joined. Only for the phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joined: Option<bool>,
    /// Whether the keys control the event. Only for the screen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_control: Option<bool>,
    /// The kinds of activity that may come on stage. Only for the phone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<KindName>,
    /// The topics that the page was drawn from.
    pub topics: BTreeMap<&'static str, Versioned<'a, Value>>,
}

/// A topic as JSON, to be borrowed by a [`LiveState`].
pub fn topic<T: Serialize>(data: &T) -> Value {
    serde_json::to_value(data).expect("a topic is plain data")
}

/// The name of a topic on the wire.
pub const fn name(topic: Topic) -> &'static str {
    match topic {
        Topic::Stage => "stage",
        Topic::Results => "results",
        Topic::Posts => "posts",
        Topic::Moderation => "moderation",
        Topic::Presence => "presence",
        Topic::Me => "me",
    }
}

/// JSON that may stand inside a `<script type="application/json">`: nothing in it can end the
/// element or open a comment.
pub fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain data").replace('<', "\\u003c")
}

/// The messages with these prefixes, for a page's script.
pub fn messages(t: Locale, prefixes: &[&str]) -> String {
    json(&t.messages(prefixes, |_| true))
}

/// The same for a page that shows one kind of activity, if any, and says the rest when it has
/// fetched the words for it.
pub fn messages_of(t: Locale, prefixes: &[&str], kind: Option<KindName>, at_once: fn(&str) -> bool) -> String {
    let begins = |key: &str| prefixes.iter().any(|prefix| key.starts_with(prefix));
    let is_shown = |of: Option<&str>| of.is_none_or(|of| kind.is_some_and(|kind| kind.as_str() == of));
    json(&t.messages_where(|key, of| begins(key) && is_shown(of) && at_once(key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_script_ends_the_script() {
        let hostile = "</script><!--<script>";
        let text = json(&hostile);
        assert!(!text.contains('<'), "{text}");
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), hostile);
    }
}
