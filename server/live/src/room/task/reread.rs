//! How a room's task reads its event again: what no notification has told, or what may have been
//! missed.

use std::{sync::Arc, time::Duration};

use parterre_domain::{tally::RunningTally, wording::Screening};
use parterre_protocol::{ActivityId, EventId, Millis, PostId, QaSettings, topics::EventState};
use parterre_store::{RoomState, StoreError};
use parterre_system::{
    metrics::ResyncCause,
    mutants::{self, Mutant},
};
use tokio::time::Instant;

use super::{RoomTask, ticks::Tick};
use crate::room::{Room, effect::authors_of_what_differs, me, reuse};

/// How long to wait before reading again when the database fails.
const READ_AGAIN: Duration = Duration::from_millis(500);
/// How long after a reading the next one has to wait, at least and in times of what the last one
/// took: where every notification says to read, as between nodes of different versions, there is
/// still time for everything else.
const REST: (Duration, u32) = (Duration::from_millis(100), 4);

impl RoomTask {
    /// Reads what no notification has told. False when the event is no more.
    pub(super) async fn fill_gap(&mut self, room: &Arc<Room>) -> bool {
        let by_heartbeat = std::mem::take(&mut self.behind_by_heartbeat);
        self.context
            .metrics
            .room_resyncs
            .at(if by_heartbeat { ResyncCause::Heartbeat } else { ResyncCause::Notification })
            .inc();
        self.reread(room, false).await && self.advance(room).await
    }

    /// Reads the event again because words to the room were lost. All that waits is in what is read
    /// now. Taken one by one, it would keep the inbox full, and a full inbox loses the next word
    /// too: one reading would follow another for as long as anything happens.
    pub(super) async fn catch_up(&mut self, room: &Arc<Room>) -> bool {
        while self.inbound.try_recv().is_ok() {}
        room.hears_of_moves();
        self.context.metrics.room_resyncs.at(ResyncCause::Lagged).inc();
        self.reread(room, false).await && self.advance(room).await
    }

    /// Reads the event again; without counting, where only one change other than answers is to be
    /// learnt. False when the event is no more.
    pub(super) async fn reread(&mut self, room: &Arc<Room>, only_one_change: bool) -> bool {
        let (results, urgent, moment) = (shown(&self.state), urgent(&self.state), next_moment(&self.state));
        let had_texts = takes_texts(&self.state);
        let before = Arc::clone(&self.state.forum);
        let began = Instant::now();
        let Some(mut state) = self.read(room.event, only_one_change).await else { return false };
        if mutants::is(Mutant::BusIsTruth) && shown(&self.state) == shown(&state) {
            (state.tally, state.respondents) = (self.state.tally.clone(), self.state.respondents.clone());
        }
        room.connections_by_participant().stage(state.staged_round(), state.answerers.take());
        self.state = state;
        self.state.screen();
        let (least, times) = REST;
        self.rests_until = Instant::now() + least.max(began.elapsed() * times);
        self.order.reached(self.state.event.rev, Instant::now());
        if next_moment(&self.state) != moment {
            self.context.timers.notify_one();
        }
        // Before anybody hears of the new stage, answers to it must be known to be welcome.
        room.keep(&self.state);
        room.index();
        me::refresh_all(&self.context, room, authors_of_what_differs(&before, &self.state.forum));
        self.publish_stage(shown(&self.state) != results);
        if had_texts || takes_texts(&self.state) {
            // Moderators are told which of these there are, which is on stage, in which round, and
            // what it asks.
            self.ticks.mark(Tick::Moderation);
        }
        // What was missed may have taken something away.
        if self::urgent(&self.state) != urgent || !only_one_change {
            self.publish_urgent(room);
        }
        self.update_viewed(room);
        true
    }

    /// Publishes the stage that was read. Other results than before come with it; more of the same
    /// keep to their rate.
    fn publish_stage(&mut self, has_other_results: bool) {
        self.publisher.stage(&self.state);
        if has_other_results {
            self.publisher.results_anew(&self.state);
            let now = Instant::now();
            self.ticks.done(Tick::Slow, now);
            self.ticks.done(Tick::Fast, now);
        } else {
            self.ticks.mark(Tick::Slow);
        }
        self.ticks.mark(Tick::Fast);
    }

    /// What the database holds, as soon as it can be read; none if the event is no more.
    async fn read(&self, event: EventId, only_one_change: bool) -> Option<RoomState> {
        loop {
            match self.try_read(event, only_one_change).await {
                Ok(state) => return state,
                Err(error) => {
                    tracing::error!(%event, %error, "a room could not be read; trying again");
                    tokio::time::sleep(READ_AGAIN).await;
                }
            }
        }
    }

    async fn try_read(&self, event: EventId, only_one_change: bool) -> Result<Option<RoomState>, StoreError> {
        let store = &self.context.store;
        if only_one_change
            && let Some(outline) = store.outline(event).await?
            && let Some(state) = reuse::reuse_counts(&self.state, outline)
        {
            return Ok(Some(state));
        }
        store.room(event).await
    }
}

/// What is published at once when it changes, beside the stage's own.
fn urgent(state: &RoomState) -> (Option<PostId>, bool, EventState, Arc<QaSettings>) {
    let forum = &state.forum;
    (forum.highlight, forum.on_screen, state.event.state, Arc::clone(&forum.settings))
}

/// Whose results there are to be seen, whether the room may see them, and which words.
fn shown(state: &RoomState) -> Option<(ActivityId, u32, bool, Option<Screening>)> {
    let staged = state.activities.iter().find(|activity| Some(activity.id) == state.staged);
    let screening = state.tally.as_deref().and_then(RunningTally::screening).cloned();
    staged.map(|activity| (activity.id, activity.round, activity.results, screening))
}

/// Whether there is an activity to which people send texts.
fn takes_texts(state: &RoomState) -> bool {
    state.activities.iter().any(|activity| activity.texts().is_some())
}

/// When something happens by itself.
fn next_moment(state: &RoomState) -> Option<Millis> {
    state.activities.iter().filter_map(|activity| activity.timer.next()).min()
}
