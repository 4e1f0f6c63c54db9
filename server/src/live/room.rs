//! One event's live state on this node.
//!
//! A room task owns the state. It learns of changes from notices, brings the state up to date (from the notice where it
//! continues what is held, else from the database), and publishes views to the workers: the stage at once, results and
//! presence at a bounded rate. Nothing is shown that the database does not hold.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use parterre_protocol::{
    ActivityId, EventId, ParticipantId,
    topics::{Audience, Presence},
};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};

use super::{
    bus::{Hint, Notice},
    carry,
    hub::Hub,
    seats::Seats,
    view::{AUDIENCES, View, Viewer},
};
use crate::store::{AnswerChange, RoomState, StoreError};

/// Notices that may wait for a room; with more, it rereads the database.
const INBOX: usize = 1024;
/// How long a room stays without a connection, so that a reload of the only page costs nothing.
const EMPTY_FOR: Duration = Duration::from_secs(60);
/// How long to wait before reading again when the database fails.
const READ_AGAIN: Duration = Duration::from_millis(500);

/// What a room task is told.
#[derive(Debug)]
pub enum Inbound {
    /// The event changed.
    Notice(Notice),
    /// Someone came or left.
    Presence,
    /// Notices may have been missed.
    Missed,
}

/// A handle on a room, shared by all workers.
#[derive(Debug)]
pub struct Room {
    /// Which event.
    pub event: EventId,
    /// The participants' connections.
    seats: Mutex<Seats>,
    /// Connections of all audiences on this node.
    pub connections: AtomicUsize,
    /// What the room holds, for checking answers and drawing pages: at most one slow tick old; of the stage always the newest.
    state: ArcSwap<RoomState>,
    /// Whether a word to the room was lost.
    missed: AtomicBool,
    views: [watch::Receiver<Arc<View>>; AUDIENCES.len()],
    inbox: mpsc::Sender<Inbound>,
}

impl Room {
    /// Reads the event and starts its room; none if there is no such event.
    pub async fn open(hub: &Arc<Hub>, event: EventId) -> Result<Option<Arc<Self>>, StoreError> {
        let Some(state) = hub.store.room(event).await? else { return Ok(None) };
        let (inbox, inbound) = mpsc::channel(INBOX);
        let keeper = Keeper::new(Arc::clone(hub), inbound, state);
        let room = Arc::new(Self {
            event,
            seats: Mutex::default(),
            connections: AtomicUsize::new(0),
            missed: AtomicBool::new(false),
            state: ArcSwap::from_pointee(keeper.state.clone()),
            views: keeper.audiences.each_ref().map(|(_, sender)| sender.subscribe()),
            inbox,
        });
        tokio::spawn(keeper.run(Arc::clone(&room)));
        Ok(Some(room))
    }

    /// What the audience sees, now and whenever it changes. The channel closes when the event is no more.
    pub fn view(&self, audience: Audience) -> watch::Receiver<Arc<View>> {
        self.views[audience_index(audience)].clone()
    }

    /// The room's state as it was last read or told.
    pub fn state(&self) -> Arc<RoomState> {
        self.state.load_full()
    }

    /// The activity, as last read or told.
    pub fn activity(&self, id: ActivityId) -> Option<crate::domain::activity::Activity> {
        self.state.load().activities.iter().find(|activity| activity.id == id).cloned()
    }

    /// Tells the room something. With a full inbox the word is dropped, and the room rereads when it has caught up.
    pub fn tell(&self, inbound: Inbound) {
        if self.inbox.try_send(inbound).is_err() {
            self.missed.store(true, Ordering::Release);
        }
    }

    /// The participants' connections, locked for a moment.
    pub fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this participant has more than one connection on this node.
    pub fn sits_twice(&self, participant: ParticipantId) -> bool {
        self.seats().connections(participant).len() > 1
    }
}

const fn audience_index(audience: Audience) -> usize {
    match audience {
        Audience::Phone => 0,
        Audience::Screen => 1,
        Audience::Studio => 2,
        Audience::Moderator => 3,
        Audience::Speaker => 4,
    }
}

/// The room's task.
struct Keeper {
    hub: Arc<Hub>,
    inbound: mpsc::Receiver<Inbound>,
    state: RoomState,
    audiences: [(Viewer, watch::Sender<Arc<View>>); AUDIENCES.len()],
    /// When results and presence are due for screens and studios, and results for phones.
    due: [Option<Instant>; 2],
    /// When they were last published.
    last: [Instant; 2],
}

/// The two rates: screens and studios, phones.
const FAST: usize = 0;
const SLOW: usize = 1;

impl Keeper {
    fn new(hub: Arc<Hub>, inbound: mpsc::Receiver<Inbound>, state: RoomState) -> Self {
        let audiences = AUDIENCES.map(|audience| {
            let mut viewer = Viewer::new(audience);
            viewer.publish_stage(&state);
            viewer.publish_results(&state);
            let presence = Presence { here: 0, joined: state.joined };
            viewer.publish_presence(presence, hub.clock.now());
            let view = viewer.view();
            (viewer, watch::Sender::new(view))
        });
        Self { hub, inbound, state, audiences, due: [None; 2], last: [Instant::now(); 2] }
    }

