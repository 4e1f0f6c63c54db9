//! The clock of a database that is set just when a node starts.

use std::time::Duration;

use parterre_domain::ids::NodeId;
use parterre_protocol::Millis;
use parterre_store::{Heartbeat, HeartbeatOutcome, Seating, Store};
use parterre_system::{clock::Clock, random};
use tokio::time::timeout;

use crate::postgres::Postgres;

const DAY: Millis = 86_400_000;
const FORGET: Duration = Duration::from_secs(30);

/// A store that a node lives with, whose clock is then a day ahead: to nodes it is the same whether
/// it was set or what they take off it is less. Gives the node, and the time before that in
/// microseconds.
async fn set_ahead(server: &Postgres) -> (Store, NodeId, i64) {
    let store = Store::open(&server.url()).await.unwrap();
    let node = NodeId::new(random::opaque_id());
    tells_of_itself(&store, node).await;
    let before = store.clock().await.unwrap().micros;
    store.take_clock_ahead(0, -DAY).await.unwrap();
    assert!(store.clock().await.unwrap().micros - before > 86_000_000_000);
    (store, node, before)
}

async fn tells_of_itself(store: &Store, node: NodeId) {
    assert!(heartbeat(store, node, Clock::system()).await.stored().is_some());
}

async fn heartbeat(store: &Store, node: NodeId, clock: Clock) -> HeartbeatOutcome {
    let seating = Seating::All(Vec::new());
    let (arriving, rooms) = (Vec::new(), Vec::new());
    let heartbeat = Heartbeat { node, clock, seating, arriving, rooms, count: false, silence: FORGET };
    store.heartbeat(&heartbeat).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_starts_just_then_goes_by_the_time_of_those_who_live() {
    let server = Postgres::start();
    let (store, other, before) = set_ahead(&server).await;
    let starting = store.start_clock(FORGET, Duration::from_secs(2));
    tokio::pin!(starting);
    assert!(timeout(Duration::from_millis(500), &mut starting).await.is_err(), "it waits for the others");
    // The other node has noticed.
    store.take_clock_ahead(-DAY, DAY).await.unwrap();
    tells_of_itself(&store, other).await;
    let time = starting.await.unwrap().micros;
    assert!((0..3_600_000_000).contains(&(time - before)), "{} s", (time - before) / 1_000_000);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_starts_when_nobody_lives_takes_the_clock_as_it_is() {
    let server = Postgres::start();
    let (store, _, before) = set_ahead(&server).await;
    let time = store.start_clock(FORGET, Duration::from_millis(10)).await.unwrap().micros;
    assert!((0..3_600_000_000).contains(&(time - before)), "nobody takes anything off it any more");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_doubt_a_clock_do_not_take_each_other_for_its_witnesses() {
    let server = Postgres::start();
    let store = Store::open(&server.url()).await.unwrap();
    let clock = Clock::shared(&store.clock().await.unwrap());
    let nodes = [(); 2].map(|()| NodeId::new(random::opaque_id()));
    for node in nodes {
        assert!(heartbeat(&store, node, clock.clone()).await.stored().is_some());
    }
    store.take_clock_ahead(0, -DAY).await.unwrap();
    let dispute = async |node| match heartbeat(&store, node, clock.clone()).await {
        HeartbeatOutcome::Disputed(dispute) => dispute,
        outcome => panic!("{outcome:?}"),
    };
    for node in [nodes[0], nodes[1], nodes[0]] {
        let dispute = dispute(node).await;
        assert_eq!((dispute.others, dispute.ahead), (0, -DAY));
        assert!((dispute.jump.ahead() - DAY).abs() < 60_000, "{dispute:?}");
    }
    // Somebody who goes by the time that the database tells is one.
    let third = NodeId::new(random::opaque_id());
    let theirs = Clock::shared(&store.clock().await.unwrap());
    assert!(heartbeat(&store, third, theirs).await.stored().is_some());
    assert_eq!(dispute(nodes[0]).await.others, 1);
    // And taken back, it is the time of the first again.
    store.take_clock_ahead(-DAY, DAY).await.unwrap();
    assert!(heartbeat(&store, nodes[0], clock.clone()).await.stored().is_some());
    store.close().await;
}
