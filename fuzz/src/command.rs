//! Messages, answers, questions, acts, join codes and patches: nothing that can be sent panics, and
//! what is accepted is accepted again, unchanged, when it comes back from the database.

use std::sync::LazyLock;

use parterre_domain::{
    event::JoinCode, filter::Filter, kinds::check_answer, moderation::check_act, post::check_command,
    tally::RunningTally,
};
use parterre_protocol::{
    Act, Answer, Choice, ClientMessage, PostCommand, QaSettings, Settings, Words, join::JoinRequest, patch,
    posts::WordFilter,
};
use serde_json::{Deserializer, Value};

static SETTINGS: LazyLock<[Settings; 3]> = LazyLock::new(|| {
    [
        r#"{"kind": "choice", "title": "Where?", "options": [{"id": 1, "text": "Sea"}, {"id": 7, "text": "City"}],
            "min": 1, "max": 1}"#,
        r#"{"kind": "choice", "title": "Which?", "options": [{"id": 1, "text": "A"}, {"id": 50, "text": "B"}],
            "min": 1, "max": 3, "other": true, "changeable": true}"#,
        r#"{"kind": "words", "title": "One word?", "words_per_person": 3}"#,
    ]
    .map(|settings| serde_json::from_str(settings).expect("these are settings of the protocol"))
});

static FILTER: LazyLock<Filter> = LazyLock::new(|| Filter::new(&WordFilter::default()));

/// Messages up to the part that the fuzzer has to find.
const RESPOND: &[u8] = br#"{"t": "respond", "cid": "0193c0de-0000-7000-8000-000000000001",
    "activity": "0193c0de-0000-7000-8000-000000000002", "round": 1, "answer": "#;
const CONTROL: &[u8] = br#"{"t": "control", "cid": "0193c0de-0000-7000-8000-000000000001", "control": "#;
const POST: &[u8] = br#"{"t": "post", "cid": "0193c0de-0000-7000-8000-000000000001", "post": "#;
const MODERATE: &[u8] = br#"{"t": "moderate", "cid": "0193c0de-0000-7000-8000-000000000001", "act": "#;

/// The same bytes are read as everything that they could be.
pub fn read(data: &[u8]) {
    message(data);
    message(&[RESPOND, data, b"}"].concat());
    message(&[CONTROL, data, b"}"].concat());
    message(&[POST, data, b"}"].concat());
    message(&[MODERATE, data, b"}"].concat());
    if let Ok(request) = serde_json::from_slice::<JoinRequest>(data) {
        join_code(&request.code);
    }
    if let Ok(text) = str::from_utf8(data) {
        join_code(text);
        asked(PostCommand::Ask { text: text.to_owned(), name: Some(text.to_owned()) });
        answered(Answer::Words(Words { words: text.split('\n').map(str::to_owned).collect() }));
        let (options, other) = text.split_once('\n').unwrap_or_default();
        let options = options.bytes().map(u16::from).collect();
        answered(Answer::Choice(Choice { options, other: Some(other.to_owned()) }));
    }
    let mut values = Deserializer::from_slice(data).into_iter::<Value>().flatten();
    if let (Some(target), Some(patch)) = (values.next(), values.next()) {
        patched(target, &patch);
    }
}

/// A message means the same when it is written and read again.
fn message(json: &[u8]) {
    let Ok(message) = serde_json::from_slice::<ClientMessage>(json) else { return };
    let json = serde_json::to_vec(&message).expect("a message is JSON");
    assert_eq!(serde_json::from_slice::<ClientMessage>(&json).expect("which is a message"), message);
    match message {
        ClientMessage::Respond { answer, .. } => answered(answer),
        ClientMessage::Post { post, .. } => asked(post),
        ClientMessage::Moderate { act, .. } => moderated(act),
        ClientMessage::Ping | ClientMessage::Control { .. } => {}
    }
}

/// What is accepted is stable under another check, and the word filter can look into it.
fn asked(command: PostCommand) {
    let settings = QaSettings { downvotes: true, ..QaSettings::default() };
    let Ok(accepted) = check_command(&settings, None, None, command) else { return };
    assert_eq!(check_command(&settings, None, None, accepted.clone()).as_ref(), Ok(&accepted));
    if let PostCommand::Ask { text, .. } | PostCommand::Edit { text, .. } = accepted {
        FILTER.finds(&text);
    }
}

/// What is accepted is stable under another check, and an event's own filter finds its own words.
fn moderated(act: Act) {
    let Ok(accepted) = check_act(act) else { return };
    assert_eq!(check_act(accepted.clone()).as_ref(), Ok(&accepted));
    if let Act::Configure { settings, .. } = accepted {
        Filter::new(&settings.of(QaSettings::default()).filter).finds("Will travel be paid?");
    }
}

/// What is accepted is stable under another check, and a tally forgets it without trace.
fn answered(answer: Answer) {
    for settings in SETTINGS.iter() {
        let Ok(accepted) = check_answer(settings, answer.clone()) else { continue };
        assert_eq!(check_answer(settings, accepted.clone()).as_ref(), Ok(&accepted));
        let mut tally = RunningTally::count(settings, [&accepted]);
        tally.remove(&accepted);
        assert_eq!(tally, RunningTally::empty(settings));
    }
}

fn join_code(typed: &str) {
    if let Ok(code) = JoinCode::parse(typed) {
        assert_eq!(JoinCode::parse(code.as_str()).as_ref(), Ok(&code));
    }
}

/// A patch that comes twice changes nothing the second time.
fn patched(mut target: Value, change: &Value) {
    patch::apply(&mut target, change);
    let once = target.clone();
    patch::apply(&mut target, change);
    assert_eq!(target, once);
}
