//! A room's task.
//!
//! It owns the state. It learns of changes from notifications, brings the state up to date (from
//! the notification where it continues what is held, else from the database), and publishes frames
//! to the workers: the stage and what the screen highlights at once, all else at a bounded rate.
//! Nothing is shown that the database does not hold, and what is no longer to be seen is taken away
//! at once.

mod presence;
mod reread;
mod texts;
mod ticks;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use parterre_domain::{activity::Activity, forum::ForumChange, tally::RunningTally};
use parterre_protocol::{Millis, Rev, topics::Audience};
use parterre_store::RoomState;
use parterre_system::{
    metrics::ResyncCause,
    mutants::{self, Mutant},
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use self::ticks::{Tick, Ticks};
use crate::{
    cluster::bus::{CountedAnswer, Hint, Notification},
    context::Context,
    room::{Inbound, Room, effect::Effect, me, publisher::Publisher, reorder::ReorderBuffer},
};

/// Notifications that may wait for a room; with more, it rereads the database.
const INBOX: usize = 1024;
/// How long a room stays without a connection, so that a reload of the only page costs nothing.
const EMPTY_FOR: Duration = Duration::from_secs(60);

/// Why a room's task has nothing more to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomEnd {
    /// Nobody is in the room.
    Empty,
    /// The event is no more.
    Gone,
}

/// A room's task.
pub struct RoomTask {
    context: Arc<Context>,
    inbound: mpsc::Receiver<Inbound>,
    state: RoomState,
    publisher: Publisher,
    /// Notifications that are ahead.
    order: ReorderBuffer,
    /// Before this the room is not read because of notifications or heartbeats.
    rests_until: Instant,
    /// The version of which the last heartbeat told.
    heartbeat_rev: Rev,
    /// Whether it was a heartbeat that told that the room is behind.
    behind_by_heartbeat: bool,
    ticks: Ticks,
}

impl RoomTask {
    /// The room of an event that was just read, and the task that keeps it once it runs.
    pub fn new(context: Arc<Context>, mut state: RoomState) -> (Arc<Room>, Self) {
        let (inbox, inbound) = mpsc::channel(INBOX);
        let answerers = state.answerers.take();
        let publisher = Publisher::new(&state, context.clock.now());
        let room = Arc::new(Room::new(&context, &state, answerers, inbox, publisher.views()));
        let ticks = Ticks::new(&context.settings);
        let task = Self {
            context,
            inbound,
            state,
            publisher,
            order: ReorderBuffer::default(),
            rests_until: Instant::now(),
            heartbeat_rev: 0,
            behind_by_heartbeat: false,
            ticks,
        };
        (room, task)
    }

    /// Keeps the room until nobody is in it, or the event is no more. May be run again where
    /// somebody has come meanwhile.
    pub async fn run(&mut self, room: &Arc<Room>) -> RoomEnd {
        loop {
            let reading = self.order.due().map(|due| due.max(self.rests_until));
            let due = self.ticks.next().into_iter().chain(reading).min();
            let wake = due.unwrap_or_else(|| Instant::now() + EMPTY_FOR);
            tokio::select! {
                // The room holds the other end itself.
                Some(inbound) = self.inbound.recv() => if !self.take(room, inbound).await { return RoomEnd::Gone },
                () = sleep_until(wake) => {
                    if due.is_none() && room.connections.load(Ordering::Acquire) == 0 {
                        return RoomEnd::Empty;
                    }
                    if reading.is_some_and(|due| due <= Instant::now()) && !self.fill_gap(room).await {
                        return RoomEnd::Gone;
                    }
                    self.publish_due(room);
                }
            }
        }
    }

    /// Brings the state up to date. False when the event is no more.
    async fn take(&mut self, room: &Arc<Room>, inbound: Inbound) -> bool {
        let missed = room.has_missed();
        room.hears_of_moves();
        match inbound {
            _ if missed => return self.catch_up(room).await,
            Inbound::Resync => return self.catch_up(room).await,
            Inbound::Heartbeat(heartbeat) => {
                self.heartbeat(room, heartbeat);
                self.learn_answerers(room, heartbeat.answered_here).await;
            }
            Inbound::Presence => self.ticks.mark(Tick::Fast),
            Inbound::ViewersChanged => self.update_viewed(room),
            // Where there are heartbeats, they count.
            Inbound::Notification(Notification { hint: Hint::Joined(_), .. }) if self.context.store.is_shared() => {}
            Inbound::Notification(Notification { hint: Hint::Joined(joined), .. }) => {
                self.state.joined += joined;
                self.ticks.mark(Tick::Fast);
            }
            Inbound::Notification(Notification { rev, hint: Hint::Changes { answers, .. }, .. })
                if mutants::is(Mutant::BusIsTruth) && !answers.is_empty() =>
            {
                answers.iter().for_each(|change| count(&mut self.state, change));
                self.state.event.rev = rev.max(self.state.event.rev);
                [Tick::Fast, Tick::Slow].into_iter().for_each(|tick| self.ticks.mark(tick));
            }
            Inbound::Notification(notification) if notification.rev <= self.state.event.rev => {}
            Inbound::Notification(notification) => {
                self.order.hold(notification, Instant::now());
                return self.advance(room).await;
            }
            Inbound::Version(version) => self.compare(version),
            Inbound::Behind(rev) if rev <= self.state.event.rev => {}
            Inbound::Behind(rev) => self.order.expect(rev, Instant::now()),
        }
        true
    }

    /// Makes the changes of the notifications that continue what the room knows. False when the
    /// event is no more.
    async fn advance(&mut self, room: &Arc<Room>) -> bool {
        let before = self.state.event.rev;
        while let Some(notification) = self.order.next(self.state.event.rev) {
            if !self.apply(room, notification).await {
                return false;
            }
        }
        if self.state.event.rev > before {
            self.order.reached(self.state.event.rev, Instant::now());
            self.behind_by_heartbeat &= self.order.due().is_some();
        }
        true
    }

