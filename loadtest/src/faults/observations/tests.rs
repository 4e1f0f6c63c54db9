//! Constructed frames, and which violations are found in them.

use serde_json::json;
use uuid::Uuid;

use super::*;

fn who(name: &str) -> Who {
    let event = EventId::new(Uuid::from_u128(1));
    Who { name: name.to_owned(), event, audience: Audience::Screen, participant: None }
}

fn frame<'a>(client: usize, rev: Rev, from: Option<Rev>, text: &'a str, held: &'a Value) -> Frame<'a> {
    Frame { client, at: 1, topic: Topic::Results, rev, from, text, held }
}

fn wrongs(observations: &Observations) -> [usize; 3] {
    [observations.backwards.count, observations.differing.count, observations.astray.count]
}

#[test]
fn the_same_by_a_change_and_as_a_whole_is_the_same() {
    let (mut observations, one, two) =
        (Observations::default(), json!({"round": 1}), json!({"round": 1, "respondents": 2}));
    observations.look(&who("a"), &frame(0, 4, None, "full 4", &one));
    observations.look(&who("a"), &frame(0, 7, Some(4), "from 4", &two));
    observations.look(&who("b"), &frame(1, 7, None, "full 7", &two));
    assert_eq!((wrongs(&observations), observations.frames), ([0; 3], 3));
    assert_eq!(observations.in_order(TopicKey::Results).len(), 2);
}

#[test]
fn a_version_that_says_two_things_is_noticed() {
    let (mut observations, one, two) =
        (Observations::default(), json!({"round": 1}), json!({"round": 1, "respondents": 2}));
    observations.look(&who("a"), &frame(0, 4, None, "full 4", &one));
    observations.look(&who("b"), &frame(1, 3, None, "full 3", &one));
    observations.look(&who("b"), &frame(1, 4, Some(3), "from 3", &two));
    assert_eq!(wrongs(&observations), [0, 1, 0]);
}

#[test]
fn a_version_that_says_the_same_in_other_bytes_is_noticed() {
    let (mut observations, one) = (Observations::default(), json!({"round": 1}));
    observations.look(&who("a"), &frame(0, 4, None, "full 4", &one));
    observations.look(&who("b"), &frame(1, 4, None, "full  4", &one));
    assert_eq!(wrongs(&observations), [0, 1, 0]);
}

#[test]
fn a_rev_that_goes_backwards_is_noticed_and_the_same_again_is_not() {
    let (mut observations, one) = (Observations::default(), json!({"round": 1}));
    for (rev, wrong) in [(4, 0), (4, 0), (3, 1), (5, 1)] {
        observations.look(&who("a"), &frame(0, rev, None, &format!("full {rev}"), &one));
        assert_eq!(observations.backwards.count, wrong, "{rev}");
    }
}

#[test]
fn presence_begins_anew_with_a_connection_and_nothing_else_does() {
    let (mut observations, here) = (Observations::default(), json!({"here": 1}));
    for topic in [Topic::Presence, Topic::Results] {
        for rev in [4, 3] {
            observations.look(&who("a"), &Frame { topic, ..frame(0, rev, None, "full", &here) });
        }
    }
    assert_eq!(observations.backwards.count, 2);
    observations.reconnected(0);
    observations.look(&who("a"), &Frame { topic: Topic::Presence, ..frame(0, 2, None, "full", &here) });
    assert_eq!(observations.backwards.count, 2);
    observations.look(&who("a"), &Frame { topic: Topic::Results, ..frame(0, 2, None, "full", &here) });
    assert_eq!(observations.backwards.count, 3);
}

#[test]
fn what_is_anothers_is_noticed() {
    let (mut observations, me) = (Observations::default(), json!({"participant": Uuid::from_u128(9).to_string()}));
    let own = parterre_protocol::ParticipantId::new(Uuid::from_u128(9));
    let mut phone = Who { participant: Some(own), audience: Audience::Phone, ..who("a") };
    let frame = Frame { topic: Topic::Me, ..frame(0, 4, None, "me", &me) };
    observations.look(&phone, &frame);
    phone.participant = Some(parterre_protocol::ParticipantId::new(Uuid::from_u128(8)));
    observations.look(&phone, &frame);
    assert_eq!(wrongs(&observations), [0, 0, 1]);
    let stage = json!({"event": {"id": Uuid::from_u128(2).to_string(), "name": "", "code": "B", "state": "live", "names": false},
        "qa": {"state": "off", "review": true, "names": "either", "downvotes": false, "labels": [], "on_screen": false}});
    observations.look(&who("a"), &Frame { client: 1, topic: Topic::Stage, text: "stage", held: &stage, ..frame });
    assert_eq!(wrongs(&observations), [0, 0, 2]);
}
