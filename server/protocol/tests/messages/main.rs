//! A picture of everything that travels, so that a change of the wire is seen in review, and the
//! proof that whatever is written is read back the same.
//!
//! After a deliberate change: `INSTA_UPDATE=always cargo test -p parterre-protocol`, and look at
//! the difference.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod examples;
mod questions;
mod roundtrip;

use std::fmt::Debug;

use parterre_protocol::{
    Act, Answer, ClientMessage, CloseCode, Control, Outcome, PostCommand, RefusalCode, ServerMessage,
};
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
        ClientMessage::Respond { answer: Answer::Rating(_), .. } => "client_respond_rating",
        // No activity takes it.
        ClientMessage::Respond { answer: Answer::Open(_), .. } => "client_respond_open",
        ClientMessage::Respond { answer: Answer::Readings(_), .. } => "client_respond_readings",
        ClientMessage::Post { post, .. } => match post {
            PostCommand::Ask { name: Some(_), .. } => "client_post_ask",
            PostCommand::Ask { name: None, .. } => "client_post_ask_anonymously",
            PostCommand::Send { .. } => "client_post_send",
            PostCommand::Edit { .. } => "client_post_edit",
            PostCommand::Withdraw { .. } => "client_post_withdraw",
            PostCommand::Vote { .. } => "client_post_vote",
        },
        ClientMessage::Moderate { act, .. } => act_name(act),
        ClientMessage::Control { control, .. } => match control {
            Control::Start => "client_control_start",
            Control::Open { .. } => "client_control_open",
            Control::Show { .. } => "client_control_show",
            Control::Close { .. } => "client_control_close",
            Control::Countdown { .. } => "client_control_countdown",
            Control::Schedule { closes_at: Some(_), .. } => "client_control_schedule",
            Control::Schedule { .. } => "client_control_schedule_none",
            Control::Next { after: Some(_) } => "client_control_next",
            Control::Next { after: None } => "client_control_next_from_lobby",
            Control::Previous { .. } => "client_control_previous",
            Control::Lobby => "client_control_lobby",
            Control::Results { .. } => "client_control_results",
            Control::Reset { .. } => "client_control_reset",
            Control::End => "client_control_end",
        },
    }
}

fn act_name(act: &Act) -> &'static str {
    match act {
        Act::Move { .. } => "client_moderate_move",
        Act::Decline { reason: Some(_), .. } => "client_moderate_decline",
        Act::Decline { reason: None, .. } => "client_moderate_decline_without_reason",
        Act::Hide { .. } => "client_moderate_hide",
        Act::Restore { .. } => "client_moderate_restore",
        Act::Edit { .. } => "client_moderate_edit",
        Act::Merge { .. } => "client_moderate_merge",
        Act::Unmerge { .. } => "client_moderate_unmerge",
        Act::Label { .. } => "client_moderate_label",
        Act::Star { .. } => "client_moderate_star",
        Act::Pin { .. } => "client_moderate_pin",
        Act::Answered { .. } => "client_moderate_answered",
        Act::Reply { .. } => "client_moderate_reply",
        Act::Block { .. } => "client_moderate_block",
        Act::Highlight { post: Some(_) } => "client_moderate_highlight",
        Act::Highlight { post: None } => "client_moderate_highlight_none",
        Act::Show { .. } => "client_moderate_show",
        Act::Configure { .. } => "client_moderate_configure",
        Act::HideWord { .. } => "client_moderate_hide_word",
        Act::MergeWord { .. } => "client_moderate_merge_word",
        Act::RestoreWord { .. } => "client_moderate_restore_word",
        Act::Undo { .. } => "client_moderate_undo",
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
        ServerMessage::Bye { retry: Some(_), .. } => "server_bye_retry",
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
    picture("settings_rating", &examples::rating_settings());
    picture("topic_results_rating", &examples::results_rating());
    picture("topic_results_open", &examples::results_open());
    picture("topic_results_readings", &examples::results_readings());
    picture("topic_results_words", &examples::results_words());
    picture("topic_results_hidden", &examples::results_hidden());
    picture("topic_presence", &examples::presence());
    picture("topic_posts", &examples::posts());
    picture("topic_posts_after_the_end", &examples::posts_after_the_end());
    picture("topic_moderation", &examples::moderation());
    picture("topic_me", &examples::me());
    picture("topic_me_with_questions", &examples::me_with_questions());
}

#[test]
fn http_bodies() {
    picture("http_join_request", &examples::join_request());
    picture("http_joined", &examples::joined());
    picture("http_error", &examples::error_body());
}

#[test]
fn codes_of_refusals_and_closes() {
    use RefusalCode::{Answered, Blocked, Closed, Forbidden, Invalid, Round, SlowDown, Stale, Unknown};
    picture("codes_refusal", &vec![Closed, Round, Answered, Invalid, Unknown, Stale, Forbidden, Blocked, SlowDown]);
    picture("codes_close", &CloseCode::ALL.map(|close| (close.code(), close.comes_back())).to_vec());
}

/// A rating with these values.
fn rates(ratings: &str) -> String {
    let message =
        examples::client_messages().into_iter().find(|message| client_name(message) == "client_respond_rating");
    let text = serde_json::to_string(&message.expect("an example")).unwrap();
    text.replace(r#"{"1":4,"2":2}"#, ratings)
}

#[test]
fn what_is_not_a_message_is_not_read() {
    assert!(serde_json::from_str::<ClientMessage>(&rates(r#"{"1":4,"10":2}"#)).is_ok());
    for text in [
        r#"{"t":"shout"}"#,
        r#"{"cid":"7c0e0000-0000-4000-8000-000000000000"}"#,
        r#"{"t":"respond","cid":"7c0e","activity":"0193","round":1,"answer":{"kind":"words","words":[]}}"#,
        &rates(r#"{"1":4,"01":2}"#),
        &rates(r#"{"+1":4}"#),
        &rates(r#"{"1":4.5}"#),
        &rates(r#"{"1":-1}"#),
        &rates(r#"{"70000":1}"#),
        r#"{"t":"control","cid":"7c0e0000-0000-4000-8000-000000000000","control":{"do":"fly"}}"#,
        r#"{"t":"post","cid":"7c0e0000-0000-4000-8000-000000000000","post":{"do":"vote","post":-1,"vote":"up"}}"#,
        r#"{"t":"moderate","cid":"7c0e0000-0000-4000-8000-000000000000","act":{"do":"hide","posts":[17]}}"#,
        "[]",
        "",
    ] {
        assert!(serde_json::from_str::<ClientMessage>(text).is_err(), "{text}");
    }
}
