//! A disk that is full, and then is not. Each connection of the store fails on it more than once:
//! one that came back broken would be lent again.

use parterre_protocol::{Act, ActivityId, Control, Outcome};
use parterre_store::{Actor, Batch, Guess, Store};
use uuid::Uuid;

use crate::{
    disk::SmallDisk,
    members,
    postgres::Postgres,
    room::{Host, Room, cid},
};

/// More than the pools of both databases have connections.
const TIMES: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_stores_again_when_its_disk_has_space() {
    let Some(disk) = SmallDisk::mount(8) else { return };
    let url = format!("sqlite://{}", disk.path().join("parterre.db").display());
    let store = Store::open(&url).await.unwrap();
    goes_on(&store, &disk).await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_stores_again_when_its_disk_has_space() {
    let Some(disk) = SmallDisk::mount(8) else { return };
    let server = Postgres::start();
    let tables = disk.path().join("tables");
    std::fs::create_dir(&tables).unwrap();
    server.put_tables_in(&tables).await;
    let store = Store::open(&server.url()).await.unwrap();
    goes_on(&store, &disk).await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_look_at_a_full_disk_of_a_server_tells_of_it() {
    let Some(disk) = SmallDisk::mount(8) else { return };
    let server = Postgres::start();
    let tables = disk.path().join("tables");
    std::fs::create_dir(&tables).unwrap();
    server.put_tables_in(&tables).await;
    let store = Store::open(&server.url()).await.unwrap();
    // The page in which this lies has room for another line.
    store.check().await.unwrap();
    disk.fill();
    assert!(store.check().await.unwrap_err().is_full());
    disk.free();
    store.check().await.unwrap();
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_was_given_up_or_refused_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite://{}", folder.path().join("parterre.db").display())).await.unwrap();
    let host = members::only_one_owner_is_ever_made(&store, &store).await;
    let room = Room::running(&store, &host).await;
    let phones = room.join_many(300).await;
    for round in 0..TIMES {
        let batch = Batch { responses: phones.iter().map(|phone| room.pick(*phone, 1)).collect(), ..Batch::default() };
        // Given up at another moment in each round.
        let mut commit = Box::pin(store.commit(&batch, 7));
        for _ in 0..=round {
            tokio::select! {
                biased;
                _ = &mut commit => break,
                () = tokio::task::yield_now() => {}
            }
        }
        drop(commit);
        drop(Box::pin(store.room(room.event)));
        let unknown = Control::Open { activity: ActivityId::new(Uuid::new_v4()) };
        let refused = store.control(room.event, host.member, cid(), &unknown, 7).await.unwrap();
        assert!(matches!(refused.outcome, Outcome::Refused { .. }), "{refused:?}");
        room.commit_one(room.pick(phones[0], 2), 8).await;
        room.state().await;
    }
    store.close().await;
}

async fn goes_on(store: &Store, disk: &SmallDisk) {
    let host = members::only_one_owner_is_ever_made(store, store).await;
    let room = Room::running(store, &host).await;
    let phones = room.join_many(2).await;
    assert_eq!(room.commit_one(room.pick(phones[0], 1), 7).await, Outcome::Stored { at: 7 });
    store.check().await.unwrap();
    disk.fill();
    let crowd = room.crowd(1000);
    let refused = Batch { responses: vec![room.pick(phones[1], 2)], joins: crowd.clone(), ..Batch::default() };
    let error = store.commit(&refused, 9).await.unwrap_err();
    assert!(error.is_full() && error.is_retryable(), "{error}");
    for _ in 0..TIMES {
        let error = store.check_room(1000).await.unwrap_err();
        assert!(error.is_full() && error.is_retryable(), "{error}");
        if !store.is_shared() {
            // A server's are tried again for seconds each.
            store.commit(&refused, 9).await.unwrap_err();
            write_all(store, &room, &host).await;
        }
        assert_eq!(room.respondents().await, 1, "it is read as before");
    }

    disk.free();
    store.check_room(1000).await.unwrap();
    for now in 20..20 + TIMES as i64 {
        store.check().await.unwrap();
        let again = store.commit(&refused, now).await.unwrap();
        assert_eq!(again.responses, [Outcome::Stored { at: 20 }], "stored, and once");
        assert!(write_all(store, &room, &host).await, "everything is stored");
    }
    let state = room.state().await;
    assert_eq!((state.respondents[&room.poll], state.joined as usize), (2, 2 + crowd.len()));
}

/// One of each kind of transaction; whether all were stored. What fails may be tried again.
async fn write_all(store: &Store, room: &Room<'_>, host: &Host) -> bool {
    let act = Act::Show { on: true };
    let guess = Guess { own: "account".to_owned(), shared: Vec::new(), email: None };
    let done = [
        store.control(room.event, host.member, cid(), &Control::Lobby, 30).await.map(drop),
        store.moderate(room.event, Actor::Member(host.member), cid(), &act, 30).await.map(drop),
        store.count_guess(&guess, 30).await.map(drop),
        store.take_back_guess(&guess).await,
    ];
    let failed: Vec<_> = done.into_iter().filter_map(Result::err).collect();
    failed.iter().for_each(|error| assert!(error.is_retryable(), "{error}"));
    failed.is_empty()
}
