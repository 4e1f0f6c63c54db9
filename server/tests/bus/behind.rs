//! A node that is behind: what it does for whoever has seen more.

use parterre_live::sync::{self, SyncOutcome};
use parterre_protocol::Control;
use parterre_store::Batch;

use crate::{nodes::Nodes, redis::Redis};

#[tokio::test]
async fn who_has_seen_more_elsewhere_is_served_once_the_node_has_read_it() {
    let mut redis = Redis::start();
    let nodes = Nodes::two(&redis.url()).await;
    redis.crash();
    nodes.are_degraded().await;
    nodes.steer(0, Control::Close { activity: nodes.poll }).await;
    let (rev, before) = (nodes.rev().await, nodes.resyncs()[1]);
    assert!(nodes.rooms[1].rev() < rev, "nothing tells this node");
    let (hub, room) = (&nodes.hubs[1], &nodes.rooms[1]);
    let all = (0..50).map(|_| sync::ensure_at_least(&hub.context, room, rev));
    for reached in futures_util::future::join_all(all).await {
        assert_eq!(reached.unwrap(), SyncOutcome::UpToDate);
    }
    assert_eq!(nodes.resyncs()[1], before + 1, "one reading for all of them");
    assert_eq!(
        sync::ensure_at_least(&hub.context, room, rev + 1).await.unwrap(),
        SyncOutcome::Unknown,
        "the database has no such version"
    );
}

#[tokio::test]
async fn what_was_written_behind_every_back_is_caught_up_with() {
    let redis = Redis::start();
    let nodes = Nodes::two(&redis.url()).await;
    // As a node does that dies between its commit and its word of it.
    let store = &nodes.hubs[0].context.store;
    store.commit(&Batch::default(), 1).await.unwrap();
    let settings = parterre_domain::event::EventSettings::parse("Autumn meeting", "TULIP", false).unwrap();
    store.change_event(nodes.event, &settings).await.unwrap().unwrap();
    assert!(sync::catch_up(&nodes.hubs[1].context, &nodes.rooms[1]).await.unwrap());
    assert_eq!(nodes.rooms[1].state().event.name, "Autumn meeting");
}
