//! What was answered to any activity of an event, in any round.

use parterre_live::view::{Answered, results_of};
use parterre_protocol::{
    ActivityId, EventId,
    topics::{Audience, Results},
};
use parterre_store::{CountedRound, StoreError};
use serde::Serialize;

use crate::state::AppState;

/// The results of one round of an activity.
#[derive(Debug, Serialize)]
pub struct RoundResults {
    /// As the topic `results` has them for a studio.
    #[serde(flatten)]
    results: Results,
    /// The rounds in which anybody has answered, and the current one.
    rounds: Vec<RoundCount>,
}

/// How many participants have answered in a round.
#[derive(Debug, Serialize)]
struct RoundCount {
    round: u32,
    respondents: u32,
}

/// What those who run the event see of an activity in a round, or in its current one; `None` if
/// there is no such activity or round.
pub async fn of_round(
    state: &AppState,
    event: EventId,
    activity: ActivityId,
    round: Option<u32>,
) -> Result<Option<RoundResults>, StoreError> {
    Ok(state.store().counted(event, activity, round).await?.map(|counted| shown(&counted)))
}

fn shown(counted: &CountedRound) -> RoundResults {
    let CountedRound { activity, rounds, tally, forum } = counted;
    let answered = Answered { activity, respondents: counted.respondents(), tally, forum };
    let results = results_of(answered, Audience::Studio);
    let rounds = rounds.iter().map(|(round, respondents)| RoundCount { round: *round, respondents: *respondents });
    RoundResults { results, rounds: rounds.collect() }
}
