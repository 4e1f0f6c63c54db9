//! What a client's text asks for, and what is answered to one that cannot be read: where it says at
//! least which command it is, that one is refused by its name, so that the client drops it and goes
//! on.

use std::{borrow::Cow, fmt};

use parterre_protocol::{ClientMessage, CommandId, RefusalCode};
use parterre_system::unreadable;
use serde::{
    Serialize,
    de::{DeserializeSeed, Deserializer as _, IgnoredAny, MapAccess, Visitor},
};

/// The longest name of a command that is told again, in bytes; a UUID in its longest spelling has
/// 45.
pub const MAX_CID_BYTES: usize = 64;

/// Why a text is no message.
#[derive(Debug, PartialEq)]
pub enum Unreadable {
    /// It is a command of this name.
    Command(NamedRefusal),
    /// Nobody knows what it was to be. With the rest of a sentence that says what is wrong.
    Nameless(String),
}

/// The receipt of a command that cannot be read. Its name may be none that a command could have.
#[derive(Debug, PartialEq, Serialize)]
pub struct NamedRefusal {
    t: &'static str,
    cid: String,
    status: &'static str,
    code: RefusalCode,
    message: String,
}

/// The same command's receipt where it came too soon after others.
#[derive(Debug, Serialize)]
pub struct NamedLater<'a> {
    t: &'static str,
    cid: &'a str,
    status: &'static str,
    retry_ms: u32,
}

impl NamedRefusal {
    fn new(cid: String, why: &str) -> Self {
        let message = format!("This command cannot be read: it {why}. Drop it.");
        Self { t: "receipt", cid, status: "refused", code: RefusalCode::Invalid, message }
    }

    /// What is answered where nothing is looked at before that time.
    pub fn later(&self, retry_ms: u32) -> NamedLater<'_> {
        NamedLater { t: "receipt", cid: &self.cid, status: "later", retry_ms }
    }
}

/// Reads a message.
pub fn read(text: &[u8]) -> Result<ClientMessage, Unreadable> {
    serde_json::from_slice(text).map_err(|error| {
        // Not the error's own words, which repeat what the client wrote.
        tracing::debug!(kind = ?error.classify(), "a client sent something else than a message");
        let why = unreadable::json(&error);
        match Name::of(text) {
            Some(sent) => Unreadable::Command(match sent.parse::<CommandId>() {
                Ok(cid) => NamedRefusal::new(cid.to_string(), &why),
                Err(_) => NamedRefusal::new(sent, "has a cid that is not a UUID"),
            }),
            None => Unreadable::Nameless(why),
        }
    })
}

/// What all commands have, as far as a text can be read.
#[derive(Default)]
struct Name {
    cid: Option<String>,
    /// There are two, and so none.
    twice: bool,
    is_message: bool,
}

impl Name {
    /// The cid of a text that has one and a type.
    fn of(text: &[u8]) -> Option<String> {
        let mut name = Self::default();
        // What comes behind a mistake does not matter to what was read before it.
        let _ = serde_json::Deserializer::from_slice(text).deserialize_map(&mut name);
        name.cid.filter(|cid| name.is_message && !name.twice && cid.len() <= MAX_CID_BYTES)
    }
}

impl<'de> Visitor<'de> for &mut Name {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(field) = map.next_key::<Cow<'de, str>>()? {
            match &*field {
                "cid" => {
                    let cid = map.next_value()?;
                    self.twice |= self.cid.replace(cid).is_some();
                }
                "t" => {
                    map.next_value_seed(Text)?;
                    self.is_message = true;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// Any text.
struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        <Cow<'de, str> as serde::Deserialize>::deserialize(from).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CID: &str = "7c0e5a3c-6f0e-4c9b-9c55-2f3a1f6f3a10";

    fn refused(text: &str) -> Option<(String, String)> {
        match read(text.as_bytes()).expect_err(text) {
            Unreadable::Command(NamedRefusal { cid, message, .. }) => Some((cid, message)),
            Unreadable::Nameless(_) => None,
        }
    }

    #[test]
    fn a_command_that_cannot_be_read_is_named_wherever_its_name_can_be() {
        let nested = format!(r#"{{"cid":"{CID}","t":"post","post":{}"#, "[".repeat(1000));
        for (text, why) in [
            (&*format!(r#"{{"t":"dance","cid":"{CID}"}}"#), "has an unknown value"),
            (&format!(r#"{{"t":"respond","cid":"{CID}"}}"#), r#"lacks the field "activity""#),
            (&format!(r#"{{"t":"post","post":{{"do":"vote","post":"1"}},"cid":"{CID}"}}"#), "of the wrong type"),
            (&format!(r#"{{"cid":"{CID}","t":"post","post":NaN}}"#), "is not valid JSON at line 1, column "),
            (&format!(r#"{{"cid":"{CID}","t":"post","post":{{"text":"\ud800"}}}}"#), "is not valid JSON"),
            (&format!(r#"{{"cid":"{CID}","t":"post","post":{{"#), "is incomplete"),
            (&format!(r#"{{"cid":"{CID}","t":"post","post":1e999}}"#), "it "),
            (&nested, "is not valid JSON"),
        ] {
            let (cid, message) = refused(text).expect(text);
            assert_eq!(cid, CID);
            assert!(message.contains(why), "{text}: {message}");
            assert!(message.starts_with("This command cannot be read: it ") && message.ends_with(". Drop it."));
            assert!(!message.contains("line 0") && !message.contains(".."), "{message}");
        }
    }

    #[test]
    fn a_name_comes_back_as_receipts_write_it_and_as_it_was_sent_where_it_is_none() {
        let named = |cid: &str| refused(&format!(r#"{{"t":"respond","cid":"{cid}"}}"#)).map(|(cid, _)| cid);
        for spelling in [CID.to_uppercase(), CID.replace('-', ""), format!("urn:uuid:{CID}")] {
            assert_eq!(named(&spelling).as_deref(), Some(CID));
        }
        for other in ["17", "", "é", &"x".repeat(MAX_CID_BYTES)] {
            assert_eq!(named(other).as_deref(), Some(other));
        }
        let (_, message) = refused(r#"{"t":"respond","cid":"17"}"#).expect("named");
        assert!(message.contains("has a cid that is not a UUID"), "{message}");
    }

    #[test]
    fn what_names_no_command_is_none() {
        let cid = format!(r#""cid":"{CID}""#);
        for text in [
            "",
            "5",
            "[]",
            "{}",
            r#"{"t":"respond"}"#,
            r#"{"t":"respond","cid":5}"#,
            &format!("{{{cid}}}"),
            &format!(r#"{{"t":5,{cid}}}"#),
            &format!(r#"[{{"t":"dance",{cid}}}]"#),
            &format!(r#"{{"t":"dance",{cid},"cid":"{}"}}"#, "0".repeat(32)),
            &format!(r#"{{"t":"moderate","act":{{"do":"undo",{cid}}}}}"#),
            &format!(r#"{{"t":"dance","cid":"{}"}}"#, "x".repeat(MAX_CID_BYTES + 1)),
        ] {
            assert_eq!(refused(text), None, "{text}");
        }
    }
}
