//! How nodes hear of each other's changes. A notification is only a hint: it may be lost, doubled
//! or late, and whoever gets one either has all it needs in it or reads the database.

mod local;
mod redis;
pub mod seal;
pub mod wire;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use parterre_domain::{
    forum::ForumChange,
    ids::{LinkId, MemberId},
};
use parterre_protocol::{ActivityId, Answer, EventId, Millis, ParticipantId, Rev};
use parterre_store::{AnswerChange, CommittedChange};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::{
    local::LocalBus,
    redis::{RedisBus, RedisError},
};

/// In place of an event, for notifications to every node: all listen to it for as long as they run.
/// It has no version.
pub const EVERYWHERE: EventId = EventId::new(Uuid::nil());

/// That an event has changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    /// Which event.
    pub event: EventId,
    /// Its version after the change.
    pub rev: Rev,
    /// What changed, where that is small enough to say.
    pub hint: Hint,
}

/// What a notification tells beyond the rev.
#[derive(Clone, Debug, PartialEq)]
pub enum Hint {
    /// Answers and changes of the questions were committed: they lead from the version `from` to
    /// the notification's.
    Changes {
        /// The version before.
        from: Rev,
        /// The answers in order.
        answers: Arc<[CountedAnswer]>,
        /// The changes of the questions in order.
        forum: Arc<[ForumChange]>,
    },
    /// This many participants joined for the first time; the event's version is as it was.
    Joined(u32),
    /// A private link is no longer good; that is all that led to the version.
    LinkEnded(LinkId),
    /// Sessions of this member have ended, or what the member may do has changed: of no event, see
    /// [`EVERYWHERE`].
    Member(MemberId),
    /// Something else than answers and questions: what stands beside them is to be read.
    MetadataChanged,
    /// Anything may have changed: read all.
    Resync,
}

/// One answer that now counts.
#[derive(Clone, Debug, PartialEq)]
pub struct CountedAnswer {
    /// To which activity.
    pub activity: ActivityId,
    /// In which round.
    pub round: u32,
    /// The answer that no longer counts.
    pub before: Option<Answer>,
    /// The answer that does.
    pub after: Answer,
    /// Whose the answers are. It is known on the node that committed them; other nodes are told only
    /// for kinds that count people. How many of those who are connected to a node have answered is
    /// asked of the database (`heartbeat`).
    pub by: Option<CountedFor>,
}

/// Whose an answer is, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedFor {
    /// Who gave it.
    pub participant: ParticipantId,
    /// When the answer was committed that no longer counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_at: Option<Millis>,
    /// When the answer was committed that counts now.
    pub at: Millis,
}

impl From<AnswerChange> for CountedAnswer {
    fn from(change: AnswerChange) -> Self {
        let AnswerChange { participant, activity, round, before, after, at } = change;
        let (before, before_at) = before.unzip();
        Self { activity, round, before, after, by: Some(CountedFor { participant, before_at, at }) }
    }
}

impl From<CommittedChange> for Notification {
    fn from(change: CommittedChange) -> Self {
        let CommittedChange { event, from, rev, answers, forum } = change;
        let answers = answers.into_iter().map(CountedAnswer::from).collect();
        Self { event, rev, hint: Hint::Changes { from, answers, forum: forum.into() } }
    }
}

/// What a bus brings.
#[derive(Clone, Debug)]
pub enum Signal {
    /// An event changed.
    Notification(Notification),
    /// Notifications of this event come from now on: compare it with the database.
    Subscribed(EventId),
    /// The bus is lost: until the next `Missed`, changes made on other nodes are to be looked for
    /// in the database.
    Disconnected,
    /// Notifications may have been missed, and come again from now on: compare every live event
    /// with the database.
    Lagged,
}

/// A way for nodes to hear of each other's changes.
pub trait Bus: Send + Sync + 'static {
    /// Tells every node that cares about the event, this one included. Never waits.
    fn publish(&self, notification: Notification);

    /// From now on this node cares about the event. Where that takes time, `Signal::Subscribed`
    /// says when it is so.
    fn subscribe(&self, event: EventId);

    /// This node no longer cares about the event.
    fn unsubscribe(&self, event: EventId);

    /// The next signal. Only one task listens.
    fn next(&self) -> BoxFuture<'_, Signal>;
}
