//! An event as it is at one moment, read piece by piece for an archive.
//!
//! All of it comes from one snapshot: a vote that is stored meanwhile waits for nothing and is in
//! none of the pieces. Of answers, votes and posts only a batch is in memory; of participants all
//! are, since they have to be numbered.

use parterre_domain::{activity::Activity, event::Event, post::Post};
use parterre_protocol::{ActivityId, EventId, Millis, ParticipantId, PostId, Rev, Vote};
use serde::Serialize;
use uuid::Uuid;

use super::{
    LedgerEntry, QaOutline, Store, StoreError,
    activities::ActivityRow,
    columns,
    event_rows::EventRow,
    posts::{LedgerRow, QaRow, posts_after},
    sql::{Tx, batch, query, rows},
};

/// Posts that are read at a time.
const POSTS: i64 = 500;
/// Acts that are read at a time.
const ACTS: i64 = 500;

/// An event at one moment.
pub struct EventSnapshot {
    tx: Tx,
    event: EventId,
}

/// What the event itself holds.
#[derive(Clone, Debug, PartialEq)]
pub struct ArchivedEvent {
    /// The event.
    pub event: Event,
    /// The activity on stage.
    pub staged: Option<ActivityId>,
    /// What it holds about its questions.
    pub questions: QaOutline,
    /// How many people have been there.
    pub joined: u32,
}

/// A participant of whom something is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivedParticipant {
    /// Who.
    pub id: ParticipantId,
    /// The name.
    pub name: Option<String>,
    /// When something of them was first stored.
    pub joined_at: Millis,
    /// Since when the device may not ask.
    pub blocked_at: Option<Millis>,
}

/// A current answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivedResponse {
    /// By whom.
    pub participant: ParticipantId,
    /// The answer's JSON.
    pub answer: String,
    /// When it was stored.
    pub at: Millis,
}

row! {
    struct ArchivedEventRow {
        ..event: EventRow,
        ..questions: QaRow,
        staged: Option<Uuid>,
        joined: i64,
    }
}

row! {
    struct ParticipantRow {
        id: Uuid,
        name: Option<String>,
        joined_at: Millis,
        blocked_at: Option<Millis>,
    }
}

row! {
    struct ResponseRow {
        participant_id: Uuid,
        answer: String,
        at: Millis,
    }
}

impl Store {
    /// The event as it is now, to be read piece by piece; `None` if there is none.
    pub async fn event_snapshot(&self, event: EventId) -> Result<Option<(EventSnapshot, ArchivedEvent)>, StoreError> {
        let mut tx = self.snapshot().await?;
        let found = query!(tx.fetch_optional::<ArchivedEventRow>(
            "SELECT id, workspace_id, name, code, kind, state, names, language, results_shared, rev, created_at, qa, qa_on_screen,
                 highlight, staged, (SELECT COUNT(*) FROM attendance WHERE event_id = events.id) AS joined
             FROM events WHERE id = $1 AND deleted_at IS NULL",
            event.uuid(),
        ))?;
        let Some(row) = found else { return Ok(None) };
        let archived = ArchivedEvent {
            event: row.event.try_into()?,
            staged: row.staged.map(ActivityId::new),
            questions: row.questions.try_into()?,
            joined: columns::count(row.joined),
        };
        Ok(Some((EventSnapshot { tx, event }, archived)))
    }
}

impl EventSnapshot {
    /// The activities in their order.
    pub async fn activities(&mut self) -> Result<Vec<Activity>, StoreError> {
        let tx = &mut self.tx;
        let found = query!(tx.fetch_all::<ActivityRow>(
            "SELECT id, event_id, question, versions, state, round, round_opened_at, results, opens_at, closes_at, words
             FROM activities WHERE event_id = $1 AND deleted_at IS NULL ORDER BY place",
            self.event.uuid(),
        ))?;
        found.into_iter().map(Activity::try_from).collect()
    }

    /// The participants by id.
    pub async fn participants(&mut self) -> Result<Vec<ArchivedParticipant>, StoreError> {
        let tx = &mut self.tx;
        let found = query!(tx.fetch_all::<ParticipantRow>(
            "SELECT id, name, joined_at, blocked_at FROM participants WHERE event_id = $1",
            self.event.uuid(),
        ))?;
        let read = |row: ParticipantRow| ArchivedParticipant {
            id: ParticipantId::new(row.id),
            name: row.name,
            joined_at: row.joined_at,
            blocked_at: row.blocked_at,
        };
        let mut found: Vec<_> = found.into_iter().map(read).collect();
        found.sort_unstable_by_key(|participant| participant.id);
        Ok(found)
    }

