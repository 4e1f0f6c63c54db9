//! Reports of the network test.

use parterre::store::{Report, Store};

const T: i64 = 1_790_000_000_000;

fn report(id: &str, made_at: i64) -> Report {
    let document = format!("{{\"place\": \"Salle {id}\"}}\n");
    Report { id: id.to_owned(), made_at, document, signature: "c2lnbmVk".to_owned() }
}

pub(crate) async fn a_key_is_made_once(store: &Store, other: &Store) {
    let (one, another) = tokio::join!(store.signing_key("test", "one", T), other.signing_key("test", "two", T));
    let kept = one.unwrap();
    assert_eq!(kept, another.unwrap());
    assert_eq!(store.signing_key("test", "three", T + 1).await.unwrap(), kept);
    assert_eq!(store.signing_key("else", "four", T).await.unwrap(), "four");
}

pub(crate) async fn reports_are_kept_for_so_long_and_so_many(store: &Store) {
    for (id, made_at) in [("old", T), ("first", T + 10), ("second", T + 20), ("third", T + 30)] {
        store.add_report(&report(id, made_at), T, 3).await.unwrap();
    }
    assert_eq!(store.report("third", T).await.unwrap(), Some(report("third", T + 30)));
    assert_eq!(store.report("old", T).await.unwrap(), None, "one too many");
    assert_eq!(store.report("first", T).await.unwrap(), Some(report("first", T + 10)));
    assert_eq!(store.report("first", T + 11).await.unwrap(), None, "over");
    // Said twice, kept once.
    store.add_report(&report("third", T + 30), T + 20, 3).await.unwrap();
    assert_eq!(store.report("first", T).await.unwrap(), None, "too old");
    assert_eq!(store.report("second", T).await.unwrap(), Some(report("second", T + 20)));
    assert_eq!(store.report("none", T).await.unwrap(), None);
}
