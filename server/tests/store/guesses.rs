//! Guesses at passwords, counted before they are looked at.

use parterre_domain::{
    guessing::{ACCOUNT, FORGET_MS},
    member::Email,
};
use parterre_store::{Aging, Guess, Store, Terms};
use tokio::task::JoinSet;

use crate::{jobs::begun, room::Host};

const NOW: i64 = 1_790_000_000_000;
/// Guesses without a wait, and the one after which there is one.
const LOOKED_AT: usize = 5;

fn guess(own: &str, account: &str, email: Option<&Email>) -> Guess {
    let shared = vec![(format!("account:{account}"), ACCOUNT)];
    Guess { own: format!("pair:{own}"), shared, email: email.cloned() }
}

pub(crate) async fn of_many_guesses_at_once_no_more_are_looked_at_than_one_after_another(
    store: &Store,
    other_node: &Store,
) {
    let mut guesses = JoinSet::new();
    for number in 0..200 {
        let node = if number % 2 == 0 { store.clone() } else { other_node.clone() };
        guesses.spawn(async move { node.count_guess(&guess("crowd", "crowd", None), NOW).await.unwrap() });
    }
    let counted = guesses.join_all().await.into_iter().filter(Result::is_ok).count();
    assert_eq!(counted, LOOKED_AT);
    let counter = store.guesses("pair:crowd").await.unwrap();
    assert_eq!((counter.failures as usize, counter.until_at), (LOOKED_AT, NOW + 2000), "what was turned away is not");
    assert_eq!(store.guesses("account:crowd").await.unwrap().failures as usize, LOOKED_AT);
    assert_eq!(store.held_back(&guess("crowd", "crowd", None), NOW + 1).await.unwrap(), Some(1999));
}

pub(crate) async fn a_right_guess_is_taken_back_and_wrong_ones_are_told(store: &Store, host: &Host) {
    let mut emails = ["a@example.org", "b@example.org"].map(|email| Email::parse(email).unwrap()).to_vec();
    let mut owner = None;
    for email in &emails {
        owner = owner.or(store.member_by_email(email).await.unwrap().map(|(member, _)| member.email));
    }
    let owner = owner.expect("one of them is the owner");
    emails.retain(|email| *email != owner);
    for at in 0..3 {
        store.count_guess(&guess("here", "owner", Some(&owner)), NOW + at).await.unwrap().unwrap();
        store.count_guess(&guess("here too", "nobody", Some(&emails[0])), NOW + at).await.unwrap().unwrap();
    }
    assert_eq!(store.failed_sign_ins(host.member).await.unwrap(), Some((3, NOW)));
    store.count_guess(&guess("there", "owner", Some(&owner)), NOW + 9).await.unwrap().unwrap();
    store.take_back_guess(&guess("there", "owner", Some(&owner))).await.unwrap();
    assert_eq!(store.failed_sign_ins(host.member).await.unwrap(), Some((3, NOW)));
    assert_eq!(store.guesses("account:owner").await.unwrap().failures, 3);
    assert_eq!(store.guesses("pair:there").await.unwrap().failures, 0);

    store.count_guess(&guess("there", "owner", Some(&owner)), NOW + 10).await.unwrap().unwrap();
    store.dismiss_failed_sign_ins(host.member, 3, NOW + 11).await.unwrap();
    assert_eq!(store.failed_sign_ins(host.member).await.unwrap(), Some((1, NOW + 11)), "the last was not told yet");
    store.dismiss_failed_sign_ins(host.member, 1, NOW + 12).await.unwrap();
    assert_eq!(store.failed_sign_ins(host.member).await.unwrap(), None);
}

pub(crate) async fn guesses_are_forgotten(store: &Store) {
    store.count_guess(&guess("old", "old", None), NOW).await.unwrap().unwrap();
    store.count_guess(&guess("old", "old", None), NOW + FORGET_MS).await.unwrap().unwrap();
    assert_eq!(store.guesses("pair:old").await.unwrap().failures, 1, "an hour without any is long enough");
    let forget = async |before| {
        let terms = Terms { login_failures: before, now: 0, room_tests: 0, security_events: 0, deleted: 0 };
        store.forget_aged(Aging::SignIns, &terms, &begun(store).await).await.unwrap();
    };
    forget(NOW + FORGET_MS).await;
    assert_eq!(store.guesses("pair:old").await.unwrap().failures, 1);
    forget(NOW + FORGET_MS + 1).await;
    assert_eq!(store.guesses("pair:old").await.unwrap().failures, 0);
}
