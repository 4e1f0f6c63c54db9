//! Clients of one kind (all phones, or the studio, or the screen) and their totals, so that a
//! scenario can wait for "every phone shows this" without asking each of them.

use std::{
    cell::{OnceCell, Ref, RefCell, RefMut},
    collections::{BTreeMap, HashMap},
    rc::Rc,
    time::Duration,
};

use anyhow::{Result, bail};
use parterre_protocol::{ActivityId, CommandId, Outcome, Rev, topics::Topic};
use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use crate::{
    measure::Delays,
    topic_cache::{Scene, Score, Topics},
};

/// The totals of a crowd, and a notification when they change.
#[derive(Default)]
pub struct Crowd {
    seen: RefCell<CrowdTotals>,
    changed: Notify,
    observer: OnceCell<Rc<dyn MessageObserver>>,
}

/// Inspects each message that clients of a crowd receive, for scenarios that need more than the
/// totals.
pub trait MessageObserver {
    /// A client received a message and has applied it.
    fn message(&self, message: &Message<'_>);

    /// A client's command was stored or refused.
    fn receipt(&self, cid: CommandId, outcome: &Outcome);
}

/// A message that a client received.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// Which client.
    pub client: usize,
    /// What the client holds after applying the message.
    pub held: &'a Topics,
    /// As it arrived.
    pub text: &'a str,
    /// The topic that it contains, if any.
    pub topic: Option<Topic>,
    /// The version that it contains and, for a delta, the version that it applies to.
    pub revs: Option<(Rev, Option<Rev>)>,
    /// Its bytes on the wire, including WebSocket framing but not TCP.
    pub bytes: u64,
}

/// The sums over all clients of a crowd.
#[derive(Default)]
pub struct CrowdTotals {
    /// Clients that have got their first stage (and phones their `me`).
    pub joined: usize,
    /// Clients that have received the server's `hello` on their current connection.
    pub connected: usize,
    /// Connections that were made after the first of each client.
    pub comebacks: u64,
    /// How often a client was told on its connection to retry later.
    pub told_to_retry: u64,
    /// After what time a client was told to retry, each time.
    pub retry_delays: Vec<Duration>,
    /// From the loss of a connection until the server's `hello` on the next.
    pub without_connection: Delays,
    /// From the start of such a connection until the client held everything that any client held at
    /// that moment.
    pub current_again: Delays,
    /// How many clients hold each stage.
    pub scenes: HashMap<Scene, usize>,
    /// How many clients hold each state of the results.
    pub scores: HashMap<Score, usize>,
    newest_stage: Rev,
    newest_results: Rev,
    /// Messages received.
    pub frames: u64,
    /// Their bytes on the wire, with the WebSocket's own, without TCP's.
    pub bytes: u64,
    /// Commands made.
    pub commands: u64,
    /// Commands that were stored.
    pub stored: u64,
    /// Commands that the server asked to send again later.
    pub later: u64,
    /// Commands that were refused, by code.
    pub refused: BTreeMap<String, u64>,
    /// From the making of a command until its receipt.
    pub receipts: Delays,
    /// When which watched client saw how many answers.
    pub sightings: Vec<Sighting>,
    /// Whatever the server should not have done, and how often.
    pub troubles: BTreeMap<String, u64>,
}

/// A client saw results.
#[derive(Clone, Copy, Debug)]
pub struct Sighting {
    /// Which client.
    pub client: usize,
    /// When.
    pub at: Instant,
    /// Of which activity.
    pub activity: ActivityId,
    /// Of which round.
    pub round: u32,
    /// How many had answered.
    pub respondents: u32,
}

