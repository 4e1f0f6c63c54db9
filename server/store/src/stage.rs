//! The stage: what a facilitator's command does to it, and the whole room at one moment.

use std::{collections::BTreeMap, iter, sync::Arc};

use parterre_domain::{
    Refusal,
    activity::Activity,
    event::Event,
    forum::Forum,
    stage::{RundownEntry, StageState},
    tally::RunningTally,
    timer::Timer,
    wording::Screening,
};
use parterre_protocol::{
    ActivityId, CommandId, Control, EventId, Millis, Outcome, ParticipantId, RefusalCode, Rev, topics::EventState,
};
use uuid::Uuid;

use super::{
    Actor, Store, StoreError,
    activities::JoinedActivityRow,
    columns,
    counting::tally,
    event_rows::EventRow,
    posts::{QaOutline, QaRow, forum},
    receipts::receipt,
    retry::Idempotency,
    rights::acting,
    sql::{Reader, Tx, query},
    version::{Locked, bump, lock},
};

/// The outcome of a facilitator's command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlOutcome {
    /// The receipt.
    pub outcome: Outcome,
    /// The event's new version, where the command changed something.
    pub rev: Option<Rev>,
    /// The event's version, if the command had been done before: perhaps nobody was notified then.
    pub repeated: Option<Rev>,
}

/// An event with all that its room needs, as of `event.rev`.
#[derive(Clone, Debug, PartialEq)]
pub struct RoomState {
    /// The event.
    pub event: Event,
    /// The activity on stage.
    pub staged: Option<ActivityId>,
    /// The rundown.
    pub activities: Vec<Activity>,
    /// For each activity of the rundown, how many participants have an answer in its current round
    /// that holds anything, or have sent a text.
    pub respondents: BTreeMap<ActivityId, u32>,
    /// The counts of the current round of the activity on stage.
    pub tally: Option<Arc<RunningTally>>,
    /// The posts.
    pub forum: Arc<Forum>,
    /// How many participants have ever joined.
    pub joined: u32,
    /// The participants with a non-blank answer to what is on stage, in its current round; `None`
    /// if that has not changed.
    pub answerers: Option<Vec<ParticipantId>>,
}

impl RoomState {
    /// The activity on stage and its round.
    pub fn staged_round(&self) -> Option<(ActivityId, u32)> {
        let staged = self.activities.iter().find(|activity| Some(activity.id) == self.staged);
        staged.map(|activity| (activity.id, activity.round))
    }

    /// Whether what is on stage takes texts that are posts.
    pub fn stages_texts(&self) -> bool {
        self.activities.iter().any(|activity| Some(activity.id) == self.staged && activity.texts().is_some())
    }

    /// Updates the shown words to the moderators' decisions. If the word filter changed, all words
    /// are checked again.
    pub fn screen(&mut self) {
        let staged = self.activities.iter().find(|activity| Some(activity.id) == self.staged);
        let (Some(activity), Some(tally)) = (staged, &mut self.tally) else { return };
        let Some(screening) = tally.screening() else { return };
        let filter = &self.forum.settings.filter;
        let next = match screening.has_filter(filter) {
            true if screening.has_decisions(&activity.words) => return,
            true => screening.with(&activity.words),
            false => Screening::new(filter, &activity.words),
        };
        // Nobody else holds it while a room's task changes its state.
        Arc::make_mut(tally).screen(&next);
    }
}

/// An event and its rundown as of `event.rev`, without anything that takes counting: neither
/// answers nor posts.
#[derive(Clone, Debug, PartialEq)]
pub struct EventMetadata {
    /// The event.
    pub event: Event,
    /// The activity on stage.
    pub staged: Option<ActivityId>,
    /// The rundown.
    pub activities: Vec<Activity>,
    /// How questions are taken and shown.
    pub qa: QaOutline,
}

row! {
    struct SlotRow {
        id: Uuid,
        state: String,
        round: i64,
        round_opened_at: Option<Millis>,
        results: bool,
        opens_at: Option<Millis>,
        closes_at: Option<Millis>,
    }
}

row! {
    struct OutlineRow {
        ..event: EventRow,
        ..qa: QaRow,
        ..activity: JoinedActivityRow,
        staged: Option<Uuid>,
    }
}

/// The participants with a non-blank answer, or with a text that they have not withdrawn.
macro_rules! answerers {
    ($db:ident, $activity:expr, $round:expr) => {{
        let found = query!($db.fetch_all::<(Uuid,)>(
            "SELECT participant_id FROM responses
             WHERE activity_id = $1 AND round = $2 AND replaced_at IS NULL AND given
             UNION SELECT participant_id FROM posts WHERE activity_id = $1 AND round = $2 AND state <> 'withdrawn'",
            $activity.uuid(),
            i64::from($round),
        ))?;
        Ok(found.into_iter().map(|(id,)| ParticipantId::new(id)).collect())
    }};
}

