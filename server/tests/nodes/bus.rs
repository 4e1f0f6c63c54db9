//! What nodes hear of each other over Redis shows without reading, and what a node has not heard of
//! it does not hold against anybody.

use parterre_protocol::{
    CloseCode, Control, Outcome,
    topics::{ActivityState, Topic},
};

use crate::{
    event::{Event, pick, poll},
    house::{Database, House, until},
    live::{End, Live},
    redis::Redis,
};

/// No heartbeat but the first: what a node knows, it knows from the bus.
const NO_HEARTBEAT: [(&str, &str); 2] =
    [("PARTERRE_CLUSTER__HEARTBEAT_MS", "600000"), ("PARTERRE_CLUSTER__HEARTBEAT_WITHOUT_BUS_MS", "600000")];

/// Two nodes that have connected to this Redis.
fn nodes(database: &Database, redis: &Redis, settings: &[(&str, &str)]) -> [House; 2] {
    let url = redis.url();
    let nodes = [(); 2].map(|()| House::new(database, &[&[("REDIS_URL", url.as_str())], settings].concat()));
    for node in &nodes {
        until(|| node.counts("parterre_bus_up ") == 1.0);
    }
    nodes
}

fn resyncs(node: &House) -> f64 {
    ["notification", "lagged", "heartbeat"]
        .map(|cause| node.counts(&format!("parterre_room_resyncs_total{{cause=\"{cause}\"}} ")))
        .iter()
        .sum()
}

fn is_open(live: &Live) -> bool {
    live.stage().activity.is_some_and(|staged| staged.state == ActivityState::Open)
}

#[test]
fn votes_on_one_node_show_on_the_other_without_a_reading() {
    let (database, redis) = (Database::new(), Redis::start());
    let nodes = nodes(&database, &redis, &[]);
    let event = Event::new(&nodes[0], &[poll()]);
    let mut other = nodes[1].screen(&event);
    let mut studio = event.open(event.activities[0]);
    studio.steer(Control::Results { activity: event.activities[0], visible: true });
    other.until("the shown results", |live| live.has(Topic::Results) && live.results().tally.is_some());
    let mut phones: Vec<_> = (0..10).map(|_| nodes[0].enter(&event, &event.device())).collect();
    let before = resyncs(&nodes[1]);
    for phone in &mut phones {
        assert!(matches!(phone.respond(event.activities[0], pick(1)), Outcome::Stored { .. }));
    }
    other.until("ten answers", |live| live.results().respondents == Some(10));
    assert_eq!(resyncs(&nodes[1]), before);
}

#[test]
fn nodes_whose_redis_is_gone_say_so_and_go_on_and_say_when_it_is_back() {
    let (database, mut redis) = (Database::new(), Redis::start());
    let nodes = nodes(&database, &redis, &[]);
    let event = Event::new(&nodes[0], &[poll()]);
    let (mut studio, mut other) = (event.open(event.activities[0]), nodes[1].screen(&event));
    redis.crash();
    other.until("the word that the bus is lost", |live| live.has(Topic::Presence) && live.presence().degraded);
    assert!(nodes[1].stranger().get("/readyz").expect(200).body.contains("degraded"));
    let mut phone = nodes[1].enter(&event, &event.device());
    assert!(matches!(phone.respond(event.activities[0], pick(1)), Outcome::Stored { .. }));
    studio.until("an answer by way of the other node", |live| live.results().respondents == Some(1));
    redis.resume();
    other.until("the word that it is back", |live| !live.presence().degraded);
    assert!(!nodes[1].stranger().get("/readyz").expect(200).body.contains("degraded"));
}

#[test]
fn whoever_has_seen_more_than_a_node_is_never_shown_less_there() {
    let (database, mut redis) = (Database::new(), Redis::start());
    let nodes = nodes(&database, &redis, &NO_HEARTBEAT);
    let event = Event::new(&nodes[0], &[poll()]);
    let mut studio = event.open(event.activities[0]);
    // The other node has the event open, and hears no more of it.
    let mut other = nodes[1].screen(&event);
    other.until("the open poll", is_open);
    redis.crash();
    other.until("the word that the bus is lost", |live| live.has(Topic::Presence) && live.presence().degraded);
    studio.steer(Control::Close { activity: event.activities[0] });
    let device = event.device();
    let mut phone = nodes[0].enter(&event, &device);
    phone.catch_up();
    assert!(!is_open(&phone));
    let query = format!("as=phone&{}", phone.revs());
    let mut moved = event.connect_at(nodes[1].address(), &device, &query).expect("let in").holding(&phone);
    moved.catch_up();
    let stages = moved.heard.iter().filter(|text| text.contains(r#""topic":"stage""#));
    assert_eq!(stages.count(), 0, "it holds what is true, and the other node knows that by now");
    other.until("the closed poll, which the phone has brought", |live| !is_open(live));
}

#[test]
fn what_a_node_has_not_heard_of_it_does_not_refuse() {
    let (database, mut redis) = (Database::new(), Redis::start());
    let nodes = nodes(&database, &redis, &NO_HEARTBEAT);
    let event = Event::new(&nodes[0], &[poll()]);
    let mut phone = nodes[1].enter(&event, &event.device());
    let mut other = nodes[1].screen(&event);
    redis.crash();
    other.until("the word that the bus is lost", |live| live.has(Topic::Presence) && live.presence().degraded);
    let added = event.add(&poll());
    event.open(added);
    assert_eq!(phone.staged(), None, "nothing tells this node");
    assert!(matches!(phone.respond(added, pick(1)), Outcome::Stored { .. }));
    phone.until("the open poll", is_open);
}

#[test]
fn who_holds_more_than_the_database_begins_anew() {
    let (database, redis) = (Database::new(), Redis::start());
    let [node, _] = nodes(&database, &redis, &[]);
    let event = Event::new(&node, &[poll()]);
    let device = event.device();
    let anew = End { code: CloseCode::Resync.code(), retry_ms: None };
    assert_eq!(event.turned_away(&device, "as=phone&stage=100000"), anew);
    assert_eq!(event.turned_away(&device, "as=phone&me=100000"), anew);
    assert!(event.connect(&device, "as=phone&stage=1").is_ok());
}
