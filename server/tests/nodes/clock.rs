//! The database's clock is set while nodes go by it: they go on with the time that they had, all
//! with the same.

use parterre_protocol::{Control, Outcome};

use crate::{
    event::{Event, pick, poll},
    house::{Database, House, until},
    live::Live,
};

#[test]
fn a_database_s_clock_that_jumps_ends_nothing_early_on_any_node() {
    let database = Database::new();
    let nodes = [(); 2].map(|()| House::new(&database, &[]));
    let event = Event::new(&nodes[0], &[poll()]);
    let activity = event.activities[0];
    let device = event.device();
    let mut studio = event.studio();
    let begun = studio.stored_at(Control::Countdown { activity, seconds: 300 });
    // To nodes it is the same whether the clock goes ahead or what they take off it grows less.
    let jumps = ["UPDATE clock SET ahead_ms = ahead_ms - 86400000", "UPDATE clock SET ahead_ms = ahead_ms + 172800000"];
    for jump in jumps {
        database.execute(jump);
        until(|| database.number("SELECT ahead_ms FROM clock").abs() < 5000);
        // One that starts now goes by the same time.
        let next = House::new(&database, &[]);
        for node in nodes.iter().chain([&next]) {
            let mut phone = node.enter(&event, &device);
            let Outcome::Stored { at } = phone.respond(activity, pick(1)) else { panic!("the vote is open") };
            assert!((begun..begun + 300_000).contains(&at), "time went on as before: {}", at - begun);
            let ends = |live: &Live| live.stage().activity.and_then(|staged| staged.closes_at);
            assert_eq!(ends(&phone), Some(begun + 300_000));
            phone.leave();
        }
    }
}
