//! The statements of a commit: each handles the whole batch.

use parterre_domain::kinds;
use parterre_protocol::{ActivityId, CommandId, EventId, Millis, ParticipantId, Rev};
use parterre_system::mutants::{self, Mutant};
use serde::Serialize;
use uuid::Uuid;

use super::{
    NewResponse,
    ruling::{Accepted, StoredAnswer},
};
use crate::{
    StoreError, columns,
    sql::{Tx, batch, rows},
};

row! {
    struct KnownRow {
        n: i64,
        stored_in: Option<Uuid>,
        stored_at: Option<Millis>,
        current_answer: Option<String>,
        current_at: Option<Millis>,
    }
}

/// What is stored about each answer, in the order of the answers.
pub(super) async fn known(tx: &mut Tx, responses: &[NewResponse]) -> Result<Vec<StoredAnswer>, StoreError> {
    #[derive(Serialize)]
    struct Row {
        n: usize,
        cid: CommandId,
        event_id: EventId,
        activity_id: ActivityId,
        round: u32,
        participant_id: ParticipantId,
    }
    let row = |(n, response): (usize, &NewResponse)| {
        let NewResponse { cid, event, activity, round, participant, .. } = *response;
        Row { n, cid, event_id: event, activity_id: activity, round, participant_id: participant }
    };
    let batch: Vec<_> = responses.iter().enumerate().map(row).collect();
    let found = batch!(tx.fetch_all::<KnownRow>(
        [n bigint, cid uuid, event_id uuid, activity_id uuid, round bigint, participant_id uuid]
        "SELECT n, participants.event_id AS stored_in, COALESCE(stored.at, receipts.at) AS stored_at,
             current.answer AS current_answer, current.at AS current_at
         FROM batch
         LEFT JOIN participants ON participants.id = batch.participant_id
         LEFT JOIN responses AS stored
             ON stored.participant_id = batch.participant_id AND stored.cid = batch.cid
         LEFT JOIN receipts ON receipts.participant_id = batch.participant_id AND receipts.cid = batch.cid
         LEFT JOIN responses AS current
             ON current.activity_id = batch.activity_id AND current.round = batch.round
             AND current.participant_id = batch.participant_id AND current.replaced_at IS NULL",
        rows(&batch),
    ))?;
    let mut known = vec![StoredAnswer::default(); responses.len()];
    for row in found {
        let place = usize::try_from(row.n).ok().and_then(|n| known.get_mut(n)).expect("n comes from the batch");
        let current = match row.current_answer.as_deref().zip(row.current_at) {
            Some((answer, at)) => Some((columns::answer(answer)?, at)),
            None => None,
        };
        let stored_at = row.stored_at.filter(|_| !mutants::is(Mutant::NoUniqueKey));
        *place = StoredAnswer { stored_in: row.stored_in.map(EventId::new), stored_at, current };
    }
    Ok(known)
}

/// What remains of an answer that was replaced within its round: nothing. Its row stays as the
/// receipt of its command.
const REPLACED: &str = "null";

/// Has the stored answers that these replace no longer count.
pub(super) async fn replace(tx: &mut Tx, replacing: &[&NewResponse], now: Millis) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct Row {
        activity_id: ActivityId,
        round: u32,
        participant_id: ParticipantId,
    }
    if replacing.is_empty() {
        return Ok(());
    }
    let row = |response: &&NewResponse| {
        let NewResponse { activity, round, participant, .. } = **response;
        Row { activity_id: activity, round, participant_id: participant }
    };
    let batch: Vec<_> = replacing.iter().map(row).collect();
    batch!(tx.execute(
        [activity_id uuid, round bigint, participant_id uuid]
        "UPDATE responses SET replaced_at = $2, answer = $3 FROM batch
         WHERE responses.activity_id = batch.activity_id AND responses.round = batch.round
             AND responses.participant_id = batch.participant_id AND responses.replaced_at IS NULL",
        rows(&batch),
        now,
        REPLACED,
    ))?;
    Ok(())
}

/// Stores the accepted answers.
pub(super) async fn insert(tx: &mut Tx, accepted: &[Accepted<'_>], now: Millis) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct Row {
        participant_id: ParticipantId,
        cid: CommandId,
        event_id: EventId,
        activity_id: ActivityId,
        round: u32,
        answer: String,
        given: bool,
        rev: Rev,
        replaced_at: Option<Millis>,
    }
    let row = |accepted: &Accepted<'_>| {
        let NewResponse { cid, event, activity, round, participant, .. } = *accepted.response;
        Row {
            participant_id: participant,
            cid,
            event_id: event,
            activity_id: activity,
            round,
            answer: if accepted.replaced { REPLACED.to_owned() } else { columns::json(&accepted.answer) },
            given: !kinds::is_blank(&accepted.answer),
            rev: accepted.rev,
            replaced_at: accepted.replaced.then_some(now),
        }
    };
    let batch: Vec<_> = accepted.iter().map(row).collect();
    batch!(tx.execute(
        [participant_id uuid, cid uuid, event_id uuid, activity_id uuid, round bigint, answer text, given boolean,
            rev bigint, replaced_at bigint]
        "INSERT INTO responses
             (participant_id, cid, event_id, activity_id, round, answer, given, rev, replaced_at, at)
         SELECT participant_id, cid, event_id, activity_id, round, answer, given, rev, replaced_at, $2 FROM batch",
        rows(&batch),
        now,
    ))?;
    Ok(())
}
