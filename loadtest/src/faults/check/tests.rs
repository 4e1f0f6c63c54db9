//! Constructed runs: one without errors passes, and each kind of error fails the check that is
//! meant to find it.

mod run;

use parterre_protocol::{
    Answer, ClientMessage, Control, EventId, PostId, RefusalCode, Tally, Vote, Words, WordsTally,
    posts::PostState,
    topics::{Results, Topic},
};
use serde_json::json;

use self::run::*;
use super::judge;
use crate::faults::{
    db_snapshot::{StoredAnswer, StoredPost},
    history::{SignedOut, Who},
};

#[test]
fn a_run_without_fault_passes() {
    let run = Run::good();
    assert_eq!(run.fails(), [""; 0], "{:#?}", judge(&run.history, &run.observations, &run.snapshot));
}

#[test]
fn what_was_confirmed_and_is_lost_is_noticed() {
    let mut run = Run::good();
    run.snapshot.answers.remove(0);
    assert!(run.fails().contains(&"confirmed-once"));
    for _ in 0..Run::good().snapshot.receipts.len() {
        let mut run = Run::good();
        run.snapshot.receipts.rotate_left(1);
        run.snapshot.receipts.pop();
        assert!(run.fails().contains(&"confirmed-once"));
    }
    let mut run = Run::good();
    run.snapshot.posts.clear();
    assert!(run.fails().contains(&"confirmed-once"), "a question with its receipt only");
}

#[test]
fn what_is_stored_twice_is_noticed() {
    let mut run = Run::good();
    let twice = run.snapshot.answers[0].clone();
    run.snapshot.answers.push(twice);
    assert!(run.fails().contains(&"confirmed-once"));
    let mut run = Run::good();
    let twice = StoredPost { number: PostId::new(2), ..run.snapshot.posts[0].clone() };
    run.snapshot.posts.push(twice);
    assert!(run.fails().contains(&"confirmed-once"));
}

#[test]
fn what_is_stored_otherwise_than_confirmed_is_noticed() {
    let mut run = Run::good();
    run.snapshot.answers[1].answer = Some(option(1));
    assert!(run.fails().contains(&"confirmed-once"));
    let mut run = Run::good();
    run.snapshot.answers[1].at += 1;
    assert!(run.fails().contains(&"confirmed-once"));
}

#[test]
fn what_nobody_knows_of_may_be_stored_once_and_not_twice() {
    let mut run = Run::good();
    let (cid, answer) = (run.cid(), option(1));
    run.sends(1, response(cid, answer), 25, None);
    assert_eq!(run.fails(), [""; 0], "it was not stored");
    let mut run = Run::new();
    run.answer(0, option(1), 10, false);
    assert_eq!(run.fails(), [""; 0], "it was stored");
    let twice = StoredAnswer { replaced_at: Some(3), ..run.snapshot.answers[0].clone() };
    run.snapshot.answers.insert(0, twice);
    assert_eq!(run.fails(), ["unknown-at-most-once"]);
}

#[test]
fn what_was_refused_or_never_sent_and_is_stored_is_noticed() {
    let mut run = Run::good();
    let late = run.history.commands.last().unwrap().cid();
    run.rev = 13;
    run.stores(1, late, option(1), 90);
    assert!(run.fails().contains(&"unknown-at-most-once"));
    let mut run = Run::new();
    let cid = run.cid();
    run.stores(1, cid, option(1), 90);
    assert_eq!(run.fails(), ["unknown-at-most-once"]);
}

#[test]
fn an_older_answer_or_vote_that_counts_is_noticed() {
    let mut run = Run::new();
    run.answers(0, 1, 10);
    run.answers(0, 2, 20);
    (run.snapshot.answers[0].replaced_at, run.snapshot.answers[1].replaced_at) = (None, Some(20));
    assert_eq!(run.fails(), ["last-counts"]);
    let mut run = Run::new();
    run.answers(0, 1, 10);
    run.answers(0, 2, 20);
    run.snapshot.answers[0].replaced_at = None;
    assert_eq!(run.fails(), ["last-counts"], "two count");
    let mut run = Run::good();
    run.stores_vote(1, 0);
    assert!(run.fails().contains(&"last-counts"));
}

#[test]
fn a_refusal_without_reason_is_noticed() {
    for code in [RefusalCode::Closed, RefusalCode::Round, RefusalCode::Unknown, RefusalCode::Forbidden] {
        let mut run = Run::new();
        run.control(Control::Open { activity: poll() }, 0);
        let cid = run.cid();
        let answer = response(cid, option(1));
        run.sends(0, answer, 10, Some(refused(code)));
        // A later request explains nothing.
        run.control(Control::Close { activity: poll() }, 100);
        assert_eq!(run.fails(), ["refused-rightly"], "{code:?}");
    }
}