    /// Makes the change of a notification that continues what the room knows. False when the event
    /// is no more.
    async fn apply(&mut self, room: &Arc<Room>, notification: Notification) -> bool {
        let rev = notification.rev;
        match notification.hint {
            Hint::Changes { answers, forum, .. } => {
                self.state.event.rev = rev;
                if !answers.is_empty() {
                    answers.iter().for_each(|change| count(&mut self.state, change));
                    self.note_answerers(room, &answers);
                    self.ticks.mark(Tick::Fast);
                    self.ticks.mark(Tick::Slow);
                }
                if !forum.is_empty() {
                    self.change_forum(room, &forum);
                    let filter = &self.state.forum.settings.filter;
                    let screening = self.state.tally.as_deref().and_then(RunningTally::screening);
                    if screening.is_some_and(|screening| !screening.has_filter(filter)) {
                        // Every word is looked at again: beside this thread, as they are counted
                        // when the room is read.
                        return self.reread(room, false).await;
                    }
                }
                room.keep_rev(rev);
            }
            Hint::LinkEnded(_) => {
                self.state.event.rev = rev;
                room.keep_rev(rev);
            }
            Hint::MetadataChanged => {
                self.context.metrics.room_resyncs.at(ResyncCause::Notification).inc();
                return self.reread(room, true).await;
            }
            // These continue nothing.
            Hint::Resync | Hint::Joined(_) | Hint::Member(_) => {}
        }
        true
    }

    /// Makes changes of the questions, in order.
    fn change_forum(&mut self, room: &Arc<Room>, changes: &[ForumChange]) {
        let mut effect = Effect::default();
        let forum = Arc::make_mut(&mut self.state.forum);
        for change in changes {
            effect.note(forum, change);
            forum.apply(change);
        }
        if effect.is_more_than_votes {
            room.keep_asked(&self.state);
            room.index();
        }
        self.count_senders(room, changes);
        me::refresh_all(&self.context, room, effect.authors);
        if effect.is_urgent {
            self.publish_urgent(room);
        } else {
            [Tick::ScreenPosts, Tick::Posts, Tick::Moderation].into_iter().for_each(|tick| self.ticks.mark(tick));
        }
    }

    fn publish_due(&mut self, room: &Room) {
        let now = Instant::now();
        for tick in Tick::ALL {
            if self.ticks.due(tick).is_some_and(|due| due <= now) {
                self.ticks.done(tick, now);
                let began = Instant::now();
                self.publish(tick, room);
                self.ticks.took(tick, began.elapsed());
            }
        }
        self.publisher.flush();
    }

    fn publish(&mut self, tick: Tick, room: &Room) {
        match tick {
            Tick::Fast => {
                room.keep_joined(self.state.joined);
                self.publisher.results(&self.state, |audience| audience != Audience::Phone);
                let presence = room.presence(self.state.joined, &self.context);
                self.publisher.presence(presence, self.context.clock.now());
            }
            Tick::Slow => {
                room.keep(&self.state);
                self.publisher.results(&self.state, |audience| audience == Audience::Phone);
            }
            Tick::ScreenPosts => self.publisher.posts(&self.state, |audience| audience == Audience::Screen),
            Tick::Posts => {
                room.keep(&self.state);
                self.publisher.posts(&self.state, |audience| audience != Audience::Screen);
            }
            Tick::Moderation if self.publisher.has_moderation() => self.publisher.moderation(&self.state),
            Tick::Moderation => {}
        }
    }

    /// Publishes now what waits for no tick: what the screen shows, how questions are taken, and
    /// that something is no longer to be seen.
    fn publish_urgent(&mut self, room: &Room) {
        self.publisher.stage(&self.state);
        let now = Instant::now();
        for tick in [Tick::ScreenPosts, Tick::Posts, Tick::Moderation] {
            self.ticks.done(tick, now);
            self.publish(tick, room);
        }
        // Texts that were sent to it are posts too.
        if self.state.stages_texts() {
            for tick in [Tick::Fast, Tick::Slow] {
                self.ticks.done(tick, now);
                self.publish(tick, room);
            }
        }
        self.publisher.flush();
    }

    /// Begins to make what somebody has come to look at, and leaves what nobody looks at any more.
    fn update_viewed(&mut self, room: &Room) {
        let (moderators, labels) = room.viewed();
        match (moderators, self.publisher.has_moderation()) {
            (true, false) => self.publisher.moderation(&self.state),
            (false, true) => self.publisher.forget_moderation(),
            _ => {}
        }
        self.publisher.set_labels(&self.state, &labels);
        self.publisher.flush();
    }
}

/// Counts one change of an answer.
fn count(state: &mut RoomState, change: &CountedAnswer) {
    let current = |activity: &&Activity| activity.id == change.activity && activity.round == change.round;
    let Some(activity) = state.activities.iter().find(current) else { return };
    let by = |at: Option<Millis>| change.by.map(|by| by.participant).zip(at);
    if let (Some(tally), true) = (&mut state.tally, state.staged == Some(change.activity)) {
        // Nobody else holds it: what pages read is made from it, and holds none.
        let tally = Arc::make_mut(tally);
        if let Some(before) = &change.before {
            tally.remove(activity.entry(before, by(change.by.and_then(|by| by.before_at))));
        }
        tally.add(activity.entry(&change.after, by(change.by.map(|by| by.at))));
        state.respondents.insert(change.activity, tally.respondents);
    }
}

#[cfg(test)]
mod tests;
