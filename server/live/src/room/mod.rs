//! One event's live state on this node, as workers and pages see it.
//!
//! The room's task (`task`) owns the state and publishes it; this is the handle that everybody else
//! holds.

pub mod connections;
pub mod effect;
mod inbound;
pub mod me;
mod presence;
pub mod publisher;
pub mod reorder;
pub mod reuse;
mod similar;
mod snapshot;
pub mod task;
pub mod topic;
pub mod view;
mod viewers;

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use parterre_domain::event::{EventKind, JoinCode};
use parterre_protocol::{
    ActivityId, EventId, Millis, ParticipantId, Rev,
    limits::{FLOOD_BURST, FLOOD_PER_SECOND, MESSAGES_BURST, MESSAGES_PER_SECOND},
    posts::QaState,
    topics::{Audience, EventState},
};
use parterre_store::RoomState;
use parterre_system::allowance::{Allowance, Allowances};
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use self::{
    connections::ConnectionsByParticipant,
    similar::SimilarIndex,
    view::{AUDIENCES, View, audience_index},
    viewers::Viewers,
};
pub use self::{
    inbound::{Inbound, RoomHeartbeat},
    presence::RemotePresence,
    snapshot::{QuestionSnapshot, StateSnapshot},
};
use crate::{context::Context, lock::lock};

/// Senders whose pace is remembered at the same time, which is for six seconds at most; beyond, new
/// ones share one pace.
const SENDERS: usize = 65_536;
/// How many messages one client may send.
pub(super) const MESSAGES: Allowance = per_second(MESSAGES_BURST, MESSAGES_PER_SECOND);
/// How many make a flood.
pub(super) const FLOOD: Allowance = per_second(FLOOD_BURST, FLOOD_PER_SECOND);

const fn per_second(burst: u32, per_second: u32) -> Allowance {
    Allowance { burst, interval: Duration::from_millis(1000 / per_second as u64) }
}

/// A handle on a room, shared by all workers.
#[derive(Debug)]
pub struct Room {
    /// Which event.
    pub event: EventId,
    /// The participants' connections.
    by_participant: Mutex<ConnectionsByParticipant>,
    /// What each sender may still send here, whatever way it comes.
    commands: Allowances<Uuid>,
    /// Connections of all audiences on this node.
    pub connections: AtomicUsize,
    /// Clients that this node told to come a little later, and that have not come yet.
    pub arriving: AtomicU32,
    /// So many as those who look were told last.
    arriving_told: AtomicU32,
    /// How many have been in the event, as those who look were told last.
    joined: AtomicU32,
    /// What other nodes say of who is there.
    pub remote: ArcSwap<RemotePresence>,
    /// Connections of those for whom topics are made only while somebody looks.
    viewers: Mutex<Viewers>,
    /// What the room holds, for checking answers and drawing pages: at most as old as what phones
    /// were told last; of the stage always the newest.
    state: ArcSwap<StateSnapshot>,
    /// The questions: their votes at most as old as what phones were told last, all else always the
    /// newest.
    questions: ArcSwap<QuestionSnapshot>,
    /// The version up to which the room knows the event.
    rev: watch::Sender<Rev>,
    /// Follows the questions; see [`Room::index`].
    similar: SimilarIndex,
    /// Participants whose `me` is to be read and sent again; see [`me::refresh`].
    pub(super) stale: Mutex<Stale>,
    /// Whether a word to the room was lost.
    missed: AtomicBool,
    /// Whether a word waits already that somebody came or left.
    moved: AtomicBool,
    views: [watch::Receiver<Arc<View>>; AUDIENCES.len()],
    inbox: mpsc::Sender<Inbound>,
}

/// Whose `me` is out of date, and whether a task reads them already.
#[derive(Debug, Default)]
pub(super) struct Stale {
    pub(super) who: BTreeSet<ParticipantId>,
    pub(super) is_running: bool,
}

impl Room {
    /// A room in this state, whose task has this inbox and publishes these views.
    fn new(
        context: &Context,
        state: &RoomState,
        answerers: Option<Vec<ParticipantId>>,
        inbox: mpsc::Sender<Inbound>,
        views: [watch::Receiver<Arc<View>>; AUDIENCES.len()],
    ) -> Self {
        let mut connections = ConnectionsByParticipant::new(context.store.is_shared());
        connections.stage(state.staged_round(), answerers);
        Self {
            event: state.event.id,
            by_participant: Mutex::new(connections),
            commands: Allowances::new(MESSAGES, SENDERS),
            connections: AtomicUsize::new(0),
            arriving: AtomicU32::new(0),
            arriving_told: AtomicU32::new(0),
            joined: AtomicU32::new(state.joined),
            remote: ArcSwap::default(),
            viewers: Mutex::default(),
            state: ArcSwap::from_pointee(StateSnapshot::new(state)),
            questions: ArcSwap::from_pointee(QuestionSnapshot::new(state, None)),
            rev: watch::Sender::new(state.event.rev),
            similar: SimilarIndex::default(),
            stale: Mutex::default(),
            missed: AtomicBool::new(false),
            moved: AtomicBool::new(false),
            views,
            inbox,
        }
    }

