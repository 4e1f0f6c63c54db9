//! One realistic example of everything: a choir's annual meeting on a May evening.

use std::collections::BTreeMap;

use parterre_protocol::{
    ActivityId, Answer, Choice, ChoicePoll, ChoiceTally, ClientMessage, CommandId, Control, EventId, Millis, Outcome,
    ParticipantId, PostCommand, PostId, Prompt, PromptVersion, Rating, RatingTally, Ratings, RefusalCode,
    ServerMessage, Settings, Tally, Vote, WordCloud, Words, WordsTally,
    join::{ErrorBody, JoinRequest, Joined},
    kinds::readings::{
        Board, Busiest, Delays, Figure, NetworkGroup, NetworkKind, PlaceGroup, Reading, ReadingFinding, Slow, Verdict,
        Verdicts,
    },
    kinds::{choice::PollOption, rating::Scale},
    posts::{ActivityRound, NamePolicy, QaState},
    texts::{ShownText, Texts},
    topics::{
        ActivityState, Event, EventState, HiddenWord, Me, Presence, Qa, RespondentsHere, Response, Results,
        RundownItem, Stage, StagedActivity, Topic, Written,
    },
};
use serde_json::{json, to_value};

use super::questions::{acts, labels};
pub(crate) use super::questions::{me_with_questions, moderation, posts, posts_after_the_end};

pub(crate) const NOW: Millis = 1_790_000_000_123;

fn event_id() -> EventId {
    "01936f6e-0000-7000-8000-00000000e0e0".parse().unwrap()
}

fn place() -> ActivityId {
    "01936f6e-0000-7000-8000-0000000000a1".parse().unwrap()
}

pub(crate) fn mood() -> ActivityId {
    "01936f6e-0000-7000-8000-0000000000a2".parse().unwrap()
}

fn statutes() -> ActivityId {
    "01936f6e-0000-7000-8000-0000000000a3".parse().unwrap()
}

fn participant() -> ParticipantId {
    "01936f6e-0000-7000-8000-000000000042".parse().unwrap()
}

pub(crate) fn cid() -> CommandId {
    "7c0e5e0a-4b1d-4f6e-9a53-2f8f6f3d1c11".parse().unwrap()
}

fn event() -> Event {
    let name = "Annual meeting 2026".to_owned();
    Event {
        id: event_id(),
        name,
        code: "TULIP".to_owned(),
        state: EventState::Live,
        names: true,
        language: Some("fr".to_owned()),
        results_shared: false,
    }
}

fn place_poll() -> ChoicePoll {
    let option = |id, text: &str| PollOption { id, text: text.to_owned() };
    ChoicePoll {
        title: "Where should next year’s gathering be?".to_owned(),
        options: vec![option(1, "By the sea"), option(2, "In the mountains"), option(4, "Here again")],
        min: 1,
        max: 2,
        other: true,
        changeable: true,
    }
}

fn mood_question() -> Settings {
    Settings::Words(WordCloud { title: "Cette soirée en trois mots".to_owned(), words_per_person: 3 })
}

fn place_answer() -> Answer {
    Answer::Choice(Choice { options: vec![2], other: Some("By train".to_owned()) })
}

fn mood_answer() -> Answer {
    Answer::Words(Words { words: vec!["soleil".to_owned(), "mer".to_owned()] })
}

pub(crate) fn rating_settings() -> Settings {
    let statement = |id, text: &str| PollOption { id, text: text.to_owned() };
    Settings::Rating(Rating {
        title: "Rate the new statutes".to_owned(),
        statements: vec![statement(1, "They are easy to understand."), statement(2, "I would vote for them today.")],
        scale: Scale::Labels { points: 5, low: "Disagree".to_owned(), high: "Agree".to_owned() },
        changeable: true,
    })
}

fn rating_answer() -> Answer {
    Answer::Rating(Ratings { ratings: BTreeMap::from([(1, 4), (2, 2)]) })
}

pub(crate) fn client_messages() -> Vec<ClientMessage> {
    let controls = [
        Control::Start,
        Control::Open { activity: place() },
        Control::Show { activity: place() },
        Control::Close { activity: place() },
        Control::Countdown { activity: place(), seconds: 60 },
        Control::Schedule { activity: place(), opens_at: Some(NOW), closes_at: Some(NOW + 600_000) },
        Control::Schedule { activity: place(), opens_at: None, closes_at: None },
        Control::Next { after: Some(place()) },
        Control::Next { after: None },
        Control::Previous { before: Some(place()) },
        Control::Lobby,
        Control::Results { activity: place(), visible: true },
        Control::Reset { activity: place(), round: 1 },
        Control::End,
    ];
    let respond = |activity, answer| ClientMessage::Respond {
        cid: cid(),
        activity,
        round: 1,
        version: PromptVersion::FIRST.next(),
        answer,
    };
    let mut messages = vec![
        ClientMessage::Ping,
        respond(place(), place_answer()),
        respond(mood(), mood_answer()),
        respond(statutes(), rating_answer()),
    ];
    messages.extend(controls.map(|control| ClientMessage::Control { cid: cid(), control }));
    messages.extend(post_commands().map(|post| ClientMessage::Post { cid: cid(), post }));
    messages.extend(acts().into_iter().map(|act| ClientMessage::Moderate { cid: cid(), act }));
    messages
}

