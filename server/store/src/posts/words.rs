//! What moderators decide of the words of an activity, in the transaction of their act.

use parterre_domain::{
    Refusal, kinds,
    moderation::{self, Change, WordsOf},
    wording::Decisions,
};
use parterre_protocol::{ActivityId, EventId, RefusalCode, Rev};

use crate::{
    StoreError, columns,
    sql::{Tx, query},
    version::bump,
};

/// What is decided of the words of an activity.
pub(super) struct Decided {
    activity: ActivityId,
    decisions: Decisions,
}

/// Judges by what was decided of the words of an activity so far.
pub(super) async fn judge(
    tx: &mut Tx,
    event: EventId,
    activity: ActivityId,
    judge: impl FnOnce(&WordsOf<'_>) -> Result<Vec<Change>, Refusal>,
) -> Result<Result<(Decided, Vec<Change>), Refusal>, StoreError> {
    let found = query!(tx.fetch_optional::<(String, String, String)>(
        "SELECT question, words, qa FROM activities JOIN events ON events.id = event_id
         WHERE activities.id = $1 AND event_id = $2 AND activities.deleted_at IS NULL",
        activity.uuid(),
        event.uuid(),
    ))?;
    let Some((settings, words, qa)) = found else {
        return Ok(Err(Refusal::new(RefusalCode::Unknown, "This event has no such activity.")));
    };
    let settings = columns::settings(&settings)?;
    if !kinds::takes_words(&settings) {
        return Ok(Err(Refusal::new(RefusalCode::Invalid, "This activity does not take words.")));
    }
    let before = columns::decisions(&words)?;
    let filter = columns::qa_settings(&qa)?.filter;
    let words = WordsOf { settings: &settings, decisions: &before, filter: &filter };
    Ok(judge(&words).map(|changes| {
        let decisions = moderation::decided(&before, &changes);
        (Decided { activity, decisions }, changes)
    }))
}

/// Writes what is decided, under the event's next version.
pub(super) async fn write(tx: &mut Tx, event: EventId, decided: Decided) -> Result<Rev, StoreError> {
    let Decided { activity, decisions } = decided;
    query!(tx.execute("UPDATE activities SET words = $2 WHERE id = $1", activity.uuid(), columns::json(&decisions)))?;
    bump(tx, event).await
}
