//! What nodes say to each other arrives, and what they cannot understand makes them read.

use std::{collections::BTreeMap, time::Instant};

use parterre_domain::post::{Post, PostFields, VoteCount};
use parterre_protocol::{Choice, Millis, ParticipantId, PostId, QaSettings, Readings, Vote, Words, posts::Queue};

use super::*;

const CHANNEL: &[u8] = b"parterre:{event}";
const HERE: NodeId = NodeId(0x0102_0304_0506_0708);

fn seal() -> Seal {
    Seal::with(b"the key of the nodes")
}

fn encode(node: NodeId, notification: &Notification) -> Vec<u8> {
    super::encode(&seal(), CHANNEL, node, notification)
}

fn decode(bytes: &[u8]) -> Option<Notification> {
    super::decode(&seal(), CHANNEL, bytes)
}

/// The same bytes, changed, as a node would have sealed them.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let put = seal().put(CHANNEL, [&bytes[..HEAD], &bytes[BODY..]]);
    bytes[HEAD..BODY].copy_from_slice(&put);
    bytes
}

fn uuid(n: u8) -> Uuid {
    Uuid::from_bytes([n; 16])
}

fn choice(option: u16) -> Answer {
    Answer::Choice(Choice { options: vec![option], other: None })
}

fn words(word: &str) -> Answer {
    Answer::Words(Words { words: vec![word.to_owned(), "mer".to_owned()] })
}

fn answered(n: u8, before: Option<Answer>, after: Answer) -> CountedAnswer {
    CountedAnswer { activity: ActivityId::new(uuid(n)), round: 2, before, after, by: None }
}

/// An answer of a kind that counts people.
fn reading(n: u8, before_at: Option<Millis>) -> CountedAnswer {
    let readings = || Answer::Readings(Readings { sent: 1, readings: BTreeMap::new() });
    let by = CountedFor { participant: ParticipantId::new(uuid(n)), before_at, at: 1_790_000_000_500 };
    let before = before_at.map(|_| readings());
    CountedAnswer { activity: ActivityId::new(uuid(7)), round: 1, before, after: readings(), by: Some(by) }
}

fn changes(answers: Vec<CountedAnswer>, forum: Vec<ForumChange>) -> Notification {
    let hint = Hint::Changes { from: 41, answers: answers.into(), forum: forum.into() };
    Notification { event: EventId::new(uuid(9)), rev: 44, hint }
}

fn question() -> ForumChange {
    ForumChange::Post(Arc::new(Post {
        id: PostId::new(17),
        to: None,
        author: ParticipantId::new(uuid(4)),
        name: Some("Inès".to_owned()),
        at: 1_790_000_000_000,
        flagged: true,
        version: 43,
        fields: PostFields::new("Will travel be paid?".to_owned(), Queue::Published, 5),
        votes: VoteCount { up: 3, down: 1 },
    }))
}

#[test]
fn every_notification_arrives_as_it_was_sent() {
    let all = vec![
        question(),
        ForumChange::Voted { post: PostId::new(17), before: Vote::None, after: Vote::Up },
        ForumChange::Settings(Arc::new(QaSettings::default())),
        ForumChange::Highlight(Some(PostId::new(17))),
        ForumChange::Highlight(None),
        ForumChange::OnScreen(true),
        ForumChange::Blocked { participant: ParticipantId::new(uuid(5)), on: true },
    ];
    let answers = vec![
        answered(1, None, choice(2)),
        answered(1, Some(choice(2)), choice(3)),
        answered(1, Some(choice(3)), choice(2)),
        answered(2, None, words("soleil")),
        answered(1, None, choice(2)),
        reading(1, None),
        reading(2, Some(1_790_000_000_000)),
    ];
    let event = EventId::new(uuid(9));
    for notification in [
        changes(answers.clone(), all.clone()),
        changes(answers, vec![]),
        changes(vec![], all),
        Notification { event, rev: 7, hint: Hint::Resync },
        Notification { event, rev: 7, hint: Hint::MetadataChanged },
        Notification { event, rev: 0, hint: Hint::Joined(300) },
        Notification { event, rev: 8, hint: Hint::LinkEnded(LinkId::new(uuid(3))) },
        Notification { event: crate::bus::EVERYWHERE, rev: 0, hint: Hint::Member(MemberId::new(uuid(6))) },
    ] {
        let bytes = encode(HERE, &notification);
        assert_eq!(sender(&bytes), Some(HERE));
        assert_eq!(decode(&bytes), Some(notification));
    }
}