fn post_commands() -> [PostCommand; 6] {
    let text = || "Will travel be paid for members from overseas?".to_owned();
    let post = PostId::new(17);
    [
        PostCommand::Ask { text: text(), name: Some("Inès".to_owned()) },
        PostCommand::Ask { text: text(), name: None },
        PostCommand::Send { to: ActivityRound { activity: mood(), round: 1 }, text: text(), name: None },
        PostCommand::Edit { post, text: text() },
        PostCommand::Withdraw { post },
        PostCommand::Vote { post, vote: Vote::Up },
    ]
}

pub(crate) fn server_messages() -> Vec<ServerMessage> {
    let receipt = |outcome| ServerMessage::Receipt { cid: cid(), outcome };
    let message = "This activity is closed.".to_owned();
    vec![
        ServerMessage::Hello { v: parterre_protocol::VERSION, now: NOW, ping_ms: 25_000 },
        ServerMessage::Full { topic: Topic::Results, rev: 44, data: to_value(results_choice()).unwrap() },
        ServerMessage::Delta {
            topic: Topic::Results,
            from: 44,
            rev: 47,
            patch: json!({"respondents": 4201, "tally": {"counts": {"2": 1849}, "other": null}}),
        },
        receipt(Outcome::Stored { at: NOW }),
        receipt(Outcome::Refused { code: RefusalCode::Closed, message }),
        receipt(Outcome::Later { retry_ms: 2_000 }),
        ServerMessage::Pong,
        ServerMessage::Bye {
            code: 1012,
            message: "The server is restarting.".to_owned(),
            retry_ms: Some(1_370),
            retry: None,
        },
        ServerMessage::Bye {
            code: 1013,
            message: "The server is busy right now.".to_owned(),
            retry_ms: Some(2_400),
            retry: Some("1790000002400.aGVsbG8gd29ybGQh".to_owned()),
        },
        ServerMessage::Bye { code: 4500, message: "This event was deleted.".to_owned(), retry_ms: None, retry: None },
    ]
}

fn qa() -> Qa {
    let labels = labels().into_iter().filter(|label| label.public).collect();
    Qa { state: QaState::Open, review: true, names: NamePolicy::Either, downvotes: false, labels, on_screen: false }
}

pub(crate) fn stage() -> Stage {
    let activity = StagedActivity {
        id: place(),
        state: ActivityState::Open,
        round: 1,
        version: PromptVersion::FIRST.next(),
        results: false,
        place: 1,
        of: 2,
        closes_at: Some(NOW + 60_000),
        prompt: Prompt::Choice(place_poll()),
    };
    Stage { event: event(), activity: Some(activity), qa: qa(), rundown: None }
}

pub(crate) fn stage_lobby() -> Stage {
    let event = Event { state: EventState::Draft, names: false, ..event() };
    let qa = Qa { state: QaState::Off, labels: Vec::new(), ..qa() };
    Stage { event, activity: None, qa, rundown: None }
}

pub(crate) fn stage_studio() -> Stage {
    let item = |id, state, respondents, opens_at: Option<Millis>, settings| {
        let closes_at = opens_at.map(|at| at + 600_000);
        RundownItem {
            id,
            state,
            round: 1,
            version: PromptVersion::FIRST,
            results: true,
            respondents,
            opens_at,
            closes_at,
            settings,
        }
    };
    let rundown = vec![
        item(place(), ActivityState::Closed, Some(4_200), None, Settings::Choice(place_poll())),
        item(mood(), ActivityState::Draft, None, Some(NOW), mood_question()),
    ];
    let event = Event { state: EventState::Ended, ..event() };
    let qa = Qa { state: QaState::Closed, labels: labels(), on_screen: true, ..qa() };
    Stage { event, activity: None, qa, rundown: Some(rundown) }
}

pub(crate) fn results_choice() -> Results {
    let tally = Tally::Choice(ChoiceTally {
        counts: BTreeMap::from([(1, 1_302), (2, 1_848), (4, 0)]),
        other: Some(12),
        texts: Some(BTreeMap::from([("By train".to_owned(), 9)])),
    });
    Results {
        activity: Some(place()),
        round: 1,
        respondents: Some(4_200),
        tally: Some(tally),
        written: Some(written()),
    }
}

fn written() -> Written {
    let text = |text: &str| text.to_owned();
    let hidden = |count, flagged| HiddenWord { count, flagged };
    Written {
        shown: BTreeMap::from([(text("By train"), 9)]),
        hidden: BTreeMap::from([(text("By donkey"), hidden(2, false)), (text("f*ck off"), hidden(1, true))]),
        hidden_words: 2,
        merged: BTreeMap::from([(text("On the train"), text("By train"))]),
    }
}

