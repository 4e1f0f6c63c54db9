//! Answers that are deleted, such as those of a rehearsal: of all rounds, with the texts that
//! people sent and what was done with these, so that no result and no export ever shows them.
//!
//! **A command that comes again is not counted anew.** An answer's row is its receipt, and goes; but
//! its round is over from here on (`domain::stage`), so the answer is refused, whenever it comes.
//! The receipts of what was done with posts have no text and stay, and no post ever gets the number
//! of one that is gone: a vote that a phone still has to send is for no post at all.

use parterre_domain::{Refusal, event::EventKind};
use parterre_protocol::{ActivityId, CommandId, EventId, Millis, Outcome, ParticipantId, RefusalCode, Rev};
use serde::Serialize;

use super::{
    Actor, Store, StoreError, columns,
    receipts::receipt,
    retry::Idempotency,
    rights::acting,
    sql::{Tx, batch, query, rows},
    stage::{remember, running, write},
    version::{bump, lock},
};

/// What is deleted with the answers of an activity, or of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loss {
    /// Answers, of all rounds; one for each participant and round.
    pub answers: u32,
    /// Questions from the room.
    pub questions: u32,
    /// Texts that were sent to activities.
    pub texts: u32,
    /// Participants who have been there.
    pub participants: u32,
}

/// What became of the command to delete answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClearOutcome {
    /// The receipt.
    pub outcome: Outcome,
    /// The event's version without them, also where the command was done before: perhaps nobody
    /// was told then.
    pub rev: Option<Rev>,
}

impl Store {
    /// What would be deleted with the answers of this activity, or of all.
    pub async fn loss(&self, event: EventId, activity: Option<ActivityId>) -> Result<Loss, StoreError> {
        let mut db = self.reader().await?;
        let (answers, questions, texts, participants) = query!(db.fetch_one::<(i64, i64, i64, i64)>(
            "SELECT (SELECT COUNT(*) FROM activities JOIN responses ON responses.activity_id = activities.id
                 WHERE activities.event_id = $1 AND ($2 IS NULL OR activities.id = $2)
                     AND responses.replaced_at IS NULL AND responses.given),
                 (SELECT COUNT(*) FROM posts
                  WHERE event_id = $1 AND activity_id IS NULL AND $2 IS NULL AND state <> 'withdrawn'),
                 (SELECT COUNT(*) FROM posts
                  WHERE event_id = $1 AND activity_id IS NOT NULL AND ($2 IS NULL OR activity_id = $2)
                      AND state <> 'withdrawn'),
                 (SELECT COUNT(*) FROM attendance WHERE event_id = $1 AND $2 IS NULL)",
            event.uuid(),
            activity.map(ActivityId::uuid),
        ))?;
        let [answers, questions, texts, participants] = [answers, questions, texts, participants].map(columns::count);
        Ok(Loss { answers, questions, texts, participants })
    }

    /// Deletes the answers of an activity, or of all, once: the same `cid` of the same member gets
    /// the same receipt. These participants are here, and still count as such; who has given a name
    /// keeps it.
    pub async fn clear(
        &self,
        (event, activity): (EventId, Option<ActivityId>),
        actor: Actor,
        cid: CommandId,
        here: &[ParticipantId],
        now: Millis,
    ) -> Result<ClearOutcome, StoreError> {
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            let Some(locked) = lock(&mut tx, event).await? else {
                return Ok(refused(Refusal::new(RefusalCode::Unknown, "There is no such event.")));
            };
            if let Some(at) = receipt(&mut tx, actor.id(), cid).await? {
                return Ok(ClearOutcome { outcome: Outcome::Stored { at }, rev: Some(locked.rev) });
            }
            if !acting(&mut tx, event, actor, now).await?.is_some_and(|acting| acting.runs_events) {
                let message = "You are signed out or no longer allowed to run this event.";
                return Ok(refused(Refusal::new(RefusalCode::Forbidden, message)));
            }
            if kind(&mut tx, event).await? != EventKind::Gathering {
                return Ok(refused(Refusal::new(RefusalCode::Unknown, "There is no such event.")));
            }
            let before = running(&mut tx, event, locked).await?;
            let after = match before.cleared(activity, now) {
                Ok(after) => after,
                Err(refusal) => return Ok(refused(refusal)),
            };
            delete(&mut tx, event, activity, locked.rev + 1).await?;
            write(&mut tx, event, &before, &after).await?;
            if activity.is_none() {
                forget_the_rest(&mut tx, event, here).await?;
            }
            remember(&mut tx, event, actor, cid, now).await?;
            let rev = bump(&mut tx, event).await?;
            tx.commit().await?;
            Ok(ClearOutcome { outcome: Outcome::Stored { at: now }, rev: Some(rev) })
        })
        .await
    }
}