    /// What the audience sees, now and whenever it changes. The channel closes when the event is no
    /// more.
    pub fn view(&self, audience: Audience) -> watch::Receiver<Arc<View>> {
        self.views[audience_index(audience)].clone()
    }

    /// The room's state as it was last read or told.
    pub fn state(&self) -> Arc<StateSnapshot> {
        self.state.load_full()
    }

    /// The questions as they were last read or told.
    pub fn questions(&self) -> Arc<QuestionSnapshot> {
        self.questions.load_full()
    }

    /// The version up to which the room knows the event. What [`Room::questions`] says afterwards
    /// is at least as new.
    pub fn rev(&self) -> Rev {
        *self.rev.borrow()
    }

    /// Waits until the room knows the event up to this version.
    pub async fn knows(&self, rev: Rev) {
        // The room holds the other end itself.
        let _ = self.rev.subscribe().wait_for(|known| *known >= rev).await;
    }

    /// The activity, as last read or told.
    pub fn activity(&self, id: ActivityId) -> Option<parterre_domain::activity::Activity> {
        self.state.load().activities.iter().find(|activity| activity.id == id).cloned()
    }

    /// Tells the room something. With a full inbox the word is dropped, and the room rereads when
    /// it has caught up.
    pub fn send(&self, inbound: Inbound) {
        // A whole crowd that comes or leaves is one word, and fills no inbox.
        if matches!(inbound, Inbound::Presence) && self.moved.swap(true, Ordering::AcqRel) {
            return;
        }
        if self.inbox.try_send(inbound).is_err() {
            self.missed.store(true, Ordering::Release);
        }
    }

    /// Whether a word to the room was lost since this was last asked.
    pub(super) fn has_missed(&self) -> bool {
        self.missed.swap(false, Ordering::AcqRel)
    }

    /// Whoever comes or leaves from now on is to be told of.
    pub(super) fn hears_of_moves(&self) {
        self.moved.store(false, Ordering::Release);
    }

    /// The participants' connections, locked for a moment.
    pub fn connections_by_participant(&self) -> MutexGuard<'_, ConnectionsByParticipant> {
        lock(&self.by_participant)
    }

    /// Whether so many people are connected here at least, and the room waits for what they send:
    /// an activity is open at this time, or questions are taken. A room test is there to load the
    /// line, and never is.
    pub fn is_busy(&self, people: usize, now: Millis) -> bool {
        if self.connections_by_participant().people() < people {
            return false;
        }
        let held = self.state();
        let answers = || held.activities.iter().any(|activity| activity.accepts(activity.round, now).is_ok());
        let asks = || self.questions().forum.settings.state == QaState::Open;
        held.event.kind == EventKind::Gathering && held.event.state != EventState::Ended && (answers() || asks())
    }

    /// Takes a command from a sender, a participant, member or private link; or says when to send
    /// it again. Each node counts for itself.
    pub fn allow(&self, sender: Uuid, now: Duration) -> Result<(), Duration> {
        self.commands.take(sender, now)
    }

    /// Whether this is the room of the event with this code.
    pub fn has_code(&self, code: &JoinCode) -> bool {
        self.state.load().event.code == *code
    }

    /// Whether this participant has more than one connection on this node.
    pub fn has_other_connection(&self, participant: ParticipantId) -> bool {
        self.connections_by_participant().connections(participant).len() > 1
    }

    /// Keeps the state for those who check commands and draw pages.
    pub(super) fn keep(&self, state: &RoomState) {
        self.state.store(Arc::new(StateSnapshot::new(state)));
        self.keep_asked(state);
    }

    /// Keeps the questions for them.
    pub(super) fn keep_asked(&self, state: &RoomState) {
        let asked = QuestionSnapshot::new(state, Some(&self.questions.load()));
        self.questions.store(Arc::new(asked));
        self.keep_rev(state.event.rev);
    }

    /// Says up to which version the room knows the event; the questions must have been kept if they
    /// changed.
    pub(super) fn keep_rev(&self, rev: Rev) {
        self.rev.send_replace(rev);
    }
}