impl Store {
    /// Does a facilitator's command, once: the same `cid` of the same member gets the same receipt.
    /// A refusal is not remembered. Whether the member may do it is asked in the same transaction.
    pub async fn control(
        &self,
        event: EventId,
        actor: impl Into<Actor>,
        cid: CommandId,
        control: &Control,
        now: Millis,
    ) -> Result<ControlOutcome, StoreError> {
        let actor = actor.into();
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            let Some(locked) = lock(&mut tx, event).await? else {
                return Ok(refused(Refusal::new(RefusalCode::Unknown, "There is no such event.")));
            };
            if let Some(at) = receipt(&mut tx, actor.id(), cid).await? {
                return Ok(ControlOutcome { outcome: Outcome::Stored { at }, rev: None, repeated: Some(locked.rev) });
            }
            if !acting(&mut tx, event, actor, now).await?.is_some_and(|acting| acting.runs_events) {
                let message = "You are signed out or no longer allowed to run this event.";
                return Ok(refused(Refusal::new(RefusalCode::Forbidden, message)));
            }
            let before = running(&mut tx, event, locked).await?;
            let after = match before.control(control, now) {
                Ok(after) => after,
                Err(refusal) => return Ok(refused(refusal)),
            };
            let rev = if after == before {
                None
            } else {
                write(&mut tx, event, &before, &after).await?;
                if after.state == EventState::Ended {
                    query!(tx.execute(
                        "UPDATE events SET first_ended_at = $2 WHERE id = $1 AND first_ended_at IS NULL",
                        event.uuid(),
                        now,
                    ))?;
                }
                Some(bump(&mut tx, event).await?)
            };
            remember(&mut tx, event, actor, cid, now).await?;
            tx.commit().await?;
            Ok(ControlOutcome { outcome: Outcome::Stored { at: now }, rev, repeated: None })
        })
        .await
    }

    /// The event and its rundown at one moment.
    pub async fn outline(&self, event: EventId) -> Result<Option<EventMetadata>, StoreError> {
        outline(&mut self.reader().await?, event).await
    }

    /// Who has answered an activity in a round.
    pub async fn answerers(&self, activity: ActivityId, round: u32) -> Result<Vec<ParticipantId>, StoreError> {
        let mut db = self.reader().await?;
        answerers!(db, activity, round)
    }

    /// The whole room at one moment.
    pub async fn room(&self, event: EventId) -> Result<Option<RoomState>, StoreError> {
        let mut tx = self.snapshot().await?;
        let Some(EventMetadata { event, staged, activities, qa }) = outline(&mut tx, event).await? else {
            return Ok(None);
        };
        let (tally, answerers) = match activities.iter().find(|activity| Some(activity.id) == staged) {
            Some(activity) => {
                let screening = Screening::new(&qa.settings.filter, &activity.words);
                let tally = tally(&mut tx, activity, &screening).await?;
                (Some(Arc::new(tally)), answerers(&mut tx, activity).await?)
            }
            None => (None, Vec::new()),
        };
        let respondents = respondents(&mut tx, event.id, &activities).await?;
        let (joined,) =
            query!(tx.fetch_one::<(i64,)>("SELECT COUNT(*) FROM attendance WHERE event_id = $1", event.id.uuid(),))?;
        let forum = Arc::new(forum(&mut tx, event.id, qa).await?);
        tx.commit().await?;
        let (joined, answerers) = (columns::count(joined), Some(answerers));
        Ok(Some(RoomState { event, staged, activities, respondents, tally, forum, joined, answerers }))
    }

    /// All posts of an event, counted, with the event and its rundown, at one moment: what an
    /// export needs.
    pub async fn forum(&self, event: EventId) -> Result<Option<(EventMetadata, Forum)>, StoreError> {
        let mut tx = self.snapshot().await?;
        let Some(outline) = outline(&mut tx, event).await? else { return Ok(None) };
        let forum = forum(&mut tx, event, outline.qa.clone()).await?;
        tx.commit().await?;
        Ok(Some((outline, forum)))
    }
}

/// In one statement, which needs no transaction to see one moment: every node reads this after each
/// of a facilitator's acts.
pub(super) async fn outline(db: &mut Reader, event: EventId) -> Result<Option<EventMetadata>, StoreError> {
    let found = query!(db.fetch_all::<OutlineRow>(
        "SELECT e.id, e.workspace_id, e.name, e.code, e.kind, e.state, e.names, e.language, e.results_shared, e.rev, e.created_at, e.staged,
             e.qa, e.qa_on_screen, e.highlight, a.id AS activity_id, a.question, a.versions, a.state AS activity_state, a.round,
             a.round_opened_at, a.results, a.opens_at, a.closes_at, a.words
         FROM events e LEFT JOIN activities a ON a.event_id = e.id AND a.deleted_at IS NULL
         WHERE e.id = $1 AND e.deleted_at IS NULL ORDER BY a.place",
        event.uuid(),
    ))?;
    let mut rows = found.into_iter();
    let Some(OutlineRow { event: found, staged, qa, activity }) = rows.next() else { return Ok(None) };
    let (found, staged, qa) = (found.try_into()?, staged.map(ActivityId::new), qa.try_into()?);
    let all = iter::once(activity).chain(rows.map(|row| row.activity));
    let activities = all.filter_map(|row| row.activity(event)).collect::<Result<_, _>>()?;
    Ok(Some(EventMetadata { event: found, staged, activities, qa }))
}

