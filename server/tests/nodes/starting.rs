//! Nodes that start when not all is there yet.

use std::{net::TcpListener, thread};

use crate::house::{Database, House};

#[test]
fn a_node_that_is_started_before_its_database_waits_for_it() {
    let mut database = Database::new();
    let (url, port) = (database.postgres.url(), database.postgres.port());
    database.postgres.shut_down();
    let away = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let node = thread::spawn(move || House::at(&url, &[]));
    drop(away.accept().unwrap());
    drop(away);
    database.postgres.resume();
    node.join().unwrap().stranger().get("/readyz").expect(200);
}
