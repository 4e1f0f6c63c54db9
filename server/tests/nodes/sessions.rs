//! Who signs out on one node is signed out on all.

use std::time::{Duration, Instant};

use crate::{
    event::{Event, poll},
    house::{Database, House, until},
    redis::Redis,
};

/// How long it may take: 2 s, and as much again for a busy machine.
const AT_MOST: Duration = Duration::from_secs(4);

fn who_signs_out_on_one_is_out_on_the_other(nodes: &[House; 2]) {
    let event = Event::new(&nodes[0], &[poll()]);
    let enter = |node: &House, audience: &str| {
        event.connect_at(node.address(), &node.owner(), &format!("as={audience}")).expect("let in")
    };
    let connected = [enter(&nodes[0], "studio"), enter(&nodes[1], "studio"), enter(&nodes[1], "moderator")];
    nodes[0].owner().post("/logout", &[]).expect(303);
    let since = Instant::now();
    for live in connected {
        assert_eq!(live.end().code, 4501);
    }
    assert!(since.elapsed() < AT_MOST, "after {:?}", since.elapsed());
    assert_eq!(
        event.connect_at(nodes[1].address(), &nodes[1].owner(), "as=studio").err().expect("refused").status(),
        401
    );
}

#[test]
fn who_signs_out_on_one_node_is_out_on_the_other_that_hears_of_it() {
    let (database, redis) = (Database::new(), Redis::start());
    let url = redis.url();
    let nodes = [(); 2].map(|()| House::new(&database, &[("REDIS_URL", &url)]));
    nodes.iter().for_each(|node| until(|| node.counts("parterre_bus_up ") == 1.0));
    who_signs_out_on_one_is_out_on_the_other(&nodes);
}

#[test]
fn who_signs_out_on_one_node_is_out_on_the_other_that_hears_of_nothing() {
    let database = Database::new();
    who_signs_out_on_one_is_out_on_the_other(&[(); 2].map(|()| House::new(&database, &[])));
}