#[test]
fn counts_that_the_database_never_held_are_noticed() {
    for counts in [[(1, 0), (2, 3)], [(1, 0), (2, 1)], [(1, 1), (2, 1)]] {
        let mut run = Run::new();
        run.answers(0, 1, 10);
        run.answers(1, 2, 20);
        run.answers(0, 2, 30);
        run.shows_counts(&counts);
        assert_eq!(run.fails(), ["held-results"], "{counts:?}");
    }
}

#[test]
fn texts_that_the_database_never_held_or_that_were_not_visible_are_noticed() {
    let sent = || {
        let mut run = Run::new();
        run.sends_text(0, 10);
        run
    };
    let mut run = sent();
    run.shows_text("Why?", 1);
    assert_eq!(run.fails(), [""; 0]);
    for (text, respondents) in [("Why not?", 1), ("Why?", 2), ("Why?", 0)] {
        let mut run = sent();
        run.shows_text(text, respondents);
        assert_eq!(run.fails(), ["held-results"], "{text} {respondents}");
    }
    let mut run = sent();
    run.snapshot.posts[0].state = PostState::Hidden;
    run.shows_text("Why?", 1);
    assert_eq!(run.fails(), ["held-results"], "it is not visible");
}

#[test]
fn of_answers_of_one_commit_the_last_counts() {
    let mut run = Run::new();
    run.answers(0, 1, 10);
    run.answers(0, 2, 10);
    run.snapshot.answers[0].rev = run.rev;
    run.snapshot.answers[0].replaced_at = Some(run.snapshot.answers[0].at);
    run.snapshot.answers.reverse();
    run.shows_counts(&[(1, 0), (2, 1)]);
    assert_eq!(run.fails(), [""; 0]);
}

#[test]
fn what_replaced_answers_said_is_recalled_from_what_was_sent() {
    let mut run = Run::new();
    run.answers(0, 1, 10);
    run.shows_counts(&[(1, 1)]);
    run.answers(0, 2, 20);
    let kept = run.snapshot.answers.clone();
    run.snapshot.answers[0].answer = None;
    run.snapshot.recall(&run.history);
    assert_eq!(run.snapshot.answers, kept);
    run.snapshot.answers[1].answer = None;
    run.snapshot.recall(&run.history);
    assert_eq!(run.snapshot.answers[1].answer, None, "what counts is what the database says");
}

#[test]
fn words_are_counted_too() {
    let words = |words: &[&str]| Answer::Words(Words { words: words.iter().map(|&word| word.to_owned()).collect() });
    let shown = |words: &[(&str, u32)]| {
        let words: std::collections::BTreeMap<_, _> =
            words.iter().map(|&(word, count)| (word.to_owned(), count)).collect();
        let distinct = words.len() as u32;
        Results {
            activity: Some(poll()),
            round: 1,
            respondents: Some(1),
            tally: Some(Tally::Words(WordsTally { words, distinct })),
            written: None,
        }
    };
    let mut run = Run::new();
    run.answer(0, words(&["sea", "sun"]), 10, true);
    run.answer(1, words(&["sea"]), 20, true);
    run.answer(1, words(&[]), 30, true);
    run.shows(Topic::Results, &shown(&[("sea", 1), ("sun", 1)]));
    assert_eq!(run.fails(), [""; 0]);
    run.rev += 1;
    run.shows(Topic::Results, &shown(&[("sea", 2), ("sun", 1)]));
    assert_eq!(run.fails(), ["held-results"]);
}

#[test]
fn a_question_that_was_not_published_or_had_other_votes_is_noticed() {
    for votes in [0, 1, 3] {
        let mut run = Run::new();
        run.asks(0, 40);
        run.publishes(50);
        run.votes(1, Vote::Up, 60);
        run.shows_post(votes);
        assert_eq!(run.fails(), ["held-posts"], "{votes}");
    }
    let mut run = Run::new();
    run.asks(0, 40);
    run.shows_post(1);
    run.publishes(50);
    assert_eq!(run.fails(), ["held-posts"]);
}

