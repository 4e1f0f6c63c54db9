//! Which answers of a batch are accepted, and what that changes: judged from what the database
//! holds, without it.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    iter,
};

use parterre_domain::{Refusal, activity::Activity, kinds};
use parterre_protocol::{
    ActivityId, Answer, CommandId, EventId, Millis, Outcome, ParticipantId, RefusalCode, Rev, topics::EventState,
};
use parterre_system::mutants::{self, Mutant};

use super::{AnswerChange, CommittedChange, NewResponse};
use crate::{participants::Visit, version::Locked};

/// What the database holds about one answer of the batch.
#[derive(Clone, Debug, Default)]
pub(super) struct StoredAnswer {
    /// In which event its participant is stored; none before the first thing that was sent.
    pub(super) stored_in: Option<EventId>,
    /// When its command was stored, if it was.
    pub(super) stored_at: Option<Millis>,
    /// The participant's current answer to the same activity in the same round, and when it was
    /// committed.
    pub(super) current: Option<(Answer, Millis)>,
}

/// An answer to store.
#[derive(Clone, Debug)]
pub(super) struct Accepted<'a> {
    /// What was sent.
    pub(super) response: &'a NewResponse,
    /// The answer that counts from now on.
    pub(super) answer: Cow<'a, Answer>,
    /// The version of the event with it.
    pub(super) rev: Rev,
    /// Whether a later answer of the same batch replaces it.
    pub(super) replaced: bool,
}

/// The judgement of a batch.
#[derive(Debug, Default)]
pub(super) struct Ruling<'a> {
    /// The outcome of each answer, in order.
    pub(super) outcomes: Vec<Outcome>,
    /// The answers to store.
    pub(super) accepted: Vec<Accepted<'a>>,
    /// The answers whose stored predecessor no longer counts.
    pub(super) replacing: Vec<&'a NewResponse>,
    /// The commands of the answers to store.
    pub(super) commands: HashSet<(ParticipantId, CommandId)>,
    /// Participants for whom this is the first thing stored.
    pub(super) newcomers: BTreeSet<Visit>,
    /// The events in which something was stored before.
    pub(super) repeated: BTreeSet<EventId>,
    /// What changes in each event where something does.
    pub(super) changes: BTreeMap<EventId, CommittedChange>,
}

/// Judges answers, in order, each as if those before it were stored. `known` has one entry for
/// each.
pub(super) fn rule<'a>(
    responses: &'a [NewResponse],
    known: Vec<StoredAnswer>,
    events: &BTreeMap<EventId, Locked>,
    activities: &HashMap<ActivityId, Activity>,
    now: Millis,
) -> Ruling<'a> {
    let (ruling, current) = (Ruling::default(), HashMap::new());
    let mut judge = Judge { events, activities, now, ruling, current };
    for (response, known) in iter::zip(responses, known) {
        let outcome = judge.judge(response, known).unwrap_or_else(Outcome::from);
        judge.ruling.outcomes.push(outcome);
    }
    judge.ruling
}

/// What has one current answer at most.
type AnswerKey = (ActivityId, u32, ParticipantId);

struct Judge<'a, 'b> {
    events: &'b BTreeMap<EventId, Locked>,
    activities: &'b HashMap<ActivityId, Activity>,
    now: Millis,
    ruling: Ruling<'a>,
    /// Where in `ruling.accepted` the current answer is, if this batch brings it.
    current: HashMap<AnswerKey, usize>,
}

impl<'a> Judge<'a, '_> {
    fn judge(&mut self, response: &'a NewResponse, known: StoredAnswer) -> Result<Outcome, Refusal> {
        // A command that was stored has its receipt, whatever has become of the activity since.
        if let Some(at) = known.stored_at {
            self.ruling.repeated.insert(response.event);
            return Ok(Outcome::Stored { at });
        }
        if !self.ruling.commands.contains(&(response.participant, response.cid)) {
            let event = self.admit(response, known.stored_in)?;
            self.accept(response, known.current, event)?;
            if known.stored_in.is_none() {
                let NewResponse { event, participant, .. } = *response;
                self.ruling.newcomers.insert(Visit { event, participant });
            }
        }
        Ok(Outcome::Stored { at: self.now })
    }

    /// Whether the event and the activity take the answer.
    fn admit(&self, response: &NewResponse, stored_in: Option<EventId>) -> Result<Locked, Refusal> {
        let event = self.events.get(&response.event).copied();
        let activity = self.activities.get(&response.activity).filter(|activity| activity.event == response.event);
        let (Some(event), Some(activity)) = (event, activity) else {
            return Err(Refusal::new(RefusalCode::Unknown, "This event has no such activity."));
        };
        if stored_in.is_some_and(|event| event != response.event) {
            return Err(Refusal::new(RefusalCode::Forbidden, "This participant belongs to another event."));
        }
        if !mutants::is(Mutant::CloseByRoom) {
            activity.accepts(response.round, self.now)?;
        }
        // Checked already, but perhaps by a question that has been changed since.
        if response.version != activity.versions.current {
            activity.understands(response.version, response.answer.clone())?;
        }
        if event.state != EventState::Live {
            return Err(Refusal::new(RefusalCode::Closed, "The event is not live."));
        }
        Ok(event)
    }

    fn accept(
        &mut self,
        response: &'a NewResponse,
        stored: Option<(Answer, Millis)>,
        event: Locked,
    ) -> Result<(), Refusal> {
        let place = (response.activity, response.round, response.participant);
        let earlier = self.current.get(&place).copied();
        let of_batch = |index: usize| (self.ruling.accepted[index].answer.clone().into_owned(), self.now);
        let before = earlier.map(of_batch).or(stored);
        if before.is_some() && !self.activities[&response.activity].is_changeable() {
            let message = "You have already answered. This activity takes only one answer.";
            return Err(Refusal::new(RefusalCode::Answered, message));
        }
        let answer = kinds::merge(before.as_ref().map(|(answer, _)| answer), &response.answer)?;
        match earlier {
            Some(index) => self.ruling.accepted[index].replaced = true,
            None if before.is_some() => self.ruling.replacing.push(response),
            None => {}
        }
        let (from, rev) = (event.rev, event.rev + 1);
        self.ruling.commands.insert((response.participant, response.cid));
        self.current.insert(place, self.ruling.accepted.len());
        let NewResponse { event, activity, round, participant, .. } = *response;
        let change = CommittedChange { event, from, rev, answers: Vec::new(), forum: Vec::new() };
        let change = self.ruling.changes.entry(event).or_insert(change);
        let after = answer.clone().into_owned();
        change.answers.push(AnswerChange { participant, activity, round, before, after, at: self.now });
        self.ruling.accepted.push(Accepted { response, answer, rev, replaced: false });
        Ok(())
    }
}
