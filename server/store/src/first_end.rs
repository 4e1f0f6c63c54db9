//! The answers that there were when an event ended first: what groups of people are counted from.

use std::collections::BTreeMap;

use parterre_domain::activity::Activity;
use parterre_protocol::{Answer, EventId, Millis, ParticipantId, topics::EventState};
use uuid::Uuid;

use super::{
    Store, StoreError, columns,
    sql::{Tx, query},
    stage::{EventMetadata, outline},
};

/// The answers to one activity, in the last round that anybody had answered then.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswersAtFirstEnd {
    /// The activity as it is set now, in that round.
    pub activity: Activity,
    /// Who said what, and when.
    pub answers: BTreeMap<ParticipantId, (Answer, Millis)>,
}

impl Store {
    /// The answers that there were when an event ended first. `None` if there is no such event, or
    /// if it is not over.
    pub async fn answers_at_first_end(&self, event: EventId) -> Result<Option<Vec<AnswersAtFirstEnd>>, StoreError> {
        let mut tx = self.snapshot().await?;
        let Some(EventMetadata { event, activities, .. }) = outline(&mut tx, event).await? else { return Ok(None) };
        let (ended_at,) = query!(
            tx.fetch_one::<(Option<Millis>,)>("SELECT first_ended_at FROM events WHERE id = $1", event.id.uuid(),)
        )?;
        let Some(ended_at) = ended_at.filter(|_| event.state == EventState::Ended) else { return Ok(None) };
        let mut answered = Vec::with_capacity(activities.len());
        for activity in activities {
            answered.push(answers(&mut tx, activity, ended_at).await?);
        }
        tx.commit().await?;
        Ok(Some(answered))
    }
}

async fn answers(tx: &mut Tx, mut activity: Activity, ended_at: Millis) -> Result<AnswersAtFirstEnd, StoreError> {
    let found = query!(tx.fetch_all::<(Uuid, i64, String, Millis)>(
        "SELECT participant_id, round, answer, at FROM responses
         WHERE activity_id = $1 AND given AND at <= $2 AND (replaced_at IS NULL OR replaced_at > $2)",
        activity.id.uuid(),
        ended_at,
    ))?;
    let last = found.iter().map(|(_, round, ..)| *round).max().unwrap_or(1);
    let of_round = found.into_iter().filter(|(_, round, ..)| *round == last);
    let answers = of_round
        .map(|(participant, _, answer, at)| Ok((ParticipantId::new(participant), (columns::answer(&answer)?, at))));
    let answers = answers.collect::<Result<_, StoreError>>()?;
    activity.round = columns::count(last);
    Ok(AnswersAtFirstEnd { activity, answers })
}
