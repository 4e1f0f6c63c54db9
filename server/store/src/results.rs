//! What was answered: the counts of an activity, in its current round or in an earlier one.

use std::collections::BTreeMap;

use parterre_domain::{activity::Activity, forum::Forum, tally::RunningTally, wording::Screening};
use parterre_protocol::{ActivityId, EventId};

use super::{
    Store, StoreError, columns,
    counting::tally,
    posts::texts,
    sql::{Tx, query},
    stage::{EventMetadata, outline},
};

/// The answers of one activity in one round.
#[derive(Clone, Debug, PartialEq)]
pub struct CountedRound {
    /// The activity as it is set now. Its `round` is the counted one.
    pub activity: Activity,
    /// The rounds in which anybody has answered, and the current one, each with how many have.
    pub rounds: BTreeMap<u32, u32>,
    /// The counts of the answers.
    pub tally: RunningTally,
    /// The texts of this round, where people send such in place of answers, and nothing else.
    pub forum: Forum,
}

impl CountedRound {
    /// How many participants have answered in this round.
    pub fn respondents(&self) -> u32 {
        self.rounds.get(&self.activity.round).copied().unwrap_or_default()
    }
}

impl Store {
    /// Counts an activity in a round, or in its current one. `None` if there is no such activity,
    /// or no such round of it yet. Answers to an earlier version of the question are counted by the
    /// options that it has now.
    pub async fn counted(
        &self,
        event: EventId,
        activity: ActivityId,
        round: Option<u32>,
    ) -> Result<Option<CountedRound>, StoreError> {
        let mut tx = self.snapshot().await?;
        let Some(EventMetadata { activities, qa, .. }) = outline(&mut tx, event).await? else { return Ok(None) };
        let Some(mut activity) = activities.into_iter().find(|listed| listed.id == activity) else { return Ok(None) };
        let rounds = rounds(&mut tx, &activity).await?;
        match round {
            Some(round) if round == 0 || round > activity.round => return Ok(None),
            Some(round) if round < activity.round => (activity.round, activity.round_opened_at) = (round, None),
            _ => {}
        }
        let screening = Screening::new(&qa.settings.filter, &activity.words);
        let tally = tally(&mut tx, &activity, &screening).await?;
        let forum = match activity.texts() {
            Some(to) => texts(&mut tx, event, to, qa).await?,
            None => Forum::default(),
        };
        tx.commit().await?;
        Ok(Some(CountedRound { activity, rounds, tally, forum }))
    }
}

async fn rounds(tx: &mut Tx, activity: &Activity) -> Result<BTreeMap<u32, u32>, StoreError> {
    let found = query!(tx.fetch_all::<(i64, i64)>(
        "SELECT round, COUNT(*) FROM responses
         WHERE activity_id = $1 AND replaced_at IS NULL AND given GROUP BY round
         UNION ALL SELECT round, COUNT(DISTINCT participant_id) FROM posts
         WHERE activity_id = $1 AND state <> 'withdrawn' GROUP BY round",
        activity.id.uuid(),
    ))?;
    let mut rounds = BTreeMap::from([(activity.round, 0)]);
    rounds.extend(found.into_iter().map(|(round, count)| (columns::count(round), columns::count(count))));
    Ok(rounds)
}
