//! Whatever a message holds, it is read back as it was written.

use parterre_protocol::{
    Act, ActivityId, Answer, Choice, ClientMessage, CommandId, Control, FilterChange, Outcome, PostCommand, PostId,
    PromptVersion, QaChange, QaSettings, Ratings, RefusalCode, ServerMessage, Vote, Words,
    posts::{ActivityRound, Label, NamePolicy, PostRef, QaState, Queue, Reason, ReasonCode, WordFilter},
    topics::Topic,
};
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
};
use serde_json::Value;

fn version() -> impl Strategy<Value = PromptVersion> {
    any::<u32>().prop_map(|n| n.to_string().parse().expect("a number"))
}

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
        btree_map(any::<u16>(), any::<u8>(), 0..10).prop_map(|ratings| Answer::Rating(Ratings { ratings })),
    ]
}

fn control() -> impl Strategy<Value = Control> {
    prop_oneof![
        Just(Control::Start),
        activity().prop_map(|activity| Control::Open { activity }),
        activity().prop_map(|activity| Control::Show { activity }),
        activity().prop_map(|activity| Control::Close { activity }),
        (activity(), any::<u32>()).prop_map(|(activity, seconds)| Control::Countdown { activity, seconds }),
        (activity(), option::of(any::<i64>()), option::of(any::<i64>()))
            .prop_map(|(activity, opens_at, closes_at)| Control::Schedule { activity, opens_at, closes_at }),
        option::of(activity()).prop_map(|after| Control::Next { after }),
        option::of(activity()).prop_map(|before| Control::Previous { before }),
        Just(Control::Lobby),
        (activity(), any::<bool>()).prop_map(|(activity, visible)| Control::Results { activity, visible }),
        (activity(), any::<u32>()).prop_map(|(activity, round)| Control::Reset { activity, round }),
        Just(Control::End),
    ]
}

fn post() -> impl Strategy<Value = PostId> {
    any::<u32>().prop_map(PostId::new)
}

fn post_command() -> impl Strategy<Value = PostCommand> {
    let vote = prop::sample::select(vec![Vote::Up, Vote::Down, Vote::None]);
    prop_oneof![
        (any::<String>(), option::of(any::<String>())).prop_map(|(text, name)| PostCommand::Ask { text, name }),
        (activity(), any::<u32>(), any::<String>(), option::of(any::<String>())).prop_map(
            |(activity, round, text, name)| {
                let to = ActivityRound { activity, round };
                PostCommand::Send { to, text, name }
            }
        ),
        (post(), any::<String>()).prop_map(|(post, text)| PostCommand::Edit { post, text }),
        post().prop_map(|post| PostCommand::Withdraw { post }),
        (post(), vote).prop_map(|(post, vote)| PostCommand::Vote { post, vote }),
    ]
}

fn seen() -> impl Strategy<Value = PostRef> {
    (post(), any::<i64>()).prop_map(|(post, version)| PostRef { post, version })
}

fn settings() -> impl Strategy<Value = QaSettings> {
    let label = (any::<u16>(), any::<String>(), any::<u8>(), any::<bool>());
    let label = label.prop_map(|(id, name, colour, public)| Label { id, name, colour, public });
    let filter = (any::<bool>(), vec(any::<String>(), 0..3), vec(any::<String>(), 0..3));
    let filter = filter.prop_map(|(on, languages, words)| WordFilter { on, languages, words });
    let state = prop::sample::select(vec![QaState::Off, QaState::Open, QaState::Closed]);
    let names = prop::sample::select(vec![NamePolicy::Anonymous, NamePolicy::Either, NamePolicy::Named]);
    (any::<i64>(), state, names, any::<[bool; 3]>(), vec(label, 0..4), filter).prop_map(
        |(version, state, names, [review, downvotes, share], labels, filter)| QaSettings {
            version,
            state,
            review,
            names,
            downvotes,
            labels,
            filter,
            share,
        },
    )
}