fn refused(refusal: Refusal) -> ClearOutcome {
    ClearOutcome { outcome: refusal.into(), rev: None }
}

async fn kind(tx: &mut Tx, event: EventId) -> Result<EventKind, StoreError> {
    let (kind,) = query!(tx.fetch_one::<(String,)>("SELECT kind FROM events WHERE id = $1", event.uuid()))?;
    columns::event_kind(&kind)
}

/// Deletes answers and posts, with the votes for these. `rev` is the event's version without them.
async fn delete(tx: &mut Tx, event: EventId, activity: Option<ActivityId>, rev: Rev) -> Result<(), StoreError> {
    let (event, activity) = (event.uuid(), activity.map(ActivityId::uuid));
    // Pages that are open show their own posts as of a version; with this one they show none.
    // Without all posts nobody is blocked for any of them. On Postgres everybody locks participants
    // in the order of ids.
    query!(tx.execute(
        {
            sqlite "UPDATE participants
                    SET blocked_rev = $3, blocked_at = CASE WHEN $2 IS NULL THEN NULL ELSE blocked_at END
                    WHERE id IN
                        (SELECT participant_id FROM posts WHERE event_id = $1 AND ($2 IS NULL OR activity_id = $2))
                    OR ($2 IS NULL AND event_id = $1 AND blocked_at IS NOT NULL)",
            postgres "WITH authors AS MATERIALIZED (
                          SELECT id FROM participants WHERE id IN
                              (SELECT participant_id FROM posts
                               WHERE event_id = $1 AND ($2 IS NULL OR activity_id = $2))
                          OR ($2 IS NULL AND event_id = $1 AND blocked_at IS NOT NULL)
                          ORDER BY id FOR UPDATE
                      )
                      UPDATE participants
                      SET blocked_rev = $3, blocked_at = CASE WHEN $2 IS NULL THEN NULL ELSE blocked_at END FROM authors WHERE participants.id = authors.id"
        },
        event,
        activity,
        rev,
    ))?;
    // Responses have no index by event: they are found by participant.
    query!(tx.execute(
        "DELETE FROM responses WHERE participant_id IN (SELECT id FROM participants WHERE event_id = $1)
             AND ($2 IS NULL OR activity_id = $2)",
        event,
        activity,
    ))?;
    // A rehearsal is forgotten: what counts for groups is how the event itself ends.
    if activity.is_none() {
        query!(tx.execute("UPDATE events SET first_ended_at = NULL WHERE id = $1", event))?;
    }
    query!(tx.execute(
        "DELETE FROM votes WHERE event_id = $1
             AND ($2 IS NULL OR post IN (SELECT number FROM posts WHERE event_id = $1 AND activity_id = $2))",
        event,
        activity,
    ))?;
    query!(tx.execute(
        "UPDATE events SET posts_cleared = COALESCE((SELECT MAX(number) FROM posts WHERE event_id = $1), posts_cleared)
         WHERE id = $1 AND posts_cleared < COALESCE((SELECT MAX(number) FROM posts WHERE event_id = $1), 0)",
        event,
    ))?;
    query!(tx.execute("DELETE FROM posts WHERE event_id = $1 AND ($2 IS NULL OR activity_id = $2)", event, activity,))?;
    query!(tx.execute(
        "UPDATE events SET highlight = NULL WHERE id = $1 AND highlight IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM posts WHERE event_id = $1 AND number = highlight)",
        event,
    ))?;
    // What moderators decided of words repeats these.
    query!(tx.execute(
        "UPDATE activities SET words = '[]' WHERE event_id = $1 AND ($2 IS NULL OR id = $2)",
        event,
        activity,
    ))?;
    Ok(())
}

/// What else tells of those who were there: acts with the texts that they were about, of which the
/// receipts stay; answers of activities that were deleted and may come back; attendance.
async fn forget_the_rest(tx: &mut Tx, event: EventId, here: &[ParticipantId]) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct Row {
        id: ParticipantId,
    }
    query!(tx.execute("UPDATE acts SET act = '{}', changes = NULL WHERE event_id = $1", event.uuid()))?;
    query!(tx.execute(
        "UPDATE activities SET state = 'draft', round = round + 1, round_opened_at = NULL, results = FALSE,
             opens_at = NULL, closes_at = NULL
         WHERE event_id = $1 AND deleted_at IS NOT NULL",
        event.uuid(),
    ))?;
    let here: Vec<_> = here.iter().map(|id| Row { id: *id }).collect();
    batch!(tx.execute(
        [id uuid]
        "DELETE FROM attendance WHERE event_id = $2 AND participant_id NOT IN (SELECT id FROM batch)
             AND participant_id NOT IN (SELECT participant_id FROM seats WHERE event_id = $2)",
        rows(&here),
        event.uuid(),
    ))?;
    Ok(())
}
