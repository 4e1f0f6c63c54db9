//! How a room's task learns who is there, who has answered, and how far the database is: by
//! heartbeats and by asking.

use std::sync::Arc;

use parterre_domain::kinds::is_blank;
use parterre_protocol::topics::RespondentsHere;
use parterre_store::EventVersion;
use tokio::time::Instant;

use super::{RoomTask, ticks::Tick};
use crate::{
    cluster::bus::CountedAnswer,
    room::{RemotePresence, Room, RoomHeartbeat, reorder::GAP_TIMEOUT},
};

impl RoomTask {
    /// Learns how far the database is. What the room has not heard of may be on its way.
    pub(super) fn compare(&mut self, version: EventVersion) {
        if let Some(joined) = version.joined {
            self.state.joined = joined;
            self.ticks.mark(Tick::Fast);
        }
        if version.rev > self.state.event.rev {
            self.order.expect(version.rev, Instant::now() + GAP_TIMEOUT);
        }
    }

    /// Notes who has answered what is on stage, of those whose answers were committed here.
    pub(super) fn note_answerers(&self, room: &Room, answers: &[CountedAnswer]) {
        let staged = self.state.staged_round();
        let mut connections = room.connections_by_participant();
        for change in answers.iter().filter(|change| staged == Some((change.activity, change.round))) {
            if let Some(by) = change.by {
                connections.answer(by.participant, !is_blank(&change.after));
            }
        }
    }

    /// Reads who has answered, where the database knows of more of those who are here than this
    /// node: their answers were committed by others, as what is posted without a live connection is
    /// by any node.
    pub(super) async fn learn_answerers(&mut self, room: &Room, counted: Option<RespondentsHere>) {
        let Some(counted) = counted else { return };
        let knows_more = |known: RespondentsHere| {
            (known.activity, known.round) == (counted.activity, counted.round) && known.count < counted.count
        };
        if !room.connections_by_participant().respondents().is_some_and(knows_more) {
            return;
        }
        match self.context.store.answerers(counted.activity, counted.round).await {
            Ok(answerers) => {
                room.connections_by_participant().stage(self.state.staged_round(), Some(answerers));
                self.ticks.mark(Tick::Fast);
            }
            Err(error) => tracing::warn!(event = %room.event, %error, "who has answered could not be read"),
        }
    }

    /// Learns what a heartbeat found out. A room that is behind what the heartbeat before this one
    /// said has lost a notification for good; behind only this one, the notification may still be
    /// on its way, if there is a bus that brings it.
    pub(super) fn heartbeat(&mut self, room: &Room, heartbeat: RoomHeartbeat) {
        let before = **room.remote.load();
        let (here, joined) = heartbeat.counted.unwrap_or((before.here, self.state.joined));
        let respondents = if heartbeat.counted.is_some() { heartbeat.respondents } else { before.respondents };
        let elsewhere = RemotePresence { here, arriving: heartbeat.arriving, respondents };
        if elsewhere != before || joined != self.state.joined {
            room.remote.store(Arc::new(elsewhere));
            self.state.joined = joined;
            self.ticks.mark(Tick::Fast);
        }
        let expected = if heartbeat.lacks_bus { heartbeat.rev } else { self.heartbeat_rev };
        self.heartbeat_rev = heartbeat.rev;
        if expected > self.state.event.rev {
            self.behind_by_heartbeat = true;
            self.order.expect(expected, Instant::now());
        }
    }
}
