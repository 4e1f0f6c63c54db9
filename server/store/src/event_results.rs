//! What was answered in a whole event, read at one moment.

use std::collections::BTreeMap;

use parterre_domain::{activity::Activity, event::Event, forum::Forum, tally::RunningTally, wording::Screening};
use parterre_protocol::{ActivityId, EventId, Millis};
use uuid::Uuid;

use super::{
    Store, StoreError, columns,
    counting::tally,
    posts::forum,
    sql::{Tx, query},
    stage::{EventMetadata, outline},
};

/// All results of an event.
#[derive(Clone, Debug, PartialEq)]
pub struct EventResults {
    /// The event.
    pub event: Event,
    /// How many participants have ever joined.
    pub joined: u32,
    /// How many of them have answered any activity.
    pub answered: u32,
    /// The rundown.
    pub activities: Vec<AnsweredActivity>,
    /// All that people have sent for others to see.
    pub forum: Forum,
}

/// What was answered to one activity.
#[derive(Clone, Debug, PartialEq)]
pub struct AnsweredActivity {
    /// The activity.
    pub activity: Activity,
    /// The rounds in which anybody has answered, and the current one, by number.
    pub rounds: BTreeMap<u32, AnsweredRound>,
}

/// What was answered in one round.
#[derive(Clone, Debug, PartialEq)]
pub struct AnsweredRound {
    /// The counts, by the options that the activity has now.
    pub tally: RunningTally,
    /// How many have answered, how many answers or texts there are, and when they came.
    pub span: AnswerSpan,
}

/// How much came, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnswerSpan {
    /// How many participants have answered.
    pub respondents: u32,
    /// How many answers there are, or texts that were not taken back.
    pub answers: u32,
    /// When the first of them came, and the last.
    pub times: Option<(Millis, Millis)>,
}

impl Store {
    /// Counts every round of every activity of an event.
    pub async fn event_results(&self, event: EventId) -> Result<Option<EventResults>, StoreError> {
        let mut tx = self.snapshot().await?;
        let Some(EventMetadata { event, activities, qa, .. }) = outline(&mut tx, event).await? else {
            return Ok(None);
        };
        let (joined, answered) = people(&mut tx, event.id).await?;
        let mut spans = spans(&mut tx, event.id).await?;
        let mut counted = Vec::with_capacity(activities.len());
        for activity in activities {
            let mut spans = spans.remove(&activity.id).unwrap_or_default();
            spans.entry(activity.round).or_default();
            let screening = Screening::new(&qa.settings.filter, &activity.words);
            let mut rounds = BTreeMap::new();
            for (round, span) in spans {
                let tally = tally(&mut tx, &Activity { round, ..activity.clone() }, &screening).await?;
                rounds.insert(round, AnsweredRound { tally, span });
            }
            counted.push(AnsweredActivity { activity, rounds });
        }
        let forum = forum(&mut tx, event.id, qa).await?;
        tx.commit().await?;
        Ok(Some(EventResults { event, joined, answered, activities: counted, forum }))
    }
}

/// How many have joined, and how many have answered any activity that there still is.
async fn people(tx: &mut Tx, event: EventId) -> Result<(u32, u32), StoreError> {
    let (joined, answered) = query!(tx.fetch_one::<(i64, i64)>(
        "SELECT (SELECT COUNT(*) FROM attendance WHERE event_id = $1),
             (SELECT COUNT(*) FROM (
                 SELECT participant_id FROM responses
                 WHERE activity_id IN (SELECT id FROM activities WHERE event_id = $1 AND deleted_at IS NULL)
                     AND replaced_at IS NULL AND given
                 UNION SELECT participant_id FROM posts
                 WHERE event_id = $1 AND state <> 'withdrawn'
                     AND activity_id IN (SELECT id FROM activities WHERE event_id = $1 AND deleted_at IS NULL)
             ) AS senders)",
        event.uuid(),
    ))?;
    Ok((columns::count(joined), columns::count(answered)))
}

async fn spans(tx: &mut Tx, event: EventId) -> Result<BTreeMap<ActivityId, BTreeMap<u32, AnswerSpan>>, StoreError> {
    let found = query!(tx.fetch_all::<(Uuid, i64, i64, i64, Millis, Millis)>(
        "SELECT activity_id, round, COUNT(*), COUNT(*), MIN(at), MAX(at) FROM responses
         WHERE activity_id IN (SELECT id FROM activities WHERE event_id = $1 AND deleted_at IS NULL)
             AND replaced_at IS NULL AND given GROUP BY activity_id, round
         UNION ALL SELECT activity_id, round, COUNT(DISTINCT participant_id), COUNT(*), MIN(at), MAX(at) FROM posts
         WHERE event_id = $1 AND activity_id IS NOT NULL AND state <> 'withdrawn' GROUP BY activity_id, round",
        event.uuid(),
    ))?;
    let mut spans = BTreeMap::<_, BTreeMap<_, _>>::new();
    for (activity, round, respondents, answers, first, last) in found {
        let (respondents, answers) = (columns::count(respondents), columns::count(answers));
        let span = AnswerSpan { respondents, answers, times: Some((first, last)) };
        spans.entry(ActivityId::new(activity)).or_default().insert(columns::count(round), span);
    }
    Ok(spans)
}