#[test]
fn what_is_not_understood_says_to_read_up_to_where_it_led() {
    let whole = encode(HERE, &changes(vec![answered(1, None, choice(2))], vec![]));
    let reread = Some(Notification { event: EventId::new(uuid(9)), rev: 44, hint: Hint::Resync });
    let mut newer = whole.clone();
    newer[0] = VERSION + 1;
    assert_eq!(decode(&sealed(newer)), reread, "a format of tomorrow");
    let mut unknown = whole.clone();
    unknown[HEAD - 1] = 200;
    assert_eq!(decode(&sealed(unknown)), reread, "a kind of tomorrow");
    for cut in BODY..whole.len() {
        assert_eq!(decode(&sealed(whole[..cut].to_vec())), reread, "cut at {cut}");
    }
    let text = String::from_utf8(whole[BODY..].to_vec()).unwrap();
    for broken in
        [text.replace("[[0,0]]", "[[0,1]]"), text.replace("[[0,0]]", "[[7,0]]"), text.replace("choice", "scale")]
    {
        assert_ne!(broken, text);
        let bytes = [&whole[..BODY], broken.as_bytes()].concat();
        assert_eq!(decode(&sealed(bytes)), reread, "{broken}");
    }
}

#[test]
fn only_of_kinds_that_count_people_others_are_told_whose_an_answer_is() {
    let by = CountedFor { participant: ParticipantId::new(uuid(4)), before_at: None, at: 1 };
    let vote = CountedAnswer { by: Some(by), ..answered(1, None, choice(2)) };
    let bytes = encode(HERE, &changes(vec![vote], vec![]));
    assert_eq!(decode(&bytes), Some(changes(vec![answered(1, None, choice(2))], vec![])));
    let nobody = CountedAnswer { by: None, ..reading(1, None) };
    let reread = decode(&encode(HERE, &changes(vec![nobody], vec![])));
    assert!(matches!(reread, Some(Notification { hint: Hint::Resync, .. })), "{reread:?}");
}

#[test]
fn what_no_node_has_said_there_is_not_believed() {
    let notification = changes(vec![answered(1, None, choice(2))], vec![question()]);
    let whole = encode(HERE, &notification);
    assert_eq!(decode(&whole), Some(notification.clone()));
    for place in 0..whole.len() {
        let mut changed = whole.clone();
        changed[place] ^= 1;
        assert_eq!(decode(&changed), None, "changed at {place}");
    }
    for cut in 0..whole.len() {
        assert_eq!(decode(&whole[..cut]), None, "cut at {cut}");
        assert_eq!(sender(&whole[..cut]).is_some(), cut >= HEAD, "cut at {cut}");
    }
    assert_eq!(super::decode(&seal(), b"parterre:{another}", &whole), None, "said elsewhere");
    assert_eq!(
        decode(&super::encode(&Seal::with(b"another key"), CHANNEL, HERE, &notification)),
        None,
        "another database"
    );
    let mut before = [&whole[..HEAD], &whole[BODY..]].concat();
    before[0] = 1;
    assert_eq!(decode(&before), None, "the format without a seal");
}

#[test]
fn a_change_that_is_too_long_is_left_out() {
    let word = |n: usize| words(&format!("{n:040}"));
    let fits = changes((0..500).map(|n| answered(1, None, word(n))).collect(), vec![]);
    assert_eq!(decode(&encode(HERE, &fits)), Some(fits));
    let long = changes((0..5000).map(|n| answered(1, None, word(n))).collect(), vec![]);
    let bytes = encode(HERE, &long);
    assert_eq!(bytes.len(), BODY);
    assert!(matches!(decode(&bytes), Some(Notification { rev: 44, hint: Hint::Resync, .. })));
}

#[test]
fn what_many_say_stands_once() {
    let votes = |n: u16| changes((0..n).map(|voter| answered(1, None, choice(voter % 4 + 1))).collect(), vec![]);
    let (few, many) = (encode(HERE, &votes(4)).len(), encode(HERE, &votes(1000)).len());
    assert!(many - few < 996 * 7, "{} bytes for each further vote", (many - few) / 996);
}

/// Prints what a notification of a thousand answers costs. `cargo test --release -- --ignored
/// --nocapture cost`
#[test]
#[ignore = "prints, and judges nothing"]
fn what_an_answer_costs() {
    let choices: Vec<_> = (0..1000).map(|n| answered(1, Some(choice(n % 3 + 1)), choice(n % 4 + 1))).collect();
    let clouds: Vec<_> = (0..1000).map(|n| answered(1, None, words(&format!("word {n}")))).collect();
    for (what, answers) in [("choices", choices), ("words", clouds)] {
        let notification = changes(answers, vec![]);
        let (rounds, mut bytes) = (300, Vec::new());
        let started = Instant::now();
        for _ in 0..rounds {
            bytes = encode(HERE, &notification);
        }
        let encoded = started.elapsed() / rounds;
        let started = Instant::now();
        for _ in 0..rounds {
            assert!(decode(&bytes).is_some());
        }
        let decoded = started.elapsed() / rounds;
        println!("1000 {what}: {} bytes, encoded in {encoded:?}, decoded in {decoded:?}", bytes.len());
    }
}
