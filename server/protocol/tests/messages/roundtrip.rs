//! Whatever a message holds, it is read back as it was written.

use parterre_protocol::{
    ActivityId, Answer, Choice, ClientMessage, CommandId, Control, Outcome, RefusalCode, ServerMessage, Words,
    topics::Topic,
};
use proptest::{collection::vec, option, prelude::*};
use serde_json::Value;

fn activity() -> impl Strategy<Value = ActivityId> {
    any::<u128>().prop_map(|bits| ActivityId::new(uuid::Uuid::from_u128(bits)))
}

fn cid() -> impl Strategy<Value = CommandId> {
    any::<u128>().prop_map(|bits| CommandId::new(uuid::Uuid::from_u128(bits)))
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        (vec(any::<u16>(), 0..20), option::of(any::<String>()))
            .prop_map(|(options, other)| Answer::Choice(Choice { options, other })),
        vec(any::<String>(), 0..10).prop_map(|words| Answer::Words(Words { words })),
    ]
}

fn control() -> impl Strategy<Value = Control> {
    prop_oneof![
        Just(Control::Start),
        activity().prop_map(|activity| Control::Open { activity }),
        activity().prop_map(|activity| Control::Close { activity }),
        option::of(activity()).prop_map(|after| Control::Next { after }),
        Just(Control::Lobby),
        (activity(), any::<bool>()).prop_map(|(activity, visible)| Control::Results { activity, visible }),
        (activity(), any::<u32>()).prop_map(|(activity, round)| Control::Reset { activity, round }),
        Just(Control::End),
    ]
}

fn client_message() -> impl Strategy<Value = ClientMessage> {
    prop_oneof![
        Just(ClientMessage::Ping),
        (cid(), activity(), any::<u32>(), answer()).prop_map(|(cid, activity, round, answer)| ClientMessage::Respond {
            cid,
            activity,
            round,
            answer
        }),
        (cid(), control()).prop_map(|(cid, control)| ClientMessage::Control { cid, control }),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let code = prop::sample::select(vec![RefusalCode::Closed, RefusalCode::Invalid, RefusalCode::Stale]);
    prop_oneof![
        any::<i64>().prop_map(|at| Outcome::Stored { at }),
        (code, any::<String>()).prop_map(|(code, message)| Outcome::Refused { code, message }),
        any::<u32>().prop_map(|retry_ms| Outcome::Later { retry_ms }),
    ]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

fn server_message() -> impl Strategy<Value = ServerMessage> {
    let topic = || prop::sample::select(vec![Topic::Stage, Topic::Results, Topic::Presence, Topic::Me]);
    prop_oneof![
        (any::<u32>(), any::<i64>(), any::<u32>()).prop_map(|(v, now, ping_ms)| ServerMessage::Hello {
            v,
            now,
            ping_ms
        }),
        (topic(), any::<i64>(), json()).prop_map(|(topic, rev, data)| ServerMessage::Full { topic, rev, data }),
        (topic(), any::<i64>(), any::<i64>(), json()).prop_map(|(topic, from, rev, patch)| ServerMessage::Delta {
            topic,
            from,
            rev,
            patch
        }),
        (cid(), outcome()).prop_map(|(cid, outcome)| ServerMessage::Receipt { cid, outcome }),
        Just(ServerMessage::Pong),
        (any::<u16>(), any::<String>(), option::of(any::<u32>()))
            .prop_map(|(code, message, retry_ms)| ServerMessage::Bye { code, message, retry_ms }),
    ]
}

proptest! {
    #[test]
    fn of_a_client(message in client_message()) {
        let text = serde_json::to_string(&message).unwrap();
        prop_assert_eq!(serde_json::from_str::<ClientMessage>(&text).unwrap(), message);
    }

    #[test]
    fn of_the_server(message in server_message()) {
        let text = serde_json::to_string(&message).unwrap();
        prop_assert_eq!(serde_json::from_str::<ServerMessage>(&text).unwrap(), message);
    }
}