pub(crate) fn results_words() -> Results {
    let words = BTreeMap::from([("soleil".to_owned(), 311), ("mer".to_owned(), 208)]);
    let tally = Tally::Words(WordsTally { words, distinct: 940 });
    Results { activity: Some(mood()), round: 2, respondents: Some(4_102), tally: Some(tally), written: None }
}

pub(crate) fn results_rating() -> Results {
    let counts = BTreeMap::from([(1, vec![7, 17, 34, 58, 71]), (2, vec![58, 15, 11, 22, 80])]);
    let tally = Tally::Rating(RatingTally { counts });
    Results { activity: Some(statutes()), round: 1, respondents: Some(187), tally: Some(tally), written: None }
}

pub(crate) fn results_open() -> Results {
    let text = |text: &str, name: Option<&str>, people, pinned| ShownText {
        text: text.to_owned(),
        name: name.map(str::to_owned),
        people,
        pinned,
    };
    let texts = BTreeMap::from([
        (PostId::new(17), text("Two-hour sessions without a break", None, 3, false)),
        (PostId::new(21), text("Les réunions le dimanche matin", Some("Inès"), 1, true)),
    ]);
    let tally = Tally::Open(Texts { texts, shown: 64, highlight: Some(PostId::new(17)) });
    Results { activity: Some(mood()), round: 1, respondents: Some(58), tally: Some(tally), written: None }
}

fn bar_reading(found: ReadingFinding) -> Reading {
    Reading {
        place: "Bar".to_owned(),
        network: "192.0.2.7".to_owned(),
        link: NetworkKind::Wifi,
        verdict: Verdict::Warning,
        found: Some(found),
        delay_ms: Some(14),
        at: NOW,
    }
}

/// The board of a room test of 300 phones.
fn board() -> Board {
    let figures = BTreeMap::from([
        ("ms".to_owned(), Figure::Number(2_104.0)),
        ("host".to_owned(), Figure::Text("it".to_owned())),
    ]);
    let found = ReadingFinding { step: "websocket".to_owned(), code: "websocket_slow".to_owned(), figures };
    let verdicts = Verdicts { success: 281, warning: 12, failed: 7, skipped: 0 };
    let (bar, delay_ms) = (PlaceGroup { name: "Bar".to_owned(), verdicts, delay_ms: Some(14) }, Some(14));
    Board {
        phones: 300,
        verdicts,
        networks: BTreeMap::from([(
            "192.0.2.7".to_owned(),
            NetworkGroup {
                verdicts,
                links: BTreeMap::from([(NetworkKind::Wifi, 290), (NetworkKind::Unknown, 10)]),
                delay_ms,
            },
        )]),
        places: BTreeMap::from([("bar".to_owned(), bar)]),
        delay: Some(Delays { middle_ms: 14, slowest_tenth_ms: 80 }),
        slowest: vec![Slow {
            place: "Bar".to_owned(),
            network: "192.0.2.7".to_owned(),
            link: NetworkKind::Mobile,
            delay_ms: 412,
        }],
        busiest: Busiest { second: 34, minute: 300 },
        readings: BTreeMap::from([(format!("{} bar", participant()), bar_reading(found))]),
    }
}

pub(crate) fn results_readings() -> Results {
    Results {
        activity: Some(place()),
        round: 1,
        respondents: Some(300),
        tally: Some(Tally::Readings(board())),
        written: None,
    }
}

pub(crate) fn results_hidden() -> Results {
    Results { activity: Some(place()), round: 1, respondents: None, tally: None, written: None }
}

pub(crate) fn presence() -> Presence {
    let respondents = Some(RespondentsHere { activity: place(), round: 1, count: 731 });
    Presence { here: 842, joined: 962, arriving: 120, degraded: false, clock_differs: false, respondents }
}

pub(crate) fn me() -> Me {
    let response = |answer| Response { round: 1, answer, at: NOW };
    let responses = BTreeMap::from([(place(), response(place_answer())), (mood(), response(mood_answer()))]);
    let (posts, votes, blocked) = (BTreeMap::new(), BTreeMap::new(), false);
    Me { participant: participant(), name: Some("Inès".to_owned()), responses, posts, votes, blocked }
}

pub(crate) fn join_request() -> JoinRequest {
    JoinRequest { code: "tulip".to_owned(), name: Some("Inès".to_owned()) }
}

pub(crate) fn joined() -> Joined {
    Joined {
        event: event(),
        participant: participant(),
        token: Some("qk1Xv0m8Yc2sT5rB7uE3wJ9zL4nA6hD1fG0pK8iQ2oMqk1Xv0m8Yc2sT5rB7uE3w".to_owned()),
        live: format!("/api/v1/live?event={}", event_id()),
    }
}

pub(crate) fn error_body() -> ErrorBody {
    ErrorBody { code: "name_needed".to_owned(), message: "This event asks for a name.".to_owned() }
}
