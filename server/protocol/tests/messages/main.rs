//! A picture of everything that travels, so that a change of the wire is seen in review, and the proof that whatever is
//! written is read back the same.
//!
//! After a deliberate change: `INSTA_UPDATE=always cargo test -p parterre-protocol`, and look at the difference.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod examples;
mod roundtrip;

use std::fmt::Debug;

use parterre_protocol::{Answer, ClientMessage, CloseCode, Control, Outcome, RefusalCode, ServerMessage};
use serde::{Serialize, de::DeserializeOwned};

/// Compares with the picture of this name, and reads it back.
fn picture<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, value: &T) {
    insta::assert_json_snapshot!(name, value);
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{name}");
}

/// A new message has to be named here, which reminds its author of an example.
fn client_name(message: &ClientMessage) -> &'static str {
    match message {
        ClientMessage::Ping => "client_ping",
        ClientMessage::Respond { answer: Answer::Choice(_), .. } => "client_respond_choice",
        ClientMessage::Respond { answer: Answer::Words(_), .. } => "client_respond_words",
        ClientMessage::Control { control, .. } => match control {
            Control::Start => "client_control_start",
            Control::Open { .. } => "client_control_open",
            Control::Close { .. } => "client_control_close",
            Control::Next { after: Some(_) } => "client_control_next",
            Control::Next { after: None } => "client_control_next_from_lobby",
            Control::Lobby => "client_control_lobby",
            Control::Results { .. } => "client_control_results",
            Control::Reset { .. } => "client_control_reset",
            Control::End => "client_control_end",
        },
    }
}

fn server_name(message: &ServerMessage) -> &'static str {
    match message {
        ServerMessage::Hello { .. } => "server_hello",
        ServerMessage::Full { .. } => "server_full",
        ServerMessage::Delta { .. } => "server_delta",
        ServerMessage::Receipt { outcome: Outcome::Stored { .. }, .. } => "server_receipt_stored",
        ServerMessage::Receipt { outcome: Outcome::Refused { .. }, .. } => "server_receipt_refused",
        ServerMessage::Receipt { outcome: Outcome::Later { .. }, .. } => "server_receipt_later",
        ServerMessage::Pong => "server_pong",
        ServerMessage::Bye { retry_ms: Some(_), .. } => "server_bye",
        ServerMessage::Bye { retry_ms: None, .. } => "server_bye_for_good",
    }
}

#[test]
fn messages_of_clients() {
    for message in examples::client_messages() {
        picture(client_name(&message), &message);
    }
}

#[test]
fn messages_of_the_server() {
    for message in examples::server_messages() {
        picture(server_name(&message), &message);
    }
}

#[test]
fn topics() {
    picture("topic_stage_phone", &examples::stage());
    picture("topic_stage_lobby", &examples::stage_lobby());
    picture("topic_stage_studio", &examples::stage_studio());
    picture("topic_results_choice", &examples::results_choice());
    picture("topic_results_words", &examples::results_words());
    picture("topic_results_hidden", &examples::results_hidden());
    picture("topic_presence", &examples::presence());
    picture("topic_me", &examples::me());
}

#[test]
fn http_bodies() {
    picture("http_join_request", &examples::join_request());
    picture("http_joined", &examples::joined());
    picture("http_error", &examples::error_body());
}

#[test]
fn codes_of_refusals_and_closes() {
    use RefusalCode::{Answered, Closed, Forbidden, Invalid, Round, Stale, Unknown};
    picture("codes_refusal", &vec![Closed, Round, Answered, Invalid, Unknown, Stale, Forbidden]);
    picture("codes_close", &CloseCode::ALL.map(|close| (close.code(), close.comes_back())).to_vec());
}

#[test]
fn what_is_not_a_message_is_not_read() {
    for text in [
        r#"{"t":"shout"}"#,
        r#"{"cid":"7c0e0000-0000-4000-8000-000000000000"}"#,
        r#"{"t":"respond","cid":"7c0e","activity":"0193","round":1,"answer":{"kind":"words","words":[]}}"#,
        r#"{"t":"control","cid":"7c0e0000-0000-4000-8000-000000000000","control":{"do":"fly"}}"#,
        "[]",
        "",
    ] {
        assert!(serde_json::from_str::<ClientMessage>(text).is_err(), "{text}");
    }
}