impl Crowd {
    /// The totals.
    pub fn seen(&self) -> Ref<'_, CrowdTotals> {
        self.seen.borrow()
    }

    /// Notes something and wakes who waits for it.
    pub fn note(&self) -> RefMut<'_, CrowdTotals> {
        self.changed.notify_waiters();
        self.seen.borrow_mut()
    }

    /// Has someone look at all that comes from now on.
    pub fn watch(&self, observer: Rc<dyn MessageObserver>) {
        assert!(self.observer.set(observer).is_ok(), "a crowd is watched by one");
    }

    /// Who looks at all that comes.
    pub fn observer(&self) -> Option<&dyn MessageObserver> {
        self.observer.get().map(Rc::as_ref)
    }

    /// Notes that the server did something wrong.
    pub fn trouble(&self, what: impl Into<String>) {
        *self.note().troubles.entry(what.into()).or_default() += 1;
    }

    /// Waits until the condition is met. The error of a timeout names `what` was waited for.
    pub async fn until(&self, what: &str, limit: Duration, met: impl Fn(&CrowdTotals) -> bool) -> Result<()> {
        let deadline = Instant::now() + limit;
        loop {
            let changed = self.changed.notified();
            if met(&self.seen()) {
                return Ok(());
            }
            if timeout_at(deadline, changed).await.is_err() {
                bail!("waited {} s in vain for: {what} ({})", limit.as_secs(), self.seen());
            }
        }
    }
}

impl CrowdTotals {
    /// Commands whose receipt has not come.
    pub fn waiting(&self) -> u64 {
        self.commands - self.stored - self.refused.values().sum::<u64>()
    }

    /// How many clients hold a stage like this.
    pub fn holding(&self, like: impl Fn(&Scene) -> bool) -> usize {
        self.scenes.iter().filter(|(scene, _)| like(scene)).map(|(_, count)| count).sum()
    }

    /// How many clients hold results like these.
    pub fn showing(&self, like: impl Fn(&Score) -> bool) -> usize {
        self.scores.iter().filter(|(score, _)| like(score)).map(|(_, count)| count).sum()
    }

    /// The newest revs of stage and results that any client holds.
    pub fn newest(&self) -> (Rev, Rev) {
        (self.newest_stage, self.newest_results)
    }

    /// A client's stage or results changed from `before` to what it holds now.
    pub fn moved(&mut self, topic: Topic, before: (Option<Scene>, Option<Score>), now: &Topics) {
        match topic {
            Topic::Stage => {
                move_one(&mut self.scenes, before.0, now.scene());
                self.newest_stage = self.newest_stage.max(now.rev(topic));
            }
            Topic::Results => {
                move_one(&mut self.scores, before.1, now.score());
                self.newest_results = self.newest_results.max(now.rev(topic));
            }
            Topic::Posts | Topic::Moderation | Topic::Presence | Topic::Me => {}
        }
    }
}

impl std::fmt::Display for CrowdTotals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { joined, connected, stored, .. } = self;
        write!(f, "{joined} joined, {connected} connected, {stored} commands stored, {} waiting", self.waiting())?;
        self.troubles.iter().try_for_each(|(what, times)| write!(f, "; {times} × {what}"))
    }
}

fn move_one<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, usize>, from: Option<K>, to: Option<K>) {
    if let Some(from) = from
        && let Some(count) = counts.get_mut(&from)
    {
        *count -= 1;
        if *count == 0 {
            counts.remove(&from);
        }
    }
    if let Some(to) = to {
        *counts.entry(to).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn clients_are_counted_by_what_they_hold() {
        let (mut seen, mut topics) = (CrowdTotals::default(), Topics::default());
        for respondents in [1, 2] {
            let before = (topics.scene(), topics.score());
            topics.replace(Topic::Results, respondents, json!({"round": 1, "respondents": respondents}));
            seen.moved(Topic::Results, before, &topics);
        }
        assert_eq!((seen.showing(|score| score.respondents == Some(2)), seen.scores.len()), (1, 1));
        assert_eq!(seen.newest(), (0, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_in_vain_says_for_what() {
        let crowd = Crowd::default();
        let error = crowd.until("everyone", Duration::from_secs(3), |seen| seen.joined == 1).await.unwrap_err();
        assert!(error.to_string().starts_with("waited 3 s in vain for: everyone (0 joined"), "{error}");
        crowd.note().joined += 1;
        crowd.until("everyone", Duration::from_secs(3), |seen| seen.joined == 1).await.unwrap();
    }
}