fn refused(refusal: Refusal) -> ControlOutcome {
    ControlOutcome { outcome: refusal.into(), rev: None, repeated: None }
}

/// Keeps the receipt of a facilitator's command.
pub(super) async fn remember(
    tx: &mut Tx,
    event: EventId,
    actor: Actor,
    cid: CommandId,
    now: Millis,
) -> Result<(), StoreError> {
    query!(tx.execute(
        "INSERT INTO commands (member_id, cid, event_id, at) VALUES ($1, $2, $3, $4)",
        actor.id(),
        cid.uuid(),
        event.uuid(),
        now,
    ))?;
    Ok(())
}

pub(super) async fn running(tx: &mut Tx, event: EventId, locked: Locked) -> Result<StageState, StoreError> {
    let slots = query!(tx.fetch_all::<SlotRow>(
        "SELECT id, state, round, round_opened_at, results, opens_at, closes_at
         FROM activities WHERE event_id = $1 AND deleted_at IS NULL ORDER BY place",
        event.uuid(),
    ))?;
    let read = |row: SlotRow| {
        let (id, state) = (ActivityId::new(row.id), columns::activity_state(&row.state)?);
        let timer = Timer { opens_at: row.opens_at, closes_at: row.closes_at };
        let SlotRow { round_opened_at, results, .. } = row;
        Ok(RundownEntry { id, state, round: columns::count(row.round), round_opened_at, results, timer })
    };
    let rundown = slots.into_iter().map(read).collect::<Result<_, StoreError>>()?;
    let Locked { state, staged, highlight, on_screen, .. } = locked;
    Ok(StageState { state, staged, highlight, on_screen, rundown })
}

/// Writes what a command or the time changed: seldom more than the event and two activities.
pub(super) async fn write(
    tx: &mut Tx,
    event: EventId,
    before: &StageState,
    after: &StageState,
) -> Result<(), StoreError> {
    let of_event = |running: &StageState| (running.state, running.staged, running.highlight, running.on_screen);
    if of_event(before) != of_event(after) {
        query!(tx.execute(
            "UPDATE events SET state = $2, staged = $3, highlight = $4, qa_on_screen = $5 WHERE id = $1",
            event.uuid(),
            columns::event_state_name(after.state),
            after.staged.map(ActivityId::uuid),
            after.highlight.map(|post| i64::from(post.number())),
            after.on_screen,
        ))?;
    }
    for (_, slot) in iter::zip(&before.rundown, &after.rundown).filter(|(before, after)| before != after) {
        query!(tx.execute(
            "UPDATE activities
             SET state = $2, round = $3, round_opened_at = $4, results = $5, opens_at = $6, closes_at = $7
             WHERE id = $1",
            slot.id.uuid(),
            columns::activity_state_name(slot.state),
            i64::from(slot.round),
            slot.round_opened_at,
            slot.results,
            slot.timer.opens_at,
            slot.timer.closes_at,
        ))?;
    }
    Ok(())
}

/// Who has answered an activity in its current round.
async fn answerers(tx: &mut Tx, activity: &Activity) -> Result<Vec<ParticipantId>, StoreError> {
    answerers!(tx, activity.id, activity.round)
}

async fn respondents(
    tx: &mut Tx,
    event: EventId,
    activities: &[Activity],
) -> Result<BTreeMap<ActivityId, u32>, StoreError> {
    let counted = query!(tx.fetch_all::<(Uuid, i64)>(
        "SELECT activities.id, COUNT(*) FROM activities JOIN responses
             ON responses.activity_id = activities.id AND responses.round = activities.round
                 AND responses.replaced_at IS NULL AND responses.given
         WHERE activities.event_id = $1 AND activities.deleted_at IS NULL GROUP BY activities.id
         UNION ALL SELECT activities.id, COUNT(DISTINCT posts.participant_id) FROM activities JOIN posts
             ON posts.activity_id = activities.id AND posts.round = activities.round AND posts.state <> 'withdrawn'
         WHERE activities.event_id = $1 AND activities.deleted_at IS NULL GROUP BY activities.id",
        event.uuid(),
    ))?;
    let mut respondents: BTreeMap<_, _> = activities.iter().map(|activity| (activity.id, 0)).collect();
    respondents.extend(counted.into_iter().map(|(id, count)| (ActivityId::new(id), columns::count(count))));
    Ok(respondents)
}
