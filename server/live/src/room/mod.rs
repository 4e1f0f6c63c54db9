//! One event's live state on this node, as workers and pages see it.
//!
//! The room's task (`task`) owns the state and publishes it; this is the handle that everybody else holds.

pub mod connections;
pub mod effect;
pub mod me;
pub mod publisher;
pub mod reorder;
pub mod reuse;
pub mod task;
pub mod topic;
pub mod view;

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    ops::Deref,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use parterre_domain::{
    event::{EventKind, JoinCode},
    filter::Filter,
    forum::{Forum, Sort, Viewer},
    post::Post,
    similar::Similar,
};
use parterre_protocol::{
    ActivityId, EventId, LabelId, Millis, ParticipantId, PostId, Rev,
    limits::{FLOOD_BURST, FLOOD_PER_SECOND, MESSAGES_BURST, MESSAGES_PER_SECOND},
    posts::QaState,
    topics::{Audience, EventState, Posts, Presence, RespondentsHere, Results, Topic},
};
use parterre_store::{EventVersion, RoomState, Visit};
use parterre_system::allowance::{Allowance, Allowances};
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use self::{
    connections::ConnectionsByParticipant,
    view::{AUDIENCES, View, audience_index, moderates, sees},
};
use crate::{cluster::bus::Notification, commit::Committer, context::Context, lock::lock};

/// Senders whose pace is remembered at the same time, which is for six seconds at most; beyond, new ones share one pace.
const SENDERS: usize = 65_536;
/// How many messages one client may send.
pub(super) const MESSAGES: Allowance = per_second(MESSAGES_BURST, MESSAGES_PER_SECOND);
/// How many make a flood.
pub(super) const FLOOD: Allowance = per_second(FLOOD_BURST, FLOOD_PER_SECOND);

const fn per_second(burst: u32, per_second: u32) -> Allowance {
    Allowance { burst, interval: Duration::from_millis(1000 / per_second as u64) }
}
/// Once so many have been in an event, who comes is counted as one more only when something is stored of them: whoever only
/// connects, again and again as somebody else, fills no database.
const MOST_NOTED: u32 = 100_000;

/// Questions that are indexed at once, and the pause before what changed meanwhile is.
const INDEXED_AT_ONCE: usize = 16;
const INDEX_REST: Duration = Duration::from_millis(200);

/// What a room task is told.
#[derive(Debug)]
pub enum Inbound {
    /// The event changed.
    Notification(Notification),
    /// A participant came or left.
    Presence,
    /// Somebody came or left for whom topics are made only while somebody looks.
    ViewersChanged,
    /// Notifications may have been missed: read.
    Resync,
    /// What the database said with a heartbeat.
    Heartbeat(RoomHeartbeat),
    /// How far the database is, where notifications may have been missed.
    Version(EventVersion),
    /// The database has this version, and no notification of it has come for a while: read.
    Behind(Rev),
}

/// What a heartbeat of this node found out about a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomHeartbeat {
    /// The event's version.
    pub rev: Rev,
    /// Clients that other nodes told to come a little later, and that have not come yet.
    pub arriving: u32,
    /// Participants who are there on other nodes and not here, and those who ever joined, where they were counted.
    pub counted: Option<(u32, u32)>,
    /// How many of those who are there have answered what is on stage, where they were counted.
    pub respondents: Option<RespondentsHere>,
    /// How many of those who are here have, as the database knows them.
    pub answered_here: Option<RespondentsHere>,
    /// Whether nothing else than heartbeats tells of changes on other nodes.
    pub alone: bool,
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
    /// What the room holds, for checking answers and drawing pages: at most as old as what phones were told last; of the
    /// stage always the newest.
    state: ArcSwap<Held>,
    /// The questions: their votes at most as old as what phones were told last, all else always the newest.
    questions: ArcSwap<QuestionSnapshot>,
    /// The version up to which the room knows the event.
    rev: watch::Sender<Rev>,
    /// Follows the questions; see [`Room::index`].
    similar: RwLock<Similar>,
    indexing: Mutex<Indexing>,
    /// Participants whose `me` is to be read and sent again; see [`me::refresh`].
    pub(super) stale: Mutex<Stale>,
    /// Whether a word to the room was lost.
    missed: AtomicBool,
    /// Whether a word waits already that somebody came or left.
    moved: AtomicBool,
    views: [watch::Receiver<Arc<View>>; AUDIENCES.len()],
    inbox: mpsc::Sender<Inbound>,
}

/// Who is in an event on other nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RemotePresence {
    /// Participants who are connected there, and not here.
    pub here: u32,
    /// Clients that they told to come a little later, and that have not come yet.
    pub arriving: u32,
    /// How many of those who are connected there have answered what is on stage, as they were last counted.
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

/// Whether somebody is at it, and whether more has changed since.
#[derive(Debug, Default)]
struct Indexing {
    is_running: bool,
    again: bool,
}

