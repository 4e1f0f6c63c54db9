//! Redis is lost in every way that it can be, and comes back.

use parterre::config::Config;
use parterre_protocol::Control;
use parterre_system::metrics::BusMessageResult;
use parterre_system::settings::Secret;

use crate::{
    nodes::{Nodes, until},
    redis::Redis,
};

#[tokio::test]
async fn an_answer_on_one_node_shows_on_the_other_without_a_reading() {
    let redis = Redis::start();
    let nodes = Nodes::two(&redis.url()).await;
    let before = nodes.resyncs();
    for n in 0..20 {
        nodes.answer(n % 2, 1 + (n as u16 / 2) % 2).await;
    }
    nodes.all_count(20).await;
    assert_eq!(nodes.resyncs(), before, "the notifications carried it all");
    assert!(
        nodes.bus_messages(0, BusMessageResult::Received) > 0 && nodes.bus_messages(1, BusMessageResult::Received) > 0
    );
    assert_eq!(
        (nodes.bus_messages(0, BusMessageResult::Dropped), nodes.bus_messages(1, BusMessageResult::Dropped)),
        (0, 0)
    );
}

#[tokio::test]
async fn word_of_ended_sessions_reaches_every_node_whatever_it_has_open() {
    let redis = Redis::start();
    let nodes = Nodes::two(&redis.url()).await;
    assert!(nodes.hubs[1].rooms.close_if_empty(&nodes.rooms[1]));
    let received = nodes.bus_messages(1, BusMessageResult::Received);
    nodes.hubs[0].rights.end_sessions(nodes.member);
    until("the other hears of it", || nodes.bus_messages(1, BusMessageResult::Received) > received).await;
}

#[tokio::test]
async fn an_act_on_one_node_is_read_once_on_each() {
    let redis = Redis::start();
    let nodes = Nodes::two(&redis.url()).await;
    let before = nodes.resyncs();
    nodes.steer(0, Control::Results { activity: nodes.poll, visible: true }).await;
    nodes.all_count(0).await;
    assert!(nodes.rooms.iter().all(|room| room.state().activities[0].results));
    let after: Vec<_> = before.iter().map(|times| times + 1).collect();
    assert_eq!(nodes.resyncs(), after);
}

#[tokio::test]
async fn a_killed_redis_is_survived_and_what_was_said_meanwhile_is_made_good() {
    let mut redis = Redis::start();
    let nodes = Nodes::two(&redis.url()).await;
    nodes.answer(0, 1).await;
    nodes.all_count(1).await;
    redis.crash();
    nodes.are_degraded().await;
    nodes.answer(0, 1).await;
    nodes.answer(1, 2).await;
    until("what cannot be said is counted", || nodes.bus_messages(0, BusMessageResult::Dropped) > 0).await;
    redis.resume();
    nodes.are_connected(2).await;
    nodes.all_count(3).await;
    // And the stream is good again.
    let before = nodes.resyncs();
    nodes.answer(1, 1).await;
    nodes.all_count(4).await;
    assert_eq!(nodes.resyncs(), before);
}

#[tokio::test]
async fn a_redis_that_stands_still_is_lost_and_comes_back() {
    let redis = Redis::start();
    let nodes = Nodes::two(&redis.url()).await;
    redis.pause();
    nodes.are_degraded().await;
    nodes.answer(0, 1).await;
    redis.unpause();
    nodes.are_connected(2).await;
    nodes.all_count(1).await;
}

#[tokio::test]
async fn a_connection_that_is_cut_is_made_again_and_listens_to_all_that_it_did() {
    let redis = Redis::start();
    let nodes = Nodes::two(&redis.url()).await;
    for times in 2..5 {
        redis.command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
        nodes.are_connected(times).await;
        nodes.answer(0, 1).await;
        nodes.answer(1, 1).await;
        nodes.all_count(2 * (times as u32 - 1)).await;
    }
}

#[tokio::test]
async fn a_node_whose_own_words_were_lost_has_the_others_read() {
    let redis = Redis::with(&[["user", "first on >word &* +@all"], ["user", "second on >word &* +@all"]]);
    let mut nodes = Nodes::offline().await;
    for name in ["first", "second"] {
        let mut config = Config::default();
        config.redis.url = Some(Secret::from(redis.url().replace("redis://", &format!("redis://{name}:word@"))));
        nodes.open(&config).await;
    }
    nodes.are_connected(1).await;
    // The first node alone is cut off, and may not come back for now.
    redis.command(&["ACL", "SETUSER", "first", "off"]);
    redis.command(&["CLIENT", "KILL", "USER", "first"]);
    until("its bus is lost", || nodes.hubs[0].context.degraded()).await;
    let received = nodes.bus_messages(1, BusMessageResult::Received);
    nodes.answer(0, 2).await;
    assert!(!nodes.hubs[1].context.degraded(), "the other has lost nothing that it could know of");
    assert!(nodes.rooms[1].rev() < nodes.rev().await);
    redis.command(&["ACL", "SETUSER", "first", "on"]);
    nodes.all_count(1).await;
    assert!(nodes.bus_messages(1, BusMessageResult::Received) > received, "it was told to read");
}

#[tokio::test]
async fn a_buffer_that_was_cut_and_a_flush_lose_nothing() {
    let redis = Redis::with(&[["client-output-buffer-limit", "pubsub 1 1 1"]]);
    let nodes = Nodes::two(&redis.url()).await;
    redis.command(&["FLUSHALL"]);
    for n in 1..=5 {
        nodes.answer(0, 1).await;
        nodes.all_count(n).await;
    }
}
