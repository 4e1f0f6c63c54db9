//! Reports of the network test.

use parterre_store::{KeptReports, Report, ReportStanding, Store};

use crate::jobs::begun;

const T: i64 = 1_790_000_000_000;

fn report(id: &str, made_at: i64) -> Report {
    let document = format!("{{\"place\": \"Salle {id}\"}}\n");
    let signature = "c2lnbmVk".to_owned();
    Report { id: id.to_owned(), made_at, document, signature, standing: ReportStanding::Anonymous, maker: None }
}

/// So many of each half, and no bound in bytes.
fn kept(since: i64, half: u32) -> KeptReports {
    KeptReports { since, most: 2 * half, bytes: 1_000_000 }
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
        store.add_report(&report(id, made_at), kept(T, 3)).await.unwrap();
    }
    assert_eq!(store.report("third", T).await.unwrap(), Some(report("third", T + 30)));
    assert_eq!(store.report("old", T).await.unwrap(), None, "one too many");
    assert_eq!(store.report("first", T).await.unwrap(), Some(report("first", T + 10)));
    assert_eq!(store.report("first", T + 11).await.unwrap(), None, "over");
    // Said twice, kept once.
    store.add_report(&report("third", T + 30), kept(T + 20, 3)).await.unwrap();
    assert_eq!(store.report("first", T).await.unwrap(), None, "too old");
    assert_eq!(store.report("second", T).await.unwrap(), Some(report("second", T + 20)));
    assert_eq!(store.report("none", T).await.unwrap(), None);
}

pub(crate) async fn anonymous_reports_push_out_no_others(store: &Store) {
    let all = kept(T, 3);
    let by = |id: &str, made_at, standing| Report { standing, maker: Some("m".to_owned()), ..report(id, made_at) };
    store.add_report(&by("desk", T + 1, ReportStanding::Facilitator), all).await.unwrap();
    store.add_report(&by("read", T + 2, ReportStanding::Anonymous), all).await.unwrap();
    store.note_report_opened("read").await.unwrap();
    let read = store.report("read", T).await.unwrap().unwrap();
    assert_eq!((read.standing, read.maker.as_deref()), (ReportStanding::Opened, Some("m")));
    for n in 0..20 {
        store.add_report(&by(&format!("flood {n}"), T + 100 + n, ReportStanding::Anonymous), all).await.unwrap();
    }
    let is_kept = async |id: &str| store.report(id, T).await.unwrap().is_some();
    assert!(is_kept("desk").await && is_kept("read").await);
    assert!(is_kept("flood 17").await && !is_kept("flood 16").await, "half is theirs");
    // Who opens from elsewhere what they have made pushes out what was opened, and nothing of a
    // facilitator's.
    for n in 0..20 {
        let id = format!("opened {n}");
        store.add_report(&by(&id, T + 200 + n, ReportStanding::Anonymous), all).await.unwrap();
        store.note_report_opened(&id).await.unwrap();
    }
    store.forget_reports(all, &begun(store).await).await.unwrap();
    assert!(is_kept("desk").await && !is_kept("read").await && is_kept("opened 19").await);
    store.note_report_opened("desk").await.unwrap();
    assert_eq!(store.report("desk", T).await.unwrap().unwrap().standing, ReportStanding::Facilitator);

    // Of many bytes fewer are kept: here of each half two of these.
    let length = report("long 0", T).document.len() as u64;
    let few = KeptReports { bytes: length * 4 + 3, ..kept(T, 100) };
    for n in 0..5 {
        store.add_report(&by(&format!("long {n}"), T + 300 + n, ReportStanding::Anonymous), few).await.unwrap();
    }
    assert!(is_kept("long 4").await && is_kept("long 3").await && !is_kept("long 2").await && is_kept("desk").await);
    store.forget_reports(kept(T + 1_000, 3), &begun(store).await).await.unwrap();
    assert!(!is_kept("desk").await && !is_kept("long 4").await, "too old");
}
