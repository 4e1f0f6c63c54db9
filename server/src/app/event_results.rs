//! All results of an event as tables, in no language.

use std::cmp::Reverse;

use parterre_domain::{event::Event, kinds, post::Post, result_table::ResultTable};
use parterre_live::view::{Answered, results_of};
use parterre_protocol::{
    ActivityId, EventId, Millis, Settings,
    posts::PostState,
    topics::{ActivityState, Audience},
};
use parterre_store::{AnsweredActivity, EventResults, StoreError};
use serde::{Serialize, Serializer};

use super::segments::{self, GroupTable};
use crate::state::AppState;

/// What there is to say of an event when it is over, or so far.
#[derive(Debug, Serialize)]
pub struct EventTables {
    /// The event.
    #[serde(serialize_with = "public")]
    pub event: Event,
    /// How many participants have ever joined.
    pub joined: u32,
    /// How many of them have answered any activity.
    pub answered: u32,
    /// How many answers and texts there are in all.
    pub answers: u32,
    /// The rundown.
    pub activities: Vec<ActivityTables>,
    /// The activities by whose answers the others can be split: some once the event is over.
    pub split_by: Vec<ActivityId>,
    /// The questions that their authors have not taken back, those that most people support first.
    pub questions: Vec<Question>,
}

/// The results of one activity.
#[derive(Debug, Serialize)]
pub struct ActivityTables {
    /// The activity.
    pub id: ActivityId,
    /// What it asks.
    pub settings: Settings,
    /// Draft, open or closed.
    pub state: ActivityState,
    /// The rounds in which anybody has answered, and the current one, the last one first.
    pub rounds: Vec<RoundTable>,
    /// The results by group, if they were asked for and can be split: those of groups that are too
    /// small are left out.
    pub groups: Option<Vec<GroupTable>>,
}

/// The results of one round.
#[derive(Debug, Serialize)]
pub struct RoundTable {
    /// Its number.
    pub round: u32,
    /// How many have answered.
    pub respondents: u32,
    /// When the first answer came, and the last.
    pub times: Option<(Millis, Millis)>,
    /// What was answered.
    pub table: ResultTable,
}

/// A question and its fate.
#[derive(Debug, Serialize)]
pub struct Question {
    /// As it reads now.
    pub text: String,
    /// The name that was shown with it.
    pub name: Option<String>,
    /// How many support it.
    pub votes: u32,
    /// Where it is.
    pub state: PostState,
    /// Whether it was answered.
    pub is_answered: bool,
}

impl Question {
    /// Whether all may read it.
    pub const fn is_published(&self) -> bool {
        matches!(self.state, PostState::Published)
    }
}

impl EventTables {
    /// How many questions were answered of how many that were shown to all.
    pub fn questions_answered(&self) -> (usize, usize) {
        let shown = || self.questions.iter().filter(|question| question.state == PostState::Published);
        (shown().filter(|question| question.is_answered).count(), shown().count())
    }
}

/// The event as programs know it.
fn public<S: Serializer>(event: &Event, serializer: S) -> Result<S::Ok, S::Error> {
    event.public().serialize(serializer)
}

/// The results of an event; `None` if there is no such event. Once it is over, they are split by
/// the answers to one of its activities, if that is asked for.
pub async fn of_event(
    state: &AppState,
    event: EventId,
    by: Option<ActivityId>,
) -> Result<Option<EventTables>, StoreError> {
    let Some(results) = state.store().event_results(event).await? else { return Ok(None) };
    let mut tables = tables(&results, Audience::Studio);
    let Some(answered) = state.store().answers_at_first_end(event).await? else { return Ok(Some(tables)) };
    tables.split_by = segments::offered(&answered);
    let Some(by) = by.filter(|by| tables.split_by.contains(by)) else { return Ok(Some(tables)) };
    // Aside, for it takes long where many have answered.
    let split = tokio::task::spawn_blocking(move || segments::split(&answered, by)).await;
    let mut split = split.map_err(|_| StoreError::Unreadable("the answers of an event"))?;
    for activity in &mut tables.activities {
        activity.groups = split.remove(&activity.id);
    }
    Ok(Some(tables))
}

/// The same as others than the facilitators see them: what is hidden by moderators, what only they
/// count, and what is not to be known before an activity is closed is not there. Counted once for
/// all who ask within two seconds.
pub async fn shown_to_others(state: &AppState, event: EventId) -> Result<Option<EventTables>, StoreError> {
    let counted = state.counted_results.of(event, || state.store().event_results(event)).await?;
    Ok(counted.map(|results| tables(&results, Audience::Screen)))
}

fn tables(results: &EventResults, audience: Audience) -> EventTables {
    let EventResults { event, joined, answered, activities, forum } = results;
    let spans = activities.iter().flat_map(|answered| answered.rounds.values());
    let answers = spans.map(|round| round.span.answers).sum();
    let of_activity = |answered: &AnsweredActivity| {
        let AnsweredActivity { activity, rounds } = answered;
        let mut activity = activity.clone();
        // Whoever shares them shows them.
        activity.results |= audience != Audience::Studio;
        let (id, settings, state) = (activity.id, activity.settings.clone(), activity.state);
        let rounds = rounds.iter().rev().map(|(&round, counted)| {
            activity.round = round;
            let respondents = counted.span.respondents;
            let answered = Answered { activity: &activity, respondents, tally: &counted.tally, forum };
            let tally = results_of(answered, audience).tally;
            let table = tally.map(|tally| kinds::result_table(&settings, &tally, respondents)).unwrap_or_default();
            RoundTable { round, respondents, times: counted.span.times, table }
        });
        let rounds = rounds.collect();
        ActivityTables { id, settings, state, rounds, groups: None }
    };
    let activities = activities.iter().map(of_activity).collect();
    let sent =
        forum.questions().filter(|post| post.fields.state != PostState::Withdrawn && post.fields.merged_into.is_none());
    let mut questions: Vec<_> = sent.map(|post| question(post)).collect();
    questions.sort_by_key(|question| (question.state != PostState::Published, Reverse(question.votes)));
    let (event, joined, answered, split_by) = (event.clone(), *joined, *answered, Vec::new());
    EventTables { event, joined, answered, answers, activities, split_by, questions }
}

fn question(post: &Post) -> Question {
    Question {
        text: post.fields.text.clone(),
        name: post.name.clone(),
        votes: post.votes.up,
        state: post.fields.state,
        is_answered: post.fields.answered_at.is_some(),
    }
}
