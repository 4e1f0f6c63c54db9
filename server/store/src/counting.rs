//! Answers are counted: where a kind allows it, equal ones together.

use parterre_domain::{activity::Activity, kinds, tally::RunningTally, wording::Screening};
use parterre_protocol::{Millis, ParticipantId};
use uuid::Uuid;

use super::{
    StoreError, columns,
    sql::{Tx, query},
};

/// Counts the current answers of an activity in its round.
pub(super) async fn tally(tx: &mut Tx, activity: &Activity, screening: &Screening) -> Result<RunningTally, StoreError> {
    if kinds::counts_people(activity.settings.kind()) {
        return tally_by_people(tx, activity, screening).await;
    }
    // The database counts the equal ones, which in a poll are nearly all.
    let counted = query!(tx.fetch_all::<(String, i64)>(
        "SELECT answer, COUNT(*) FROM responses
         WHERE activity_id = $1 AND round = $2 AND replaced_at IS NULL GROUP BY answer",
        activity.id.uuid(),
        i64::from(activity.round),
    ))?;
    let tally = RunningTally::empty(&activity.settings).screened(screening);
    count_aside(tally, move |tally| {
        for (text, count) in counted {
            let answer = columns::answer(&text)?;
            (0..count).for_each(|_| tally.add(&answer));
        }
        Ok(())
    })
    .await
}

/// Counts them one by one, with who gave each, and when.
async fn tally_by_people(tx: &mut Tx, activity: &Activity, screening: &Screening) -> Result<RunningTally, StoreError> {
    let found = query!(tx.fetch_all::<(Uuid, String, Millis)>(
        "SELECT participant_id, answer, at FROM responses
         WHERE activity_id = $1 AND round = $2 AND replaced_at IS NULL",
        activity.id.uuid(),
        i64::from(activity.round),
    ))?;
    let tally = RunningTally::empty(&activity.settings).screened(screening);
    let activity = activity.clone();
    count_aside(tally, move |tally| {
        for (participant, answer, at) in found {
            let answer = columns::answer(&answer)?;
            tally.add(activity.entry(&answer, Some((ParticipantId::new(participant), at))));
        }
        Ok(())
    })
    .await
}

/// Counts beside the threads that serve: fifty thousand different words take a tenth of a second,
/// and nobody's answer is to wait for that.
async fn count_aside(
    mut tally: RunningTally,
    count: impl FnOnce(&mut RunningTally) -> Result<(), StoreError> + Send + 'static,
) -> Result<RunningTally, StoreError> {
    let counting = tokio::task::spawn_blocking(move || count(&mut tally).map(|()| tally));
    counting.await.map_err(|_| StoreError::Unreadable("the answers of an activity"))?
}
