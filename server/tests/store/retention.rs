//! What goes when its time is over, and that nothing of it is left.

use parterre_domain::event::EventSettings;
use parterre_protocol::{Millis, Vote};
use parterre_store::{Aging, Guess, Progress, SecurityEvent, Store, Terms};
use parterre_system::random;
use sqlx::{Row as _, postgres::PgPool, sqlite::SqlitePool};
use uuid::Uuid;

use crate::{
    desk::{Desk, vote},
    jobs::begun,
    room::Host,
};

/// Long after all that the other tests do.
const NOW: Millis = 1_900_000_000_000;
/// Nothing that others have made goes by this.
const NOTHING: Terms = Terms { now: 0, room_tests: 0, login_failures: 0, security_events: 0, deleted: 0 };

/// Erases what was deleted before, in as many batches as it takes; how many had anything.
async fn erase_deleted(store: &Store, before: Millis) -> usize {
    let (terms, step) = (Terms { deleted: before, ..NOTHING }, begun(store).await);
    let mut batches = 0;
    loop {
        match store.forget_deleted(&terms, &step).await.unwrap() {
            Progress::More => batches += 1,
            Progress::Finished => return batches,
            Progress::Lost => panic!("nobody else is at it"),
        }
    }
}

/// In how many columns of which tables these ids are, in the whole database.
async fn found(url: &str, ids: &[Uuid]) -> Vec<String> {
    let mut found = Vec::new();
    if url.starts_with("sqlite") {
        let db = SqlitePool::connect(url).await.unwrap();
        let columns = "SELECT tables.name, columns.name FROM sqlite_master AS tables
             JOIN pragma_table_info(tables.name) AS columns WHERE tables.type = 'table' AND columns.type = 'UUID'";
        for row in sqlx::query(columns).fetch_all(&db).await.unwrap() {
            let (table, column): (String, String) = (row.get(0), row.get(1));
            for id in ids {
                let count = format!("SELECT COUNT(*) FROM {table} WHERE {column} = $1");
                let count = sqlx::query(sqlx::AssertSqlSafe(count)).bind(id).fetch_one(&db).await.unwrap();
                if count.get::<i64, _>(0) > 0 {
                    found.push(format!("{table}.{column}"));
                }
            }
        }
    } else {
        let db = PgPool::connect(url).await.unwrap();
        let columns = "SELECT table_name::text, column_name::text FROM information_schema.columns
             WHERE table_schema = 'public' AND data_type = 'uuid'";
        for row in sqlx::query(columns).fetch_all(&db).await.unwrap() {
            let (table, column): (String, String) = (row.get(0), row.get(1));
            for id in ids {
                let count = format!("SELECT COUNT(*) FROM {table} WHERE {column} = $1");
                let count = sqlx::query(sqlx::AssertSqlSafe(count)).bind(id).fetch_one(&db).await.unwrap();
                if count.get::<i64, _>(0) > 0 {
                    found.push(format!("{table}.{column}"));
                }
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The tables that have rows of an event.
const TABLES: [&str; 11] = [
    "acts",
    "activities",
    "commands",
    "events",
    "former_codes",
    "links",
    "participants",
    "posts",
    "receipts",
    "responses",
    "votes",
];

pub(crate) async fn of_a_deleted_event_nothing_is_left(store: &Store, host: &Host, url: &str) {
    let (desk, other) = (Desk::open(store, host).await, Desk::open(store, host).await);
    let mut ids = vec![desk.room.event.uuid(), desk.room.poll.uuid()];
    let phones = desk.asked(3).await;
    other.asked(2).await;
    desk.send(phones[1], vote(1, Vote::Up), 20).await;
    desk.merge(1, &[2]).await;
    desk.room.steer(parterre_protocol::Control::Open { activity: desk.room.poll }).await;
    for option in [1, 2] {
        desk.room.commit_one(desk.room.pick(phones[0], option), 30).await;
    }
    ids.extend(phones.iter().map(|phone| phone.uuid()));
    let settings = EventSettings::parse("Renamed", "RENAMED", false).unwrap();
    store.change_event(desk.room.event, &settings).await.unwrap().unwrap();
    let there = found(url, &ids).await;
    for table in TABLES {
        assert!(there.iter().any(|column| column.starts_with(&format!("{table}."))), "{table} is not tried: {there:?}");
    }

    erase_deleted(store, NOW).await;
    store.delete_event(desk.room.event, NOW).await.unwrap();
    assert_eq!(erase_deleted(store, NOW).await, 0, "its time is not over");
    assert_eq!(store.deleted_event_workspace(desk.room.event).await.unwrap(), Some(host.workspace));
    let terms = Terms { deleted: NOW + 1, ..NOTHING };
    assert_eq!(store.forget_deleted(&terms, &begun(store).await).await.unwrap(), Progress::More);
    assert_eq!(store.deleted_event_workspace(desk.room.event).await.unwrap(), None, "half of it does not come back");
    assert_eq!(store.restore_event(desk.room.event).await.unwrap(), Ok(None));
    assert!(erase_deleted(store, NOW + 1).await > 5, "in batches");
    assert_eq!(found(url, &ids).await, Vec::<String>::new());
    assert_eq!(other.forum().await.posts().count(), 2, "others are as they were");
}

pub(crate) async fn what_has_a_term_goes_when_it_is_over(store: &Store, host: &Host) {
    store.create_session("term-old", host.member, 1, 10).await.unwrap();
    for (own, at) in [("term-old", 10), ("term-new", 20)] {
        let guess = Guess { own: own.to_owned(), shared: Vec::new(), email: None };
        store.count_guess(&guess, at).await.unwrap().unwrap();
    }
    let happened =
        |at| SecurityEvent { id: random::opaque_id(), at, kind: "term".into(), member_id: None, network: None };
    store.add_security_events(&[happened(10), happened(20)]).await.unwrap();
    let terms = Terms { login_failures: 20, security_events: 20, now: 10, ..NOTHING };
    for what in [Aging::SignIns, Aging::SecurityEvents, Aging::Receipts] {
        assert_eq!(store.forget_aged(what, &terms, &begun(store).await).await.unwrap(), Progress::Finished);
    }
    assert!(store.session("term-old", 5).await.unwrap().is_none());
    assert_eq!(store.guesses("term-old").await.unwrap().failures, 0);
    assert_eq!(store.guesses("term-new").await.unwrap().failures, 1);
    let events = store.security_events(1000).await.unwrap();
    assert_eq!(events.iter().filter(|it| it.kind == "term").map(|it| it.at).collect::<Vec<_>>(), [20]);
}

pub(crate) async fn what_is_too_much_for_a_batch_goes_in_several(store: &Store) {
    let many = 1200;
    let happened =
        |n| SecurityEvent { id: random::opaque_id(), at: n, kind: "many".into(), member_id: None, network: None };
    store.add_security_events(&(0..many).map(happened).collect::<Vec<_>>()).await.unwrap();
    let (terms, step) = (Terms { security_events: many, ..NOTHING }, begun(store).await);
    let batch = async || store.forget_aged(Aging::SecurityEvents, &terms, &step).await.unwrap();
    assert_eq!([batch().await, batch().await, batch().await], [Progress::More, Progress::More, Progress::Finished]);
    assert!(store.security_events(2000).await.unwrap().iter().all(|event| event.at >= many));
}