/// Who looks at what is made only then.
#[derive(Debug, Default)]
struct Viewers {
    moderators: usize,
    speakers: BTreeMap<Option<LabelId>, usize>,
}

/// Whose `me` is out of date, and whether somebody is at it already.
#[derive(Debug, Default)]
pub(super) struct Stale {
    pub(super) who: BTreeSet<ParticipantId>,
    pub(super) attended: bool,
}

/// A room's state for those who check commands and draw pages: all of it but the counts, in whose place there is what is
/// shown of them. It is made once for all pages, which so cost the same however much was sent.
#[derive(Debug)]
pub struct Held {
    state: RoomState,
    /// By the order of [`AUDIENCES`].
    results: [Results; AUDIENCES.len()],
}

impl Held {
    fn new(state: &RoomState) -> Self {
        let results = AUDIENCES.map(|audience| {
            if sees(audience, Topic::Results) { view::results(state, audience) } else { Results::default() }
        });
        Self { state: RoomState { tally: None, ..state.clone() }, results }
    }

    /// The topic `results` for an audience.
    pub const fn results(&self, audience: Audience) -> &Results {
        &self.results[audience_index(audience)]
    }
}

impl Deref for Held {
    type Target = RoomState;

    fn deref(&self) -> &RoomState {
        &self.state
    }
}

/// The questions of a room, what pages show of them, and what finds words in new ones.
#[derive(Debug)]
pub struct QuestionSnapshot {
    /// The event's version with them.
    pub rev: Rev,
    /// The questions.
    pub forum: Arc<Forum>,
    /// Whether the event is over.
    ended: bool,
    /// The first questions, for phones and for screens; made when a page first needs them.
    windows: [OnceLock<Posts>; 2],
    /// All published ones by the order of [`Sort`], made likewise.
    orders: [OnceLock<Vec<Arc<Post>>>; 4],
    /// Made when first needed, once for each version of the settings.
    filter: Arc<OnceLock<Filter>>,
}

impl QuestionSnapshot {
    fn new(state: &RoomState, former: Option<&Self>) -> Self {
        let forum = Arc::clone(&state.forum);
        let same = former.filter(|former| former.forum.settings.filter == forum.settings.filter);
        let filter = same.map(|former| Arc::clone(&former.filter)).unwrap_or_default();
        let ended = state.event.state == EventState::Ended;
        Self { rev: state.event.rev, forum, ended, windows: Default::default(), orders: Default::default(), filter }
    }

    /// The topic `posts` for phones.
    pub fn for_phones(&self) -> &Posts {
        self.windows[0].get_or_init(|| self.forum.window(Viewer::Phone, self.ended))
    }

    /// All published questions in an order.
    pub fn shown(&self, sort: Sort) -> &[Arc<Post>] {
        self.orders[sort as usize].get_or_init(|| self.forum.shown(sort, None, "").into_iter().cloned().collect())
    }

    /// The topic `posts` for screens.
    pub fn for_screens(&self) -> &Posts {
        self.windows[1].get_or_init(|| self.forum.window(Viewer::Screen, self.ended))
    }

