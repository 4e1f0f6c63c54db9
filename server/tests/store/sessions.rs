//! Sessions: prolonged by use, and over at their time; passwords that change.

use parterre_domain::device::Device;
use parterre_store::{NewSession, Store};

use crate::room::Host;

const MINUTE: i64 = 60_000;

fn session<'a>(host: &Host, token_hash: &'a str, now: i64) -> NewSession<'a> {
    let device = Some(Device::parse("firefox linux"));
    let (expires_at, ends_at) = (now + 60 * MINUTE, Some(now + 100 * MINUTE));
    NewSession { token_hash, member: host.member, now, expires_at, ends_at, device, instead_of: None }
}

async fn is_good(store: &Store, token_hash: &str, now: i64) -> bool {
    store.session(token_hash, now).await.unwrap().is_some()
}

pub(crate) async fn a_session_lasts_as_long_as_it_is_used_and_no_longer_than_its_end(store: &Store, host: &Host) {
    store.begin_session(&session(host, "used", 0)).await.unwrap();
    assert!(is_good(store, "used", 4 * MINUTE).await);
    assert_eq!(store.sessions(host.member, 4 * MINUTE).await.unwrap()[0].used_at, 0, "not written down each time");
    assert!(is_good(store, "used", 50 * MINUTE).await);
    let [seen] = &store.sessions(host.member, 50 * MINUTE).await.unwrap()[..] else { panic!("one session") };
    assert_eq!((seen.used_at, seen.device.unwrap().kept().as_str()), (50 * MINUTE, "firefox linux"));
    assert!(is_good(store, "used", 70 * MINUTE).await, "it began 70 minutes ago, and was used 20 minutes ago");
    assert!(is_good(store, "used", 100 * MINUTE - 1).await);
    assert!(!is_good(store, "used", 100 * MINUTE).await, "however much it is used");
    store.begin_session(&session(host, "unused", 0)).await.unwrap();
    assert!(!is_good(store, "unused", 60 * MINUTE).await);
    store.end_session("used").await.unwrap();
    store.end_session("unused").await.unwrap();
}

pub(crate) async fn a_session_takes_the_place_of_the_one_that_the_browser_had(store: &Store, host: &Host) {
    store.begin_session(&session(host, "former", 0)).await.unwrap();
    let next = NewSession { instead_of: Some("former"), ..session(host, "next", 1) };
    store.begin_session(&next).await.unwrap();
    assert!(!is_good(store, "former", 2).await);
    assert!(is_good(store, "next", 2).await);
    store.begin_session(&session(host, "third", 3)).await.unwrap();
    assert_eq!(store.end_other_sessions(host.member, "third").await.unwrap(), ["next"]);
    assert!(store.end_session_of(host.member, "third").await.unwrap());
    assert!(!store.end_session_of(host.member, "third").await.unwrap());
}

pub(crate) async fn a_changed_password_ends_all_other_sessions(store: &Store, other_node: &Store, host: &Host) {
    assert_eq!(store.password_changed_at(host.member).await.unwrap(), None);
    for token in ["one", "two"] {
        store.begin_session(&session(host, token, 0)).await.unwrap();
    }
    store.add_sign_in_link(host.member, "forgotten", 0, 100).await.unwrap();
    assert_eq!(store.change_password(host.member, "another hash", "one", 5).await.unwrap(), ["two"]);
    assert!(is_good(store, "one", 6).await && !is_good(store, "two", 6).await);
    assert_eq!(store.password_changed_at(host.member).await.unwrap(), Some(5));
    assert!(store.sign_in_link("forgotten", 6).await.unwrap().is_none(), "it is not needed any more");

    store.add_sign_in_link(host.member, "first", 0, 100).await.unwrap();
    store.add_sign_in_link(host.member, "second", 1, 100).await.unwrap();
    assert!(store.sign_in_link("first", 2).await.unwrap().is_none(), "the newest alone is good");
    let (member, hash) = store.sign_in_link("second", 99).await.unwrap().unwrap();
    assert_eq!((member.id, hash.as_str()), (host.member, "another hash"));
    assert!(store.sign_in_link("second", 100).await.unwrap().is_none());
    let [mine, theirs] = ["mine", "theirs"].map(|token| session(host, token, 7));
    let (mine, theirs) = tokio::join!(
        store.use_sign_in_link("second", "hash", &mine),
        other_node.use_sign_in_link("second", "their hash", &theirs)
    );
    let (mine, theirs) = (mine.unwrap(), theirs.unwrap());
    assert!(mine.is_some() != theirs.is_some(), "once, whoever comes: {mine:?} {theirs:?}");
    assert_eq!(is_good(store, "mine", 8).await, mine.is_some());
    assert_eq!(mine.or(theirs).unwrap(), ["one"]);
    store.change_password(host.member, "hash", "", 9).await.unwrap();
}

pub(crate) async fn a_setup_key_is_good_for_a_day(store: &Store) {
    const DAY: i64 = 24 * 60 * MINUTE;
    store.add_setup_key("key", 1000).await.unwrap();
    assert!(store.is_setup_key("key", 1000 + DAY - 1).await.unwrap());
    assert!(!store.is_setup_key("key", 1000 + DAY).await.unwrap(), "though no node has started since");
}
