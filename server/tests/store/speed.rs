//! How fast answers are committed: printed, since a time proves nothing on another machine.

use std::time::Instant;

use parterre::store::Store;

use crate::room::{Host, Room};

const BATCHES: usize = 10;

pub(crate) async fn thousands_of_answers(store: &Store, host: &Host) {
    let room = Room::running(store, host).await;
    let phones = room.join_many(1000).await;
    let batches: Vec<Vec<_>> =
        (0..BATCHES).map(|n| phones.iter().map(|phone| room.pick(*phone, (n % 3 + 1) as u16)).collect()).collect();
    let start = Instant::now();
    for batch in batches {
        room.commit(batch, 1).await;
    }
    let seconds = start.elapsed().as_secs_f64();
    let store = if matches!(store, Store::Sqlite(_)) { "SQLite" } else { "Postgres" };
    println!("{store}: {:.1} commits of 1,000 answers each a second", BATCHES as f64 / seconds);
    assert_eq!(room.answered().await, 1000);
}