    /// Whether the event's word filter finds something in the text.
    pub fn flags(&self, text: &str) -> bool {
        self.filter.get_or_init(|| Filter::new(&self.forum.settings.filter)).finds(text)
    }
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
            state: ArcSwap::from_pointee(Held::new(state)),
            questions: ArcSwap::from_pointee(QuestionSnapshot::new(state, None)),
            rev: watch::Sender::new(state.event.rev),
            similar: RwLock::default(),
            indexing: Mutex::default(),
            stale: Mutex::default(),
            missed: AtomicBool::new(false),
            moved: AtomicBool::new(false),
            views,
            inbox,
        }
    }

    /// What the audience sees, now and whenever it changes. The channel closes when the event is no more.
    pub fn view(&self, audience: Audience) -> watch::Receiver<Arc<View>> {
        self.views[audience_index(audience)].clone()
    }

    /// The room's state as it was last read or told.
    pub fn state(&self) -> Arc<Held> {
        self.state.load_full()
    }

    /// The questions as they were last read or told.
    pub fn questions(&self) -> Arc<QuestionSnapshot> {
        self.questions.load_full()
    }

    /// The version up to which the room knows the event. What [`Room::questions`] says afterwards is at least as new.
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

    /// Up to three published questions that ask about the same as this text, the most alike first.
    pub fn similar(&self, text: &str) -> Vec<PostId> {
        self.similar.read().unwrap_or_else(PoisonError::into_inner).to(text)
    }

    /// Has [`Room::similar`] follow the questions that are kept now: beside the room's task, and never twice at the same
    /// time, since a thousand questions take a moment.
    pub(super) fn index(self: &Arc<Self>) {
        let mut indexing = lock(&self.indexing);
        if mem::replace(&mut indexing.is_running, true) {
            indexing.again = true;
            return;
        }
        drop(indexing);
        let room = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                let indexed = Arc::clone(&room);
                // A panic there is one of a bug, and costs the room its offers, nothing else.
                if tokio::task::spawn_blocking(move || indexed.index_now()).await.is_err() {
                    return;
                }
                tokio::time::sleep(INDEX_REST).await;
                let mut indexing = lock(&room.indexing);
                if !mem::take(&mut indexing.again) {
                    indexing.is_running = false;
                    return;
                }
            }
        });
    }

    /// In small parts, so that whoever asks meanwhile waits for one of them at most.
    fn index_now(&self) {
        let similar = || self.similar.write().unwrap_or_else(PoisonError::into_inner);
        let asked = self.questions();
        let stale = self.similar.read().unwrap_or_else(PoisonError::into_inner).stale(&asked.forum);
        for posts in stale.chunks(INDEXED_AT_ONCE) {
            similar().update(&asked.forum, posts);
        }
        while similar().measure(INDEXED_AT_ONCE) {}
    }

    /// Tells the room something. With a full inbox the word is dropped, and the room rereads when it has caught up.
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

    /// Somebody who is no participant begins to look.
    pub fn add_viewer(&self, audience: Audience, label: Option<LabelId>) {
        self.count_look(audience, label, |looking| *looking += 1);
    }

    /// Somebody who is no participant looks no more.
    pub fn remove_viewer(&self, audience: Audience, label: Option<LabelId>) {
        self.count_look(audience, label, |looking| *looking = looking.saturating_sub(1));
    }

    fn count_look(&self, audience: Audience, label: Option<LabelId>, count: impl FnOnce(&mut usize)) {
        {
            let mut looks = lock(&self.viewers);
            match audience {
                _ if moderates(audience) => count(&mut looks.moderators),
                Audience::Speaker => {
                    count(looks.speakers.entry(label).or_default());
                    looks.speakers.retain(|_, looking| *looking > 0);
                }
                _ => return,
            }
        }
        self.send(Inbound::ViewersChanged);
    }

    /// Whether a moderator or a studio is connected, and which labels connected speakers see.
    pub(super) fn looks(&self) -> (bool, BTreeSet<Option<LabelId>>) {
        let looks = lock(&self.viewers);
        (looks.moderators > 0, looks.speakers.keys().copied().collect())
    }

    /// The participants' connections, locked for a moment.
    pub fn connections_by_participant(&self) -> MutexGuard<'_, ConnectionsByParticipant> {
        lock(&self.by_participant)
    }

    /// Whether so many people are connected here at least, and the room waits for what they send: an activity is open at this
    /// time, or questions are taken. A room test is there to load the line, and never is.
    pub fn is_busy(&self, people: usize, now: Millis) -> bool {
        if self.connections_by_participant().people() < people {
            return false;
        }
        let held = self.state();
        let answers = || held.activities.iter().any(|activity| activity.accepts(activity.round, now).is_ok());
        let asks = || self.questions().forum.settings.state == QaState::Open;
        held.event.kind == EventKind::Gathering && held.event.state != EventState::Ended && (answers() || asks())
    }

    /// Takes a command from a sender, a participant, member or private link; or says when to send it again. Each node counts
    /// for itself.
    pub fn allow(&self, sender: Uuid, now: Duration) -> Result<(), Duration> {
        self.commands.take(sender, now)
    }

    /// Has it noted that somebody is in the event of whom nothing is stored; of strangers without end only so many.
    pub fn note_visit(&self, committer: &Committer, participant: ParticipantId) {
        if self.joined.load(Ordering::Relaxed) < MOST_NOTED {
            committer.visit(Visit { event: self.event, participant });
        }
    }

    /// Keeps how many have been in the event.
    pub(super) fn keep_joined(&self, joined: u32) {
        self.joined.store(joined, Ordering::Relaxed);
    }

    /// Who is here, on all nodes. Whoever is here has joined, also where the count of those is a heartbeat old.
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
    pub(super) fn has_other_arrivals(&self) -> bool {
        let arriving = self.arriving.load(Ordering::Relaxed);
        self.arriving_told.swap(arriving, Ordering::Relaxed) != arriving
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
        self.state.store(Arc::new(Held::new(state)));
        self.keep_asked(state);
    }

    /// Keeps the questions for them.
    pub(super) fn keep_asked(&self, state: &RoomState) {
        let asked = QuestionSnapshot::new(state, Some(&self.questions.load()));
        self.questions.store(Arc::new(asked));
        self.keep_rev(state.event.rev);
    }

    /// Says up to which version the room knows the event; the questions must have been kept if they changed.
    pub(super) fn keep_rev(&self, rev: Rev) {
        self.rev.send_replace(rev);
    }
}
