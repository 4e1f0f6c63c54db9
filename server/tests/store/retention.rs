//! What goes when its time is over, and that nothing of it is left.

use parterre::domain::event::EventSettings;
use parterre::store::{Guess, KeptReports, Report, ReportStanding, Store, Terms};
use parterre_protocol::{Millis, Vote};
use sqlx::{Row as _, postgres::PgPool, sqlite::SqlitePool};
use uuid::Uuid;

use crate::{
    desk::{Desk, vote},
    room::Host,
};

/// Long after all that the other tests do.
const NOW: Millis = 1_900_000_000_000;
/// Nothing that others have made goes by this.
const NOTHING: Terms = Terms { now: 0, reports: 0, room_tests: 0, login_failures: 0, deleted: 0 };

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
    for table in [
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
    ] {
        assert!(there.iter().any(|column| column.starts_with(&format!("{table}."))), "{table} is not tried: {there:?}");
    }

    let terms = Terms { deleted: NOW, ..NOTHING };
    while store.forget_deleted(&terms).await.unwrap() {}
    store.delete_event(desk.room.event, NOW).await.unwrap();
    assert!(!store.forget_deleted(&terms).await.unwrap(), "its time is not over");
    assert_eq!(store.deleted_event_workspace(desk.room.event).await.unwrap(), Some(host.workspace));
    let terms = Terms { deleted: NOW + 1, ..NOTHING };
    assert!(store.forget_deleted(&terms).await.unwrap());
    assert_eq!(store.deleted_event_workspace(desk.room.event).await.unwrap(), None, "half of it does not come back");
    assert_eq!(store.restore_event(desk.room.event).await.unwrap(), Ok(None));
    while store.forget_deleted(&terms).await.unwrap() {}
    assert_eq!(found(url, &ids).await, Vec::<String>::new());
    assert_eq!(other.forum().await.posts().count(), 2, "others are as they were");
}

pub(crate) async fn what_has_a_term_goes_when_it_is_over(store: &Store, host: &Host) {
    let report = |id: &str, made_at| {
        let document = "{}\n".to_owned();
        let (id, signature, standing) = (id.to_owned(), String::new(), ReportStanding::Anonymous);
        Report { id, made_at, document, signature, standing, maker: None }
    };
    for (id, made_at) in [("term-old", 10), ("term-new", 20)] {
        store.add_report(&report(id, made_at), KeptReports { since: 0, most: 1_000, bytes: 1_000_000 }).await.unwrap();
    }
    store.create_session("term-old", host.member, 1, 10).await.unwrap();
    for (own, at) in [("term-old", 10), ("term-new", 20)] {
        let guess = Guess { own: own.to_owned(), shared: Vec::new(), email: None };
        store.count_guess(&guess, at).await.unwrap().unwrap();
    }
    let terms = Terms { reports: 20, login_failures: 20, now: 10, ..NOTHING };
    while store.forget_aged(&terms).await.unwrap() {}
    assert_eq!(store.report("term-old", 0).await.unwrap(), None);
    assert!(store.report("term-new", 0).await.unwrap().is_some());
    assert!(store.session("term-old", 5).await.unwrap().is_none());
    assert_eq!(store.guesses("term-old").await.unwrap().failures, 0);
    assert_eq!(store.guesses("term-new").await.unwrap().failures, 1);
}
