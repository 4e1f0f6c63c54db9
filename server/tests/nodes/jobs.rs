//! Jobs of nodes that share a database: what recurs is done by one of them, and does what it is
//! for.

use parterre_domain::{event::EventSettings, ids::ActivityId, job::JobKind, member::Email};
use parterre_protocol::{EventId, Millis, RoomTest, Settings};
use parterre_store::{Guess, Keep, KeptReports, NewJob, NewRoomTest, Report, ReportStanding, SecurityEvent, Store};
use parterre_system::random;

use crate::house::{Database, House, until};

const NODES: usize = 3;
/// Long before anything is kept.
const LONG_AGO: Millis = 1_000;
const DAY: Millis = 24 * 60 * 60 * 1000;

/// One of each that is kept for a time, from long ago, and the same from just now.
async fn keep(store: &Store) {
    let now = store.clock().await.unwrap().micros / 1000;
    let owner = Email::parse("ines@example.org").unwrap();
    let (member, _) = store.member_by_email(&owner).await.unwrap().unwrap();
    for (n, at) in [LONG_AGO, now].into_iter().enumerate() {
        store.create_session(&format!("session {at}"), member.id, at, at + DAY).await.unwrap();
        store.add_setup_key(&format!("key {at}"), at).await.unwrap();
        let guess = Guess { own: format!("guess {at}"), shared: Vec::new(), email: None };
        store.count_guess(&guess, at).await.unwrap().unwrap();
        let (id, kind) = (random::opaque_id(), "tried".to_owned());
        store.add_security_events(&[SecurityEvent { id, at, kind, member_id: None, network: None }]).await.unwrap();
        let event = EventId::new(random::opaque_id());
        let settings = EventSettings::parse("Gone", &format!("GONE{n}"), false).unwrap();
        store.create_event(event, member.workspace, &settings, at).await.unwrap().unwrap();
        store.delete_event(event, at).await.unwrap().unwrap();
        let (id, document, signature) = (format!("report {at}"), "{}\n".to_owned(), String::new());
        let report =
            Report { id, made_at: at, document, signature, standing: ReportStanding::Facilitator, maker: None };
        store.add_report(&report, KeptReports { since: 0, most: 99, bytes: 9_999 }).await.unwrap();
        let settings = EventSettings::parse("Room test", &format!("TEST{n}"), false).unwrap();
        let (event, activity) = (EventId::new(random::opaque_id()), ActivityId::new(random::opaque_id()));
        let activity_settings = Settings::Readings(RoomTest { title: "Room test".to_owned() });
        let test = NewRoomTest { event, workspace: member.workspace, settings, activity, activity_settings };
        store.add_room_test(&test, Keep { most: 9, since: 0 }, at).await.unwrap().unwrap();
    }
}

/// How many there are of each that is kept for a time.
fn kept(database: &Database) -> [i64; 7] {
    [
        "SELECT COUNT(*) FROM sessions WHERE token_hash LIKE 'session %'",
        "SELECT COUNT(*) FROM setup_keys",
        "SELECT COUNT(*) FROM login_failures WHERE key LIKE 'guess %'",
        "SELECT COUNT(*) FROM security_events WHERE kind = 'tried'",
        "SELECT COUNT(*) FROM events WHERE kind = 'gathering' AND deleted_at IS NOT NULL",
        "SELECT COUNT(*) FROM netcheck_reports",
        "SELECT COUNT(*) FROM events WHERE kind = 'room_test' AND deleted_at IS NULL",
    ]
    .map(|counted| database.number(counted))
}

#[test]
fn what_recurs_is_done_by_one_node_and_erases_what_is_over() {
    let database = Database::new();
    database.work(async |store| {
        keep(store).await;
        for kind in JobKind::ALL {
            let due = NewJob::recurring(random::opaque_id(), *kind, LONG_AGO).unwrap();
            assert!(store.add_job(&due, LONG_AGO).await.unwrap());
        }
    });
    let nodes = [(); NODES].map(|()| House::new(&database, &[]));
    let done = |kind: &JobKind| -> f64 {
        let metric = format!("parterre_jobs_total{{kind=\"{}\",result=\"done\"}}", kind.name());
        nodes.iter().map(|node| node.counts(&metric)).sum()
    };
    until(|| JobKind::ALL.iter().all(|kind| done(kind) >= 1.0));
    assert_eq!(JobKind::ALL.iter().map(done).collect::<Vec<_>>(), [1.0].repeat(JobKind::ALL.len()), "once");
    assert_eq!(kept(&database), [1; 7], "what is of today is there");
    let ahead = "SELECT COUNT(*) FROM jobs WHERE repeat_ms IS NOT NULL AND leased_by IS NULL AND attempts = 0
                 AND run_at > (SELECT MAX(seen_at) FROM nodes) + repeat_ms / 2";
    assert_eq!(database.number(ahead), JobKind::ALL.len() as i64, "each is due again");
    assert_eq!(database.number("SELECT COUNT(*) FROM jobs"), JobKind::ALL.len() as i64);

    // As if one were in the middle of all of it: who stops in order leaves nothing to be waited
    // for.
    let begun =
        "UPDATE jobs SET leased_by = (SELECT MIN(id::text)::uuid FROM nodes), leased_until = run_at, attempts = 1";
    assert_eq!(database.execute(begun), JobKind::ALL.len() as u64);
    for node in nodes {
        node.signal("-TERM");
        assert!(node.ended().success());
    }
    assert_eq!(database.number("SELECT COUNT(*) FROM jobs WHERE leased_by IS NOT NULL OR attempts > 0"), 0);
}