    async fn run(mut self, room: Arc<Room>) {
        loop {
            let due = self.due.iter().flatten().min().copied();
            let wake = due.unwrap_or_else(|| Instant::now() + EMPTY_FOR);
            tokio::select! {
                inbound = self.inbound.recv() => match inbound {
                    Some(inbound) => if !self.take(&room, inbound).await { break },
                    None => break,
                },
                () = sleep_until(wake) => {
                    if due.is_none() && self.hub.close_if_empty(&room) {
                        break;
                    }
                    self.publish_due(&room);
                }
            }
        }
    }

    /// Brings the state up to date. False when the event is no more.
    async fn take(&mut self, room: &Room, inbound: Inbound) -> bool {
        let missed = room.missed.swap(false, Ordering::AcqRel);
        match inbound {
            _ if missed => return self.reread(room, false).await,
            Inbound::Presence => self.mark(FAST),
            Inbound::Missed => return self.reread(room, false).await,
            Inbound::Notice(Notice { hint: Hint::Joined(joined), .. }) => {
                self.state.joined += joined;
                self.mark(FAST);
            }
            Inbound::Notice(notice) if notice.rev <= self.state.event.rev => {}
            Inbound::Notice(Notice { rev, hint: Hint::Changes { from, answers, .. }, .. })
                if from == self.state.event.rev =>
            {
                answers.iter().for_each(|change| apply(&mut self.state, change));
                self.state.event.rev = rev;
                self.mark(FAST);
                self.mark(SLOW);
            }
            Inbound::Notice(Notice { rev, .. }) => {
                let only_this = rev == self.state.event.rev + 1;
                return self.reread(room, only_this).await;
            }
        }
        true
    }

    /// Reads the event again; without counting, where only one change other than answers is to be learnt. False when the
    /// event is no more.
    async fn reread(&mut self, room: &Room, only_one_change: bool) -> bool {
        let shown = shown(&self.state);
        loop {
            match self.read(room.event, only_one_change).await {
                Ok(Some(state)) => {
                    self.state = state;
                    break;
                }
                Ok(None) => {
                    self.hub.close_gone(room);
                    return false;
                }
                Err(error) => {
                    tracing::error!(event = %room.event, %error, "a room could not be read; trying again");
                    tokio::time::sleep(READ_AGAIN).await;
                }
            }
        }
        // Before anybody hears of the new stage, answers to it must be known to be welcome.
        room.state.store(Arc::new(self.state.clone()));
        // Other results than before come with their stage; more of the same keep to their rate.
        let others = self::shown(&self.state) != shown;
        for (viewer, sender) in &mut self.audiences {
            let stage = viewer.publish_stage(&self.state);
            if (others && viewer.publish_results(&self.state)) || stage {
                sender.send_replace(viewer.view());
            }
        }
        if others {
            self.due[SLOW] = None;
            self.last = [Instant::now(); 2];
        } else {
            self.mark(SLOW);
        }
        self.mark(FAST);
        true
    }

    async fn read(&self, event: EventId, only_one_change: bool) -> Result<Option<RoomState>, StoreError> {
        let store = &self.hub.store;
        if only_one_change
            && let Some(outline) = store.outline(event).await?
            && let Some(state) = carry::over(&self.state, outline)
        {
            return Ok(Some(state));
        }
        store.room(event).await
    }

    /// Something is to be published at this rate: at once, or as soon as the rate allows.
    fn mark(&mut self, rate: usize) {
        let tick = [self.hub.settings.screen_tick, self.hub.settings.phone_tick][rate];
        self.due[rate].get_or_insert((self.last[rate] + tick).max(Instant::now()));
    }

    fn publish_due(&mut self, room: &Room) {
        let now = Instant::now();
        for rate in [FAST, SLOW] {
            if self.due[rate].is_some_and(|due| due <= now) {
                self.due[rate] = None;
                self.last[rate] = now;
                self.publish(rate, room);
            }
        }
    }

    fn publish(&mut self, rate: usize, room: &Room) {
        let presence = Presence { here: room.seats().people() as u32, joined: self.state.joined };
        let now = self.hub.clock.now();
        if rate == SLOW {
            room.state.store(Arc::new(self.state.clone()));
        }
        for (audience, (viewer, sender)) in AUDIENCES.iter().zip(&mut self.audiences) {
            if (*audience == Audience::Phone) != (rate == SLOW) {
                continue;
            }
            let results = viewer.publish_results(&self.state);
            if viewer.publish_presence(presence, now) || results {
                sender.send_replace(viewer.view());
            }
        }
    }
}

/// Whose results there are to be seen, and whether the room may see them.
fn shown(state: &RoomState) -> Option<(ActivityId, u32, bool)> {
    let staged = state.activities.iter().find(|activity| Some(activity.id) == state.staged);
    staged.map(|activity| (activity.id, activity.round, activity.results))
}

/// Counts one change of an answer.
fn apply(state: &mut RoomState, change: &AnswerChange) {
    let current =
        state.activities.iter().any(|activity| activity.id == change.activity && activity.round == change.round);
    if !current {
        return;
    }
    if let (Some(tally), true) = (&mut state.tally, state.staged == Some(change.activity)) {
        if let Some(before) = &change.before {
            tally.remove(before);
        }
        tally.add(&change.after);
        state.answered.insert(change.activity, tally.answered);
    }
}
