//! Who is in a room, on all nodes, and who is still to come.

use std::sync::atomic::Ordering;

use parterre_protocol::{
    ParticipantId,
    topics::{Presence, RespondentsHere},
};
use parterre_store::Visit;

use super::Room;
use crate::{commit::Committer, context::Context};

/// Once so many have been in an event, who comes is counted as one more only when something is
/// stored of them: whoever only connects, again and again as somebody else, fills no database.
const MOST_NOTED: u32 = 100_000;

/// Who is in an event on other nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RemotePresence {
    /// Participants who are connected there, and not here.
    pub here: u32,
    /// Clients that they told to come a little later, and that have not come yet.
    pub arriving: u32,
    /// How many of those who are connected there have answered what is on stage, as they were last
    /// counted.
    pub respondents: Option<RespondentsHere>,
}

impl RemotePresence {
    /// With those who have answered here; none where it is not known of those elsewhere.
    fn with(&self, here: RespondentsHere) -> Option<RespondentsHere> {
        if self.here == 0 {
            return Some(here);
        }
        let there = self.respondents.filter(|there| (there.activity, there.round) == (here.activity, here.round))?;
        Some(RespondentsHere { count: here.count + there.count, ..here })
    }
}

impl Room {
    /// Who is here, on all nodes. Whoever is here has joined, also where the count of those is a
    /// heartbeat old.
    pub fn presence(&self, joined: u32, context: &Context) -> Presence {
        let elsewhere = self.remote.load();
        let (here, respondents) = {
            let connections = self.connections_by_participant();
            (connections.people() as u32 + elsewhere.here, connections.respondents())
        };
        let arriving = self.arriving.load(Ordering::Relaxed) + elsewhere.arriving;
        Presence {
            here,
            joined: joined.max(here),
            arriving,
            degraded: context.degraded(),
            clock_differs: context.clock_differs(),
            respondents: respondents.and_then(|respondents| elsewhere.with(respondents)),
        }
    }

    /// Whether others are still to come than when this was last asked.
    pub fn has_other_arrivals(&self) -> bool {
        let arriving = self.arriving.load(Ordering::Relaxed);
        self.arriving_told.swap(arriving, Ordering::Relaxed) != arriving
    }

    /// Has it noted that somebody is in the event of whom nothing is stored; of strangers without
    /// end only so many.
    pub fn note_visit(&self, committer: &Committer, participant: ParticipantId) {
        if self.joined.load(Ordering::Relaxed) < MOST_NOTED {
            committer.visit(Visit { event: self.event, participant });
        }
    }

    /// Keeps how many have been in the event.
    pub(super) fn keep_joined(&self, joined: u32) {
        self.joined.store(joined, Ordering::Relaxed);
    }
}
