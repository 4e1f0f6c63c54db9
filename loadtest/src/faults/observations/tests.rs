//! Frames that were made up, and what is noticed of them.

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

fn wrongs(sights: &Sights) -> [usize; 3] {
    [sights.backwards.count, sights.differing.count, sights.astray.count]
}

#[test]
fn the_same_by_a_change_and_as_a_whole_is_the_same() {
    let (mut sights, one, two) = (Sights::default(), json!({"round": 1}), json!({"round": 1, "respondents": 2}));
    sights.look(&who("a"), &frame(0, 4, None, "full 4", &one));
    sights.look(&who("a"), &frame(0, 7, Some(4), "from 4", &two));
    sights.look(&who("b"), &frame(1, 7, None, "full 7", &two));
    assert_eq!((wrongs(&sights), sights.frames), ([0; 3], 3));
    assert_eq!(sights.in_order(TopicKey::Results).len(), 2);
}

#[test]
fn a_version_that_says_two_things_is_noticed() {
    let (mut sights, one, two) = (Sights::default(), json!({"round": 1}), json!({"round": 1, "respondents": 2}));
    sights.look(&who("a"), &frame(0, 4, None, "full 4", &one));
    sights.look(&who("b"), &frame(1, 3, None, "full 3", &one));
    sights.look(&who("b"), &frame(1, 4, Some(3), "from 3", &two));
    assert_eq!(wrongs(&sights), [0, 1, 0]);
}

#[test]
fn a_version_that_says_the_same_in_other_bytes_is_noticed() {
    let (mut sights, one) = (Sights::default(), json!({"round": 1}));
    sights.look(&who("a"), &frame(0, 4, None, "full 4", &one));
    sights.look(&who("b"), &frame(1, 4, None, "full  4", &one));
    assert_eq!(wrongs(&sights), [0, 1, 0]);
}

#[test]
fn a_rev_that_goes_backwards_is_noticed_and_the_same_again_is_not() {
    let (mut sights, one) = (Sights::default(), json!({"round": 1}));
    for (rev, wrong) in [(4, 0), (4, 0), (3, 1), (5, 1)] {
        sights.look(&who("a"), &frame(0, rev, None, &format!("full {rev}"), &one));
        assert_eq!(sights.backwards.count, wrong, "{rev}");
    }
}

#[test]
fn presence_begins_anew_with_a_connection_and_nothing_else_does() {
    let (mut sights, here) = (Sights::default(), json!({"here": 1}));
    for topic in [Topic::Presence, Topic::Results] {
        for rev in [4, 3] {
            sights.look(&who("a"), &Frame { topic, ..frame(0, rev, None, "full", &here) });
        }
    }
    assert_eq!(sights.backwards.count, 2);
    sights.greet(0);
    sights.look(&who("a"), &Frame { topic: Topic::Presence, ..frame(0, 2, None, "full", &here) });
    assert_eq!(sights.backwards.count, 2);
    sights.look(&who("a"), &Frame { topic: Topic::Results, ..frame(0, 2, None, "full", &here) });
    assert_eq!(sights.backwards.count, 3);
}

#[test]
fn what_is_anothers_is_noticed() {
    let (mut sights, me) = (Sights::default(), json!({"participant": Uuid::from_u128(9).to_string()}));
    let own = parterre_protocol::ParticipantId::new(Uuid::from_u128(9));
    let mut phone = Who { participant: Some(own), audience: Audience::Phone, ..who("a") };
    let frame = Frame { topic: Topic::Me, ..frame(0, 4, None, "me", &me) };
    sights.look(&phone, &frame);
    phone.participant = Some(parterre_protocol::ParticipantId::new(Uuid::from_u128(8)));
    sights.look(&phone, &frame);
    assert_eq!(wrongs(&sights), [0, 0, 1]);
    let stage = json!({"event": {"id": Uuid::from_u128(2).to_string(), "name": "", "code": "B", "state": "live", "names": false},
        "qa": {"state": "off", "review": true, "names": "either", "downvotes": false, "labels": [], "on_screen": false}});
    sights.look(&who("a"), &Frame { client: 1, topic: Topic::Stage, text: "stage", held: &stage, ..frame });
    assert_eq!(wrongs(&sights), [0, 0, 2]);
}