    /// The rounds of an activity in which somebody answered.
    pub async fn rounds(&mut self, activity: ActivityId) -> Result<Vec<u32>, StoreError> {
        let tx = &mut self.tx;
        let found = query!(tx.fetch_all::<(i64,)>(
            "SELECT DISTINCT round FROM responses WHERE activity_id = $1 AND replaced_at IS NULL ORDER BY round",
            activity.uuid(),
        ))?;
        Ok(found.into_iter().map(|(round,)| columns::count(round)).collect())
    }

    /// Who answered in a round, by id.
    pub async fn respondents(&mut self, activity: ActivityId, round: u32) -> Result<Vec<ParticipantId>, StoreError> {
        let tx = &mut self.tx;
        let found = query!(tx.fetch_all::<(Uuid,)>(
            "SELECT participant_id FROM responses WHERE activity_id = $1 AND round = $2 AND replaced_at IS NULL
             ORDER BY participant_id",
            activity.uuid(),
            i64::from(round),
        ))?;
        Ok(found.into_iter().map(|(id,)| ParticipantId::new(id)).collect())
    }

    /// What these answered in a round, in no order.
    pub async fn responses(
        &mut self,
        activity: ActivityId,
        round: u32,
        of: &[ParticipantId],
    ) -> Result<Vec<ArchivedResponse>, StoreError> {
        #[derive(Serialize)]
        struct Row {
            id: ParticipantId,
        }
        let who: Vec<_> = of.iter().map(|id| Row { id: *id }).collect();
        let tx = &mut self.tx;
        let found = batch!(tx.fetch_all::<ResponseRow>(
            [id uuid]
            "SELECT participant_id, answer, at FROM batch JOIN responses ON participant_id = batch.id
             WHERE activity_id = $2 AND round = $3 AND replaced_at IS NULL",
            rows(&who),
            activity.uuid(),
            i64::from(round),
        ))?;
        let read = |ResponseRow { participant_id, answer, at }| ArchivedResponse {
            participant: ParticipantId::new(participant_id),
            answer,
            at,
        };
        Ok(found.into_iter().map(read).collect())
    }

    /// Some posts after this one, by number, not counted; none where there are no more.
    pub async fn posts(&mut self, after: Option<PostId>) -> Result<Vec<Post>, StoreError> {
        posts_after(&mut self.tx, self.event, after, POSTS).await
    }

    /// For each post the one at the end of the chain of those that it is a part of, or itself.
    pub async fn roots(&mut self) -> Result<Vec<(PostId, PostId)>, StoreError> {
        let tx = &mut self.tx;
        let found = query!(tx.fetch_all::<(i64, i64)>(
            "SELECT number, root FROM posts WHERE event_id = $1 ORDER BY number",
            self.event.uuid(),
        ))?;
        Ok(found.into_iter().map(|(post, root)| (columns::post(post), columns::post(root))).collect())
    }

    /// Who is for or against a post, by id.
    pub async fn votes(&mut self, post: PostId) -> Result<Vec<(ParticipantId, Vote)>, StoreError> {
        let tx = &mut self.tx;
        let found = query!(tx.fetch_all::<(Uuid, i64)>(
            "SELECT participant_id, vote FROM votes WHERE event_id = $1 AND post = $2 AND vote <> 0
             ORDER BY participant_id",
            self.event.uuid(),
            i64::from(post.number()),
        ))?;
        found.into_iter().map(|(id, vote)| Ok((ParticipantId::new(id), columns::vote(vote)?))).collect()
    }

    /// Some acts after this version that changed something, the oldest first.
    pub async fn acts(&mut self, after: Rev) -> Result<Vec<LedgerEntry>, StoreError> {
        let tx = &mut self.tx;
        let found = query!(tx.fetch_all::<LedgerRow>(
            "SELECT cid, actor, act, at, rev FROM acts
             WHERE event_id = $1 AND rev > $2 AND changes IS NOT NULL ORDER BY rev LIMIT $3",
            self.event.uuid(),
            after,
            ACTS,
        ))?;
        found.into_iter().map(LedgerEntry::try_from).collect()
    }
}
