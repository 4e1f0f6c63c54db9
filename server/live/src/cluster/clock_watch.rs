//! Looks whether the system's clock was set while the server goes by it: nothing ends early then,
//! but whoever runs the server and whoever facilitates is to know that two clocks differ.

use std::{sync::Arc, time::Duration};

use parterre_protocol::Millis;
use parterre_system::{clock::Lookout, utc};
use tokio::time::interval;

use crate::{context::Context, room::Inbound, rooms::Rooms};

/// How often to look.
const SAMPLE_INTERVAL: Duration = Duration::from_secs(1);
/// From how many milliseconds on a clock that was set is worth a word.
const CLOCK_DIFFERS: Millis = 2000;

/// Looks for as long as the node runs.
pub(crate) async fn run(context: Arc<Context>, rooms: Arc<Rooms>) {
    let (mut lookout, mut look) = (Lookout::default(), interval(SAMPLE_INTERVAL));
    loop {
        look.tick().await;
        let Some(jump) = context.clock.look(&mut lookout) else { continue };
        let (ours, theirs) = (utc::iso(jump.ours), utc::iso(jump.theirs));
        if lookout.differs() {
            tracing::warn!(
                ours,
                theirs,
                "the system's clock was set while the server runs. The server goes on with its own time, so no countdown, session \
                 or link ends early or late; times of day that people set are meant by that time. It goes by the system's clock \
                 again when it is started anew: do so when no event is live"
            );
        } else {
            tracing::info!(ours, theirs, "the system's clock is again what the server goes by");
        }
        set_ahead(&context, &rooms, jump.ahead());
    }
}

/// Takes note of by how much that clock is ahead, in milliseconds; tells all who facilitate when it
/// was set, and when it is right again.
pub(crate) fn set_ahead(context: &Context, rooms: &Rooms, ahead: Millis) {
    context.metrics.clock_ahead.set(ahead / 1000);
    if context.set_clock_differs(ahead.abs() >= CLOCK_DIFFERS) {
        rooms.each(|room| room.send(Inbound::Presence));
    }
}
