//! The ways to Redis: TLS, passwords, clusters, old servers; and addresses that lead nowhere.

use std::path::PathBuf;

use parterre::config::Config;
use parterre_live::bus::{EVERYWHERE, RedisBus, RedisError, seal::Seal};
use parterre_live::settings::Redis as Settings;
use parterre_system::metrics::{BusMessageResult, Metrics};
use parterre_system::settings::Secret;

use crate::{
    nodes::{Nodes, until},
    redis::Redis,
};

async fn a_vote_crosses(nodes: &Nodes) {
    let before = nodes.resyncs();
    nodes.answer(0, 1).await;
    nodes.answer(1, 2).await;
    nodes.all_count(2).await;
    assert_eq!(nodes.resyncs(), before);
    assert!(nodes.bus_messages(0, BusMessageResult::Received) > 0);
}

fn settings(url: &str, ca: Option<PathBuf>) -> Config {
    Config { redis: Settings { url: Some(Secret::from(url.to_owned())), ca }, ..Config::default() }
}

fn refused(url: &str, ca: Option<PathBuf>) -> RedisError {
    let config = settings(url, ca);
    RedisBus::start(&config.redis, config.redis.url.as_ref().unwrap(), Seal::with(b"key"), Metrics::new())
        .err()
        .unwrap()
}

#[tokio::test]
async fn with_tls_the_server_must_be_vouched_for() {
    let redis = Redis::secured();
    let nodes = Nodes::with(|config| *config = settings(&redis.url(), Some(redis.ca()))).await;
    a_vote_crosses(&nodes).await;
    // Without the authority nobody vouches for it, and nothing is said over such a connection.
    let mut stranger = Nodes::offline().await;
    stranger.open(&settings(&redis.url(), None)).await;
    let metrics = &stranger.hubs[0].context.metrics;
    until("it has tried twice", || metrics.bus_errors.get() >= 2).await;
    assert_eq!((metrics.bus_connects.get(), stranger.hubs[0].context.degraded()), (0, true));
}

#[tokio::test]
async fn a_name_and_a_password_are_given() {
    let redis = Redis::with(&[["user", "parterre on >se:cret/7 &* +@all"], ["user", "default off"]]);
    let address = redis.url().replace("redis://", "redis://parterre:se%3Acret%2F7@");
    a_vote_crosses(&Nodes::two(&address).await).await;
}

#[tokio::test]
async fn the_permissions_that_the_runbook_gives_are_enough() {
    let runbook = include_str!("../../../docs/operations.md");
    let user = runbook.lines().find_map(|line| line.strip_prefix("user ")).expect("permissions");
    for redis in [Redis::start(), Redis::cluster()] {
        let set: Vec<_> = ["ACL", "SETUSER"].into_iter().chain(user.split(' ')).collect();
        assert_eq!(redis.command(&set).trim(), "OK");
        let nodes = Nodes::two(&redis.url().replace("redis://", "redis://parterre:secret@")).await;
        a_vote_crosses(&nodes).await;
        assert_eq!(redis.command(&["ACL", "LOG"]).trim(), "", "something was refused");
    }
}

#[tokio::test]
async fn a_cluster_is_recognised_and_its_channels_are_sharded() {
    let redis = Redis::cluster();
    let nodes = Nodes::two(&redis.url()).await;
    let channel = format!("parterre:{{{}}}", nodes.event);
    assert_eq!(redis.command(&["PUBSUB", "SHARDNUMSUB", &channel]).split_whitespace().last(), Some("2"));
    assert_eq!(redis.command(&["PUBSUB", "CHANNELS"]).trim(), "");
    a_vote_crosses(&nodes).await;
    // A slot that goes away takes the subscription with it, and is looked for where it is now.
    let slot = redis.command(&["CLUSTER", "KEYSLOT", &channel]);
    redis.command(&["CLUSTER", "DELSLOTS", slot.trim()]);
    nodes.answer(0, 1).await;
    nodes.are_degraded().await;
    redis.command(&["CLUSTER", "ADDSLOTS", slot.trim()]);
    nodes.are_connected(2).await;
    nodes.all_count(3).await;
}

#[tokio::test]
async fn a_server_of_before_resp3_will_do() {
    let redis = Redis::with(&[["rename-command", "HELLO NOTHING"]]);
    let nodes = Nodes::two(&redis.url()).await;
    a_vote_crosses(&nodes).await;
    redis.command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    nodes.are_connected(2).await;
    nodes.answer(0, 1).await;
    nodes.all_count(3).await;
    redis.pause();
    nodes.are_degraded().await;
    redis.unpause();
    nodes.are_connected(3).await;
}

#[tokio::test]
async fn a_node_listens_only_to_events_that_it_has_open() {
    let redis = Redis::start();
    let nodes = Nodes::two(&redis.url()).await;
    let channel = format!("parterre:{{{}}}", nodes.event);
    let listeners = || redis.command(&["PUBSUB", "NUMSUB", &channel]).split_whitespace().last().unwrap().to_owned();
    let channels = redis.command(&["PUBSUB", "CHANNELS"]);
    let mut channels: Vec<_> = channels.lines().collect();
    channels.sort_unstable();
    let everywhere = format!("parterre:{{{EVERYWHERE}}}");
    assert_eq!((&channels[..], listeners().as_str()), (&[&*everywhere, &*channel][..], "2"));
    assert!(nodes.hubs[0].rooms.close_if_empty(&nodes.rooms[0]));
    until("one listens no more", || listeners() == "1").await;
    nodes.hubs[0].rooms.open(nodes.event).await.unwrap().unwrap();
    until("it listens again", || listeners() == "2").await;
}

#[tokio::test]
async fn a_node_starts_and_serves_without_its_redis_and_finds_it_later() {
    let mut redis = Redis::start();
    redis.crash();
    let mut nodes = Nodes::offline().await;
    nodes.open(&settings(&redis.url(), None)).await;
    nodes.are_degraded().await;
    nodes.answer(0, 1).await;
    nodes.all_count(1).await;
    redis.resume();
    nodes.are_connected(1).await;
}

#[tokio::test]
async fn an_address_that_can_never_work_is_refused_in_words_without_its_password() {
    let words = |url: &str, ca: Option<&str>| {
        let told = refused(url, ca.map(PathBuf::from)).to_string();
        assert!(told.starts_with("settings: redis.") && !told.contains("hunter2"), "{told}");
        told
    };
    assert!(words("http://:hunter2@cache.example.org", None).contains("redis.url is not the address"));
    assert!(words("redis://:hunter2@", None).contains("redis.url is not the address"));
    assert!(words("redis://:hunter2@cache.example.org/3", None).contains("names database 3"));
    assert!(words("rediss://:hunter2@cache.example.org", Some("/nowhere/ca.pem")).contains("/nowhere/ca.pem"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, "no certificate").unwrap();
    assert!(words("rediss://:hunter2@cache.example.org", file.to_str()).contains("holds no certificate"));
    assert!(words("redis://:hunter2@cache.example.org", file.to_str()).contains("does not begin with rediss://"));
}
