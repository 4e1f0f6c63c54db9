//! Responses: the commit of everything that phones send, grouped.
//!
//! A batch is one transaction of a handful of statements, however many answers it holds: `rows`
//! reads all that is needed to judge it, `ruling` judges it without the database, `rows` writes
//! what was accepted. What it holds about posts goes the same way in `posts::commit`.

mod rows;
mod ruling;

use std::collections::{BTreeMap, BTreeSet};

use parterre_domain::forum::ForumChange;
use parterre_protocol::{ActivityId, Answer, CommandId, EventId, Millis, Outcome, ParticipantId, PromptVersion, Rev};

use self::ruling::Ruling;
use super::{
    Store, StoreError,
    activities::activities_by_id,
    participants::{Join, Visit, attend, enrol},
    posts::{NewPostCommand, judge_all},
    retry::Idempotency,
    sql::Tx,
    version::{Locked, bump_all, lock_all},
};

/// An answer to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct NewResponse {
    /// The command that brings it.
    pub cid: CommandId,
    /// In which event.
    pub event: EventId,
    /// To which activity.
    pub activity: ActivityId,
    /// Given in which round.
    pub round: u32,
    /// For which version of its question.
    pub version: PromptVersion,
    /// By whom.
    pub participant: ParticipantId,
    /// The answer, checked and cleaned by `domain::kinds::check_answer`.
    pub answer: Answer,
}

/// What one commit takes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// The participant who gives a name.
    pub joins: Vec<Join>,
    /// Who is in an event.
    pub visits: Vec<Visit>,
    /// The answers, in the order in which they came.
    pub responses: Vec<NewResponse>,
    /// What is done with posts, in the order in which it came.
    pub posts: Vec<NewPostCommand>,
}

/// One answer that now counts.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerChange {
    /// By whom.
    pub participant: ParticipantId,
    /// To which activity.
    pub activity: ActivityId,
    /// In which round.
    pub round: u32,
    /// The answer that no longer counts, and when it was committed.
    pub before: Option<(Answer, Millis)>,
    /// The answer that does.
    pub after: Answer,
    /// When it was committed.
    pub at: Millis,
}

/// What a commit changed in one event. Applied in order to what was true at `from`, it gives what
/// is true at `rev`.
#[derive(Clone, Debug, PartialEq)]
pub struct CommittedChange {
    /// The event.
    pub event: EventId,
    /// Its version before.
    pub from: Rev,
    /// Its version now.
    pub rev: Rev,
    /// The answers, in order.
    pub answers: Vec<AnswerChange>,
    /// What changed of the questions, in order.
    pub forum: Vec<ForumChange>,
}

/// The outcome of a batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Committed {
    /// How many are in an event who had not been before, by event.
    pub attended: BTreeMap<EventId, u32>,
    /// Of each answer, in the batch's order.
    pub responses: Vec<Outcome>,
    /// Of each command about posts, in the batch's order.
    pub posts: Vec<Outcome>,
    /// The events in which at least one of them was accepted.
    pub changes: Vec<CommittedChange>,
    /// The events in which at least one of them had been stored before, with their current version:
    /// the node that stored it may have died before it notified anyone.
    pub repeated: Vec<(EventId, Rev)>,
}

impl Store {
    /// Stores a batch, once: a command whose `cid` its participant has used before gets the receipt
    /// it had. Commands that are refused hinder no others; if this fails, nothing of the batch is
    /// stored.
    pub async fn commit(&self, batch: &Batch, now: Millis) -> Result<Committed, StoreError> {
        if *batch == Batch::default() {
            return Ok(Committed::default());
        }
        self.with_retry(Idempotency::Safe, || self.commit_once(batch, now)).await
    }

    async fn commit_once(&self, batch: &Batch, now: Millis) -> Result<Committed, StoreError> {
        let Batch { joins, visits, responses, posts } = batch;
        let mut tx = self.begin().await?;
        // Events before participants, here as everywhere, so that nobody waits in a circle.
        let events = responses.iter().map(|response| response.event).chain(posts.iter().map(|command| command.event));
        let events: BTreeSet<_> = events.collect();
        let events = match events.is_empty() {
            true => BTreeMap::new(),
            false => lock_all(&mut tx, &events.into_iter().collect::<Vec<_>>()).await?,
        };
        let Ruling { outcomes, accepted, replacing, commands, mut newcomers, mut changes, mut repeated } =
            rule_all(&mut tx, responses, &events, now).await?;
        let judged = judge_all(&mut tx, posts, &events, commands, (&mut changes, &mut repeated), now).await?;
        newcomers.extend(judged.newcomers());
        // All at once, and before what they send.
        let mut present = enrol(&mut tx, joins, newcomers, now).await?;
        if !accepted.is_empty() {
            rows::replace(&mut tx, &replacing, now).await?;
            rows::insert(&mut tx, &accepted, now).await?;
        }
        let posts = judged.write(&mut tx).await?;
        if !changes.is_empty() {
            bump_all(&mut tx, changes.keys().copied()).await?;
        }
        present.extend(visits);
        let attended = attend(&mut tx, &present).await?;
        tx.commit().await?;
        let rev = |id: &EventId| changes.get(id).map(|change| change.rev).or(events.get(id).map(|event| event.rev));
        let repeated = repeated.iter().filter_map(|id| Some((*id, rev(id)?))).collect();
        Ok(Committed { attended, responses: outcomes, posts, changes: changes.into_values().collect(), repeated })
    }
}

async fn rule_all<'a>(
    tx: &mut Tx,
    responses: &'a [NewResponse],
    events: &BTreeMap<EventId, Locked>,
    now: Millis,
) -> Result<Ruling<'a>, StoreError> {
    if responses.is_empty() {
        return Ok(Ruling::default());
    }
    let asked = responses.iter().map(|response| response.activity).collect();
    let activities = activities_by_id(tx, asked).await?;
    let known = rows::known(tx, responses).await?;
    Ok(ruling::rule(responses, known, events, &activities, now))
}