/// Some of the settings, or all of them.
fn change() -> impl Strategy<Value = QaChange> {
    (settings(), any::<[bool; 3]>()).prop_map(|(settings, [labels, filter, words])| {
        let all = QaChange::from(settings);
        let some = all.filter.map(|filter| FilterChange { words: filter.words.filter(|_| words), ..filter });
        QaChange { labels: all.labels.filter(|_| labels), filter: some.filter(|_| filter), ..all }
    })
}

fn act() -> impl Strategy<Value = Act> {
    let (posts, on) = (|| vec(seen(), 0..4), any::<bool>);
    let code = prop::sample::select(vec![ReasonCode::OffTopic, ReasonCode::Duplicate, ReasonCode::Other]);
    let reason = (code, option::of(any::<String>())).prop_map(|(code, text)| Reason { code, text });
    let to = prop::sample::select(vec![Queue::Review, Queue::Reviewed, Queue::Published]);
    prop_oneof![
        (posts(), to).prop_map(|(posts, to)| Act::Move { posts, to }),
        (posts(), option::of(reason)).prop_map(|(posts, reason)| Act::Decline { posts, reason }),
        posts().prop_map(|posts| Act::Hide { posts }),
        posts().prop_map(|posts| Act::Restore { posts }),
        (seen(), any::<String>()).prop_map(|(post, text)| Act::Edit { post, text }),
        (seen(), posts()).prop_map(|(into, posts)| Act::Merge { into, posts }),
        posts().prop_map(|posts| Act::Unmerge { posts }),
        (posts(), any::<u16>(), on()).prop_map(|(posts, label, on)| Act::Label { posts, label, on }),
        (posts(), on()).prop_map(|(posts, on)| Act::Star { posts, on }),
        (posts(), on()).prop_map(|(posts, on)| Act::Pin { posts, on }),
        (posts(), on()).prop_map(|(posts, on)| Act::Answered { posts, on }),
        (seen(), any::<String>()).prop_map(|(post, text)| Act::Reply { post, text }),
        (post(), on()).prop_map(|(post, on)| Act::Block { post, on }),
        option::of(post()).prop_map(|post| Act::Highlight { post }),
        on().prop_map(|on| Act::Show { on }),
        (any::<i64>(), change()).prop_map(|(version, settings)| Act::Configure { version, settings }),
        (activity(), any::<String>()).prop_map(|(activity, word)| Act::HideWord { activity, word }),
        (activity(), any::<String>(), any::<String>()).prop_map(|(activity, word, into)| Act::MergeWord {
            activity,
            word,
            into
        }),
        (activity(), any::<String>()).prop_map(|(activity, word)| Act::RestoreWord { activity, word }),
        cid().prop_map(|cid| Act::Undo { cid }),
    ]
}

fn client_message() -> impl Strategy<Value = ClientMessage> {
    prop_oneof![
        Just(ClientMessage::Ping),
        (cid(), activity(), any::<u32>(), version(), answer()).prop_map(|(cid, activity, round, version, answer)| {
            ClientMessage::Respond { cid, activity, round, version, answer }
        }),
        (cid(), post_command()).prop_map(|(cid, post)| ClientMessage::Post { cid, post }),
        (cid(), act()).prop_map(|(cid, act)| ClientMessage::Moderate { cid, act }),
        (cid(), control()).prop_map(|(cid, control)| ClientMessage::Control { cid, control }),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let code = prop::sample::select(vec![RefusalCode::Closed, RefusalCode::Stale, RefusalCode::SlowDown]);
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
    let topic = || {
        prop::sample::select(vec![
            Topic::Stage,
            Topic::Results,
            Topic::Posts,
            Topic::Moderation,
            Topic::Presence,
            Topic::Me,
        ])
    };
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
        (any::<u16>(), any::<String>(), option::of(any::<u32>()), option::of(any::<String>()))
            .prop_map(|(code, message, retry_ms, retry)| ServerMessage::Bye { code, message, retry_ms, retry }),
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