#[test]
fn what_is_stored_after_a_close_is_noticed() {
    let mut run = Run::good();
    run.answers(1, 1, 200);
    assert_eq!(run.fails(), ["closed-is-closed"]);
    // Nobody was shown it as closed.
    let mut run = Run::new();
    run.control(Control::Open { activity: poll() }, 0);
    run.control(Control::Close { activity: poll() }, 70);
    run.answers(1, 1, 80);
    assert_eq!(run.fails(), ["closed-is-closed"]);
    // It was sent before the confirmation, so it may have arrived first.
    let mut run = Run::new();
    run.control(Control::Close { activity: poll() }, 70);
    run.answers(1, 1, 73);
    assert_eq!(run.fails(), [""; 0]);
}

#[test]
fn what_comes_when_the_time_is_up_or_stays_open_then_is_noticed() {
    let mut run = Run::new();
    run.control(Control::Countdown { activity: poll(), seconds: 2 }, 70);
    run.answers(1, 1, 2069);
    assert_eq!(run.fails(), [""; 0]);
    run.answers(1, 2, 2070);
    assert_eq!(run.fails(), ["in-time"]);
    let mut run = Run::good();
    run.snapshot.activities.get_mut(&poll()).unwrap().overdue = Some(-100);
    assert_eq!(run.fails(), [""; 0], "it has time");
    run.snapshot.activities.get_mut(&poll()).unwrap().overdue = Some(6000);
    assert_eq!(run.fails(), ["in-time"]);
}

#[test]
fn a_refusal_before_the_time_is_up_is_noticed() {
    for (at, fails) in [(1000, &["refused-rightly"][..]), (9000, &[])] {
        let mut run = Run::new();
        run.control(Control::Countdown { activity: poll(), seconds: 5 }, 0);
        let cid = run.cid();
        let late = response(cid, option(1));
        run.sends(1, late, at, Some(refused(RefusalCode::Closed)));
        assert_eq!(run.fails(), fails, "{at}");
    }
}

#[test]
fn revs_that_go_backwards_and_versions_that_differ_are_noticed() {
    let mut run = Run::good();
    run.rev = 13;
    run.shows_counts(&[(1, 0), (2, 2)]);
    assert_eq!(run.fails(), ["rev-forwards"]);
    let mut run = Run::good();
    let other = json!({"activity": poll(), "round": 1, "respondents": 7});
    run.history.client(Who { name: "another".to_owned(), ..run.history.clients[2].clone() });
    run.shows_to(5, Topic::Results, 15, &other);
    run.shows_to(2, Topic::Results, 15, &other);
    assert!(run.fails().contains(&"held-results"));
    let rev = run.rev;
    run.shows_to(5, Topic::Results, rev, &other);
    run.shows_to(2, Topic::Results, rev, &json!({"activity": poll(), "round": 1, "respondents": 2}));
    assert!(run.fails().contains(&"one-content"));
}

#[test]
fn what_belongs_to_another_event_is_noticed() {
    let mut run = Run::good();
    run.snapshot.activities.get_mut(&poll()).unwrap().event_id = EventId::new(uuid(2));
    assert_eq!(run.fails(), ["apart"]);
    let mut run = Run::good();
    run.snapshot.posts[0].text = "Why not?".to_owned();
    assert!(run.fails().contains(&"apart"));
}

#[test]
fn what_is_stored_by_a_clock_that_was_set_is_noticed() {
    for jump in [86_400_000, -86_400_000] {
        let mut run = Run::good();
        let cid = run.cid();
        let lobby = ClientMessage::Control { cid, control: Control::Lobby };
        run.sends(3, lobby, 300, Some(stored(302 + jump)));
        assert!(run.fails().contains(&"in-time"), "{jump}");
    }
}

#[test]
fn what_is_stored_of_somebody_who_had_signed_out_is_noticed_whether_it_was_confirmed_or_not() {
    let mut run = Run::good();
    run.history.signed_out.insert(3, SignedOut { asked: 200, told: 210 });
    let cid = run.cid();
    // Sent before the sign-out was complete, and refused.
    run.sends(3, ClientMessage::Control { cid, control: Control::Lobby }, 205, Some(refused(RefusalCode::Forbidden)));
    assert_eq!(run.fails(), [""; 0]);
    let cid = run.cid();
    run.sends(3, ClientMessage::Control { cid, control: Control::Lobby }, 220, None);
    assert_eq!(run.fails(), [""; 0]);
    run.receipt(3, cid, 222);
    assert_eq!(run.fails(), ["signed-out"]);
}

#[test]
fn who_is_refused_without_having_signed_out_is_noticed() {
    let mut run = Run::good();
    let cid = run.cid();
    run.sends(3, ClientMessage::Control { cid, control: Control::Lobby }, 300, Some(refused(RefusalCode::Forbidden)));
    assert_eq!(run.fails(), ["refused-rightly"]);
}
